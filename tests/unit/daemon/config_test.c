/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/config.h"

#include "gateway/base/file.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/store/fixture.h"

#include <sys/stat.h>

#define KEY                                                      \
	"secp256k1:02c6047f9441ed7d6d3045406e95c07cd85c778e4b8c" \
	"ef3ca7abac09b95c709ee5"
#define NETWORK                                                    \
	"00000000000000000000000000000000000000000000000000000000" \
	"000000ff"

/* one statement a line, so that a finding's line is easy to count */
static const char good[] =
	"network = \"" NETWORK "\";\n"
	"gateway = { id = \"nanjing-gw\"; key = \"g.key\";\n"
	"  secret = \"s.key\"; data = \"data\"; run = \"run\"; };\n"
	"listen = { url = \"tls+tcp://127.0.0.1:17401\"; cert = \"c\";\n"
	"  key = \"k\"; ca = \"a\"; };\n"
	"policy = { dir = \"policy\"; unsigned = true; };\n"
	"clock = { source = \"operator\"; };\n"
	"chains = ( { name = \"nanjing\"; family = \"fabric\";\n"
	"  anchor = \"n.anchor\"; genesis = \"g.block\";\n"
	"  adapter = { program = \"a-prog\"; config = \"a.cfg\"; }; },\n"
	"  { name = \"province\"; family = \"quorum\"; anchor = \"p\"; } );\n"
	"peers = ( { id = \"province-gw\";\n"
	"  url = \"tls+tcp://127.0.0.1:17402\";\n"
	"  keys = ( { key = \"" KEY "\"; } ); } );\n"
	"routes = ( { name = \"r\"; from = \"nanjing\"; to = \"province\";\n"
	"  peer = \"province-gw\";\n"
	"  submitter = \"00112233445566778899aabbccddeeff\";\n"
	"  deliver = ( { to_org = \"o\"; purpose = \"p\";\n"
	"    types = [ \"t\" ]; } ); } );\n";

static void write_file(const char *dir, const char *name, const char *text,
		       unsigned int mode)
{
	char path[256];
	struct qiao_why why;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (qiao_file_write(path, qiao_slice_str(text), mode, &why) != QIAO_OK)
		abort();
}

static void remove_file(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (unlink(path) != 0)
		rmdir(path);
}

struct loaded {
	struct fixture f;
	char path[192];
	struct qiao_config *c;
	struct qiao_diags d;
	qiao_err err;
};

static void load(struct loaded *l, const char *text)
{
	memset(l, 0, sizeof(*l));
	fixture_dir(&l->f);
	snprintf(l->path, sizeof(l->path), "%s/qiao.conf", l->f.dir);
	write_file(l->f.dir, "qiao.conf", text, 0600);
	l->err = qiao_config_load(&l->c, &l->d, l->path);
	qiao_buf_put_u8(&l->d.text, 0);
}

static void unload(struct loaded *l)
{
	qiao_config_free(l->c);
	qiao_diags_free(&l->d);
	remove_file(l->f.dir, "qiao.conf");
	rmdir(l->f.dir);
}

static void good_file(void)
{
	struct loaded l;
	char want[QIAO_PATH_LEN + 8];

	load(&l, good);
	if (l.err != QIAO_OK)
		CU_FAIL_FATAL((const char *)l.d.text.p);
	CU_ASSERT_EQUAL(l.err, QIAO_OK);
	CU_ASSERT_STRING_EQUAL(l.c->id, "nanjing-gw");
	CU_ASSERT_EQUAL(l.c->network.b[31], 0xff);
	CU_ASSERT_EQUAL(l.c->n_chains, 2);
	CU_ASSERT_EQUAL(l.c->chains[0].call_ms, 10000);
	CU_ASSERT_TRUE(l.c->chains[0].orderer_role);
	CU_ASSERT_FALSE(l.c->chains[0].allow_endorsed_only);
	CU_ASSERT_STRING_EQUAL(l.c->chains[0].program, "a-prog");
	CU_ASSERT_STRING_EQUAL(l.c->chains[1].program, "");
	CU_ASSERT_EQUAL(l.c->peers[0].keys[0].not_before, 0);
	CU_ASSERT_EQUAL(l.c->peers[0].keys[0].not_after, INT64_MAX);
	CU_ASSERT_EQUAL(l.c->routes[0].not_after_ms, 7 * 86400000LL);
	CU_ASSERT_EQUAL(l.c->routes[0].in_flight, 4096);
	CU_ASSERT_TRUE(l.c->routes[0].has_submitter);
	CU_ASSERT_EQUAL(l.c->routes[0].submitter.b[15], 0xff);
	CU_ASSERT_STRING_EQUAL(l.c->routes[0].deliver[0].action, "forward");
	CU_ASSERT_STRING_EQUAL(l.c->routes[0].deliver[0].types[0], "t");
	snprintf(want, sizeof(want), "%s/data", l.c->dir);
	CU_ASSERT_STRING_EQUAL(l.c->data, want);
	CU_ASSERT_EQUAL(l.c->data[0], '/');
	unload(&l);
}

static const struct {
	const char *from, *to;
	const char *finding; /* "line:col: error CODE" */
	const char *word;    /* that the sentence holds */
} mistakes[] = {
	{ "network = ", "netwerk = ", "1:1: error E101", "\"network\"" },
	{ NETWORK, "zz", "1:1: error E105", "64 hex" },
	{ "000000ff\"", "00000000\"", "1:1: error E105", "zero" },
	{ "id = \"nanjing-gw\"", "id = \"Nan Jing\"", "2:13: error E105",
	  "a-z" },
	{ "id = \"nanjing-gw\"", "id = \"nan_jing\"", "2:13: error E105",
	  "a-z" },
	{ "secret = \"s.key\"; ", "", "2:1: error E102", "\"secret\"" },
	{ "tls+tcp://127.0.0.1:17401", "http://x", "4:12: error E105",
	  "tls+tcp" },
	{ "tls+tcp://127.0.0.1:17401", "tcp://10.0.0.1:5", "4:12: error E105",
	  "loopback" },
	{ "tls+tcp://127.0.0.1:17401", "tcp://127.x.example:5",
	  "4:12: error E105", "loopback" },
	{ "ca = \"a\"; ", "", "4:12: error E102", "listen.ca" },
	{ "unsigned = true", "unsigned = false", "6:28: error E190",
	  "not built yet" },
	{ "unsigned = true", "unsigned = 1", "6:28: error E103",
	  "true or false" },
	{ "\"operator\"", "\"peers\"", "7:11: error E190", "not built yet" },
	{ "\"operator\"", "\"moon\"", "7:11: error E105", "kernel" },
	{ "family = \"fabric\"", "family = \"fisco\"", "8:32: error E190",
	  "not built yet" },
	{ "family = \"fabric\"", "family = \"tree\"", "8:32: error E105",
	  "quorum" },
	{ " genesis = \"g.block\";", "", "8:12: error E102", "genesis" },
	{ "program = \"a-prog\"; ", "", "10:3: error E102", "program" },
	{ "config = \"a.cfg\"", "config = \"a.cfg\"; call = \"1h\"",
	  "10:53: error E105", "600 seconds" },
	{ "config = \"a.cfg\"", "config = \"a.cfg\"; call = \"soon\"",
	  "10:53: error E107", "duration" },
	{ "anchor = \"p\";", "anchor = \"p\"; genesis = \"x\";",
	  "11:57: error E101", "fabric" },
	{ "\"province\"; family", "\"nanjing\"; family", "11:5: error E104",
	  "twice" },
	{ "id = \"province-gw\"", "id = \"nanjing-gw\"", "12:13: error E104",
	  "itself" },
	{ "key = \"" KEY "\"", "key = \"secp256k1:00\"", "14:14: error E105",
	  "public key" },
	{ "key = \"" KEY "\"", "key = \"sm2:00\"", "14:14: error E", "key" },
	{ KEY "\"; }", KEY "\"; not_after = \"tomorrow\"; }",
	  "14:100: error E107", "2026" },
	{ "keys = ( { key = \"" KEY "\"; } );", "keys = ( );",
	  "14:3: error E105", "from 1" },
	{ "from = \"nanjing\"", "from = \"nanking\"", "15:26: error E105",
	  "no chain" },
	{ "to = \"province\"", "to = \"nanjing\"", "15:44: error E105",
	  "ends where it begins" },
	{ "peer = \"province-gw\"", "peer = \"other-gw\"", "16:3: error E105",
	  "no peer" },
	{ "  submitter = \"00112233445566778899aabbccddeeff\";\n", "",
	  "15:12: error E102", "submitter" },
	{ "submitter = \"00112233445566778899aabbccddeeff\"",
	  "submitter = \"0011\"", "17:3: error E105", "32 hex" },
	{ "types = [ \"t\" ]", "types = [ ]", "19:5: error E106", "empty" },
	{ "to_org = \"o\"", "to_org = \"\"", "18:17: error E105", "empty" },
	{ "adapter = { program = \"a-prog\"; config = \"a.cfg\"; }; ", "",
	  "15:12: error E105", "no part" },
	{ "anchor = \"p\";",
	  "anchor = \"p\"; adapter = { program = \"b\"; config = \"c\"; };",
	  "15:12: error E190", "one gateway" },
};

static char *change(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	size_t size = sizeof(good) + strlen(to);
	char *out = qiao_calloc(1, size);

	if (!at || !out)
		abort();
	snprintf(out, size, "%.*s%s%s", (int)(at - good), good, to,
		 at + strlen(from));
	return out;
}

static void mistake_table(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char *text = change(mistakes[i].from, mistakes[i].to);
		struct loaded l;
		char want[128];
		bool hit;

		load(&l, text);
		snprintf(want, sizeof(want), "qiao.conf:%s",
			 mistakes[i].finding);
		hit = l.err == QIAO_E_CONFIG && !l.c &&
		      strstr((char *)l.d.text.p, want) &&
		      strstr((char *)l.d.text.p, mistakes[i].word);
		if (!hit)
			fprintf(stderr, "%s -> %s: wanted %s (%s), got\n%s",
				mistakes[i].from, mistakes[i].to, want,
				mistakes[i].word, (char *)l.d.text.p);
		CU_ASSERT_TRUE(hit);
		unload(&l);
		qiao_free(text);
	}
}

static void several(void)
{
	struct loaded l;

	load(&l, "network = 1;\ngateway = { id = \"A\"; };\n"
		 "clock = { source = \"sun\"; };\nhello = 1;\n");
	CU_ASSERT_EQUAL(l.err, QIAO_E_CONFIG);
	CU_ASSERT_TRUE(l.d.errors >= 8);
	unload(&l);
}

static void no_file(void)
{
	struct qiao_config *c;
	struct qiao_diags d = { .errors = 0 };

	CU_ASSERT_NOT_EQUAL(qiao_config_load(&c, &d, "no/such/file"), QIAO_OK);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_TRUE(d.errors > 0);
	qiao_diags_free(&d);
}

/* Open files, a folder where a file should be, and nothing at all. */
static void files_are_looked_at(void)
{
	struct loaded l;
	struct qiao_config *c;
	struct qiao_diags d = { .errors = 0 };
	char path[256];

	load(&l, good);
	write_file(l.f.dir, "g.key", "x", 0644);
	write_file(l.f.dir, "n.anchor", "x", 0600);
	snprintf(path, sizeof(path), "%s/run", l.f.dir);
	CU_ASSERT_EQUAL(mkdir(path, 0755), 0);
	chmod(path, 0755);
	CU_ASSERT_EQUAL(qiao_config_load_to_run(&c, &d, l.path), QIAO_E_CONFIG);
	qiao_buf_put_u8(&d.text, 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)d.text.p, "qiao.conf:2:32: error E131"));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)d.text.p, "chmod 600"));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)d.text.p, "chmod 700"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)d.text.p, "qiao.conf:3:3: error E130"));
	CU_ASSERT_PTR_NULL(strstr((char *)d.text.p, "n.anchor"));
	qiao_diags_free(&d);
	remove_file(l.f.dir, "g.key");
	remove_file(l.f.dir, "n.anchor");
	remove_file(l.f.dir, "run");
	unload(&l);
}

/* What the table prints must be what the parser takes. */
static void example_is_valid(void)
{
	struct qiao_buf text = QIAO_BUF;
	struct loaded l;

	CU_ASSERT_EQUAL_FATAL(qiao_config_example(&text), QIAO_OK);
	qiao_buf_put_u8(&text, 0);
	load(&l, (char *)text.p);
	/* it shows every option, so its routes are not whole */
	if (l.err != QIAO_OK)
		CU_FAIL((char *)l.d.text.p);
	CU_ASSERT_EQUAL(l.err, QIAO_OK);
	unload(&l);
	qiao_buf_free(&text);
	CU_ASSERT_EQUAL(qiao_config_manual(&text), QIAO_OK);
	CU_ASSERT_TRUE(text.n > 1000);
	qiao_buf_free(&text);
}

/* The page says what the table says. `qiao config manual` prints it anew. */
static void manual_is_current(void)
{
	static const char begin[] = "options: begin\n";
	struct qiao_buf page = QIAO_BUF, manual = QIAO_BUF;
	struct qiao_why why = { "" };
	const char *from;

	CU_ASSERT_EQUAL_FATAL(qiao_file_read(&page, "docs/man/qiao.conf.5",
					     QIAO_MIB(1), &why),
			      QIAO_OK);
	CU_ASSERT_EQUAL(qiao_config_manual(&manual), QIAO_OK);
	qiao_buf_put_u8(&page, 0);
	from = strstr((char *)page.p, begin);
	CU_ASSERT_PTR_NOT_NULL_FATAL(from);
	CU_ASSERT_EQUAL(
		strncmp(from + strlen(begin), (char *)manual.p, manual.n), 0);
	CU_ASSERT_EQUAL(strncmp(from + strlen(begin) + manual.n,
				".\\\" options: end", 16),
			0);
	qiao_buf_free(&page);
	qiao_buf_free(&manual);
}

static void no_memory(void)
{
	struct loaded l;
	qiao_err err = QIAO_E_NOMEM;

	load(&l, good);
	for (long n = 0; n < 2000 && err != QIAO_OK; n++) {
		struct qiao_config *c;
		struct qiao_diags d = { .errors = 0 };

		qiao_fault_alloc_after = n;
		err = qiao_config_load(&c, &d, l.path);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_EQUAL(err == QIAO_OK, c != NULL);
		qiao_config_free(c);
		qiao_diags_free(&d);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	unload(&l);
}

static const struct test_case cases[] = {
	{ "a good file gives every option, defaults included", good_file },
	{ "each mistake is found at its line and column", mistake_table },
	{ "several mistakes are found in one run", several },
	{ "a file that is not there is a finding", no_file },
	{ "to run, files must be there and private", files_are_looked_at },
	{ "the printed example is a valid configuration", example_is_valid },
	{ "qiao.conf(5) lists the options as they are", manual_is_current },
	{ "a failed allocation is no configuration", no_memory },
	{ NULL, NULL },
};
const struct test_suite config_test_suite = { "daemon/config", cases };
