/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/hash.h"
#include "gateway/crypto/merkle.h"
#include "tests/unit/crypto/vector.h"

#include <string.h>

#define LEAVES 65

static struct qiao_hash leaves[LEAVES];

static void make_leaves(void)
{
	for (uint8_t i = 0; i < LEAVES; i++)
		qiao_merkle_leaf(&leaves[i], qiao_slice_of(&i, 1));
}

/* The definition of RFC 9162 2.1.1, word for word, to compare with. */
static void root_by_definition(struct qiao_hash *out, const struct qiao_hash *l,
			       size_t n)
{
	struct qiao_hash left, right;
	size_t k = 1;

	if (n == 0) {
		qiao_sha256(out, qiao_slice_of("", 0));
		return;
	}
	if (n == 1) {
		*out = l[0];
		return;
	}
	while (2 * k < n)
		k *= 2;
	root_by_definition(&left, l, k);
	root_by_definition(&right, l + k, n - k);
	qiao_merkle_node(out, &left, &right);
}

static void the_vectors_of_the_audit_log_hold(void)
{
	static const char *const entry[] = { "{\"seq\":0}", "{\"seq\":1}",
					     "{\"seq\":2}" };
	/* clang-format off */
	static const char *const leaf[] = {
		"a402b0e36f5aae85457360fcf00a2545b87dd47f310553e7b0d32d6d0ac4400d",
		"b119a77a4864308c481efb947ff723d6bd4ea1e7fab902eb8ca98bd759e46aee",
		"d3e0a62a8f7a9256c8beb715afded83e4326d2c47379d259b1709a840ad2f11d",
	};
	struct qiao_hash size2 = hash_of_hex(
		"fc52d71a368a798fd96ec7e5b7ee5f8f9fdd10c7ff9ab146c4eac1e6a0a1b10a");
	struct qiao_hash size3 = hash_of_hex(
		"3db67665eea8c26de341668c1d3199f61de4b780a828569a898ce48c28d931f3");
	/* clang-format on */
	struct qiao_hash got[3], root;

	for (size_t i = 0; i < 3; i++) {
		struct qiao_hash want = hash_of_hex(leaf[i]);

		qiao_merkle_leaf(&got[i], qiao_slice_str(entry[i]));
		CU_ASSERT(qiao_hash_eq(&got[i], &want));
	}
	qiao_merkle_root(&root, got, 2);
	CU_ASSERT(qiao_hash_eq(&root, &size2));
	qiao_merkle_root(&root, got, 3);
	CU_ASSERT(qiao_hash_eq(&root, &size3));
}

static void the_empty_tree_is_the_hash_of_nothing(void)
{
	struct qiao_merkle_frontier f = { .size = 0 };
	struct qiao_hash want, root;

	qiao_sha256(&want, qiao_slice_of("", 0));
	qiao_merkle_root(&root, NULL, 0);
	CU_ASSERT(qiao_hash_eq(&root, &want));
	qiao_merkle_frontier_root(&f, &root);
	CU_ASSERT(qiao_hash_eq(&root, &want));
}

static void root_and_frontier_equal_the_definition(void)
{
	struct qiao_merkle_frontier f = { .size = 0 };

	make_leaves();
	for (size_t n = 0; n <= 64; n++) {
		struct qiao_hash want, root;

		root_by_definition(&want, leaves, n);
		qiao_merkle_root(&root, leaves, n);
		CU_ASSERT(qiao_hash_eq(&root, &want));
		CU_ASSERT_EQUAL(f.size, n);
		qiao_merkle_frontier_root(&f, &root);
		CU_ASSERT(qiao_hash_eq(&root, &want));
		qiao_merkle_push(&f, &leaves[n]);
	}
}

static void every_leaf_has_a_path_and_no_other_position(void)
{
	struct qiao_merkle_path path;
	unsigned int accepted = 0;

	make_leaves();
	for (size_t n = 0; n <= 64; n++) {
		struct qiao_hash root;

		qiao_merkle_root(&root, leaves, n);
		for (size_t i = 0; i < n; i++) {
			qiao_merkle_path_make(&path, leaves, n, i);
			for (size_t at = 0; at <= 65; at++)
				if (!qiao_merkle_path_check(&path, at, n,
							    &leaves[i], &root))
					accepted += at == i ? 1 : 1000000;
		}
	}
	CU_ASSERT_EQUAL(accepted, 64 * 65 / 2);
}

/* RFC 6962 roots do not bind the size; the length of a path must. */
static void a_path_has_exactly_the_length_of_its_place(void)
{
	struct qiao_merkle_path path;
	struct qiao_hash root;

	make_leaves();
	for (size_t n = 1; n <= 64; n++) {
		qiao_merkle_root(&root, leaves, n);
		for (size_t i = 0; i < n; i++) {
			size_t len;

			qiao_merkle_path_make(&path, leaves, n, i);
			len = path.n;
			for (path.n = 0; path.n <= QIAO_MERKLE_DEPTH_MAX;
			     path.n++)
				CU_ASSERT_EQUAL(
					!qiao_merkle_path_check(
						&path, i, n, &leaves[i], &root),
					path.n == len);
			path.n = SIZE_MAX;
			CU_ASSERT(qiao_merkle_path_check(&path, i, n,
							 &leaves[i], &root));
		}
	}
}

/* SEC-01: every byte of a proof enters the hash. */
static void any_changed_bit_of_a_path_is_refused(void)
{
	struct qiao_merkle_path path;
	struct qiao_hash root;
	unsigned int accepted = 0;

	make_leaves();
	for (size_t n = 1; n <= 64; n += n < 20 ? 1 : 11) {
		qiao_merkle_root(&root, leaves, n);
		for (size_t i = 0; i < n; i++) {
			qiao_merkle_path_make(&path, leaves, n, i);
			for (size_t bit = 0; bit < path.n * 256; bit++) {
				uint8_t *b = &path.h[bit / 256].b[bit / 8 % 32];

				*b ^= (uint8_t)(1u << bit % 8);
				accepted += !qiao_merkle_path_check(
					&path, i, n, &leaves[i], &root);
				*b ^= (uint8_t)(1u << bit % 8);
			}
			CU_ASSERT_EQUAL(qiao_merkle_path_check(
						&path, i, n, &leaves[i], &root),
					QIAO_OK);
		}
	}
	CU_ASSERT_EQUAL(accepted, 0);
}

/* SEC-02: a node is never a leaf, a leaf never a node. */
static void a_node_is_not_accepted_as_a_leaf(void)
{
	struct qiao_merkle_path path;
	struct qiao_hash root, node, as_leaf;
	uint8_t both[64];

	make_leaves();
	qiao_merkle_root(&root, leaves, 4);
	qiao_merkle_node(&node, &leaves[0], &leaves[1]);
	memcpy(both, leaves[0].b, 32);
	memcpy(both + 32, leaves[1].b, 32);
	qiao_merkle_leaf(&as_leaf, qiao_slice_of(both, sizeof(both)));
	CU_ASSERT_FALSE(qiao_hash_eq(&node, &as_leaf));
	qiao_merkle_path_make(&path, leaves, 4, 0);
	path.h[0] = path.h[1];
	path.n = 1;
	CU_ASSERT_EQUAL(qiao_merkle_path_check(&path, 0, 4, &node, &root),
			QIAO_E_PROOF);
	CU_ASSERT_EQUAL(qiao_merkle_path_check(&path, 0, 2, &as_leaf, &root),
			QIAO_E_PROOF);
}

/* SEC-03, SEC-04 */
static void an_empty_tree_proves_nothing_and_twins_change_the_root(void)
{
	struct qiao_merkle_path path;
	struct qiao_hash root, twin, three[4];

	make_leaves();
	qiao_merkle_root(&root, NULL, 0);
	qiao_merkle_path_make(&path, leaves, 0, 0);
	CU_ASSERT_EQUAL(path.n, 0);
	CU_ASSERT(qiao_merkle_path_check(&path, 0, 0, &leaves[0], &root));
	CU_ASSERT(qiao_merkle_path_check(&path, 0, 0, &root, &root));
	memcpy(three, leaves, sizeof(three));
	three[3] = three[2];
	qiao_merkle_root(&root, three, 3);
	qiao_merkle_root(&twin, three, 4);
	CU_ASSERT_FALSE(qiao_hash_eq(&root, &twin));
}

static void the_largest_tree_has_a_place_for_every_index(void)
{
	struct qiao_merkle_path path = { .n = 64 };
	struct qiao_hash root;

	make_leaves();
	root = leaves[0];
	for (size_t i = 0; i < 64; i++) {
		path.h[i] = leaves[i + 1];
		qiao_merkle_node(&root, &leaves[i + 1], &root);
	}
	/* the last of 2^64 - 1 leaves is a left child everywhere but once */
	CU_ASSERT_EQUAL(qiao_merkle_path_check(&path, UINT64_MAX - 1,
					       UINT64_MAX, &leaves[0], &root),
			QIAO_E_PROOF);
	path.n = 63;
	root = leaves[0];
	for (size_t i = 0; i < 63; i++)
		qiao_merkle_node(&root, &leaves[i + 1], &root);
	CU_ASSERT_EQUAL(qiao_merkle_path_check(&path, UINT64_MAX - 1,
					       UINT64_MAX, &leaves[0], &root),
			QIAO_OK);
}

static bool consistent(const struct qiao_merkle_path *p, size_t m, size_t n,
		       const struct qiao_hash *roots)
{
	return qiao_merkle_consistency_check(p, m, n, &roots[m], &roots[n]) ==
	       QIAO_OK;
}

static void every_tree_is_consistent_with_what_it_grew_from(void)
{
	struct qiao_hash roots[34];
	struct qiao_merkle_path p;

	make_leaves();
	for (size_t n = 0; n <= 33; n++)
		qiao_merkle_root(&roots[n], leaves, n);
	for (size_t n = 0; n <= 33; n++) {
		for (size_t m = 0; m <= n; m++) {
			size_t len;

			qiao_merkle_consistency_make(&p, leaves, n, m);
			CU_ASSERT_TRUE(consistent(&p, m, n, roots));
			len = p.n;
			for (p.n = 0; p.n <= QIAO_MERKLE_DEPTH_MAX; p.n++)
				CU_ASSERT_EQUAL(consistent(&p, m, n, roots),
						p.n == len);
			p.n = SIZE_MAX;
			CU_ASSERT_FALSE(consistent(&p, m, n, roots));
			p.n = len;
			CU_ASSERT_EQUAL(m == n, qiao_merkle_consistency_check(
							&p, n, m, &roots[n],
							&roots[m]) == 0);
		}
	}
}

static void a_changed_proof_or_root_is_inconsistent(void)
{
	struct qiao_hash roots[34], other;
	struct qiao_merkle_path p;

	make_leaves();
	for (size_t n = 0; n <= 33; n++)
		qiao_merkle_root(&roots[n], leaves, n);
	qiao_sha256(&other, qiao_slice_str("other"));
	for (size_t n = 1; n <= 33; n++) {
		for (size_t m = 1; m <= n; m++) {
			qiao_merkle_consistency_make(&p, leaves, n, m);
			for (size_t bit = 0; bit < p.n * 256; bit += 37) {
				p.h[bit / 256].b[bit / 8 % 32] ^= 1;
				CU_ASSERT_FALSE(consistent(&p, m, n, roots));
				p.h[bit / 256].b[bit / 8 % 32] ^= 1;
			}
			CU_ASSERT(qiao_merkle_consistency_check(
				&p, m, n, &other, &roots[n]));
			CU_ASSERT(qiao_merkle_consistency_check(
				&p, m, n, &roots[m], &other));
		}
	}
	/* the empty tree is a prefix of all, under its own root only */
	p.n = 0;
	CU_ASSERT(qiao_merkle_consistency_check(&p, 0, 5, &other, &roots[5]));
	CU_ASSERT(
		qiao_merkle_consistency_check(&p, 0, 0, &roots[0], &roots[5]));
}

static void a_rewritten_history_has_no_proof(void)
{
	struct qiao_hash old_root, new_root, changed[9];
	struct qiao_merkle_path p;

	make_leaves();
	memcpy(changed, leaves, sizeof(changed));
	qiao_sha256(&changed[3], qiao_slice_str("rewritten"));
	qiao_merkle_root(&old_root, leaves, 6);
	qiao_merkle_root(&new_root, changed, 9);
	qiao_merkle_consistency_make(&p, changed, 9, 6);
	CU_ASSERT_EQUAL(
		qiao_merkle_consistency_check(&p, 6, 9, &old_root, &new_root),
		QIAO_E_PROOF);
	qiao_merkle_consistency_make(&p, leaves, 9, 6);
	CU_ASSERT_EQUAL(
		qiao_merkle_consistency_check(&p, 6, 9, &old_root, &new_root),
		QIAO_E_PROOF);
}

static const struct test_case cases[] = {
	{ "the vectors of the audit log hold",
	  the_vectors_of_the_audit_log_hold },
	{ "the empty tree is the hash of nothing",
	  the_empty_tree_is_the_hash_of_nothing },
	{ "root and frontier equal the definition",
	  root_and_frontier_equal_the_definition },
	{ "every leaf has a path and no other position",
	  every_leaf_has_a_path_and_no_other_position },
	{ "a path has exactly the length of its place",
	  a_path_has_exactly_the_length_of_its_place },
	{ "SEC-01: any changed bit of a path is refused",
	  any_changed_bit_of_a_path_is_refused },
	{ "SEC-02: a node is not accepted as a leaf",
	  a_node_is_not_accepted_as_a_leaf },
	{ "SEC-03, SEC-04: an empty tree proves nothing, twins change the root",
	  an_empty_tree_proves_nothing_and_twins_change_the_root },
	{ "the largest tree has a place for every index",
	  the_largest_tree_has_a_place_for_every_index },
	{ "every tree is consistent with what it grew from",
	  every_tree_is_consistent_with_what_it_grew_from },
	{ "a changed proof or root is inconsistent",
	  a_changed_proof_or_root_is_inconsistent },
	{ "a rewritten history has no proof",
	  a_rewritten_history_has_no_proof },
	{ 0 },
};

const struct test_suite merkle_test_suite = { "crypto/merkle", cases };
