/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Deliver brings, looked at as little as it takes to hand it on: a block
 * is large, so nothing of it is decoded or encoded anew. No I/O, no judgement.
 */
#ifndef ADAPTERS_FABRIC_BLOCK_H
#define ADAPTERS_FABRIC_BLOCK_H

#include "gateway/base/buf.h"

struct fabric_delivered {
	int32_t status;          /* 0: it is a block; 200 ends a stream well */
	struct qiao_slice block; /* borrowed from the answer */
};
/* QIAO_E_MALFORMED, QIAO_E_TRUNCATED, QIAO_E_TRAILING. */
qiao_err fabric_delivered_parse(struct fabric_delivered *out,
				struct qiao_slice answer);
/* What the block says its number is; not checked against anything. */
qiao_err fabric_block_number(uint64_t *number, struct qiao_slice block);
/* Signatures in metadata slot 0. */
qiao_err fabric_block_signers(size_t *n, struct qiao_slice block);

/*
 * Append to out the block with the orderer signatures of another copy beside
 * its own (docs/wire.md 8.1), those left out whose signer it has already; the
 * other may lack the data. QIAO_E_CONFLICT: another header, or another signed
 * value; then nothing is appended.
 */
qiao_err fabric_block_join(struct qiao_buf *out, struct qiao_slice block,
			   struct qiao_slice other);

#endif
