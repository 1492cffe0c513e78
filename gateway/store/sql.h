/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to gateway/store: statements with a sticky error. Prepared once per
 * connection; the text must be a string literal, it is found again by address.
 *
 *	struct qiao_sql q;
 *
 *	qiao_sql_begin(&q, txn, "SELECT a FROM t WHERE b=?");
 *	qiao_sql_int(&q, b);
 *	if (qiao_sql_row(&q))
 *		a = qiao_sql_get_int(&q, 0);
 *	return qiao_sql_end(&q);
 */
#ifndef GATEWAY_STORE_SQL_H
#define GATEWAY_STORE_SQL_H

#include "gateway/store/store.h"

#include <sqlite3.h>

#define QIAO_SQL_CACHE 160 /* more than the program has statements */

struct qiao_sql_cached {
	const char *sql;
	sqlite3_stmt *stmt;
	bool busy;
};

struct qiao_txn {
	sqlite3 *db;
	size_t n_cached;
	struct qiao_sql_cached cache[QIAO_SQL_CACHE];
};

struct qiao_sql {
	struct qiao_txn *txn;
	sqlite3_stmt *stmt;
	struct qiao_sql_cached *slot; /* NULL: finalised at the end */
	int bound;
	bool rows; /* a row was given */
	qiao_err err;
};

void qiao_sql_begin(struct qiao_sql *q, struct qiao_txn *txn, const char *sql);
/* Bind the next parameter; memory must live until the end. */
void qiao_sql_int(struct qiao_sql *q, int64_t v);
void qiao_sql_uint(struct qiao_sql *q, uint64_t v); /* QIAO_E_LIMIT >= 2^63 */
void qiao_sql_text(struct qiao_sql *q, const char *v); /* NULL is NULL */
void qiao_sql_blob(struct qiao_sql *q, struct qiao_slice v);
void qiao_sql_hash(struct qiao_sql *q, const struct qiao_hash *v);
void qiao_sql_null(struct qiao_sql *q);
/* NULL when empty or zero. */
void qiao_sql_blob_or_null(struct qiao_sql *q, struct qiao_slice v);
void qiao_sql_hash_or_null(struct qiao_sql *q, const struct qiao_hash *v);

/* The next row; false at the end and after a failure. */
bool qiao_sql_row(struct qiao_sql *q);
/* Of the row: blobs and text are borrowed until the next row. */
int64_t qiao_sql_get_int(struct qiao_sql *q, int col);
uint64_t qiao_sql_get_uint(struct qiao_sql *q, int col);
struct qiao_slice qiao_sql_get_blob(struct qiao_sql *q, int col);
const char *qiao_sql_get_text(struct qiao_sql *q, int col); /* never NULL */
void qiao_sql_get_str(struct qiao_sql *q, int col, char *out, size_t size);
struct qiao_hash qiao_sql_get_hash(struct qiao_sql *q, int col); /* NULL: 0 */
bool qiao_sql_is_null(struct qiao_sql *q, int col);
void qiao_sql_fail(struct qiao_sql *q, qiao_err err);

/* The sticky error; the statement is free again. */
qiao_err qiao_sql_end(struct qiao_sql *q);
/* Run to the end, for statements without rows. */
qiao_err qiao_sql_run(struct qiao_sql *q);
/* As end, but QIAO_E_NOTFOUND when no row was given. */
qiao_err qiao_sql_end_one(struct qiao_sql *q);
/* Run an UPDATE or DELETE; *n: rows it changed. */
qiao_err qiao_sql_run_count(struct qiao_sql *q, size_t *n);

/* Outside of the cache. */
qiao_err qiao_sql_exec(struct qiao_txn *txn, const char *sql);
void qiao_sql_close_all(struct qiao_txn *txn);
qiao_err qiao_sql_err(int rc);

/*
 * Copy n slices into one allocation (*mem, for qiao_free) and make them point
 * there.
 */
qiao_err qiao_sql_own(void **mem, struct qiao_slice *const *slices, size_t n);

#endif
