/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two headers of one height, each signed as BlockValidation and the operator
 * demand: the ordering service contradicts itself. A bad signature is none of
 * that, only a reason to ask another node.
 */
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
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

static qiao_err check_one(struct qiao_lightclient *lc,
			  const struct qiao_fabric_block *b,
			  struct qiao_fabric_config *c, struct qiao_why *why)
{
	uint64_t last;
	qiao_err err = qiao_fabric_check_orderers(b, c, &lc->demand, why);

	if (err == QIAO_OK)
		err = qiao_fabric_last_config(&last, b, why);
	if (err == QIAO_E_BADSIG || err == QIAO_E_UNSUPPORTED)
		return none(why, "one is not signed by the ordering service");
	if (err == QIAO_OK && last != c->height && last != b->number)
		return none(why, "one was made under another configuration");
	return err;
}

static qiao_err put_evidence(struct qiao_buf *out, struct qiao_slice a,
			     struct qiao_slice b)
{
	qiao_mp_put_array(out, 4);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_cstr(out, "fabric");
	qiao_mp_put_bin(out, a);
	qiao_mp_put_bin(out, b);
	return out->err;
}

qiao_err qiao_fabric_conflict(struct qiao_lightclient *lc,
			      struct qiao_buf *evidence, struct qiao_slice a,
			      struct qiao_slice b, const struct qiao_view *view,
			      struct qiao_why *why)
{
	struct qiao_fabric_block x, y;
	struct qiao_fabric_config *c;
	qiao_err err;

	if (qiao_fabric_block_parse(&x, a, NULL) != QIAO_OK ||
	    qiao_fabric_block_parse(&y, b, NULL) != QIAO_OK)
		return none(why, "one is no block");
	if (x.number != y.number || qiao_hash_eq(&x.hash, &y.hash))
		return none(why, "they do not contradict each other");
	if (x.number == 0)
		return none(why, "height 0 comes from the anchor alone");
	err = config_for(lc, &c, x.number, view, why);
	if (err == QIAO_OK)
		err = check_one(lc, &x, c, why);
	if (err == QIAO_OK)
		err = check_one(lc, &y, c, why);
	return err == QIAO_OK ? put_evidence(evidence, a, b) : err;
}
