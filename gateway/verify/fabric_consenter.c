/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orderers that a v3 channel lists by number, and the rule that follows
 * from the list where they agree by BFT: of n, so many must sign that two
 * blocks of one height would need an honest signer of both. Sources: fabric
 * common/policies/bft.go, orderer/consensus/smartbft/configverifier.go.
 */
#include "gateway/verify/fabric_config.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

/* common.Consenter; msp.SerializedIdentity has its two as 1 and 2 */
#define CONSENTER_ID       1
#define CONSENTER_MSP      4
#define CONSENTER_IDENTITY 5

static qiao_err load_one(struct qiao_fabric_consenter *to, struct qiao_slice in)
{
	struct qiao_slice msp = qiao_pb_bytes(in, CONSENTER_MSP);
	struct qiao_slice pem = qiao_pb_bytes(in, CONSENTER_IDENTITY);

	to->id = (uint32_t)qiao_pb_uint(in, CONSENTER_ID);
	qiao_pb_put_bytes(&to->identity, 1, msp);
	qiao_pb_put_bytes(&to->identity, 2, pem);
	return to->identity.err;
}

static qiao_err load_list(struct qiao_fabric_config *c, struct qiao_slice in,
			  struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 1);
	size_t n = qiao_pb_count(in, 1);
	struct qiao_slice one;
	qiao_err err = QIAO_OK;

	if (n > QIAO_FABRIC_CONSENTERS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "%zu consenters", n);
	c->consenter = qiao_calloc(n, sizeof(*c->consenter));
	if (!c->consenter)
		err = QIAO_E_NOMEM;
	while (err == QIAO_OK && qiao_pb_each(&it, &one))
		err = load_one(&c->consenter[c->consenters++], one);
	return err == QIAO_OK ? err : qiao_fail(why, err, "out of memory");
}

/* f = (n - 1) / 3, q = ceil((n + f + 1) / 2); n is not 0 */
static size_t quorum_of(size_t n)
{
	return (n + (n - 1) / 3 + 2) / 2;
}

static bool names(const struct qiao_fabric_principal *p,
		  const struct qiao_fabric_consenter *who)
{
	struct qiao_slice id = qiao_buf_slice(&who->identity);

	return p->by == QIAO_FABRIC_BY_IDENTITY &&
	       qiao_slice_eq(qiao_pb_bytes(p->identity, 1),
			     qiao_pb_bytes(id, 1)) &&
	       qiao_slice_eq(qiao_pb_bytes(p->identity, 2),
			     qiao_pb_bytes(id, 2));
}

/* One gate: q of the consenters, each once, in the order of the list. */
static bool is_quorum_policy(const struct qiao_fabric_sigpolicy *p,
			     const struct qiao_fabric_config *c)
{
	size_t n = c->consenters;

	if (n == 0 || p->nodes != 1 + n || p->principals != n ||
	    p->node[0].leaf || (size_t)p->node[0].n != quorum_of(n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!p->node[1 + i].leaf || p->node[1 + i].signed_by != i ||
		    !names(&p->principal[i], &c->consenter[i]))
			return false;
	return true;
}

/*
 * Orderers make no configuration whose policy is another; one that came all the
 * same would let fewer than a quorum decide.
 */
static qiao_err check_quorum(const struct qiao_fabric_config *c,
			     struct qiao_why *why)
{
	const struct qiao_fabric_group *owner;
	const struct qiao_fabric_policy *p = qiao_fabric_policy_below(
		&c->root, qiao_slice_str("Orderer/BlockValidation"), &owner);

	if (p && p->type == QIAO_FABRIC_POLICY_SIGNATURE &&
	    is_quorum_policy(&p->signature, c))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_CONFIG,
			 "BlockValidation is not the quorum of the %zu "
			 "consenters that it lists",
			 c->consenters);
}

qiao_err qiao_fabric_consenters_load(struct qiao_fabric_config *c,
				     struct qiao_why *why)
{
	const struct qiao_fabric_value *v = qiao_fabric_value_at(
		qiao_fabric_group_at(&c->root, "Orderer"), "Orderers");
	qiao_err err = QIAO_OK;

	if (v && qiao_pb_check(&qiao_pb_orderers, v->value) != QIAO_OK)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "the list of consenters is malformed");
	if (v)
		err = load_list(c, v->value, why);
	return err == QIAO_OK && c->bft ? check_quorum(c, why) : err;
}

void qiao_fabric_consenters_fini(struct qiao_fabric_config *c)
{
	for (size_t i = 0; i < c->consenters; i++)
		qiao_buf_free(&c->consenter[i].identity);
	qiao_free(c->consenter);
	c->consenter = NULL;
	c->consenters = 0;
}

const struct qiao_fabric_consenter *qiao_fabric_consenter_find(
	const struct qiao_fabric_config *c, uint32_t id)
{
	for (size_t i = 0; i < c->consenters; i++)
		if (c->consenter[i].id == id)
			return &c->consenter[i];
	return NULL;
}
