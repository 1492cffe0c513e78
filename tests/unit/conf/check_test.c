/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct qiao_ckey keys[] = {
	{ "id", QIAO_C_STR, true },
	{ "effect", QIAO_C_STR, true },
	{ "purpose", QIAO_C_ARRAY, false },
	{ "limit", QIAO_C_INT, false },
	{ "value", QIAO_C_STR | QIAO_C_INT | QIAO_C_BOOL, false },
	{ "max", QIAO_C_DURATION, false },
	{ "when", QIAO_C_LIST, false },
	{ "to", QIAO_C_GROUP, false },
	{ NULL, 0, false },
};

static const struct {
	const char *name, *text, *want;
} rows[] = {
	{ "a good group", "id = \"x\"; effect = \"deny\"; purpose = [ \"p\" ]; "
	  "limit = 5L; value = true; max = \"30d\"; when = ( ); to = { };", "" },
	{ "an unknown key with a near one",
	  "id = \"x\"; effect = \"d\"; purpos = [ \"x\" ];",
	  "f:1:25: error E101: unknown setting \"purpos\" in rule[]; "
	  "did you mean \"purpose\"?\n" },
	{ "an unknown key in another case", "ID = \"x\"; effect = \"d\"; id = \"\";",
	  "f:1:1: error E101: unknown setting \"ID\" in rule[]; "
	  "did you mean \"id\"?\n" },
	{ "an unknown key without a near one", "id = \"x\"; effect = \"d\"; q = 1;",
	  "f:1:25: error E101: unknown setting \"q\" in rule[]\n" },
	{ "missing keys", "limit = 1;",
	  "f:1:1: error E102: rule[]: \"id\" is missing\n"
	  "f:1:1: error E102: rule[]: \"effect\" is missing\n" },
	{ "a wrong type", "id = 5; effect = \"d\";",
	  "f:1:1: error E103: rule[].id must be a string, not a whole number\n" },
	{ "a wrong type of several", "id = \"\"; effect = \"d\"; value = 1.5;",
	  "f:1:24: error E103: rule[].value must be a string or a whole number "
	  "or true or false, not a number with a point\n" },
	{ "a list for an array", "id = \"\"; effect = \"d\"; purpose = ( \"x\" );",
	  "f:1:24: error E103: rule[].purpose must be an array [ ] of strings, "
	  "not a list ( )\n" },
	{ "an array of numbers", "id = \"\"; effect = \"d\"; purpose = [ 1 ];",
	  "f:1:36: error E103: rule[].purpose must hold strings\n" },
	{ "an empty array", "id = \"\"; effect = \"d\"; purpose = [ ];",
	  "f:1:24: error E106: rule[].purpose is empty; name something or "
	  "remove it\n" },
	{ "a bad duration", "id = \"\"; effect = \"d\"; max = \"30 days\";",
	  "f:1:24: error E107: rule[].max must be a duration like \"30s\", "
	  "\"10m\", \"8h\", \"30d\"\n" },
	{ "a number for a duration", "id = \"\"; effect = \"d\"; max = 30;",
	  "f:1:24: error E103: rule[].max must be a duration, "
	  "not a whole number\n" },
};
/* clang-format on */

static struct qiao_conf *parse(const char *text)
{
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	CU_ASSERT_EQUAL_FATAL(
		qiao_conf_parse(&c, &d, "f", qiao_slice_str(text)), QIAO_OK);
	qiao_diags_free(&d);
	return c;
}

static void a_group_is_held_against_its_table(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_conf *c = parse(rows[i].text);
		struct qiao_diags d = { 0 };
		bool ok = qiao_conf_check(c, &d, qiao_conf_root(c), "rule[]",
					  keys);

		CU_ASSERT_EQUAL(ok, rows[i].want[0] == '\0');
		if (!qiao_slice_is(qiao_buf_slice(&d.text), rows[i].want)) {
			printf("\n%s: %.*s", rows[i].name, (int)d.text.n,
			       (const char *)d.text.p);
			CU_FAIL("another text");
		}
		qiao_diags_free(&d);
		qiao_conf_free(c);
	}
}

static void the_root_has_no_name_in_messages(void)
{
	struct qiao_conf *c = parse("id = 5; lmit = 1; effect = \"\";");
	struct qiao_diags d = { 0 };

	CU_ASSERT_FALSE(qiao_conf_check(c, &d, qiao_conf_root(c), "", keys));
	CU_ASSERT_TRUE(qiao_slice_is(
		qiao_buf_slice(&d.text),
		"f:1:1: error E103: id must be a string, not a whole number\n"
		"f:1:9: error E101: unknown setting \"lmit\"; did you mean "
		"\"limit\"?\n"));
	qiao_diags_free(&d);
	qiao_conf_free(c);
}

static void what_is_no_group_is_said(void)
{
	struct qiao_conf *c = parse("a = 1;");
	const struct qiao_cnode *a = qiao_cnode_get(qiao_conf_root(c), "a");
	struct qiao_diags d = { 0 };

	CU_ASSERT_FALSE(qiao_conf_check(c, &d, a, "a", keys));
	CU_ASSERT_FALSE(qiao_conf_check(c, &d, NULL, "b", keys));
	CU_ASSERT_EQUAL(d.errors, 2);
	qiao_diags_free(&d);
	qiao_conf_free(c);
}

static void a_near_word_is_offered(void)
{
	static const char *const words[] = { "permit",          "deny", "hold",
					     "nanjing.housing", "id",   NULL };
	/* clang-format off */
	static const struct {
		const char *word, *want;
	} near[] = {
		{ "permt", "permit" }, { "PERMIT", "permit" },
		{ "Deny", "deny" }, { "dney", "deny" }, { "hodl", "hold" },
		{ "nanjin.housng", "nanjing.housing" },
		{ "permission", NULL }, { "x", NULL }, { "xy", NULL },
		{ "", NULL }, { "ids", "id" },
	};
	/* clang-format on */
	char longest[200];

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		const char *got = qiao_conf_did_you_mean(near[i].word, words);

		if (strcmp(got ? got : "-", near[i].want ? near[i].want : "-"))
			CU_FAIL(near[i].word);
	}
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CU_ASSERT_PTR_NULL(qiao_conf_did_you_mean(longest, words));
}

static void a_finding_is_one_line_whatever_it_quotes(void)
{
	struct qiao_diags d = { 0 };

	qiao_diag(&d, "f", 3, 4, "W201", "rule \"%s\"", "a\nb\x7f");
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&d.text),
				     "f:3:4: warning W201: rule "
				     "\"a\\x0ab\\x7f\"\n"));
	CU_ASSERT_EQUAL(d.warnings, 1);
	CU_ASSERT_EQUAL(d.errors, 0);
	qiao_diags_free(&d);
}

static void a_checker_gets_the_tree_in_spite_of_soft_findings(void)
{
	static const char *const soft = "a = [ \"x\" \"y\" ]; n = 4294967296;";
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	CU_ASSERT_EQUAL(
		qiao_conf_parse_to_check(&c, &d, "f", qiao_slice_str(soft)),
		QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(qiao_cnode_count(qiao_conf_root(c)), 2);
	CU_ASSERT_EQUAL(d.errors, 2);
	qiao_conf_free(c);
	CU_ASSERT_EQUAL(qiao_conf_parse(&c, &d, "f", qiao_slice_str(soft)),
			QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(
		qiao_conf_parse_to_check(&c, &d, "f",
					 qiao_slice_str("a = 1; /* b = 2;")),
		QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(c);
	qiao_diags_free(&d);
}

static const struct test_case cases[] = {
	{ "a group is held against its table",
	  a_group_is_held_against_its_table },
	{ "the root has no name in messages",
	  the_root_has_no_name_in_messages },
	{ "what is no group is said", what_is_no_group_is_said },
	{ "a near word is offered", a_near_word_is_offered },
	{ "a finding is one line, whatever it quotes",
	  a_finding_is_one_line_whatever_it_quotes },
	{ "a checker gets the tree in spite of soft findings",
	  a_checker_gets_the_tree_in_spite_of_soft_findings },
	{ NULL, NULL },
};

const struct test_suite check_test_suite = { "conf/check", cases };
