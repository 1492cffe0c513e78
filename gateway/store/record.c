/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/record.h"

#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

#include <string.h>

#define COLUMNS                                                         \
	"SELECT record,side,chain,type,id,version,digest,state,height," \
	"tx,item FROM record "

static void read_row(struct qiao_sql *q, struct qiao_record_row *out)
{
	memset(out, 0, sizeof(*out));
	out->record = qiao_sql_get_int(q, 0);
	out->side = (enum qiao_record_side)qiao_sql_get_int(q, 1);
	out->chain = qiao_sql_get_int(q, 2);
	qiao_sql_get_str(q, 3, out->type, sizeof(out->type));
	qiao_sql_get_str(q, 4, out->id, sizeof(out->id));
	out->version = qiao_sql_get_uint(q, 5);
	out->digest = qiao_sql_get_hash(q, 6);
	qiao_sql_get_str(q, 7, out->state, sizeof(out->state));
	out->height = qiao_sql_get_uint(q, 8);
	out->tx = (uint32_t)qiao_sql_get_uint(q, 9);
	out->item = (uint32_t)qiao_sql_get_uint(q, 10);
}

static qiao_err read_one(struct qiao_sql *q, struct qiao_record_row *out)
{
	memset(out, 0, sizeof(*out));
	if (qiao_sql_row(q))
		read_row(q, out);
	return qiao_sql_end_one(q);
}

qiao_err qiao_store_record_get(struct qiao_txn *txn,
			       struct qiao_record_row *out,
			       enum qiao_record_side side, int64_t chain,
			       const char *type, const char *id)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       COLUMNS "WHERE side=? AND chain=? AND type=? AND id=?");
	qiao_sql_int(&q, side);
	qiao_sql_int(&q, chain);
	qiao_sql_text(&q, type);
	qiao_sql_text(&q, id);
	return read_one(&q, out);
}

qiao_err qiao_store_record_by_key(struct qiao_txn *txn,
				  struct qiao_record_row *out,
				  enum qiao_record_side side, int64_t chain,
				  struct qiao_slice key)
{
	struct qiao_sql q;
	qiao_err err;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE side=? AND chain=? AND key=?");
	qiao_sql_int(&q, side);
	qiao_sql_int(&q, chain);
	qiao_sql_blob(&q, key);
	err = read_one(&q, out);
	if (err == QIAO_OK)
		out->key = key;
	return err;
}

qiao_err qiao_store_record_by_number(struct qiao_txn *txn,
				     struct qiao_record_row *out,
				     int64_t record)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE record=?");
	qiao_sql_int(&q, record);
	return read_one(&q, out);
}

qiao_err qiao_store_record_put(struct qiao_txn *txn, struct qiao_record_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO record(side,chain,type,id,version,digest,"
		       "state,height,tx,item,key) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
		       "ON CONFLICT(side,chain,type,id) DO UPDATE SET "
		       "version=excluded.version,digest=excluded.digest,"
		       "state=excluded.state,height=excluded.height,"
		       "tx=excluded.tx,item=excluded.item,"
		       "key=ifnull(excluded.key,key) "
		       "WHERE excluded.version>=version RETURNING record");
	qiao_sql_int(&q, r->side);
	qiao_sql_int(&q, r->chain);
	qiao_sql_text(&q, r->type);
	qiao_sql_text(&q, r->id);
	qiao_sql_uint(&q, r->version);
	qiao_sql_hash(&q, &r->digest);
	qiao_sql_text(&q, r->state);
	qiao_sql_uint(&q, r->height);
	qiao_sql_uint(&q, r->tx);
	qiao_sql_uint(&q, r->item);
	qiao_sql_blob_or_null(&q, r->key);
	if (qiao_sql_row(&q))
		r->record = qiao_sql_get_int(&q, 0);
	else
		qiao_sql_fail(&q, QIAO_E_STATE); /* an older version */
	qiao_sql_row(&q);
	return qiao_sql_end(&q);
}

qiao_err qiao_store_record_each_id(struct qiao_txn *txn, const char *id,
				   qiao_each_fn each, void *ctx)
{
	struct qiao_record_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE id=? ORDER BY record");
	qiao_sql_text(&q, id);
	while (qiao_sql_row(&q)) {
		read_row(&q, &row);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
