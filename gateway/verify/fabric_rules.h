/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endorsement policies of chaincodes as the operator gives them, each from
 * a height on: "--chaincode records@55=AND(...)", or the anchor file's list.
 * Fabric keeps them in the state of _lifecycle: where a channel is replayed
 * they are taken from there, and nobody asks here.
 */
#ifndef GATEWAY_VERIFY_FABRIC_RULES_H
#define GATEWAY_VERIFY_FABRIC_RULES_H

#include "gateway/verify/fabric_policy.h"

#define QIAO_FABRIC_RULES_MAX 1024

struct qiao_fabric_rule {
	char *chaincode;
	uint64_t from;
	struct qiao_fabric_sigpolicy policy;
};

struct qiao_fabric_rules {
	struct qiao_fabric_rule *rule;
	size_t n;
};

/* QIAO_E_CONFIG: empty name, bad policy, the same name and height twice. */
qiao_err qiao_fabric_rules_add(struct qiao_fabric_rules *r,
			       const char *chaincode, uint64_t from,
			       const char *policy, struct qiao_why *why);
void qiao_fabric_rules_free(struct qiao_fabric_rules *r);
/* What holds in a block: the highest `from` at or below it; NULL for none. */
const struct qiao_fabric_sigpolicy *qiao_fabric_rules_find(
	const struct qiao_fabric_rules *r, struct qiao_slice chaincode,
	uint64_t height);

#endif
