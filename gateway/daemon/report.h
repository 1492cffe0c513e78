/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon tells an operator. Each only reads. */
#ifndef GATEWAY_DAEMON_REPORT_H
#define GATEWAY_DAEMON_REPORT_H

#include "gateway/daemon/daemon.h"

struct qiao_report_style {
	bool zh;
	bool json; /* one object; not for doctor */
};

/* Chains, peers, routes, policy, clock, store, audit log. */
qiao_err qiao_status_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style);
/*
 * Every step of a record (its id), a transfer (64 hex digits) or a decision
 * ("d-..."): from the audit log, beside what the rows say now. QIAO_E_NOTFOUND
 * with a sentence in out.
 */
qiao_err qiao_trace_report(struct qiao_daemon *d, struct qiao_buf *out,
			   const char *what, struct qiao_report_style style);
/* What was denied or held, by reason, with its remedy and one example. */
qiao_err qiao_denied_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style);
/*
 * Checks, each with what to do about it. QIAO_OK: all passed; QIAO_E_STATE:
 * some did not.
 */
qiao_err qiao_doctor_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style);

#endif
