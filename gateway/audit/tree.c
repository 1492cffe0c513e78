/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots and proofs out of the stored roots of complete subtrees, RFC 9162 2.1.
 * A range that a proof needs starts at a multiple of a power of two not below
 * its length, so it is one stored node or the fold of a few.
 */
#include "gateway/audit/log.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/store/audit.h"

qiao_err qiao_audit_size(struct qiao_txn *txn, uint64_t *size)
{
	return qiao_store_audit_size(txn, size);
}

static qiao_err get_node(struct qiao_txn *txn, struct qiao_hash *h,
			 unsigned int level, uint64_t index)
{
	return level == 0 ? qiao_store_audit_leaf(txn, h, index)
			  : qiao_store_audit_node_get(txn, h, level, index);
}

/* Root over n > 0 leaves from `from`. */
static qiao_err range_root(struct qiao_txn *txn, struct qiao_hash *root,
			   uint64_t from, uint64_t n)
{
	struct qiao_hash peak;
	bool any = false;

	for (unsigned int level = 0; level < 64; level++) {
		uint64_t first =
			from + (n >> level << level) - (UINT64_C(1) << level);
		qiao_err err;

		if (!(n >> level & 1))
			continue;
		err = get_node(txn, &peak, level, first >> level);
		if (err != QIAO_OK)
			return err;
		if (any)
			qiao_merkle_node(root, &peak, root);
		else
			*root = peak;
		any = true;
	}
	return QIAO_OK;
}

static qiao_err has_size(struct qiao_txn *txn, uint64_t size)
{
	uint64_t now;
	qiao_err err = qiao_store_audit_size(txn, &now);

	return err == QIAO_OK && size > now ? QIAO_E_NOTFOUND : err;
}

qiao_err qiao_audit_root(struct qiao_txn *txn, struct qiao_hash *root,
			 uint64_t size)
{
	qiao_err err = has_size(txn, size);

	*root = (struct qiao_hash){ { 0 } };
	if (err != QIAO_OK)
		return err;
	if (size > 0)
		return range_root(txn, root, 0, size);
	qiao_sha256(root, qiao_slice_of(NULL, 0));
	return QIAO_OK;
}

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/* Proofs are found from the top and written from the bottom. */
static void reverse(struct qiao_merkle_path *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct qiao_hash h = p->h[i];

		p->h[i] = p->h[p->n - 1 - i];
		p->h[p->n - 1 - i] = h;
	}
}

static qiao_err add_range(struct qiao_txn *txn, struct qiao_merkle_path *p,
			  uint64_t from, uint64_t n)
{
	return range_root(txn, &p->h[p->n++], from, n);
}

qiao_err qiao_audit_path(struct qiao_txn *txn, struct qiao_merkle_path *path,
			 uint64_t index, uint64_t size)
{
	uint64_t from = 0, n = size;
	qiao_err err = has_size(txn, size);

	path->n = 0;
	if (err == QIAO_OK && index >= size)
		err = QIAO_E_NOTFOUND;
	while (err == QIAO_OK && n > 1) {
		uint64_t k = split(n);

		if (index - from < k) {
			err = add_range(txn, path, from + k, n - k);
			n = k;
		} else {
			err = add_range(txn, path, from, k);
			from += k;
			n -= k;
		}
	}
	if (err != QIAO_OK)
		path->n = 0;
	reverse(path);
	return err;
}

qiao_err qiao_audit_consistency(struct qiao_txn *txn,
				struct qiao_merkle_path *proof, uint64_t m,
				uint64_t n)
{
	uint64_t from = 0, len = n;
	bool whole = true; /* is the old tree exactly this range's start? */
	qiao_err err = has_size(txn, n);

	proof->n = 0;
	if (err == QIAO_OK && m > n)
		err = QIAO_E_NOTFOUND;
	if (err != QIAO_OK || m == 0)
		return err;
	while (err == QIAO_OK && m - from < len) {
		uint64_t k = split(len);

		if (m - from <= k) {
			err = add_range(txn, proof, from + k, len - k);
			len = k;
		} else {
			err = add_range(txn, proof, from, k);
			from += k;
			len -= k;
			whole = false;
		}
	}
	if (err == QIAO_OK && !whole)
		err = add_range(txn, proof, from, len);
	if (err != QIAO_OK)
		proof->n = 0;
	reverse(proof);
	return err;
}
