/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/reasons.h"

#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static void every_code_has_its_sentences_in_both_languages(void)
{
	for (int i = 0; i < QIAO_REASONS; i++) {
		const struct qiao_reason_text *t =
			qiao_reason_text((enum qiao_reason)i);
		enum qiao_reason found;

		CU_ASSERT_PTR_NOT_NULL_FATAL(t->code);
		CU_ASSERT_EQUAL(strncmp(t->code, "R_", 2), 0);
		CU_ASSERT(t->en[strlen(t->en) - 1] == '.');
		CU_ASSERT(t->en_remedy[strlen(t->en_remedy) - 1] == '.');
		CU_ASSERT_PTR_NOT_NULL(strstr(t->zh, "。"));
		CU_ASSERT_PTR_NOT_NULL(strstr(t->zh_remedy, "。"));
		CU_ASSERT(qiao_utf8_valid(qiao_slice_str(t->zh)));
		CU_ASSERT(qiao_reason_find(&found, qiao_slice_str(t->code)));
		CU_ASSERT_EQUAL(found, i);
	}
}

static void a_code_outside_the_table_refuses(void)
{
	enum qiao_reason r = QIAO_R_OK;

	CU_ASSERT_FALSE(qiao_reason_find(&r, qiao_slice_str("R_NONE")));
	CU_ASSERT_EQUAL(r, QIAO_R_NO_POLICY);
	CU_ASSERT_STRING_EQUAL(qiao_reason_code(QIAO_REASONS), "R_EVAL");
	CU_ASSERT_STRING_EQUAL(qiao_reason_code((enum qiao_reason) - 1),
			       "R_EVAL");
}

/* The page shows the table; whoever changes one changes the other. */
static void the_page_of_reasons_is_the_table(void)
{
	static char page[65536];
	FILE *f = fopen("docs/reasons.md", "rb");
	char line[2048];
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[n] = '\0';
	for (int i = 0; i < QIAO_REASONS; i++) {
		const struct qiao_reason_text *t =
			qiao_reason_text((enum qiao_reason)i);

		snprintf(line, sizeof(line), "| `%s` | %s | %s | %s | %s |\n",
			 t->code, t->zh, t->zh_remedy, t->en, t->en_remedy);
		if (!strstr(page, line))
			printf("\ndocs/reasons.md lacks: %s", line);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, line));
	}
}

static const struct test_case cases[] = {
	{ "every code has its sentences in both languages",
	  every_code_has_its_sentences_in_both_languages },
	{ "a code outside the table refuses",
	  a_code_outside_the_table_refuses },
	{ "the page of reasons is the table",
	  the_page_of_reasons_is_the_table },
	{ NULL, NULL },
};

const struct test_suite reasons_test_suite = { "policy/reasons", cases };
