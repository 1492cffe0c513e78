/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs of blocks, by the digest of their bytes, kept while an open transfer
 * (of either direction) needs them, or a receipt was given for it. Many
 * transfers of one block share one row; a proof that serves one transfer alone
 * stands in the transfer's own row.
 */
#ifndef GATEWAY_STORE_PROOF_H
#define GATEWAY_STORE_PROOF_H

#include "gateway/store/store.h"

/* digest: SHA-256 of proof, made by the caller. Known already: nothing. */
qiao_err qiao_store_proof_put(struct qiao_txn *txn,
			      const struct qiao_hash *digest, int64_t chain,
			      uint64_t height, struct qiao_slice proof);
/* Appends the bytes; QIAO_E_NOTFOUND. chain and height may be NULL. */
qiao_err qiao_store_proof_get(struct qiao_txn *txn, struct qiao_buf *out,
			      int64_t *chain, uint64_t *height,
			      const struct qiao_hash *digest);
/* Length of the bytes; QIAO_E_NOTFOUND. */
qiao_err qiao_store_proof_size(struct qiao_txn *txn, size_t *n,
			       const struct qiao_hash *digest);
/* Is there one for this block? Its digest, or QIAO_E_NOTFOUND. */
qiao_err qiao_store_proof_find(struct qiao_txn *txn, struct qiao_hash *digest,
			       int64_t chain, uint64_t height);
/* Delete those that no transfer and no receipt refers to. *n: how many; may be
 * NULL. */
qiao_err qiao_store_proof_sweep(struct qiao_txn *txn, size_t *n);

#endif
