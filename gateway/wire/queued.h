/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sender's own log says that it queued a transfer (docs/wire.md 9.4): its
 * entry, and the path from there to the audit root of an envelope that it
 * signed. Who holds both can show that the sender said it. Pure.
 */
#ifndef GATEWAY_WIRE_QUEUED_H
#define GATEWAY_WIRE_QUEUED_H

#include "gateway/base/why.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/merkle.h"
#include "gateway/wire/envelope.h"

/* Slices borrow. */
struct qiao_queued {
	struct qiao_slice entry;
	uint64_t index; /* of the entry */
	struct qiao_merkle_path path;
};

/* Three elements without an array (wire.md 7.3), and the array of them (9.4).
 */
void qiao_queued_put(struct qiao_buf *out, const struct qiao_queued *q);
void qiao_queued_get(struct qiao_mp *m, struct qiao_queued *q);
void qiao_queued_encode(struct qiao_buf *out, const struct qiao_queued *q);
/* *out zeroed on failure: QIAO_E_NONCANON, QIAO_E_MALFORMED, QIAO_E_LIMIT. */
qiao_err qiao_queued_parse(struct qiao_queued *out, struct qiao_slice in);

/*
 * What the entry says, once it is of the envelope's sender, for its receiver,
 * at its place, and the path leads to the envelope's audit root. Expected:
 * QIAO_E_MALFORMED (no canonical JSON), QIAO_E_PROOF. The envelope's signature
 * is the caller's to check.
 */
qiao_err qiao_queued_check(const struct qiao_queued *q,
			   struct qiao_hash *transfer,
			   struct qiao_hash *payload,
			   const struct qiao_envelope *env,
			   struct qiao_why *why);

#endif
