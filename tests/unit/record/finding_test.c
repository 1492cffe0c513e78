/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/finding.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *finding, *en, *zh; /* begin with this */
} cases_of[] = {
	{ "mapping:state:value-not-listed",
	  "state: the value is not in the `map`", "state: 该值不在" },
	{ "mapping:key:no-rule", "key: no rule of the mapping", "key: 映射文件" },
	{ "native:openings:not-given", "openings: the adapter",
	  "openings: 适配器" },
	{ "holder_code:usci:check-digit",
	  "holder_code fails the check usci (check-digit)",
	  "holder_code: 未通过检查 usci(check-digit)" },
	/* of a newer program, or no finding at all: as it is, made safe */
	{ "mapping:state:new-word", "mapping:state:new-word",
	  "mapping:state:new-word" },
	{ "", "", "" },
	{ "one", "one", "one" },
	{ "one:two", "one:two", "one:two" },
	{ "a:b:c:d", "a:b:c:d", "a:b:c:d" },
	{ "\x1b[31m:b:c", "\\x1b[31m fails", "\\x1b[31m: " },
};
/* clang-format on */

static void say(struct qiao_buf *out, const char *finding, bool zh)
{
	qiao_buf_clear(out);
	qiao_finding_text(out, qiao_slice_str(finding), zh);
	qiao_buf_put_u8(out, 0);
}

static void sentences(void)
{
	struct qiao_buf b = QIAO_BUF;

	for (size_t i = 0; i < sizeof(cases_of) / sizeof(cases_of[0]); i++) {
		for (int zh = 0; zh < 2; zh++) {
			const char *want = zh ? cases_of[i].zh : cases_of[i].en;

			say(&b, cases_of[i].finding, zh);
			if (strncmp((char *)b.p, want, strlen(want)) != 0)
				fprintf(stderr, "%s: %s\n", cases_of[i].finding,
					(char *)b.p);
			CU_ASSERT_EQUAL(
				strncmp((char *)b.p, want, strlen(want)), 0);
		}
	}
	qiao_buf_free(&b);
}

static void long_ones(void)
{
	struct qiao_buf b = QIAO_BUF;
	char finding[600];

	memset(finding, 0x01, sizeof(finding));
	finding[sizeof(finding) - 1] = '\0';
	say(&b, finding, false);
	CU_ASSERT_TRUE(b.n < 200);
	finding[100] = ':';
	finding[300] = ':';
	say(&b, finding, true);
	CU_ASSERT_TRUE(b.n < 800);
	CU_ASSERT_PTR_NULL(strchr((char *)b.p, 0x01));
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "a finding is said in both languages", sentences },
	{ "a foreign text is cut and made safe", long_ones },
	{ NULL, NULL },
};
const struct test_suite finding_test_suite = { "record/finding", cases };
