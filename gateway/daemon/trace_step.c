/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/trace_step.h"

#include "gateway/base/slice.h"
#include "gateway/daemon/report_text.h"
#include "gateway/record/finding.h"
#include "policies/engine/reasons.h"

#include <string.h>

#define VALUE_MAX 200

/* clang-format off */
static const struct {
	const char *type, *zh, *en;
} types[] = {
	{ "start", "网关启动", "gateway started" },
	{ "policy_activated", "策略生效", "policy in force" },
	{ "queued", "入队待发", "queued" },
	{ "received", "收到", "received" },
	{ "submitting", "提交目的链", "submitting" },
	{ "committed", "已上目的链(已验证)", "committed (proven)" },
	{ "receipt", "回执", "receipt" },
	{ "superseded", "被新版本取代", "superseded" },
	{ "too_late", "来迟,未作决定", "too late, not decided" },
	{ "writeback", "使用存证", "usage written back" },
	{ "conflict", "冲突", "conflict" },
};

static const struct {
	const char *key, *zh, *en;
} members[] = {
	{ "to", "发往", "to" },
	{ "from", "来自", "from" },
	{ "action", "动作", "action" },
	{ "assurance", "保证级别", "assurance" },
	{ "chain", "链", "chain" },
	{ "height", "高度", "height" },
	{ "state", "状态", "state" },
	{ "tx", "交易", "tx" },
	{ "by", "取代者", "by" },
	{ "other", "另一载荷", "other payload" },
	{ "payload", "载荷摘要", "payload" },
	{ "envelope", "信封", "envelope" },
	{ "proof", "证明摘要", "proof" },
	{ "decision", "决定", "decision" },
	{ "id", "编号", "id" },
};
/* clang-format on */

/* Foreign text that went into the log is made safe for a terminal. */
static const char *text(char out[VALUE_MAX], const struct qiao_json *v)
{
	switch (qiao_json_kind(v)) {
	case QIAO_JSON_NULL:
		return "-";
	case QIAO_JSON_STRING:
	case QIAO_JSON_NUMBER:
	case QIAO_JSON_BOOL:
		return qiao_str_escape(out, VALUE_MAX, qiao_json_text(v));
	case QIAO_JSON_ARRAY:
	case QIAO_JSON_OBJECT:
		return "...";
	}
	return "-";
}

static const char *at(char out[VALUE_MAX], const struct qiao_json *e,
		      const char *path)
{
	return text(out, qiao_json_path(e, path));
}

static bool is(const struct qiao_json *e, const char *path, const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_path(e, path)), want);
}

static void put_list(struct qiao_buf *out, const struct qiao_json *list)
{
	char v[VALUE_MAX];

	for (size_t i = 0; i < qiao_json_count(list); i++)
		qiao_buf_printf(out, "%s%s", i ? ", " : "",
				text(v, qiao_json_at(list, i)));
}

/* A line "      label a, b" when the list holds anything. */
static void list_line(struct qiao_buf *out, const char *label,
		      const struct qiao_json *list)
{
	if (qiao_json_count(list) == 0)
		return;
	qiao_buf_printf(out, "      %s ", label);
	put_list(out, list);
	qiao_buf_put_str(out, "\n");
}

static void fields_line(struct qiao_buf *out, const struct qiao_json *fields,
			bool zh)
{
	char k[VALUE_MAX], v[VALUE_MAX];

	if (qiao_json_count(fields) == 0)
		return;
	qiao_buf_printf(out, "      %s", QIAO_SAY(zh, "字段", "fields"));
	for (size_t i = 0; i < qiao_json_count(fields); i++)
		qiao_buf_printf(out, "%s %s=%s", i ? "," : "",
				qiao_str_escape(k, sizeof(k),
						qiao_slice_str(qiao_json_key(
							fields, i))),
				text(v, qiao_json_at(fields, i)));
	qiao_buf_put_str(out, "\n");
}

/* Always both languages: the reader may have to show it to somebody else. */
static void reason_lines(struct qiao_buf *out, const struct qiao_json *code)
{
	const struct qiao_reason_text *t;
	enum qiao_reason r;
	char v[VALUE_MAX];

	if (qiao_json_kind(code) != QIAO_JSON_STRING)
		return;
	if (!qiao_reason_find(&r, qiao_json_text(code))) {
		qiao_buf_printf(out, "      %s\n", text(v, code));
		return;
	}
	t = qiao_reason_text(r);
	qiao_buf_printf(out, "      %s  %s\n      %*s  %s\n", t->code, t->zh,
			(int)strlen(t->code), "", t->en);
	if (r != QIAO_R_OK)
		qiao_buf_printf(out, "      -> %s\n      -> %s\n", t->zh_remedy,
				t->en_remedy);
}

static void proof_line(struct qiao_buf *out, const struct qiao_json *e, bool zh)
{
	char a[VALUE_MAX], b[VALUE_MAX], c[VALUE_MAX];

	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "      证明 高度 %s  区块 %s  头龄 %s 秒\n",
			 "      proof height %s  block %s  age %s s\n"),
		at(a, e, "facts.proof.height"), at(b, e, "facts.proof.block"),
		at(c, e, "facts.proof.age_s"));
	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "      保证级别 %s  有效性 %s  来源 %s\n",
			 "      assurance %s  validity %s  origin %s\n"),
		at(a, e, "facts.assurance"), at(b, e, "facts.proof.validity"),
		at(c, e, "facts.origin"));
}

static void request_line(struct qiao_buf *out, const struct qiao_json *e,
			 bool zh)
{
	char a[VALUE_MAX], b[VALUE_MAX], c[VALUE_MAX], d[VALUE_MAX];

	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "      请求 %s -> %s  动作 %s  用途 %s\n",
			 "      request %s -> %s  action %s  purpose %s\n"),
		at(a, e, "request.from.org"), at(b, e, "request.to.org"),
		at(c, e, "request.action"), at(d, e, "request.purpose"));
	qiao_buf_printf(out,
			QIAO_SAY(zh, "      记录 %s  版本 %s  状态 %s\n",
				 "      record %s  version %s  state %s\n"),
			at(a, e, "record.type"), at(b, e, "record.version"),
			at(c, e, "record.state"));
}

/* What made the checks fail, in both languages like the reason. */
static void finding_lines(struct qiao_buf *out, const struct qiao_json *e)
{
	const struct qiao_json *list = qiao_json_path(e, "facts.checks_text");

	if (!is(e, "facts.checks", "error"))
		return;
	for (size_t i = 0; i < qiao_json_count(list); i++) {
		struct qiao_slice f = qiao_json_text(qiao_json_at(list, i));

		qiao_buf_put_str(out, "        ");
		qiao_finding_text(out, f, true);
		qiao_buf_put_str(out, "\n        ");
		qiao_finding_text(out, f, false);
		qiao_buf_put_str(out, "\n");
	}
}

static void decision(struct qiao_buf *out, const struct qiao_json *e, bool zh)
{
	bool release = is(e, "point", "release");
	char a[VALUE_MAX], b[VALUE_MAX];

	qiao_buf_printf(out, "%s: %s  %s\n",
			release ? QIAO_SAY(zh, "放行决定", "release decision")
				: QIAO_SAY(zh, "接收决定", "accept decision"),
			at(a, e, "decision"), at(b, e, "id"));
	reason_lines(out, qiao_json_get(e, "reason"));
	list_line(out, QIAO_SAY(zh, "规则", "rules"),
		  qiao_json_get(e, "rules"));
	list_line(out, QIAO_SAY(zh, "未满足", "unmet"),
		  qiao_json_get(e, "unmet"));
	request_line(out, e, zh);
	proof_line(out, e, zh);
	if (!is(e, "facts.checks", "ok"))
		qiao_buf_printf(out, "      %s %s\n",
				QIAO_SAY(zh, "检查", "checks"),
				at(a, e, "facts.checks"));
	list_line(out, QIAO_SAY(zh, "检查发现", "findings"),
		  qiao_json_path(e, "facts.checks_text"));
	finding_lines(out, e);
	fields_line(out, qiao_json_get(e, "fields"), zh);
	list_line(out, QIAO_SAY(zh, "义务", "obligations"),
		  qiao_json_get(e, "obligations"));
	qiao_buf_printf(out, "      %s %s\n", QIAO_SAY(zh, "策略", "policy"),
			at(a, e, "bundle.sha256"));
}

static void plain(struct qiao_buf *out, const struct qiao_json *e, bool zh)
{
	char v[VALUE_MAX];
	const char *title = at(v, e, "type");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is(e, "type", types[i].type))
			title = QIAO_SAY(zh, types[i].zh, types[i].en);
	qiao_buf_put_str(out, title);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct qiao_json *m = qiao_json_get(e, members[i].key);

		if (m && qiao_json_kind(m) != QIAO_JSON_NULL)
			qiao_buf_printf(
				out, "  %s %s",
				QIAO_SAY(zh, members[i].zh, members[i].en),
				text(v, m));
	}
	qiao_buf_put_str(out, "\n");
	reason_lines(out, qiao_json_get(e, "reason"));
}

void qiao_trace_step(struct qiao_buf *out, unsigned int number,
		     const struct qiao_json *entry, bool zh)
{
	char when[VALUE_MAX], seq[VALUE_MAX];

	qiao_buf_printf(out, "  %2u  %s  #%s  ", number, at(when, entry, "at"),
			at(seq, entry, "seq"));
	if (is(entry, "type", "decision"))
		decision(out, entry, zh);
	else
		plain(out, entry, zh);
}
