/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signed message must fulfil to be listened to, docs/wire.md 7.1. No
 * sessions: every message stands alone. Pure: no clock, no I/O; the time is an
 * argument.
 */
#ifndef RELAY_ENVELOPE_H
#define RELAY_ENVELOPE_H

#include "gateway/wire/envelope.h"
#include "relay/peer.h"

struct qiao_message_rules {
	const struct qiao_hash *network;
	const char *self; /* our gateway id */
	struct qiao_peers *peers;
	int64_t now_ms;
	/* of a reply: what was asked, of whom; NULL for a request */
	const struct qiao_hash *reply_to;
	const char *asked; /* gateway id */
	unsigned int asked_kind;
};
/*
 * Check in the order of docs/wire.md 7.1. *peer (may be NULL) is set on
 * QIAO_OK, and on later failures once the signature is good. Expected:
 * QIAO_E_NETWORK, QIAO_E_RECEIVER, QIAO_E_KEY, QIAO_E_BADSIG, QIAO_E_EXPIRED,
 * QIAO_E_CLOCK (sent too far in the future), QIAO_E_HASH (items), QIAO_E_REPLAY
 * (reply to no open request), and for requests those of qiao_peer_may.
 */
qiao_err qiao_message_verify(const struct qiao_message *m,
			     struct qiao_peer **peer,
			     const struct qiao_message_rules *rules,
			     struct qiao_why *why);

#endif
