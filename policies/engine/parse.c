/* SPDX-License-Identifier: Apache-2.0 */
/* From settings to rules: shape, words and dates. What they mean is check.c. */
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "policies/engine/facts.h"
#include "policies/engine/words.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS     (24 * 60 * 60 * (int64_t)1000)
#define OFFSET_MAX (14 * 60) /* Kiribati */
#define NOT_BUILT  "E190"

/* clang-format off */
static const struct qiao_ckey root_keys[] = {
	{ "policy", QIAO_C_GROUP, true },
	{ "rules", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey policy_keys[] = {
	{ "format", QIAO_C_INT, true },
	{ "id", QIAO_C_STR, true },
	{ "version", QIAO_C_INT, true },
	{ "owner", QIAO_C_STR, true },
	{ "layer", QIAO_C_STR, true },
	{ "point", QIAO_C_STR, true },
	{ "scope", QIAO_C_GROUP, true },
	{ "timezone", QIAO_C_STR, true },
	{ "not_before", QIAO_C_STR, false },
	{ "not_after", QIAO_C_STR, false },
	{ "title", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey scope_keys[] = {
	{ "chain", QIAO_C_ARRAY, true },
	{ "record", QIAO_C_ARRAY, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey rule_keys[] = {
	{ "id", QIAO_C_STR, true },
	{ "effect", QIAO_C_STR, true },
	{ "title", QIAO_C_STR, false },
	{ "from", QIAO_C_GROUP, false },
	{ "to", QIAO_C_GROUP, false },
	{ "record", QIAO_C_GROUP, false },
	{ "action", QIAO_C_ARRAY, false },
	{ "purpose", QIAO_C_ARRAY, false },
	{ "when", QIAO_C_LIST, false },
	{ "unless", QIAO_C_LIST, false },
	{ "require", QIAO_C_GROUP, false },
	{ "hours", QIAO_C_GROUP, false },
	{ "quota", QIAO_C_LIST, false },
	{ "unique", QIAO_C_GROUP, false },
	{ "transition", QIAO_C_GROUP, false },
	{ "obligations", QIAO_C_LIST, false },
	{ "overrides", QIAO_C_ARRAY, false },
	{ "not_before", QIAO_C_STR, false },
	{ "not_after", QIAO_C_STR, false },
	{ "basis", QIAO_C_STR, false },
	{ "reason", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey party_keys[] = {
	{ "chain", QIAO_C_ARRAY, false },
	{ "org", QIAO_C_ARRAY, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey record_keys[] = {
	{ "type", QIAO_C_ARRAY, false },
	{ "state", QIAO_C_ARRAY, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey require_keys[] = {
	{ "consent", QIAO_C_GROUP, false },
	{ "duty", QIAO_C_GROUP, false },
	{ "proof", QIAO_C_GROUP, false },
	{ "timestamp", QIAO_C_GROUP, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey duty_keys[] = {
	{ "basis", QIAO_C_STR, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey proof_keys[] = {
	{ "max_age", QIAO_C_DURATION, false },
	{ "finality", QIAO_C_STR, false },
	{ NULL, 0, false },
};
/* all of the language's, so that slips are named also in what is not built */
static const struct qiao_ckey obligation_keys[] = {
	{ "do", QIAO_C_STR, true },
	{ "fields", QIAO_C_ARRAY, false },
	{ "within", QIAO_C_DURATION, false },
	{ "to", QIAO_C_STR, false },
	{ "max", QIAO_C_DURATION, false },
	{ "after", QIAO_C_DURATION, false },
	{ "visible", QIAO_C_BOOL, false },
	{ "marks", QIAO_C_ARRAY, false },
	{ NULL, 0, false },
};

static const char *const effect_words[] = { "permit", "deny", "hold", NULL };
static const enum qiao_effect effects[] = {
	QIAO_EFFECT_PERMIT, QIAO_EFFECT_DENY, QIAO_EFFECT_HOLD,
};
static const char *const layer_words[] = {
	"guardrail", "owner", "recipient", NULL,
};
/* the first four are built, in the order of enum qiao_do */
static const char *const do_words[] = {
	"withhold", "commit", "keep", "receipt", "encrypt", "watermark",
	"expire", "retain", "writeback", "notify", NULL,
};
#define DO_BUILT 4
static const char *const final_words[] = { "final", NULL };
static const char *const rule_unbuilt[] = {
	"hours", "quota", "unique", "transition", NULL,
};
static const char *const require_unbuilt[] = { "consent", "timestamp", NULL };
/* clang-format on */

/* A name of a policy or rule: it stands in labels, entries and file names. */
static const char *id_of(struct qiao_loader *l, const struct qiao_cnode *g,
			 const char *where)
{
	const struct qiao_cnode *n = qiao_cnode_get(g, "id");
	const char *id = qiao_cnode_str(n, "");
	size_t ok = strspn(id, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (n && (ok == 0 || id[ok] != '\0' || ok > QIAO_NAME_MAX))
		qiao_conf_error(
			l->c, l->d, n, "E109",
			"%s.id is 1 to %d letters, digits, \".\", \"_\" "
			"or \"-\"",
			where, QIAO_NAME_MAX);
	return qiao_parse_keep(l, id);
}

/* --- dates --------------------------------------------------------------- */

/* "+08:00" in minutes. */
static bool offset_parse(int *out, const char *s)
{
	int h, m;

	if (strlen(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' ||
	    strspn(s + 1, "0123456789") != 2 ||
	    strspn(s + 4, "0123456789") != 2)
		return false;
	h = (s[1] - '0') * 10 + (s[2] - '0');
	m = (s[4] - '0') * 10 + (s[5] - '0');
	*out = (h * 60 + m) * (s[0] == '-' ? -1 : 1);
	return m < 60 && h * 60 + m <= OFFSET_MAX;
}

/* A bare date as the end includes that whole day. */
static int64_t date_of(struct qiao_loader *l, const struct qiao_cnode *g,
		       const char *name, bool is_end, int64_t def)
{
	const struct qiao_cnode *n = qiao_cnode_get(g, name);
	struct qiao_slice s = qiao_slice_str(qiao_cnode_str(n, ""));
	int64_t ms;

	if (qiao_cnode_type(n) != QIAO_C_STR)
		return def;
	if (!qiao_time_parse(&ms, s, l->set->offset_min)) {
		qiao_conf_error(l->c, l->d, n, "E107",
				"%s must be a date like \"2026-12-31\" or an "
				"instant like \"2026-12-31T08:30:00+08:00\"",
				name);
		return def;
	}
	if (!is_end)
		return ms;
	return ms + (s.n == strlen("2026-12-31") ? DAY_MS : 1);
}

static struct qiao_window window_of(struct qiao_loader *l,
				    const struct qiao_cnode *g)
{
	struct qiao_window w;

	w.set = qiao_cnode_get(g, "not_before") ||
		qiao_cnode_get(g, "not_after");
	w.from = date_of(l, g, "not_before", false, INT64_MIN);
	w.to = date_of(l, g, "not_after", true, INT64_MAX);
	if (w.from >= w.to)
		qiao_parse_finding(l, qiao_cnode_get(g, "not_after"), "E107",
				   "not_after lies before not_before");
	return w;
}

/* --- require, obligations ------------------------------------------------ */

static void unbuilt(struct qiao_loader *l, const struct qiao_cnode *g,
		    const char *where, const char *const *names)
{
	for (; *names; names++) {
		const struct qiao_cnode *n = qiao_cnode_get(g, *names);

		if (n)
			qiao_conf_error(l->c, l->d, n, NOT_BUILT,
					"%s.%s is not built yet; it is refused "
					"rather than ignored",
					where, *names);
	}
}

static void duty_parse(struct qiao_loader *l, struct qiao_rule *r,
		       const struct qiao_cnode *g)
{
	if (!g)
		return;
	qiao_conf_check(l->c, l->d, g, "rule[].require.duty", duty_keys);
	r->need_duty = true;
	r->duty_basis = qiao_parse_keep(l, qiao_conf_str(g, "basis", ""));
	if (qiao_cnode_get(g, "basis") && !r->duty_basis[0])
		qiao_parse_finding(l, qiao_cnode_get(g, "basis"), "E102",
				   "rule[].require.duty.basis is empty");
}

static void proof_parse(struct qiao_loader *l, struct qiao_rule *r,
			const struct qiao_cnode *g)
{
	if (!g)
		return;
	qiao_conf_check(l->c, l->d, g, "rule[].require.proof", proof_keys);
	r->max_age_ms = qiao_conf_ms(g, "max_age", -1);
	r->timed |= qiao_cnode_get(g, "max_age") != NULL;
	r->need_final = qiao_parse_word(l, g, "rule[].require.proof",
					"finality", final_words, -1) == 0;
}

static void require_parse(struct qiao_loader *l, struct qiao_rule *r,
			  const struct qiao_cnode *rule)
{
	const struct qiao_cnode *g = qiao_cnode_get(rule, "require");

	r->max_age_ms = -1;
	if (qiao_cnode_type(g) != QIAO_C_GROUP)
		return;
	qiao_conf_check(l->c, l->d, g, "rule[].require", require_keys);
	unbuilt(l, g, "rule[].require", require_unbuilt);
	duty_parse(l, r, qiao_cnode_get(g, "duty"));
	proof_parse(l, r, qiao_cnode_get(g, "proof"));
	if (r->effect != QIAO_EFFECT_PERMIT)
		qiao_parse_finding(
			l, g, "E101",
			"require belongs to a permit; a deny or hold takes "
			"when and unless");
}

/* Which further setting an obligation takes, and must have. */
static bool obligation_keys_fit(struct qiao_loader *l,
				const struct qiao_cnode *g, enum qiao_do kind)
{
	const char *want = kind == QIAO_DO_RECEIPT ? "within" : "fields";
	bool ok = true;

	for (size_t i = 0; i < qiao_cnode_count(g); i++) {
		const struct qiao_cnode *n = qiao_cnode_at(g, i);
		const char *name = qiao_cnode_name(n);

		if (strcmp(name, "do") == 0 || strcmp(name, want) == 0)
			continue;
		qiao_conf_error(l->c, l->d, n, "E101",
				"unknown setting \"%s\" in a %s obligation",
				name, do_words[kind]);
		ok = false;
	}
	if (!qiao_cnode_get(g, want)) {
		qiao_conf_error(l->c, l->d, g, "E102",
				"a %s obligation lacks \"%s\"", do_words[kind],
				want);
		ok = false;
	}
	return ok;
}

static bool obligation_parse(struct qiao_loader *l, struct qiao_obligation *o,
			     const struct qiao_cnode *g)
{
	const char *where = "rule[].obligations[]";
	bool fits = qiao_conf_check(l->c, l->d, g, where, obligation_keys);
	int i = qiao_parse_word(l, g, where, "do", do_words, -1);

	if (i >= DO_BUILT) {
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "do"), NOT_BUILT,
				"obligation \"%s\" is not built yet; it is "
				"refused rather than ignored",
				do_words[i]);
		return false;
	}
	o->fields = qiao_parse_pats(l, g, "fields");
	if (i < 0 || !fits || !obligation_keys_fit(l, g, (enum qiao_do)i))
		return false;
	o->kind = (enum qiao_do)i;
	o->within_ms = qiao_conf_ms(g, "within", 0);
	return true;
}

static void obligations_parse(struct qiao_loader *l, struct qiao_rule *r,
			      const struct qiao_cnode *rule)
{
	const struct qiao_cnode *list = qiao_cnode_get(rule, "obligations");
	size_t n = qiao_cnode_count(list);
	struct qiao_obligation *o;

	if (n == 0)
		return;
	if (r->effect != QIAO_EFFECT_PERMIT)
		qiao_parse_finding(l, list, "E101",
				   "obligations belong to a permit");
	o = qiao_arena_take(&l->p->arena, n, sizeof(*o));
	r->obligations = o;
	for (size_t i = 0; o && i < n; i++)
		if (obligation_parse(l, &o[r->n_obligations],
				     qiao_cnode_at(list, i)))
			r->n_obligations++;
}

/* --- rule, policy -------------------------------------------------------- */

static enum qiao_reason reason_of(struct qiao_loader *l,
				  const struct qiao_cnode *rule)
{
	const struct qiao_cnode *n = qiao_cnode_get(rule, "reason");
	const char *code = qiao_cnode_str(n, NULL);
	enum qiao_reason r;
	char safe[TEXT_MAX];

	if (!code)
		return QIAO_R_HELD;
	if (qiao_reason_find(&r, qiao_slice_str(code)) && r != QIAO_R_OK)
		return r;
	qiao_str_escape(safe, sizeof(safe), qiao_slice_str(code));
	qiao_conf_error(
		l->c, l->d, n, "E105",
		"rule[].reason = \"%s\" is no reason code for a refusal", safe);
	return QIAO_R_HELD;
}

static void target_parse(struct qiao_loader *l, struct qiao_rule *r,
			 const struct qiao_cnode *rule)
{
	const struct qiao_cnode *from = qiao_cnode_get(rule, "from");
	const struct qiao_cnode *to = qiao_cnode_get(rule, "to");
	const struct qiao_cnode *record = qiao_cnode_get(rule, "record");

	if (from)
		qiao_conf_check(l->c, l->d, from, "rule[].from", party_keys);
	if (to)
		qiao_conf_check(l->c, l->d, to, "rule[].to", party_keys);
	if (record)
		qiao_conf_check(l->c, l->d, record, "rule[].record",
				record_keys);
	r->from_chain = qiao_parse_pats(l, from, "chain");
	r->from_org = qiao_parse_pats(l, from, "org");
	r->to_chain = qiao_parse_pats(l, to, "chain");
	r->to_org = qiao_parse_pats(l, to, "org");
	r->type = qiao_parse_pats(l, record, "type");
	r->state = qiao_parse_pats(l, record, "state");
	r->action = qiao_parse_pats(l, rule, "action");
	r->purpose = qiao_parse_pats(l, rule, "purpose");
}

static const char *label_of(struct qiao_loader *l, const struct qiao_rule *r)
{
	char label[2 * QIAO_NAME_MAX + 32];

	snprintf(label, sizeof(label), "%.64s/%.64s@%lld", r->set->id, r->id,
		 (long long)r->set->version);
	return qiao_parse_keep(l, label);
}

static void rule_parse(struct qiao_loader *l, const struct qiao_cnode *g,
		       size_t position)
{
	struct qiao_rule *r = qiao_arena_take(&l->p->arena, 1, sizeof(*r));
	int effect;

	if (!r)
		return;
	qiao_conf_check(l->c, l->d, g, "rule[]", rule_keys);
	if (qiao_cnode_type(g) != QIAO_C_GROUP)
		return;
	r->set = l->set;
	r->position = position;
	r->id = id_of(l, g, "rule[]");
	effect = qiao_parse_word(l, g, "rule[]", "effect", effect_words, -1);
	r->effect = effect < 0 ? QIAO_EFFECT_DENY : effects[effect];
	r->title = qiao_parse_keep(l, qiao_conf_str(g, "title", ""));
	r->basis = qiao_parse_keep(l, qiao_conf_str(g, "basis", ""));
	r->label = label_of(l, r);
	r->reason = reason_of(l, g);
	target_parse(l, r, g);
	r->when = qiao_parse_conds(l, r, g, "when");
	r->unless = qiao_parse_conds(l, r, g, "unless");
	unbuilt(l, g, "rule[]", rule_unbuilt);
	require_parse(l, r, g);
	obligations_parse(l, r, g);
	r->overrides = qiao_parse_words(l, qiao_cnode_get(g, "overrides"),
					&r->n_overrides);
	r->window = window_of(l, g);
	r->timed |= r->window.set;
	/* an expired policy's denies stay; only its permits need the date */
	if (r->effect == QIAO_EFFECT_PERMIT)
		r->timed |= l->set->window.set;
	qiao_conf_pos(l->c, g, &r->line, &r->col);
	r->next = l->rules;
	l->rules = r;
	l->n_rules++;
	qiao_rule_check(l, r, g);
	if (effect >= 0)
		qiao_effect_check(l, r, g);
}

static void set_parse(struct qiao_loader *l, const struct qiao_cnode *g)
{
	struct qiao_ruleset *s = l->set;
	const struct qiao_cnode *scope = qiao_cnode_get(g, "scope");
	int i;

	qiao_conf_check(l->c, l->d, g, "policy", policy_keys);
	if (scope)
		qiao_conf_check(l->c, l->d, scope, "policy.scope", scope_keys);
	if (qiao_conf_int(g, "format", 1) != 1)
		qiao_parse_finding(
			l, qiao_cnode_get(g, "format"), "E105",
			"policy.format is unknown; this program reads 1");
	s->file = qiao_parse_keep(l, qiao_conf_file(l->c));
	s->id = id_of(l, g, "policy");
	s->version = qiao_conf_int(g, "version", 1);
	if (s->version < 1)
		qiao_parse_finding(l, qiao_cnode_get(g, "version"), "E105",
				   "policy.version counts from 1");
	s->owner = qiao_parse_keep(l, qiao_conf_str(g, "owner", ""));
	i = qiao_parse_word(l, g, "policy", "layer", layer_words, 0);
	s->layer = i < 0 ? QIAO_LAYER_GUARDRAIL : (enum qiao_layer)i;
	i = qiao_parse_word(l, g, "policy", "point", qiao_point_words, 0);
	s->point = i < 0 ? QIAO_POINT_RELEASE : (enum qiao_point)i;
	s->chains = qiao_parse_pats(l, scope, "chain");
	s->types = qiao_parse_pats(l, scope, "record");
	if (!offset_parse(&s->offset_min,
			  qiao_conf_str(g, "timezone", "+00:00")))
		qiao_parse_finding(
			l, qiao_cnode_get(g, "timezone"), "E107",
			"policy.timezone must be an offset like \"+08:00\"");
	s->window = window_of(l, g);
	qiao_conf_pos(l->c, g, &s->line, &s->col);
	qiao_ruleset_check(l, s, g);
}

void qiao_ruleset_parse(struct qiao_loader *l)
{
	const struct qiao_cnode *root = qiao_conf_root(l->c);
	const struct qiao_cnode *rules = qiao_cnode_get(root, "rules");
	size_t n = qiao_cnode_count(rules);

	l->set = qiao_arena_take(&l->p->arena, 1, sizeof(*l->set));
	if (!l->set)
		return;
	qiao_conf_check(l->c, l->d, root, "", root_keys);
	set_parse(l, qiao_cnode_get(root, "policy"));
	l->set->next = l->p->sets;
	l->p->sets = l->set;
	if (l->n_rules + n > QIAO_RULES_MAX) {
		qiao_parse_finding(l, rules, "E106",
				   "more than 20000 rules in the folder");
		return;
	}
	for (size_t i = 0; i < n; i++)
		rule_parse(l, qiao_cnode_at(rules, i), i);
	qiao_overrides_check(l);
}
