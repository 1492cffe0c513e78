/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/header.h"

#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

qiao_err qiao_store_header_get(struct qiao_txn *txn, struct qiao_hash *hash,
			       struct qiao_buf *claim, int64_t chain,
			       uint64_t height)
{
	struct qiao_sql q;

	*hash = (struct qiao_hash){ { 0 } };
	qiao_sql_begin(&q, txn,
		       "SELECT hash,claim FROM header "
		       "WHERE chain=? AND height=?");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, height);
	if (qiao_sql_row(&q)) {
		*hash = qiao_sql_get_hash(&q, 0);
		if (claim) {
			qiao_buf_put(claim, qiao_sql_get_blob(&q, 1));
			qiao_sql_fail(&q, claim->err);
		}
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_header_put(struct qiao_txn *txn, int64_t chain,
			       uint64_t height, const struct qiao_hash *hash,
			       struct qiao_slice claim)
{
	struct qiao_hash known;
	struct qiao_sql q;
	qiao_err err;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO header(chain,height,hash,claim) "
		       "VALUES(?,?,?,?)");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, height);
	qiao_sql_hash(&q, hash);
	qiao_sql_blob(&q, claim);
	err = qiao_sql_run(&q);
	if (err != QIAO_E_EXISTS)
		return err;
	err = qiao_store_header_get(txn, &known, NULL, chain, height);
	if (err != QIAO_OK)
		return err;
	return qiao_hash_eq(&known, hash) ? QIAO_OK : QIAO_E_CONFLICT;
}

static void read_row(struct qiao_sql *q, struct qiao_header_row *row)
{
	row->height = qiao_sql_get_uint(q, 0);
	row->hash = qiao_sql_get_hash(q, 1);
	row->claim = qiao_sql_get_blob(q, 2);
}

qiao_err qiao_store_header_each(struct qiao_txn *txn, int64_t chain,
				uint64_t from, size_t max_n, size_t max_bytes,
				qiao_each_fn each, void *ctx)
{
	struct qiao_header_row row;
	struct qiao_sql q;
	size_t bytes = 0;

	qiao_sql_begin(&q, txn,
		       "SELECT height,hash,claim FROM header "
		       "WHERE chain=? AND height>=? ORDER BY height LIMIT ?");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, from);
	qiao_sql_uint(&q, max_n);
	for (size_t n = 0; qiao_sql_row(&q); n++) {
		read_row(&q, &row);
		if (row.height != from + n)
			break;
		if (n > 0 && row.claim.n > max_bytes - bytes)
			break;
		bytes += row.claim.n < max_bytes - bytes ? row.claim.n
							 : max_bytes - bytes;
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_header_newest(struct qiao_txn *txn, int64_t chain,
				  size_t max_n, qiao_each_fn each, void *ctx)
{
	struct qiao_header_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT height,hash,claim FROM header WHERE chain=?1 "
		       "AND height>(SELECT max(height) FROM header "
		       "WHERE chain=?1)-?2 ORDER BY height");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, max_n);
	while (qiao_sql_row(&q)) {
		read_row(&q, &row);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_header_prune(struct qiao_txn *txn, int64_t chain,
				 uint64_t below)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "DELETE FROM header WHERE chain=? AND height<?");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, below);
	return qiao_sql_run(&q);
}
