/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/transfer_state.h"

/*
 * A receipt may overtake the reply to the message that it answers, so whatever
 * a receipt says is possible in `sent` as well as in `at_peer`. A committed
 * receipt is believed for its proof, so it also wins over a row that waits
 * (restored from a backup, sent again by an older life).
 */
static const struct {
	enum qiao_out_state from;
	enum qiao_out_event ev;
	enum qiao_out_state next;
} out_table[] = {
	/* clang-format off */
	{ QIAO_OUT_NONE,      QIAO_OUT_EV_QUEUE,     QIAO_OUT_QUEUED },
	{ QIAO_OUT_NONE,      QIAO_OUT_EV_DENY,      QIAO_OUT_DENIED },
	{ QIAO_OUT_NONE,      QIAO_OUT_EV_HOLD,      QIAO_OUT_HELD },
	{ QIAO_OUT_QUEUED,    QIAO_OUT_EV_SEND,      QIAO_OUT_SENT },
	{ QIAO_OUT_QUEUED,    QIAO_OUT_EV_SUPERSEDE, QIAO_OUT_SUPERSEDED },
	{ QIAO_OUT_QUEUED,    QIAO_OUT_EV_COMMIT,    QIAO_OUT_COMMITTED },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_SEND,      QIAO_OUT_SENT },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_TAKEN,     QIAO_OUT_AT_PEER },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_REFUSE,    QIAO_OUT_REFUSED },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_SUPERSEDE, QIAO_OUT_SUPERSEDED },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_EXPIRE,    QIAO_OUT_EXPIRED },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_CONFLICT,  QIAO_OUT_CONFLICT },
	{ QIAO_OUT_SENT,      QIAO_OUT_EV_COMMIT,    QIAO_OUT_COMMITTED },
	{ QIAO_OUT_AT_PEER,   QIAO_OUT_EV_REFUSE,    QIAO_OUT_REFUSED },
	{ QIAO_OUT_AT_PEER,   QIAO_OUT_EV_SUPERSEDE, QIAO_OUT_SUPERSEDED },
	{ QIAO_OUT_AT_PEER,   QIAO_OUT_EV_EXPIRE,    QIAO_OUT_EXPIRED },
	{ QIAO_OUT_AT_PEER,   QIAO_OUT_EV_CONFLICT,  QIAO_OUT_CONFLICT },
	{ QIAO_OUT_AT_PEER,   QIAO_OUT_EV_COMMIT,    QIAO_OUT_COMMITTED },
	{ QIAO_OUT_COMMITTED, QIAO_OUT_EV_CLOSE,     QIAO_OUT_CLOSED },
	/* clang-format on */
};

/* Nothing but a proof ends `submitting`: until then nobody knows. */
static const struct {
	enum qiao_in_state from;
	enum qiao_in_event ev;
	enum qiao_in_state next;
} in_table[] = {
	/* clang-format off */
	{ QIAO_IN_NONE,       QIAO_IN_EV_RECEIVE,   QIAO_IN_RECEIVED },
	{ QIAO_IN_RECEIVED,   QIAO_IN_EV_ACCEPT,    QIAO_IN_ACCEPTED },
	{ QIAO_IN_RECEIVED,   QIAO_IN_EV_DENY,      QIAO_IN_DENIED },
	{ QIAO_IN_RECEIVED,   QIAO_IN_EV_HOLD,      QIAO_IN_HELD },
	{ QIAO_IN_RECEIVED,   QIAO_IN_EV_EXPIRE,    QIAO_IN_EXPIRED },
	{ QIAO_IN_RECEIVED,   QIAO_IN_EV_SUPERSEDE, QIAO_IN_SUPERSEDED },
	{ QIAO_IN_ACCEPTED,   QIAO_IN_EV_EXPIRE,    QIAO_IN_EXPIRED },
	{ QIAO_IN_ACCEPTED,   QIAO_IN_EV_SUPERSEDE, QIAO_IN_SUPERSEDED },
	{ QIAO_IN_ACCEPTED,   QIAO_IN_EV_SUBMIT,    QIAO_IN_SUBMITTING },
	{ QIAO_IN_SUBMITTING, QIAO_IN_EV_SUBMIT,    QIAO_IN_SUBMITTING },
	{ QIAO_IN_SUBMITTING, QIAO_IN_EV_COMMIT,    QIAO_IN_COMMITTED },
	{ QIAO_IN_SUBMITTING, QIAO_IN_EV_CONFLICT,  QIAO_IN_CONFLICT },
	{ QIAO_IN_COMMITTED,  QIAO_IN_EV_ANSWER,    QIAO_IN_ANSWERED },
	{ QIAO_IN_DENIED,     QIAO_IN_EV_ANSWER,    QIAO_IN_DENIED },
	{ QIAO_IN_HELD,       QIAO_IN_EV_ANSWER,    QIAO_IN_HELD },
	{ QIAO_IN_EXPIRED,    QIAO_IN_EV_ANSWER,    QIAO_IN_EXPIRED },
	{ QIAO_IN_SUPERSEDED, QIAO_IN_EV_ANSWER,    QIAO_IN_SUPERSEDED },
	{ QIAO_IN_CONFLICT,   QIAO_IN_EV_ANSWER,    QIAO_IN_CONFLICT },
	/* clang-format on */
};

bool qiao_out_next(enum qiao_out_state *next, enum qiao_out_state from,
		   enum qiao_out_event ev)
{
	*next = QIAO_OUT_NONE;
	for (size_t i = 0; i < sizeof(out_table) / sizeof(out_table[0]); i++) {
		if (out_table[i].from != from || out_table[i].ev != ev)
			continue;
		*next = out_table[i].next;
		return true;
	}
	return false;
}

bool qiao_in_next(enum qiao_in_state *next, enum qiao_in_state from,
		  enum qiao_in_event ev)
{
	*next = QIAO_IN_NONE;
	for (size_t i = 0; i < sizeof(in_table) / sizeof(in_table[0]); i++) {
		if (in_table[i].from != from || in_table[i].ev != ev)
			continue;
		*next = in_table[i].next;
		return true;
	}
	return false;
}

bool qiao_out_is_end(enum qiao_out_state s)
{
	enum qiao_out_state next;

	for (int ev = 0; ev < QIAO_OUT_EVENTS; ev++)
		if (qiao_out_next(&next, s, (enum qiao_out_event)ev))
			return false;
	return true;
}

bool qiao_in_is_end(enum qiao_in_state s)
{
	enum qiao_in_state next;

	for (int ev = 0; ev < QIAO_IN_EVENTS; ev++)
		if (qiao_in_next(&next, s, (enum qiao_in_event)ev) && next != s)
			return false;
	return true;
}

bool qiao_in_owes_receipt(enum qiao_in_state s)
{
	enum qiao_in_state next;

	return qiao_in_next(&next, s, QIAO_IN_EV_ANSWER);
}

const char *qiao_out_state_name(int state)
{
	static const char *const names[QIAO_OUT_STATES] = {
		[QIAO_OUT_NONE] = "none",
		[QIAO_OUT_QUEUED] = "queued",
		[QIAO_OUT_SENT] = "sent",
		[QIAO_OUT_AT_PEER] = "at_peer",
		[QIAO_OUT_COMMITTED] = "committed",
		[QIAO_OUT_CLOSED] = "closed",
		[QIAO_OUT_DENIED] = "denied",
		[QIAO_OUT_HELD] = "held",
		[QIAO_OUT_REFUSED] = "refused",
		[QIAO_OUT_SUPERSEDED] = "superseded",
		[QIAO_OUT_EXPIRED] = "expired",
		[QIAO_OUT_CONFLICT] = "conflict",
	};

	return state >= 0 && state < QIAO_OUT_STATES ? names[state] : "?";
}

const char *qiao_in_state_name(int state)
{
	static const char *const names[QIAO_IN_STATES] = {
		[QIAO_IN_NONE] = "none",
		[QIAO_IN_RECEIVED] = "received",
		[QIAO_IN_ACCEPTED] = "accepted",
		[QIAO_IN_SUBMITTING] = "submitting",
		[QIAO_IN_COMMITTED] = "committed",
		[QIAO_IN_ANSWERED] = "answered",
		[QIAO_IN_DENIED] = "denied",
		[QIAO_IN_HELD] = "held",
		[QIAO_IN_EXPIRED] = "expired",
		[QIAO_IN_SUPERSEDED] = "superseded",
		[QIAO_IN_CONFLICT] = "conflict",
	};

	return state >= 0 && state < QIAO_IN_STATES ? names[state] : "?";
}
