/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims one after the other. Every claim's signatures are checked, not only
 * the newest one's: metadata is not under the header hash, so a claim below
 * could carry none that a peer could check when it is forwarded alone. But only
 * the newest one needs as many as the operator demands: it vouches for those
 * below, of which an orderer may hold no copy with a signature of its own.
 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/layer.h"
#include "gateway/verify/lc_fabric.h"

#include <string.h>

struct batch {
	struct qiao_lightclient *lc;
	struct qiao_header_trusted head;
	struct qiao_fabric_block_row *row;   /* one for each claim */
	struct qiao_fabric_config **brought; /* NULL for most */
	struct qiao_fabric_config **under;   /* what judged it; borrowed */
	struct qiao_fabric_config *config;   /* in force now; borrowed */
	size_t n;
	bool replays;            /* still */
	struct qiao_layer state; /* what the ledger changes */
	struct qiao_buf *codes;  /* one for each claim */
};

/* A block that leaves a gap ends replay, as one without its entries does. */
static qiao_err replay(struct batch *batch, const struct qiao_fabric_block *b)
{
	qiao_err err = QIAO_E_UNSUPPORTED;

	if (!batch->replays)
		return QIAO_OK;
	if (b->number == batch->head.height + 1)
		err = qiao_fabric_replay(&batch->lc->ledger,
					 &batch->codes[batch->n], &batch->state,
					 b, batch->config);
	if (err != QIAO_E_UNSUPPORTED)
		return err;
	batch->replays = false;
	return QIAO_OK;
}

/* A block above the head of the batch. */
static qiao_err take_next(struct batch *batch,
			  const struct qiao_fabric_block *b,
			  struct qiao_slice claim, struct qiao_why *why)
{
	struct qiao_fabric_block_row *row = &batch->row[batch->n];
	struct qiao_fabric_config **next = &batch->brought[batch->n];
	const bool gaps = batch->lc->gaps;
	struct qiao_fabric_demand demand = batch->lc->demand;
	qiao_err err = QIAO_OK;

	if (!gaps) /* check_newest demands more */
		demand.min_orderers = 1;
	if (!gaps || b->number <= batch->head.height + 1)
		err = qiao_fabric_check_link(b, &batch->head, why);
	if (err == QIAO_OK)
		err = qiao_fabric_check_block(next, b, claim, batch->config,
					      &demand, why);
	if (gaps && err == QIAO_E_BADSIG)
		err = qiao_fabric_missing(batch->config, b, why);
	if (err == QIAO_OK)
		err = replay(batch, b);
	if (err != QIAO_OK)
		return err;
	row->height = b->number;
	row->hash = b->hash;
	row->config = batch->config->height;
	batch->under[batch->n] = batch->config;
	batch->head.height = b->number;
	batch->head.hash = b->hash;
	if (*next)
		batch->config = *next;
	return QIAO_OK;
}

/* A late block among those of its batch, whose rows are not stored yet. */
static qiao_err take_late(struct batch *batch,
			  const struct qiao_fabric_block *b,
			  struct qiao_slice claim, const struct qiao_view *view,
			  struct qiao_why *why)
{
	struct qiao_fabric_block_row *row = &batch->row[batch->n];

	if (batch->n > 0 && row[-1].height >= b->number)
		return qiao_fail(why, QIAO_E_STALE, "claims do not ascend");
	if (batch->n > 0 && row[-1].height + 1 == b->number &&
	    !qiao_slice_eq(b->previous_hash, qiao_slice_hash(&row[-1].hash)))
		return qiao_fail(why, QIAO_E_LINK,
				 "a claim does not follow the one before it");
	return qiao_fabric_fill(batch->lc, row, b, claim, view, why);
}

static qiao_err take_claim(struct batch *batch, struct qiao_slice claim,
			   const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_lightclient *lc = batch->lc;
	struct qiao_fabric_block b;
	qiao_err err = qiao_fabric_block_parse(&b, claim, why);

	if (err == QIAO_OK && lc->gaps && b.number <= lc->head.height)
		err = take_late(batch, &b, claim, view, why);
	else if (err == QIAO_OK)
		err = take_next(batch, &b, claim, why);
	if (err == QIAO_OK)
		batch->n++;
	return err;
}

/* *bad is the first claim above the last that enough orderers signed. */
static qiao_err check_newest(const struct batch *batch, size_t *bad,
			     const struct qiao_slice *claims,
			     struct qiao_why *why)
{
	qiao_err refusal = QIAO_OK;

	for (*bad = batch->n; *bad > 0; --*bad) {
		struct qiao_fabric_block b;
		qiao_err err =
			qiao_fabric_block_parse(&b, claims[*bad - 1], why);

		if (err == QIAO_OK)
			err = qiao_fabric_check_orderers(
				&b, batch->under[*bad - 1], &batch->lc->demand,
				refusal == QIAO_OK ? why : NULL);
		if (err == QIAO_OK)
			return refusal;
		if (err != QIAO_E_BADSIG)
			return err;
		refusal = err;
	}
	return refusal;
}

static qiao_err store(const struct batch *batch, const struct qiao_view *view)
{
	const struct qiao_fabric_head_row head = { batch->head.height,
						   batch->head.hash,
						   batch->config->height,
						   batch->lc->genesis };
	qiao_err err = QIAO_OK;

	for (size_t i = 0; err == QIAO_OK && i < batch->n; i++) {
		err = qiao_fabric_row_put(
			&batch->row[i], qiao_buf_slice(&batch->codes[i]), view);
		if (err == QIAO_OK && batch->brought[i])
			err = qiao_fabric_config_put(batch->brought[i], view);
	}
	if (err == QIAO_OK)
		err = qiao_layer_flush(&batch->state, view);
	if (err == QIAO_OK && batch->replays)
		err = qiao_fabric_replay_put(batch->head.height, view);
	return err == QIAO_OK ? qiao_fabric_head_put(&head, view) : err;
}

/* From here on nothing can fail: the client is where the view is. */
static void adopt(struct batch *batch)
{
	struct qiao_lightclient *lc = batch->lc;

	lc->head = batch->head;
	lc->replays = batch->replays;
	if (batch->config == lc->config)
		return;
	qiao_fabric_config_free(lc->config);
	lc->config = batch->config;
	for (size_t i = 0; i < batch->n; i++)
		if (batch->brought[i] == batch->config)
			batch->brought[i] = NULL;
}

qiao_err qiao_fabric_advance(struct qiao_lightclient *lc, size_t *bad,
			     const struct qiao_slice *claims, size_t n,
			     const struct qiao_view *view, struct qiao_why *why)
{
	struct batch batch = { .lc = lc,
			       .head = lc->head,
			       .config = lc->config,
			       .replays = lc->replays };
	qiao_err err = QIAO_OK;

	*bad = 0;
	if (n == 0)
		return QIAO_OK;
	if (n > QIAO_HEADERS_PER_BATCH_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "a batch of %zu claims", n);
	qiao_layer_init(&batch.state, view);
	batch.codes = qiao_calloc(n, sizeof(*batch.codes));
	batch.row = qiao_calloc(n, sizeof(*batch.row));
	batch.brought = qiao_calloc(n, sizeof(struct qiao_fabric_config *));
	batch.under = qiao_calloc(n, sizeof(struct qiao_fabric_config *));
	if (!batch.row || !batch.brought || !batch.under || !batch.codes)
		err = qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	for (size_t i = 0; err == QIAO_OK && i < n; i++) {
		*bad = i;
		err = take_claim(&batch, claims[i], view, why);
	}
	if (err == QIAO_OK && !lc->gaps) /* else each was enough */
		err = check_newest(&batch, bad, claims, why);
	if (err == QIAO_OK)
		err = store(&batch, view);
	if (err == QIAO_OK)
		adopt(&batch);
	else /* it may have read what is taken back now */
		qiao_fabric_ledger_forget(&lc->ledger);
	for (size_t i = 0; batch.brought && i < n; i++)
		qiao_fabric_config_free(batch.brought[i]);
	for (size_t i = 0; batch.codes && i < n; i++)
		qiao_buf_free(&batch.codes[i]);
	qiao_layer_clear(&batch.state);
	qiao_free(batch.codes);
	qiao_free(batch.brought);
	qiao_free(batch.under);
	qiao_free(batch.row);
	return err;
}
