/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the ledger answers to `block` (adapters/inhouse/README.md 3) to the
 * claim, proof and openings of docs/wire.md 8.2 and 10. Pure; nothing is
 * judged here: the light client recomputes every hash.
 */
#ifndef ADAPTERS_INHOUSE_CLAIM_H
#define ADAPTERS_INHOUSE_CLAIM_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

/* block: the encoded result. Appends to each of the three. */
qiao_err qiao_inhouse_claim(struct qiao_buf *claim, struct qiao_buf *proof,
			    struct qiao_buf *openings, uint64_t height,
			    struct qiao_slice block, struct qiao_why *why);

#endif
