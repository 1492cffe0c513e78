/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a delivery of ours ends: by a statement that our own light client of the
 * destination chain proved, and by nothing else. The follower meets nearly all
 * of them in the blocks it follows; the deliverer asks for the rest.
 */
#ifndef GATEWAY_DAEMON_CONCLUDE_H
#define GATEWAY_DAEMON_CONCLUDE_H

#include "gateway/daemon/statement.h"
#include "gateway/store/in.h"

/* By route of the daemon: what happened, for after the commit. */
struct qiao_concluded {
	bool apart; /* in: each row under a savepoint of its own */
	bool ended[QIAO_ROUTES_MAX], frozen[QIAO_ROUTES_MAX];
};
/* What shows a delivery to others; the proof of a whole block is hashed once.
 */
struct qiao_commit_proof {
	struct qiao_slice bytes;
	bool hashed;
	struct qiao_hash digest;
};
/* After the commit: receipts may leave, frozen routes are. */
void qiao_concluded_act(const struct qiao_concluded *x, struct qiao_daemon *d);

/*
 * Is this statement the delivery of `digest` from `source`, written by
 * `account` (NULL: anybody)? It is one under this id already.
 */
bool qiao_delivery_is(const struct qiao_statement *s,
		      const struct qiao_hash *digest,
		      const struct qiao_hash *source,
		      const struct qiao_id16 *account);
/* The delivery under an id, or NULL. */
const struct qiao_statement *qiao_delivery_find(const struct qiao_statements *l,
						const struct qiao_hash *id);

/*
 * In the transaction: the chain shows statement s, a delivery under the row's
 * id, and `proof` shows it to others. Committed when it is what we submitted,
 * otherwise a conflict, which freezes the route in the same transaction. The
 * proof is kept with the row, that of a whole block once for all of them. One
 * that fits into no message is not kept: then there is no receipt.
 * QIAO_E_STATE: the row is not `submitting`.
 */
qiao_err qiao_conclude_row(struct qiao_concluded *x, struct qiao_chain *c,
			   struct qiao_txn *txn, struct qiao_in_row *row,
			   const struct qiao_statement *s,
			   struct qiao_commit_proof *proof);

/*
 * In the transaction that advances the light client: every delivery of a proven
 * block that is a row of ours in `submitting`. Lock held. Apart, a row that
 * fails by itself is left to the deliverer and an error is the store's.
 */
qiao_err qiao_conclude_block(struct qiao_concluded *x, struct qiao_chain *c,
			     struct qiao_txn *txn,
			     const struct qiao_statements *said,
			     struct qiao_slice proof);

#endif
