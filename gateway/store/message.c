/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/message.h"

#include "gateway/store/sql.h"

qiao_err qiao_store_message_put(struct qiao_txn *txn,
				const struct qiao_message_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO message(digest,at,envelope,signature,items)"
		       "VALUES(?,?,?,?,?) ON CONFLICT(digest) DO NOTHING");
	qiao_sql_hash(&q, &r->digest);
	qiao_sql_int(&q, r->at);
	qiao_sql_blob(&q, r->envelope);
	qiao_sql_blob(&q, r->signature);
	qiao_sql_blob_or_null(&q, r->items);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_message_get(struct qiao_txn *txn, struct qiao_buf *envelope,
				struct qiao_buf *signature,
				const struct qiao_hash *digest)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT envelope,signature FROM message WHERE digest=?");
	qiao_sql_hash(&q, digest);
	if (qiao_sql_row(&q) && envelope) {
		qiao_buf_put(envelope, qiao_sql_get_blob(&q, 0));
		qiao_buf_put(signature, qiao_sql_get_blob(&q, 1));
		qiao_sql_fail(&q, envelope->err);
		qiao_sql_fail(&q, signature->err);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_message_each(struct qiao_txn *txn, qiao_each_fn each,
				 void *ctx)
{
	struct qiao_message_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT digest,at,envelope,signature,items FROM message "
		       "ORDER BY seq");
	while (qiao_sql_row(&q)) {
		row.digest = qiao_sql_get_hash(&q, 0);
		row.at = qiao_sql_get_int(&q, 1);
		row.envelope = qiao_sql_get_blob(&q, 2);
		row.signature = qiao_sql_get_blob(&q, 3);
		row.items = qiao_sql_get_blob(&q, 4);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
