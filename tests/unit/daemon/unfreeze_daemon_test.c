/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/unfreeze.h"

#include "gateway/audit/unfreeze.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/operators.h"
#include "gateway/store/audit.h"
#include "gateway/store/evidence.h"
#include "tests/unit/store/fixture.h"

#include <sys/stat.h>

/* li and wang may unfreeze, li with two keys; old's key is out of date; zhao
 * has no role for it. */
enum {
	LI,
	LI_TOO,
	WANG,
	OLD,
	ZHAO,
	STRANGER,
	KEYS,
};

struct bench {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_chain chain_cfg[2];
	struct qiao_config_route route_cfg;
	struct qiao_chain chains[2];
	struct qiao_route route;
	struct qiao_daemon d;
	struct qiao_key *key[KEYS];
	char text[KEYS][QIAO_PUBKEY_TEXT_LEN];
};

static const uint8_t pseudonyms[16] = { 4 };

static void put_file(struct bench *b, const char *text, unsigned int mode)
{
	struct qiao_why why = { "" };

	snprintf(b->cfg.operators, sizeof(b->cfg.operators), "%s/other",
		 b->f.dir);
	unlink(b->cfg.operators);
	if (qiao_file_write(b->cfg.operators, qiao_slice_str(text), mode,
			    &why) != QIAO_OK)
		CU_FAIL_FATAL(why.text);
	chmod(b->cfg.operators, mode); /* whatever the umask is */
}

static void put_operators(struct bench *b)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "operators = ("
		 "{ id = \"li\"; name = \"Li\"; roles = [ \"unfreeze\" ]; "
		 "keys = ( { key = \"%s\"; }, { key = \"%s\"; } ); },"
		 "{ id = \"wang\"; name = \"Wang\"; roles = [ \"unfreeze\" ]; "
		 "keys = ( { key = \"%s\"; } ); },"
		 "{ id = \"old\"; name = \"Old\"; roles = [ \"unfreeze\" ]; "
		 "keys = ( { key = \"%s\"; not_after = \"2020-01-01\"; } ); },"
		 "{ id = \"zhao\"; name = \"Zhao\"; "
		 "keys = ( { key = \"%s\"; } ); } );",
		 b->text[LI], b->text[LI_TOO], b->text[WANG], b->text[OLD],
		 b->text[ZHAO]);
	put_file(b, text, 0600);
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	fixture_open(&b->f);
	b->cfg.network = hash_of(1);
	snprintf(b->cfg.id, sizeof(b->cfg.id), "gw");
	snprintf(b->cfg.data, sizeof(b->cfg.data), "%s", b->f.dir);
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "gw");
	b->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	b->d.chains = b->chains;
	b->d.n_chains = 2;
	b->d.routes = &b->route;
	b->d.n_routes = 1;
	for (size_t i = 0; i < 2; i++) {
		b->chains[i].d = &b->d;
		b->chains[i].cfg = &b->chain_cfg[i];
		b->chains[i].identity = hash_of(20 + (unsigned int)i);
		snprintf(b->chain_cfg[i].name, sizeof(b->chain_cfg[i].name),
			 i ? "there" : "here");
	}
	snprintf(b->route_cfg.name, sizeof(b->route_cfg.name), "r");
	b->route.cfg = &b->route_cfg;
	b->route.from = &b->chains[0];
	b->route.to = &b->chains[1];
	for (size_t i = 0; i < KEYS; i++) {
		CU_ASSERT_EQUAL_FATAL(
			qiao_key_new(&b->key[i], QIAO_SCHEME_SECP256K1),
			QIAO_OK);
		qiao_pubkey_format(b->text[i], qiao_key_public(b->key[i]));
	}
	put_operators(b);
}

static void bench_close(struct bench *b)
{
	for (size_t i = 0; i < KEYS; i++)
		qiao_key_free(b->key[i]);
	fixture_close(&b->f);
}

static void freeze_route(struct bench *b)
{
	const struct qiao_slice none = { NULL, 0 };
	int muted = fixture_mute();

	qiao_route_freeze(&b->route, none, "a test");
	fixture_unmute(muted);
	CU_ASSERT_TRUE(qiao_route_is_frozen(&b->route));
}

static void put_hex(struct qiao_buf *out, struct qiao_slice in)
{
	for (size_t i = 0; i < in.n; i++)
		qiao_buf_printf(out, "%02x", in.p[i]);
	qiao_buf_put_u8(out, 0);
}

/* A statement about the route as it is frozen now, signed by up to two. */
static struct qiao_buf signed_by(struct bench *b, int first, int second)
{
	struct qiao_buf hex = QIAO_BUF, out = QIAO_BUF, bytes = QIAO_BUF;
	uint8_t statement[QIAO_UNFREEZE_MAX];
	struct qiao_unfreeze_signed s = { .n = 0 };
	struct qiao_why why = { "" };

	CU_ASSERT_EQUAL_FATAL(
		qiao_unfreeze_ask(&b->d, &hex, "route", "r", "settled", &why),
		QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_hex_decode(statement, hex.n / 2, qiao_buf_slice(&hex)));
	s.statement = qiao_slice_of(statement, hex.n / 2);
	CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, b->key[first]), QIAO_OK);
	if (second >= 0)
		CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, b->key[second]),
				QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_encode(&bytes, &s), QIAO_OK);
	put_hex(&out, qiao_buf_slice(&bytes));
	qiao_buf_free(&hex);
	qiao_buf_free(&bytes);
	return out;
}

static qiao_err take(struct bench *b, const struct qiao_buf *hex,
		     const char *word)
{
	struct qiao_why why = { "" };
	int muted = fixture_mute();
	qiao_err err = qiao_unfreeze_take(&b->d, (const char *)hex->p, &why);

	fixture_unmute(muted);
	if (!strstr(why.text, word))
		CU_FAIL(why.text);
	return err;
}

static const struct {
	int first, second;
	qiao_err err;
	const char *word;
} refused[] = {
	{ LI, -1, QIAO_E_DENIED, "second operator" },
	{ LI, LI_TOO, QIAO_E_DENIED, "signed twice" },
	{ LI, OLD, QIAO_E_DENIED, "not valid now" },
	{ ZHAO, LI, QIAO_E_DENIED, "role" },
	{ LI, STRANGER, QIAO_E_DENIED, "no operator has the key" },
};

static void one_operator_alone_lifts_nothing(void)
{
	struct bench b;

	bench_open(&b);
	freeze_route(&b);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct qiao_buf hex =
			signed_by(&b, refused[i].first, refused[i].second);

		CU_ASSERT_EQUAL(take(&b, &hex, refused[i].word),
				refused[i].err);
		CU_ASSERT_TRUE(b.route.frozen);
		qiao_buf_free(&hex);
	}
	bench_close(&b);
}

static void two_operators_lift_this_freeze_and_no_later_one(void)
{
	struct qiao_buf hex, out = QIAO_BUF;
	struct qiao_why why = { "" };
	struct bench b;

	bench_open(&b);
	freeze_route(&b);
	hex = signed_by(&b, WANG, LI);
	CU_ASSERT_EQUAL(take(&b, &hex, ""), QIAO_OK);
	CU_ASSERT_FALSE(qiao_route_is_frozen(&b.route));
	CU_ASSERT_EQUAL(qiao_unfreeze_ask(&b.d, &out, "route", "r", "x", &why),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(take(&b, &hex, "not frozen"), QIAO_E_NOTFOUND);
	qiao_sleep_ms(2);
	freeze_route(&b);
	CU_ASSERT_EQUAL(take(&b, &hex, "another freeze"), QIAO_E_STATE);
	CU_ASSERT_TRUE(b.route.frozen);
	qiao_buf_free(&hex);
	bench_close(&b);
}

static void a_key_that_was_taken_out_of_the_file_is_out_at_once(void)
{
	struct qiao_buf hex;
	char text[512];
	struct bench b;

	bench_open(&b);
	freeze_route(&b);
	hex = signed_by(&b, WANG, LI);
	snprintf(text, sizeof(text),
		 "operators = ( { id = \"li\"; name = \"Li\"; roles = [ "
		 "\"unfreeze\" ]; keys = ( { key = \"%s\"; } ); } );",
		 b.text[LI]);
	put_file(&b, text, 0600);
	CU_ASSERT_EQUAL(take(&b, &hex, "no operator"), QIAO_E_DENIED);
	b.cfg.operators[0] = '\0';
	CU_ASSERT_EQUAL(take(&b, &hex, "operators"), QIAO_E_CONFIG);
	CU_ASSERT_TRUE(b.route.frozen);
	qiao_buf_free(&hex);
	bench_close(&b);
}

static void what_is_no_statement_lifts_nothing(void)
{
	static const char *const texts[] = { "", "0", "zz", "90", "93019090" };
	struct bench b;

	bench_open(&b);
	freeze_route(&b);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct qiao_why why;

		CU_ASSERT_EQUAL(qiao_unfreeze_take(&b.d, texts[i], &why),
				QIAO_E_MALFORMED);
	}
	bench_close(&b);
}

static qiao_err read_size(struct qiao_txn *txn, void *arg)
{
	return qiao_store_audit_size(txn, arg);
}

static void a_frozen_route_is_audited_once(void)
{
	uint64_t n;
	struct bench b;

	bench_open(&b);
	freeze_route(&b);
	freeze_route(&b);
	CU_ASSERT_EQUAL(qiao_store_read(b.f.store, read_size, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 1);
	bench_close(&b);
}

#define G                                                          \
	"secp256k1:0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce" \
	"28d959f2815b16f81798"
/* Operators files that are not taken. */
static const struct {
	const char *text, *word;
	unsigned int mode;
} files[] = {
	{ "operators = ( { id = \"a\"; name = \"A\"; roles = [ \"unfreeze\" ]; "
	  "keys = ( { key = \"" G "\"; } ); }, { id = \"b\"; name = \"B\"; "
	  "roles = [ \"unfreeze\" ]; keys = ( { key = \"" G "\"; } ); } );",
	  "has a key of operator a", 0600 },
	{ "operators = ( { id = \"a\"; name = \"A\"; roles = [ \"root\" ]; "
	  "keys = ( { key = \"" G "\"; } ); } );",
	  "no role \"root\"", 0600 },
	{ "operators = ( { id = \"a\"; name = \"A\"; roles = [ \"unfreeze\" ]; "
	  "keys = ( { key = \"" G "\"; } ); } );",
	  "chmod go-w", 0622 },
	{ "operators = ( { id = \"a\"; name = \"A\"; roles = [ \"unfreeze\" ]; "
	  "keys = ( ); } );",
	  "elements", 0600 },
	{ "operators = ( { id = \"a\"; name = \"A\"; "
	  "keys = ( { key = \"" G "\"; not_before = \"2030-01-01\"; "
	  "not_after = \"2029-01-01\"; } ); } );",
	  "not after", 0600 },
};

static void an_operators_file_with_a_mistake_is_refused(void)
{
	struct bench b;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct qiao_diags d = { .errors = 0 };
		struct qiao_operators o;

		put_file(&b, files[i].text, files[i].mode);
		CU_ASSERT_EQUAL(qiao_operators_load(&o, &d, b.cfg.operators),
				QIAO_E_CONFIG);
		qiao_buf_put_u8(&d.text, 0);
		if (!strstr((const char *)d.text.p, files[i].word))
			CU_FAIL((const char *)d.text.p);
		CU_ASSERT_EQUAL(o.n, 0);
		qiao_diags_free(&d);
	}
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "one operator alone lifts nothing",
	  one_operator_alone_lifts_nothing },
	{ "two operators lift this freeze and no later one",
	  two_operators_lift_this_freeze_and_no_later_one },
	{ "a key that was taken out of the file is out at once",
	  a_key_that_was_taken_out_of_the_file_is_out_at_once },
	{ "what is no statement lifts nothing",
	  what_is_no_statement_lifts_nothing },
	{ "a frozen route is audited once", a_frozen_route_is_audited_once },
	{ "an operators file with a mistake is refused",
	  an_operators_file_with_a_mistake_is_refused },
	{ NULL, NULL },
};
const struct test_suite unfreeze_daemon_test_suite = { "daemon/unfreeze",
						       cases };
