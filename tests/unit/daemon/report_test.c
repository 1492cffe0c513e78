/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/report.h"

#include "gateway/base/hex.h"
#include "gateway/codec/json.h"
#include "gateway/daemon/report_text.h"
#include "gateway/store/meta.h"
#include "policies/engine/decision_json.h"
#include "tests/unit/policy/world.h"
#include "tests/unit/store/fixture.h"

#define RULES                                                   \
	WORLD_POLICY("c", "owner", "")                          \
	"rules = ( " PERMIT("a", "") ", " DENY("d", "R_ONWARD", \
					       WHEN_ONWARD) " );"

#define CHECK "holder_code:usci:syntax"
#define STATE "mapping:state:value-not-listed"
#define INDEX "mapping:key:no-rule"
#define NOW   1795140000000

/* A daemon that has a store with a few entries in it. */
struct bench {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_daemon d;
	struct qiao_policy *policy;
	struct qiao_buf out;
};

static const uint8_t pseudonyms[16] = { 4 };

static struct qiao_hash id_of(uint8_t n)
{
	struct qiao_hash h = { { 0x77, n } };

	return h;
}

static qiao_err put_decision(struct bench *b, struct qiao_txn *txn, uint8_t n,
			     bool permit, const char *found, const char *record)
{
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_hash id = id_of(n);
	struct qiao_decision d;
	const struct qiao_decision_record r = { .policy = b->policy,
						.request = &q,
						.facts = &f,
						.decision = &d,
						.transfer = id,
						.record_ref = "h:0011" };
	struct qiao_audit_entry e;
	uint64_t seq;
	qiao_err err;

	q.onward = !permit;
	f.checks = strncmp(found, "mapping:", 8) == 0 ? QIAO_CHECKS_ERROR
						      : QIAO_CHECKS_WARN;
	f.checks_text = &found;
	f.n_checks_text = 1;
	qiao_policy_decide(b->policy, &d, &q, &f, NULL);
	qiao_audit_begin(&e, "decision", NOW);
	for (size_t i = 0; qiao_decision_keys[i]; i++)
		qiao_decision_put(qiao_audit_value(&e, qiao_decision_keys[i]),
				  &r, i);
	err = qiao_audit_append(&b->d.log, txn, &e, &id, &seq);
	return err == QIAO_OK ? qiao_audit_open(txn, seq, "record",
						qiao_slice_str(record))
			      : err;
}

static qiao_err put_receipt(struct bench *b, struct qiao_txn *txn, uint8_t n)
{
	struct qiao_hash id = id_of(n);
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "receipt", NOW);
	qiao_audit_hash(&e, "transfer", &id);
	qiao_audit_str(&e, "state", "denied");
	qiao_audit_str(&e, "reason", "R_NO_PERMIT");
	return qiao_audit_append(&b->d.log, txn, &e, &id, NULL);
}

static qiao_err fill(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;
	struct qiao_meta want = { .network = b->cfg.network }, have;
	qiao_err err;

	snprintf(want.gateway, sizeof(want.gateway), "gw");
	err = qiao_store_meta_bind(txn, &have, &want);
	if (err == QIAO_OK)
		err = put_decision(b, txn, 1, true, CHECK, "a.open/R-1");
	if (err == QIAO_OK)
		err = put_receipt(b, txn, 1);
	if (err == QIAO_OK)
		err = put_decision(b, txn, 2, false, CHECK, "a.open/R-2");
	if (err == QIAO_OK)
		err = put_decision(b, txn, 3, false, CHECK,
				   "/key with \x1b[31m");
	if (err == QIAO_OK)
		err = put_decision(b, txn, 4, false, STATE, "/s/REC_1");
	if (err == QIAO_OK)
		err = put_decision(b, txn, 5, false, INDEX, "/s/IDX_1");
	if (err == QIAO_OK)
		err = put_decision(b, txn, 6, false, INDEX, "/s/IDX_2");
	return err;
}

static void bench_open(struct bench *b)
{
	static const char *const files[] = { RULES };

	memset(b, 0, sizeof(*b));
	fixture_open(&b->f);
	b->policy = world_policy(files, 1);
	b->cfg.network.b[0] = 9;
	snprintf(b->cfg.id, sizeof(b->cfg.id), "gw");
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "gw");
	b->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	pthread_mutex_init(&b->d.rules_lock, NULL);
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b->f.store, fill, b), QIAO_OK);
}

static void bench_close(struct bench *b)
{
	qiao_policy_unref(b->policy);
	qiao_buf_free(&b->out);
	pthread_mutex_destroy(&b->d.rules_lock);
	fixture_close(&b->f);
}

static const char *trace(struct bench *b, qiao_err want, const char *what,
			 bool zh, bool json)
{
	struct qiao_report_style style = { zh, json };

	qiao_buf_clear(&b->out);
	CU_ASSERT_EQUAL(qiao_trace_report(&b->d, &b->out, what, style), want);
	qiao_buf_put_u8(&b->out, 0);
	return (const char *)b->out.p;
}

static bool is_json(const struct bench *b)
{
	struct qiao_json *j = NULL;
	/* without the newline and the NUL */
	qiao_err err = qiao_json_parse(
		&j, qiao_slice_of(b->out.p, b->out.n - 2), NULL);

	qiao_json_free(j);
	return err == QIAO_OK;
}

static void traces(void)
{
	char id[QIAO_DECISION_ID_LEN], hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_hash two = id_of(2);
	const char *texts[3];
	struct bench b;

	bench_open(&b);
	texts[0] = qiao_hex_encode(hex, qiao_slice_hash(&two));
	texts[1] = qiao_decision_id(id, &two, QIAO_POINT_RELEASE);
	texts[2] = "R-2";
	for (size_t i = 0; i < 3; i++) {
		const char *t = trace(&b, QIAO_OK, texts[i], false, false);

		CU_ASSERT_PTR_NOT_NULL(strstr(t, hex));
		CU_ASSERT_PTR_NOT_NULL(strstr(t, "release decision: deny"));
		CU_ASSERT_PTR_NOT_NULL(strstr(t, "R_ONWARD"));
		CU_ASSERT_PTR_NOT_NULL(strstr(t, "holder_code:usci:syntax"));
		CU_ASSERT_PTR_NOT_NULL(strstr(t, "height 7"));
		CU_ASSERT_PTR_NOT_NULL(strstr(t, "c/d@3"));
		/* the reason and its remedy, in both languages */
		CU_ASSERT_PTR_NOT_NULL(
			strstr(t, qiao_reason_text(QIAO_R_ONWARD)->zh_remedy));
		CU_ASSERT_PTR_NOT_NULL(
			strstr(t, qiao_reason_text(QIAO_R_ONWARD)->en_remedy));
	}
	CU_ASSERT_PTR_NOT_NULL(
		strstr(trace(&b, QIAO_OK, "R-2", true, false), "放行决定"));
	trace(&b, QIAO_OK, "R-2", false, true);
	CU_ASSERT_TRUE(is_json(&b));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(trace(&b, QIAO_OK, "R-1", false, false), "R_NO_PERMIT"));
	bench_close(&b);
}

static void unmapped(void)
{
	static const char zh[] = "state: 该值不在映射文件的 `map` 中",
			  en[] = "state: the value is not in the `map`";
	struct qiao_report_style text = { false, false },
				 json = { false, true };
	struct bench b;
	const char *t;

	bench_open(&b);
	t = trace(&b, QIAO_OK, "s/REC_1", false, false);
	CU_ASSERT_PTR_NOT_NULL(strstr(t, STATE));
	CU_ASSERT_PTR_NOT_NULL(strstr(t, zh));
	CU_ASSERT_PTR_NOT_NULL(strstr(t, en));
	qiao_buf_clear(&b.out);
	CU_ASSERT_EQUAL(qiao_denied_report(&b.d, &b.out, text), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	t = (const char *)b.out.p;
	CU_ASSERT_PTR_NOT_NULL(strstr(t, zh));
	CU_ASSERT_PTR_NOT_NULL(strstr(t, en));
	/* each cause has its own line, so that one does not hide another */
	CU_ASSERT_PTR_NOT_NULL(strstr(t, "1 denied  release  R_FIELD_CHECK"));
	CU_ASSERT_PTR_NOT_NULL(strstr(t, "2 denied  release  R_FIELD_CHECK  "
					 "e.g. /s/IDX_1"));
	qiao_buf_clear(&b.out);
	CU_ASSERT_EQUAL(qiao_denied_report(&b.d, &b.out, json), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)b.out.p, "\"finding\":\"" INDEX "\""));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)b.out.p, "\"finding\":null"));
	bench_close(&b);
}

static void unknown(void)
{
	static const char *const t[] = {
		"", "R-9", "d-00112233445566778899aabbccddeeff",
		"7702000000000000000000000000000000000000000000000000000000000099"
	};
	struct bench b;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(
			strstr(trace(&b, QIAO_E_NOTFOUND, t[i], false, false),
			       "no such record"));
	bench_close(&b);
}

static void denied(void)
{
	struct qiao_report_style text = { false, false }, json = { true, true };
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(qiao_denied_report(&b.d, &b.out, text), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)b.out.p,
				      "2 denied  release  R_ONWARD  e.g. "
				      "a.open/R-2"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)b.out.p, "1 denied  peer  R_NO_PERMIT"));
	CU_ASSERT_PTR_NULL(strchr((char *)b.out.p, '\x1b'));
	qiao_buf_clear(&b.out);
	CU_ASSERT_EQUAL(qiao_denied_report(&b.d, &b.out, json), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	CU_ASSERT_TRUE(is_json(&b));
	bench_close(&b);
}

static void status(void)
{
	struct qiao_report_style text = { false, false },
				 json = { false, true };
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(qiao_status_report(&b.d, &b.out, text), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)b.out.p, "gateway gw"));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)b.out.p, "all is denied"));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)b.out.p, "audit 7 entries"));
	qiao_buf_clear(&b.out);
	snprintf(b.d.rules_problem, sizeof(b.d.rules_problem),
		 "p.cfg:1:1: error");
	CU_ASSERT_EQUAL(qiao_status_report(&b.d, &b.out, json), QIAO_OK);
	qiao_buf_put_u8(&b.out, 0);
	CU_ASSERT_TRUE(is_json(&b));
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)b.out.p, "\"policy_problem\":\"p.cfg:1:1"));
	bench_close(&b);
}

static void ago(void)
{
	static const struct {
		int64_t then, now;
		const char *want;
	} t[] = {
		{ 0, 5000, "-" },           { 1000, 1500, "0 s" },
		{ 5000, 1000, "0 s" },      { 1000, 120000, "119 s" },
		{ 1000, 121000, "2 min" },  { 1000, 7201000, "2 h" },
		{ 1000, 172801000, "2 d" },
	};
	char out[QIAO_AGO_LEN];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CU_ASSERT_STRING_EQUAL(qiao_ago(out, t[i].then, t[i].now),
				       t[i].want);
}

static const struct test_case cases[] = {
	{ "a record, a transfer, a decision: the same steps in words", traces },
	{ "a write that gave no record says why", unmapped },
	{ "what is not known is said so", unknown },
	{ "denials are counted by reason, foreign text is escaped", denied },
	{ "status says what is in force, as text and as JSON", status },
	{ "durations are short", ago },
	{ NULL, NULL },
};
const struct test_suite report_test_suite = { "daemon/report", cases };
