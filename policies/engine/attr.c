/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/attr.h"

#include "gateway/record/payload.h"
#include "policies/engine/facts.h"

#include <string.h>

static void put_str(struct qiao_attr_value *out, const char *s)
{
	out->s = s;
	out->there = s[0] != '\0';
}

static void put_int(struct qiao_attr_value *out, int64_t i, bool there)
{
	out->i = i;
	out->there = there;
}

static void put_bool(struct qiao_attr_value *out, bool b)
{
	out->b = b;
	out->there = true;
}

/* One getter each; `expr` sees req and facts. */
#define GETTER(name, put)                                       \
	static void name(struct qiao_attr_value *out,           \
			 const struct qiao_policy_request *req, \
			 const struct qiao_policy_facts *facts) \
	{                                                       \
		(void)req;                                      \
		(void)facts;                                    \
		put;                                            \
	}

GETTER(get_action, put_str(out, req->action))
GETTER(get_purpose, put_str(out, req->purpose))
GETTER(get_from_chain, put_str(out, req->from_chain))
GETTER(get_from_org, put_str(out, req->from_org))
GETTER(get_to_chain, put_str(out, req->to_chain))
GETTER(get_to_org, put_str(out, req->to_org))
GETTER(get_onward, put_bool(out, req->onward))
GETTER(get_holder, put_bool(out, req->state_change_to_holder))
GETTER(get_duty, put_bool(out, req->duty_basis[0] && req->duty_case[0]))
GETTER(get_type, put_str(out, req->record_type))
GETTER(get_state, put_str(out, req->record_state))
GETTER(get_version, put_int(out, qiao_facts_int(req->record_version),
			    req->record_version > 0))
GETTER(get_fields, put_int(out, qiao_facts_int(req->n_fields), true))
GETTER(get_share, put_str(out, qiao_share_word(req->record_class)))
GETTER(get_assurance, put_str(out, qiao_assurance_word(facts->assurance)))
GETTER(get_origin, put_str(out, qiao_origin_word(facts->origin)))
GETTER(get_currency, put_str(out, qiao_currency_word(facts->currency)))
GETTER(get_checks, put_str(out, qiao_checks_word(facts->checks)))
GETTER(get_age, put_int(out, facts->proof_age_s, facts->proof_age_s >= 0))
GETTER(get_height, put_int(out, qiao_facts_int(facts->proof_height), true))
GETTER(get_finality, put_str(out, qiao_finality_word(facts->proof_final)))
GETTER(get_validity, put_str(out, qiao_validity_word(facts->proof_validity)))

/* clang-format off */
#define ATTRS(X) \
	X("request.action", QIAO_ATTR_STR, qiao_action_words, false, get_action) \
	X("request.purpose", QIAO_ATTR_STR, NULL, false, get_purpose) \
	X("request.from.chain", QIAO_ATTR_STR, NULL, false, get_from_chain) \
	X("request.from.org", QIAO_ATTR_STR, NULL, false, get_from_org) \
	X("request.to.chain", QIAO_ATTR_STR, NULL, false, get_to_chain) \
	X("request.to.org", QIAO_ATTR_STR, NULL, false, get_to_org) \
	X("request.onward", QIAO_ATTR_BOOL, NULL, false, get_onward) \
	X("request.state_change_to_holder", QIAO_ATTR_BOOL, NULL, false, get_holder) \
	X("request.duty", QIAO_ATTR_BOOL, NULL, false, get_duty) \
	X("record.type", QIAO_ATTR_STR, NULL, false, get_type) \
	X("record.state", QIAO_ATTR_STR, NULL, false, get_state) \
	X("record.version", QIAO_ATTR_INT, NULL, false, get_version) \
	X("record.fields", QIAO_ATTR_INT, NULL, false, get_fields) \
	X("record.share", QIAO_ATTR_STR, qiao_share_words, false, get_share) \
	X("record.assurance", QIAO_ATTR_STR, qiao_assurance_words, false, get_assurance) \
	X("record.origin", QIAO_ATTR_STR, qiao_origin_words, false, get_origin) \
	X("record.currency", QIAO_ATTR_STR, qiao_currency_words, false, get_currency) \
	X("record.checks", QIAO_ATTR_STR, qiao_checks_words, false, get_checks) \
	X("proof.age_s", QIAO_ATTR_INT, NULL, true, get_age) \
	X("proof.height", QIAO_ATTR_INT, NULL, false, get_height) \
	X("proof.finality", QIAO_ATTR_STR, qiao_finality_words, false, get_finality) \
	X("proof.validity", QIAO_ATTR_STR, qiao_validity_words, false, get_validity)
/* clang-format on */

static const struct qiao_attr attrs[] = {
#define X(name, type, words, timed, get) { name, type, words, timed, get },
	ATTRS(X)
#undef X
};

/* For "did you mean". */
const char *const qiao_attr_names[] = {
#define X(name, type, words, timed, get) name,
	ATTRS(X)
#undef X
		NULL,
};

const struct qiao_attr *qiao_attr_find(const char *name)
{
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (strcmp(attrs[i].name, name) == 0)
			return &attrs[i];
	return NULL;
}
