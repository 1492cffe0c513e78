/* SPDX-License-Identifier: Apache-2.0 */
/* What the chaincode did, and whether those signed it who have to. */
#include "gateway/verify/fabric_tx.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_lifecycle.h"
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
	struct qiao_fabric_ledger *ledger; /* NULL: not replayed */
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

static bool has_member(const struct policies *p, struct qiao_slice msp)
{
	for (size_t i = 0; i < p->signers.n; i++)
		if (p->signers.id[i]->valid &&
		    qiao_slice_eq(p->signers.id[i]->msp->name, msp))
			return true;
	return false;
}

/* Where the channel has no policy for it: members of most organisations. */
static qiao_err lifecycle_policy(struct policies *p)
{
	static const char path[] = "/Channel/Application/LifecycleEndorsement";
	const struct qiao_fabric_group *g =
		qiao_fabric_group_at(&p->c->root, "Application");
	size_t have = 0, n = g ? g->n_groups : 0;

	if (qiao_fabric_config_has_policy(p->c, qiao_slice_str(path)))
		return channel_policy(p, path);
	for (size_t i = 0; i < n; i++)
		have += has_member(p, g->groups[i].msp);
	return have >= n / 2 + 1 ? QIAO_OK : QIAO_E_BADSIG;
}

/* As the operator says. */
static qiao_err chaincode_policy(struct policies *p, struct qiao_slice name)
{
	const struct qiao_fabric_sigpolicy *rule;

	if (qiao_slice_is(name, "_lifecycle"))
		return lifecycle_policy(p);
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
	return has_member(p, msp) ? QIAO_OK : QIAO_E_BADSIG;
}

static bool is_implicit(struct qiao_slice collection)
{
	const size_t prefix = sizeof(implicit_org) - 1;

	return collection.n >= prefix &&
	       memcmp(collection.p, implicit_org, prefix) == 0;
}

static qiao_err implicit_policy(struct policies *p,
				struct qiao_slice collection)
{
	const size_t prefix = sizeof(implicit_org) - 1;

	return org_policy(
		p, qiao_slice_of(collection.p + prefix, collection.n - prefix));
}

/*
 * Without the ledger: the chaincode's policy for public writes, for collections
 * that are no organisation's own, and if nothing was written. ns is empty when
 * the invoked chaincode stands in no read-write set.
 */
static qiao_err check_by_rules(struct policies *p, struct qiao_slice name,
			       struct qiao_slice ns)
{
	struct qiao_pb_iter it = qiao_pb_iter(ns, NS_COLLECTION);
	bool ask_chaincode = writes_public(ns), asked = false;
	struct qiao_slice collection;

	while (qiao_pb_each(&it, &collection)) {
		struct qiao_slice coll = qiao_pb_bytes(collection, 1);
		qiao_err err;

		if (!writes_hashed(collection))
			continue;
		if (!is_implicit(coll)) {
			ask_chaincode = true;
			continue;
		}
		err = implicit_policy(p, coll);
		if (err != QIAO_OK)
			return err;
		asked = true;
	}
	return ask_chaincode || !asked ? chaincode_policy(p, name) : QIAO_OK;
}

/* One namespace of an entry, as the ledger has it. */
struct space {
	struct policies *p;
	struct qiao_slice name;
	const struct qiao_fabric_definition *d; /* NULL: _lifecycle itself */
	bool any;       /* some policy was asked and met */
	bool chaincode; /* the chaincode's was */
	/* the collection whose policy was met last */
	struct qiao_slice collection;
};

static qiao_err ask_chaincode(struct space *s)
{
	qiao_err err;

	if (s->chaincode)
		return QIAO_OK;
	if (s->d)
		err = qiao_fabric_application_satisfied(&s->d->policy, s->p->c,
							&s->p->signers);
	else
		err = lifecycle_policy(s->p);
	s->chaincode = s->any = err == QIAO_OK;
	return err;
}

static qiao_err ask_collection(struct space *s, struct qiao_slice collection)
{
	struct qiao_slice policy;
	uint64_t ignored;
	qiao_err err;

	if (s->collection.n > 0 && qiao_slice_eq(s->collection, collection))
		return QIAO_OK;
	if (is_implicit(collection))
		err = implicit_policy(s->p, collection);
	else if (!s->d || qiao_fabric_collection_find(s->d, &policy, &ignored,
						      collection) != QIAO_OK)
		return QIAO_E_BADSIG; /* no such collection */
	else if (policy.n > 0)
		err = qiao_fabric_application_check(policy, s->p->c,
						    &s->p->signers);
	else
		err = ask_chaincode(s);
	if (err == QIAO_OK) {
		s->any = true;
		s->collection = collection;
	}
	return err;
}

/* A key's own policy; one that cannot be read stops peers, and is unmet. */
static qiao_err ask_key(struct space *s, struct qiao_slice envelope)
{
	struct qiao_fabric_sigpolicy policy;
	qiao_err err = qiao_fabric_sigpolicy_compile(&policy, envelope);

	if (err == QIAO_OK) {
		err = qiao_fabric_sigpolicy_eval(&policy, &s->p->c->msps,
						 &s->p->signers);
		qiao_fabric_sigpolicy_free(&policy);
	} else if (err == QIAO_E_CONFIG) {
		err = QIAO_E_BADSIG;
	} else if (err == QIAO_E_LIMIT) {
		err = QIAO_E_UNSUPPORTED;
	}
	s->any |= err == QIAO_OK;
	return err;
}

static qiao_err check_key(struct space *s, struct qiao_slice collection,
			  struct qiao_slice key)
{
	const struct qiao_fabric_key k = { s->name, collection, key };
	struct qiao_fabric_state row = { .exists = false };
	bool noted;
	qiao_err err = qiao_fabric_policy_noted(s->p->ledger, &noted, &k);

	if (err != QIAO_OK)
		return err;
	if (noted) /* which of the two policies holds is undecided */
		return QIAO_E_BADSIG;
	err = qiao_fabric_state_before(s->p->ledger, &row, &k);
	if (err != QIAO_OK)
		qiao_fabric_state_fini(&row);
	else if (row.policy.n > 0)
		err = ask_key(s, row.policy);
	else if (collection.n > 0)
		err = ask_collection(s, collection);
	else
		err = ask_chaincode(s);
	qiao_fabric_state_fini(&row);
	return err;
}

typedef qiao_err key_fn(struct space *s, struct qiao_slice collection,
			struct qiao_slice key);

/* Field `number` of a (hashed) read-write set: messages with the key first. */
static qiao_err each_key(struct space *s, struct qiao_slice collection,
			 struct qiao_slice set, uint32_t number, key_fn *fn)
{
	struct qiao_pb_iter it = qiao_pb_iter(set, number);
	struct qiao_slice write;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &write))
		err = fn(s, collection, qiao_pb_bytes(write, 1));
	return err;
}

static qiao_err each_hashed_key(struct space *s, struct qiao_slice ns,
				uint32_t number, key_fn *fn)
{
	struct qiao_pb_iter it = qiao_pb_iter(ns, NS_COLLECTION);
	struct qiao_slice c;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &c))
		err = each_key(s, qiao_pb_bytes(c, 1), qiao_pb_bytes(c, 2),
			       number, fn);
	return err;
}

static qiao_err note_key(struct space *s, struct qiao_slice collection,
			 struct qiao_slice key)
{
	const struct qiao_fabric_key k = { s->name, collection, key };

	return qiao_fabric_policy_note(s->p->ledger, &k);
}

static qiao_err check_space(struct space *s, struct qiao_slice ns)
{
	struct qiao_slice kv = qiao_pb_bytes(ns, NS_RWSET);
	qiao_err err = each_key(s, qiao_slice_of(NULL, 0), kv, 3, check_key);

	if (err == QIAO_OK)
		err = each_key(s, qiao_slice_of(NULL, 0), kv, 4, check_key);
	if (err == QIAO_OK)
		err = each_hashed_key(s, ns, 2, check_key);
	if (err == QIAO_OK)
		err = each_hashed_key(s, ns, 3, check_key);
	if (err == QIAO_OK && !s->any)
		err = ask_chaincode(s);
	if (err == QIAO_OK)
		err = each_key(s, qiao_slice_of(NULL, 0), kv, 4, note_key);
	return err == QIAO_OK ? each_hashed_key(s, ns, 3, note_key) : err;
}

/* QIAO_E_NOTFOUND: no such chaincode. */
static qiao_err check_by_ledger(struct policies *p, struct qiao_slice name,
				struct qiao_slice ns)
{
	struct space s = { .p = p, .name = name };
	qiao_err err = QIAO_OK;

	if (!qiao_slice_is(name, "_lifecycle")) {
		err = qiao_fabric_definition_find(p->ledger, &s.d, name);
		if (err == QIAO_OK && !s.d->defined)
			err = QIAO_E_NOTFOUND;
	}
	return err == QIAO_OK ? check_space(&s, ns) : err;
}

static qiao_err check_namespace(struct policies *p, struct qiao_slice name,
				struct qiao_slice ns)
{
	return p->ledger ? check_by_ledger(p, name, ns)
			 : check_by_rules(p, name, ns);
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

/*
 * The invoked namespace and every one that is written to. After a failure the
 * others are looked at as well: key policies that an endorsed namespace sets
 * stand in the way of later entries, whatever becomes of this one.
 */
static qiao_err check_policies(struct policies *p, struct qiao_slice chaincode,
			       struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_slice ns;
	bool met = false;
	qiao_err err, first = QIAO_OK;

	while (qiao_pb_each(&it, &ns)) {
		struct qiao_slice name = qiao_pb_bytes(ns, NS_NAME);
		bool invoked = qiao_slice_eq(name, chaincode);

		met |= invoked;
		if (!invoked && !writes_anything(ns))
			continue;
		err = check_namespace(p, name, ns);
		if (err != QIAO_OK && err != QIAO_E_BADSIG &&
		    err != QIAO_E_NOTFOUND)
			return err;
		if (first == QIAO_OK)
			first = err;
	}
	if (met)
		return first;
	err = check_namespace(p, chaincode, qiao_slice_of(NULL, 0));
	return err == QIAO_OK ? first : err;
}

qiao_err qiao_fabric_endorsed(struct qiao_fabric_tx *tx,
			      const struct qiao_fabric_action *action,
			      struct qiao_fabric_config *c,
			      const struct qiao_fabric_rules *rules,
			      struct qiao_fabric_ledger *ledger,
			      uint64_t height, struct qiao_pb_arena *a)
{
	struct policies p = {
		.c = c, .rules = rules, .ledger = ledger, .height = height
	};
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
	if (err != QIAO_E_BADSIG && err != QIAO_E_NOTFOUND)
		return err;
	tx->code = err == QIAO_E_BADSIG ? QIAO_FABRIC_ENDORSEMENT_POLICY_FAILURE
					: QIAO_FABRIC_INVALID_CHAINCODE;
	return QIAO_OK;
}
