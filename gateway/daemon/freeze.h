/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misbehaviour freezes a chain or a route. Nothing is released or submitted on
 * a route that is frozen, or ends at a frozen chain, except what takes
 * something away from a record that the receiver holds. A freeze is a row in
 * the store and stays over restarts.
 */
#ifndef GATEWAY_DAEMON_FREEZE_H
#define GATEWAY_DAEMON_FREEZE_H

#include "gateway/daemon/daemon.h"

/* Two valid headers at one height. Chain lock held. */
void qiao_chain_freeze(struct qiao_chain *c, uint64_t height,
		       struct qiao_slice evidence, const struct qiao_why *why);
/* An id came back with another payload, or a receipt contradicts: stop here. */
void qiao_route_freeze(struct qiao_route *r, struct qiao_slice evidence,
		       const char *why);
/*
 * The same in two steps, for a freeze that stands or falls with the transaction
 * that found its cause: in the transaction, and after its commit.
 */
qiao_err qiao_route_freeze_in_txn(struct qiao_txn *txn,
				  const struct qiao_route *r,
				  struct qiao_slice evidence, const char *why);
void qiao_route_froze(struct qiao_route *r, const char *why);
/* Freezes that the store refused are written once it takes them. */
void qiao_freeze_retry(struct qiao_daemon *d);
void qiao_freeze_fini(struct qiao_daemon *d); /* what is left of them */
/* Where the evidence with this digest is kept as a file. Returns out. */
char *qiao_freeze_path(char *out, size_t size, const struct qiao_daemon *d,
		       const char *name, const struct qiao_hash *evidence);
/* It, or a chain at one of its ends. */
bool qiao_route_is_frozen(const struct qiao_route *r);

/*
 * May this go on although its route is frozen? Only a newer version of a record
 * that was accepted here before, into a state that takes something away
 * (qiao_cat_move_restricts), at a height whose header our light client has:
 * that of a frozen chain stands still, so it had it before the freeze. Not
 * verified by this: the usual checks follow.
 */
bool qiao_freeze_passes(struct qiao_txn *txn, const struct qiao_route *r,
			const struct qiao_rules *rules, uint64_t height,
			const struct qiao_head *head);

#endif
