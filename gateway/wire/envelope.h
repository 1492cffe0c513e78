/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed message between gateways, docs/wire.md 7: its form, its signature
 * and the root over its items. Who may send what to whom is relay/envelope.h.
 * Pure.
 */
#ifndef GATEWAY_WIRE_ENVELOPE_H
#define GATEWAY_WIRE_ENVELOPE_H

#include "gateway/base/buf.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

/* On wire: append, never renumber. docs/wire.md 7.1 */
enum qiao_kind {
	QIAO_KIND_HEADERS = 1,
	QIAO_KIND_TRANSFERS = 2,
	QIAO_KIND_RECEIPTS = 3,
	QIAO_KIND_REQUEST = 4, /* reserved */
	QIAO_KIND_ANSWER = 5,  /* reserved */
	QIAO_KIND_STATUS = 6,
	QIAO_KIND_REFUSAL = 7, /* a reply only */
};

/* 1 to 64 of a-z 0-9 . - */
bool qiao_gateway_id_valid(struct qiao_slice id);

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

/*
 * The envelope alone, zeroed on failure: QIAO_E_NONCANON, QIAO_E_MALFORMED (it
 * expires before it was sent), QIAO_E_LIMIT (it lives for too long).
 */
qiao_err qiao_envelope_parse(struct qiao_envelope *out, struct qiao_slice in);
/* H("qiao/request/1", envelope): what replies and audit entries name. */
void qiao_envelope_digest(struct qiao_hash *out, struct qiao_slice encoded);
/* QIAO_E_BADSIG. */
qiao_err qiao_envelope_signed_by(struct qiao_slice encoded,
				 struct qiao_slice signature,
				 const struct qiao_pubkey *key);
void qiao_items_root(struct qiao_hash *root, const struct qiao_slice *items,
		     size_t n);

#endif
