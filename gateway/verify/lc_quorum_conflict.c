/* SPDX-License-Identifier: Apache-2.0 */
/* Two headers of one height, both good: the proof of misbehaviour. */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/verify/lc_quorum.h"

struct pair {
	struct qiao_quorum_claim a, b;
	struct qiao_quorum_set set; /* that signs this height */
	struct qiao_quorum_row row; /* trusted; zero hash above the head */
};

static qiao_err no(struct qiao_why *why, const char *cause)
{
	return qiao_fail(why, QIAO_E_NOTFOUND, "no conflict: %s", cause);
}

/* The set that signs a height, as this client followed it. */
static qiao_err set_find(const struct qiao_lightclient *lc, struct pair *p,
			 const struct qiao_view *view, struct qiao_why *why)
{
	uint64_t height = p->a.header.height;
	qiao_err err;

	if (height == 0)
		return no(why, "height 0 comes from the anchor alone");
	if (height > lc->head.height + 1)
		return no(why, "that height is not followed yet");
	if (height == lc->head.height + 1) {
		p->set = *lc->set;
		return QIAO_OK;
	}
	err = qiao_quorum_row_get(&p->row, height, view);
	if (err == QIAO_OK)
		err = qiao_quorum_set_get(&p->set, &p->row.set, view);
	if (err == QIAO_E_NOTFOUND) /* below the head every row is there */
		return QIAO_E_STATE;
	return err;
}

static qiao_err valid_check(const struct pair *p,
			    const struct qiao_quorum_claim *c)
{
	if (!qiao_hash_is_zero(&p->row.hash) &&
	    qiao_hash_eq(&p->row.hash, &c->header.hash))
		return QIAO_OK; /* accepted before, perhaps unsigned */
	if (!qiao_hash_eq(&c->header.set, &p->set.hash))
		return QIAO_E_BADSIG;
	return qiao_quorum_claim_verify(c, &p->set, NULL);
}

static qiao_err judge(const struct qiao_lightclient *lc, struct pair *p,
		      struct qiao_slice a, struct qiao_slice b,
		      const struct qiao_view *view, struct qiao_why *why)
{
	qiao_err err;

	if (qiao_quorum_claim_parse(&p->a, a) != QIAO_OK ||
	    qiao_quorum_claim_parse(&p->b, b) != QIAO_OK)
		return no(why, "one is no claim of family quorum");
	if (!qiao_slice_is(p->a.header.chain, lc->chain) ||
	    !qiao_slice_is(p->b.header.chain, lc->chain))
		return no(why, "one belongs to another chain");
	if (p->a.header.height != p->b.header.height ||
	    qiao_hash_eq(&p->a.header.hash, &p->b.header.hash))
		return no(why, "they do not contradict each other");
	err = set_find(lc, p, view, why);
	if (err != QIAO_OK)
		return err;
	err = valid_check(p, &p->a);
	if (err == QIAO_OK)
		err = valid_check(p, &p->b);
	if (err == QIAO_E_BADSIG)
		return no(why, "one is not signed by the validators");
	return err;
}

/* docs/light-client-quorum.md 5 */
static qiao_err evidence_put(const struct qiao_lightclient *lc,
			     struct qiao_buf *out, const struct pair *p,
			     struct qiao_slice a, struct qiao_slice b,
			     const struct qiao_view *view)
{
	struct qiao_buf set = QIAO_BUF;
	qiao_err err = qiao_quorum_set_get_bytes(&set, &p->set.hash, view);

	if (err == QIAO_OK) {
		qiao_mp_put_array(out, 5);
		qiao_mp_put_uint(out, 1);
		qiao_mp_put_hash(out, &lc->identity);
		qiao_mp_put_bin(out, qiao_buf_slice(&set));
		qiao_mp_put_bin(out, a);
		qiao_mp_put_bin(out, b);
		err = out->err;
	}
	qiao_buf_free(&set);
	return err == QIAO_E_NOTFOUND ? QIAO_E_STATE : err;
}

qiao_err qiao_lc_quorum_conflict(struct qiao_lightclient *lc,
				 struct qiao_buf *evidence, struct qiao_slice a,
				 struct qiao_slice b,
				 const struct qiao_view *view,
				 struct qiao_why *why)
{
	struct pair *p = qiao_calloc(1, sizeof(*p));
	qiao_err err;

	if (!p)
		return QIAO_E_NOMEM;
	err = judge(lc, p, a, b, view, why);
	if (err == QIAO_OK)
		err = evidence_put(lc, evidence, p, a, b, view);
	qiao_free(p);
	return err;
}
