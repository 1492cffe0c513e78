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

	qiao_sql_begin(&q, v->txn,
		       "INSERT INTO view(chain,key,value) VALUES(?,?,?) "
		       "ON CONFLICT DO UPDATE SET value=excluded.value");
	qiao_sql_int(&q, v->chain);
	qiao_sql_blob(&q, key);
	qiao_sql_blob(&q, value);
	return qiao_sql_run(&q);
}
