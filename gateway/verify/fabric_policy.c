/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_policy.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

static bool has_signed(const struct qiao_fabric_signers *s,
		       const struct qiao_fabric_identity *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->id[i]->msp == id->msp &&
		    qiao_hash_eq(&s->id[i]->id, &id->id))
			return true;
	return false;
}

static qiao_err append(struct qiao_fabric_signers *s,
		       const struct qiao_fabric_identity *id)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		/* through void *: the array's elements are const pointers */
		void *p = qiao_realloc((void *)s->id, cap * sizeof(*s->id));

		if (!p)
			return QIAO_E_NOMEM;
		s->id = p;
		s->cap = cap;
	}
	s->id[s->n++] = id;
	return QIAO_OK;
}

qiao_err qiao_fabric_signers_take(struct qiao_fabric_signers *s,
				  struct qiao_fabric_msps *m,
				  struct qiao_slice identity,
				  const struct qiao_slice *parts, size_t n,
				  struct qiao_slice signature)
{
	const struct qiao_fabric_identity *id;
	qiao_err err = qiao_fabric_identify(m, &id, identity);

	if (err != QIAO_OK || !id || has_signed(s, id))
		return err;
	err = qiao_fabric_signed(m, id, parts, n, signature);
	if (err == QIAO_OK)
		return append(s, id);
	return err == QIAO_E_NOMEM ? err : QIAO_OK;
}

void qiao_fabric_signers_free(struct qiao_fabric_signers *s)
{
	qiao_free((void *)s->id);
	memset(s, 0, sizeof(*s));
}

static bool read_principal(struct qiao_fabric_principal *p,
			   struct qiao_slice in)
{
	struct qiao_slice body = qiao_pb_bytes(in, 2);

	switch ((uint32_t)qiao_pb_uint(in, 1)) {
	case QIAO_FABRIC_BY_ROLE:
		if (qiao_pb_check(&qiao_pb_msp_role, body) != QIAO_OK)
			return false;
		p->by = QIAO_FABRIC_BY_ROLE;
		p->msp = qiao_pb_bytes(body, 1);
		p->role = (uint32_t)qiao_pb_uint(body, 2);
		return true;
	case QIAO_FABRIC_BY_OU:
		if (qiao_pb_check(&qiao_pb_organization_unit, body) != QIAO_OK)
			return false;
		p->by = QIAO_FABRIC_BY_OU;
		p->msp = qiao_pb_bytes(body, 1);
		p->ou = qiao_pb_bytes(body, 2);
		p->path = qiao_pb_bytes(body, 3);
		return true;
	case QIAO_FABRIC_BY_IDENTITY:
		p->by = QIAO_FABRIC_BY_IDENTITY;
		p->identity = body;
		return true;
	default:
		return false;
	}
}

static qiao_err load_principals(struct qiao_fabric_sigpolicy *p,
				struct qiao_slice envelope)
{
	struct qiao_pb_iter it = qiao_pb_iter(envelope, 3);
	size_t n = qiao_pb_count(envelope, 3);
	struct qiao_slice item;

	if (n > QIAO_FABRIC_POLICY_NODES_MAX)
		return QIAO_E_LIMIT;
	p->principal = qiao_calloc(n, sizeof(*p->principal));
	if (!p->principal)
		return QIAO_E_NOMEM;
	while (qiao_pb_each(&it, &item)) {
		struct qiao_fabric_principal *to =
			&p->principal[p->principals++];

		/* Go finds out at evaluation that it cannot read one */
		if (!read_principal(to, item))
			to->by = QIAO_FABRIC_BY_UNKNOWN;
	}
	return QIAO_OK;
}

static const struct qiao_pb_member signature_policy[] = {
	{ 1, QIAO_PB_UINT, NULL },    /* signed_by */
	{ 2, QIAO_PB_MESSAGE, NULL }, /* n_out_of */
	{ 0, QIAO_PB_UINT, NULL },
};

static qiao_err compile(struct qiao_fabric_sigpolicy *p, struct qiao_slice in,
			unsigned int depth)
{
	struct qiao_fabric_node *node;
	struct qiao_pb_iter it;
	struct qiao_slice gate, rule;
	size_t at = p->nodes;
	uint32_t is;

	if (depth > QIAO_FABRIC_POLICY_DEPTH_MAX ||
	    at == QIAO_FABRIC_POLICY_NODES_MAX)
		return QIAO_E_LIMIT;
	is = qiao_pb_oneof(&p->arena, &gate, in, signature_policy);
	if (is == 0)
		return QIAO_E_CONFIG;
	node = &p->node[p->nodes++];
	if (p->depth < depth)
		p->depth = depth;
	node->leaf = is == 1;
	if (node->leaf) {
		int32_t signed_by = (int32_t)(uint32_t)qiao_pb_uint(in, 1);

		if (signed_by < 0 || (size_t)signed_by >= p->principals)
			return QIAO_E_CONFIG;
		node->signed_by = (uint32_t)signed_by;
		return QIAO_OK;
	}
	node->n = (int32_t)(uint32_t)qiao_pb_uint(gate, 1);
	it = qiao_pb_iter(gate, 2);
	while (qiao_pb_each(&it, &rule)) {
		qiao_err err = compile(p, rule, depth + 1);

		if (err != QIAO_OK)
			return err;
		p->node[at].children++;
	}
	return QIAO_OK;
}

/* Room was made for the largest; a configuration may hold thousands. */
static qiao_err shrink(struct qiao_fabric_sigpolicy *p)
{
	void *less = qiao_realloc(p->node, p->nodes * sizeof(*p->node));

	if (!less)
		return QIAO_E_NOMEM;
	p->node = less;
	return QIAO_OK;
}

qiao_err qiao_fabric_sigpolicy_compile(struct qiao_fabric_sigpolicy *out,
				       struct qiao_slice envelope)
{
	struct qiao_slice rule;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = qiao_pb_check(&qiao_pb_signature_policy_envelope, envelope);
	if (err != QIAO_OK)
		return err == QIAO_E_LIMIT ? err : QIAO_E_CONFIG;
	if ((int32_t)(uint32_t)qiao_pb_uint(envelope, 1) != 0)
		return QIAO_E_CONFIG; /* only version 0 exists */
	if (!qiao_pb_message(&out->arena, &rule, envelope, 2))
		return QIAO_E_CONFIG;
	out->node =
		qiao_calloc(QIAO_FABRIC_POLICY_NODES_MAX, sizeof(*out->node));
	err = out->node ? load_principals(out, envelope) : QIAO_E_NOMEM;
	if (err == QIAO_OK)
		err = compile(out, rule, 0);
	if (err == QIAO_OK)
		err = out->arena.err;
	if (err == QIAO_OK)
		err = shrink(out);
	if (err != QIAO_OK)
		qiao_fabric_sigpolicy_free(out);
	return err;
}

void qiao_fabric_sigpolicy_free(struct qiao_fabric_sigpolicy *p)
{
	qiao_free(p->node);
	qiao_free(p->principal);
	qiao_free(p->text);
	qiao_pb_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}

struct eval {
	const struct qiao_fabric_sigpolicy *p;
	struct qiao_fabric_msps *m;
	const struct qiao_fabric_signers *s;
	uint8_t *used; /* one row of s->n for each depth, and one */
	size_t at;     /* the next node */
	qiao_err err;
};

static bool has_ou(const struct qiao_fabric_identity *id,
		   const struct qiao_fabric_principal *to)
{
	if (!id->valid || !qiao_slice_eq(qiao_slice_hash(&id->path), to->path))
		return false;
	for (size_t i = 0; i < qiao_cert_ou_count(id->cert); i++)
		if (qiao_slice_eq(qiao_cert_ou(id->cert, i), to->ou))
			return true;
	return false;
}

static bool fits(const struct qiao_fabric_identity *id,
		 const struct qiao_fabric_principal *to,
		 const struct qiao_fabric_identity *named)
{
	switch (to->by) {
	case QIAO_FABRIC_BY_ROLE:
		return to->role <= QIAO_FABRIC_ORDERER &&
		       qiao_slice_eq(to->msp, id->msp->name) &&
		       qiao_fabric_has_role(id,
					    (enum qiao_fabric_role)to->role);
	case QIAO_FABRIC_BY_OU:
		return qiao_slice_eq(to->msp, id->msp->name) && has_ou(id, to);
	case QIAO_FABRIC_BY_IDENTITY:
		return named && named->valid && named->msp == id->msp &&
		       qiao_hash_eq(&named->id, &id->id);
	case QIAO_FABRIC_BY_UNKNOWN:
		return false;
	}
	return false;
}

static bool eval_leaf(struct eval *e, const struct qiao_fabric_node *node,
		      uint8_t *used)
{
	const struct qiao_fabric_principal *to =
		&e->p->principal[node->signed_by];
	const struct qiao_fabric_identity *named = NULL;
	qiao_err err = QIAO_OK;

	if (to->by == QIAO_FABRIC_BY_IDENTITY)
		err = qiao_fabric_identify(e->m, &named, to->identity);
	if (err != QIAO_OK)
		e->err = err;
	for (size_t i = 0; i < e->s->n; i++) {
		if (used[i] || !fits(e->s->id[i], to, named))
			continue;
		used[i] = 1;
		return true;
	}
	return false;
}

/* used is this node's row; the row after it is for its children. */
static bool eval_node(struct eval *e, uint8_t *used)
{
	const struct qiao_fabric_node *node = &e->p->node[e->at++];
	uint8_t *below = used + e->s->n;
	int32_t hold = 0;

	if (node->leaf)
		return eval_leaf(e, node, used);
	for (uint32_t i = 0; i < node->children; i++) {
		memcpy(below, used, e->s->n);
		if (!eval_node(e, below))
			continue;
		hold++;
		memcpy(used, below, e->s->n);
	}
	return hold >= node->n;
}

qiao_err qiao_fabric_sigpolicy_eval(const struct qiao_fabric_sigpolicy *p,
				    struct qiao_fabric_msps *m,
				    const struct qiao_fabric_signers *s)
{
	struct eval e = { .p = p, .m = m, .s = s };
	bool holds;

	if (p->nodes == 0)
		return QIAO_E_BADSIG;
	/* rows for depths 0..depth and one below; one byte more: never empty */
	e.used = qiao_calloc((size_t)p->depth + 2, s->n + 1);
	if (!e.used)
		return QIAO_E_NOMEM;
	holds = eval_node(&e, e.used);
	qiao_free(e.used);
	if (e.err != QIAO_OK)
		return e.err;
	return holds ? QIAO_OK : QIAO_E_BADSIG;
}
