/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a decision is what it is: one stable code, a sentence and what to do
 * about it, in English and in Chinese. docs/reasons.md is printed from the
 * same table. Codes reach audit logs and peers: append, never rename.
 */
#ifndef POLICIES_ENGINE_REASONS_H
#define POLICIES_ENGINE_REASONS_H

#include "gateway/include/qiao/types.h"

/* Position in the table; in memory only, the code is what is kept. */
enum qiao_reason {
	QIAO_R_NO_POLICY, /* the zero value refuses */
	QIAO_R_OK,
	QIAO_R_NO_PERMIT,
	QIAO_R_NEVER_SHARED,
	QIAO_R_DEPARTMENT_EXCLUDED,
	QIAO_R_ONWARD,
	QIAO_R_EVAL,
	QIAO_R_PROOF_INVALID,
	QIAO_R_PROOF_STALE,
	QIAO_R_NOT_FINAL,
	QIAO_R_FORK,
	QIAO_R_ISSUER_KEY,
	QIAO_R_TYPE_UNKNOWN,
	QIAO_R_ORG_UNKNOWN,
	QIAO_R_FIELD_CHECK,
	QIAO_R_STATE,
	QIAO_R_REPLAY,
	QIAO_R_CONSENT_MISSING,
	QIAO_R_CONSENT_SIGNATURE,
	QIAO_R_CONSENT_EXPIRED,
	QIAO_R_CONSENT_REVOKED,
	QIAO_R_CONSENT_PURPOSE,
	QIAO_R_CONSENT_RECIPIENT,
	QIAO_R_CONSENT_RECORD,
	QIAO_R_CONSENT_USED_UP,
	QIAO_R_CONSENT_DELEGATION,
	QIAO_R_DUTY_MISSING,
	QIAO_R_STATUS_STALE,
	QIAO_R_TIMESTAMP_INVALID,
	QIAO_R_TIMESTAMP_SKEW,
	QIAO_R_HOURS,
	QIAO_R_QUOTA,
	QIAO_R_DUPLICATE,
	QIAO_R_CONFLICT,
	QIAO_R_INVOICE_RED,
	QIAO_R_OBLIGATION,
	QIAO_R_CLOCK,
	QIAO_R_RULE_WINDOW,
	QIAO_R_COSIGN_MISSING,
	QIAO_R_EMERGENCY_STOP,
	QIAO_R_ENDORSED_ONLY, /* not released without allow_endorsed_only */
	QIAO_R_RECORDED,      /* not released without allow_recorded */
	QIAO_R_HELD,          /* a hold rule that names no reason of its own */
	QIAO_REASONS,
};

struct qiao_reason_text {
	const char *code; /* "R_NO_PERMIT" */
	const char *en, *zh;
	const char *en_remedy, *zh_remedy;
};

/* Never NULL: a number outside the table is answered as R_EVAL. */
const struct qiao_reason_text *qiao_reason_text(enum qiao_reason r);
const char *qiao_reason_code(enum qiao_reason r);
/* False, and *out R_NO_POLICY, when there is no such code. */
bool qiao_reason_find(enum qiao_reason *out, struct qiao_slice code);

#endif
