/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/decision_json.h"

#include "gateway/audit/entry.h"
#include "gateway/base/clock.h"
#include "gateway/codec/json.h"
#include "gateway/record/record.h"
#include "tests/unit/policy/world.h"

#define RULES                                                                                                                                                                                                                            \
	WORLD_POLICY("c", "owner", "")                                                                                                                                                                                                   \
	"rules = ( " PERMIT(                                                                                                                                                                                                             \
		"a",                                                                                                                                                                                                                     \
		"obligations = ( { do = \"commit\"; fields = [ \"inn\" ]; "                                                                                                                                                              \
		"}, { do = \"receipt\"; within = \"60s\"; } ); ") ", " PERMIT("b",                                                                                                                                                       \
									      "require = { duty = { basis = \"law\"; }; }; ") ", " DENY("d",                                                                                             \
																	"R_ONWARD",                                                                                      \
																	WHEN_ONWARD) ", " DENY("e",                                                                      \
																			       "R_PROOF_STALE",                                                          \
																			       WHEN_OLD) ", " HOLD("h",                                                  \
																						   "when = ( { attr = \"record.version\"; op = \"gt\"; " \
																						   "value = 1; } ); ") " );"

/* The members that every entry has, among those of a decision. */
static void entry_write(struct qiao_buf *out,
			const struct qiao_decision_record *r)
{
	char at[QIAO_TIME_LEN];
	struct qiao_jw w;

	qiao_jw_init(&w, out);
	qiao_jw_obj(&w);
	qiao_jw_kstr(&w, "at", qiao_time_format(at, r->facts->at_ms, 0));
	for (size_t i = 0; qiao_decision_keys[i]; i++) {
		if (strcmp(qiao_decision_keys[i], "id") == 0)
			qiao_jw_kstr(&w, "gw", "nanjing-gw");
		if (strcmp(qiao_decision_keys[i], "transfer") == 0)
			qiao_jw_kint(&w, "seq", 7);
		if (strcmp(qiao_decision_keys[i], "unmet") == 0)
			qiao_jw_kstr(&w, "type", "decision");
		qiao_jw_key(&w, qiao_decision_keys[i]);
		qiao_decision_put(&w, r, i);
	}
	qiao_jw_kint(&w, "v", 1);
	qiao_jw_end(&w);
	CU_ASSERT_EQUAL_FATAL(qiao_jw_finish(&w), QIAO_OK);
}

struct question {
	struct qiao_policy_request q;
	struct qiao_policy_facts f;
	struct qiao_decision d;
};

static void entry_of(struct qiao_buf *out, const struct qiao_policy *p,
		     struct question *k)
{
	const struct qiao_decision_record r = { .policy = p,
						.request = &k->q,
						.facts = &k->f,
						.decision = &k->d,
						.transfer = { { 9 } },
						.record_ref = "h:00" };

	qiao_policy_decide(p, &k->d, &k->q, &k->f, NULL);
	entry_write(out, &r);
	CU_ASSERT(qiao_json_is_canonical(qiao_buf_slice(out)));
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Every member that a decision is a function of takes other values. */
static void vary(struct question *k, bool *in_clear, uint32_t *seed)
{
	static const char *const texts[] = { "holder_code:usci:check-digit",
					     "引号\" and \\" };
	static const int64_t ages[] = { -1, 0, 601 };

	k->q = world_request();
	k->f = world_facts();
	k->q.onward = next(seed) % 8 == 0;
	k->q.record_version = 1 + next(seed) % 2;
	k->q.state_change_to_holder = next(seed) % 4 == 0;
	k->q.duty_basis = next(seed) % 2 ? "law" : "";
	k->q.duty_case = k->q.duty_basis[0] && next(seed) % 2 ? "h:1" : "";
	k->q.purpose = next(seed) % 8 ? "p" : "目录";
	k->q.from_org = next(seed) % 8 ? "src.dept" : "";
	k->q.record_class = next(seed) % 3;
	k->q.n_fields = next(seed) % 7;
	if (next(seed) % 2) {
		k->q.point = QIAO_POINT_ACCEPT;
		k->q.in_clear = in_clear;
		for (int i = 0; i < 6; i++)
			in_clear[i] = next(seed) % 2;
	}
	k->f.proof_age_s = ages[next(seed) % 3];
	k->f.proof_verified = next(seed) % 8 != 0;
	k->f.proof_final = next(seed) % 2;
	k->f.proof_height = next(seed) % 8 ? 88213 : QIAO_HEIGHT_MAX;
	k->f.proof_validity = next(seed) % 4;
	k->f.assurance = next(seed) % 5;
	k->f.origin = next(seed) % 3;
	k->f.currency = next(seed) % 3;
	k->f.checks = (enum qiao_checks)(next(seed) % 3);
	k->f.checks_text = texts;
	k->f.n_checks_text = next(seed) % 3;
	k->f.issuer_ok = next(seed) % 8 != 0;
	k->f.replay = next(seed) % 8 == 0;
	k->f.state_ok = next(seed) % 8 != 0;
	k->f.clock_ok = next(seed) % 8 != 0;
	k->f.allow_endorsed_only = next(seed) % 2;
	k->f.allow_recorded = next(seed) % 2;
}

static void every_decision_is_the_same_when_it_is_made_again(void)
{
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	size_t verdicts[3] = { 0 };
	uint32_t seed = 3;

	for (int i = 0; i < 8000; i++) {
		struct qiao_buf b = QIAO_BUF;
		struct qiao_why why = { "" };
		bool in_clear[6];
		struct question k;

		vary(&k, in_clear, &seed);
		entry_of(&b, p, &k);
		verdicts[k.d.verdict]++;
		CU_ASSERT_EQUAL(
			qiao_decision_replay(p, qiao_buf_slice(&b), &why),
			QIAO_OK);
		if (why.text[0])
			printf("\n%s\n", why.text);
		qiao_buf_free(&b);
	}
	CU_ASSERT(verdicts[QIAO_DENY] && verdicts[QIAO_HOLD] &&
		  verdicts[QIAO_PERMIT]);
	qiao_policy_unref(p);
}

static void the_entry_of_a_permit_reads_as_specified(void)
{
	static const char want[] =
		"\"decision\":\"permit\",\"facts\":{\"allow_endorsed_only\":"
		"false,\"allow_recorded\":false,\"assurance\":\"proven\","
		"\"checks\":\"ok\",\"checks_text\":[],\"clock_ok\":true,"
		"\"currency\":\"scanned\",\"issuer_ok\":true,\"origin\":"
		"\"live\",\"proof\":{\"age_s\":12,\"block\":\"0100000000000000"
		"000000000000000000000000000000000000000000000000\","
		"\"finality\":\"final\",\"height\":7,\"validity\":\"final\","
		"\"verified\":true},\"replay\":false,\"state_ok\":true},"
		"\"fields\":{\"inn\":\"commit\",\"per\":\"commit\",\"pub\":"
		"\"clear\",\"sec\":\"withheld\",\"sen\":\"commit\",\"shadow\":"
		"\"withheld\"},\"gw\":\"nanjing-gw\",\"id\":"
		"\"d-68b2374a31c37a20672e010c09225d10\"";
	static const char rest[] =
		"\"obligations\":[\"receipt:60s\"],\"point\":\"release\","
		"\"reason\":\"R_OK\",\"record\":{\"class\":0,\"clear\":[],"
		"\"fields\":[\"inn\",\"per\",\"pub\",\"sec\",\"sen\","
		"\"shadow\"],\"ref\":\"h:00\",\"state\":\"valid\",\"type\":"
		"\"a.open\",\"version\":1},\"request\":{\"action\":"
		"\"forward\",\"duty\":null,\"from\":{\"chain\":\"src\",\"org\":"
		"\"src.dept\"},\"onward\":false,\"purpose\":\"p\","
		"\"state_change_to_holder\":false,\"to\":{\"chain\":\"dst\","
		"\"org\":\"dst.dept\"}},\"rules\":[\"c/a@3\"],\"seq\":7,"
		"\"transfer\":\"0900000000000000000000000000000000000000000000"
		"000000000000000000\",\"type\":\"decision\",\"unmet\":[],\"v\":1}";
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct question k = { .q = world_request(), .f = world_facts() };
	struct qiao_buf b = QIAO_BUF;

	entry_of(&b, p, &k);
	qiao_buf_put_u8(&b, '\0');
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)b.p, rest));
	if (!strstr((const char *)b.p, want))
		printf("\n%s\n", (const char *)b.p);
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)b.p, want));
	qiao_buf_free(&b);
	qiao_policy_unref(p);
}

/* clang-format off */
static const struct {
	const char *from, *to;
	qiao_err err;
} forgeries[] = {
	{ "\"decision\":\"permit\"", "\"decision\":\"deny\"", QIAO_E_CONFLICT },
	{ "\"reason\":\"R_OK\"", "\"reason\":\"R_ONWARD\"", QIAO_E_CONFLICT },
	{ "\"per\":\"commit\"", "\"per\":\"clear\"", QIAO_E_CONFLICT },
	{ "[\"receipt:60s\"]", "[]", QIAO_E_CONFLICT },
	{ "[\"c/a@3\"]", "[\"c/a@2\"]", QIAO_E_CONFLICT },
	{ "\"unmet\":[]", "\"unmet\":[\"R_CLOCK\"]", QIAO_E_CONFLICT },
	{ "\"fields\":{\"inn\"", "\"fields\":{\"inm\"", QIAO_E_CONFLICT },
	{ "\"onward\":false", "\"onward\":true", QIAO_E_CONFLICT },
	{ "\"verified\":true", "\"verified\":false", QIAO_E_CONFLICT },
	{ "\"age_s\":12", "\"age_s\":602", QIAO_E_CONFLICT },
	{ "\"state\":\"valid\"", "\"stale\":\"valid\"", QIAO_E_MALFORMED },
	{ "\"age_s\":12", "\"age_s\":\"12\"", QIAO_E_MALFORMED },
	{ "\"age_s\":12", "\"age_s\":-12", QIAO_E_MALFORMED },
	{ "\"class\":0", "\"class\":256", QIAO_E_MALFORMED },
	{ "\"clear\":[]", "\"clear\":[\"nonesuch\"]", QIAO_E_MALFORMED },
	{ "\"duty\":null", "\"duty\":true", QIAO_E_MALFORMED },
	{ "\"point\":\"release\"", "\"point\":\"relaese\"", QIAO_E_MALFORMED },
	{ "\"checks\":\"ok\"", "\"checks\":\"\"", QIAO_E_MALFORMED },
	{ "\"type\":\"decision\"", "\"type\":\"queued\"", QIAO_E_MALFORMED },
	{ "\"at\":\"2026", "\"at\":\"x026", QIAO_E_MALFORMED },
	{ "\"replay\":false", "\"replay\":null", QIAO_E_MALFORMED },
	{ "\"sha256\":\"", "\"sha256\":\"0", QIAO_E_MALFORMED },
	{ "\"proof\":{", "\"proof\":[],\"proog\":{", QIAO_E_MALFORMED },
};
/* clang-format on */

static char *replaced(const struct qiao_buf *b, const char *from,
		      const char *to)
{
	const char *at = strstr((const char *)b->p, from);
	char *out = malloc(b->n + strlen(to) + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	snprintf(out, b->n + strlen(to) + 1, "%.*s%s%s",
		 (int)(at - (const char *)b->p), (const char *)b->p, to,
		 at + strlen(from));
	return out;
}

static void a_changed_entry_is_found(void)
{
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct question k = { .q = world_request(), .f = world_facts() };
	struct qiao_buf b = QIAO_BUF;

	entry_of(&b, p, &k);
	qiao_buf_put_u8(&b, '\0');
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		char *text = replaced(&b, forgeries[i].from, forgeries[i].to);
		struct qiao_why why = { "" };
		qiao_err err =
			qiao_decision_replay(p, qiao_slice_str(text), &why);

		if (err != forgeries[i].err)
			printf("\n%s: %d %s\n", forgeries[i].to, err, why.text);
		CU_ASSERT_EQUAL(err, forgeries[i].err);
		CU_ASSERT(why.text[0] != '\0');
		free(text);
	}
	qiao_buf_free(&b);
	qiao_policy_unref(p);
}

static void an_entry_cut_anywhere_is_refused(void)
{
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct question k = { .q = world_request(), .f = world_facts() };
	struct qiao_buf b = QIAO_BUF;
	struct qiao_slice s;

	entry_of(&b, p, &k);
	s = qiao_buf_slice(&b);
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_EQUAL(
			qiao_decision_replay(p, qiao_slice_of(s.p, n), NULL),
			QIAO_E_MALFORMED);
	qiao_buf_free(&b);
	qiao_policy_unref(p);
}

static void an_entry_belongs_to_the_policy_it_names(void)
{
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct qiao_policy *other =
		world_policy((const char *const[]){ RULES " # later" }, 1);
	struct question k = { .q = world_request(), .f = world_facts() };
	struct qiao_buf b = QIAO_BUF, none = QIAO_BUF;
	struct qiao_policy_info info;
	struct qiao_hash h;

	entry_of(&b, p, &k);
	CU_ASSERT_EQUAL(qiao_decision_bundle(&h, qiao_buf_slice(&b), NULL),
			QIAO_OK);
	qiao_policy_info(p, &info);
	CU_ASSERT(qiao_hash_eq(&h, &info.sha256));
	CU_ASSERT(info.is_unsigned);
	CU_ASSERT_EQUAL(info.seq, 0);
	CU_ASSERT_EQUAL(info.rules, 5);
	CU_ASSERT_EQUAL(qiao_decision_replay(other, qiao_buf_slice(&b), NULL),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_decision_replay(NULL, qiao_buf_slice(&b), NULL),
			QIAO_E_CONFIG);
	/* decided without any policy */
	entry_of(&none, NULL, &k);
	CU_ASSERT_EQUAL(qiao_decision_bundle(&h, qiao_buf_slice(&none), NULL),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_decision_replay(NULL, qiao_buf_slice(&none), NULL),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_decision_replay(p, qiao_buf_slice(&none), NULL),
			QIAO_E_CONFIG);
	qiao_buf_free(&b);
	qiao_buf_free(&none);
	qiao_policy_unref(p);
	qiao_policy_unref(other);
}

static void no_memory_is_no_verdict(void)
{
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct question k = { .q = world_request(), .f = world_facts() };
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;
	long i = 0;

	entry_of(&b, p, &k);
	do {
		atomic_store(&qiao_fault_alloc_after, i++);
		err = qiao_decision_replay(p, qiao_buf_slice(&b), NULL);
		atomic_store(&qiao_fault_alloc_after, -1);
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
	} while (err != QIAO_OK);
	CU_ASSERT(i > 5);
	qiao_buf_free(&b);
	qiao_policy_unref(p);
}

/* n texts of `len` characters, each another one. */
struct texts {
	char mem[QIAO_FIELDS_MAX][176];
	const char *p[QIAO_FIELDS_MAX];
};

static void texts_fill(struct texts *t, size_t n, size_t len, char fill)
{
	for (size_t i = 0; i < n; i++) {
		memset(t->mem[i], fill, len);
		snprintf(t->mem[i], 4, "%03zu", i);
		t->mem[i][3] = fill;
		t->mem[i][len] = '\0';
		t->p[i] = t->mem[i];
	}
}

/* A foreign chain's type and state may be control characters: \u0001 each. */
static void largest_question(struct question *k, const bool *in_clear,
			     const struct texts *names,
			     const struct texts *rules,
			     const struct texts *checks)
{
	static char text[4][QIAO_RECORD_ID_MAX * 2 + 1];
	static const size_t len[4] = { QIAO_NAME_MAX, QIAO_ORG_MAX,
				       QIAO_TYPE_MAX, 256 };

	for (size_t i = 0; i < 4; i++)
		memset(text[i], 1, len[i]);
	k->q = world_request();
	k->f = world_facts();
	k->q.point = QIAO_POINT_ACCEPT;
	k->q.action = k->q.purpose = text[0];
	k->q.from_chain = k->q.to_chain = text[0];
	k->q.from_org = k->q.to_org = text[1];
	k->q.record_type = k->q.record_state = text[2];
	k->q.duty_basis = k->q.duty_case = text[3];
	k->q.record_version = QIAO_VERSION_MAX;
	k->q.fields = names->p;
	k->q.n_fields = QIAO_FIELDS_MAX;
	k->q.in_clear = in_clear;
	k->f.proof_height = QIAO_HEIGHT_MAX;
	k->f.checks_text = checks->p;
	k->f.n_checks_text = QIAO_FINDINGS_MAX;
	k->d = (struct qiao_decision){ .verdict = QIAO_PERMIT,
				       .n_rules = QIAO_DECISION_RULES_MAX,
				       .n_unmet = QIAO_DECISION_UNMET_MAX,
				       .n_show = QIAO_FIELDS_MAX,
				       .receipt_ms = INT64_MAX };
	memcpy(k->d.rules, rules->p, sizeof(k->d.rules));
}

static void the_largest_legal_decision_is_an_entry(void)
{
	/* policy and rule of 64 characters, a version of 19 digits */
	const size_t label = 2 * QIAO_NAME_MAX + 2 + 19;
	struct qiao_policy *p = world_policy((const char *const[]){ RULES }, 1);
	struct qiao_audit_log log = { .gw = "gw" };
	struct qiao_audit_entry e;
	static struct texts names, rules, checks;
	static bool in_clear[QIAO_FIELDS_MAX];
	struct qiao_buf b = { .max = QIAO_AUDIT_ENTRY_MAX };
	static struct question k;
	const struct qiao_decision_record r = { .policy = p,
						.request = &k.q,
						.facts = &k.f,
						.decision = &k.d,
						.transfer = { { 9 } },
						.record_ref = "h:00" };

	texts_fill(&names, QIAO_FIELDS_MAX, QIAO_NAME_MAX, 'n');
	texts_fill(&rules, QIAO_DECISION_RULES_MAX, label, 'r');
	texts_fill(&checks, QIAO_FINDINGS_MAX, QIAO_FINDING_LEN - 1, '"');
	memset(in_clear, true, sizeof(in_clear));
	largest_question(&k, in_clear, &names, &rules, &checks);
	qiao_audit_begin(&e, "decision", k.f.at_ms);
	for (size_t i = 0; qiao_decision_keys[i]; i++)
		qiao_decision_put(qiao_audit_value(&e, qiao_decision_keys[i]),
				  &r, i);
	CU_ASSERT_EQUAL(
		qiao_audit_encode(&b, &e, log.gw, QIAO_AUDIT_SIZE_MAX - 1),
		QIAO_OK);
	CU_ASSERT(b.n > QIAO_KIB(64)); /* or the limit is larger than need be */
	CU_ASSERT(qiao_json_is_canonical(qiao_buf_slice(&b)));
	qiao_audit_abandon(&e);
	qiao_buf_free(&b);
	qiao_policy_unref(p);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "every decision is the same when it is made again", every_decision_is_the_same_when_it_is_made_again },
	{ "the entry of a permit reads as specified", the_entry_of_a_permit_reads_as_specified },
	{ "a changed entry is found", a_changed_entry_is_found },
	{ "an entry cut anywhere is refused", an_entry_cut_anywhere_is_refused },
	{ "an entry belongs to the policy it names", an_entry_belongs_to_the_policy_it_names },
	{ "the largest legal decision is an entry", the_largest_legal_decision_is_an_entry },
	{ "no memory is no verdict", no_memory_is_no_verdict },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite decision_json_test_suite = { "policy/decision_json",
						     cases };
