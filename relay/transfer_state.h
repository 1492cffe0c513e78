/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two state machines of a transfer, as tables of (state, event, next).
 * Pure. A state is moved by qiao_outbox_move and qiao_inbox_move only. Frozen
 * is a state of a route, not of a transfer: rows stay where they are.
 *
 * Numbers are on disk: append, never renumber.
 */
#ifndef RELAY_TRANSFER_STATE_H
#define RELAY_TRANSFER_STATE_H

#include "gateway/include/qiao/types.h"

enum qiao_out_state {
	QIAO_OUT_NONE = 0, /* no row yet */
	QIAO_OUT_QUEUED = 1,
	QIAO_OUT_SENT = 2,      /* may have arrived; silence stays here */
	QIAO_OUT_AT_PEER = 3,   /* durably the peer's */
	QIAO_OUT_COMMITTED = 4, /* on the destination chain, proven */
	QIAO_OUT_CLOSED = 5,    /* nothing is left to do */
	/* ends */
	QIAO_OUT_DENIED = 6,  /* our release decision */
	QIAO_OUT_HELD = 7,    /* likewise; people decide, in a new transfer */
	QIAO_OUT_REFUSED = 8, /* the peer's accept decision */
	QIAO_OUT_SUPERSEDED = 9,
	QIAO_OUT_EXPIRED = 10,  /* the peer said so: not_after passed */
	QIAO_OUT_CONFLICT = 11, /* the id is known with another payload */
};
#define QIAO_OUT_STATES 12

enum qiao_out_event {
	QIAO_OUT_EV_QUEUE = 0, /* release permits */
	QIAO_OUT_EV_DENY = 1,
	QIAO_OUT_EV_HOLD = 2,
	QIAO_OUT_EV_SEND = 3,  /* about to leave, for the first time or again */
	QIAO_OUT_EV_TAKEN = 4, /* the peer's reply: durably mine */
	QIAO_OUT_EV_REFUSE =
		5, /* reply or receipt: denied or held over there */
	QIAO_OUT_EV_SUPERSEDE = 6, /* here, a newer version; or by receipt */
	QIAO_OUT_EV_EXPIRE = 7,    /* receipt */
	QIAO_OUT_EV_CONFLICT = 8,  /* reply or receipt */
	QIAO_OUT_EV_COMMIT = 9,    /* receipt, its proof verified */
	QIAO_OUT_EV_CLOSE = 10, /* usage record written back, or none is due */
};
#define QIAO_OUT_EVENTS 11

enum qiao_in_state {
	QIAO_IN_NONE = 0, /* no row yet */
	QIAO_IN_RECEIVED = 1,
	QIAO_IN_ACCEPTED = 2,
	QIAO_IN_SUBMITTING = 3, /* after a restart: unknown, so look up first */
	QIAO_IN_COMMITTED = 4,  /* proven by our light client */
	QIAO_IN_ANSWERED = 5,   /* the sender has the receipt */
	/* ends; each owes a receipt */
	QIAO_IN_DENIED =
		6, /* our accept decision, or the proof does not hold */
	QIAO_IN_HELD = 7,
	QIAO_IN_EXPIRED = 8, /* not_after passed before submitting */
	QIAO_IN_SUPERSEDED = 9,
	QIAO_IN_CONFLICT = 10, /* the chain has the id with another payload */
};
#define QIAO_IN_STATES 11

enum qiao_in_event {
	QIAO_IN_EV_RECEIVE = 0,
	QIAO_IN_EV_ACCEPT = 1,
	QIAO_IN_EV_DENY = 2,
	QIAO_IN_EV_HOLD = 3,
	QIAO_IN_EV_EXPIRE = 4,
	QIAO_IN_EV_SUPERSEDE = 5,
	QIAO_IN_EV_SUBMIT =
		6, /* about to submit, for the first time or again */
	QIAO_IN_EV_COMMIT = 7, /* the chain's light client proved it */
	QIAO_IN_EV_CONFLICT = 8,
	QIAO_IN_EV_ANSWER = 9, /* the sender took the receipt */
};
#define QIAO_IN_EVENTS 10

/* False, and *next NONE, when the table has no such row. */
bool qiao_out_next(enum qiao_out_state *next, enum qiao_out_state from,
		   enum qiao_out_event ev);
bool qiao_in_next(enum qiao_in_state *next, enum qiao_in_state from,
		  enum qiao_in_event ev);
/* Nothing can follow. */
bool qiao_out_is_end(enum qiao_out_state s);
bool qiao_in_is_end(enum qiao_in_state s);
/* A receipt is owed when this state is entered. */
bool qiao_in_owes_receipt(enum qiao_in_state s);

/* Static words as in the documents; "?" for a foreign number. */
const char *qiao_out_state_name(int state);
const char *qiao_in_state_name(int state);

#endif
