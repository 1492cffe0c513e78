/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A followed chain: its light client between store and threads. Functions that
 * say so want chain->lock held by the caller.
 */
#ifndef GATEWAY_DAEMON_CHAIN_H
#define GATEWAY_DAEMON_CHAIN_H

#include "gateway/daemon/daemon.h"
#include "gateway/daemon/overlay.h"

/*
 * Read the anchor, open the light client on what the store holds, pin the
 * identity. Used at start; later by qiao_chain_reopen.
 */
qiao_err qiao_chain_open(struct qiao_chain *c, struct qiao_daemon *d,
			 const struct qiao_config_chain *cfg,
			 struct qiao_why *why);
void qiao_chain_close(struct qiao_chain *c);

/*
 * The store did not take what the light client accepted, so it is ahead: open
 * it again. Lock held. On failure the chain has no light client (c->lc NULL)
 * and every use of it fails until this succeeds.
 */
qiao_err qiao_chain_reopen(struct qiao_chain *c, struct qiao_why *why);

/* The next height that this chain's light client needs. Lock held. */
uint64_t qiao_chain_next(const struct qiao_chain *c);

struct qiao_accepted_header {
	struct qiao_hash hash;
	struct qiao_buf thin;
};

/* Header claims that were accepted and wait for their transaction. */
struct qiao_accepted {
	struct qiao_chain *chain;
	struct qiao_overlay overlay;
	size_t n;
	struct qiao_accepted_header *headers; /* n of them */
	uint64_t first;
	uint64_t trust_before, trust_after;
	int64_t now_ms;
};
/*
 * Let the light client accept claims from qiao_chain_next on. Lock held, until
 * the transaction with qiao_accepted_write is over. On failure nothing changed
 * and *bad says which claim. End with qiao_accepted_fini in every case.
 */
qiao_err qiao_chain_advance(struct qiao_accepted *a, struct qiao_chain *c,
			    const struct qiao_slice *claims, size_t n,
			    size_t *bad, struct qiao_why *why);
/* In the transaction: view, thin claims, head, audit of changed trust. */
qiao_err qiao_accepted_write(struct qiao_accepted *a, struct qiao_txn *txn);
/* The newest header was accepted at that time of the wall clock. */
void qiao_chain_note_accepted(struct qiao_chain *c, int64_t now_ms);
/*
 * How long ago that was, by the clock that says more: a wall clock that is set
 * back makes nothing younger. -1: never, or the wall clock is before it.
 */
int64_t qiao_chain_age_ms(const struct qiao_chain *c, int64_t now_ms);
/* After the commit. */
void qiao_accepted_done(struct qiao_accepted *a);
void qiao_accepted_fini(struct qiao_accepted *a);

/* A claim was refused: one audit entry and one log line. */
void qiao_chain_refused(struct qiao_chain *c, uint64_t height,
			struct qiao_slice claim, qiao_err err,
			const struct qiao_why *why);

/*
 * Somebody offers n consecutive claims, the first for a height we have.
 * *differs: it is another header. If it is valid, too: freeze the chain, keep
 * the evidence, QIAO_E_CONFLICT. Lock held.
 */
qiao_err qiao_chain_compare(struct qiao_chain *c, bool *differs,
			    uint64_t height, const struct qiao_slice *claims,
			    size_t n);
/* Hash of the header trusted at a height; QIAO_E_NOTFOUND. */
qiao_err qiao_chain_hash(struct qiao_chain *c, struct qiao_hash *hash,
			 uint64_t height);

#endif
