/* SPDX-License-Identifier: Apache-2.0 */
/* `when` and `unless`: attribute, operator, value. */
#include "gateway/base/slice.h"
#include "policies/engine/facts.h"
#include "policies/engine/words.h"

#include <stdio.h>

/* clang-format off */
static const struct qiao_ckey cond_keys[] = {
	{ "attr", QIAO_C_STR, true },
	{ "op", QIAO_C_STR, true },
	{ "value", QIAO_C_STR | QIAO_C_INT | QIAO_C_BOOL | QIAO_C_ARRAY, false },
	{ NULL, 0, false },
};
static const char *const op_words[] = {
	"eq", "ne", "in", "not_in", "gt", "ge", "lt", "le", "exists",
	"prefix", NULL,
};
/* clang-format on */

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
			qiao_parse_bad_word(l, n, c->attr->name,
					    c->attr->words);
	}
}

static void cond_value(struct qiao_loader *l, struct qiao_cond *c,
		       const struct qiao_cnode *g)
{
	const struct qiao_cnode *v = qiao_cnode_get(g, "value");
	unsigned int want = value_type(c->attr, c->op);
	const char **one;

	if (!v && c->op != QIAO_OP_EXISTS) {
		qiao_parse_finding(l, g, "E102",
				   "a condition lacks its \"value\"");
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
		c->words = qiao_parse_words(l, v, &c->n_words);
	} else if (want == QIAO_C_STR) {
		one = qiao_arena_take(&l->p->arena, 1, sizeof(*one));
		if (!one)
			return;
		one[0] = qiao_parse_keep(l, qiao_cnode_str(v, ""));
		c->words = one;
		c->n_words = 1;
	}
	cond_words_check(l, c, v);
}

static bool cond_parse(struct qiao_loader *l, struct qiao_cond *c,
		       const struct qiao_cnode *g, const char *where)
{
	const char *name = qiao_conf_str(g, "attr", NULL);
	int op = qiao_parse_word(l, g, where, "op", op_words, -1);
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

struct qiao_conds qiao_parse_conds(struct qiao_loader *l, struct qiao_rule *r,
				   const struct qiao_cnode *rule,
				   const char *name)
{
	const struct qiao_cnode *list = qiao_cnode_get(rule, name);
	size_t n = qiao_cnode_count(list);
	struct qiao_conds out = { 0, NULL };
	struct qiao_cond *c;
	char where[32];

	if (list && n == 0)
		qiao_parse_finding(l, list, "E106",
				   "empty; name something or remove it");
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
