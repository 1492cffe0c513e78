/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of a block, against a header that was accepted. Nothing reaches
 * the sink before the leaves lead to the trusted root.
 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/verify/lc_quorum.h"

#include <string.h>

struct job {
	struct qiao_lightclient *lc;
	struct qiao_quorum_row row;
	struct qiao_proven_sink sink;
	struct qiao_why *why;
};

static void record_fill(struct qiao_proven *p, const struct qiao_quorum_leaf *l,
			struct qiao_id16 *key_id)
{
	*key_id = qiao_pubkey_id(&l->key);
	p->kind = QIAO_PROVEN_RECORD;
	p->value = l->head;
	p->issuer_key = qiao_slice_of(key_id->b, sizeof(key_id->b));
}

static void entry_fill(struct qiao_proven *p, const struct qiao_quorum_leaf *l,
		       enum qiao_proven_kind kind)
{
	p->kind = kind;
	p->value = l->payload;
	p->issuer_key = l->submitter;
	p->id = l->id;
	p->digest = l->digest;
	p->source = l->source;
}

/* On an error p stays a statement that means nothing to us. */
static qiao_err leaf_fill(struct qiao_proven *p, const struct job *j,
			  struct qiao_slice bytes, struct qiao_id16 *key_id)
{
	struct qiao_quorum_leaf l;
	qiao_err err = qiao_quorum_leaf_parse(&l, bytes);

	if (err != QIAO_OK)
		return err;
	if (l.kind == QIAO_QUORUM_LEAF_RECORD) {
		err = qiao_quorum_leaf_verify(&l, &j->lc->identity);
		if (err == QIAO_OK)
			record_fill(p, &l, key_id);
	} else if (l.kind == QIAO_QUORUM_LEAF_DELIVERED) {
		entry_fill(p, &l, QIAO_PROVEN_DELIVERED);
	} else if (l.kind == QIAO_QUORUM_LEAF_USAGE) {
		entry_fill(p, &l, QIAO_PROVEN_USAGE);
	}
	return err;
}

static struct qiao_proven blank(const struct job *j, uint32_t index)
{
	return (struct qiao_proven){
		.kind = QIAO_PROVEN_OTHER,
		.height = j->row.height,
		.block = j->row.hash,
		.block_time_ms = j->row.time_ms,
		.index = index,
		.validity = QIAO_VALIDITY_FINAL,
	};
}

/* The tree of the block; it stays with the client, for narrow. */
static qiao_err tree_check(struct job *j, const struct qiao_quorum_proof *p)
{
	struct qiao_lightclient *lc = j->lc;
	struct qiao_hash root;
	qiao_err err;

	qiao_quorum_tree_fini(&lc->tree);
	err = qiao_quorum_tree_build(&lc->tree, p->leaves, p->n);
	if (err != QIAO_OK)
		return err;
	lc->tree_height = p->height;
	qiao_quorum_tree_root(&lc->tree, &root);
	if (qiao_hash_eq(&root, &j->row.root))
		return QIAO_OK;
	qiao_quorum_tree_fini(&lc->tree);
	return qiao_fail(j->why, QIAO_E_PROOF,
			 "block %llu: the leaves do not lead to the records "
			 "root of the trusted header",
			 (unsigned long long)p->height);
}

/*
 * A chain whose writers put nonsense into a leaf must not stop for it: such a
 * leaf is handed on as a doubted OTHER, of which no record comes.
 */
static qiao_err whole_prove(struct job *j, const struct qiao_quorum_proof *p)
{
	qiao_err err;

	if (p->n != j->row.leaves)
		return qiao_fail(j->why, QIAO_E_PROOF,
				 "block %llu: the proof has %zu leaves, the "
				 "header says %llu",
				 (unsigned long long)p->height, p->n,
				 (unsigned long long)j->row.leaves);
	err = tree_check(j, p);
	if (err != QIAO_OK)
		return err;
	for (size_t i = 0; i < p->n; i++) {
		struct qiao_proven item = blank(j, (uint32_t)i);

		err = leaf_fill(&item, j, p->leaves[i], &j->lc->key_ids[i]);
		if (err == QIAO_E_NOMEM)
			return err;
		item.doubted = err != QIAO_OK;
		err = j->sink.item(j->sink.ctx, &item);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

static qiao_err one_prove(struct job *j, const struct qiao_quorum_proof *p)
{
	struct qiao_proven item = blank(j, (uint32_t)p->index);
	struct qiao_hash hash;
	qiao_err err;

	qiao_merkle_leaf(&hash, p->leaf);
	err = qiao_merkle_path_check(&p->path, p->index, j->row.leaves, &hash,
				     &j->row.root);
	if (err != QIAO_OK)
		return qiao_fail(j->why, err,
				 "block %llu, leaf %llu: the path does not "
				 "lead to the records root of the trusted "
				 "header",
				 (unsigned long long)p->height,
				 (unsigned long long)p->index);
	err = leaf_fill(&item, j, p->leaf, &j->lc->key_ids[0]);
	if (err != QIAO_OK)
		return qiao_fail(
			j->why, err, "block %llu, leaf %llu: no statement (%s)",
			(unsigned long long)p->height,
			(unsigned long long)p->index, qiao_strerror(err));
	return j->sink.item(j->sink.ctx, &item);
}

static qiao_err row_find(struct job *j, uint64_t height,
			 const struct qiao_view *view)
{
	struct qiao_quorum_row *asked = &j->lc->asked;
	qiao_err err = QIAO_E_NOTFOUND;

	if (asked->height == height && !qiao_hash_is_zero(&asked->hash)) {
		j->row = *asked;
		return QIAO_OK;
	}
	if (height <= j->lc->head.height)
		err = qiao_quorum_row_get(&j->row, height, view);
	if (err == QIAO_OK)
		*asked = j->row;
	if (err == QIAO_E_NOTFOUND)
		return qiao_fail(j->why, err,
				 "block %llu of chain %s is not followed yet",
				 (unsigned long long)height, j->lc->chain);
	return err;
}

static qiao_err key_ids_new(struct qiao_lightclient *lc, size_t n)
{
	qiao_free(lc->key_ids);
	lc->key_ids = qiao_calloc(n, sizeof(*lc->key_ids));
	return lc->key_ids ? QIAO_OK : QIAO_E_NOMEM;
}

qiao_err qiao_lc_quorum_prove(struct qiao_lightclient *lc,
			      struct qiao_slice proof,
			      struct qiao_proven_sink sink,
			      const struct qiao_view *view,
			      struct qiao_why *why)
{
	struct job j = { .lc = lc, .sink = sink, .why = why };
	struct qiao_quorum_proof p;
	qiao_err err = qiao_quorum_proof_parse(&p, proof);

	if (err != QIAO_OK)
		qiao_fail(why, err, "no proof of family quorum (%s)",
			  qiao_strerror(err));
	else
		err = row_find(&j, p.height, view);
	if (err == QIAO_OK)
		err = key_ids_new(lc, p.whole ? p.n : 1);
	if (err == QIAO_OK)
		err = p.whole ? whole_prove(&j, &p) : one_prove(&j, &p);
	qiao_quorum_proof_fini(&p);
	return err;
}

static void one_put(struct qiao_buf *out, const struct qiao_quorum_proof *p,
		    const struct qiao_quorum_tree *tree, uint32_t index)
{
	struct qiao_merkle_path path;

	qiao_quorum_tree_path(tree, &path, index);
	qiao_mp_put_array(out, 5);
	qiao_mp_put_uint(out, 2);
	qiao_mp_put_uint(out, p->height);
	qiao_mp_put_uint(out, index);
	qiao_mp_put_bin(out, p->leaves[index]);
	qiao_mp_put_array(out, path.n);
	for (size_t i = 0; i < path.n; i++)
		qiao_mp_put_hash(out, &path.h[i]);
}

/* The tree of the block proven or narrowed last, or made now and kept. */
qiao_err qiao_lc_quorum_narrow(struct qiao_lightclient *lc,
			       struct qiao_buf *out, struct qiao_slice proof,
			       uint32_t tx, uint32_t index)
{
	struct qiao_quorum_proof p;
	qiao_err err = qiao_quorum_proof_parse(&p, proof);

	if (err == QIAO_OK && !p.whole)
		err = QIAO_E_USAGE;
	if (err == QIAO_OK && (tx != 0 || index >= p.n))
		err = QIAO_E_NOTFOUND;
	if (err == QIAO_OK &&
	    (lc->tree.n != p.n || lc->tree_height != p.height)) {
		qiao_quorum_tree_fini(&lc->tree);
		err = qiao_quorum_tree_build(&lc->tree, p.leaves, p.n);
		lc->tree_height = p.height;
	}
	if (err == QIAO_OK) {
		one_put(out, &p, &lc->tree, index);
		err = out->err;
	}
	qiao_quorum_proof_fini(&p);
	return err;
}
