/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fabric's policy language, as an operator writes it on the command line and in
 * an anchor file: gate ( [n,] part, part, ... ), part = gate or 'MSP.role'.
 */
#include "gateway/verify/fabric_policy.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>

struct text {
	const char *start, *p;
	struct qiao_fabric_sigpolicy *out;
	struct qiao_why *why;
};

static qiao_err wrong(const struct text *t, const char *what)
{
	return qiao_fail(t->why, QIAO_E_CONFIG,
			 "policy, column %zu: %s; write for example "
			 "OutOf(2, 'OneMSP.peer', 'TwoMSP.peer')",
			 (size_t)(t->p - t->start) + 1, what);
}

static void skip_space(struct text *t)
{
	while (*t->p == ' ' || *t->p == '\t' || *t->p == '\n' || *t->p == '\r')
		t->p++;
}

static bool take(struct text *t, char c)
{
	skip_space(t);
	if (*t->p != c)
		return false;
	t->p++;
	return true;
}

enum gate {
	GATE_NONE,
	GATE_AND,
	GATE_OR,
	GATE_OUT_OF,
};

static enum gate take_gate(struct text *t)
{
	/* clang-format off */
	static const struct { const char *word; enum gate is; } words[] = {
		{ "AND", GATE_AND }, { "And", GATE_AND }, { "and", GATE_AND },
		{ "OR", GATE_OR }, { "Or", GATE_OR }, { "or", GATE_OR },
		{ "OUTOF", GATE_OUT_OF }, { "OutOf", GATE_OUT_OF },
		{ "outof", GATE_OUT_OF },
	};
	/* clang-format on */
	skip_space(t);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if (strncmp(t->p, words[i].word, n) != 0)
			continue;
		t->p += n;
		if (take(t, '('))
			return words[i].is;
		return GATE_NONE;
	}
	return GATE_NONE;
}

/* A whole number, bare or quoted; -1 if it is none or too long. */
static int32_t take_number(struct text *t)
{
	const char *from;
	char quote = 0;
	int32_t v = 0;

	skip_space(t);
	if (*t->p == '\'' || *t->p == '"')
		quote = *t->p++;
	for (from = t->p; *t->p >= '0' && *t->p <= '9'; t->p++) {
		if (t->p - from >= 6)
			return -1;
		v = 10 * v + (*t->p - '0');
	}
	if (t->p == from || (quote && *t->p != quote))
		return -1;
	if (quote)
		t->p++;
	return v;
}

static bool is_msp_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static bool role_of(uint32_t *role, struct qiao_slice word)
{
	static const char *const names[] = { "member", "admin", "client",
					     "peer", "orderer" };

	for (uint32_t i = 0; i < 5; i++) {
		if (!qiao_slice_is(word, names[i]))
			continue;
		*role = i;
		return true;
	}
	return false;
}

/* 'MSP.role': the role follows the last dot. */
static bool split_principal(struct qiao_fabric_principal *p,
			    struct qiao_slice s)
{
	size_t dot = s.n;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_msp_char((char)s.p[i]))
			return false;
		if (s.p[i] == '.')
			dot = i;
	}
	if (dot == s.n || dot == 0)
		return false;
	p->by = QIAO_FABRIC_BY_ROLE;
	p->msp = qiao_slice_of(s.p, dot);
	return role_of(&p->role, qiao_slice_of(s.p + dot + 1, s.n - dot - 1));
}

static struct qiao_fabric_node *add_node(struct text *t, unsigned int depth)
{
	struct qiao_fabric_sigpolicy *out = t->out;

	if (depth > QIAO_FABRIC_POLICY_DEPTH_MAX ||
	    out->nodes == QIAO_FABRIC_POLICY_NODES_MAX)
		return NULL;
	if (out->depth < depth)
		out->depth = depth;
	return &out->node[out->nodes++];
}

static qiao_err take_principal(struct text *t, unsigned int depth)
{
	struct qiao_fabric_node *node;
	const char *from, *end;
	char quote = *t->p;

	if (quote != '\'' && quote != '"')
		return wrong(t, "a gate or a quoted 'MSP.role' is expected");
	from = t->p + 1;
	end = strchr(from, quote);
	if (!end)
		return wrong(t, "the quote is not closed");
	node = add_node(t, depth);
	if (!node)
		return wrong(t, "the policy is too large");
	if (!split_principal(&t->out->principal[t->out->principals],
			     qiao_slice_of(from, (size_t)(end - from))))
		return wrong(t, "not 'MSP.role' with role member, admin, "
				"client, peer or orderer");
	node->leaf = true;
	node->signed_by = (uint32_t)t->out->principals++;
	t->p = end + 1;
	return QIAO_OK;
}

static qiao_err take_part(struct text *t, unsigned int depth);

static qiao_err take_parts(struct text *t, struct qiao_fabric_node *node,
			   enum gate gate, unsigned int depth)
{
	int32_t n = 0;
	qiao_err err;

	if (gate == GATE_OUT_OF) {
		n = take_number(t);
		if (n < 0 || !take(t, ','))
			return wrong(t, "OutOf begins with a number and a "
					"comma");
	}
	do {
		err = take_part(t, depth + 1);
		if (err != QIAO_OK)
			return err;
		node->children++;
	} while (take(t, ','));
	if (!take(t, ')'))
		return wrong(t, "a comma or ) is expected");
	if (gate != GATE_OUT_OF)
		n = gate == GATE_OR ? 1 : (int32_t)node->children;
	if (n == 0)
		return wrong(t, "a policy that nobody need sign is refused");
	if ((uint32_t)n > node->children + 1)
		return wrong(t, "more signatures wanted than parts given");
	node->n = n;
	return QIAO_OK;
}

static qiao_err take_part(struct text *t, unsigned int depth)
{
	struct qiao_fabric_node *node;
	enum gate gate = take_gate(t);

	if (gate == GATE_NONE) {
		if (depth == 0)
			return wrong(t, "AND(, OR( or OutOf( is expected");
		return take_principal(t, depth);
	}
	node = add_node(t, depth);
	if (!node)
		return wrong(t, "the policy is too large");
	return take_parts(t, node, gate, depth);
}

static qiao_err parse(struct text *t)
{
	qiao_err err = take_part(t, 0);

	skip_space(t);
	if (err == QIAO_OK && *t->p)
		err = wrong(t, "something follows the policy");
	return err;
}

/* Room was made for the largest policy allowed; most have three parts. */
static void shrink(struct qiao_fabric_sigpolicy *p)
{
	void *node = qiao_realloc(p->node, p->nodes * sizeof(*p->node));
	void *principal = qiao_realloc(p->principal,
				       p->principals * sizeof(*p->principal));

	if (node)
		p->node = node;
	if (principal)
		p->principal = principal;
}

qiao_err qiao_fabric_sigpolicy_parse(struct qiao_fabric_sigpolicy *out,
				     const char *text, struct qiao_why *why)
{
	struct text t = { .out = out, .why = why };
	qiao_err err = QIAO_E_NOMEM;

	memset(out, 0, sizeof(*out));
	if (strlen(text) > QIAO_FABRIC_POLICY_TEXT_MAX)
		return qiao_fail(why, QIAO_E_CONFIG, "policy is too long");
	out->text = qiao_strdup(text);
	out->node =
		qiao_calloc(QIAO_FABRIC_POLICY_NODES_MAX, sizeof(*out->node));
	out->principal = qiao_calloc(QIAO_FABRIC_POLICY_NODES_MAX,
				     sizeof(*out->principal));
	t.start = t.p = out->text;
	if (out->text && out->node && out->principal)
		err = parse(&t);
	else
		qiao_fail(why, err, "out of memory");
	if (err == QIAO_OK)
		shrink(out);
	else
		qiao_fabric_sigpolicy_free(out);
	return err;
}
