/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/evidence.h"

#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

#include <string.h>

qiao_err qiao_store_evidence_put(struct qiao_txn *txn,
				 const struct qiao_evidence_row *r)
{
	struct qiao_sql q;

	if (r->bytes.n > QIAO_EVIDENCE_MAX)
		return QIAO_E_LIMIT;
	qiao_sql_begin(&q, txn,
		       "INSERT INTO evidence(digest,scope,name,height,at,bytes)"
		       "VALUES(?,?,?,?,?,?) ON CONFLICT DO NOTHING");
	qiao_sql_hash(&q, &r->digest);
	qiao_sql_int(&q, r->scope);
	qiao_sql_text(&q, r->name);
	qiao_sql_uint(&q, r->height);
	qiao_sql_int(&q, r->at);
	qiao_sql_blob(&q, r->bytes);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_evidence_each(struct qiao_txn *txn, qiao_each_fn each,
				  void *ctx)
{
	struct qiao_evidence_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT digest,scope,name,height,at,bytes FROM evidence "
		       "ORDER BY at,digest");
	while (qiao_sql_row(&q)) {
		row.digest = qiao_sql_get_hash(&q, 0);
		row.scope = (enum qiao_scope)qiao_sql_get_int(&q, 1);
		qiao_sql_get_str(&q, 2, row.name, sizeof(row.name));
		row.height = qiao_sql_get_uint(&q, 3);
		row.at = qiao_sql_get_int(&q, 4);
		row.bytes = qiao_sql_get_blob(&q, 5);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_freeze(struct qiao_txn *txn,
			   const struct qiao_freeze_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO freeze(scope,name,at,evidence,why) "
		       "VALUES(?,?,?,?,?) ON CONFLICT DO NOTHING");
	qiao_sql_int(&q, r->scope);
	qiao_sql_text(&q, r->name);
	qiao_sql_int(&q, r->at);
	qiao_sql_hash_or_null(&q, &r->evidence);
	qiao_sql_text(&q, r->why);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_unfreeze(struct qiao_txn *txn, enum qiao_scope scope,
			     const char *name)
{
	struct qiao_sql q;
	size_t n;
	qiao_err err;

	qiao_sql_begin(&q, txn, "DELETE FROM freeze WHERE scope=? AND name=?");
	qiao_sql_int(&q, scope);
	qiao_sql_text(&q, name);
	err = qiao_sql_run_count(&q, &n);
	return err == QIAO_OK && n == 0 ? QIAO_E_NOTFOUND : err;
}

static void read_freeze(struct qiao_sql *q, struct qiao_freeze_row *row)
{
	memset(row, 0, sizeof(*row));
	row->scope = (enum qiao_scope)qiao_sql_get_int(q, 0);
	qiao_sql_get_str(q, 1, row->name, sizeof(row->name));
	row->at = qiao_sql_get_int(q, 2);
	row->evidence = qiao_sql_get_hash(q, 3);
	qiao_sql_get_str(q, 4, row->why, sizeof(row->why));
}

qiao_err qiao_store_frozen(struct qiao_txn *txn, struct qiao_freeze_row *out,
			   enum qiao_scope scope, const char *name)
{
	struct qiao_freeze_row row;
	struct qiao_sql q;

	memset(&row, 0, sizeof(row));
	qiao_sql_begin(&q, txn,
		       "SELECT scope,name,at,evidence,why FROM freeze "
		       "WHERE scope=? AND name=?");
	qiao_sql_int(&q, scope);
	qiao_sql_text(&q, name);
	if (qiao_sql_row(&q))
		read_freeze(&q, &row);
	if (out)
		*out = row;
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_freeze_each(struct qiao_txn *txn, qiao_each_fn each,
				void *ctx)
{
	struct qiao_freeze_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT scope,name,at,evidence,why FROM freeze "
		       "ORDER BY scope,name");
	while (qiao_sql_row(&q)) {
		read_freeze(&q, &row);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
