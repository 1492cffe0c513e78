/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/lc_fabric.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <string.h>

static void close_client(struct qiao_lightclient *lc)
{
	if (!lc)
		return;
	qiao_fabric_config_free(lc->config);
	for (size_t i = 0; i < QIAO_FABRIC_PAST; i++)
		qiao_fabric_config_free(lc->past[i]);
	qiao_fabric_rules_free(&lc->rules);
	qiao_fabric_ledger_forget(&lc->ledger);
	qiao_free(lc);
}

static qiao_err load_stored(struct qiao_lightclient *lc,
			    struct qiao_fabric_config **out, uint64_t height,
			    const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = qiao_fabric_config_get(&b, height, view);

	*out = NULL;
	if (err == QIAO_OK)
		err = qiao_fabric_config_load(out, qiao_buf_slice(&b),
					      &lc->sigs, why);
	else if (err == QIAO_E_NOTFOUND)
		err = qiao_fail(why, QIAO_E_IO,
				"configuration %" PRIu64 " is missing from the "
				"store",
				height);
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_fabric_config_at(struct qiao_lightclient *lc,
			       struct qiao_fabric_config **out, uint64_t height,
			       const struct qiao_view *view,
			       struct qiao_why *why)
{
	qiao_err err;

	*out = lc->config;
	if (lc->config->height == height)
		return QIAO_OK;
	for (size_t i = 0; i < QIAO_FABRIC_PAST; i++) {
		*out = lc->past[i];
		if (*out && (*out)->height == height)
			return QIAO_OK;
	}
	err = load_stored(lc, out, height, view, why);
	if (err != QIAO_OK)
		return err;
	qiao_fabric_config_free(lc->past[lc->oldest]);
	lc->past[lc->oldest] = *out;
	lc->oldest = (lc->oldest + 1) % QIAO_FABRIC_PAST;
	return QIAO_OK;
}

/* The genesis block is replayed, too: its entry has an id. */
static qiao_err replay_genesis(struct qiao_lightclient *lc,
			       struct qiao_buf *codes,
			       const struct qiao_view *view)
{
	struct qiao_fabric_block b;
	struct qiao_layer state;
	qiao_err err = qiao_fabric_block_parse(
		&b, qiao_slice_of(lc->config->bytes, lc->config->bytes_n),
		NULL);

	if (err != QIAO_OK)
		return err;
	qiao_layer_init(&state, view);
	err = qiao_fabric_replay(&lc->ledger, codes, &state, &b, lc->config);
	if (err == QIAO_OK)
		err = qiao_layer_flush(&state, view);
	if (err == QIAO_OK)
		err = qiao_fabric_replay_put(0, view);
	lc->replays = err == QIAO_OK;
	qiao_layer_clear(&state);
	return err;
}

/* A new chain: the anchor becomes block 0 of the view. */
static qiao_err start(struct qiao_lightclient *lc, const struct qiao_view *view)
{
	const struct qiao_fabric_head_row head = { 0, lc->genesis, 0,
						   lc->genesis };
	const struct qiao_fabric_block_row row = { 0, lc->genesis, 0 };
	struct qiao_buf codes = QIAO_BUF;
	qiao_err err = qiao_fabric_config_put(lc->config, view);

	if (err == QIAO_OK)
		err = replay_genesis(lc, &codes, view);
	if (err == QIAO_OK)
		err = qiao_fabric_row_put(&row, qiao_buf_slice(&codes), view);
	if (err == QIAO_OK)
		err = qiao_fabric_head_put(&head, view);
	qiao_buf_free(&codes);
	return err;
}

/* Replay goes on if it reaches the head. */
static qiao_err go_on_replaying(struct qiao_lightclient *lc,
				const struct qiao_view *view)
{
	uint64_t height;
	qiao_err err = qiao_fabric_replay_get(&height, view);

	lc->replays = err == QIAO_OK && height == lc->head.height;
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static qiao_err go_on(struct qiao_lightclient *lc,
		      const struct qiao_fabric_head_row *head,
		      const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_fabric_config *c;
	qiao_err err;

	if (!qiao_hash_eq(&head->genesis, &lc->genesis))
		return qiao_fail(
			why, QIAO_E_CONFIG,
			"anchor: the store follows another chain; give "
			"the anchor back, or start a new store");
	lc->head.height = head->height;
	lc->head.hash = head->hash;
	err = go_on_replaying(lc, view);
	if (err != QIAO_OK || head->config == 0)
		return err;
	err = load_stored(lc, &c, head->config, view, why);
	if (err != QIAO_OK)
		return err;
	qiao_fabric_config_free(lc->config);
	lc->config = c;
	return QIAO_OK;
}

static qiao_err open_client(struct qiao_lightclient **out,
			    const struct qiao_lc_config *cfg,
			    const struct qiao_hash *network,
			    const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_lightclient *lc = qiao_calloc(1, sizeof(*lc));
	struct qiao_fabric_head_row head;
	qiao_err err;

	(void)network; /* Fabric's blocks know nothing of ours */
	*out = NULL;
	if (!lc)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	lc->sigs.parallel = cfg->parallel;
	err = qiao_fabric_anchor_read(lc, cfg, why);
	if (err == QIAO_OK) {
		err = qiao_fabric_head_get(&head, view);
		if (err == QIAO_OK)
			err = go_on(lc, &head, view, why);
		else if (err == QIAO_E_NOTFOUND)
			err = start(lc, view);
	}
	if (err == QIAO_OK)
		*out = lc;
	else
		close_client(lc);
	return err;
}

static struct qiao_hash identity(const struct qiao_lightclient *lc)
{
	return lc->identity;
}

static struct qiao_header_trusted head(const struct qiao_lightclient *lc)
{
	return lc->head;
}

static qiao_err header(const struct qiao_lightclient *lc,
		       struct qiao_header_trusted *out, uint64_t height,
		       const struct qiao_view *view)
{
	struct qiao_fabric_block_row row;
	qiao_err err = QIAO_E_NOTFOUND;

	memset(out, 0, sizeof(*out));
	if (height <= lc->head.height)
		err = qiao_fabric_row_get(&row, height, view);
	if (err == QIAO_OK)
		*out = (struct qiao_header_trusted){ height, row.hash, 0 };
	return err;
}

/* Header and slot 0; the entry too where it is a configuration. */
static qiao_err hash(struct qiao_hash *out, struct qiao_slice claim)
{
	struct qiao_fabric_block b;
	qiao_err err = qiao_fabric_block_parse(&b, claim, NULL);

	*out = err == QIAO_OK ? b.hash : (struct qiao_hash){ { 0 } };
	return err;
}

/* Each claim's signatures are checked: a batch may end with any of them. */
static bool stands(struct qiao_slice thin_claim)
{
	(void)thin_claim;
	return true;
}

static qiao_err thin(struct qiao_buf *out, struct qiao_slice claim, bool last)
{
	struct qiao_buf metadata = QIAO_BUF;
	struct qiao_fabric_block b;
	qiao_err err = qiao_fabric_block_parse(&b, claim, NULL);

	(void)last;
	if (err != QIAO_OK)
		return err;
	qiao_pb_put_bytes(&metadata, 1, b.signatures);
	qiao_pb_put_bytes(out, 1, qiao_pb_bytes(claim, 1));
	if (qiao_fabric_block_is_config(&b))
		qiao_pb_put_bytes(out, 2, b.data);
	qiao_pb_put_bytes(out, 3, qiao_buf_slice(&metadata));
	err = metadata.err != QIAO_OK ? metadata.err : out->err;
	qiao_buf_free(&metadata);
	return err;
}

/* There is no smaller proof than the block: its data hash is flat. */
static qiao_err narrow(struct qiao_lightclient *lc, struct qiao_buf *out,
		       struct qiao_slice proof, uint32_t tx, uint32_t index)
{
	(void)lc;
	(void)tx;
	(void)index;
	qiao_buf_put(out, proof);
	return out->err;
}

static uint64_t trust_height(const struct qiao_lightclient *lc)
{
	return lc->config->height;
}

const struct qiao_lightclient_api qiao_lc_fabric = {
	.family = "fabric",
	.proof_is_block = true,
	.open = open_client,
	.identity = identity,
	.head = head,
	.advance = qiao_fabric_advance,
	.header = header,
	.prove = qiao_fabric_prove,
	.hash = hash,
	.thin = thin,
	.stands = stands,
	.narrow = narrow,
	.conflict = qiao_fabric_conflict,
	.evidence = qiao_fabric_evidence,
	.trust_height = trust_height,
	.free = close_client,
};
