/* SPDX-License-Identifier: Apache-2.0 */
/* The message of receipts that a peer is owed; docs/wire.md 7.4. */
#ifndef GATEWAY_DAEMON_OWED_H
#define GATEWAY_DAEMON_OWED_H

#include "gateway/daemon/exchange.h"
#include "relay/inbox.h"

#define QIAO_OWED_MAX 128 /* receipts of one message */

/* Zero it first. */
struct qiao_owed {
	struct qiao_inbox_batch batch;          /* owns the rows */
	struct qiao_in_row *row[QIAO_OWED_MAX]; /* by receipt of the message */
	size_t n;
	struct qiao_in_row *lost[QIAO_OWED_MAX]; /* no receipt is possible */
	size_t n_lost;
};

/*
 * In a transaction: receipts that are due, in order, as items of x, each after
 * its proof; a proof that serves several stands once. Those that do not fit
 * are left for the next message. Fini whatever it returns.
 */
qiao_err qiao_owed_build(struct qiao_owed *o, struct qiao_exchange *x,
			 struct qiao_txn *txn, const char *peer,
			 int64_t now_ms);
void qiao_owed_fini(struct qiao_owed *o);

#endif
