/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a configuration: groups with values and policies. */
#include "gateway/verify/fabric_config.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

/* Fields of ConfigGroup */
#define GROUPS     2
#define VALUES     3
#define POLICIES   4
#define MOD_POLICY 5

/*
 * An entry of a map: name and message. A name that comes twice would replace
 * the first; the encoder of a map never writes that, so it is refused.
 */
static qiao_err read_entry(struct qiao_slice *name, struct qiao_slice *value,
			   struct qiao_pb_arena *a, struct qiao_slice entry)
{
	*name = qiao_pb_bytes(entry, 1);
	qiao_pb_message(a, value, entry, 2);
	if (name->n == 0 || memchr(name->p, '/', name->n))
		return QIAO_E_CONFIG;
	return a->err;
}

/* A value, policy or group has one number, field 1, and bytes up to `last`. */
static bool has_unknown(struct qiao_slice in, uint32_t last)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;

	while (qiao_pb_next(&r, &f))
		if (f.number == 1 ? f.wire != QIAO_PB_VARINT
				  : f.number > last || f.wire != QIAO_PB_LEN)
			return true;
	return false;
}

static qiao_err parse_value(struct qiao_fabric_value *v,
			    struct qiao_pb_arena *a, struct qiao_slice entry)
{
	struct qiao_slice in;
	qiao_err err = read_entry(&v->name, &in, a, entry);

	v->version = qiao_pb_uint(in, 1);
	v->value = qiao_pb_bytes(in, 2);
	v->mod_policy = qiao_pb_bytes(in, 3);
	v->unknown = has_unknown(in, 3);
	return err;
}

static qiao_err compile(struct qiao_fabric_policy *p, struct qiao_slice body)
{
	qiao_err err = QIAO_OK;

	if (p->type == QIAO_FABRIC_POLICY_IMPLICIT) {
		if (qiao_pb_check(&qiao_pb_implicit_meta_policy, body) !=
		    QIAO_OK)
			return QIAO_E_CONFIG;
		p->sub_policy = qiao_pb_bytes(body, 1);
		p->rule = (uint32_t)qiao_pb_uint(body, 2);
	} else if (p->type == QIAO_FABRIC_POLICY_SIGNATURE) {
		err = qiao_fabric_sigpolicy_compile(&p->signature, body);
	}
	/* to call it unmet could differ from the peers, so it is refused */
	return err == QIAO_E_LIMIT ? QIAO_E_UNSUPPORTED : err;
}

static qiao_err parse_policy(struct qiao_fabric_policy *p,
			     struct qiao_pb_arena *a, struct qiao_slice entry)
{
	struct qiao_slice in;
	qiao_err err = read_entry(&p->name, &in, a, entry);

	if (err != QIAO_OK)
		return err;
	p->version = qiao_pb_uint(in, 1);
	p->mod_policy = qiao_pb_bytes(in, 3);
	p->unknown = has_unknown(in, 3);
	if (!qiao_pb_message(a, &p->policy, in, 2))
		return a->err;
	p->unknown = p->unknown || has_unknown(p->policy, 2);
	p->type = (int32_t)(uint32_t)qiao_pb_uint(p->policy, 1);
	err = compile(p, qiao_pb_bytes(p->policy, 2));
	return err == QIAO_OK ? a->err : err;
}

static qiao_err parse_child(struct qiao_fabric_group *g,
			    struct qiao_pb_arena *a, size_t *items,
			    struct qiao_slice entry, unsigned int depth)
{
	struct qiao_slice in;
	qiao_err err = read_entry(&g->name, &in, a, entry);

	if (err != QIAO_OK)
		return err;
	return qiao_fabric_group_parse(g, a, items, in, depth + 1);
}

static bool has_twins(const struct qiao_slice *name, size_t stride, size_t n)
{
	const uint8_t *p = (const uint8_t *)name;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			struct qiao_slice x, y;

			memcpy(&x, p + i * stride, sizeof(x));
			memcpy(&y, p + k * stride, sizeof(y));
			if (qiao_slice_eq(x, y))
				return true;
		}
	return false;
}

static qiao_err make_room(struct qiao_fabric_group *g, size_t *items,
			  struct qiao_slice in)
{
	size_t groups = qiao_pb_count(in, GROUPS);
	size_t values = qiao_pb_count(in, VALUES);
	size_t policies = qiao_pb_count(in, POLICIES);

	*items += groups + values + policies;
	/* twins are looked for pair by pair: keep one group small too */
	if (*items > QIAO_FABRIC_CONFIG_ITEMS_MAX ||
	    groups + values + policies > QIAO_FABRIC_MSPS_MAX * 4)
		return QIAO_E_LIMIT;
	g->groups = qiao_calloc(groups, sizeof(*g->groups));
	g->values = qiao_calloc(values, sizeof(*g->values));
	g->policies = qiao_calloc(policies, sizeof(*g->policies));
	return g->groups && g->values && g->policies ? QIAO_OK : QIAO_E_NOMEM;
}

qiao_err qiao_fabric_group_parse(struct qiao_fabric_group *g,
				 struct qiao_pb_arena *a, size_t *items,
				 struct qiao_slice in, unsigned int depth)
{
	struct qiao_pb_iter it;
	struct qiao_slice entry;
	qiao_err err;

	if (depth > QIAO_FABRIC_CONFIG_DEPTH_MAX)
		return QIAO_E_LIMIT;
	g->version = qiao_pb_uint(in, 1);
	g->mod_policy = qiao_pb_bytes(in, MOD_POLICY);
	g->unknown = has_unknown(in, MOD_POLICY);
	err = make_room(g, items, in);
	it = qiao_pb_iter(in, VALUES);
	while (err == QIAO_OK && qiao_pb_each(&it, &entry))
		err = parse_value(&g->values[g->n_values++], a, entry);
	it = qiao_pb_iter(in, POLICIES);
	while (err == QIAO_OK && qiao_pb_each(&it, &entry))
		err = parse_policy(&g->policies[g->n_policies++], a, entry);
	it = qiao_pb_iter(in, GROUPS);
	while (err == QIAO_OK && qiao_pb_each(&it, &entry))
		err = parse_child(&g->groups[g->n_groups++], a, items, entry,
				  depth);
	if (err == QIAO_OK &&
	    (has_twins(&g->values->name, sizeof(*g->values), g->n_values) ||
	     has_twins(&g->policies->name, sizeof(*g->policies),
		       g->n_policies) ||
	     has_twins(&g->groups->name, sizeof(*g->groups), g->n_groups)))
		err = QIAO_E_CONFIG;
	return err;
}

void qiao_fabric_group_fini(struct qiao_fabric_group *g)
{
	for (size_t i = 0; i < g->n_groups; i++)
		qiao_fabric_group_fini(&g->groups[i]);
	for (size_t i = 0; i < g->n_policies; i++)
		qiao_fabric_sigpolicy_free(&g->policies[i].signature);
	qiao_free(g->groups);
	qiao_free(g->values);
	qiao_free(g->policies);
	memset(g, 0, sizeof(*g));
}

static struct qiao_fabric_group *child(const struct qiao_fabric_group *g,
				       struct qiao_slice name)
{
	for (size_t i = 0; g && i < g->n_groups; i++)
		if (qiao_slice_eq(g->groups[i].name, name))
			return &g->groups[i];
	return NULL;
}

struct qiao_fabric_group *qiao_fabric_group_at(
	const struct qiao_fabric_group *g, const char *name)
{
	return child(g, qiao_slice_str(name));
}

const struct qiao_fabric_value *qiao_fabric_value_at(
	const struct qiao_fabric_group *g, const char *name)
{
	for (size_t i = 0; g && i < g->n_values; i++)
		if (qiao_slice_is(g->values[i].name, name))
			return &g->values[i];
	return NULL;
}

const struct qiao_fabric_policy *qiao_fabric_policy_below(
	const struct qiao_fabric_group *g, struct qiao_slice path,
	const struct qiao_fabric_group **owner)
{
	const uint8_t *slash;

	while (g && path.n && (slash = memchr(path.p, '/', path.n))) {
		size_t n = (size_t)(slash - path.p);

		g = child(g, qiao_slice_of(path.p, n));
		path = qiao_slice_of(slash + 1, path.n - n - 1);
	}
	*owner = g;
	for (size_t i = 0; g && i < g->n_policies; i++)
		if (qiao_slice_eq(g->policies[i].name, path))
			return &g->policies[i];
	return NULL;
}

/*
 * ImplicitMeta asks every child group for its policy of one name. It only ever
 * goes down the tree, so it cannot go round in circles.
 */
static qiao_err implicit_satisfied(struct qiao_fabric_config *c,
				   const struct qiao_fabric_group *owner,
				   const struct qiao_fabric_policy *p,
				   const struct qiao_fabric_signers *s)
{
	size_t hold = 0, need;

	switch (p->rule) {
	case 0:
		need = 1;
		break;
	case 1:
		need = owner->n_groups;
		break;
	case 2:
		need = owner->n_groups / 2 + 1;
		break;
	default:
		return QIAO_E_BADSIG;
	}
	if (owner->n_groups == 0) /* Fabric: nobody to ask, so it holds */
		return QIAO_OK;
	for (size_t i = 0; i < owner->n_groups; i++) {
		const struct qiao_fabric_group *at;
		const struct qiao_fabric_policy *sub = qiao_fabric_policy_below(
			&owner->groups[i], p->sub_policy, &at);
		qiao_err err;

		if (!sub)
			continue;
		err = qiao_fabric_policy_satisfied(c, at, sub, s);
		if (err == QIAO_OK)
			hold++;
		else if (err != QIAO_E_BADSIG)
			return err;
	}
	return hold >= need ? QIAO_OK : QIAO_E_BADSIG;
}

qiao_err qiao_fabric_policy_satisfied(struct qiao_fabric_config *c,
				      const struct qiao_fabric_group *owner,
				      const struct qiao_fabric_policy *p,
				      const struct qiao_fabric_signers *s)
{
	if (p->type == QIAO_FABRIC_POLICY_SIGNATURE)
		return qiao_fabric_sigpolicy_eval(&p->signature, &c->msps, s);
	if (p->type == QIAO_FABRIC_POLICY_IMPLICIT)
		return implicit_satisfied(c, owner, p, s);
	return QIAO_E_BADSIG;
}
