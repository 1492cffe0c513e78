/* SPDX-License-Identifier: Apache-2.0 */
/* Private to gateway/store: one SQLite connection, its settings and schema. */
#ifndef GATEWAY_STORE_CONN_H
#define GATEWAY_STORE_CONN_H

#include "gateway/store/sql.h"

enum qiao_conn_mode {
	QIAO_CONN_WRITE, /* creates the file */
	QIAO_CONN_READ,  /* a file that exists; refuses to write */
};

struct qiao_conn {
	struct qiao_txn txn;
	struct qiao_conn *next; /* in the pool of readers */
};

qiao_err qiao_conn_open(struct qiao_conn **out, const char *path,
			const char *vfs, enum qiao_conn_mode mode,
			struct qiao_why *why);
void qiao_conn_close(struct qiao_conn *c); /* NULL is fine */
/* Refuse a foreign or newer file; bring an older one up to date if may_write.
 */
qiao_err qiao_conn_migrate(struct qiao_conn *c,
			   const struct qiao_schema *schema, const char *path,
			   bool may_write, struct qiao_why *why);

#endif
