/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decision: what is asked and known is put into the policy engine's words,
 * decided, and written down as an audit entry with everything a verifier needs
 * to decide it again.
 */
#ifndef GATEWAY_DAEMON_DECIDE_H
#define GATEWAY_DAEMON_DECIDE_H

#include "gateway/daemon/daemon.h"
#include "gateway/record/record.h"
#include "policies/engine/decision_json.h"

struct qiao_decide {
	struct qiao_daemon *d;
	const struct qiao_rules *rules; /* NULL: none loaded */
	struct qiao_policy_request request;
	struct qiao_policy_facts facts;
	struct qiao_decision decision;
	struct qiao_hash transfer;
	/* behind the pointers of request and facts */
	const char *field[QIAO_FIELDS_MAX];
	bool clear[QIAO_FIELDS_MAX];
	const char *text[QIAO_FINDINGS_MAX];
	char duty_case[QIAO_PSEUDONYM_LEN];
	char id[QIAO_DECISION_ID_LEN];
};

/* Request and facts that both points share; the caller completes them. */
void qiao_decide_init(struct qiao_decide *q, struct qiao_daemon *d,
		      const struct qiao_rules *rules, enum qiao_point point,
		      const struct qiao_route *route, int64_t now_ms);
/* Type, state, version, class and issuer of a head. */
void qiao_decide_head(struct qiao_decide *q, const struct qiao_head *h);
/* What the checks of gateway/record say; borrows from the record. */
void qiao_decide_checks(struct qiao_decide *q, const struct qiao_record *r);
/* basis and case number; the case goes in as a pseudonym. */
void qiao_decide_duty(struct qiao_decide *q, const char *basis,
		      const char *case_no);
void qiao_decide_run(struct qiao_decide *q);

/*
 * In the transaction: the entry of type `decision`, and the openings of its
 * pseudonyms. q->transfer is set; q->id is filled.
 */
qiao_err qiao_decide_audit(struct qiao_decide *q, struct qiao_txn *txn,
			   const char *record_type, const char *record_id,
			   const char *case_no);

#endif
