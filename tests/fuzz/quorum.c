/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoders of the quorum family: the first byte chooses one. What decodes
 * is encoded again and must be the same bytes.
 */
#include "adapters/inhouse/inhouse.h"
#include "gateway/base/slice.h"
#include "gateway/verify/quorum_format.h"
#include "gateway/verify/quorum_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct qiao_buf *again, struct qiao_slice in)
{
	if (again->err == QIAO_OK && !qiao_slice_eq(qiao_buf_slice(again), in))
		abort();
	qiao_buf_free(again);
}

static void header(struct qiao_slice in)
{
	struct qiao_quorum_header h;
	struct qiao_inhouse_header again;
	struct qiao_buf b = QIAO_BUF;
	char chain[QIAO_NAME_MAX + 1];

	if (qiao_quorum_header_parse(&h, in) != QIAO_OK)
		return;
	if (!qiao_str_copy(chain, sizeof(chain), h.chain))
		return;
	again = (struct qiao_inhouse_header){ chain,     h.height,  h.prev,
					      h.time_ms, h.leaves,  h.root,
					      h.set,     h.next_set };
	qiao_inhouse_header_put(&b, &again);
	same(&b, in);
}

static void claim(struct qiao_slice in)
{
	static struct qiao_quorum_claim c;
	static struct qiao_inhouse_sig sigs[QIAO_VALIDATORS_MAX];
	struct qiao_buf b = QIAO_BUF;

	if (qiao_quorum_claim_parse(&c, in) != QIAO_OK)
		return;
	for (size_t i = 0; i < c.nsigs; i++) {
		sigs[i].index = c.sigs[i].index;
		memcpy(sigs[i].sig.b, c.sigs[i].sig.p, QIAO_SIG_LEN);
	}
	qiao_inhouse_claim_put(&b, c.header_bytes, sigs, c.nsigs, c.next_set);
	same(&b, in);
}

static void set(struct qiao_slice in)
{
	static struct qiao_quorum_set s;
	static struct qiao_inhouse_member m[QIAO_VALIDATORS_MAX];
	struct qiao_buf b = QIAO_BUF;

	if (qiao_quorum_set_parse(&s, in) != QIAO_OK)
		return;
	for (size_t i = 0; i < s.n; i++) {
		m[i].key = s.m[i].key;
		m[i].weight = (uint32_t)s.m[i].weight;
	}
	qiao_inhouse_set_put(&b, m, s.n, s.threshold);
	same(&b, in);
}

static void leaf(struct qiao_slice in)
{
	const struct qiao_hash chain = { { 7 } };
	struct qiao_quorum_leaf l;
	struct qiao_inhouse_entry e;
	struct qiao_buf b = QIAO_BUF;

	if (qiao_quorum_leaf_parse(&l, in) != QIAO_OK ||
	    l.kind > QIAO_QUORUM_LEAF_ANCHOR)
		return;
	if (l.kind == QIAO_QUORUM_LEAF_RECORD) {
		qiao_quorum_leaf_verify(&l, &chain);
		qiao_inhouse_record_put(&b, l.head, &l.key, l.sig);
	} else {
		e = (struct qiao_inhouse_entry){
			.kind = (enum qiao_inhouse_kind)l.kind,
			.id = l.id,
			.digest = l.digest,
			.source = l.source,
			.payload = l.payload
		};
		memcpy(e.submitter.b, l.submitter.p, sizeof(e.submitter.b));
		qiao_inhouse_entry_put(&b, &e);
	}
	same(&b, in);
}

/* Against the recursive tree of gateway/crypto. */
static void tree(const struct qiao_quorum_tree *t)
{
	struct qiao_merkle_path path;
	struct qiao_hash a, b;

	qiao_quorum_tree_root(t, &a);
	qiao_merkle_root(&b, t->h, t->n);
	if (!qiao_hash_eq(&a, &b))
		abort();
	for (size_t i = 0; i < t->n && i < 40; i++) {
		qiao_quorum_tree_path(t, &path, i);
		if (qiao_merkle_path_check(&path, i, t->n, &t->h[i], &b))
			abort();
	}
}

static void proof(struct qiao_slice in)
{
	struct qiao_quorum_proof p;
	struct qiao_buf b = QIAO_BUF;

	if (qiao_quorum_proof_parse(&p, in) == QIAO_OK && p.whole) {
		struct qiao_quorum_tree t;

		if (qiao_quorum_tree_build(&t, p.leaves, p.n) == QIAO_OK)
			tree(&t);
		qiao_quorum_tree_fini(&t);
	} else if (p.leaf.p) {
		qiao_inhouse_proof_put(&b, p.height, p.index, p.leaf, &p.path);
		same(&b, in);
	}
	qiao_buf_free(&b);
	qiao_quorum_proof_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const decoders[])(struct qiao_slice) = {
		header, claim, set, leaf, proof,
	};

	if (size > 0 && data[0] < sizeof(decoders) / sizeof(decoders[0]))
		decoders[data[0]](qiao_slice_of(data + 1, size - 1));
	return 0;
}
