/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "1:5 E009" for each line of the findings, joined by spaces. */
static void summary(char *out, size_t size, const struct qiao_diags *d)
{
	struct qiao_slice rest = qiao_buf_slice(&d->text);
	size_t n = 0;

	out[0] = '\0';
	while (rest.n > 0 && n < size) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		unsigned int line = 0, col = 0;
		char text[200], code[8] = "", what[8] = "";

		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		snprintf(text, sizeof(text), "%.*s", (int)(end - rest.p),
			 (const char *)rest.p);
		CU_ASSERT_EQUAL(sscanf(text, "f:%u:%u: %7s %4s", &line, &col,
				       what, code),
				4);
		n += (size_t)snprintf(out + n, size - n, "%s%u:%u %s",
				      n ? " " : "", line, col, code);
		rest.n -= (size_t)(end + 1 - rest.p);
		rest.p = end + 1;
	}
}

/* clang-format off */
static const struct {
	const char *name, *text, *want;
} findings[] = {
	{ "an empty file", "", "1:1 E100" },
	{ "only comments", "# a\n// b\n/* c */\n", "1:1 E100" },
	{ "a byte order mark", "\xef\xbb\xbf" "a = 1;", "1:1 E001" },
	{ "a byte that is not UTF-8, once", "a = \"\xb5\xda\";", "1:6 E002" },
	{ "an overlong UTF-8 form", "a = \"\xc0\xaf\";", "1:6 E002" },
	{ "a surrogate", "a = \"\xed\xa0\x80\";", "1:6 E002" },
	{ "UTF-8 cut by the end", "# \xe5\x90", "1:3 E002" },
	{ "a control character", "a = \"\x01\";", "1:6 E002" },
	{ "a form feed", "a = 1;\f", "1:7 E002 1:7 E000" },
	{ "a carriage return that would end a comment", "# c\ra = 1;",
	  "1:4 E002" },
	{ "DOS line ends are fine", "a = 1;\r\nb = 2; # c\r\n", "" },
	{ "a zero-width space in an id", "a = \"x\xe2\x80\x8b\";", "1:7 E002" },
	{ "a zero-width space in a comment is fine", "a = 1; # \xe2\x80\x8b",
	  "" },
	{ "a direction mark in a string", "a = \"\xe2\x80\xae\";", "1:6 E002" },
	{ "a direction mark in a comment", "a = 1; # \xe2\x80\xae", "1:10 E002" },
	{ "columns count characters", "a = \"名称\"; b = 010;", "1:15 E011" },
	{ "a comment never closed", "a = 1;\n  /* b = 2;\n", "2:3 E003" },
	{ "a comment closed by the next one's end",
	  "a = 1; /* deny\nb = 2; /* note */ c = 3;", "1:8 E003" },
	{ "comment marks in strings are text", "a = \"/* # //\";", "" },
	{ "string marks in comments are text", "a = 1; /* \" */ # \"", "" },
	{ "a comment at the end without a line end", "a = 1; # c", "" },
	{ "an include at the line start", "@include \"x\"\na = 1;", "1:1 E004" },
	{ "an include after spaces", "a = 1;\n \t@include \"/etc\"", "2:3 E004" },
	{ "an include in a list", "a = (\n@include \"x\"\n);", "2:1 E004" },
	{ "an include in a comment is text", "# @include \"x\"\na = 1;", "" },
	{ "a string never closed", "a = 1;\nb = \"x;\nc = 2;", "2:5 E005" },
	{ "a string over two lines", "a = \"x\ny\";", "1:5 E005 2:2 E005" },
	{ "a string ended by a backslash and a line end", "a = \"x\\\n",
	  "1:5 E005" },
	{ "known escapes", "a = \"\\n\\r\\t\\f\\\\\\\"\\x41\";", "" },
	{ "a \\u escape", "a = \"\\u540d\";", "1:6 E006" },
	{ "unknown escapes", "a = \"\\q\\'\\b\";", "1:6 E006 1:8 E006 1:10 E006" },
	{ "half a hex escape", "a = \"\\x4\";", "1:6 E006" },
	{ "a NUL escape", "a = \"x\\x00y\";", "1:7 E007" },
	{ "a control escape", "a = \"\\x1b\";", "1:6 E007" },
	{ "UTF-8 by hex escapes", "a = \"\\xe5\\x90\\x8d\";",
	  "1:6 E007 1:10 E007 1:14 E007" },
	{ "strings side by side", "a = [ \"x\" \"y\" ];", "1:11 E008" },
	{ "strings side by side over lines and comments",
	  "a = \"x\" /* */ # c\n  \"y\";", "2:3 E008" },
	{ "the largest 32-bit numbers", "a = 2147483647; b = -2147483648; "
	  "c = 0x7FFFFFFF;", "" },
	{ "one more", "a = 2147483648;", "1:5 E009" },
	{ "one less", "a = -2147483649;", "1:5 E009" },
	{ "two to the 32nd", "a = 4294967296;", "1:5 E009" },
	{ "hex over 31 bits", "a = 0xFFFFFFFF;", "1:5 E009" },
	{ "the largest 64-bit numbers", "a = 9223372036854775807L; "
	  "b = -9223372036854775808L; c = 0x7fffffffffffffffLL;", "" },
	{ "one more than 63 bits", "a = 9223372036854775808L;", "1:5 E010" },
	{ "one less than 63 bits", "a = -9223372036854775809L;", "1:5 E010" },
	{ "hex over 63 bits", "a = 0xFFFFFFFFFFFFFFFFL;", "1:5 E010" },
	{ "over 64 bits and no L", "a = 99999999999999999999;", "1:5 E010" },
	{ "a leading zero", "a = 010; b = -07L;", "1:5 E011 1:14 E011" },
	{ "zero is fine", "a = 0; b = -0; c = 0x00; d = 0L;", "" },
	{ "a plus", "a = +5;", "1:5 E011" },
	{ "a bare word", "a = deny;", "1:5 E000" },
	{ "a time", "a = 08:30;", "1:5 E011 1:7 E000" },
	{ "a date", "a = 2026-01-01;", "1:5 E000" },
	{ "a number with a unit", "a = 30s;", "1:5 E000" },
	{ "a lower-case l", "a = 5l;", "1:5 E000" },
	{ "a negative hex number", "a = -0x10;", "1:5 E000" },
	{ "a lone point", "a = .;", "1:5 E000" },
	{ "floats are read", "a = 1.5; b = -.5e3; c = 1e5; d = 1.;", "" },
	{ "booleans in any case", "a = true; b = TRUE; c = False;", "" },
	{ "a boolean as a name", "true = 1;", "1:1 E000" },
	{ "a Chinese name", "名称 = 1;", "1:1 E000" },
	{ "Chinese punctuation", "a = 1；", "1:6 E000" },
	{ "Chinese quotes", "a = “x”;", "1:5 E000 1:7 E000" },
	{ "a Chinese comma", "a = [ 1、2 ];", "1:8 E000" },
	{ "four bytes of UTF-8 are one column", "a = \"😀\"; b = 010;",
	  "1:14 E011" },
	{ "a name of 65 characters", "a1234567890123456789012345678901234567890"
	  "123456789012345678901234 = 1;", "1:1 E000" },
	{ "a comma for a value", "a = ,", "1:5 E000" },
	{ "a list for a name", "(", "1:1 E000" },
	{ "an array for a name", "[", "1:1 E000" },
	{ "a name for an equals", "a b", "1:3 E000" },
	{ "a dot in a name", "a.b = 1;", "1:2 E000" },
	{ "separators are optional", "a = 1 b : 2, c = 3; d = { e = 1 }", "" },
	{ "two separators", "a = 1;;", "1:7 E000" },
	{ "a comma after the last list item", "a = ( 1, );", "1:8 E000" },
	{ "a comma after the last array item", "a = [ \"x\", ];", "1:10 E000" },
	{ "no comma in a list", "a = ( 1 2 );", "1:9 E000" },
	{ "a semicolon in a list", "a = ( { }; { } );", "1:10 E000" },
	{ "INT and INT64 in one array", "a = [ 1, 2L ];", "1:10 E000" },
	{ "a string and a number in one array", "a = [ \"x\", 1 ];",
	  "1:12 E000" },
	{ "a list takes anything", "a = ( 1, 2L, \"x\", [ 1 ], { }, ( ) );", "" },
	{ "a group in an array", "a = [ { } ];", "1:7 E000" },
	{ "a name set twice", "a = 1;\nb = 2; a = 3;", "2:8 E000" },
	{ "a group set twice", "a = { b = 1; }; a = { c = 1; };", "1:17 E000" },
	{ "the same name in two groups is fine",
	  "a = { b = 1; c = { b = 1; a = 1; }; }; d = ( { b = 1; }, { b = 1; } );",
	  "" },
	{ "names differ by case", "a = 1; A = 2;", "" },
	{ "a group never closed", "a = {\nb = 1;\n", "1:5 E000" },
	{ "a list never closed", "a = ( { b = 1; }, {\n};\n", "2:2 E000" },
	{ "a bracket of the wrong kind", "a = { b = 1; );", "1:14 E000" },
	{ "a value missing", "a = ;", "1:5 E000" },
	{ "an equals missing", "a { };", "1:3 E000" },
	{ "a bracket alone", "}", "1:1 E000" },
	{ "a stray character", "a = 1; !", "1:8 E000" },
	{ "16 levels", "a = ((((((((((((((((1))))))))))))))));", "" },
	{ "17 levels", "a = (((((((((((((((((1)))))))))))))))));", "1:21 E000" },
	{ "lexical findings after a syntax error, too",
	  "a = ;\nb = 010;\n c = \"\\q\";", "1:5 E000 2:5 E011 3:7 E006" },
	{ "several findings in one run",
	  "a = 4294967296; b = \"\\u0041\";\nc = [ \"x\" \"y\" ];",
	  "1:5 E009 1:22 E006 2:11 E008" },
};
/* clang-format on */

static void every_trap_of_libconfig_is_found_at_its_place(void)
{
	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
		struct qiao_slice text = qiao_slice_str(findings[i].text);
		struct qiao_diags d = { 0 };
		struct qiao_conf *c;
		char got[400];
		qiao_err err = qiao_conf_parse(&c, &d, "f", text);

		summary(got, sizeof(got), &d);
		if (strcmp(got, findings[i].want) != 0) {
			printf("\n%s: %s\n", findings[i].name, got);
			CU_FAIL("other findings");
		}
		CU_ASSERT_EQUAL(err,
				*findings[i].want ? QIAO_E_CONFIG : QIAO_OK);
		CU_ASSERT_EQUAL(c == NULL, err != QIAO_OK);
		qiao_conf_free(c);
		qiao_diags_free(&d);
	}
}

static void a_nul_byte_does_not_end_the_text(void)
{
	static const char text[] = "a = 1;\0 b = 010;";
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;
	char got[100];

	CU_ASSERT_EQUAL(qiao_conf_parse(&c, &d, "f",
					qiao_slice_of(text, sizeof(text) - 1)),
			QIAO_E_CONFIG);
	summary(got, sizeof(got), &d);
	CU_ASSERT_STRING_EQUAL(got, "1:7 E002 1:7 E000 1:13 E011");
	qiao_diags_free(&d);
}

static void a_binary_file_gives_an_end_of_findings(void)
{
	static uint8_t noise[4096];
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	memset(noise, 1, sizeof(noise));
	CU_ASSERT_EQUAL(qiao_conf_parse(&c, &d, "f",
					qiao_slice_of(noise, sizeof(noise))),
			QIAO_E_CONFIG);
	CU_ASSERT_TRUE(d.errors < 110);
	qiao_diags_free(&d);
}

/* --- vectors ------------------------------------------------------------- */

#define POLICY "tests/vectors/policy/"

static void the_worked_policies_are_clean(void)
{
	static const char *const files[] = {
		"00-catalogue.cfg",
		"01-orgs.cfg",
		"10-guardrail.cfg",
		"20-a-business-licence.cfg",
		"21-b-realestate-consent.cfg",
		"22-c-never.cfg",
		"23-d-a-b-not-c.cfg",
		"24-e-ip-index.cfg",
		"25-e-ip-release.cfg",
		"26-f-invoice.cfg",
		"27-g-quota-hours.cfg",
		"28-h-notary-copy.cfg",
		"tests/tests.cfg",
		"bad/00-catalogue.cfg",
		"bad/01-orgs.cfg",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct qiao_diags d = { 0 };
		struct qiao_conf *c;
		char path[100];

		snprintf(path, sizeof(path), POLICY "%s", files[i]);
		if (qiao_conf_load(&c, &d, path) != QIAO_OK || d.errors)
			CU_FAIL(files[i]);
		qiao_conf_free(c);
		qiao_diags_free(&d);
	}
}

static void expect_text(const char *path, const char *want)
{
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	CU_ASSERT_EQUAL(qiao_conf_load(&c, &d, path), QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&d.text), want));
	qiao_diags_free(&d);
}

static void mistakes_are_said_in_words(void)
{
	expect_text(POLICY "bad/50-mistakes.cfg",
		    POLICY "bad/50-mistakes.cfg:16:69: error E009: 4294967296 "
			   "does not fit 32 bits and would silently become 0; "
			   "write 4294967296L\n" POLICY
			   "bad/50-mistakes.cfg:17:38: error E008: two strings "
			   "side by side are silently joined; is a comma "
			   "missing?\n");
	expect_text(POLICY "bad/60.cfg",
		    POLICY "bad/60.cfg:2:1: error E003: comment opened here "
			   "is never closed: everything after it would be "
			   "silently ignored\n");
}

/* --- values -------------------------------------------------------------- */

static const char sample[] =
	"# first\n"
	"a = \"名\\x41\\n\"; i = -5; l = 4294967301L; h = 0x7f;\n"
	"t = true; f = 1.5;\n"
	"g = { x = 1; d = \"8h\"; };\n"
	"list = ( { id = \"r1\"; },\n"
	"         [ \"x\", \"名称\",\n"
	"           \"z\" ], ( ) );\n"
	"v =\n"
	"  7;\n";

static struct qiao_conf *sample_parse(void)
{
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	CU_ASSERT_EQUAL_FATAL(
		qiao_conf_parse(&c, &d, "the file", qiao_slice_str(sample)),
		QIAO_OK);
	CU_ASSERT_EQUAL(d.text.n, 0);
	qiao_diags_free(&d);
	return c;
}

static void values_are_read_by_their_type(void)
{
	struct qiao_conf *c = sample_parse();
	const struct qiao_cnode *r = qiao_conf_root(c);
	const struct qiao_cnode *list = qiao_cnode_get(r, "list");

	CU_ASSERT_STRING_EQUAL(qiao_conf_file(c), "the file");
	CU_ASSERT_STRING_EQUAL(qiao_conf_str(r, "a", "-"), "名A\n");
	CU_ASSERT_STRING_EQUAL(qiao_conf_str(r, "i", "-"), "-");
	CU_ASSERT_STRING_EQUAL(qiao_conf_str(r, "none", "-"), "-");
	CU_ASSERT_EQUAL(qiao_conf_int(r, "i", 1), -5);
	CU_ASSERT_EQUAL(qiao_conf_int(r, "l", 1), 4294967301);
	CU_ASSERT_EQUAL(qiao_conf_int(r, "h", 1), 127);
	CU_ASSERT_EQUAL(qiao_conf_int(r, "f", 1), 1);
	CU_ASSERT_EQUAL(qiao_conf_int(r, "t", 9), 9);
	CU_ASSERT_TRUE(qiao_conf_bool(r, "t", false));
	CU_ASSERT_TRUE(qiao_conf_bool(r, "i", true));
	CU_ASSERT_EQUAL(qiao_conf_ms(qiao_cnode_get(r, "g"), "d", 0), 28800000);
	CU_ASSERT_EQUAL(qiao_cnode_type(qiao_cnode_get(r, "f")), QIAO_C_FLOAT);
	CU_ASSERT_EQUAL(qiao_cnode_type(r), QIAO_C_GROUP);
	CU_ASSERT_EQUAL(qiao_cnode_type(list), QIAO_C_LIST);
	CU_ASSERT_EQUAL(qiao_cnode_count(list), 3);
	CU_ASSERT_PTR_NULL(qiao_cnode_name(qiao_cnode_at(list, 0)));
	CU_ASSERT_STRING_EQUAL(qiao_cnode_name(list), "list");
	CU_ASSERT_STRING_EQUAL(
		qiao_cnode_str(qiao_cnode_at(qiao_cnode_at(list, 1), 1), "-"),
		"名称");
	CU_ASSERT_PTR_NULL(qiao_cnode_at(list, 3));
	CU_ASSERT_PTR_NULL(qiao_cnode_get(list, "id"));
	qiao_conf_free(c);
}

static void nothing_is_made_of_nothing(void)
{
	CU_ASSERT_EQUAL(qiao_cnode_type(NULL), 0);
	CU_ASSERT_EQUAL(qiao_cnode_count(NULL), 0);
	CU_ASSERT_PTR_NULL(qiao_cnode_name(NULL));
	CU_ASSERT_PTR_NULL(qiao_cnode_at(NULL, 0));
	CU_ASSERT_PTR_NULL(qiao_cnode_get(NULL, "a"));
	CU_ASSERT_EQUAL(qiao_conf_int(NULL, "a", 3), 3);
	qiao_conf_free(NULL);
}

static void expect_pos(const struct qiao_conf *c, const struct qiao_cnode *n,
		       unsigned int line, unsigned int col)
{
	unsigned int l, k;

	qiao_conf_pos(c, n, &l, &k);
	CU_ASSERT_EQUAL(l, line);
	CU_ASSERT_EQUAL(k, col);
}

static void positions_are_of_names_and_of_literals(void)
{
	struct qiao_conf *c = sample_parse();
	const struct qiao_cnode *r = qiao_conf_root(c);
	const struct qiao_cnode *list = qiao_cnode_get(r, "list");
	const struct qiao_cnode *array = qiao_cnode_at(list, 1);

	expect_pos(c, r, 1, 1);
	expect_pos(c, NULL, 1, 1);
	expect_pos(c, qiao_cnode_get(r, "a"), 2, 1);
	expect_pos(c, qiao_cnode_get(r, "i"), 2, 16);
	expect_pos(c, qiao_cnode_get(qiao_cnode_get(r, "g"), "d"), 4, 14);
	expect_pos(c, qiao_cnode_at(list, 0), 5, 10);
	expect_pos(c, qiao_cnode_get(qiao_cnode_at(list, 0), "id"), 5, 12);
	expect_pos(c, array, 6, 10);
	expect_pos(c, qiao_cnode_at(array, 1), 6, 17);
	expect_pos(c, qiao_cnode_at(array, 2), 7, 12);
	expect_pos(c, qiao_cnode_get(r, "v"), 8, 1);
	qiao_conf_free(c);
}

static void a_duration_has_one_unit_and_no_leading_zero(void)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "30s", 30000 }, { "10m", 600000 }, { "8h", 28800000 },
		{ "30d", 2592000000 }, { "0s", 0 },
		{ "999999999d", (int64_t)999999999 * 86400000 },
		{ "", -1 }, { "s", -1 }, { "30", -1 }, { "30 s", -1 },
		{ "30 days", -1 }, { "30S", -1 }, { "030s", -1 }, { "-1s", -1 },
		{ "1.5h", -1 }, { "1h30m", -1 }, { "30s ", -1 }, { " 30s", -1 },
		{ "1000000000s", -1 }, { "30w", -1 },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_diags d = { 0 };
		struct qiao_conf *c;
		char text[64];

		snprintf(text, sizeof(text), "a = \"%s\";", rows[i].text);
		CU_ASSERT_EQUAL_FATAL(
			qiao_conf_parse(&c, &d, "f", qiao_slice_str(text)),
			QIAO_OK);
		if (qiao_conf_ms(qiao_conf_root(c), "a", -1) != rows[i].ms)
			CU_FAIL(rows[i].text);
		qiao_conf_free(c);
	}
}

/* --- limits and failures ------------------------------------------------- */

static void repeat(struct qiao_buf *b, const char *head, const char *fmt,
		   unsigned int n)
{
	qiao_buf_put_str(b, head);
	for (unsigned int i = 0; i < n; i++) {
		qiao_buf_put_u8(b, 'a');
		qiao_buf_printf(b, "%u", i);
		qiao_buf_put_str(b, fmt);
	}
}

static void a_group_has_at_most_256_settings(void)
{
	for (unsigned int n = 256; n <= 257; n++) {
		struct qiao_buf b = QIAO_BUF;
		struct qiao_diags d = { 0 };
		struct qiao_conf *c;

		repeat(&b, "", "=1\n", n);
		CU_ASSERT_EQUAL(
			qiao_conf_parse(&c, &d, "f", qiao_buf_slice(&b)),
			n == 256 ? QIAO_OK : QIAO_E_CONFIG);
		qiao_conf_free(c);
		qiao_buf_free(&b);
		qiao_diags_free(&d);
	}
}

static void a_text_over_the_limit_is_refused_unread(void)
{
	size_t n = QIAO_CONF_FILE_MAX + 1;
	char *text = qiao_malloc(n);
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, ' ', n);
	CU_ASSERT_EQUAL(qiao_conf_parse(&c, &d, "f", qiao_slice_of(text, n)),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(d.errors, 1);
	qiao_diags_free(&d);
	qiao_free(text);
}

static void a_text_cut_anywhere_is_read_or_refused(void)
{
	for (size_t n = 0; n < sizeof(sample); n++) {
		struct qiao_diags d = { 0 };
		void *cut = qiao_memdup(qiao_slice_of(sample, n));
		struct qiao_conf *c;
		qiao_err err;

		CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
		err = qiao_conf_parse(&c, &d, "f", qiao_slice_of(cut, n));
		qiao_free(cut); /* nothing of the text is kept */
		CU_ASSERT_EQUAL(err == QIAO_OK, d.errors == 0);
		CU_ASSERT_EQUAL(err == QIAO_OK, c != NULL);
		if (c)
			CU_ASSERT_STRING_EQUAL(qiao_cnode_name(qiao_cnode_at(
						       qiao_conf_root(c), 0)),
					       "a");
		qiao_conf_free(c);
		qiao_diags_free(&d);
	}
}

static void no_allocation_that_fails_is_missed(void)
{
	for (long n = 0;; n++) {
		struct qiao_diags d = { 0 };
		struct qiao_conf *c;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_conf_parse(&c, &d, "f", qiao_slice_str(sample));
		qiao_fault_alloc_after = -1;
		qiao_conf_free(c);
		qiao_diags_free(&d);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
		CU_ASSERT_PTR_NULL(c);
		CU_ASSERT_TRUE_FATAL(n < 100);
	}
}

static void only_a_regular_file_is_loaded(void)
{
	char dir[] = P_tmpdir "/qiao-conf-XXXXXX";
	struct qiao_diags d = { 0 };
	struct qiao_conf *c;
	char fifo[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
	CU_ASSERT_EQUAL(qiao_conf_load(&c, &d, dir), QIAO_E_IO);
	CU_ASSERT_EQUAL(qiao_conf_load(&c, &d, fifo), QIAO_E_IO);
	unlink(fifo);
	CU_ASSERT_EQUAL(qiao_conf_load(&c, &d, fifo), QIAO_E_NOTFOUND);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(d.errors, 3);
	rmdir(dir);
	qiao_diags_free(&d);
}

static const struct test_case cases[] = {
	{ "every trap of libconfig is found, at its place",
	  every_trap_of_libconfig_is_found_at_its_place },
	{ "a NUL byte does not end the text",
	  a_nul_byte_does_not_end_the_text },
	{ "a binary file gives an end of findings",
	  a_binary_file_gives_an_end_of_findings },
	{ "the worked policies are clean", the_worked_policies_are_clean },
	{ "mistakes are said in words", mistakes_are_said_in_words },
	{ "values are read by their type", values_are_read_by_their_type },
	{ "nothing is made of nothing", nothing_is_made_of_nothing },
	{ "positions are of names and of literals",
	  positions_are_of_names_and_of_literals },
	{ "a duration has one unit and no leading zero",
	  a_duration_has_one_unit_and_no_leading_zero },
	{ "a group has at most 256 settings",
	  a_group_has_at_most_256_settings },
	{ "a text over the limit is refused unread",
	  a_text_over_the_limit_is_refused_unread },
	{ "a text cut anywhere is read or refused",
	  a_text_cut_anywhere_is_read_or_refused },
	{ "no allocation that fails is missed",
	  no_allocation_that_fails_is_missed },
	{ "only a regular file is loaded", only_a_regular_file_is_loaded },
	{ NULL, NULL },
};

const struct test_suite conf_test_suite = { "conf/conf", cases };
