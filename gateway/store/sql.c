/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/sql.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>

qiao_err qiao_sql_err(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return QIAO_OK;
	case SQLITE_FULL:
		return QIAO_E_FULL;
	case SQLITE_NOMEM:
		return QIAO_E_NOMEM;
	case SQLITE_CONSTRAINT:
		return QIAO_E_EXISTS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return QIAO_E_BUSY;
	case SQLITE_READONLY: /* a writing statement in qiao_store_read */
		return QIAO_E_STATE;
	case SQLITE_TOOBIG:
		return QIAO_E_LIMIT;
	default: /* sqlite's numbers, not ours */
		return QIAO_E_IO;
	}
}

static void fail_rc(struct qiao_sql *q, int rc)
{
	qiao_err err = qiao_sql_err(rc);

	if (err == QIAO_E_IO && q->err == QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "store-error", "code=%d text=\"%s\"",
			 rc, sqlite3_errstr(rc));
	qiao_sql_fail(q, err);
}

void qiao_sql_fail(struct qiao_sql *q, qiao_err err)
{
	if (q->err == QIAO_OK)
		q->err = err;
}

static struct qiao_sql_cached *find_slot(struct qiao_txn *txn, const char *sql)
{
	for (size_t i = 0; i < txn->n_cached; i++)
		if (txn->cache[i].sql == sql)
			return &txn->cache[i];
	return NULL;
}

void qiao_sql_begin(struct qiao_sql *q, struct qiao_txn *txn, const char *sql)
{
	struct qiao_sql_cached *slot = find_slot(txn, sql);
	int rc;

	*q = (struct qiao_sql){ .txn = txn };
	if (slot && !slot->busy) {
		q->slot = slot;
		q->stmt = slot->stmt;
		slot->busy = true;
		return;
	}
	rc = sqlite3_prepare_v3(txn->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
				&q->stmt, NULL);
	if (rc != SQLITE_OK) {
		fail_rc(q, rc);
		/* our own text, so only these may happen */
		QIAO_BUG_ON((rc & 0xff) == SQLITE_ERROR);
		return;
	}
	if (slot || txn->n_cached == QIAO_SQL_CACHE)
		return;
	slot = &txn->cache[txn->n_cached++];
	*slot = (struct qiao_sql_cached){ sql, q->stmt, true };
	q->slot = slot;
}

static void bound(struct qiao_sql *q, int rc)
{
	if (rc != SQLITE_OK)
		fail_rc(q, rc);
}

void qiao_sql_int(struct qiao_sql *q, int64_t v)
{
	q->bound++;
	if (q->err == QIAO_OK)
		bound(q, sqlite3_bind_int64(q->stmt, q->bound, v));
}

void qiao_sql_uint(struct qiao_sql *q, uint64_t v)
{
	if (v > INT64_MAX)
		qiao_sql_fail(q, QIAO_E_LIMIT);
	qiao_sql_int(q, (int64_t)v);
}

void qiao_sql_null(struct qiao_sql *q)
{
	q->bound++;
	if (q->err == QIAO_OK)
		bound(q, sqlite3_bind_null(q->stmt, q->bound));
}

void qiao_sql_text(struct qiao_sql *q, const char *v)
{
	q->bound++;
	if (q->err == QIAO_OK)
		bound(q, sqlite3_bind_text(q->stmt, q->bound, v, -1,
					   SQLITE_STATIC));
}

void qiao_sql_blob(struct qiao_sql *q, struct qiao_slice v)
{
	q->bound++;
	if (q->err != QIAO_OK)
		return;
	if (v.n == 0)
		bound(q, sqlite3_bind_zeroblob(q->stmt, q->bound, 0));
	else
		bound(q, sqlite3_bind_blob64(q->stmt, q->bound, v.p, v.n,
					     SQLITE_STATIC));
}

void qiao_sql_hash(struct qiao_sql *q, const struct qiao_hash *v)
{
	qiao_sql_blob(q, qiao_slice_hash(v));
}

void qiao_sql_blob_or_null(struct qiao_sql *q, struct qiao_slice v)
{
	if (v.n == 0)
		qiao_sql_null(q);
	else
		qiao_sql_blob(q, v);
}

void qiao_sql_hash_or_null(struct qiao_sql *q, const struct qiao_hash *v)
{
	if (qiao_hash_is_zero(v))
		qiao_sql_null(q);
	else
		qiao_sql_hash(q, v);
}

bool qiao_sql_row(struct qiao_sql *q)
{
	int rc;

	if (q->err != QIAO_OK)
		return false;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW) {
		q->rows = true;
		return true;
	}
	if (rc != SQLITE_DONE)
		fail_rc(q, rc);
	return false;
}

int64_t qiao_sql_get_int(struct qiao_sql *q, int col)
{
	return q->err == QIAO_OK ? sqlite3_column_int64(q->stmt, col) : 0;
}

uint64_t qiao_sql_get_uint(struct qiao_sql *q, int col)
{
	int64_t v = qiao_sql_get_int(q, col);

	if (v < 0) /* never written by us */
		qiao_sql_fail(q, QIAO_E_IO);
	return v < 0 ? 0 : (uint64_t)v;
}

struct qiao_slice qiao_sql_get_blob(struct qiao_sql *q, int col)
{
	const void *p;
	int n;

	if (q->err != QIAO_OK)
		return qiao_slice_of(NULL, 0);
	p = sqlite3_column_blob(q->stmt, col);
	n = sqlite3_column_bytes(q->stmt, col);
	if (n > 0 && !p) {
		qiao_sql_fail(q, QIAO_E_NOMEM);
		n = 0;
	}
	return qiao_slice_of(p, (size_t)n);
}

const char *qiao_sql_get_text(struct qiao_sql *q, int col)
{
	const unsigned char *p = NULL;

	if (q->err == QIAO_OK)
		p = sqlite3_column_text(q->stmt, col);
	return p ? (const char *)p : "";
}

void qiao_sql_get_str(struct qiao_sql *q, int col, char *out, size_t size)
{
	struct qiao_slice s = qiao_slice_str(qiao_sql_get_text(q, col));

	if (!qiao_str_copy(out, size, s))
		qiao_sql_fail(q, QIAO_E_IO);
}

struct qiao_hash qiao_sql_get_hash(struct qiao_sql *q, int col)
{
	struct qiao_slice s = qiao_sql_get_blob(q, col);
	struct qiao_hash h = { { 0 } };

	if (s.n != 0 && !qiao_hash_from(&h, s))
		qiao_sql_fail(q, QIAO_E_IO);
	return h;
}

bool qiao_sql_is_null(struct qiao_sql *q, int col)
{
	return q->err != QIAO_OK ||
	       sqlite3_column_type(q->stmt, col) == SQLITE_NULL;
}

qiao_err qiao_sql_end(struct qiao_sql *q)
{
	if (q->slot) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		q->slot->busy = false;
	} else {
		sqlite3_finalize(q->stmt);
	}
	q->stmt = NULL;
	q->slot = NULL;
	return q->err;
}

qiao_err qiao_sql_run(struct qiao_sql *q)
{
	while (qiao_sql_row(q))
		continue;
	return qiao_sql_end(q);
}

qiao_err qiao_sql_end_one(struct qiao_sql *q)
{
	bool any = q->rows;
	qiao_err err = qiao_sql_end(q);

	return err == QIAO_OK && !any ? QIAO_E_NOTFOUND : err;
}

qiao_err qiao_sql_run_count(struct qiao_sql *q, size_t *n)
{
	sqlite3 *db = q->txn->db;
	qiao_err err = qiao_sql_run(q);

	*n = err == QIAO_OK ? (size_t)sqlite3_changes(db) : 0;
	return err;
}

qiao_err qiao_sql_exec(struct qiao_txn *txn, const char *sql)
{
	return qiao_sql_err(sqlite3_exec(txn->db, sql, NULL, NULL, NULL));
}

void qiao_sql_close_all(struct qiao_txn *txn)
{
	for (size_t i = 0; i < txn->n_cached; i++)
		sqlite3_finalize(txn->cache[i].stmt);
	txn->n_cached = 0;
}

qiao_err qiao_sql_own(void **mem, struct qiao_slice *const *slices, size_t n)
{
	size_t total = 0;
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		total += slices[i]->n;
	p = qiao_malloc(total);
	*mem = p;
	if (!p)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (slices[i]->n > 0)
			memcpy(p, slices[i]->p, slices[i]->n);
		slices[i]->p = p;
		p += slices[i]->n;
	}
	return QIAO_OK;
}
