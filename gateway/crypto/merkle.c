/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/merkle.h"

#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

static const uint8_t leaf_prefix[1] = { 0 };
static const uint8_t node_prefix[1] = { 1 };

void qiao_merkle_leaf(struct qiao_hash *out, struct qiao_slice entry)
{
	const struct qiao_slice parts[] = {
		qiao_slice_of(leaf_prefix, 1),
		entry,
	};

	qiao_sha256_list(out, parts, 2);
}

void qiao_merkle_node(struct qiao_hash *out, const struct qiao_hash *left,
		      const struct qiao_hash *right)
{
	const struct qiao_slice parts[] = {
		qiao_slice_of(node_prefix, 1),
		qiao_slice_hash(left),
		qiao_slice_hash(right),
	};

	qiao_sha256_list(out, parts, 3);
}

void qiao_merkle_push(struct qiao_merkle_frontier *f,
		      const struct qiao_hash *leaf)
{
	struct qiao_hash h = *leaf;
	unsigned int level = 0;

	QIAO_BUG_ON(f->size == UINT64_MAX);
	for (; f->size >> level & 1; level++)
		qiao_merkle_node(&h, &f->peak[level], &h);
	f->peak[level] = h;
	f->size++;
}

void qiao_merkle_frontier_root(const struct qiao_merkle_frontier *f,
			       struct qiao_hash *out)
{
	bool any = false;

	if (f->size == 0) {
		qiao_sha256(out, qiao_slice_of(NULL, 0));
		return;
	}
	for (unsigned int level = 0; level < 64; level++) {
		if (!(f->size >> level & 1))
			continue;
		if (any)
			qiao_merkle_node(out, &f->peak[level], out);
		else
			*out = f->peak[level];
		any = true;
	}
}

void qiao_merkle_root(struct qiao_hash *out, const struct qiao_hash *leaves,
		      size_t n)
{
	struct qiao_merkle_frontier f = { .size = 0 };

	for (size_t i = 0; i < n; i++)
		qiao_merkle_push(&f, &leaves[i]);
	qiao_merkle_frontier_root(&f, out);
}

/* The largest power of two below n; n > 1. */
static size_t split(size_t n)
{
	size_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/* Siblings are found from the root down and stand in the path from the leaf up.
 */
static void reverse(struct qiao_merkle_path *path)
{
	for (size_t i = 0; i < path->n / 2; i++) {
		struct qiao_hash h = path->h[i];

		path->h[i] = path->h[path->n - 1 - i];
		path->h[path->n - 1 - i] = h;
	}
}

void qiao_merkle_path_make(struct qiao_merkle_path *out,
			   const struct qiao_hash *leaves, size_t n,
			   size_t index)
{
	memset(out, 0, sizeof(*out));
	if (index >= n)
		return;
	while (n > 1) {
		size_t k = split(n);

		if (index < k) {
			qiao_merkle_root(&out->h[out->n++], leaves + k, n - k);
			n = k;
		} else {
			qiao_merkle_root(&out->h[out->n++], leaves, k);
			leaves += k;
			index -= k;
			n -= k;
		}
	}
	reverse(out);
}

/*
 * One step of RFC 9162 2.1.3.2 and 2.1.4.2: does the next sibling stand on the
 * left? Moves node number fn and last node number sn up to the next level that
 * has a sibling.
 */
static bool step_up(uint64_t *fn, uint64_t *sn)
{
	bool left = *fn & 1 || *fn == *sn;

	if (left) {
		while (!(*fn & 1) && *fn != 0) {
			*fn >>= 1;
			*sn >>= 1;
		}
	}
	*fn >>= 1;
	*sn >>= 1;
	return left;
}

qiao_err qiao_merkle_path_check(const struct qiao_merkle_path *path,
				uint64_t index, uint64_t size,
				const struct qiao_hash *leaf,
				const struct qiao_hash *root)
{
	struct qiao_hash r = *leaf;
	uint64_t fn = index, sn = size - 1;

	if (index >= size || path->n > QIAO_MERKLE_DEPTH_MAX)
		return QIAO_E_PROOF;
	for (size_t i = 0; i < path->n; i++) {
		if (sn == 0)
			return QIAO_E_PROOF;
		if (step_up(&fn, &sn))
			qiao_merkle_node(&r, &path->h[i], &r);
		else
			qiao_merkle_node(&r, &r, &path->h[i]);
	}
	return sn == 0 && qiao_hash_eq(&r, root) ? QIAO_OK : QIAO_E_PROOF;
}

/* Proofs between equal trees, and from the empty one, have no hashes. */
static qiao_err check_trivial(const struct qiao_merkle_path *proof, uint64_t m,
			      const struct qiao_hash *root_m,
			      const struct qiao_hash *root_n)
{
	struct qiao_hash empty;

	if (proof->n != 0)
		return QIAO_E_PROOF;
	if (m != 0)
		return qiao_hash_eq(root_m, root_n) ? QIAO_OK : QIAO_E_PROOF;
	qiao_sha256(&empty, qiao_slice_of(NULL, 0));
	return qiao_hash_eq(root_m, &empty) ? QIAO_OK : QIAO_E_PROOF;
}

qiao_err qiao_merkle_consistency_check(const struct qiao_merkle_path *proof,
				       uint64_t m, uint64_t n,
				       const struct qiao_hash *root_m,
				       const struct qiao_hash *root_n)
{
	bool whole =
		(m & (m - 1)) == 0; /* the old tree is one complete subtree */
	uint64_t fn = m - 1, sn = n - 1;
	struct qiao_hash fr, sr;

	if (m > n || proof->n > QIAO_MERKLE_DEPTH_MAX)
		return QIAO_E_PROOF;
	if (m == n && m == 0 && !qiao_hash_eq(root_m, root_n))
		return QIAO_E_PROOF;
	if (m == n || m == 0)
		return check_trivial(proof, m, root_m, root_n);
	if (proof->n == 0)
		return QIAO_E_PROOF;
	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	fr = sr = whole ? *root_m : proof->h[0];
	for (size_t i = whole ? 0 : 1; i < proof->n; i++) {
		if (sn == 0)
			return QIAO_E_PROOF;
		if (step_up(&fn, &sn)) {
			qiao_merkle_node(&fr, &proof->h[i], &fr);
			qiao_merkle_node(&sr, &proof->h[i], &sr);
		} else {
			qiao_merkle_node(&sr, &sr, &proof->h[i]);
		}
	}
	if (sn != 0 || !qiao_hash_eq(&fr, root_m) || !qiao_hash_eq(&sr, root_n))
		return QIAO_E_PROOF;
	return QIAO_OK;
}

void qiao_merkle_consistency_make(struct qiao_merkle_path *out,
				  const struct qiao_hash *leaves, size_t n,
				  size_t m)
{
	bool known = true; /* the verifier has the root of what is left of m */

	memset(out, 0, sizeof(*out));
	if (m == 0 || m > n)
		return;
	while (m != n) {
		size_t k = split(n);

		if (m <= k) {
			qiao_merkle_root(&out->h[out->n++], leaves + k, n - k);
			n = k;
		} else {
			qiao_merkle_root(&out->h[out->n++], leaves, k);
			leaves += k;
			m -= k;
			n -= k;
			known = false;
		}
	}
	if (!known)
		qiao_merkle_root(&out->h[out->n++], leaves, n);
	reverse(out);
}
