/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/why.h"

#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

static void a_refusal_is_one_statement(void)
{
	struct qiao_why why;

	CU_ASSERT_EQUAL(qiao_fail(&why, QIAO_E_LINK, "block %d: x", 7),
			QIAO_E_LINK);
	CU_ASSERT_STRING_EQUAL(why.text, "block 7: x");
	CU_ASSERT_EQUAL(qiao_fail(NULL, QIAO_E_IO, "nobody asks"), QIAO_E_IO);
}

static void the_old_sentence_may_be_part_of_the_new(void)
{
	struct qiao_why why;

	qiao_fail(&why, QIAO_E_IO, "cause");
	qiao_fail(&why, QIAO_E_IO, "place: %s", why.text);
	CU_ASSERT_STRING_EQUAL(why.text, "place: cause");
}

static void a_cut_sentence_is_still_utf8(void)
{
	char text[sizeof(((struct qiao_why *)0)->text) * 2];
	struct qiao_why why;

	for (size_t shift = 0; shift < 3; shift++) {
		size_t n = shift;

		memset(text, 'a', shift);
		while (n + 3 < sizeof(text)) {
			memcpy(text + n, "\xe8\xae\xb8", 3);
			n += 3;
		}
		text[n] = '\0';
		qiao_fail(&why, QIAO_E_IO, "%s", text);
		CU_ASSERT_TRUE(strlen(why.text) > sizeof(why.text) - 4);
		CU_ASSERT_TRUE(qiao_utf8_valid(qiao_slice_str(why.text)));
	}
}

static const struct {
	qiao_err err;
	const char *name, *text;
} errors[] = {
#define X(name, code, text) { (qiao_err)(code), #name, text },
	QIAO_ERRORS(X)
#undef X
};

static void every_error_has_its_name_and_text(void)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		CU_ASSERT_EQUAL(errors[i].err, -(int)i);
		CU_ASSERT_STRING_EQUAL(qiao_errname(errors[i].err),
				       errors[i].name);
		CU_ASSERT_STRING_EQUAL(qiao_strerror(errors[i].err),
				       errors[i].text);
	}
	CU_ASSERT_STRING_EQUAL(qiao_errname((qiao_err)-100), "QIAO_E_?");
	CU_ASSERT_STRING_EQUAL(qiao_strerror((qiao_err)1), "unknown error");
}

static const struct test_case cases[] = {
	{ "a refusal is one statement", a_refusal_is_one_statement },
	{ "the old sentence may be part of the new",
	  the_old_sentence_may_be_part_of_the_new },
	{ "a cut sentence is still UTF-8", a_cut_sentence_is_still_utf8 },
	{ "every error has its name and text",
	  every_error_has_its_name_and_text },
	{ NULL, NULL },
};

const struct test_suite why_test_suite = { "base/why", cases };
