/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed message between gateways, docs/wire.md 7. No sessions: every
 * message stands alone. Pure: no clock, no I/O; the time is an argument.
 */
#ifndef RELAY_ENVELOPE_H
#define RELAY_ENVELOPE_H

#include "gateway/base/buf.h"
#include "relay/peer.h"

#define QIAO_ENVELOPE_MAX  QIAO_KIB(1) /* the signed part, without items */
#define QIAO_SENT_AHEAD_MS 300000      /* docs/wire.md 7.1 */

struct qiao_envelope {
	struct qiao_hash network;
	unsigned int kind;
	char sender[QIAO_NAME_MAX + 1];
	struct qiao_id16 key; /* the sender's key id */
	char receiver[QIAO_NAME_MAX + 1];
	struct qiao_id16 message; /* id, random */
	int64_t sent_at, expires_at;
	uint64_t count; /* of items */
	struct qiao_hash items_root;
	uint64_t audit_size;
	struct qiao_hash audit_root;
	bool has_reply_to;
	struct qiao_hash reply_to;
};

/* A message taken apart; borrows from the bytes it was parsed from. */
struct qiao_message {
	struct qiao_envelope env;
	struct qiao_slice signed_bytes; /* the envelope as it stands */
	struct qiao_slice signature;
	struct qiao_hash digest; /* H("qiao/request/1", envelope) */
	size_t n;
	struct qiao_slice items[QIAO_ITEMS_MAX];
};

/*
 * Make a message: fills env->key, count and items_root (items: n slices of
 * encoded items), signs, appends to out. digest (may be NULL) is what a reply
 * must name. QIAO_E_LIMIT when the message would be over QIAO_PEER_MSG_MAX.
 */
qiao_err qiao_message_make(struct qiao_buf *out, struct qiao_hash *digest,
			   struct qiao_envelope *env,
			   const struct qiao_slice *items, size_t n,
			   const struct qiao_key *key);

/* Only the form; nothing is believed yet. QIAO_E_NONCANON, QIAO_E_LIMIT. */
qiao_err qiao_message_parse(struct qiao_message *out, struct qiao_slice in);

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
