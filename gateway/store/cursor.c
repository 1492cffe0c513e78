/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/cursor.h"

#include "gateway/store/sql.h"

qiao_err qiao_store_cursor_get(struct qiao_txn *txn, uint64_t *next,
			       int64_t chain, const char *name)
{
	struct qiao_sql q;

	*next = 0;
	qiao_sql_begin(&q, txn,
		       "SELECT next FROM cursor WHERE chain=? AND name=?");
	qiao_sql_int(&q, chain);
	qiao_sql_text(&q, name);
	if (qiao_sql_row(&q))
		*next = qiao_sql_get_uint(&q, 0);
	return qiao_sql_end(&q);
}

qiao_err qiao_store_cursor_put(struct qiao_txn *txn, int64_t chain,
			       const char *name, uint64_t next)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO cursor(chain,name,next) VALUES(?,?,?) "
		       "ON CONFLICT DO UPDATE SET next=excluded.next");
	qiao_sql_int(&q, chain);
	qiao_sql_text(&q, name);
	qiao_sql_uint(&q, next);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_cursor_each(struct qiao_txn *txn, qiao_each_fn each,
				void *ctx)
{
	struct qiao_cursor_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT chain,name,next FROM cursor "
		       "ORDER BY chain,name");
	while (qiao_sql_row(&q)) {
		row.chain = qiao_sql_get_int(&q, 0);
		row.name = qiao_sql_get_text(&q, 1);
		row.next = qiao_sql_get_uint(&q, 2);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
