/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/test.h"
#include "tests/unit/policy/folder.h"

#define VECTORS "tests/vectors/policy"
#define BUILT   "tests/vectors/policy-built"

static void cases_pass(const char *dir, size_t at_least)
{
	struct folder f = { .n = 0 };
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy_test_report r;
	struct qiao_policy *p;

	folder_read(&f, dir);
	p = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(qiao_policy_test(p, &r, &d, f.files, f.n, true),
			QIAO_OK);
	if (r.failed)
		printf("\n%.*s", (int)r.text.n, (const char *)r.text.p);
	CU_ASSERT(r.cases >= at_least);
	CU_ASSERT_EQUAL(r.failed, 0);
	CU_ASSERT_EQUAL(r.decided, r.rules);
	qiao_policy_test_free(&r);
	qiao_policy_unref(p);
	qiao_diags_free(&d);
	folder_free(&f);
}

static void the_cases_that_need_only_what_is_built_pass(void)
{
	cases_pass(BUILT, 17);
}

/* clang-format off */
/* Every setting of the worked policies and cases that is not built yet. */
static const char *const refused[] = {
	"20-a-business-licence.cfg:18:9: error E190: obligation \"writeback\" is not built yet",
	"21-b-realestate-consent.cfg:14:17: error E190: rule[].require.consent is not built yet",
	"21-b-realestate-consent.cfg:18:9: error E190: obligation \"encrypt\"",
	"21-b-realestate-consent.cfg:19:9: error E190: obligation \"retain\"",
	"23-d-a-b-not-c.cfg:16:23: error E190: obligation \"encrypt\"",
	"24-e-ip-index.cfg:15:5: error E190: rule[].unique",
	"24-e-ip-index.cfg:14:17: error E190: rule[].require.timestamp",
	"26-f-invoice.cfg:17:5: error E190: rule[].transition",
	"27-g-quota-hours.cfg:13:5: error E190: rule[].hours",
	"27-g-quota-hours.cfg:14:5: error E190: rule[].quota",
	"28-h-notary-copy.cfg:16:9: error E190: obligation \"watermark\"",
	"28-h-notary-copy.cfg:18:9: error E190: obligation \"expire\"",
	"E190: test \"b1 title with consent\" needs consent",
	"E190: test \"b3 consent for another purpose\" needs consent",
	"E190: test \"b4 consent used up\" needs consent",
	"E190: test \"b5 consent revoked\" needs consent",
	"E190: test \"d1 b may see eligibility\" needs encrypted",
	"E190: test \"e2 index accepts a new work\" needs timestamp",
	"E190: test \"e3 same fingerprint, another holder: held\" needs registry",
	"E190: test \"e4 near match: flagged, not held\" needs flags",
	"E190: test \"e5 forged timestamp\" needs timestamp",
	"E190: test \"f1 first lock of an invoice\" needs registry",
	"E190: test \"f2 second reimbursement elsewhere\" needs registry",
	"E190: test \"g1 office hours, within quota\" needs used",
	"E190: test \"g2 request 201 of the hour\" needs used",
	"E190: test \"g3 17:30 is closed\" needs calendar",
	"E190: test \"g4 a Sunday that is a make-up working day (调休)\" needs calendar",
	"E190: test \"g5 the same instant written in UTC\" needs calendar",
	"E190: test \"h1 notary copy with consent\" needs consent",
};
/* a1 needs only its policy's write-back, b2 its policy's consent */
#define CASES_REFUSED 17
#define CASES_BUILT   12
#define CASES_ALL     31
/* clang-format on */

static void what_is_not_built_is_refused_by_name(void)
{
	struct folder f = { .n = 0 };
	size_t cases = 0;
	char *text;

	folder_read(&f, VECTORS);
	folder_read(&f, VECTORS "/tests");
	text = folder_refused(&f);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!strstr(text, refused[i]))
			printf("\nnot said: %s\n", refused[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, refused[i]));
		cases += strstr(refused[i], "E190: test ") != NULL;
	}
	CU_ASSERT_EQUAL(cases, CASES_REFUSED);
	CU_ASSERT_EQUAL(cases + CASES_BUILT + 2, CASES_ALL);
	/* nothing else is wrong with them */
	for (char *at = text; (at = strstr(at, ": error ")); at++)
		CU_ASSERT_EQUAL(strncmp(at, ": error E190: ", 14), 0);
	free(text);
	folder_free(&f);
}

static void a_failing_case_says_what_was_expected_and_what_came(void)
{
	static const char cases[] =
		"tests = ( { name = \"wrong\"; at = "
		"\"2026-11-20T10:00:00+08:00\"; request = { action = "
		"\"query\"; purpose = \"p\"; from = { chain = \"quanzhou\"; org "
		"= \"quanzhou.market\"; }; to = { chain = \"nanjing\"; org = "
		"\"nanjing.market\"; }; record = { type = \"licence.business\"; "
		"state = \"valid\"; fields = [ \"cert_no\" ]; }; }; proof = { "
		"verified = true; age_s = 1; }; expect = { decision = "
		"\"permit\"; commit = [ \"cert_no\" ]; }; } );";
	struct folder f = { .n = 0 };
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy_test_report r;
	struct qiao_policy *p;
	struct folder only = { .n = 0 };

	folder_read(&f, BUILT);
	p = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	folder_add_text(&only, "wrong.cfg", cases);
	CU_ASSERT_EQUAL(qiao_policy_test(p, &r, &d, only.files, only.n, false),
			QIAO_E_DENIED);
	CU_ASSERT_EQUAL(r.cases, 1);
	CU_ASSERT_EQUAL(r.failed, 1);
	CU_ASSERT_EQUAL(strncmp((const char *)r.text.p,
				"FAIL wrong: another commit was expected\n"
				"    got permit R_OK "
				"quanzhou.market.licences/bl-to-nanjing@7 "
				"cert_no=clear receipt:60s\n",
				127),
			0);
	qiao_policy_test_free(&r);
	/* permits that no case tests fail a strict run */
	CU_ASSERT_EQUAL(qiao_policy_test(p, &r, &d, only.files, only.n, true),
			QIAO_E_DENIED);
	CU_ASSERT_EQUAL(r.failed, 5);
	qiao_policy_test_free(&r);
	qiao_policy_unref(p);
	qiao_diags_free(&d);
	folder_free(&only);
	folder_free(&f);
}

static const struct test_case cases[] = {
	{ "the cases that need only what is built pass",
	  the_cases_that_need_only_what_is_built_pass },
	{ "what is not built is refused by name",
	  what_is_not_built_is_refused_by_name },
	{ "a failing case says what was expected and what came",
	  a_failing_case_says_what_was_expected_and_what_came },
	{ NULL, NULL },
};

const struct test_suite policy_cases_test_suite = { "policy/cases", cases };
