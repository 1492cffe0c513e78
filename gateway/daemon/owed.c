/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/owed.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/proof.h"
#include "relay/receipt.h"

/* Proofs share half a message; a larger one has a message of its own. */
#define PROOFS_MAX (QIAO_PEER_MSG_MAX / 2)

struct build {
	struct qiao_owed *o;
	struct qiao_exchange *x;
	struct qiao_txn *txn;
	/* proofs in the message that may serve another receipt */
	struct qiao_hash ref[QIAO_OWED_MAX];
	unsigned int item[QIAO_OWED_MAX];
	size_t n;
	bool full;
};

static bool is_there(const struct build *b, struct qiao_item_receipt *it,
		     const struct qiao_hash *ref)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!qiao_hash_eq(&b->ref[i], ref))
			continue;
		it->proof_item = b->item[i];
		return true;
	}
	return false;
}

static qiao_err put_bytes(struct build *b, struct qiao_item_receipt *it,
			  struct qiao_slice bytes)
{
	struct qiao_item_proof proof = { it->destination, it->height, bytes };

	it->proof_item = (unsigned int)b->x->n;
	qiao_item_proof_encode(&b->x->items, &proof);
	qiao_exchange_item(b->x);
	return b->x->items.err;
}

static bool fits(struct build *b, size_t n)
{
	b->full = b->x->n > 0 &&
		  (n > PROOFS_MAX || b->x->items.n > PROOFS_MAX - n);
	return !b->full;
}

static qiao_err put_shared(struct build *b, struct qiao_item_receipt *it,
			   const struct qiao_hash *ref)
{
	struct qiao_buf bytes = QIAO_BUF;
	size_t n;
	qiao_err err = qiao_store_proof_size(b->txn, &n, ref);

	if (err != QIAO_OK || !fits(b, n))
		return err;
	b->ref[b->n] = *ref;
	b->item[b->n++] = (unsigned int)b->x->n;
	err = qiao_store_proof_get(b->txn, &bytes, NULL, NULL, ref);
	if (err == QIAO_OK)
		err = put_bytes(b, it, qiao_buf_slice(&bytes));
	qiao_buf_free(&bytes);
	return err;
}

static qiao_err put_proof(struct build *b, struct qiao_item_receipt *it,
			  const struct qiao_in_row *row)
{
	if (!it->has_proof || is_there(b, it, &row->receipt_ref))
		return QIAO_OK;
	if (row->receipt.n == 0)
		return put_shared(b, it, &row->receipt_ref);
	return fits(b, row->receipt.n) ? put_bytes(b, it, row->receipt)
				       : QIAO_OK;
}

static qiao_err put_receipt(struct build *b, struct qiao_in_row *row)
{
	struct qiao_item_receipt it;
	qiao_err err = qiao_receipt_make(&it, row);

	if (err == QIAO_E_LIMIT) {
		b->o->lost[b->o->n_lost++] = row;
		return QIAO_OK;
	}
	if (err == QIAO_OK)
		err = put_proof(b, &it, row);
	if (err != QIAO_OK || b->full)
		return err;
	qiao_item_receipt_encode(&b->x->items, &it);
	qiao_exchange_item(b->x);
	b->o->row[b->o->n++] = row;
	return b->x->items.err;
}

qiao_err qiao_owed_build(struct qiao_owed *o, struct qiao_exchange *x,
			 struct qiao_txn *txn, const char *peer, int64_t now_ms)
{
	struct build *b = qiao_calloc(1, sizeof(*b));
	qiao_err err = b ? qiao_receipt_owed(txn, &o->batch, peer, now_ms,
					     QIAO_OWED_MAX)
			 : QIAO_E_NOMEM;

	if (err == QIAO_OK) {
		b->o = o;
		b->x = x;
		b->txn = txn;
	}
	for (size_t i = 0; err == QIAO_OK && !b->full && i < o->batch.n; i++)
		err = put_receipt(b, &o->batch.rows[i]);
	qiao_free(b);
	return err;
}

void qiao_owed_fini(struct qiao_owed *o)
{
	qiao_inbox_batch_free(&o->batch);
}
