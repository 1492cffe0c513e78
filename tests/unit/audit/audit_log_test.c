/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/audit/log.h"

#include "gateway/store/audit.h"
#include "gateway/store/sql.h"
#include "tests/unit/store/fixture.h"

#define ENTRIES 70

static const uint8_t pseudonym_key[16] = { 1, 2, 3 };
static const struct qiao_audit_log audit = {
	.gw = "gw.nanjing",
	.pseudonym_key = { pseudonym_key, sizeof(pseudonym_key) },
};

/* Members out of order, as callers write them. */
static void build(struct qiao_audit_entry *e, const struct qiao_hash *transfer)
{
	struct qiao_jw *w;

	qiao_audit_begin(e, "queued", 1764000000123);
	qiao_audit_hash(e, "transfer", transfer);
	qiao_audit_str(e, "to", "gw.province");
	qiao_audit_int(e, "assurance", 4);
	w = qiao_audit_value(e, "policy");
	qiao_jw_obj(w);
	qiao_jw_kint(w, "seq", 0);
	qiao_jw_kbool(w, "unsigned", true);
	qiao_jw_end(w);
	qiao_audit_str_or_null(e, "reason", "");
	qiao_audit_raw(e, "codes", qiao_slice_str("[\"A\",\"B\"]"));
}

struct append {
	unsigned int n;
	qiao_err err;
	uint64_t last;
};

static qiao_err append(struct qiao_txn *txn, void *arg)
{
	struct append *a = arg;
	struct qiao_audit_entry e;
	qiao_err err = QIAO_OK;

	for (unsigned int i = 0; err == QIAO_OK && i < a->n; i++) {
		struct qiao_hash transfer = hash_of(i % 7);

		build(&e, &transfer);
		err = qiao_audit_append(&audit, txn, &e, &transfer, &a->last);
	}
	return err == QIAO_OK ? a->err : err;
}

static void append_n(struct fixture *f, unsigned int n)
{
	struct append a = { .n = n };

	CU_ASSERT_EQUAL(qiao_store_write(f->store, append, &a), QIAO_OK);
}

static qiao_err read_entry(struct qiao_txn *txn, void *arg)
{
	return qiao_store_audit_entry(txn, arg, 0);
}

static void an_entry_is_canonical_and_sorted(void)
{
	static const char want[] =
		"{\"assurance\":4,\"at\":\"2025-11-24T16:00:00.123Z\","
		"\"codes\":[\"A\",\"B\"],\"gw\":\"gw.nanjing\","
		"\"policy\":{\"seq\":0,\"unsigned\":true},\"reason\":null,"
		"\"seq\":0,\"to\":\"gw.province\",\"transfer\":"
		"\"aa000000000000000000000000000000"
		"00000000000000000000000000000000\","
		"\"type\":\"queued\",\"v\":1}";
	struct qiao_buf entry = QIAO_BUF;
	struct fixture f;

	fixture_open(&f);
	append_n(&f, 1);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, read_entry, &entry), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&entry), want));
	CU_ASSERT_TRUE(qiao_json_is_canonical(qiao_buf_slice(&entry)));
	qiao_buf_free(&entry);
	fixture_close(&f);
}

struct leaves {
	struct qiao_hash h[ENTRIES];
	size_t n;
};

static qiao_err note_leaf(void *ctx, const void *row_)
{
	const struct qiao_audit_row *row = row_;
	struct leaves *l = ctx;

	CU_ASSERT_EQUAL(row->seq, l->n);
	l->h[l->n++] = row->leaf;
	return QIAO_OK;
}

static void try_size(struct qiao_txn *txn, const struct leaves *l, uint64_t n)
{
	struct qiao_hash root, want, old;
	struct qiao_merkle_path path;

	CU_ASSERT_EQUAL(qiao_audit_root(txn, &root, n), QIAO_OK);
	qiao_merkle_root(&want, l->h, (size_t)n);
	CU_ASSERT_TRUE(qiao_hash_eq(&root, &want));
	for (uint64_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(qiao_audit_path(txn, &path, i, n), QIAO_OK);
		CU_ASSERT_EQUAL(
			qiao_merkle_path_check(&path, i, n, &l->h[i], &root),
			QIAO_OK);
	}
	for (uint64_t m = 1; m <= n; m++) {
		CU_ASSERT_EQUAL(qiao_audit_root(txn, &old, m), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_audit_consistency(txn, &path, m, n),
				QIAO_OK);
		CU_ASSERT_EQUAL(
			qiao_merkle_consistency_check(&path, m, n, &old, &root),
			QIAO_OK);
	}
}

static qiao_err try_sizes(struct qiao_txn *txn, void *arg)
{
	struct leaves l = { .n = 0 };
	struct qiao_merkle_path path;
	struct qiao_hash root;
	uint64_t size;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_audit_size(txn, &size), QIAO_OK);
	CU_ASSERT_EQUAL(size, ENTRIES);
	CU_ASSERT_EQUAL(qiao_store_audit_each(txn, 0, size, note_leaf, &l),
			QIAO_OK);
	for (uint64_t n = 0; n <= ENTRIES; n++)
		try_size(txn, &l, n);
	CU_ASSERT_EQUAL(qiao_audit_root(txn, &root, ENTRIES + 1),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_audit_path(txn, &path, 3, 3), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_audit_path(txn, &path, 0, ENTRIES + 1),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_audit_consistency(txn, &path, 5, 4),
			QIAO_E_NOTFOUND);
	return qiao_audit_check(txn, NULL);
}

static void roots_paths_and_consistency_hold_at_every_size(void)
{
	struct fixture f;

	fixture_open(&f);
	append_n(&f, 1);
	append_n(&f, 30);
	append_n(&f, ENTRIES - 31);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, try_sizes, NULL), QIAO_OK);
	fixture_close(&f);
}

static void what_is_rolled_back_leaves_no_gap(void)
{
	struct append undone = { .n = 5, .err = QIAO_E_DENIED };
	struct append after = { .n = 1 };
	struct fixture f;

	fixture_open(&f);
	append_n(&f, 3);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, append, &undone),
			QIAO_E_DENIED);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, append, &after), QIAO_OK);
	CU_ASSERT_EQUAL(after.last, 3);
	fixture_close(&f);
}

static qiao_err append_bad(struct qiao_txn *txn, void *arg)
{
	struct qiao_audit_entry e;
	const int *which = arg;
	char key[16];

	qiao_audit_begin(&e, "queued", 0);
	if (*which == 0) {
		qiao_audit_str(&e, "a", "x");
		qiao_audit_str(&e, "a", "y");
	} else if (*which == 1) {
		for (int i = 0; i < QIAO_AUDIT_MEMBERS_MAX + 1; i++) {
			snprintf(key, sizeof(key), "k%d", i);
			qiao_audit_int(&e, key, i);
		}
	} else if (*which == 2) {
		qiao_jw_obj(qiao_audit_value(&e, "open"));
	} else if (*which == 3) {
		qiao_audit_raw(&e, "raw", qiao_slice_str("{ }"));
	} else if (*which == 4) {
		qiao_audit_int(&e, "big", INT64_MAX);
	} else {
		qiao_audit_str(&e, "seq", "mine");
	}
	return qiao_audit_append(&audit, txn, &e, NULL, NULL);
}

static void a_bad_entry_is_refused_whole(void)
{
	struct append after = { .n = 1 };
	struct fixture f;

	fixture_open(&f);
	for (int i = 0; i < 6; i++)
		CU_ASSERT_NOT_EQUAL(qiao_store_write(f.store, append_bad, &i),
				    QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, append, &after), QIAO_OK);
	CU_ASSERT_EQUAL(after.last, 0);
	fixture_close(&f);
}

static void the_nth_allocation_fails_and_nothing_is_written(void)
{
	struct fixture f;
	qiao_err err = QIAO_E_NOMEM;
	unsigned int tried = 0;

	fixture_open(&f);
	for (long n = 0; err != QIAO_OK && n < 100; n++, tried++) {
		struct append a = { .n = 1 };

		qiao_fault_alloc_after = n;
		err = qiao_store_write(f.store, append, &a);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_EQUAL(a.last, 0);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	CU_ASSERT_TRUE(tried > 1);
	fixture_close(&f);
}

static qiao_err tamper(struct qiao_txn *txn, void *arg)
{
	return qiao_sql_exec(txn, arg);
}

static qiao_err recheck(struct qiao_txn *txn, void *arg)
{
	return qiao_audit_check(txn, arg);
}

static void tampering_with_the_store_is_found(void)
{
	static const struct {
		const char *sql, *word;
		qiao_err want;
	} cases[] = {
		{ "UPDATE audit SET entry=X'7B7D' WHERE seq=4", "entry 4",
		  QIAO_E_HASH },
		{ "DELETE FROM audit WHERE seq=2", "entry 2", QIAO_E_NUMBER },
		{ "UPDATE audit_node SET hash=zeroblob(32) "
		  "WHERE node=(1<<56)+1",
		  "node 1/1", QIAO_E_HASH },
		{ "DELETE FROM audit_node WHERE node=(2<<56)+1", "node 2/1",
		  QIAO_E_HASH },
		{ "UPDATE audit SET leaf=(SELECT leaf FROM audit WHERE seq=0) "
		  "WHERE seq=1",
		  "entry 1", QIAO_E_HASH },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char sql[256];
		struct qiao_why why = { "" };
		struct fixture f;

		snprintf(sql, sizeof(sql), "%s", cases[i].sql);
		fixture_open(&f);
		append_n(&f, 9);
		CU_ASSERT_EQUAL(qiao_store_write(f.store, tamper, sql),
				QIAO_OK);
		CU_ASSERT_EQUAL(qiao_store_read(f.store, recheck, &why),
				cases[i].want);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, cases[i].word));
		fixture_close(&f);
	}
}

static void a_pseudonym_depends_on_value_and_key(void)
{
	static const uint8_t other_key[16] = { 9 };
	struct qiao_audit_log other = audit;
	char a[QIAO_PSEUDONYM_LEN], b[QIAO_PSEUDONYM_LEN];

	other.pseudonym_key = qiao_slice_of(other_key, sizeof(other_key));
	qiao_audit_pseudonym(&audit, a, qiao_slice_str("LIC-0001"));
	CU_ASSERT_EQUAL(strlen(a), 34);
	CU_ASSERT_EQUAL(strncmp(a, "h:", 2), 0);
	qiao_audit_pseudonym(&audit, b, qiao_slice_str("LIC-0001"));
	CU_ASSERT_STRING_EQUAL(a, b);
	qiao_audit_pseudonym(&audit, b, qiao_slice_str("LIC-0002"));
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
	qiao_audit_pseudonym(&other, b, qiao_slice_str("LIC-0001"));
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
}

static qiao_err open_and_erase(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash before, after;
	struct qiao_buf got = QIAO_BUF;
	size_t n;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_audit_root(txn, &before, 2), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_audit_open(txn, 1, "ref", qiao_slice_str("LIC")),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_opening_get(txn, &got, 1, "ref"), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&got), "LIC"));
	CU_ASSERT_EQUAL(qiao_store_opening_erase(txn, 1, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(qiao_store_opening_get(txn, &got, 1, "ref"),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_audit_root(txn, &after, 2), QIAO_OK);
	CU_ASSERT_TRUE(qiao_hash_eq(&before, &after));
	qiao_buf_free(&got);
	return QIAO_OK;
}

static void openings_can_be_erased_without_breaking_the_tree(void)
{
	struct fixture f;

	fixture_open(&f);
	append_n(&f, 2);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, open_and_erase, NULL),
			QIAO_OK);
	fixture_close(&f);
}

struct signing {
	struct qiao_key *key;
	struct qiao_hash network;
	struct qiao_checkpoint c;
	unsigned int seen;
};

static qiao_err make_checkpoint(struct qiao_txn *txn, void *arg)
{
	struct signing *s = arg;

	return qiao_audit_checkpoint(&audit, txn, &s->c, &s->network, s->key,
				     1764000000000);
}

static qiao_err verify_checkpoint(void *ctx, const void *row_)
{
	const struct qiao_checkpoint_row *row = row_;
	struct qiao_checkpoint c;
	struct signing *s = ctx;

	s->seen++;
	CU_ASSERT_EQUAL(qiao_checkpoint_verify(row->checkpoint, row->signature,
					       qiao_key_public(s->key)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_checkpoint_parse(&c, row->checkpoint), QIAO_OK);
	CU_ASSERT_EQUAL(c.size, s->c.size);
	CU_ASSERT_TRUE(qiao_hash_eq(&c.root, &s->c.root));
	CU_ASSERT_STRING_EQUAL(c.gw, "gw.nanjing");
	for (size_t n = 0; n < row->checkpoint.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_checkpoint_parse(
				&c, qiao_slice_of(row->checkpoint.p, n)),
			QIAO_OK);
	return QIAO_OK;
}

static qiao_err read_checkpoints(struct qiao_txn *txn, void *arg)
{
	return qiao_store_checkpoint_each(txn, verify_checkpoint, arg);
}

static void a_checkpoint_is_signed_and_kept(void)
{
	struct signing s = { .network = hash_of(1) };
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&s.key, QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
	append_n(&f, 11);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, make_checkpoint, &s),
			QIAO_OK);
	CU_ASSERT_EQUAL(s.c.size, 11);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, read_checkpoints, &s),
			QIAO_OK);
	CU_ASSERT_EQUAL(s.seen, 1);
	qiao_key_free(s.key);
	fixture_close(&f);
}

static qiao_err count_row(void *ctx, const void *row)
{
	(void)row;
	++*(unsigned int *)ctx;
	return QIAO_OK;
}

static qiao_err find_entries(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash transfer = hash_of(3), none = hash_of(99);
	unsigned int n = 0;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_audit_of(txn, &transfer, count_row, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(qiao_store_audit_of(txn, &none, count_row, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(qiao_store_audit_of_type(txn, "queued", count_row, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 16);
	return QIAO_OK;
}

static void entries_are_found_by_transfer_and_type(void)
{
	struct fixture f;

	fixture_open(&f);
	append_n(&f, 14);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, find_entries, NULL), QIAO_OK);
	fixture_close(&f);
}

static const struct test_case cases[] = {
	{ "an entry is canonical and sorted",
	  an_entry_is_canonical_and_sorted },
	{ "roots, paths and consistency hold at every size",
	  roots_paths_and_consistency_hold_at_every_size },
	{ "what is rolled back leaves no gap",
	  what_is_rolled_back_leaves_no_gap },
	{ "a bad entry is refused whole", a_bad_entry_is_refused_whole },
	{ "the n-th allocation fails and nothing is written",
	  the_nth_allocation_fails_and_nothing_is_written },
	{ "tampering with the store is found",
	  tampering_with_the_store_is_found },
	{ "a pseudonym depends on value and key",
	  a_pseudonym_depends_on_value_and_key },
	{ "openings can be erased without breaking the tree",
	  openings_can_be_erased_without_breaking_the_tree },
	{ "a checkpoint is signed and kept", a_checkpoint_is_signed_and_kept },
	{ "entries are found by transfer and type",
	  entries_are_found_by_transfer_and_type },
	{ .name = NULL },
};

const struct test_suite audit_log_test_suite = { "audit/log", cases };
