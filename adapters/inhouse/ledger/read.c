/* SPDX-License-Identifier: Apache-2.0 */
/* The reading half of chain.h: blocks and proofs from the store. */
#include "adapters/inhouse/ledger/state.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

struct reading {
	uint64_t height, index;
	struct qiao_buf *out; /* claim, or leaf */
	/* encoded one after the other, and how many */
	struct qiao_buf leaves, openings;
	size_t n;
	struct qiao_buf hashes; /* one after the other */
};

static qiao_err claim_read(struct qiao_txn *txn, void *arg)
{
	struct reading *r = arg;

	return qiao_store_ledger_claim(txn, r->out, r->height);
}

/* Every other answer is the other claim: two followers see two chains. */
static bool second_take(struct qiao_ledger *l, struct qiao_buf *claim,
			uint64_t height)
{
	bool take;

	if (!l->cfg->test_equivocate || l->cfg->test_equivocate != height)
		return false;
	pthread_mutex_lock(&l->lock);
	take = height <= l->height && l->second.n > 0 &&
	       l->second_asked++ % 2 == 1;
	if (take)
		qiao_buf_put(claim, qiao_buf_slice(&l->second));
	pthread_mutex_unlock(&l->lock);
	return take;
}

qiao_err qiao_ledger_claim(struct qiao_ledger *l, struct qiao_buf *claim,
			   uint64_t height)
{
	struct reading r = { .height = height, .out = claim };

	if (second_take(l, claim, height))
		return claim->err;
	return qiao_store_read(l->store, claim_read, &r);
}

static qiao_err leaf_add(void *ctx, const void *row)
{
	const struct qiao_ledger_leaf_row *l = row;
	struct reading *r = ctx;

	qiao_mp_put_bin(&r->leaves, l->leaf);
	if (l->opening.n > 0)
		qiao_mp_put_raw(&r->openings, l->opening);
	else
		qiao_mp_put_nil(&r->openings);
	r->n++;
	return r->leaves.err != QIAO_OK ? r->leaves.err : r->openings.err;
}

static qiao_err leaves_read(struct qiao_txn *txn, void *arg)
{
	struct reading *r = arg;

	return qiao_store_ledger_leaf_each(txn, r->height, leaf_add, r);
}

qiao_err qiao_ledger_leaves(struct qiao_ledger *l, struct qiao_buf *leaves,
			    struct qiao_buf *openings, uint64_t height)
{
	struct reading r = { .height = height };
	qiao_err err = qiao_store_read(l->store, leaves_read, &r);

	if (err == QIAO_OK) {
		qiao_mp_put_array(leaves, r.n);
		qiao_mp_put_raw(leaves, qiao_buf_slice(&r.leaves));
		qiao_mp_put_array(openings, r.n);
		qiao_mp_put_raw(openings, qiao_buf_slice(&r.openings));
		err = leaves->err != QIAO_OK ? leaves->err : openings->err;
	}
	qiao_buf_free(&r.leaves);
	qiao_buf_free(&r.openings);
	return err;
}

static qiao_err hash_add(void *ctx, const void *row)
{
	struct reading *r = ctx;

	qiao_buf_put(&r->hashes, qiao_slice_hash(row));
	return r->hashes.err;
}

static qiao_err proof_read(struct qiao_txn *txn, void *arg)
{
	struct reading *r = arg;
	qiao_err err;

	err = qiao_store_ledger_leaf(txn, &r->leaves, r->height, r->index);
	if (err == QIAO_OK)
		err = qiao_store_ledger_hash_each(txn, r->height, hash_add, r);
	return err;
}

qiao_err qiao_ledger_prove(struct qiao_ledger *l, struct qiao_buf *proof,
			   uint64_t height, uint64_t index)
{
	struct reading r = { .height = height, .index = index };
	struct qiao_merkle_path path;
	qiao_err err = qiao_store_read(l->store, proof_read, &r);

	if (err == QIAO_OK) {
		/* struct qiao_hash is 32 bytes and nothing else */
		qiao_merkle_path_make(
			&path, (const struct qiao_hash *)r.hashes.p,
			r.hashes.n / sizeof(struct qiao_hash), (size_t)index);
		qiao_inhouse_proof_put(proof, height, index,
				       qiao_buf_slice(&r.leaves), &path);
		err = proof->err;
	}
	qiao_buf_free(&r.hashes);
	qiao_buf_free(&r.leaves);
	return err;
}
