/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision as the members of an audit entry (docs/wire.md 9.2), and back:
 * what was asked and known is read from an entry and decided again.
 */
#ifndef POLICIES_ENGINE_DECISION_JSON_H
#define POLICIES_ENGINE_DECISION_JSON_H

#include "gateway/base/why.h"
#include "gateway/codec/json.h"
#include "policies/engine/engine.h"

/* "d-", 32 hex digits, NUL. */
#define QIAO_DECISION_ID_LEN 35
char *qiao_decision_id(char out[QIAO_DECISION_ID_LEN],
		       const struct qiao_hash *transfer, enum qiao_point point);

#define QIAO_DECISION_CHECKS_MAX 64 /* codes of checks_text that are kept */

struct qiao_decision_record {
	const struct qiao_policy *policy; /* NULL: none is loaded */
	const struct qiao_policy_request *request;
	const struct qiao_policy_facts *facts;
	const struct qiao_decision *decision;
	struct qiao_hash transfer;
	const char *record_ref; /* pseudonym of the record, "h:..." */
};

/*
 * The members of wire.md 9.2 beyond those that every entry has: their keys,
 * ascending, NULL at the end. qiao_decision_put writes the value of member i:
 *	for (size_t i = 0; qiao_decision_keys[i]; i++)
 *		qiao_decision_put(qiao_audit_value(&e, qiao_decision_keys[i]),
 *				  &record, i);
 */
extern const char *const qiao_decision_keys[];
void qiao_decision_put(struct qiao_jw *w, const struct qiao_decision_record *r,
		       size_t i);

/*
 * Decide again what a whole `decision` entry (canonical JSON) holds, under the
 * policy that the entry's `bundle` names (the caller found it: see
 * qiao_decision_bundle). QIAO_OK: same result, byte for byte. QIAO_E_CONFLICT:
 * another one, why says which member. QIAO_E_MALFORMED: not such an entry.
 * QIAO_E_CONFIG: policy is not the one the entry names. QIAO_E_NOMEM.
 */
qiao_err qiao_decision_replay(const struct qiao_policy *policy,
			      struct qiao_slice entry, struct qiao_why *why);
/* The bundle hash that an entry names; QIAO_E_MALFORMED. */
qiao_err qiao_decision_bundle(struct qiao_hash *out, struct qiao_slice entry,
			      struct qiao_why *why);

#endif
