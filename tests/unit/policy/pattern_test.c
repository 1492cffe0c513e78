/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/pattern.h"
#include "tests/unit/suite.h"

static const struct {
	const char *pattern, *word;
	bool legal, matches;
} table[] = {
	{ "a.b", "a.b", true, true },       { "a.b", "a.bc", true, false },
	{ "a.b", "a", true, false },        { "*", "anything", true, true },
	{ "a.*", "a.b", true, true },       { "a.*", "a.b.c", true, true },
	{ "a.*", "a", true, false },        { "a.*", "a.", true, false },
	{ "a.*", "ab.c", true, false },     { "", "a", false, false },
	{ "**", "a", false, false },        { ".*", "a", false, false },
	{ "*.a", "b.a", false, false },     { "a*", "ab", false, false },
	{ "a.*.b", "a.x.b", false, false }, { "泉州.*", "泉州.市", true, true },
};

static void a_pattern_is_a_name_or_a_star_or_a_prefix(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct qiao_word w = qiao_word_of(table[i].word);
		struct qiao_pat p;

		CU_ASSERT_EQUAL(qiao_pat_parse(&p, table[i].pattern),
				table[i].legal);
		if (table[i].legal)
			CU_ASSERT_EQUAL(qiao_pat_match(&p, &w),
					table[i].matches);
	}
}

static void no_pattern_is_any_and_no_word_is_an_error(void)
{
	struct qiao_word none = qiao_word_of(""), w = qiao_word_of("b");
	struct qiao_pat p[2];
	struct qiao_pats two = { 2, p }, any = { 0, p };

	qiao_pat_parse(&p[0], "a");
	qiao_pat_parse(&p[1], "b");
	CU_ASSERT_EQUAL(qiao_pats_match(&two, &w), QIAO_TRI_YES);
	CU_ASSERT_EQUAL(qiao_pats_match(&two, &none), QIAO_TRI_ERROR);
	CU_ASSERT_EQUAL(qiao_pats_match(&any, &none), QIAO_TRI_YES);
	w = qiao_word_of("c");
	CU_ASSERT_EQUAL(qiao_pats_match(&two, &w), QIAO_TRI_NO);
}

static const struct {
	const char *a, *b;
	bool covers;
} covers[] = {
	{ "*", "*", true },        { "*", "a.*", true },
	{ "*", "a", true },        { "a.*", "*", false },
	{ "a.*", "a.*", true },    { "a.*", "a.b.*", true },
	{ "a.b.*", "a.*", false }, { "a.*", "a.b", true },
	{ "a.*", "a", false },     { "a", "a", true },
	{ "a", "b", false },       { "a", "*", false },
	{ "a.b", "a.*", false },
};

static void what_covers_matches_whatever_the_other_matches(void)
{
	for (size_t i = 0; i < sizeof(covers) / sizeof(covers[0]); i++) {
		struct qiao_pat a, b;

		qiao_pat_parse(&a, covers[i].a);
		qiao_pat_parse(&b, covers[i].b);
		CU_ASSERT_EQUAL(qiao_pat_covers(&a, &b), covers[i].covers);
	}
}

static const struct test_case cases[] = {
	{ "a pattern is a name, a star or a prefix",
	  a_pattern_is_a_name_or_a_star_or_a_prefix },
	{ "no pattern is any, and no word is an error",
	  no_pattern_is_any_and_no_word_is_an_error },
	{ "what covers matches whatever the other matches",
	  what_covers_matches_whatever_the_other_matches },
	{ NULL, NULL },
};

const struct test_suite pattern_test_suite = { "policy/pattern", cases };
