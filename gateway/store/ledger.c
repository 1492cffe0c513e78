/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/ledger.h"

#include "gateway/store/sql.h"

#include <string.h>

/* A leaf's row number holds its position: height, then 16 bits of index. */
#define INDEX_BITS 16
#define HEIGHT_MAX (UINT64_C(1) << (62 - INDEX_BITS))
_Static_assert(QIAO_LEAVES_MAX <= 1 << INDEX_BITS, "an index needs more bits");

/* clang-format off */
static const char step_1[] =
"CREATE TABLE block("
"height INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL,"
"claim BLOB NOT NULL, next_set BLOB NOT NULL);"

"CREATE TABLE leaf("
"seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL UNIQUE,"
"digest BLOB NOT NULL, submitter BLOB NOT NULL, hash BLOB NOT NULL,"
"leaf BLOB NOT NULL, opening BLOB);";

/* One id may stand for a delivery and for a usage record: none hides another. */
static const char step_2[] =
"CREATE TABLE leaf_2("
"seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL,"
"digest BLOB NOT NULL, submitter BLOB NOT NULL, hash BLOB NOT NULL,"
"leaf BLOB NOT NULL, opening BLOB, UNIQUE(id, kind));"
"INSERT INTO leaf_2 SELECT seq,kind,id,digest,submitter,hash,leaf,opening "
"FROM leaf;"
"DROP TABLE leaf;"
"ALTER TABLE leaf_2 RENAME TO leaf;";
/* clang-format on */

static const char *const steps[] = { step_1, step_2 };

const struct qiao_schema qiao_schema_ledger = {
	.name = "ledger",
	.application_id = 0x51694c64, /* "QiLd" */
	.steps = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};

qiao_err qiao_store_ledger_block_put(struct qiao_txn *txn,
				     const struct qiao_ledger_block_row *b)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO block(height,hash,time,claim,next_set) "
		       "VALUES(?,?,?,?,?)");
	qiao_sql_uint(&q, b->height);
	qiao_sql_hash(&q, &b->hash);
	qiao_sql_int(&q, b->time_ms);
	qiao_sql_blob(&q, b->claim);
	qiao_sql_blob(&q, b->next_set);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_ledger_head(struct qiao_txn *txn,
				struct qiao_ledger_block_row *out,
				struct qiao_buf *next_set)
{
	struct qiao_sql q;

	memset(out, 0, sizeof(*out));
	qiao_sql_begin(&q, txn,
		       "SELECT height,hash,time,next_set FROM block "
		       "ORDER BY height DESC LIMIT 1");
	if (qiao_sql_row(&q)) {
		out->height = qiao_sql_get_uint(&q, 0);
		out->hash = qiao_sql_get_hash(&q, 1);
		out->time_ms = qiao_sql_get_int(&q, 2);
		qiao_buf_put(next_set, qiao_sql_get_blob(&q, 3));
		qiao_sql_fail(&q, next_set->err);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_ledger_claim(struct qiao_txn *txn, struct qiao_buf *claim,
				 uint64_t height)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, "SELECT claim FROM block WHERE height=?");
	qiao_sql_uint(&q, height);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(claim, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, claim->err);
	}
	return qiao_sql_end_one(&q);
}

static void seq_bind(struct qiao_sql *q, uint64_t height, uint64_t index)
{
	if (height >= HEIGHT_MAX || index >> INDEX_BITS)
		qiao_sql_fail(q, QIAO_E_LIMIT);
	else
		qiao_sql_uint(q, height << INDEX_BITS | index);
}

qiao_err qiao_store_ledger_leaf_put(struct qiao_txn *txn,
				    const struct qiao_ledger_leaf_row *l)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO leaf(seq,kind,id,digest,submitter,hash,"
		       "leaf,opening) VALUES(?,?,?,?,?,?,?,?)");
	seq_bind(&q, l->height, l->index);
	qiao_sql_uint(&q, l->kind);
	qiao_sql_hash(&q, &l->id);
	qiao_sql_hash(&q, &l->digest);
	qiao_sql_blob(&q, (struct qiao_slice){ l->submitter.b,
					       sizeof(l->submitter.b) });
	qiao_sql_hash(&q, &l->hash);
	qiao_sql_blob(&q, l->leaf);
	qiao_sql_blob_or_null(&q, l->opening);
	return qiao_sql_run(&q);
}

static void seq_get(struct qiao_sql *q, struct qiao_ledger_leaf_row *out)
{
	uint64_t seq = qiao_sql_get_uint(q, 0);

	out->height = seq >> INDEX_BITS;
	out->index = (uint32_t)(seq & ((1u << INDEX_BITS) - 1));
}

qiao_err qiao_store_ledger_leaf_find(struct qiao_txn *txn,
				     struct qiao_ledger_leaf_row *out,
				     const struct qiao_hash *id,
				     unsigned int kind)
{
	struct qiao_sql q;

	memset(out, 0, sizeof(*out));
	qiao_sql_begin(&q, txn,
		       "SELECT seq,kind,digest,submitter,hash FROM leaf "
		       "WHERE id=? AND (?=0 OR kind=?) ORDER BY kind LIMIT 1");
	qiao_sql_hash(&q, id);
	qiao_sql_uint(&q, kind);
	qiao_sql_uint(&q, kind);
	if (qiao_sql_row(&q)) {
		struct qiao_slice s = qiao_sql_get_blob(&q, 3);

		seq_get(&q, out);
		out->kind = (unsigned int)qiao_sql_get_uint(&q, 1);
		out->id = *id;
		out->digest = qiao_sql_get_hash(&q, 2);
		out->hash = qiao_sql_get_hash(&q, 4);
		if (s.n == sizeof(out->submitter.b))
			memcpy(out->submitter.b, s.p, s.n);
		else
			qiao_sql_fail(&q, QIAO_E_STATE);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_ledger_leaf_each(struct qiao_txn *txn, uint64_t height,
				     qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT seq,hash,leaf,opening FROM leaf "
		       "WHERE seq>=? AND seq<? ORDER BY seq");
	seq_bind(&q, height, 0);
	seq_bind(&q, height + 1, 0);
	while (qiao_sql_row(&q)) {
		struct qiao_ledger_leaf_row row = { .kind = 0 };

		seq_get(&q, &row);
		row.hash = qiao_sql_get_hash(&q, 1);
		row.leaf = qiao_sql_get_blob(&q, 2);
		row.opening = qiao_sql_get_blob(&q, 3);
		qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_ledger_hash_each(struct qiao_txn *txn, uint64_t height,
				     qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT hash FROM leaf WHERE seq>=? AND seq<? "
		       "ORDER BY seq");
	seq_bind(&q, height, 0);
	seq_bind(&q, height + 1, 0);
	while (qiao_sql_row(&q)) {
		struct qiao_hash h = qiao_sql_get_hash(&q, 0);

		qiao_sql_fail(&q, each(ctx, &h));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_ledger_leaf(struct qiao_txn *txn, struct qiao_buf *leaf,
				uint64_t height, uint64_t index)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, "SELECT leaf FROM leaf WHERE seq=?");
	seq_bind(&q, height, index);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(leaf, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, leaf->err);
	}
	return qiao_sql_end_one(&q);
}
