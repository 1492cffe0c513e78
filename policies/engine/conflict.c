/* SPDX-License-Identifier: Apache-2.0 */
/* What rules say against each other: the same id, overrides, shadows. */
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "policies/engine/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* pairs of rules that W201 looks at; more is not worth a second of loading */
#define SHADOW_PAIRS_MAX 2000000

/* --- overrides, within a file -------------------------------------------- */

static void at_rule(struct qiao_loader *l, const struct qiao_rule *r,
		    const char *code, const char *text)
{
	qiao_diag(l->d, r->set->file, r->line, r->col, code, "%s", text);
}

static int id_order(const void *a, const void *b)
{
	const struct qiao_rule *x = *(struct qiao_rule *const *)a;
	const struct qiao_rule *y = *(struct qiao_rule *const *)b;
	int c = strcmp(x->id, y->id);

	return c ? c
		 : (x->position > y->position) - (x->position < y->position);
}

/* The rules of one file, by id. */
struct by_id {
	struct qiao_rule **r;
	size_t n;
};

static bool by_id_make(struct qiao_loader *l, struct by_id *out)
{
	size_t i = 0;

	out->n = 0;
	for (struct qiao_rule *r = l->rules; r && r->set == l->set; r = r->next)
		out->n++;
	out->r = qiao_arena_take(&l->p->arena, out->n, sizeof(*out->r));
	if (!out->r || out->n == 0)
		return false;
	for (struct qiao_rule *r = l->rules; i < out->n; r = r->next)
		out->r[i++] = r;
	qsort(out->r, out->n, sizeof(*out->r), id_order);
	return true;
}

static struct qiao_rule *rule_find(const struct by_id *all, const char *id)
{
	size_t from = 0, to = all->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = strcmp(all->r[mid]->id, id);

		if (c == 0)
			return all->r[mid];
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

static void twins_check(struct qiao_loader *l, const struct by_id *all)
{
	char text[128];

	for (size_t i = 1; i < all->n; i++) {
		if (strcmp(all->r[i]->id, all->r[i - 1]->id) != 0)
			continue;
		snprintf(text, sizeof(text),
			 "rule id \"%.64s\" is there already, in line %u",
			 all->r[i]->id, all->r[i - 1]->line);
		at_rule(l, all->r[i], "E104", text);
	}
}

static bool overrides_count(struct qiao_loader *l, const struct by_id *all,
			    const struct qiao_rule *by)
{
	char text[320], safe[96];
	bool ok = true;

	for (size_t i = 0; i < by->n_overrides; i++) {
		struct qiao_rule *r = rule_find(all, by->overrides[i]);

		if (r && r->effect == QIAO_EFFECT_PERMIT &&
		    by->effect == QIAO_EFFECT_PERMIT) {
			r->pending++;
			continue;
		}
		snprintf(text, sizeof(text),
			 "rule \"%.64s\" overrides \"%s\": both must be "
			 "permits of this file",
			 by->id,
			 qiao_str_escape(safe, sizeof(safe),
					 qiao_slice_str(by->overrides[i])));
		at_rule(l, by, "E123", text);
		ok = false;
	}
	return ok;
}

static bool overrides_link(struct qiao_loader *l, const struct by_id *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct qiao_rule *r = all->r[i];

		r->overridden_by =
			qiao_arena_take(&l->p->arena, r->pending,
					sizeof(const struct qiao_rule *));
		if (!r->overridden_by)
			return false;
	}
	for (size_t i = 0; i < all->n; i++) {
		for (size_t j = 0; j < all->r[i]->n_overrides; j++) {
			struct qiao_rule *r =
				rule_find(all, all->r[i]->overrides[j]);

			QIAO_BUG_ON(!r); /* overrides_count found it */
			r->overridden_by[r->n_overridden_by++] = all->r[i];
		}
	}
	return true;
}

/* Take away, again and again, what nothing left replaces; a circle remains. */
static void circles_check(struct qiao_loader *l, const struct by_id *all)
{
	struct qiao_rule **free_ones =
		qiao_arena_take(&l->p->arena, all->n, sizeof(*free_ones));
	size_t n = 0;
	char text[128];

	for (size_t i = 0; free_ones && i < all->n; i++)
		if (all->r[i]->pending == 0)
			free_ones[n++] = all->r[i];
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < free_ones[i]->n_overrides; j++) {
			struct qiao_rule *r =
				rule_find(all, free_ones[i]->overrides[j]);

			QIAO_BUG_ON(!r); /* overrides_count found it */
			if (--r->pending == 0)
				free_ones[n++] = r;
		}
	}
	for (size_t i = 0; i < all->n; i++) {
		if (all->r[i]->pending == 0)
			continue;
		snprintf(text, sizeof(text),
			 "rule \"%.64s\" is replaced in a circle of overrides",
			 all->r[i]->id);
		at_rule(l, all->r[i], "E123", text);
	}
}

void qiao_overrides_check(struct qiao_loader *l)
{
	struct by_id all;
	bool ok = true;

	if (!by_id_make(l, &all))
		return;
	twins_check(l, &all);
	for (size_t i = 0; i < all.n; i++)
		ok &= overrides_count(l, &all, all.r[i]);
	if (ok && overrides_link(l, &all))
		circles_check(l, &all);
}

/* --- rules against each other -------------------------------------------- */

static void set_ids_check(struct qiao_loader *l)
{
	for (const struct qiao_ruleset *a = l->p->sets; a; a = a->next) {
		const struct qiao_ruleset *b = a->next;

		while (b && strcmp(a->id, b->id) != 0)
			b = b->next;
		if (b)
			qiao_diag(l->d, a->file, a->line, a->col, "E104",
				  "policy id \"%.64s\" is that of %s, too",
				  a->id, b->file);
	}
}

/* A deny that no condition and no date of its own narrows. */
static bool is_flat_deny(const struct qiao_rule *r)
{
	return r->effect == QIAO_EFFECT_DENY && r->when.n == 0 &&
	       r->unless.n == 0 && !r->window.set;
}

static bool shadows(const struct qiao_rule *d, const struct qiao_rule *p)
{
	return d->set->point == p->set->point &&
	       qiao_pats_cover(&d->type, &p->type) &&
	       qiao_pats_cover(&d->set->types, &p->type) &&
	       qiao_pats_cover(&d->to_org, &p->to_org) &&
	       qiao_pats_cover(&d->to_chain, &p->to_chain) &&
	       qiao_pats_cover(&d->from_org, &p->from_org) &&
	       qiao_pats_cover(&d->from_chain, &p->from_chain) &&
	       qiao_pats_cover(&d->state, &p->state) &&
	       qiao_pats_cover(&d->action, &p->action) &&
	       qiao_pats_cover(&d->purpose, &p->purpose) &&
	       qiao_pats_cover(&d->set->chains, &p->set->chains);
}

static void shadow_check(struct qiao_loader *l, const struct qiao_rule *p,
			 const struct qiao_rule *const *denies, size_t n)
{
	char text[320];

	for (size_t i = 0; i < n; i++) {
		if (!shadows(denies[i], p))
			continue;
		snprintf(text, sizeof(text),
			 "rule \"%.64s\" can never permit: %s denies "
			 "everything it is about",
			 p->id, denies[i]->label);
		at_rule(l, p, "W201", text);
		return;
	}
}

static void shadows_check(struct qiao_loader *l)
{
	const struct qiao_rule_list *all = &l->p->all;
	const struct qiao_rule **denies =
		qiao_arena_take(&l->p->arena, all->n, sizeof(*denies));
	size_t n = 0;

	for (size_t i = 0; denies && i < all->n; i++)
		if (is_flat_deny(all->r[i]))
			denies[n++] = all->r[i];
	if (n == 0 || all->n > SHADOW_PAIRS_MAX / n)
		return;
	for (size_t i = 0; i < all->n; i++)
		if (all->r[i]->effect == QIAO_EFFECT_PERMIT)
			shadow_check(l, all->r[i], denies, n);
}

void qiao_policy_check_all(struct qiao_loader *l)
{
	set_ids_check(l);
	shadows_check(l);
}
