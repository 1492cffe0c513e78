/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of RFC 6962 / RFC 9162 2.1 with SHA-256: leaf H(00 || entry), node
 * H(01 || left || right), empty tree H(). Used for the quorum family's blocks,
 * the items of an envelope, field trees and the audit log. Pure.
 *
 * RFC 6962 roots do not bind the number of leaves: callers check the count.
 */
#ifndef GATEWAY_CRYPTO_MERKLE_H
#define GATEWAY_CRYPTO_MERKLE_H

#include "gateway/base/buf.h"
#include "gateway/include/qiao/limits.h"

void qiao_merkle_leaf(struct qiao_hash *out, struct qiao_slice entry);
void qiao_merkle_node(struct qiao_hash *out, const struct qiao_hash *left,
		      const struct qiao_hash *right);
/* Root over leaf hashes already made; n = 0 gives SHA-256 of nothing. */
void qiao_merkle_root(struct qiao_hash *out, const struct qiao_hash *leaves,
		      size_t n);

struct qiao_merkle_path {
	size_t n;
	struct qiao_hash h[QIAO_MERKLE_DEPTH_MAX];
};
/*
 * Inclusion path of leaf `index` in the tree over `leaves`, lowest sibling
 * first. For index >= n an empty path, which no check accepts.
 */
void qiao_merkle_path_make(struct qiao_merkle_path *out,
			   const struct qiao_hash *leaves, size_t n,
			   size_t index);
/*
 * RFC 9162 2.1.3.2. QIAO_E_PROOF unless the path has exactly the length that
 * (index, size) demands and leads from leaf to root.
 */
qiao_err qiao_merkle_path_check(const struct qiao_merkle_path *path,
				uint64_t index, uint64_t size,
				const struct qiao_hash *leaf,
				const struct qiao_hash *root);
/*
 * RFC 9162 2.1.4: proof that the tree of size m is a prefix of that of size n;
 * QIAO_E_PROOF otherwise. For m = 0 and m = n the proof is empty.
 */
qiao_err qiao_merkle_consistency_check(const struct qiao_merkle_path *proof,
				       uint64_t m, uint64_t n,
				       const struct qiao_hash *root_m,
				       const struct qiao_hash *root_n);
void qiao_merkle_consistency_make(struct qiao_merkle_path *out,
				  const struct qiao_hash *leaves, size_t n,
				  size_t m);

/*
 * An append-only tree that keeps only the roots of its complete subtrees: push
 * leaf after leaf, ask for the root at any moment. 64 hashes for any size.
 */
struct qiao_merkle_frontier {
	uint64_t size;
	struct qiao_hash peak[64];
};
void qiao_merkle_push(struct qiao_merkle_frontier *f,
		      const struct qiao_hash *leaf);
void qiao_merkle_frontier_root(const struct qiao_merkle_frontier *f,
			       struct qiao_hash *out);

#endif
