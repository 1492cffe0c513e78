/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two headers of one height, each signed as BlockValidation and the operator
 * demand: the ordering service contradicts itself. A bad signature is none of
 * that, only a reason to ask another node.
 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/lc_fabric.h"

static qiao_err none(struct qiao_why *why, const char *cause)
{
	return qiao_fail(why, QIAO_E_NOTFOUND, "no conflict: %s", cause);
}

/* The configuration that judges a height at or just above the head. */
static qiao_err config_for(struct qiao_lightclient *lc,
			   struct qiao_fabric_config **out, uint64_t height,
			   const struct qiao_view *view, struct qiao_why *why)
{
	uint64_t config;
	qiao_err err;

	*out = lc->config;
	if (height == lc->head.height + 1)
		return QIAO_OK;
	if (height > lc->head.height)
		return none(why, "that height is not followed yet");
	err = qiao_fabric_in_force(lc, &config, height, view);
	return err == QIAO_OK
		       ? qiao_fabric_config_at(lc, out, config, view, why)
		       : err;
}

static qiao_err check_one(const struct qiao_fabric_block *b,
			  struct qiao_fabric_config *c,
			  const struct qiao_fabric_demand *demand,
			  struct qiao_why *why)
{
	uint64_t last;
	qiao_err err = qiao_fabric_check_orderers(b, c, demand, why);

	if (err == QIAO_OK)
		err = qiao_fabric_last_config(&last, b, why);
	if (err == QIAO_E_BADSIG || err == QIAO_E_UNSUPPORTED)
		return none(why, "one is not signed by the ordering service");
	if (err == QIAO_OK && last != c->height && last != b->number)
		return none(why, "one was made under another configuration");
	return err;
}

/* Did we accept this very block? Then enough orderers vouched for it. */
static qiao_err is_ours(bool *ours, const struct qiao_fabric_block *b,
			const struct qiao_view *view)
{
	struct qiao_fabric_block_row row;
	qiao_err err = qiao_fabric_row_get(&row, b->number, view);

	*ours = err == QIAO_OK && qiao_hash_eq(&row.hash, &b->hash);
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

/*
 * A run of claims whose first one c judges: signed as the channel wants, and by
 * as many as the operator demands, itself or by one above that it leads to, as
 * in a batch. A new configuration ends the run.
 */
static qiao_err check_run(struct qiao_lightclient *lc,
			  const struct qiao_slice *claim, size_t n,
			  struct qiao_fabric_config *c,
			  const struct qiao_view *view, struct qiao_why *why)
{
	const struct qiao_fabric_demand one = { lc->demand.orderer_role, 1 };
	struct qiao_fabric_block b, above;
	bool enough = false;
	qiao_err err = qiao_fabric_block_parse(&b, claim[0], why);

	if (err == QIAO_OK)
		err = check_one(&b, c, &one, why);
	if (err == QIAO_OK)
		err = is_ours(&enough, &b, view);
	for (size_t i = 1; err == QIAO_OK && !enough; i++) {
		err = check_one(&b, c, &lc->demand, why);
		enough = err == QIAO_OK;
		if (enough || err != QIAO_E_NOTFOUND || i >= n ||
		    qiao_fabric_block_is_config(&b) ||
		    qiao_fabric_block_parse(&above, claim[i], NULL) !=
			    QIAO_OK ||
		    above.number != b.number + 1 ||
		    !qiao_slice_eq(above.previous_hash,
				   qiao_slice_hash(&b.hash)))
			return err;
		b = above;
		err = QIAO_OK;
	}
	return err;
}

struct blocks {
	struct qiao_fabric_block x, y;
};

/* Each claim is signed by itself, so the first of each side shows it. */
static qiao_err pair_parse(struct blocks *p, const struct qiao_slice *a,
			   const struct qiao_slice *b, struct qiao_why *why)
{
	if (qiao_fabric_block_parse(&p->x, *a, NULL) != QIAO_OK ||
	    qiao_fabric_block_parse(&p->y, *b, NULL) != QIAO_OK)
		return none(why, "one is no block");
	if (p->x.number != p->y.number || qiao_hash_eq(&p->x.hash, &p->y.hash))
		return none(why, "they do not contradict each other");
	if (p->x.number == 0)
		return none(why, "height 0 comes from the anchor alone");
	return QIAO_OK;
}

qiao_err qiao_fabric_conflict(struct qiao_lightclient *lc,
			      struct qiao_buf *trust,
			      const struct qiao_slice *a, size_t *na,
			      const struct qiao_slice *b, size_t *nb,
			      const struct qiao_view *view,
			      struct qiao_why *why)
{
	struct qiao_fabric_config *c;
	struct blocks p;
	qiao_err err;

	if (*na == 0 || *nb == 0)
		return none(why, "one is no block");
	err = pair_parse(&p, a, b, why);
	if (err == QIAO_OK)
		err = config_for(lc, &c, p.x.number, view, why);
	if (err == QIAO_OK)
		err = check_run(lc, a, *na, c, view, why);
	if (err == QIAO_OK)
		err = check_run(lc, b, *nb, c, view, why);
	if (err != QIAO_OK)
		return err;
	*na = *nb = 1;
	qiao_buf_put(trust, qiao_slice_of(c->bytes, c->bytes_n));
	return trust->err;
}

/* The configuration is the anchor's own when it is that of the genesis block.
 */
static qiao_err anchor_check(bool *anchored,
			     const struct qiao_lc_config *anchor,
			     const struct qiao_fabric_config *c,
			     const struct qiao_hash *chain,
			     struct qiao_why *why)
{
	struct qiao_lightclient *lc = qiao_calloc(1, sizeof(*lc));
	qiao_err err;

	if (!lc)
		return QIAO_E_NOMEM;
	err = qiao_fabric_anchor_read(lc, anchor, why);
	if (err == QIAO_OK && !qiao_hash_eq(&lc->identity, chain))
		err = none(why, "it is about another chain than the anchor");
	*anchored = err == QIAO_OK && qiao_hash_eq(&lc->genesis, &c->hash);
	qiao_lc_fabric.free(lc);
	return err;
}

static qiao_err judge_alone(struct qiao_lightclient *lc,
			    const struct qiao_evidence_chain *e,
			    struct qiao_why *why)
{
	struct blocks p;
	qiao_err err;

	if (e->side[0].n != 1 || e->side[1].n != 1)
		return none(why, "a side has more than its block");
	err = pair_parse(&p, e->side[0].claim, e->side[1].claim, why);
	if (err == QIAO_OK && p.x.number != e->height)
		err = none(why, "its blocks are of another height");
	if (err == QIAO_OK &&
	    qiao_fabric_config_load(&lc->config, e->trust, &lc->sigs, NULL) !=
		    QIAO_OK)
		err = none(why, "it has no usable configuration block");
	if (err == QIAO_OK && lc->config->height >= e->height)
		err = none(why, "its configuration is of a later block");
	if (err == QIAO_OK)
		err = check_one(&p.x, lc->config, &lc->demand, why);
	if (err == QIAO_OK)
		err = check_one(&p.y, lc->config, &lc->demand, why);
	return err;
}

qiao_err qiao_fabric_evidence(bool *anchored,
			      const struct qiao_lc_config *anchor,
			      const struct qiao_evidence_chain *e,
			      struct qiao_why *why)
{
	struct qiao_lightclient *lc = qiao_calloc(1, sizeof(*lc));
	qiao_err err;

	*anchored = false;
	if (!lc)
		return QIAO_E_NOMEM;
	err = judge_alone(lc, e, why);
	if (err == QIAO_OK && anchor)
		err = anchor_check(anchored, anchor, lc->config, &e->chain,
				   why);
	qiao_lc_fabric.free(lc);
	return err;
}
