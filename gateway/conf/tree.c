/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/tree.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <stdio.h>

struct parser {
	struct qiao_lexer *lx;
	struct qiao_ctree *tree;
	size_t depth;
	qiao_err err;
};

static const char *token_name(enum qiao_tok_type type)
{
	switch (type) {
	case QIAO_TOK_END:
		return "the end of the file";
	case QIAO_TOK_BAD:
		return "an error";
	case QIAO_TOK_NAME:
		return "a name";
	case QIAO_TOK_STR:
		return "a string";
	case QIAO_TOK_BOOL:
		return "true or false";
	case QIAO_TOK_INT:
	case QIAO_TOK_INT64:
	case QIAO_TOK_FLOAT:
		return "a number";
	case QIAO_TOK_EQUALS:
		return "\"=\"";
	case QIAO_TOK_COMMA:
		return "\",\"";
	case QIAO_TOK_SEMICOLON:
		return "\";\"";
	case QIAO_TOK_GROUP:
		return "\"{\"";
	case QIAO_TOK_GROUP_END:
		return "\"}\"";
	case QIAO_TOK_LIST:
		return "\"(\"";
	case QIAO_TOK_LIST_END:
		return "\")\"";
	case QIAO_TOK_ARRAY:
		return "\"[\"";
	case QIAO_TOK_ARRAY_END:
		return "\"]\"";
	}
	return "?";
}

/* The parse ends here; what a lexical finding led to is not said again. */
static bool give_up(struct parser *p, struct qiao_lex_pos at, const char *what)
{
	if (!p->lx->unsafe)
		qiao_lex_finding(p->lx, at, "E000", "%s", what);
	p->err = QIAO_E_CONFIG;
	return false;
}

static bool unexpected(struct parser *p, const struct qiao_tok *t,
		       const char *wanted)
{
	char text[160];

	snprintf(text, sizeof(text), "expected %s, not %s", wanted,
		 token_name(t->type));
	return give_up(p, t->at, text);
}

/* What was opened at a place, or the root, and what ends it. */
struct bracket {
	struct qiao_lex_pos at;
	enum qiao_tok_type end;
};

static bool not_closed(struct parser *p, const struct bracket *b,
		       const struct qiao_tok *t, const char *wanted)
{
	char text[160];

	if (b->end == QIAO_TOK_END)
		return unexpected(p, t, wanted);
	if (t->type == QIAO_TOK_END) {
		snprintf(text, sizeof(text),
			 "opened here and never closed with %s",
			 token_name(b->end));
		return give_up(p, b->at, text);
	}
	snprintf(text, sizeof(text), "%s, or %s for what line %u opened",
		 wanted, token_name(b->end), b->at.line);
	return unexpected(p, t, text);
}

static bool nodes_grow(struct parser *p)
{
	struct qiao_ctree *t = p->tree;
	size_t cap = t->cap ? t->cap * 2 : 64;
	struct qiao_cnode *nodes;

	if (t->n < t->cap)
		return true;
	nodes = qiao_realloc(t->nodes, cap * sizeof(*nodes));
	if (!nodes) {
		p->err = QIAO_E_NOMEM;
		return false;
	}
	t->nodes = nodes;
	t->cap = cap;
	return true;
}

static bool node_add(struct parser *p, const struct qiao_cnode *node)
{
	if (p->tree->n == QIAO_CONF_NODES_MAX)
		return give_up(p, node->at, "too many settings in one file");
	if (!nodes_grow(p))
		return false;
	p->tree->nodes[p->tree->n++] = *node;
	return true;
}

static uint32_t type_of(enum qiao_tok_type type)
{
	switch (type) {
	case QIAO_TOK_STR:
		return QIAO_C_STR;
	case QIAO_TOK_BOOL:
		return QIAO_C_BOOL;
	case QIAO_TOK_INT:
	case QIAO_TOK_INT64:
		return QIAO_C_INT;
	case QIAO_TOK_FLOAT:
		return QIAO_C_FLOAT;
	case QIAO_TOK_GROUP:
		return QIAO_C_GROUP;
	case QIAO_TOK_LIST:
		return QIAO_C_LIST;
	case QIAO_TOK_ARRAY:
		return QIAO_C_ARRAY;
	case QIAO_TOK_END:
	case QIAO_TOK_BAD:
	case QIAO_TOK_NAME:
	case QIAO_TOK_EQUALS:
	case QIAO_TOK_COMMA:
	case QIAO_TOK_SEMICOLON:
	case QIAO_TOK_GROUP_END:
	case QIAO_TOK_LIST_END:
	case QIAO_TOK_ARRAY_END:
		return 0;
	}
	return 0;
}

static bool group_parse(struct parser *p, const struct bracket *b);
static bool list_parse(struct parser *p, const struct bracket *b);

/* A value that begins with t; node has name and place. */
static bool value_parse(struct parser *p, const struct qiao_tok *t,
			struct qiao_cnode *node)
{
	struct bracket b = { t->at, QIAO_TOK_END };
	bool ok;

	node->type = type_of(t->type);
	if (t->type == QIAO_TOK_NAME)
		return give_up(p, t->at,
			       "a word stands in double quotes, except true "
			       "and false");
	if (!node->type)
		return unexpected(p, t, "a value");
	if (!node_add(p, node))
		return false;
	if (!(node->type & (QIAO_C_GROUP | QIAO_C_LIST | QIAO_C_ARRAY)))
		return true;
	if (p->depth == QIAO_CONF_DEPTH_MAX)
		return give_up(p, t->at, "brackets nested deeper than 16");
	p->depth++;
	if (node->type == QIAO_C_GROUP) {
		b.end = QIAO_TOK_GROUP_END;
		ok = group_parse(p, &b);
	} else {
		b.end = node->type == QIAO_C_LIST ? QIAO_TOK_LIST_END
						  : QIAO_TOK_ARRAY_END;
		ok = list_parse(p, &b);
	}
	p->depth--;
	return ok;
}

/* An array holds scalars of one type; INT and INT64 are two. */
static bool element_check(struct parser *p, const struct qiao_tok *t,
			  const struct bracket *b, enum qiao_tok_type first)
{
	if (b->end != QIAO_TOK_ARRAY_END || !type_of(t->type))
		return true;
	if (type_of(t->type) & (QIAO_C_GROUP | QIAO_C_LIST | QIAO_C_ARRAY))
		return give_up(p, t->at,
			       "[ ] holds strings, numbers or booleans; "
			       "write ( ) for a list of anything");
	if (t->type == first)
		return true;
	return give_up(p, t->at,
		       "[ ] holds values of one type; give every number the "
		       "L or none");
}

static bool list_parse(struct parser *p, const struct bracket *b)
{
	struct qiao_tok t = qiao_lex_next(p->lx);
	enum qiao_tok_type first = t.type;

	if (t.type == b->end)
		return true;
	for (;;) {
		struct qiao_cnode node = { .at = t.at };
		struct qiao_tok comma;

		if (t.type == QIAO_TOK_END)
			return not_closed(p, b, &t, "a value");
		if (!element_check(p, &t, b, first) ||
		    !value_parse(p, &t, &node))
			return false;
		comma = qiao_lex_next(p->lx);
		if (comma.type == b->end)
			return true;
		if (comma.type != QIAO_TOK_COMMA)
			return not_closed(p, b, &comma, "\",\"");
		t = qiao_lex_next(p->lx);
		if (t.type == b->end)
			return give_up(p, comma.at,
				       "remove the comma after the last item");
	}
}

/* Is there a member of this name at or before `last` in its group? */
static const struct qiao_cnode *member_find(const struct qiao_ctree *tree,
					    uint32_t last,
					    struct qiao_slice name)
{
	for (uint32_t i = last; i; i = tree->nodes[i].before)
		if (qiao_slice_eq(tree->nodes[i].name, name))
			return &tree->nodes[i];
	return NULL;
}

static bool name_check(struct parser *p, const struct qiao_tok *t,
		       uint32_t last, size_t members)
{
	const struct qiao_cnode *twin = member_find(p->tree, last, t->text);
	char text[160];

	if (members == QIAO_CONF_MEMBERS_MAX)
		return give_up(p, t->at, "more than 256 settings in a group");
	if (t->text.n > QIAO_NAME_MAX)
		return give_up(p, t->at, "name longer than 64 characters");
	if (!twin)
		return true;
	snprintf(text, sizeof(text), "\"%.*s\" is set already in line %u",
		 (int)t->text.n, (const char *)t->text.p, twin->at.line);
	return give_up(p, t->at, text);
}

static bool setting_parse(struct parser *p, const struct qiao_tok *name,
			  uint32_t last)
{
	struct qiao_cnode node = { .name = name->text,
				   .at = name->at,
				   .before = last };
	struct qiao_tok t = qiao_lex_next(p->lx);

	if (t.type != QIAO_TOK_EQUALS)
		return unexpected(p, &t, "\"=\" after the name");
	t = qiao_lex_next(p->lx);
	return value_parse(p, &t, &node);
}

static bool group_parse(struct parser *p, const struct bracket *b)
{
	struct qiao_tok t = qiao_lex_next(p->lx);
	uint32_t last = 0;

	for (size_t members = 0; t.type != b->end; members++) {
		uint32_t here = (uint32_t)p->tree->n;

		if (t.type != QIAO_TOK_NAME)
			return not_closed(p, b, &t, "the name of a setting");
		if (!name_check(p, &t, last, members) ||
		    !setting_parse(p, &t, last))
			return false;
		last = here;
		t = qiao_lex_next(p->lx);
		if (t.type == QIAO_TOK_SEMICOLON || t.type == QIAO_TOK_COMMA)
			t = qiao_lex_next(p->lx);
	}
	return true;
}

qiao_err qiao_ctree_parse(struct qiao_ctree *out, struct qiao_lexer *lx)
{
	struct parser p = { lx, out, 0, QIAO_OK };
	struct qiao_cnode root = { .at = { 1, 1 }, .type = QIAO_C_GROUP };
	struct bracket whole = { { 1, 1 }, QIAO_TOK_END };

	*out = (struct qiao_ctree){ 0 };
	if (node_add(&p, &root))
		group_parse(&p, &whole);
	/* several findings per run: the lexical ones of the rest */
	while (p.err == QIAO_E_CONFIG && qiao_lex_next(lx).type != QIAO_TOK_END)
		;
	return p.err;
}
