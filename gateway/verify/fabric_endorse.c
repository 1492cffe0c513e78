/* SPDX-License-Identifier: Apache-2.0 */
/* What the chaincode did, and whether those signed it who have to. */
#include "gateway/verify/fabric_tx.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <stdlib.h>
#include <string.h>

/* rwset.NsReadWriteSet */
#define NS_NAME       1
#define NS_RWSET      2
#define NS_COLLECTION 3

static const char implicit_org[] = "_implicit_org_";

static bool writes_public(struct qiao_slice ns)
{
	struct qiao_slice kv = qiao_pb_bytes(ns, NS_RWSET);

	return qiao_pb_count(kv, 3) > 0 || qiao_pb_count(kv, 4) > 0;
}

static bool writes_hashed(struct qiao_slice collection)
{
	struct qiao_slice set = qiao_pb_bytes(collection, 2);

	return qiao_pb_count(set, 2) > 0 || qiao_pb_count(set, 3) > 0;
}

static bool is_well_formed(struct qiao_slice ns)
{
	struct qiao_pb_iter it = qiao_pb_iter(ns, NS_COLLECTION);
	struct qiao_slice collection;

	if (qiao_pb_check(&qiao_pb_kv_rwset, qiao_pb_bytes(ns, NS_RWSET)) !=
	    QIAO_OK)
		return false;
	while (qiao_pb_each(&it, &collection))
		if (qiao_pb_check(&qiao_pb_hashed_rwset,
				  qiao_pb_bytes(collection, 2)) != QIAO_OK)
			return false;
	return true;
}

static bool check_rwset(struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_slice ns;

	if (qiao_pb_check(&qiao_pb_tx_read_write_set, results) != QIAO_OK)
		return false;
	while (qiao_pb_each(&it, &ns))
		if (!is_well_formed(ns))
			return false;
	return true;
}

static int by_bytes(const void *x, const void *y)
{
	struct qiao_slice a, b;

	memcpy(&a, x, sizeof(a));
	memcpy(&b, y, sizeof(b));
	return qiao_slice_cmp(a, b);
}

/* Sets *twice if a namespace stands in the read-write set twice. */
static qiao_err find_twins(bool *twice, struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	size_t n = qiao_pb_count(results, 2), i = 0;
	struct qiao_slice *name, ns;

	*twice = false;
	if (n < 2)
		return QIAO_OK;
	name = qiao_calloc(n, sizeof(*name));
	if (!name)
		return QIAO_E_NOMEM;
	while (qiao_pb_each(&it, &ns))
		name[i++] = qiao_pb_bytes(ns, NS_NAME);
	qsort(name, n, sizeof(*name), by_bytes);
	for (i = 1; i < n; i++)
		*twice |= qiao_slice_eq(name[i - 1], name[i]);
	qiao_free(name);
	return QIAO_OK;
}

/* The event must be of the invoked chaincode; none is fine. */
static bool check_event(struct qiao_slice event, struct qiao_slice chaincode)
{
	return event.n == 0 ||
	       (qiao_pb_check(&qiao_pb_chaincode_event, event) == QIAO_OK &&
		qiao_slice_eq(qiao_pb_bytes(event, 1), chaincode));
}

/* The checks before any policy, in the peer's order. */
static enum qiao_fabric_code read_result(struct qiao_fabric_tx *tx,
					 struct qiao_slice *chaincode,
					 const struct qiao_fabric_action *in,
					 struct qiao_pb_arena *a)
{
	struct qiao_slice action = qiao_pb_bytes(in->response, 2);
	struct qiao_slice asked, ran;
	bool has_asked, has_ran;

	if (qiao_pb_check(&qiao_pb_chaincode_header_extension, in->extension) !=
	    QIAO_OK)
		return QIAO_FABRIC_BAD_HEADER_EXTENSION;
	if (action.n == 0 ||
	    qiao_pb_check(&qiao_pb_chaincode_action, action) != QIAO_OK)
		return QIAO_FABRIC_BAD_RESPONSE_PAYLOAD;
	tx->results = qiao_pb_bytes(action, 1);
	if (!check_rwset(tx->results))
		return QIAO_FABRIC_BAD_RWSET;
	has_asked = qiao_pb_message(a, &asked, in->extension, 2);
	has_ran = qiao_pb_message(a, &ran, action, 4);
	if (!has_asked || !has_ran)
		return QIAO_FABRIC_INVALID_OTHER_REASON;
	*chaincode = qiao_pb_bytes(asked, 2);
	if (chaincode->n == 0 ||
	    !qiao_slice_eq(*chaincode, qiao_pb_bytes(ran, 2)) ||
	    qiao_pb_bytes(ran, 3).n == 0)
		return QIAO_FABRIC_INVALID_CHAINCODE;
	if (!check_event(qiao_pb_bytes(action, 2), *chaincode))
		return QIAO_FABRIC_INVALID_OTHER_REASON;
	return QIAO_FABRIC_VALID;
}

struct policies {
	struct qiao_fabric_config *c;
	const struct qiao_fabric_rules *rules;
	uint64_t height;
	struct qiao_fabric_signers signers;
};

static qiao_err take_endorsements(struct policies *p,
				  const struct qiao_fabric_action *in)
{
	struct qiao_pb_iter it = qiao_pb_iter(in->endorsed, 2);
	struct qiao_slice e;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &e)) {
		/* an endorser signs its own name too */
		const struct qiao_slice parts[2] = { in->response,
						     qiao_pb_bytes(e, 1) };

		err = qiao_fabric_signers_take(&p->signers, &p->c->msps,
					       parts[1], parts, 2,
					       qiao_pb_bytes(e, 2));
	}
	return err;
}

static qiao_err channel_policy(struct policies *p, const char *path)
{
	return qiao_fabric_config_satisfied(p->c, qiao_slice_str(path),
					    &p->signers);
}

static qiao_err chaincode_policy(struct policies *p, struct qiao_slice name)
{
	const struct qiao_fabric_sigpolicy *rule;

	if (qiao_slice_is(name, "_lifecycle"))
		return channel_policy(
			p, "/Channel/Application/LifecycleEndorsement");
	rule = qiao_fabric_rules_find(p->rules, name, p->height);
	if (rule)
		return qiao_fabric_sigpolicy_eval(rule, &p->c->msps,
						  &p->signers);
	return channel_policy(p, "/Channel/Application/Endorsement");
}

/* "_implicit_org_" MSP: that organisation's own policy. */
static qiao_err org_policy(struct policies *p, struct qiao_slice msp)
{
	const struct qiao_fabric_group *org = qiao_fabric_config_org(p->c, msp);
	const struct qiao_fabric_group *owner;
	const struct qiao_fabric_policy *policy;

	if (!org)
		return QIAO_E_BADSIG;
	policy = qiao_fabric_policy_below(org, qiao_slice_str("Endorsement"),
					  &owner);
	if (policy)
		return qiao_fabric_policy_satisfied(p->c, owner, policy,
						    &p->signers);
	for (size_t i = 0; i < p->signers.n; i++) /* any member */
		if (p->signers.id[i]->valid &&
		    qiao_slice_eq(p->signers.id[i]->msp->name, msp))
			return QIAO_OK;
	return QIAO_E_BADSIG;
}

/*
 * The policies that one namespace asks for: the chaincode's for public writes,
 * for collections that have none of their own, and if nothing was written.
 * ns is empty when the invoked chaincode stands in no read-write set.
 */
static qiao_err check_namespace(struct policies *p, struct qiao_slice name,
				struct qiao_slice ns)
{
	const size_t prefix = sizeof(implicit_org) - 1;
	struct qiao_pb_iter it = qiao_pb_iter(ns, NS_COLLECTION);
	bool ask_chaincode = writes_public(ns), asked = false;
	struct qiao_slice collection;

	while (qiao_pb_each(&it, &collection)) {
		struct qiao_slice coll = qiao_pb_bytes(collection, 1);
		qiao_err err;

		if (!writes_hashed(collection))
			continue;
		if (coll.n < prefix ||
		    memcmp(coll.p, implicit_org, prefix) != 0) {
			ask_chaincode = true;
			continue;
		}
		err = org_policy(
			p, qiao_slice_of(coll.p + prefix, coll.n - prefix));
		if (err != QIAO_OK)
			return err;
		asked = true;
	}
	return ask_chaincode || !asked ? chaincode_policy(p, name) : QIAO_OK;
}

static bool writes_anything(struct qiao_slice ns)
{
	struct qiao_pb_iter it = qiao_pb_iter(ns, NS_COLLECTION);
	struct qiao_slice collection;

	if (writes_public(ns))
		return true;
	while (qiao_pb_each(&it, &collection))
		if (writes_hashed(collection))
			return true;
	return false;
}

/* The invoked namespace and every one that is written to. */
static qiao_err check_policies(struct policies *p, struct qiao_slice chaincode,
			       struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_slice ns;
	bool met = false;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &ns)) {
		struct qiao_slice name = qiao_pb_bytes(ns, NS_NAME);
		bool invoked = qiao_slice_eq(name, chaincode);

		met |= invoked;
		if (invoked || writes_anything(ns))
			err = check_namespace(p, name, ns);
	}
	if (err == QIAO_OK && !met)
		err = check_namespace(p, chaincode, qiao_slice_of(NULL, 0));
	return err;
}

qiao_err qiao_fabric_endorsed(struct qiao_fabric_tx *tx,
			      const struct qiao_fabric_action *action,
			      struct qiao_fabric_config *c,
			      const struct qiao_fabric_rules *rules,
			      uint64_t height, struct qiao_pb_arena *a)
{
	struct policies p = { .c = c, .rules = rules, .height = height };
	struct qiao_slice chaincode = { NULL, 0 };
	bool twice;
	qiao_err err;

	tx->code = read_result(tx, &chaincode, action, a);
	if (tx->code != QIAO_FABRIC_VALID)
		return a->err;
	err = find_twins(&twice, tx->results);
	if (err == QIAO_OK && twice)
		tx->code = QIAO_FABRIC_ILLEGAL_WRITESET;
	if (err != QIAO_OK || twice)
		return err;
	err = take_endorsements(&p, action);
	if (err == QIAO_OK)
		err = check_policies(&p, chaincode, tx->results);
	qiao_fabric_signers_free(&p.signers);
	if (err != QIAO_E_BADSIG)
		return err;
	tx->code = QIAO_FABRIC_ENDORSEMENT_POLICY_FAILURE;
	return QIAO_OK;
}
