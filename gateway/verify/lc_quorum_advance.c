/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following the chain. Each header is linked to the one below by its hash, so
 * the signatures of the newest header of a stretch with one validator set stand
 * for all of it; where the set changes a stretch ends. Nothing is remembered
 * before the last claim of the batch has passed.
 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/lc_quorum.h"

#include <string.h>

struct step {
	struct qiao_quorum_row row;
	struct qiao_slice next_set; /* empty: unchanged */
	struct qiao_hash next_hash;
};

struct walk {
	const struct qiao_lightclient *lc;
	const struct qiao_quorum_set *set; /* of the stretch */
	struct qiao_quorum_set *changed;   /* set, when no longer lc's */
	struct qiao_quorum_claim claim;    /* large: one for the whole walk */
	struct qiao_why *why;
};

static qiao_err refuse(const struct walk *w, qiao_err err, const char *cause)
{
	return qiao_fail(w->why, err,
			 "chain %s, header %llu: %s; take it from another node",
			 w->lc->chain,
			 (unsigned long long)w->claim.header.height, cause);
}

static qiao_err number_check(const struct walk *w, uint64_t want)
{
	uint64_t height = w->claim.header.height;

	if (height == want)
		return QIAO_OK;
	if (height <= w->lc->head.height)
		return refuse(w, QIAO_E_STALE, "not above the trusted header");
	return refuse(w, QIAO_E_NUMBER, "not the next height");
}

static qiao_err link_check(const struct walk *w,
			   const struct qiao_quorum_row *below)
{
	const struct qiao_quorum_header *h = &w->claim.header;
	qiao_err err;

	if (!qiao_slice_is(h->chain, w->lc->chain))
		return refuse(w, QIAO_E_CHANNEL, "belongs to another chain");
	err = number_check(w, below->height + 1);
	if (err != QIAO_OK)
		return err;
	if (!qiao_hash_eq(&h->prev, &below->hash))
		return refuse(w, QIAO_E_LINK,
			      "parent hash is not that of the header below");
	if (!qiao_hash_eq(&h->set, &w->set->hash))
		return refuse(w, QIAO_E_CONFIG,
			      "signed by another validator set than the header "
			      "below committed to");
	if (h->time_ms < below->time_ms)
		return refuse(w, QIAO_E_MALFORMED,
			      "its time lies before that of the header below");
	return QIAO_OK;
}

/* Only after the header that commits to the set has been verified. */
static qiao_err set_take(struct walk *w)
{
	struct qiao_quorum_set *next = qiao_malloc(sizeof(*next));
	qiao_err err;

	if (!next)
		return QIAO_E_NOMEM;
	err = qiao_quorum_set_parse(next, w->claim.next_set);
	if (err != QIAO_OK) {
		qiao_free(next);
		return refuse(w, err, "the next validator set is not usable");
	}
	qiao_free(w->changed);
	w->changed = next;
	w->set = next;
	return QIAO_OK;
}

static qiao_err claim_take(struct walk *w, struct step *s,
			   const struct qiao_quorum_row *below,
			   struct qiao_slice claim, bool last)
{
	const struct qiao_quorum_header *h = &w->claim.header;
	bool changes;
	qiao_err err = qiao_quorum_claim_parse(&w->claim, claim);

	if (err != QIAO_OK)
		return qiao_fail(w->why, err,
				 "chain %s: the claim above header %llu is not "
				 "one of family quorum (%s)",
				 w->lc->chain,
				 (unsigned long long)below->height,
				 qiao_strerror(err));
	err = link_check(w, below);
	if (err != QIAO_OK)
		return err;
	changes = w->claim.next_set.n > 0;
	if (last || changes)
		err = qiao_quorum_claim_verify(&w->claim, w->set, w->why);
	if (err == QIAO_OK && changes)
		err = set_take(w);
	if (err != QIAO_OK)
		return err;
	s->row = (struct qiao_quorum_row){ h->height, h->hash,    h->leaves,
					   h->root,   h->time_ms, h->set };
	s->next_set = w->claim.next_set;
	s->next_hash = h->next_set;
	return QIAO_OK;
}

static qiao_err walk_all(struct walk *w, struct step *steps, size_t *bad,
			 const struct qiao_slice *claims, size_t n)
{
	const struct qiao_quorum_row *below = &w->lc->newest;

	for (size_t i = 0; i < n; i++) {
		qiao_err err =
			claim_take(w, &steps[i], below, claims[i], i + 1 == n);

		if (err != QIAO_OK) {
			*bad = i;
			return err;
		}
		below = &steps[i].row;
	}
	return QIAO_OK;
}

static qiao_err steps_put(struct qiao_quorum_head *head,
			  const struct step *steps, size_t n,
			  const struct qiao_view *view)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < n && err == QIAO_OK; i++) {
		const struct step *s = &steps[i];

		err = qiao_quorum_row_put(&s->row, view);
		if (err == QIAO_OK && s->next_set.n > 0) {
			err = qiao_quorum_set_put(&s->next_hash, s->next_set,
						  view);
			head->trust_height = s->row.height;
			head->set = s->next_hash;
		}
	}
	head->height = steps[n - 1].row.height;
	return err == QIAO_OK ? qiao_quorum_head_put(head, view) : err;
}

static void accept(struct qiao_lightclient *lc, struct walk *w,
		   const struct qiao_quorum_head *head,
		   const struct qiao_quorum_row *newest)
{
	lc->head = *head;
	lc->newest = *newest;
	if (!w->changed)
		return;
	qiao_free(lc->set);
	lc->set = w->changed;
	w->changed = NULL;
}

qiao_err qiao_lc_quorum_advance(struct qiao_lightclient *lc, size_t *bad,
				const struct qiao_slice *claims, size_t n,
				const struct qiao_view *view,
				struct qiao_why *why)
{
	struct qiao_quorum_head head = lc->head;
	struct step *steps;
	struct walk *w;
	qiao_err err = QIAO_E_NOMEM;

	*bad = 0;
	if (n == 0)
		return QIAO_OK;
	if (n > QIAO_HEADERS_PER_BATCH_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "%zu header claims in one batch, at most %d",
				 n, QIAO_HEADERS_PER_BATCH_MAX);
	w = qiao_calloc(1, sizeof(*w));
	steps = qiao_malloc(n * sizeof(*steps));
	if (w && steps) {
		w->lc = lc;
		w->set = lc->set;
		w->why = why;
		err = walk_all(w, steps, bad, claims, n);
	}
	if (err == QIAO_OK)
		err = steps_put(&head, steps, n, view);
	if (err == QIAO_OK)
		accept(lc, w, &head, &steps[n - 1].row);
	if (w)
		qiao_free(w->changed);
	qiao_free(w);
	qiao_free(steps);
	return err;
}
