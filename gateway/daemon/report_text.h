/* SPDX-License-Identifier: Apache-2.0 */
/* Small things that reports share. Private to status.c, trace.c, doctor.c. */
#ifndef GATEWAY_DAEMON_REPORT_TEXT_H
#define GATEWAY_DAEMON_REPORT_TEXT_H

#include "gateway/codec/json.h"
#include "gateway/daemon/report.h"
#include "gateway/store/evidence.h"

/* One of two, by language; a macro, so that formats are checked. */
#define QIAO_SAY(zh, in_zh, in_en) ((zh) ? (in_zh) : (in_en))

/* "3 s", "5 min", "2 h", "4 d" since then; "-" for 0. Returns out. */
#define QIAO_AGO_LEN 24
char *qiao_ago(char out[QIAO_AGO_LEN], int64_t then_ms, int64_t now_ms);
/* Member with RFC 3339 time, or null for 0. */
void qiao_jw_ktime(struct qiao_jw *w, const char *key, int64_t ms);
/* Member with a string, or null for "". */
void qiao_jw_kstr_or_null(struct qiao_jw *w, const char *key, const char *v);
/* A parsed value written again; canonical JSON gives the same bytes. */
void qiao_jw_copy(struct qiao_jw *w, const struct qiao_json *v);

/*
 * What is frozen, since when, why, and where the evidence is; and what to type
 * when it is settled. Each appends one line's text without its end.
 */
void qiao_freeze_text(struct qiao_buf *out, const struct qiao_daemon *d,
		      const struct qiao_freeze_row *f, bool zh, int64_t now);
void qiao_freeze_remedy(struct qiao_buf *out, const struct qiao_freeze_row *f,
			bool zh);

#endif
