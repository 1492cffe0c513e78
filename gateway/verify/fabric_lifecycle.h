/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which policy a chaincode's transactions must meet: what ordinary transactions
 * wrote into namespace _lifecycle, as of the start of a block; and the kind of
 * policy that stands there, a signature policy or the name of one of the
 * channel's. Sources: fabric core/chaincode/lifecycle/lifecycle.go,
 * deployedcc_infoprovider.go, serializer.go, core/policy/application.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_LIFECYCLE_H
#define GATEWAY_VERIFY_FABRIC_LIFECYCLE_H

#include "gateway/verify/fabric_config.h"
#include "gateway/verify/fabric_ledger.h"

enum qiao_fabric_application_kind {
	QIAO_FABRIC_BY_NOBODY = 0, /* unreadable: nobody satisfies it */
	QIAO_FABRIC_BY_SIGNATURES,
	QIAO_FABRIC_BY_REFERENCE,
};

/* peer.ApplicationPolicy, compiled; borrows its bytes. */
struct qiao_fabric_application {
	enum qiao_fabric_application_kind kind;
	struct qiao_fabric_sigpolicy signatures;
	struct qiao_slice reference;
	struct qiao_pb_arena arena;
};
/*
 * Bytes that Fabric cannot read compile to BY_NOBODY. QIAO_E_UNSUPPORTED: over
 * our limits; QIAO_E_NOMEM. Free in every case.
 */
qiao_err qiao_fabric_application_compile(struct qiao_fabric_application *out,
					 struct qiao_slice bytes);
void qiao_fabric_application_free(struct qiao_fabric_application *a);
/* QIAO_OK, QIAO_E_BADSIG, QIAO_E_NOMEM. */
qiao_err qiao_fabric_application_satisfied(
	const struct qiao_fabric_application *a, struct qiao_fabric_config *c,
	const struct qiao_fabric_signers *s);
/* The same for bytes that are needed once; and QIAO_E_UNSUPPORTED. */
qiao_err qiao_fabric_application_check(struct qiao_slice bytes,
				       struct qiao_fabric_config *c,
				       const struct qiao_fabric_signers *s);

struct qiao_fabric_definition {
	struct qiao_buf name;
	bool defined; /* with plugin and policy */
	struct qiao_fabric_application policy;
	struct qiao_slice collections; /* peer.CollectionConfigPackage */
	struct qiao_fabric_state info, package; /* what is borrowed from */
	struct qiao_pb_arena arena;
};

/*
 * The definition of a chaincode, borrowed until the block ends; one that is not
 * defined has .defined = false. QIAO_E_UNSUPPORTED: a state of _lifecycle at
 * which a peer would stop, or a validation plugin that is not Fabric's own.
 */
qiao_err qiao_fabric_definition_find(struct qiao_fabric_ledger *l,
				     const struct qiao_fabric_definition **out,
				     struct qiao_slice chaincode);
/*
 * A collection of the definition: its own policy (peer.ApplicationPolicy, empty
 * when it has none) and after how many blocks its keys expire (0: never).
 * QIAO_E_NOTFOUND.
 */
qiao_err qiao_fabric_collection_find(const struct qiao_fabric_definition *d,
				     struct qiao_slice *policy,
				     uint64_t *block_to_live,
				     struct qiao_slice name);
/* For fabric_ledger.c. */
void qiao_fabric_definitions_forget(struct qiao_fabric_ledger *l);

#endif
