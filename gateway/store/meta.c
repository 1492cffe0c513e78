/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/meta.h"

#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

#include <string.h>

static qiao_err put(struct qiao_txn *txn, const char *key, struct qiao_slice v)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO meta(key,value) VALUES(?,?) "
		       "ON CONFLICT(key) DO UPDATE SET value=excluded.value");
	qiao_sql_text(&q, key);
	qiao_sql_blob(&q, v);
	return qiao_sql_run(&q);
}

static void get(struct qiao_sql *q, struct qiao_txn *txn, const char *key)
{
	qiao_sql_begin(q, txn, "SELECT value FROM meta WHERE key=?");
	qiao_sql_text(q, key);
	qiao_sql_row(q);
}

static qiao_err put_epoch(struct qiao_txn *txn, uint64_t epoch)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO meta(key,value) VALUES('epoch',?) "
		       "ON CONFLICT(key) DO UPDATE SET value=excluded.value");
	qiao_sql_uint(&q, epoch);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_meta_get(struct qiao_txn *txn, struct qiao_meta *out)
{
	struct qiao_slice name;
	struct qiao_sql q;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	get(&q, txn, "network");
	if (q.rows)
		out->network = qiao_sql_get_hash(&q, 0);
	err = qiao_sql_end_one(&q);
	if (err != QIAO_OK)
		return err;
	get(&q, txn, "gateway");
	if (q.rows) {
		name = qiao_sql_get_blob(&q, 0);
		if (!qiao_str_copy(out->gateway, sizeof(out->gateway), name))
			qiao_sql_fail(&q, QIAO_E_IO);
	}
	err = qiao_sql_end_one(&q);
	if (err != QIAO_OK)
		return err;
	get(&q, txn, "epoch");
	if (q.rows)
		out->epoch = qiao_sql_get_uint(&q, 0);
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_meta_bind(struct qiao_txn *txn, struct qiao_meta *out,
			      const struct qiao_meta *want)
{
	qiao_err err = qiao_store_meta_get(txn, out);

	if (err == QIAO_OK)
		return qiao_hash_eq(&out->network, &want->network) &&
				       strcmp(out->gateway, want->gateway) == 0
			       ? QIAO_OK
			       : QIAO_E_CONFIG;
	if (err != QIAO_E_NOTFOUND)
		return err;
	*out = *want;
	out->epoch = 1;
	err = put(txn, "network", qiao_slice_hash(&want->network));
	if (err == QIAO_OK)
		err = put(txn, "gateway", qiao_slice_str(want->gateway));
	if (err == QIAO_OK)
		err = put_epoch(txn, out->epoch);
	return err;
}

qiao_err qiao_store_meta_epoch(struct qiao_txn *txn, uint64_t *epoch)
{
	struct qiao_meta m;
	qiao_err err = qiao_store_meta_get(txn, &m);

	*epoch = m.epoch + 1;
	return err == QIAO_OK ? put_epoch(txn, *epoch) : err;
}
