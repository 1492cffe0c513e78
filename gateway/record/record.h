/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as it came out of proven bytes: through a mapping file (mapping.h)
 * or as a native head (native.h), with what the checks say of it. Pure.
 */
#ifndef GATEWAY_RECORD_RECORD_H
#define GATEWAY_RECORD_RECORD_H

#include "gateway/record/catalogue.h"
#include "gateway/record/fieldtree.h"
#include "gateway/record/orgs.h"

/* The worst finding; the numbers are those of a decision's fact `checks`. */
enum qiao_finding_level {
	QIAO_FINDING_ERROR = 0,
	QIAO_FINDING_WARN = 1,
	QIAO_FINDING_NONE = 2,
};

#define QIAO_FINDINGS_MAX 16 /* more are counted, not named */
#define QIAO_FINDING_LEN  160

/*
 * code: stable reason code, NULL when nothing was refused: R_FIELD_CHECK (the
 * bytes give no record, or a check of severity error fails), R_TYPE_UNKNOWN,
 * R_ORG_UNKNOWN, R_ISSUER_KEY, R_STATE.
 */
struct qiao_refusal {
	const char *code;
	struct qiao_why why; /* place, cause, remedy; no value of a field */
};

struct qiao_record {
	/*
	 * Head and fields are filled, although it may be refused: enough for
	 * a decision with its facts. False: no record came out of the bytes.
	 */
	bool complete;
	struct qiao_refusal refusal; /* the first, in the order of the checks */
	struct qiao_head head;
	struct qiao_fields fields;
	bool issuer_ok;
	enum qiao_finding_level checks;
	/*
	 * "holder_code:usci:check-digit", "mapping:state:value-not-listed":
	 * what was wrong, never a value; in words by finding.h. Also of bytes
	 * that gave no record.
	 */
	size_t n_findings;
	char findings[QIAO_FINDINGS_MAX][QIAO_FINDING_LEN];
	/* values of the source that no catalogue field holds: they stay there
	 */
	size_t unmapped;
};

/* Zeroed is fine; leaves it zeroed. */
void qiao_record_fini(struct qiao_record *r);

/*
 * Is the move from the last known state legal? QIAO_OK; or QIAO_E_DENIED with
 * refusal R_STATE (R_TYPE_UNKNOWN). last_state NULL: nothing known before,
 * any state of the type will do.
 */
qiao_err qiao_record_move(struct qiao_refusal *out,
			  const struct qiao_catalogue *cat,
			  const struct qiao_head *head, const char *last_state);

/*
 * What both ways in share, over a record whose head and fields are filled:
 * type and state known, checks of the id and of every field that the catalogue
 * names. Fills checks and findings, and refusal unless there is one already.
 */
void qiao_record_check(struct qiao_record *r, const struct qiao_catalogue *cat,
		       int64_t now_ms);

#endif
