/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/rules.h"

#include "gateway/base/file.h"
#include "gateway/store/audit.h"
#include "tests/unit/policy/world.h"
#include "tests/unit/store/fixture.h"

#include <dirent.h>
#include <sys/stat.h>

#define RULES(id) \
	WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(id, "") " );"

static const char mapping_text[] =
	"mapping = { format = 1; id = \"m\"; version = 1; timezone = "
	"\"+08:00\"; issuers = ( { type = \"a.open\"; msp = \"SrcMSP\"; } ); "
	"records = ( ); ignore = [ \"other\" ]; };";

static const char other_mapping_text[] =
	"mapping = { format = 1; id = \"m\"; version = 2; timezone = "
	"\"+08:00\"; issuers = ( { type = \"a.open\"; msp = \"SrcMSP\"; } ); "
	"records = ( ); ignore = [ \"other\" ]; };";

/* A daemon that has a policy, a store, and nothing else. */
struct bench {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_chain chain;
	struct qiao_daemon d;
	struct qiao_buf findings;
	struct qiao_why why;
};

static const uint8_t pseudonyms[16] = { 4 };

static void put_file(const struct bench *b, const char *name, const char *text)
{
	char path[512];
	struct qiao_why why = { "" };

	snprintf(path, sizeof(path), "%s/%s", b->f.dir, name);
	if (qiao_file_write(path, qiao_slice_str(text), 0600, &why) != QIAO_OK)
		CU_FAIL_FATAL(why.text);
}

static void make_dir(const struct bench *b, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", b->f.dir, name);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	fixture_open(&b->f);
	make_dir(b, "policy");
	make_dir(b, "data");
	put_file(b, "policy/00.cfg", WORLD_CATALOGUE);
	put_file(b, "policy/01.cfg", WORLD_ORGS);
	put_file(b, "policy/p.cfg", RULES("a"));
	snprintf(b->cfg.policy_dir, sizeof(b->cfg.policy_dir), "%s/policy",
		 b->f.dir);
	snprintf(b->cfg.data, sizeof(b->cfg.data), "%s/data", b->f.dir);
	snprintf(b->chain.name, sizeof(b->chain.name), "src");
	b->cfg.chains = &b->chain;
	b->cfg.n_chains = 1;
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "gw");
	b->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	pthread_mutex_init(&b->d.rules_lock, NULL);
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char below[1024];

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		if (unlink(below) != 0)
			remove_tree(below);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static void bench_close(struct bench *b)
{
	qiao_rules_release(b->d.rules);
	qiao_buf_free(&b->findings);
	pthread_mutex_destroy(&b->d.rules_lock);
	qiao_store_close(b->f.store);
	remove_tree(b->f.dir);
}

static qiao_err start(struct bench *b)
{
	return qiao_rules_start(&b->d, &b->findings, &b->why);
}

static qiao_err reload(struct bench *b, bool *same)
{
	int muted = fixture_mute();
	qiao_err err;

	qiao_buf_clear(&b->findings);
	err = qiao_rules_reload(&b->d, same, &b->findings, &b->why);
	fflush(stderr);
	dup2(muted, 2);
	close(muted);
	return err;
}

static qiao_err read_size(struct qiao_txn *txn, void *arg)
{
	return qiao_store_audit_size(txn, arg);
}

static uint64_t entries(struct bench *b)
{
	uint64_t n = 0;

	qiao_store_read(b->f.store, read_size, &n);
	return n;
}

static qiao_err read_first(struct qiao_txn *txn, void *arg)
{
	return qiao_store_audit_entry(txn, arg, 0);
}

static bool first_says(struct bench *b, const char *text)
{
	struct qiao_buf entry = QIAO_BUF;
	bool found;

	CU_ASSERT_EQUAL(qiao_store_read(b->f.store, read_first, &entry),
			QIAO_OK);
	qiao_buf_put_u8(&entry, 0);
	found = strstr((const char *)entry.p, text) != NULL;
	qiao_buf_free(&entry);
	return found;
}

/* --- cases ---------------------------------------------------------------- */

static void new_rules(void)
{
	struct qiao_rules *old, *held;
	struct bench b;
	bool same;

	bench_open(&b);
	CU_ASSERT_EQUAL_FATAL(start(&b), QIAO_OK);
	CU_ASSERT_EQUAL(entries(&b), 0);
	held = qiao_rules_take(&b.d); /* a decision that is being made */
	old = b.d.rules;
	put_file(&b, "policy/p.cfg", RULES("another"));
	CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
	CU_ASSERT_FALSE(same);
	CU_ASSERT_PTR_NOT_EQUAL(b.d.rules, old);
	CU_ASSERT_EQUAL(entries(&b), 1);
	CU_ASSERT_PTR_NOT_NULL(qiao_policy_catalogue(held->policy));
	qiao_rules_release(held);
	CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
	CU_ASSERT_TRUE(same);
	CU_ASSERT_EQUAL(entries(&b), 1); /* nothing new was put in force */
	bench_close(&b);
}

static void bad_rules_keep_the_old(void)
{
	static const struct {
		const char *name, *text, *finding;
	} t[] = {
		{ "policy/p.cfg", "policy = {", "error E000" },
		{ "policy/p.cfg", WORLD_POLICY("c", "owner", "") "ruls = ( );",
		  "error E1" },
		{ "policy/x.txt", "hello", "error E100" },
		{ "policy/p.cfg", "/* never closed", "error E003" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct qiao_rules *old;
		struct bench b;
		bool same;

		bench_open(&b);
		CU_ASSERT_EQUAL_FATAL(start(&b), QIAO_OK);
		old = b.d.rules;
		put_file(&b, t[i].name, t[i].text);
		CU_ASSERT_NOT_EQUAL(reload(&b, &same), QIAO_OK);
		CU_ASSERT_PTR_EQUAL(b.d.rules, old);
		CU_ASSERT_EQUAL(entries(&b), 0);
		CU_ASSERT_TRUE(b.d.rules_problem[0] != '\0');
		qiao_buf_put_u8(&b.findings, 0);
		if (!strstr((char *)b.findings.p, t[i].finding))
			fprintf(stderr, "%zu: %s\n", i, (char *)b.findings.p);
		CU_ASSERT_PTR_NOT_NULL(
			strstr((char *)b.findings.p, t[i].finding));
		/* and a good one ends the complaint */
		put_file(&b, "policy/p.cfg", RULES("c"));
		if (strcmp(t[i].name, "policy/x.txt") == 0) {
			char path[512];

			snprintf(path, sizeof(path), "%s/policy/x.txt",
				 b.f.dir);
			unlink(path);
		}
		CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
		CU_ASSERT_EQUAL(b.d.rules_problem[0], '\0');
		bench_close(&b);
	}
}

static void start_falls_back(void)
{
	struct qiao_policy_info first, again;
	struct bench b;
	int muted;

	bench_open(&b);
	CU_ASSERT_EQUAL_FATAL(start(&b), QIAO_OK);
	qiao_policy_info(b.d.rules->policy, &first);
	qiao_rules_release(b.d.rules);
	b.d.rules = NULL;
	put_file(&b, "policy/p.cfg", "half a sent");
	muted = fixture_mute();
	CU_ASSERT_EQUAL_FATAL(start(&b), QIAO_OK);
	dup2(muted, 2);
	close(muted);
	qiao_policy_info(b.d.rules->policy, &again);
	CU_ASSERT_TRUE(qiao_hash_eq(&first.sha256, &again.sha256));
	CU_ASSERT_TRUE(b.d.rules_problem[0] != '\0');
	bench_close(&b);
}

static void start_without_any(void)
{
	struct bench b;

	bench_open(&b);
	put_file(&b, "policy/p.cfg", "half a sent");
	CU_ASSERT_NOT_EQUAL(start(&b), QIAO_OK);
	CU_ASSERT_PTR_NULL(b.d.rules);
	CU_ASSERT_TRUE(b.why.text[0] != '\0');
	bench_close(&b);
}

static void mappings_come_along(void)
{
	struct qiao_rules *old;
	struct bench b;
	bool same;

	bench_open(&b);
	put_file(&b, "m.cfg", mapping_text);
	snprintf(b.chain.mapping, sizeof(b.chain.mapping), "%s/m.cfg", b.f.dir);
	if (start(&b) != QIAO_OK) {
		qiao_buf_put_u8(&b.findings, 0);
		fprintf(stderr, "%s\n", (char *)b.findings.p);
		CU_FAIL_FATAL("the mapping");
	}
	CU_ASSERT_PTR_NOT_NULL(b.d.rules->mapping[0]);
	old = b.d.rules;
	put_file(&b, "m.cfg", "mapping = { format = 1; }");
	CU_ASSERT_NOT_EQUAL(reload(&b, &same), QIAO_OK);
	CU_ASSERT_PTR_EQUAL(b.d.rules, old);
	put_file(&b, "m.cfg", mapping_text);
	CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
	CU_ASSERT_TRUE(same);
	CU_ASSERT_PTR_NOT_EQUAL(b.d.rules, old);
	CU_ASSERT_EQUAL(entries(&b), 0);
	/* another mapping is another set of rules, and is audited */
	put_file(&b, "m.cfg", other_mapping_text);
	CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
	CU_ASSERT_FALSE(same);
	CU_ASSERT_EQUAL(entries(&b), 1);
	CU_ASSERT_TRUE(first_says(&b, "\"mappings\":[{\"chain\":\"src\""));
	bench_close(&b);
}

static void kept_for_the_auditor(void)
{
	struct bench b;
	char path[512];
	unsigned int n = 0;
	struct dirent *e;
	bool same;
	DIR *d;

	bench_open(&b);
	CU_ASSERT_EQUAL_FATAL(start(&b), QIAO_OK);
	put_file(&b, "policy/p.cfg", RULES("second"));
	CU_ASSERT_EQUAL(reload(&b, &same), QIAO_OK);
	snprintf(path, sizeof(path), "%s/data/policies", b.f.dir);
	d = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((e = readdir(d)))
		n += strlen(e->d_name) == 64;
	closedir(d);
	CU_ASSERT_EQUAL(n, 2);
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "a new policy is audited, then in force; who decides keeps the old",
	  new_rules },
	{ "a bad policy never replaces a good one", bad_rules_keep_the_old },
	{ "a start with a bad folder goes on with the last good policy",
	  start_falls_back },
	{ "a first start with a bad folder is refused", start_without_any },
	{ "policy and mappings are exchanged together", mappings_come_along },
	{ "every policy that was in force is kept", kept_for_the_auditor },
	{ NULL, NULL },
};
const struct test_suite rules_test_suite = { "daemon/rules", cases };
