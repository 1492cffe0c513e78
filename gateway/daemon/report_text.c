/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/report_text.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/freeze.h"

#include <inttypes.h>
#include <stdio.h>

char *qiao_ago(char out[QIAO_AGO_LEN], int64_t then_ms, int64_t now_ms)
{
	int64_t s = now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;

	if (then_ms == 0)
		snprintf(out, QIAO_AGO_LEN, "-");
	else if (s < 120)
		snprintf(out, QIAO_AGO_LEN, "%" PRId64 " s", s);
	else if (s < 7200)
		snprintf(out, QIAO_AGO_LEN, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		snprintf(out, QIAO_AGO_LEN, "%" PRId64 " h", s / 3600);
	else
		snprintf(out, QIAO_AGO_LEN, "%" PRId64 " d", s / 86400);
	return out;
}

void qiao_jw_ktime(struct qiao_jw *w, const char *key, int64_t ms)
{
	char text[QIAO_TIME_LEN];

	qiao_jw_kstr_or_null(w, key, ms ? qiao_time_format(text, ms, 0) : "");
}

void qiao_jw_kstr_or_null(struct qiao_jw *w, const char *key, const char *v)
{
	qiao_jw_key(w, key);
	if (v[0])
		qiao_jw_cstr(w, v);
	else
		qiao_jw_null(w);
}

void qiao_jw_copy(struct qiao_jw *w, const struct qiao_json *v)
{
	enum qiao_json_kind kind = qiao_json_kind(v);
	int64_t number = 0;

	switch (kind) {
	case QIAO_JSON_NULL:
		qiao_jw_null(w);
		break;
	case QIAO_JSON_BOOL:
		qiao_jw_bool(w, qiao_slice_is(qiao_json_text(v), "true"));
		break;
	case QIAO_JSON_NUMBER:
		qiao_json_int(v, &number);
		qiao_jw_int(w, number);
		break;
	case QIAO_JSON_STRING:
		qiao_jw_str(w, qiao_json_text(v));
		break;
	case QIAO_JSON_ARRAY:
	case QIAO_JSON_OBJECT:
		if (kind == QIAO_JSON_OBJECT)
			qiao_jw_obj(w);
		else
			qiao_jw_arr(w);
		for (size_t i = 0; i < qiao_json_count(v); i++) {
			if (kind == QIAO_JSON_OBJECT)
				qiao_jw_key(w, qiao_json_key(v, i));
			qiao_jw_copy(w, qiao_json_at(v, i));
		}
		qiao_jw_end(w);
		break;
	}
}

void qiao_freeze_text(struct qiao_buf *out, const struct qiao_daemon *d,
		      const struct qiao_freeze_row *f, bool zh, int64_t now)
{
	char at[QIAO_TIME_LEN], ago[QIAO_AGO_LEN], path[2 * QIAO_PATH_LEN];

	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "%s前冻结 (%s): %s", "frozen %s ago (%s): %s"),
		qiao_ago(ago, f->at, now), qiao_time_format(at, f->at, 0),
		f->why);
	if (!qiao_hash_is_zero(&f->evidence))
		qiao_buf_printf(out, QIAO_SAY(zh, "; 证据 %s", "; evidence %s"),
				qiao_freeze_path(path, sizeof(path), d, f->name,
						 &f->evidence));
}

void qiao_freeze_remedy(struct qiao_buf *out, const struct qiao_freeze_row *f,
			bool zh)
{
	qiao_buf_printf(out,
			QIAO_SAY(zh,
				 "与对方查明原因后: qiao %s unfreeze %s "
				 "--reason TEXT --sign KEYFILE",
				 "settle it with the other side, then: qiao %s "
				 "unfreeze %s --reason TEXT --sign KEYFILE"),
			f->scope == QIAO_SCOPE_CHAIN ? "chain" : "route",
			f->name);
}
