/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/quorum_tree.h"

#include "gateway/base/mem.h"

#include <string.h>

/*
 * Pair after pair, an odd last node going up as it is: the same tree as the
 * recursive one of RFC 6962 2.1, whose left part is the largest power of two.
 */
static size_t above(size_t n)
{
	return n / 2 + n % 2;
}

/* Nodes of all levels together. */
static size_t nodes(size_t n)
{
	size_t sum = n;

	while (n > 1) {
		n = above(n);
		sum += n;
	}
	return sum;
}

qiao_err qiao_quorum_tree_build(struct qiao_quorum_tree *t,
				const struct qiao_slice *leaves, size_t n)
{
	struct qiao_hash *level;

	memset(t, 0, sizeof(*t));
	t->h = qiao_calloc(nodes(n), sizeof(*t->h));
	if (!t->h)
		return QIAO_E_NOMEM;
	t->n = n;
	for (size_t i = 0; i < n; i++)
		qiao_merkle_leaf(&t->h[i], leaves[i]);
	for (level = t->h; n > 1; n = above(n)) {
		struct qiao_hash *up = level + n;

		for (size_t i = 0; i + 1 < n; i += 2)
			qiao_merkle_node(&up[i / 2], &level[i], &level[i + 1]);
		if (n % 2)
			up[n / 2] = level[n - 1];
		level = up;
	}
	return QIAO_OK;
}

void qiao_quorum_tree_root(const struct qiao_quorum_tree *t,
			   struct qiao_hash *root)
{
	if (t->n == 0)
		qiao_merkle_root(root, NULL, 0);
	else
		*root = t->h[nodes(t->n) - 1];
}

void qiao_quorum_tree_path(const struct qiao_quorum_tree *t,
			   struct qiao_merkle_path *out, size_t index)
{
	const struct qiao_hash *level = t->h;

	out->n = 0;
	for (size_t n = t->n; n > 1; n = above(n)) {
		size_t sibling = index % 2 ? index - 1 : index + 1;

		if (sibling < n)
			out->h[out->n++] = level[sibling];
		level += n;
		index /= 2;
	}
}

void qiao_quorum_tree_fini(struct qiao_quorum_tree *t)
{
	qiao_free(t->h);
	memset(t, 0, sizeof(*t));
}
