/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers on their way out. Every function works inside the caller's store
 * transaction; the caller acts (sends) only after the commit.
 */
#ifndef RELAY_OUTBOX_H
#define RELAY_OUTBOX_H

#include "gateway/store/out.h"
#include "relay/items.h"
#include "relay/transfer_state.h"

/*
 * Enter a transfer: event QUEUE, DENY or HOLD. id_array and payload are set;
 * id and digest are computed here (digest from the payload; of an empty payload
 * it stays zero). Idempotent: the same id with the same digest is QIAO_OK with
 * *fresh false and *t as given; with another digest QIAO_E_CONFLICT, and
 * nothing changes: the caller keeps evidence and freezes the route.
 */
qiao_err qiao_outbox_put(struct qiao_txn *txn, struct qiao_out_row *t,
			 bool *fresh, enum qiao_out_event ev, int64_t now_ms);

/*
 * The one function that moves a source transfer. t is the row as read; members
 * that the event brings along (reason, by, receipt, receipt_height,
 * next_try_at, tries) are set by the caller before. QIAO_E_STATE when t is not
 * in `expected`, the table has no such row, or the stored state changed
 * meanwhile; nothing is written then.
 */
qiao_err qiao_outbox_move(struct qiao_txn *txn, struct qiao_out_row *t,
			  enum qiao_out_state expected, enum qiao_out_event ev,
			  int64_t now_ms);
/* COMMIT and at once CLOSE, as one write. */
qiao_err qiao_outbox_finish(struct qiao_txn *txn, struct qiao_out_row *t,
			    int64_t now_ms);

struct qiao_outbox_batch {
	struct qiao_out_row *rows; /* owned */
	size_t n;
};
void qiao_outbox_batch_free(struct qiao_outbox_batch *b);

struct qiao_outbox_limits {
	/*
	 * Rows of the route in sent and at_peer. An eighth of it, at least one,
	 * is kept for state changes, so that a slow peer never blocks them.
	 */
	unsigned int in_flight;
	size_t max_n;     /* rows of this batch, at most QIAO_ITEMS_MAX */
	size_t max_bytes; /* of payloads and proofs; the first always fits
			   */
	int64_t lease_ms; /* how long the caller will wait for the reply */
	bool frozen;      /* the route is: only state changes travel */
};
/*
 * What to send now on a route: queued rows and sent ones whose time has come;
 * state changes first, then by age. Moves each with SEND and sets next_try_at
 * (lease_ms and retry.h), so after the commit each may be sent and will be sent
 * again if nothing is heard. `random` feeds the jitter.
 */
qiao_err qiao_outbox_take(struct qiao_txn *txn, struct qiao_outbox_batch *out,
			  const char *route,
			  const struct qiao_outbox_limits *limits,
			  int64_t now_ms, uint32_t random);
/*
 * The peer's reply item for one row: TAKEN, REFUSED (reason kept), NOT_NOW
 * (next try by back-off) or CONFLICT. A late or repeated reply changes nothing.
 * *moved tells whether the state changed; may be NULL. QIAO_E_NOTFOUND: no such
 * transfer.
 */
qiao_err qiao_outbox_replied(struct qiao_txn *txn, struct qiao_out_row *t,
			     bool *moved,
			     const struct qiao_item_transfer_reply *reply,
			     int64_t now_ms, uint32_t random);
/* The message did not get through: try its rows again at `when`. */
qiao_err qiao_outbox_postpone(struct qiao_txn *txn,
			      const struct qiao_outbox_batch *b, int64_t when);

struct qiao_outbox_superseded {
	size_t n;
	struct qiao_hash ids[64];
};
/*
 * A newer version of a record is queued: rows of the record on the route that
 * are still `queued` with a lower version become superseded. More than 64 at
 * once: call again until n < 64.
 */
qiao_err qiao_outbox_supersede(struct qiao_txn *txn,
			       struct qiao_outbox_superseded *out,
			       int64_t record, const char *route,
			       uint64_t version, const struct qiao_hash *by,
			       int64_t now_ms);

/* What a route knows of a record. */
struct qiao_outbox_known {
	bool queued;      /* waits here */
	bool on_the_way;  /* sent or at_peer */
	bool delivered;   /* committed or closed */
	bool refused;     /* denied or held here, or refused by the peer */
	uint64_t version; /* newest of those that are not refused */
};
qiao_err qiao_outbox_known(struct qiao_txn *txn, struct qiao_outbox_known *out,
			   int64_t record, const char *route);

/* Sent or at_peer since before `before`. Row: struct qiao_out_row, borrowed. */
qiao_err qiao_outbox_overdue(struct qiao_txn *txn, int64_t before, size_t max_n,
			     qiao_each_fn each, void *ctx);

#endif
