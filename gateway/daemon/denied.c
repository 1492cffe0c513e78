/* SPDX-License-Identifier: Apache-2.0 */
/* What was denied or held, by reason: from the audit log. */
#include "gateway/daemon/report.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/report_text.h"
#include "gateway/record/finding.h"
#include "gateway/record/record.h"
#include "gateway/store/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* (who, verdict, reason) are few; findings may be many: the first ones count */
#define KINDS_MAX   256
#define FINDING_MAX 128
#define EXAMPLE     80

/* Whose word it was. */
enum who {
	RELEASE,
	ACCEPT,
	PEER, /* a receipt: the other side's accept decision */
};

struct kind {
	enum who who;
	bool held;
	enum qiao_reason reason;
	/* why the bytes gave no record, or what check failed; or "" */
	char finding[QIAO_FINDING_LEN];
	uint64_t n;
	char example[EXAMPLE]; /* a record, or a transfer id */
};

struct tally {
	struct qiao_txn *txn;
	struct qiao_buf opening;
	struct kind kind[KINDS_MAX];
	size_t n;
};

static bool is(const struct qiao_json *e, const char *key, const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(e, key)), want);
}

/* The record behind the pseudonym; of a receipt there is the transfer only. */
static qiao_err find_example(struct tally *t, struct kind *k, uint64_t seq,
			     const struct qiao_json *e)
{
	qiao_err err;

	qiao_buf_clear(&t->opening);
	err = qiao_store_opening_get(t->txn, &t->opening, seq, "record");
	if (err == QIAO_OK && t->opening.err == QIAO_OK)
		qiao_str_escape(k->example, EXAMPLE,
				qiao_buf_slice(&t->opening));
	else if (err == QIAO_E_NOTFOUND || err == QIAO_OK)
		qiao_str_escape(k->example, EXAMPLE,
				qiao_json_text(qiao_json_get(e, "transfer")));
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static struct kind *find(struct tally *t, const struct kind *what)
{
	for (size_t i = 0; i < t->n; i++) {
		struct kind *k = &t->kind[i];

		if (k->who == what->who && k->held == what->held &&
		    k->reason == what->reason &&
		    strcmp(k->finding, what->finding) == 0)
			return k;
	}
	return NULL;
}

static qiao_err add(struct tally *t, struct kind *what, uint64_t seq,
		    const struct qiao_json *e)
{
	struct kind *k = find(t, what);

	if (!k && t->n >= FINDING_MAX) {
		what->finding[0] = '\0';
		k = find(t, what);
	}
	if (k) {
		k->n++;
		return QIAO_OK;
	}
	if (t->n == KINDS_MAX)
		return QIAO_E_LIMIT;
	t->kind[t->n] = *what;
	t->kind[t->n].n = 1;
	return find_example(t, &t->kind[t->n++], seq, e);
}

/* The first one, where findings are why it was denied. */
static void note_finding(struct kind *k, const struct qiao_json *e)
{
	const struct qiao_json *facts = qiao_json_get(e, "facts");

	if (is(facts, "checks", "error"))
		qiao_str_copy(k->finding, sizeof(k->finding),
			      qiao_json_text(qiao_json_at(
				      qiao_json_get(facts, "checks_text"), 0)));
}

static qiao_err add_entry(struct tally *t, const struct qiao_audit_row *r,
			  bool receipt)
{
	struct kind what = { .who = PEER };
	struct qiao_json *e;
	qiao_err err = qiao_json_parse(&e, r->entry, NULL);

	if (err != QIAO_OK)
		return err;
	if (!receipt)
		what.who = is(e, "point", "release") ? RELEASE : ACCEPT;
	note_finding(&what, e);
	what.held = is(e, receipt ? "state" : "decision",
		       receipt ? "held" : "hold");
	if ((what.held || is(e, receipt ? "state" : "decision",
			     receipt ? "denied" : "deny")) &&
	    qiao_reason_find(&what.reason,
			     qiao_json_text(qiao_json_get(e, "reason"))))
		err = add(t, &what, r->seq, e);
	qiao_json_free(e);
	return err;
}

/* Most decisions are permits: they need not be taken apart. */
static bool holds(struct qiao_slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (s.p[i] == (uint8_t)word[0] && memcmp(s.p + i, word, n) == 0)
			return true;
	return false;
}

static qiao_err add_decision(void *ctx, const void *row)
{
	const struct qiao_audit_row *r = row;

	if (holds(r->entry, "\"decision\":\"permit\""))
		return QIAO_OK;
	return add_entry(ctx, r, false);
}

static qiao_err add_receipt(void *ctx, const void *row)
{
	const struct qiao_audit_row *r = row;

	if (holds(r->entry, "\"state\":\"committed\""))
		return QIAO_OK;
	return add_entry(ctx, r, true);
}

static qiao_err gather(struct qiao_txn *txn, void *arg)
{
	struct tally *t = arg;
	qiao_err err;

	t->txn = txn;
	err = qiao_store_audit_of_type(txn, "decision", add_decision, t);
	return err == QIAO_OK ? qiao_store_audit_of_type(txn, "receipt",
							 add_receipt, t)
			      : err;
}

static int by_count(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;

	return x->n > y->n ? -1 : x->n < y->n;
}

static const char *who_name(enum who w, bool zh)
{
	switch (w) {
	case RELEASE:
		return QIAO_SAY(zh, "放行", "release");
	case ACCEPT:
		return QIAO_SAY(zh, "接收", "accept");
	case PEER:
		return QIAO_SAY(zh, "对端", "peer");
	}
	return "?";
}

static void finding_text(struct qiao_buf *out, const struct kind *k)
{
	if (!k->finding[0])
		return;
	for (int zh = 1; zh >= 0; zh--) {
		qiao_buf_put_str(out, "    ");
		qiao_finding_text(out, qiao_slice_str(k->finding), zh);
		qiao_buf_put_str(out, "\n");
	}
}

static void as_text(struct qiao_buf *out, const struct tally *t, bool zh)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct kind *k = &t->kind[i];
		const struct qiao_reason_text *r = qiao_reason_text(k->reason);

		qiao_buf_printf(out,
				QIAO_SAY(zh,
					 "%" PRIu64 " 个%s  %s  %s  例: %s\n",
					 "%" PRIu64 " %s  %s  %s  e.g. %s\n"),
				k->n,
				k->held ? QIAO_SAY(zh, "暂缓", "held")
					: QIAO_SAY(zh, "拒绝", "denied"),
				who_name(k->who, zh), r->code, k->example);
		qiao_buf_printf(out, "    %s\n    %s\n", r->zh, r->en);
		finding_text(out, k);
		qiao_buf_printf(out, "    -> %s\n    -> %s\n", r->zh_remedy,
				r->en_remedy);
	}
	if (t->n == 0)
		qiao_buf_put_str(out, QIAO_SAY(zh, "没有拒绝或暂缓\n",
					       "nothing was denied or held\n"));
}

static qiao_err as_json(struct qiao_buf *out, const struct tally *t)
{
	struct qiao_jw w;

	qiao_jw_init(&w, out);
	qiao_jw_arr(&w);
	for (size_t i = 0; i < t->n; i++) {
		const struct kind *k = &t->kind[i];
		const struct qiao_reason_text *r = qiao_reason_text(k->reason);

		qiao_jw_obj(&w);
		qiao_jw_kstr(&w, "code", r->code);
		qiao_jw_kstr(&w, "en", r->en);
		qiao_jw_kstr(&w, "example", k->example);
		qiao_jw_kstr_or_null(&w, "finding", k->finding);
		qiao_jw_kint(&w, "n", (int64_t)k->n);
		qiao_jw_kstr(&w, "verdict", k->held ? "hold" : "deny");
		qiao_jw_kstr(&w, "who", who_name(k->who, false));
		qiao_jw_kstr(&w, "zh", r->zh);
		qiao_jw_end(&w);
	}
	qiao_jw_end(&w);
	qiao_buf_put_str(out, "\n");
	return qiao_jw_finish(&w);
}

qiao_err qiao_denied_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style)
{
	struct tally *t = qiao_calloc(1, sizeof(*t));
	qiao_err err;

	if (!t)
		return QIAO_E_NOMEM;
	err = qiao_store_read(d->store, gather, t);
	if (err == QIAO_OK) {
		if (t->n > 0)
			qsort(t->kind, t->n, sizeof(t->kind[0]), by_count);
		if (style.json)
			err = as_json(out, t);
		else
			as_text(out, t, style.zh);
	}
	qiao_buf_free(&t->opening);
	qiao_free(t);
	return err == QIAO_OK ? out->err : err;
}
