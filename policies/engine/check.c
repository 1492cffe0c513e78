/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules say, before they may decide anything: against the catalogue, the
 * organisations and the scope of their policy (E108 to E122).
 */
#include "gateway/base/slice.h"
#include "policies/engine/facts.h"
#include "policies/engine/model.h"

#include <stdio.h>
#include <string.h>

#define SOON_MS (30 * 24 * 60 * 60 * (int64_t)1000)

/* A rule being checked, with its settings for line and column. */
struct checked {
	struct qiao_loader *l;
	const struct qiao_rule *r;
	const struct qiao_cnode *node;
};

static const struct qiao_cnode *member(const struct qiao_cnode *g,
				       const char *group, const char *name)
{
	return qiao_cnode_get(group ? qiao_cnode_get(g, group) : g, name);
}

static const char *safe_text(char *out, size_t size, const char *s)
{
	return qiao_str_escape(out, size, qiao_slice_str(s));
}

/* --- did you mean, over names of catalogue and orgs ---------------------- */

#define NEAR_MAX 512 /* names looked at for a suggestion */

static const char *near_org(const struct qiao_orgs *o, const char *word)
{
	const char *names[NEAR_MAX + 1];
	size_t n = 0;

	for (; n < qiao_orgs_count(o) && n < NEAR_MAX; n++)
		names[n] = qiao_orgs_at(o, n)->org;
	names[n] = NULL;
	return qiao_conf_did_you_mean(word, names);
}

static const char *near_type(const struct qiao_catalogue *cat, const char *word)
{
	const char *names[NEAR_MAX + 1];
	size_t n = 0;

	for (; n < qiao_catalogue_count(cat) && n < NEAR_MAX; n++)
		names[n] = qiao_catalogue_at(cat, n)->type;
	names[n] = NULL;
	return qiao_conf_did_you_mean(word, names);
}

static const char *near_state(const struct qiao_cat_type *t, const char *word)
{
	const char *names[NEAR_MAX + 1];
	size_t n = 0;

	for (; n < t->n_states && n < NEAR_MAX; n++)
		names[n] = t->states[n];
	names[n] = NULL;
	return qiao_conf_did_you_mean(word, names);
}

static const char *near_field(const struct qiao_cat_type *t, const char *word)
{
	const char *names[NEAR_MAX + 1];
	size_t n = 0;

	for (; n < t->n_fields && n < NEAR_MAX; n++)
		names[n] = t->fields[n].name;
	names[n] = NULL;
	return qiao_conf_did_you_mean(word, names);
}

static void unknown(struct qiao_loader *l, const struct qiao_cnode *n,
		    const char *code, const char *what, const char *word,
		    const char *near)
{
	char safe[256];

	qiao_conf_error(l->c, l->d, n, code, "unknown %s \"%s\"%s%s%s", what,
			safe_text(safe, sizeof(safe), word),
			near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
}

/* --- names --------------------------------------------------------------- */

static bool orgs_match(const struct qiao_orgs *o, const struct qiao_pat *p)
{
	if (p->kind == QIAO_PAT_ANY)
		return true;
	if (p->kind == QIAO_PAT_EXACT)
		return qiao_orgs_find(o, p->text) != NULL;
	for (size_t i = 0; i < qiao_orgs_count(o); i++)
		if (strncmp(qiao_orgs_at(o, i)->org, p->text, p->len) == 0)
			return true;
	return false;
}

static bool is_legal(const struct qiao_pat *p)
{
	return p->kind != QIAO_PAT_EXACT ||
	       (p->len > 0 && !strchr(p->text, '*'));
}

static void orgs_check(const struct checked *k, const char *group,
		       const struct qiao_pats *ps)
{
	const struct qiao_cnode *array = member(k->node, group, "org");
	const struct qiao_orgs *o = k->l->p->orgs;
	char safe[128];

	for (size_t i = 0; o && i < ps->n; i++) {
		const struct qiao_pat *p = &ps->p[i];
		const struct qiao_cnode *n = qiao_cnode_at(array, i);
		const struct qiao_org *org;

		if (!is_legal(p))
			continue;
		if (!orgs_match(o, p)) {
			if (p->kind == QIAO_PAT_EXACT)
				unknown(k->l, n, "E108", "organisation",
					p->text, near_org(o, p->text));
			else
				qiao_conf_error(
					k->l->c, k->l->d, n, "E108",
					"no organisation fits \"%s\"",
					safe_text(safe, sizeof(safe), p->text));
			continue;
		}
		org = p->kind == QIAO_PAT_EXACT ? qiao_orgs_find(o, p->text)
						: NULL;
		if (org && org->n_ids == 0)
			qiao_conf_error(k->l->c, k->l->d, n, "W205",
					"\"%s\" has no chain identity in orgs",
					org->org);
	}
}

/* Which types of the catalogue the rule can ever be about. */
static void fits_find(struct qiao_loader *l, const struct qiao_rule *r)
{
	for (size_t i = 0; i < l->n_types; i++)
		l->fits[i] = qiao_pats_match(&r->type, &l->types[i]) ==
				     QIAO_TRI_YES &&
			     qiao_pats_match(&r->set->types, &l->types[i]) ==
				     QIAO_TRI_YES;
}

static void types_check(struct qiao_loader *l, const struct qiao_cnode *array,
			const struct qiao_pats *ps)
{
	for (size_t i = 0; l->p->cat && i < ps->n; i++) {
		const struct qiao_pat *p = &ps->p[i];
		size_t t = 0;

		if (!is_legal(p))
			continue;
		while (t < l->n_types && !qiao_pat_match(p, &l->types[t]))
			t++;
		if (t == l->n_types)
			unknown(l, qiao_cnode_at(array, i), "E110",
				"record type", p->text,
				near_type(l->p->cat, p->text));
	}
}

/* A name that one of the rule's types must know. */
struct name_kind {
	const char *code, *what;
	bool (*has)(const struct qiao_cat_type *t, const struct qiao_pat *p);
	const char *(*near)(const struct qiao_cat_type *t, const char *word);
};

static void name_check(const struct checked *k, const struct name_kind *kind,
		       const struct qiao_cnode *n, const struct qiao_pat *p)
{
	const char *near = NULL;
	size_t types = 0;

	for (size_t i = 0; i < k->l->n_types; i++) {
		const struct qiao_cat_type *t =
			qiao_catalogue_at(k->l->p->cat, i);

		if (!k->l->fits[i])
			continue;
		if (kind->has(t, p))
			return;
		types++;
		if (!near)
			near = kind->near(t, p->text);
	}
	/* without a type there is a finding already */
	if (types)
		unknown(k->l, n, kind->code, kind->what, p->text, near);
}

static bool has_state(const struct qiao_cat_type *t, const struct qiao_pat *p)
{
	if (p->kind == QIAO_PAT_EXACT)
		return qiao_cat_state(t, p->text) >= 0;
	for (size_t i = 0; i < t->n_states; i++)
		if (p->kind == QIAO_PAT_ANY ||
		    strncmp(t->states[i], p->text, p->len) == 0)
			return true;
	return false;
}

static bool has_field(const struct qiao_cat_type *t, const struct qiao_pat *p)
{
	if (p->kind == QIAO_PAT_EXACT)
		return qiao_cat_field(t, p->text) != NULL;
	for (size_t i = 0; i < t->n_fields; i++)
		if (strncmp(t->fields[i].name, p->text, p->len) == 0)
			return true;
	return false;
}

static const struct name_kind state_kind = { "E112", "state", has_state,
					     near_state };
static const struct name_kind field_kind = { "E115", "field", has_field,
					     near_field };

static void states_check(const struct checked *k)
{
	const struct qiao_cnode *array = member(k->node, "record", "state");

	for (size_t i = 0; k->l->p->cat && i < k->r->state.n; i++) {
		const struct qiao_pat *p = &k->r->state.p[i];

		if (is_legal(p))
			name_check(k, &state_kind, qiao_cnode_at(array, i), p);
	}
}

static void actions_check(const struct checked *k)
{
	const struct qiao_cnode *array = member(k->node, NULL, "action");

	for (size_t i = 0; i < k->r->action.n; i++) {
		const struct qiao_pat *p = &k->r->action.p[i];

		if (p->kind == QIAO_PAT_ANY || !is_legal(p) ||
		    qiao_word_find(qiao_action_words,
				   qiao_slice_str(p->text)) >= 0)
			continue;
		unknown(k->l, qiao_cnode_at(array, i), "E113", "action",
			p->text,
			qiao_conf_did_you_mean(p->text, qiao_action_words));
	}
}

/* --- scope --------------------------------------------------------------- */

static void scope_check(const struct checked *k)
{
	bool at_release = k->r->set->point == QIAO_POINT_RELEASE;
	const char *group = at_release ? "from" : "to";
	const struct qiao_pats *chains =
		at_release ? &k->r->from_chain : &k->r->to_chain;
	char safe[256];

	if (chains->n && !qiao_pats_cover(&k->r->set->chains, chains))
		qiao_conf_error(k->l->c, k->l->d,
				member(k->node, group, "chain"), "E111",
				"rule \"%s\": %s.chain reaches outside "
				"policy.scope.chain",
				safe_text(safe, sizeof(safe), k->r->id), group);
	if (k->r->type.n && !qiao_pats_cover(&k->r->set->types, &k->r->type))
		qiao_conf_error(k->l->c, k->l->d,
				member(k->node, "record", "type"), "E111",
				"rule \"%s\": record.type reaches outside "
				"policy.scope.record",
				safe_text(safe, sizeof(safe), k->r->id));
}

/* --- obligations --------------------------------------------------------- */

static bool keeps_secret(const struct checked *k, const struct qiao_pat *p)
{
	if (p->kind != QIAO_PAT_EXACT)
		return false;
	for (size_t i = 0; i < k->l->n_types; i++) {
		const struct qiao_cat_field *f;

		if (!k->l->fits[i])
			continue;
		f = qiao_cat_field(qiao_catalogue_at(k->l->p->cat, i), p->text);
		if (f && f->class_ == QIAO_CLASS_SECRET)
			return true;
	}
	return false;
}

static void fields_check(const struct checked *k, const struct qiao_cnode *g,
			 const char *what)
{
	const struct qiao_cnode *array = qiao_cnode_get(g, "fields");
	struct qiao_pat p;

	for (size_t i = 0; i < qiao_cnode_count(array); i++) {
		const struct qiao_cnode *n = qiao_cnode_at(array, i);
		const char *word = qiao_cnode_str(n, "");

		if (!qiao_pat_parse(&p, word) || p.kind == QIAO_PAT_ANY)
			continue;
		name_check(k, &field_kind, n, &p);
		if (strcmp(what, "keep") == 0 && keeps_secret(k, &p))
			qiao_conf_error(k->l->c, k->l->d, n, "E116",
					"\"%s\" is secret in the catalogue; no "
					"rule can keep it",
					word);
	}
}

/* By node, so that the fields of a misspelt obligation are looked at too. */
static void obligations_check(const struct checked *k)
{
	const struct qiao_cnode *list = member(k->node, NULL, "obligations");

	for (size_t i = 0; k->l->p->cat && i < qiao_cnode_count(list); i++) {
		const struct qiao_cnode *g = qiao_cnode_at(list, i);

		fields_check(k, g, qiao_conf_str(g, "do", ""));
	}
}

/* --- permit -------------------------------------------------------------- */

static void lacks(const struct checked *k, bool has, const char *what)
{
	char safe[256];

	if (!has)
		qiao_conf_error(k->l->c, k->l->d, k->node, "E118",
				"rule \"%s\": a permit must name its %s",
				safe_text(safe, sizeof(safe), k->r->id), what);
}

static bool has_any(const struct qiao_pats *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->p[i].kind == QIAO_PAT_ANY)
			return true;
	return false;
}

static bool only_verify(const struct qiao_rule *r)
{
	return r->action.n == 1 && strcmp(r->action.p[0].text, "verify") == 0;
}

static void conditional_check(const struct checked *k, const char *type)
{
	char safe[256];

	if (k->r->set->point != QIAO_POINT_RELEASE)
		return;
	safe_text(safe, sizeof(safe), k->r->id);
	if (!k->r->need_duty && !member(k->node, "require", "consent"))
		qiao_conf_error(
			k->l->c, k->l->d, k->node, "E120",
			"rule \"%s\": \"%s\" is 有条件共享 (share = "
			"\"conditional\"); a permit must require consent "
			"or duty",
			safe, type);
	if (has_any(&k->r->purpose) && !only_verify(k->r))
		qiao_conf_error(
			k->l->c, k->l->d, member(k->node, NULL, "purpose"),
			"E121",
			"rule \"%s\": \"%s\" is 有条件共享; a permit must "
			"name its purposes",
			safe, type);
}

static void share_check(const struct checked *k)
{
	bool conditional = false;
	char safe[256];

	for (size_t i = 0; i < k->l->n_types; i++) {
		const struct qiao_cat_type *t =
			qiao_catalogue_at(k->l->p->cat, i);

		if (!k->l->fits[i])
			continue;
		switch (t->share) {
		case QIAO_SHARE_UNCONDITIONAL:
			break;
		case QIAO_SHARE_CONDITIONAL:
			if (!conditional)
				conditional_check(k, t->type);
			conditional = true;
			break;
		case QIAO_SHARE_NEVER:
			qiao_conf_error(
				k->l->c, k->l->d, k->node, "E119",
				"rule \"%s\": \"%s\" is 不予共享 (share = "
				"\"never\") in the catalogue; no rule may "
				"permit it",
				safe_text(safe, sizeof(safe), k->r->id),
				t->type);
			break;
		}
	}
}

static void permit_check(const struct checked *k)
{
	const struct qiao_rule *r = k->r;
	char safe[256];

	if (r->set->layer == QIAO_LAYER_GUARDRAIL)
		qiao_conf_error(k->l->c, k->l->d, k->node, "E117",
				"rule \"%s\": a guardrail forbids or holds, it "
				"never permits",
				safe_text(safe, sizeof(safe), r->id));
	lacks(k, r->type.n > 0, "record.type");
	lacks(k, r->basis[0] != '\0', "basis");
	lacks(k, r->to_org.n > 0 || r->to_chain.n > 0, "to");
	lacks(k, r->action.n > 0, "action");
	lacks(k, r->purpose.n > 0, "purpose");
	if (r->type.n > 0)
		share_check(k);
	if (has_any(&r->to_org))
		qiao_conf_error(k->l->c, k->l->d, member(k->node, "to", "org"),
				"W202",
				"rule \"%s\" permits every organisation",
				safe_text(safe, sizeof(safe), r->id));
}

/* --- one rule, one policy ------------------------------------------------ */

static void soon_check(struct qiao_loader *l, const struct qiao_cnode *n,
		       const struct qiao_window *w, const char *what)
{
	if (!l->now_ms || w->to == INT64_MAX)
		return;
	if (w->to <= l->now_ms)
		qiao_conf_error(l->c, l->d, n, "W203", "%s has expired", what);
	else if (w->to - l->now_ms < SOON_MS)
		qiao_conf_error(l->c, l->d, n, "W203",
				"%s expires within 30 days", what);
}

void qiao_rule_check(struct qiao_loader *l, const struct qiao_rule *r,
		     const struct qiao_cnode *node)
{
	const struct checked k = { l, r, node };
	char text[128];

	fits_find(l, r);
	orgs_check(&k, "from", &r->from_org);
	orgs_check(&k, "to", &r->to_org);
	types_check(l, member(node, "record", "type"), &r->type);
	scope_check(&k);
	states_check(&k);
	actions_check(&k);
	obligations_check(&k);
	snprintf(text, sizeof(text), "rule \"%.64s\"", r->id);
	soon_check(l, qiao_cnode_get(node, "not_after"), &r->window, text);
}

void qiao_effect_check(struct qiao_loader *l, const struct qiao_rule *r,
		       const struct qiao_cnode *node)
{
	const struct checked k = { l, r, node };
	char text[128];

	if (r->effect == QIAO_EFFECT_PERMIT)
		permit_check(&k);
	if (r->effect == QIAO_EFFECT_DENY && !qiao_cnode_get(node, "reason"))
		qiao_conf_error(l->c, l->d, node, "E122",
				"rule \"%s\": a deny must give its reason",
				safe_text(text, sizeof(text), r->id));
	if (r->effect == QIAO_EFFECT_PERMIT && qiao_cnode_get(node, "reason"))
		qiao_conf_error(l->c, l->d, qiao_cnode_get(node, "reason"),
				"E101", "a permit has a basis, not a reason");
}

void qiao_ruleset_check(struct qiao_loader *l, const struct qiao_ruleset *s,
			const struct qiao_cnode *group)
{
	const struct qiao_cnode *owner = qiao_cnode_get(group, "owner");
	char text[128];

	if (l->p->orgs && owner && !qiao_orgs_find(l->p->orgs, s->owner))
		unknown(l, owner, "E108", "organisation", s->owner,
			near_org(l->p->orgs, s->owner));
	types_check(l, member(group, "scope", "record"), &s->types);
	snprintf(text, sizeof(text), "policy \"%.64s\"", s->id);
	soon_check(l, qiao_cnode_get(group, "not_after"), &s->window, text);
}
