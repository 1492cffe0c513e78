/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/audit.h"

#include "gateway/base/log.h"
#include "gateway/store/sql.h"

#define INDEX_BITS 56 /* of a node's number; the level stands above */

qiao_err qiao_store_audit_size(struct qiao_txn *txn, uint64_t *n)
{
	struct qiao_sql q;

	*n = 0;
	qiao_sql_begin(&q, txn, "SELECT ifnull(max(seq)+1,0) FROM audit");
	if (qiao_sql_row(&q))
		*n = qiao_sql_get_uint(&q, 0);
	return qiao_sql_end(&q);
}

qiao_err qiao_store_audit_put(struct qiao_txn *txn,
			      const struct qiao_audit_row *r)
{
	struct qiao_sql q;
	uint64_t next;
	qiao_err err = qiao_store_audit_size(txn, &next);

	if (err != QIAO_OK)
		return err;
	if (r->seq != next)
		return QIAO_E_STATE;
	qiao_sql_begin(&q, txn,
		       "INSERT INTO audit(seq,type,transfer,leaf,entry) "
		       "VALUES(?,?,?,?,?)");
	qiao_sql_uint(&q, r->seq);
	qiao_sql_text(&q, r->type);
	qiao_sql_hash_or_null(&q, &r->transfer);
	qiao_sql_hash(&q, &r->leaf);
	qiao_sql_blob(&q, r->entry);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_audit_leaf(struct qiao_txn *txn, struct qiao_hash *leaf,
			       uint64_t seq)
{
	struct qiao_sql q;

	*leaf = (struct qiao_hash){ { 0 } };
	qiao_sql_begin(&q, txn, "SELECT leaf FROM audit WHERE seq=?");
	qiao_sql_uint(&q, seq);
	if (qiao_sql_row(&q))
		*leaf = qiao_sql_get_hash(&q, 0);
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_audit_entry(struct qiao_txn *txn, struct qiao_buf *out,
				uint64_t seq)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, "SELECT entry FROM audit WHERE seq=?");
	qiao_sql_uint(&q, seq);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(out, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, out->err);
	}
	return qiao_sql_end_one(&q);
}

static qiao_err read_rows(struct qiao_sql *q, qiao_each_fn each, void *ctx)
{
	struct qiao_audit_row row;

	while (qiao_sql_row(q)) {
		row.seq = qiao_sql_get_uint(q, 0);
		row.type = qiao_sql_get_text(q, 1);
		row.transfer = qiao_sql_get_hash(q, 2);
		row.leaf = qiao_sql_get_hash(q, 3);
		row.entry = qiao_sql_get_blob(q, 4);
		if (q->err == QIAO_OK)
			qiao_sql_fail(q, each(ctx, &row));
	}
	return qiao_sql_end(q);
}

qiao_err qiao_store_audit_each(struct qiao_txn *txn, uint64_t from, uint64_t to,
			       qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT seq,type,transfer,leaf,entry FROM audit "
		       "WHERE seq>=? AND seq<? ORDER BY seq");
	qiao_sql_uint(&q, from);
	qiao_sql_uint(&q, to);
	return read_rows(&q, each, ctx);
}

qiao_err qiao_store_audit_of(struct qiao_txn *txn,
			     const struct qiao_hash *transfer,
			     qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT seq,type,transfer,leaf,entry FROM audit "
		       "WHERE transfer=? ORDER BY seq");
	qiao_sql_hash(&q, transfer);
	return read_rows(&q, each, ctx);
}

qiao_err qiao_store_audit_of_type(struct qiao_txn *txn, const char *type,
				  qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT seq,type,transfer,leaf,entry FROM audit "
		       "WHERE type=? ORDER BY seq");
	qiao_sql_text(&q, type);
	return read_rows(&q, each, ctx);
}

static uint64_t node_number(unsigned int level, uint64_t index)
{
	QIAO_BUG_ON(level > 63 || index >> INDEX_BITS != 0);
	return (uint64_t)level << INDEX_BITS | index;
}

qiao_err qiao_store_audit_node_put(struct qiao_txn *txn, unsigned int level,
				   uint64_t index, const struct qiao_hash *h)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO audit_node(node,hash) VALUES(?,?)");
	qiao_sql_uint(&q, node_number(level, index));
	qiao_sql_hash(&q, h);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_audit_node_get(struct qiao_txn *txn, struct qiao_hash *h,
				   unsigned int level, uint64_t index)
{
	struct qiao_sql q;

	*h = (struct qiao_hash){ { 0 } };
	qiao_sql_begin(&q, txn, "SELECT hash FROM audit_node WHERE node=?");
	qiao_sql_uint(&q, node_number(level, index));
	if (qiao_sql_row(&q))
		*h = qiao_sql_get_hash(&q, 0);
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_opening_put(struct qiao_txn *txn, uint64_t seq,
				const char *name, struct qiao_slice value)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO opening(seq,name,value) VALUES(?,?,?)");
	qiao_sql_uint(&q, seq);
	qiao_sql_text(&q, name);
	qiao_sql_blob(&q, value);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_opening_get(struct qiao_txn *txn, struct qiao_buf *out,
				uint64_t seq, const char *name)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT value FROM opening WHERE seq=? AND name=?");
	qiao_sql_uint(&q, seq);
	qiao_sql_text(&q, name);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(out, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, out->err);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_opening_erase(struct qiao_txn *txn, uint64_t seq, size_t *n)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, "DELETE FROM opening WHERE seq=?");
	qiao_sql_uint(&q, seq);
	return qiao_sql_run_count(&q, n);
}

qiao_err qiao_store_checkpoint_put(struct qiao_txn *txn,
				   const struct qiao_checkpoint_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO checkpoint(size,at,bytes,signature) "
		       "VALUES(?,?,?,?) ON CONFLICT DO NOTHING");
	qiao_sql_uint(&q, r->size);
	qiao_sql_int(&q, r->at);
	qiao_sql_blob(&q, r->checkpoint);
	qiao_sql_blob(&q, r->signature);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_checkpoint_each(struct qiao_txn *txn, qiao_each_fn each,
				    void *ctx)
{
	struct qiao_checkpoint_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT size,at,bytes,signature FROM checkpoint "
		       "ORDER BY size");
	while (qiao_sql_row(&q)) {
		row.size = qiao_sql_get_uint(&q, 0);
		row.at = qiao_sql_get_int(&q, 1);
		row.checkpoint = qiao_sql_get_blob(&q, 2);
		row.signature = qiao_sql_get_blob(&q, 3);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
