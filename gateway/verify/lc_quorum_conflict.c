/* SPDX-License-Identifier: Apache-2.0 */
/* Two headers of one height, both good: the proof of misbehaviour. */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/lc_quorum.h"

#include <string.h>

/* Claims from the height in question to one that the set has signed. */
struct side {
	const struct qiao_slice *claim;
	size_t n;
	struct qiao_hash first; /* hash of the first header */
};

struct pair {
	const char *chain;
	char name[QIAO_NAME_MAX + 1]; /* chain, when nobody told it */
	uint64_t height;
	struct qiao_quorum_set set; /* that signs from this height on */
	struct side a, b;
	struct qiao_quorum_claim claim; /* large: one for all */
};

static qiao_err no(struct qiao_why *why, const char *cause)
{
	return qiao_fail(why, QIAO_E_NOTFOUND, "no conflict: %s", cause);
}

/* The height that both begin at, before anything is verified. */
static qiao_err begin(struct pair *p, struct qiao_why *why)
{
	const struct qiao_quorum_header *h = &p->claim.header;
	struct qiao_hash first;

	if (p->a.n == 0 || p->b.n == 0 ||
	    qiao_quorum_claim_parse(&p->claim, p->a.claim[0]) != QIAO_OK)
		return no(why, "one is no claim of family quorum");
	p->height = h->height;
	first = h->hash;
	if (!qiao_str_copy(p->name, sizeof(p->name), h->chain))
		return no(why, "one belongs to another chain");
	if (qiao_quorum_claim_parse(&p->claim, p->b.claim[0]) != QIAO_OK)
		return no(why, "one is no claim of family quorum");
	if (h->height != p->height || qiao_hash_eq(&h->hash, &first))
		return no(why, "they do not contradict each other");
	if (p->height == 0)
		return no(why, "height 0 comes from the anchor alone");
	return QIAO_OK;
}

/*
 * Every claim names the one before; the last, or the first that changes the
 * set, is signed. One claim's signatures are looked at, however many there are.
 */
static qiao_err side_check(struct pair *p, struct side *s, struct qiao_why *why)
{
	const struct qiao_quorum_header *h = &p->claim.header;
	struct qiao_hash below;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (qiao_quorum_claim_parse(&p->claim, s->claim[i]) != QIAO_OK)
			return no(why, "one is no claim of family quorum");
		if (!qiao_slice_is(h->chain, p->chain))
			return no(why, "one belongs to another chain");
		if (h->height != p->height + i ||
		    (i > 0 && !qiao_hash_eq(&h->prev, &below)))
			return no(why, "its claims do not follow each other");
		if (!qiao_hash_eq(&h->set, &p->set.hash))
			return no(why, "one is not signed by the validators");
		if (i == 0)
			s->first = h->hash;
		below = h->hash;
		if (p->claim.next_set.n > 0)
			break;
	}
	if (i < s->n)
		s->n = i + 1;
	if (qiao_quorum_claim_verify(&p->claim, &p->set, NULL) != QIAO_OK)
		return no(why, "one is not signed by the validators");
	return QIAO_OK;
}

/* The set that signs a height, as this client followed it. */
static qiao_err set_find(const struct qiao_lightclient *lc, struct pair *p,
			 const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_quorum_row row;
	qiao_err err;

	if (p->height > lc->head.height + 1)
		return no(why, "that height is not followed yet");
	if (p->height == lc->head.height + 1) {
		p->set = *lc->set;
		return QIAO_OK;
	}
	err = qiao_quorum_row_get(&row, p->height, view);
	if (err == QIAO_OK)
		err = qiao_quorum_set_get(&p->set, &row.set, view);
	if (err == QIAO_E_NOTFOUND) /* below the head every row is there */
		return QIAO_E_STATE;
	return err;
}

static qiao_err judge(const struct qiao_lightclient *lc, struct pair *p,
		      const struct qiao_view *view, struct qiao_why *why)
{
	qiao_err err = begin(p, why);

	if (err == QIAO_OK)
		err = set_find(lc, p, view, why);
	if (err == QIAO_OK)
		err = side_check(p, &p->a, why);
	if (err == QIAO_OK)
		err = side_check(p, &p->b, why);
	return err;
}

qiao_err qiao_lc_quorum_conflict(struct qiao_lightclient *lc,
				 struct qiao_buf *trust,
				 const struct qiao_slice *a, size_t *na,
				 const struct qiao_slice *b, size_t *nb,
				 const struct qiao_view *view,
				 struct qiao_why *why)
{
	struct pair *p = qiao_calloc(1, sizeof(*p));
	qiao_err err;

	if (!p)
		return QIAO_E_NOMEM;
	p->chain = lc->chain;
	p->a = (struct side){ .claim = a, .n = *na };
	p->b = (struct side){ .claim = b, .n = *nb };
	err = judge(lc, p, view, why);
	if (err == QIAO_OK)
		err = qiao_quorum_set_get_bytes(trust, &p->set.hash, view);
	*na = p->a.n;
	*nb = p->b.n;
	qiao_free(p);
	return err;
}

/* Is that the chain, and the set, of the anchor? */
static qiao_err anchor_check(struct pair *p, bool *anchored,
			     const struct qiao_cnode *root,
			     const struct qiao_hash *chain,
			     struct qiao_why *why)
{
	struct qiao_quorum_set *set = qiao_calloc(1, sizeof(*set));
	struct qiao_quorum_anchor anchor;
	struct qiao_hash identity;
	qiao_err err;

	if (!set)
		return QIAO_E_NOMEM;
	err = qiao_lc_quorum_anchor_read(&anchor, set, root, why);
	if (err == QIAO_OK)
		err = qiao_lc_quorum_identity(&identity, &anchor.genesis.hash);
	if (err == QIAO_OK && (!qiao_hash_eq(&identity, chain) ||
			       strcmp(anchor.chain, p->chain) != 0))
		err = no(why, "it is about another chain than the anchor");
	*anchored = err == QIAO_OK && qiao_hash_eq(&set->hash, &p->set.hash);
	qiao_lc_quorum_anchor_fini(&anchor);
	qiao_free(set);
	return err;
}

static qiao_err judge_alone(struct pair *p, const struct qiao_evidence_chain *e,
			    struct qiao_why *why)
{
	qiao_err err = begin(p, why);

	if (err == QIAO_OK && p->height != e->height)
		err = no(why, "its claims are of another height");
	if (err == QIAO_OK &&
	    qiao_quorum_set_parse(&p->set, e->trust) != QIAO_OK)
		err = no(why, "it has no usable validator set");
	if (err == QIAO_OK)
		err = side_check(p, &p->a, why);
	if (err == QIAO_OK)
		err = side_check(p, &p->b, why);
	if (err == QIAO_OK &&
	    (p->a.n != e->side[0].n || p->b.n != e->side[1].n))
		err = no(why, "it has claims after a change of the set");
	return err;
}

qiao_err qiao_lc_quorum_evidence(bool *anchored,
				 const struct qiao_lc_config *anchor,
				 const struct qiao_evidence_chain *e,
				 struct qiao_why *why)
{
	struct pair *p = qiao_calloc(1, sizeof(*p));
	qiao_err err;

	*anchored = false;
	if (!p)
		return QIAO_E_NOMEM;
	p->chain = p->name;
	p->a = (struct side){ .claim = e->side[0].claim, .n = e->side[0].n };
	p->b = (struct side){ .claim = e->side[1].claim, .n = e->side[1].n };
	err = judge_alone(p, e, why);
	if (err == QIAO_OK && anchor)
		err = anchor_check(p, anchored, anchor->anchor, &e->chain, why);
	qiao_free(p);
	return err;
}
