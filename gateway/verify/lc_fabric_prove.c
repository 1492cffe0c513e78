/* SPDX-License-Identifier: Apache-2.0 */
/* The public writes of a block that was accepted earlier. */
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_delivery.h"
#include "gateway/verify/fabric_tx.h"
#include "gateway/verify/lc_fabric.h"

#include <inttypes.h>

struct prove {
	const struct qiao_lightclient *lc;
	const struct qiao_fabric_block *b;
	struct qiao_proven_sink sink;
	const struct qiao_fabric_tx *tx;
	struct qiao_slice issuer_ou;
	enum qiao_validity validity;
};

/* Slot 2 is what the serving node believes; a code it lacks is no "valid". */
static bool is_doubted(const struct qiao_fabric_block *b, uint32_t tx)
{
	return b->filter.n > 0 && (tx >= b->filter.n || b->filter.p[tx] != 0);
}

static qiao_err emit(void *ctx, const struct qiao_fabric_write *w)
{
	struct prove *p = ctx;
	const struct qiao_fabric_identity *creator = p->tx->creator;
	struct qiao_proven item = {
		.kind = w->is_delete ? QIAO_PROVEN_DELETE : QIAO_PROVEN_WRITE,
		.height = p->b->number,
		.block = p->b->hash,
		.tx_id = qiao_slice_hash(&p->tx->tx_id),
		.tx = p->tx->position,
		.txs = (uint32_t)p->b->entries,
		.index = w->index,
		.validity = p->validity,
		.doubted = is_doubted(p->b, p->tx->position),
		.space = w->space,
		.key = w->key,
		.value = w->value,
		.issuer = creator->msp->name,
		.issuer_ou = p->issuer_ou,
	};
	qiao_err err = QIAO_OK;

	if (*p->lc->contract && qiao_slice_is(w->space, p->lc->contract))
		err = qiao_fabric_delivery_read(&item, creator);
	return err == QIAO_OK ? p->sink.item(p->sink.ctx, &item) : err;
}

static qiao_err on_tx(void *ctx, const struct qiao_fabric_tx *tx)
{
	struct prove *p = ctx;

	if (tx->code != QIAO_FABRIC_VALID || !tx->creator)
		return QIAO_OK;
	p->tx = tx;
	p->issuer_ou = qiao_fabric_identity_ou(tx->creator);
	return qiao_fabric_tx_writes(
		tx, (struct qiao_fabric_write_sink){ p, emit });
}

static qiao_err check_proof(const struct qiao_fabric_block *b,
			    const struct qiao_fabric_block_row *row,
			    struct qiao_why *why)
{
	if (!qiao_hash_eq(&row->hash, &b->hash))
		return qiao_fail(why, QIAO_E_PROOF,
				 "block %" PRIu64 " is not the one accepted at "
				 "its height",
				 b->number);
	if (b->thin)
		return qiao_fail(why, QIAO_E_PROOF,
				 "the proof of block %" PRIu64
				 " has no entries",
				 b->number);
	return qiao_fabric_block_check_data(b, why);
}

/*
 * A block that was replayed when it was accepted has its codes from then. For
 * another the entries are judged now, by the operator's rules.
 */
static qiao_err judge(struct qiao_lightclient *lc, struct prove *p,
		      struct qiao_fabric_config *c, struct qiao_slice codes)
{
	const struct qiao_fabric_tx_sink sink = { p, on_tx };

	p->validity = codes.n > 0 ? QIAO_VALIDITY_REPLAYED
				  : QIAO_VALIDITY_ENDORSED_ONLY;
	if (codes.n > 0)
		return qiao_fabric_txs_recall(p->b, c, codes, sink);
	return qiao_fabric_txs_judge(p->b, c, &lc->rules, sink);
}

qiao_err qiao_fabric_prove(struct qiao_lightclient *lc, struct qiao_slice proof,
			   struct qiao_proven_sink sink,
			   const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_fabric_block_row row;
	struct qiao_buf codes = QIAO_BUF;
	struct qiao_fabric_config *c;
	struct qiao_fabric_block b;
	struct prove p = { .lc = lc, .b = &b, .sink = sink };
	qiao_err err = qiao_fabric_block_parse(&b, proof, why);

	if (err != QIAO_OK)
		return err;
	err = qiao_fabric_row_codes(&row, &codes, b.number, view);
	if (err == QIAO_E_NOTFOUND)
		return qiao_fail(why, err,
				 "block %" PRIu64 " is not followed yet",
				 b.number);
	if (err == QIAO_OK)
		err = check_proof(&b, &row, why);
	if (err == QIAO_OK)
		err = qiao_fabric_config_at(lc, &c, row.config, view, why);
	if (err == QIAO_OK)
		err = judge(lc, &p, c, qiao_buf_slice(&codes));
	qiao_buf_free(&codes);
	return err;
}
