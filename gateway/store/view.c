/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/view.h"

#include "gateway/store/sql.h"

qiao_err qiao_store_view_get(void *ctx, struct qiao_buf *out,
			     struct qiao_slice key)
{
	const struct qiao_store_view *v = ctx;
	struct qiao_sql q;

	qiao_sql_begin(&q, v->txn,
		       "SELECT value FROM view WHERE chain=? AND key=?");
	qiao_sql_int(&q, v->chain);
	qiao_sql_blob(&q, key);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(out, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, out->err);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_view_put(void *ctx, struct qiao_slice key,
			     struct qiao_slice value)
{
	const struct qiao_store_view *v = ctx;
	struct qiao_sql q;

	if (value.n == 0) {
		qiao_sql_begin(&q, v->txn,
			       "DELETE FROM view WHERE chain=? AND key=?");
		qiao_sql_int(&q, v->chain);
		qiao_sql_blob(&q, key);
		return qiao_sql_run(&q);
	}
	qiao_sql_begin(&q, v->txn,
		       "INSERT INTO view(chain,key,value) VALUES(?,?,?) "
		       "ON CONFLICT DO UPDATE SET value=excluded.value");
	qiao_sql_int(&q, v->chain);
	qiao_sql_blob(&q, key);
	qiao_sql_blob(&q, value);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_view_next(void *ctx, struct qiao_buf *key,
			      struct qiao_buf *value, struct qiao_slice from)
{
	const struct qiao_store_view *v = ctx;
	struct qiao_sql q;

	qiao_sql_begin(&q, v->txn,
		       "SELECT key,value FROM view WHERE chain=? AND key>=? "
		       "ORDER BY key LIMIT 1");
	qiao_sql_int(&q, v->chain);
	qiao_sql_blob(&q, from);
	qiao_buf_clear(key);
	qiao_buf_clear(value);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(key, qiao_sql_get_blob(&q, 0));
		qiao_buf_put(value, qiao_sql_get_blob(&q, 1));
		qiao_sql_fail(&q, key->err);
		qiao_sql_fail(&q, value->err);
	}
	return qiao_sql_end_one(&q);
}
