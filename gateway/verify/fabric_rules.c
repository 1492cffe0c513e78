/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_rules.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <string.h>

static bool is_known(const struct qiao_fabric_rules *r, const char *chaincode,
		     uint64_t from)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rule[i].from == from &&
		    strcmp(r->rule[i].chaincode, chaincode) == 0)
			return true;
	return false;
}

qiao_err qiao_fabric_rules_add(struct qiao_fabric_rules *r,
			       const char *chaincode, uint64_t from,
			       const char *policy, struct qiao_why *why)
{
	struct qiao_fabric_rule *grown, *to;
	struct qiao_why inner = { "" };
	char name[96];
	qiao_err err;

	qiao_str_escape(name, sizeof(name), qiao_slice_str(chaincode));
	if (!*chaincode || is_known(r, chaincode, from))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "chaincode \"%s\" from %" PRIu64
				 ": no name, or given twice",
				 name, from);
	if (r->n == QIAO_FABRIC_RULES_MAX)
		return qiao_fail(why, QIAO_E_CONFIG, "too many policies");
	grown = qiao_realloc(r->rule, (r->n + 1) * sizeof(*grown));
	if (!grown)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	r->rule = grown;
	to = &r->rule[r->n];
	err = qiao_fabric_sigpolicy_parse(&to->policy, policy, &inner);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "chaincode %s: %s", name,
				 inner.text);
	to->from = from;
	to->chaincode = qiao_strdup(chaincode);
	if (!to->chaincode) {
		qiao_fabric_sigpolicy_free(&to->policy);
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	}
	r->n++;
	return QIAO_OK;
}

void qiao_fabric_rules_free(struct qiao_fabric_rules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		qiao_free(r->rule[i].chaincode);
		qiao_fabric_sigpolicy_free(&r->rule[i].policy);
	}
	qiao_free(r->rule);
	memset(r, 0, sizeof(*r));
}

const struct qiao_fabric_sigpolicy *qiao_fabric_rules_find(
	const struct qiao_fabric_rules *r, struct qiao_slice chaincode,
	uint64_t height)
{
	const struct qiao_fabric_rule *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct qiao_fabric_rule *it = &r->rule[i];

		if (it->from <= height && (!best || it->from >= best->from) &&
		    qiao_slice_is(chaincode, it->chaincode))
			best = it;
	}
	return best ? &best->policy : NULL;
}
