/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole tree of one block (RFC 6962), so that the paths of all its leaves
 * cost no hash more than its root did.
 */
#ifndef GATEWAY_VERIFY_QUORUM_TREE_H
#define GATEWAY_VERIFY_QUORUM_TREE_H

#include "gateway/crypto/merkle.h"

struct qiao_quorum_tree {
	size_t n;            /* leaves */
	struct qiao_hash *h; /* level after level, the leaves first */
};

/* QIAO_E_NOMEM leaves an empty tree. End with fini. */
qiao_err qiao_quorum_tree_build(struct qiao_quorum_tree *t,
				const struct qiao_slice *leaves, size_t n);
void qiao_quorum_tree_root(const struct qiao_quorum_tree *t,
			   struct qiao_hash *root);
/* index < n */
void qiao_quorum_tree_path(const struct qiao_quorum_tree *t,
			   struct qiao_merkle_path *out, size_t index);
void qiao_quorum_tree_fini(struct qiao_quorum_tree *t);

#endif
