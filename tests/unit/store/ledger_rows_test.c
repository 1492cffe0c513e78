/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/ledger.h"
#include "tests/unit/store/fixture.h"

#define LEAVES 3

static void setup(struct fixture *f)
{
	const struct qiao_store_options o = { .schema = &qiao_schema_ledger };
	struct qiao_why why;

	fixture_dir(f);
	CU_ASSERT_EQUAL_FATAL(qiao_store_open(&f->store, f->path, &o, &why),
			      QIAO_OK);
}

static struct qiao_hash hash(uint64_t height, unsigned int i)
{
	return (struct qiao_hash){ { 1, (uint8_t)height, (uint8_t)i } };
}

static qiao_err put(struct qiao_txn *txn, void *arg)
{
	uint64_t height = *(const uint64_t *)arg;
	const struct qiao_ledger_block_row b = {
		.height = height,
		.hash = hash(height, 99),
		.time_ms = 1000 + (int64_t)height,
		.claim = qiao_slice_str("claim"),
		.next_set = qiao_slice_str("set"),
	};
	qiao_err err = qiao_store_ledger_block_put(txn, &b);

	for (uint32_t i = 0; i < LEAVES && err == QIAO_OK; i++) {
		const struct qiao_ledger_leaf_row l = {
			.height = height,
			.index = i,
			.kind = 2,
			.id = hash(height, i),
			.digest = { { 7 } },
			.submitter = { { 8, 9 } },
			.hash = hash(height, 50 + i),
			.leaf = qiao_slice_str("leaf"),
			.opening = i ? qiao_slice_str("opening")
				     : qiao_slice_of(NULL, 0),
		};

		err = qiao_store_ledger_leaf_put(txn, &l);
	}
	return err;
}

struct seen {
	uint64_t height;
	size_t n;
	struct qiao_ledger_leaf_row row;
	struct qiao_ledger_block_row block;
	struct qiao_buf b;
	uint64_t index;
	struct qiao_hash id;
};

static qiao_err see_leaf(void *ctx, const void *row)
{
	const struct qiao_ledger_leaf_row *l = row;
	struct seen *s = ctx;

	CU_ASSERT_EQUAL(l->height, s->height);
	CU_ASSERT_EQUAL(l->index, s->n);
	CU_ASSERT_TRUE(qiao_slice_is(l->leaf, "leaf"));
	CU_ASSERT_TRUE(qiao_slice_is(l->opening, s->n ? "opening" : ""));
	s->n++;
	return QIAO_OK;
}

static qiao_err see_hash(void *ctx, const void *row)
{
	struct seen *s = ctx;
	struct qiao_hash want = hash(s->height, 50 + (unsigned int)s->n);

	CU_ASSERT_TRUE(qiao_hash_eq(row, &want));
	s->n++;
	return QIAO_OK;
}

static qiao_err each(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_leaf_each(txn, s->height, see_leaf, s);
}

static qiao_err hashes(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_hash_each(txn, s->height, see_hash, s);
}

static qiao_err head(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_head(txn, &s->block, &s->b);
}

static qiao_err claim(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_claim(txn, &s->b, s->height);
}

static qiao_err find(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_leaf_find(txn, &s->row, &s->id, 0);
}

static qiao_err leaf(struct qiao_txn *txn, void *arg)
{
	struct seen *s = arg;

	return qiao_store_ledger_leaf(txn, &s->b, s->height, s->index);
}

static void blocks_are_read_as_they_were_written(void)
{
	struct seen s = { .height = 0 };
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, head, &s), QIAO_E_NOTFOUND);
	for (uint64_t h = 0; h < 3; h++)
		CU_ASSERT_EQUAL(qiao_store_write(f.store, put, &h), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, head, &s), QIAO_OK);
	CU_ASSERT_EQUAL(s.block.height, 2);
	CU_ASSERT_EQUAL(s.block.time_ms, 1002);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&s.b), "set"));
	for (s.height = 0; s.height < 3; s.height++) {
		s.n = 0;
		CU_ASSERT_EQUAL(qiao_store_read(f.store, each, &s), QIAO_OK);
		CU_ASSERT_EQUAL(s.n, LEAVES);
		s.n = 0;
		CU_ASSERT_EQUAL(qiao_store_read(f.store, hashes, &s), QIAO_OK);
		CU_ASSERT_EQUAL(s.n, LEAVES);
	}
	s.n = 0; /* block 3 does not exist: no leaves */
	CU_ASSERT_EQUAL(qiao_store_read(f.store, each, &s), QIAO_OK);
	CU_ASSERT_EQUAL(s.n, 0);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, claim, &s), QIAO_E_NOTFOUND);
	s.height = 1;
	qiao_buf_clear(&s.b);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, claim, &s), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&s.b), "claim"));
	qiao_buf_free(&s.b);
	fixture_close(&f);
}

static void a_leaf_is_found_by_id_and_by_place(void)
{
	struct seen s = { .height = 0 };
	struct fixture f;
	uint64_t h = 300;

	setup(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, put, &h), QIAO_OK);
	s.id = hash(h, 2);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, find, &s), QIAO_OK);
	CU_ASSERT_EQUAL(s.row.height, 300);
	CU_ASSERT_EQUAL(s.row.index, 2);
	CU_ASSERT_EQUAL(s.row.kind, 2);
	CU_ASSERT_EQUAL(s.row.submitter.b[1], 9);
	CU_ASSERT_EQUAL(s.row.digest.b[0], 7);
	s.id.b[0] ^= 1;
	CU_ASSERT_EQUAL(qiao_store_read(f.store, find, &s), QIAO_E_NOTFOUND);
	s.height = h;
	for (s.index = 0; s.index <= LEAVES; s.index++)
		CU_ASSERT_EQUAL(qiao_store_read(f.store, leaf, &s),
				s.index < LEAVES ? QIAO_OK : QIAO_E_NOTFOUND);
	s.index = QIAO_LEAVES_MAX;
	CU_ASSERT_EQUAL(qiao_store_read(f.store, leaf, &s), QIAO_E_LIMIT);
	s.index = 0;
	s.height = UINT64_MAX;
	CU_ASSERT_EQUAL(qiao_store_read(f.store, leaf, &s), QIAO_E_LIMIT);
	qiao_buf_free(&s.b);
	fixture_close(&f);
}

static qiao_err put_twice(struct qiao_txn *txn, void *arg)
{
	const struct qiao_ledger_leaf_row l = {
		.height = 1,
		.index = 9,
		.kind = 2,
		.id = hash(0, 1), /* of a leaf in block 0 */
		.leaf = qiao_slice_str("leaf"),
	};

	(void)arg;
	return qiao_store_ledger_leaf_put(txn, &l);
}

static void nothing_is_written_twice(void)
{
	struct fixture f;
	uint64_t h = 0;

	setup(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, put, &h), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, put, &h), QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, put_twice, NULL),
			QIAO_E_EXISTS);
	fixture_close(&f);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "blocks are read as they were written", blocks_are_read_as_they_were_written },
	{ "a leaf is found by id and by place", a_leaf_is_found_by_id_and_by_place },
	{ "nothing is written twice", nothing_is_written_twice },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite ledger_rows_test_suite = { "store/ledger", cases };
