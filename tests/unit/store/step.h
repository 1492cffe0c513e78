/* SPDX-License-Identifier: Apache-2.0 */
/* What the crash test and its writer program write, over and over. */
#ifndef TESTS_UNIT_STORE_STEP_H
#define TESTS_UNIT_STORE_STEP_H

#include "gateway/base/slice.h"
#include "gateway/store/audit.h"
#include "gateway/store/cursor.h"
#include "gateway/store/out.h"

#include <string.h>

#define WRITERS 3 /* threads of the writer */
#define CHAIN   1
#define SENT    2

/*
 * One step writes four tables that must agree: a cursor, an audit row, a new
 * transfer, and a state change of the one before.
 */
static qiao_err step(struct qiao_txn *txn, void *arg)
{
	struct qiao_out_row row = { .state = 1, .route = "r", .peer = "p" };
	struct qiao_audit_row entry = { .type = "queued" };
	struct qiao_hash leaf = { { 1 } };
	uint64_t n, *written = arg;
	qiao_err err = qiao_store_cursor_get(txn, &n, CHAIN, "scan");

	row.id = (struct qiao_hash){ { 0xaa } };
	memcpy(row.id.b + 1, &n, sizeof(n));
	row.payload = qiao_slice_str("payload");
	entry.seq = n;
	entry.leaf = leaf;
	entry.entry = qiao_slice_str("{}");
	if (err == QIAO_OK)
		err = qiao_store_audit_put(txn, &entry);
	if (err == QIAO_OK)
		err = qiao_store_out_put(txn, &row);
	if (err == QIAO_OK && n > 0) {
		row.seq--;
		row.state = SENT;
		err = qiao_store_out_update(txn, &row, 1);
	}
	if (err == QIAO_OK)
		err = qiao_store_cursor_put(txn, CHAIN, "scan", n + 1);
	*written = n + 1;
	return err;
}

#endif
