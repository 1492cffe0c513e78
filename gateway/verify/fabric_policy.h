/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature policies: who must have signed. Evaluation is Fabric's own, greedy
 * and dependent on order: a leaf takes the first identity not yet used that
 * fits; a gate runs all its children and keeps what a child used only if the
 * child was satisfied. Another evaluation, however sensible, would disagree
 * with the peers. Sources: fabric common/cauthdsl/cauthdsl.go,
 * common/policies/policy.go SignatureSetToValidIdentities,
 * common/policydsl/policyparser.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_POLICY_H
#define GATEWAY_VERIFY_FABRIC_POLICY_H

#include "gateway/verify/fabric_msp.h"

/* Distinct identities, each with a good signature, in order of appearance. */
struct qiao_fabric_signers {
	const struct qiao_fabric_identity **id;
	size_t n, cap;
};

/*
 * Take one signature into the set. One that Fabric would drop (identity it
 * cannot read or has no MSP for, one that signed already, a bad signature) is
 * dropped. Errors: QIAO_E_NOMEM only.
 */
qiao_err qiao_fabric_signers_take(struct qiao_fabric_signers *s,
				  struct qiao_fabric_msps *m,
				  struct qiao_slice identity,
				  const struct qiao_slice *parts, size_t n,
				  struct qiao_slice signature);
void qiao_fabric_signers_free(struct qiao_fabric_signers *s);

enum qiao_fabric_principal_class {
	QIAO_FABRIC_BY_ROLE = 0,
	QIAO_FABRIC_BY_OU = 1,
	QIAO_FABRIC_BY_IDENTITY = 2,
	/* ANONYMITY, COMBINED and what is to come: fits nobody */
	QIAO_FABRIC_BY_UNKNOWN = 3,
};

struct qiao_fabric_principal {
	enum qiao_fabric_principal_class by;
	struct qiao_slice msp;
	uint32_t role;              /* BY_ROLE */
	struct qiao_slice ou;       /* BY_OU */
	struct qiao_slice path;     /* BY_OU: certifiers identifier */
	struct qiao_slice identity; /* BY_IDENTITY: SerializedIdentity */
};

/* A node of the tree, in prefix order: its children follow it. */
struct qiao_fabric_node {
	bool leaf;
	int32_t n;          /* gate: so many children must hold */
	uint32_t children;  /* gate */
	uint32_t signed_by; /* leaf: index of a principal */
};

struct qiao_fabric_sigpolicy {
	struct qiao_fabric_node *node;
	size_t nodes;
	struct qiao_fabric_principal *principal;
	size_t principals;
	unsigned int depth; /* gates in gates, at most */
	/* names of a parsed text, joined messages: principals borrow from these
	 */
	char *text;
	struct qiao_pb_arena arena;
};

/*
 * Compile a SignaturePolicyEnvelope, borrowed for the life of *out. Anything
 * that Fabric does not compile is QIAO_E_CONFIG, over a limit QIAO_E_LIMIT;
 * *out is then empty, which nobody satisfies.
 */
qiao_err qiao_fabric_sigpolicy_compile(struct qiao_fabric_sigpolicy *out,
				       struct qiao_slice envelope);
/*
 * Compile a text in Fabric's policy language: AND(...), OR(...), OutOf(n, ...)
 * over 'MSP.role', each gate written in lower case, capitals or as here.
 * QIAO_E_CONFIG with column and remedy. A policy that nobody need sign is
 * refused, although Fabric takes it.
 */
qiao_err qiao_fabric_sigpolicy_parse(struct qiao_fabric_sigpolicy *out,
				     const char *text, struct qiao_why *why);
void qiao_fabric_sigpolicy_free(struct qiao_fabric_sigpolicy *p);

/* QIAO_OK, QIAO_E_BADSIG (not satisfied), QIAO_E_NOMEM. */
qiao_err qiao_fabric_sigpolicy_eval(const struct qiao_fabric_sigpolicy *p,
				    struct qiao_fabric_msps *m,
				    const struct qiao_fabric_signers *s);

#endif
