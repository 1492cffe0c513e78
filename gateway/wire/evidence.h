/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence file, docs/wire.md 9.5: what a third party needs to see that a
 * chain or a peer contradicted itself. Here its form, and the judgement on a
 * peer; that on a chain is the family's (gateway/verify/lightclient.h). Pure.
 * Slices borrow from the bytes that were parsed.
 */
#ifndef GATEWAY_WIRE_EVIDENCE_H
#define GATEWAY_WIRE_EVIDENCE_H

#include "gateway/wire/queued.h"

/* On wire: append, never renumber. */
enum qiao_evidence_kind {
	QIAO_EVIDENCE_CHAIN = 1,
	QIAO_EVIDENCE_PEER = 2,
};
/* Its kind; 0: none of ours. */
unsigned int qiao_evidence_kind_of(struct qiao_slice in);

/* Consecutive header claims; the last one carries the signatures. */
struct qiao_evidence_side {
	size_t n;
	struct qiao_slice claim[QIAO_HEADERS_PER_BATCH_MAX];
};
struct qiao_evidence_chain {
	struct qiao_hash network;
	struct qiao_hash chain; /* identity */
	char family[QIAO_NAME_MAX + 1];
	uint64_t height;         /* of the first claim of either side */
	struct qiao_slice trust; /* of the family: who had to sign */
	struct qiao_evidence_side side[2];
};
void qiao_evidence_chain_encode(struct qiao_buf *out,
				const struct qiao_evidence_chain *e);
/* *out zeroed on failure. */
qiao_err qiao_evidence_chain_parse(struct qiao_evidence_chain *out,
				   struct qiao_slice in);

/* One signed statement about the transfer. */
struct qiao_said {
	struct qiao_slice envelope, signature;
	struct qiao_queued queued;
};
struct qiao_evidence_peer {
	struct qiao_hash network;
	char gateway[QIAO_NAME_MAX + 1]; /* against whom */
	struct qiao_hash transfer;
	struct qiao_said said[2];
};
void qiao_evidence_peer_encode(struct qiao_buf *out,
			       const struct qiao_evidence_peer *e);
qiao_err qiao_evidence_peer_parse(struct qiao_evidence_peer *out,
				  struct qiao_slice in);
/*
 * Did the gateway, which has these keys, sign two payloads under this one
 * transfer id? QIAO_OK: yes. QIAO_E_KEY: signed with none of these keys.
 * Otherwise it is no evidence: why. payload (may be NULL) gets both digests.
 */
qiao_err qiao_evidence_peer_check(const struct qiao_evidence_peer *e,
				  struct qiao_hash *payload,
				  const struct qiao_pubkey *keys, size_t n,
				  struct qiao_why *why);

#endif
