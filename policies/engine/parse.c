/* SPDX-License-Identifier: Apache-2.0 */
/* From settings to rules: shape, words and dates. What they mean is check.c. */
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "policies/engine/facts.h"
#include "policies/engine/model.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS        (24 * 60 * 60 * (int64_t)1000)
#define OFFSET_MAX    (14 * 60) /* Kiribati */
#define TEXT_MAX      256       /* ids and words an officer writes */
#define NOT_BUILT     "E190"
#define ARRAY_STR_MAX 4096 /* of one setting; more is a slip */

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
static const struct qiao_ckey cond_keys[] = {
	{ "attr", QIAO_C_STR, true },
	{ "op", QIAO_C_STR, true },
	{ "value", QIAO_C_STR | QIAO_C_INT | QIAO_C_BOOL | QIAO_C_ARRAY, false },
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
static const char *const op_words[] = {
	"eq", "ne", "in", "not_in", "gt", "ge", "lt", "le", "exists",
	"prefix", NULL,
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

static void finding(struct qiao_loader *l, const struct qiao_cnode *n,
		    const char *code, const char *text)
{
	qiao_conf_error(l->c, l->d, n, code, "%s", text);
}

/* --- words --------------------------------------------------------------- */

/* "permit, deny, hold" */
static void list_words(char *out, size_t size, const char *const *words)
{
	size_t n = 0;

	out[0] = '\0';
	for (; *words && n < size; words++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
				      *words);
}

static const char *kept(struct qiao_loader *l, const char *s)
{
	const char *copy = qiao_arena_str(&l->p->arena, s);

	return copy ? copy : "";
}

/* E105 at node, with the nearest word. */
static void bad_word(struct qiao_loader *l, const struct qiao_cnode *n,
		     const char *where, const char *const *words)
{
	const char *word = qiao_cnode_str(n, "");
	const char *near = qiao_conf_did_you_mean(word, words);
	char all[256], safe[TEXT_MAX];

	list_words(all, sizeof(all), words);
	qiao_str_escape(safe, sizeof(safe), qiao_slice_str(word));
	qiao_conf_error(l->c, l->d, n, "E105",
			"%s = \"%s\" is not one of %s%s%s%s", where, safe, all,
			near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
}

/* Position in words of member `name` of g; -1 (said) when none; def if absent.
 */
static int word_of(struct qiao_loader *l, const struct qiao_cnode *g,
		   const char *where, const char *name,
		   const char *const *words, int def)
{
	const struct qiao_cnode *n = qiao_cnode_get(g, name);
	char path[96];
	int i;

	if (qiao_cnode_type(n) != QIAO_C_STR)
		return def;
	i = qiao_word_find(words, qiao_slice_str(qiao_cnode_str(n, "")));
	if (i >= 0)
		return i;
	snprintf(path, sizeof(path), "%s.%s", where, name);
	bad_word(l, n, path, words);
	return -1;
}

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
	return kept(l, id);
}

static const char *const *words_of(struct qiao_loader *l,
				   const struct qiao_cnode *array, size_t *n)
{
	size_t count = qiao_cnode_count(array);
	const char **w = qiao_arena_take(&l->p->arena, count, sizeof(*w));

	*n = 0;
	for (size_t i = 0; w && i < count; i++) {
		const struct qiao_cnode *e = qiao_cnode_at(array, i);

		if (qiao_cnode_type(e) == QIAO_C_STR)
			w[(*n)++] = kept(l, qiao_cnode_str(e, ""));
	}
	return w;
}

static struct qiao_pats pats_of(struct qiao_loader *l,
				const struct qiao_cnode *g, const char *name)
{
	const struct qiao_cnode *array = qiao_cnode_get(g, name);
	size_t n = qiao_cnode_count(array);
	struct qiao_pats out = { 0, NULL };
	struct qiao_pat *p;
	char safe[TEXT_MAX];

	if (n == 0 || qiao_cnode_type(array) != QIAO_C_ARRAY)
		return out;
	if (n > ARRAY_STR_MAX) {
		finding(l, array, "E106", "more words than one setting takes");
		return out;
	}
	p = qiao_arena_take(&l->p->arena, n, sizeof(*p));
	out.p = p;
	for (size_t i = 0; p && i < n; i++) {
		const struct qiao_cnode *e = qiao_cnode_at(array, i);
		const char *word = kept(l, qiao_cnode_str(e, ""));

		/* an illegal one stays in, so that the target is not wider */
		if (!qiao_pat_parse(&p[out.n++], word)) {
			qiao_str_escape(safe, sizeof(safe),
					qiao_slice_str(word));
			qiao_conf_error(l->c, l->d, e, "E109",
					"illegal pattern \"%s\"; write a whole "
					"name, \"*\" or \"prefix.*\"",
					safe);
		}
	}
	return out;
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
		finding(l, qiao_cnode_get(g, "not_after"), "E107",
			"not_after lies before not_before");
	return w;
}

/* --- when, unless -------------------------------------------------------- */

static bool op_fits(enum qiao_attr_type type, enum qiao_op op)
{
	switch (op) {
	case QIAO_OP_EQ:
	case QIAO_OP_NE:
	case QIAO_OP_EXISTS:
		return true;
	case QIAO_OP_IN:
	case QIAO_OP_NOT_IN:
	case QIAO_OP_PREFIX:
		return type == QIAO_ATTR_STR;
	case QIAO_OP_GT:
	case QIAO_OP_GE:
	case QIAO_OP_LT:
	case QIAO_OP_LE:
		return type == QIAO_ATTR_INT;
	}
	return false;
}

/* What `value` must be, as a bit of enum qiao_ctype. */
static unsigned int value_type(const struct qiao_attr *a, enum qiao_op op)
{
	if (op == QIAO_OP_EXISTS)
		return QIAO_C_BOOL;
	if (op == QIAO_OP_IN || op == QIAO_OP_NOT_IN)
		return QIAO_C_ARRAY;
	switch (a->type) {
	case QIAO_ATTR_STR:
		return QIAO_C_STR;
	case QIAO_ATTR_INT:
		return QIAO_C_INT;
	case QIAO_ATTR_BOOL:
		return QIAO_C_BOOL;
	}
	return 0;
}

static const char *value_name(unsigned int type)
{
	switch (type) {
	case QIAO_C_BOOL:
		return "true or false";
	case QIAO_C_ARRAY:
		return "an array [ ] of strings";
	case QIAO_C_INT:
		return "a whole number";
	}
	return "a string";
}

/* Words that the attribute can never have are slips. */
static void cond_words_check(struct qiao_loader *l, const struct qiao_cond *c,
			     const struct qiao_cnode *value)
{
	if (!c->attr->words || c->op == QIAO_OP_PREFIX)
		return;
	for (size_t i = 0; i < c->n_words; i++) {
		const struct qiao_cnode *n = value;

		if (qiao_cnode_type(value) == QIAO_C_ARRAY)
			n = qiao_cnode_at(value, i);
		if (qiao_word_find(c->attr->words,
				   qiao_slice_str(c->words[i])) < 0)
			bad_word(l, n, c->attr->name, c->attr->words);
	}
}

static void cond_value(struct qiao_loader *l, struct qiao_cond *c,
		       const struct qiao_cnode *g)
{
	const struct qiao_cnode *v = qiao_cnode_get(g, "value");
	unsigned int want = value_type(c->attr, c->op);
	const char **one;

	if (!v && c->op != QIAO_OP_EXISTS) {
		finding(l, g, "E102", "a condition lacks its \"value\"");
		return;
	}
	if (v && qiao_cnode_type(v) != want) {
		qiao_conf_error(l->c, l->d, v, "E103",
				"value of %s with op %s must be %s",
				c->attr->name, op_words[c->op],
				value_name(want));
		return;
	}
	c->flag = qiao_cnode_bool(v, true);
	c->number = qiao_cnode_int(v, 0);
	if (want == QIAO_C_ARRAY) {
		c->words = words_of(l, v, &c->n_words);
	} else if (want == QIAO_C_STR) {
		one = qiao_arena_take(&l->p->arena, 1, sizeof(*one));
		if (!one)
			return;
		one[0] = kept(l, qiao_cnode_str(v, ""));
		c->words = one;
		c->n_words = 1;
	}
	cond_words_check(l, c, v);
}

static bool cond_parse(struct qiao_loader *l, struct qiao_cond *c,
		       const struct qiao_cnode *g, const char *where)
{
	const char *name = qiao_conf_str(g, "attr", NULL);
	int op = word_of(l, g, where, "op", op_words, -1);
	const char *near;
	char safe[TEXT_MAX];

	if (!name)
		return false;
	c->attr = qiao_attr_find(name);
	if (!c->attr) {
		near = qiao_conf_did_you_mean(name, qiao_attr_names);
		qiao_str_escape(safe, sizeof(safe), qiao_slice_str(name));
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "attr"), "E114",
				"unknown attribute \"%s\"%s%s%s", safe,
				near ? "; did you mean \"" : "",
				near ? near : "", near ? "\"?" : "");
		return false;
	}
	if (op < 0)
		return false;
	c->op = (enum qiao_op)op;
	if (!op_fits(c->attr->type, c->op)) {
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "op"), "E105",
				"op %s does not fit %s", op_words[op], name);
		return false;
	}
	cond_value(l, c, g);
	return true;
}

static struct qiao_conds conds_of(struct qiao_loader *l, struct qiao_rule *r,
				  const struct qiao_cnode *rule,
				  const char *name)
{
	const struct qiao_cnode *list = qiao_cnode_get(rule, name);
	size_t n = qiao_cnode_count(list);
	struct qiao_conds out = { 0, NULL };
	struct qiao_cond *c;
	char where[32];

	if (list && n == 0)
		finding(l, list, "E106", "empty; name something or remove it");
	if (n == 0)
		return out;
	c = qiao_arena_take(&l->p->arena, n, sizeof(*c));
	out.c = c;
	snprintf(where, sizeof(where), "rule[].%s[]", name);
	for (size_t i = 0; c && i < n; i++) {
		const struct qiao_cnode *g = qiao_cnode_at(list, i);

		qiao_conf_check(l->c, l->d, g, where, cond_keys);
		if (!cond_parse(l, &c[out.n], g, where))
			continue;
		r->timed |= c[out.n].attr->timed;
		out.n++;
	}
	return out;
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
	r->duty_basis = kept(l, qiao_conf_str(g, "basis", ""));
	if (qiao_cnode_get(g, "basis") && !r->duty_basis[0])
		finding(l, qiao_cnode_get(g, "basis"), "E102",
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
	r->need_final = word_of(l, g, "rule[].require.proof", "finality",
				final_words, -1) == 0;
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
		finding(l, g, "E101",
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
	int i = word_of(l, g, where, "do", do_words, -1);

	if (i >= DO_BUILT) {
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "do"), NOT_BUILT,
				"obligation \"%s\" is not built yet; it is "
				"refused rather than ignored",
				do_words[i]);
		return false;
	}
	o->fields = pats_of(l, g, "fields");
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
		finding(l, list, "E101", "obligations belong to a permit");
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
	r->from_chain = pats_of(l, from, "chain");
	r->from_org = pats_of(l, from, "org");
	r->to_chain = pats_of(l, to, "chain");
	r->to_org = pats_of(l, to, "org");
	r->type = pats_of(l, record, "type");
	r->state = pats_of(l, record, "state");
	r->action = pats_of(l, rule, "action");
	r->purpose = pats_of(l, rule, "purpose");
}

static const char *label_of(struct qiao_loader *l, const struct qiao_rule *r)
{
	char label[2 * QIAO_NAME_MAX + 32];

	snprintf(label, sizeof(label), "%.64s/%.64s@%lld", r->set->id, r->id,
		 (long long)r->set->version);
	return kept(l, label);
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
	effect = word_of(l, g, "rule[]", "effect", effect_words, -1);
	r->effect = effect < 0 ? QIAO_EFFECT_DENY : effects[effect];
	r->title = kept(l, qiao_conf_str(g, "title", ""));
	r->basis = kept(l, qiao_conf_str(g, "basis", ""));
	r->label = label_of(l, r);
	r->reason = reason_of(l, g);
	target_parse(l, r, g);
	r->when = conds_of(l, r, g, "when");
	r->unless = conds_of(l, r, g, "unless");
	unbuilt(l, g, "rule[]", rule_unbuilt);
	require_parse(l, r, g);
	obligations_parse(l, r, g);
	r->overrides =
		words_of(l, qiao_cnode_get(g, "overrides"), &r->n_overrides);
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
		finding(l, qiao_cnode_get(g, "format"), "E105",
			"policy.format is unknown; this program reads 1");
	s->file = kept(l, qiao_conf_file(l->c));
	s->id = id_of(l, g, "policy");
	s->version = qiao_conf_int(g, "version", 1);
	if (s->version < 1)
		finding(l, qiao_cnode_get(g, "version"), "E105",
			"policy.version counts from 1");
	s->owner = kept(l, qiao_conf_str(g, "owner", ""));
	i = word_of(l, g, "policy", "layer", layer_words, 0);
	s->layer = i < 0 ? QIAO_LAYER_GUARDRAIL : (enum qiao_layer)i;
	i = word_of(l, g, "policy", "point", qiao_point_words, 0);
	s->point = i < 0 ? QIAO_POINT_RELEASE : (enum qiao_point)i;
	s->chains = pats_of(l, scope, "chain");
	s->types = pats_of(l, scope, "record");
	if (!offset_parse(&s->offset_min,
			  qiao_conf_str(g, "timezone", "+00:00")))
		finding(l, qiao_cnode_get(g, "timezone"), "E107",
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
		finding(l, rules, "E106",
			"more than 20000 rules in the folder");
		return;
	}
	for (size_t i = 0; i < n; i++)
		rule_parse(l, qiao_cnode_at(rules, i), i);
	qiao_overrides_check(l);
}
