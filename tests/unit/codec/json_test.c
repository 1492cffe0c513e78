/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

/* --- reading ------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *text;
	qiao_err want;
} parses[] = {
	{ "nothing", "", QIAO_E_TRUNCATED },
	{ "only spaces", " \n", QIAO_E_TRUNCATED },
	{ "a lone number", " -1.5e+3 ", QIAO_OK },
	{ "a lone string", "\"x\"", QIAO_OK },
	{ "null, true, false", "[null,true,false]", QIAO_OK },
	{ "numbers of each form", "[0,-0,1,10,1.0,1e5,1E-5,-0.0]", QIAO_OK },
	{ "a number no double can hold", "[1e999999,123456789012345678901234567890]",
	  QIAO_OK },
	{ "a number with a leading zero", "[01]", QIAO_E_MALFORMED },
	{ "a number with a plus", "[+1]", QIAO_E_MALFORMED },
	{ "a lone minus", "[-]", QIAO_E_MALFORMED },
	{ "a number ending in a point", "[1.]", QIAO_E_MALFORMED },
	{ "a number beginning with a point", "[.5]", QIAO_E_MALFORMED },
	{ "an exponent without digits", "[1e]", QIAO_E_MALFORMED },
	{ "a hex number", "[0x10]", QIAO_E_MALFORMED },
	{ "NaN", "[NaN]", QIAO_E_MALFORMED },
	{ "a number and letters", "[1true]", QIAO_E_MALFORMED },
	{ "a number beside a string", "[1\"a\"]", QIAO_E_MALFORMED },
	{ "a number as a name", "{1:2}", QIAO_E_MALFORMED },
	{ "a number as a name, with spaces", "{1 \t\n:2}", QIAO_E_MALFORMED },
	{ "a string as a name in an array", "[\"a\":1]", QIAO_E_MALFORMED },
	{ "a name without a value", "{\"a\"}", QIAO_E_MALFORMED },
	{ "a name twice", "{\"a\":1,\"a\":2}", QIAO_E_MALFORMED },
	{ "a name twice, once by escapes", "{\"a\":1,\"\\u0061\":2}",
	  QIAO_E_MALFORMED },
	{ "the same name in two objects", "{\"a\":{\"a\":1}}", QIAO_OK },
	{ "a name that looks marked", "{\"sa\":1,\"na\":2,\"n1\":3}", QIAO_OK },
	{ "bytes after the value", "{} {}", QIAO_E_TRAILING },
	{ "a comma after the last", "[1,]", QIAO_E_MALFORMED },
	{ "a comment", "[1/**/]", QIAO_E_MALFORMED },
	{ "single quotes", "['a']", QIAO_E_MALFORMED },
	{ "a string never closed", "[\"a", QIAO_E_TRUNCATED },
	{ "a string closed by an escape", "[\"a\\\"", QIAO_E_TRUNCATED },
	{ "an array never closed", "[1", QIAO_E_TRUNCATED },
	{ "brackets crossed", "[{]}", QIAO_E_MALFORMED },
	{ "a bracket too many", "]", QIAO_E_MALFORMED },
	{ "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u540d\"", QIAO_OK },
	{ "an unknown escape", "\"\\q\"", QIAO_E_MALFORMED },
	{ "a surrogate pair", "\"\\ud83d\\ude00\"", QIAO_OK },
	{ "half a surrogate pair", "\"\\ud83d\"", QIAO_E_MALFORMED },
	{ "a NUL escape", "\"a\\u0000\"", QIAO_E_MALFORMED },
	{ "a NUL escape in a name", "{\"a\\u0000\":1}", QIAO_E_MALFORMED },
	{ "a control character", "\"a\nb\"", QIAO_E_MALFORMED },
	{ "a byte order mark", "\xef\xbb\xbf[]", QIAO_E_MALFORMED },
	{ "invalid UTF-8", "\"\xc3\x28\"", QIAO_E_MALFORMED },
	{ "an overlong UTF-8 form", "\"\xc0\x80\"", QIAO_E_MALFORMED },
	{ "32 deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"
	  "]]]]]]]]]]]]]]]]", QIAO_OK },
	{ "33 deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"
	  "]]]]]]]]]]]]]]]]]", QIAO_E_LIMIT },
	{ "brackets in strings do not count",
	  "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]", QIAO_OK },
};
/* clang-format on */

static void what_is_no_json_is_refused(void)
{
	for (size_t i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
		struct qiao_why why = { "" };
		struct qiao_json *root;
		qiao_err err = qiao_json_parse(
			&root, qiao_slice_str(parses[i].text), &why);

		if (err != parses[i].want) {
			printf("\n%s: %s\n", parses[i].name, why.text);
			CU_FAIL("another result");
		}
		CU_ASSERT_EQUAL(root == NULL, err != QIAO_OK);
		CU_ASSERT_EQUAL(why.text[0] == '\0', err == QIAO_OK);
		qiao_json_free(root);
	}
}

static void bytes_that_are_nul_are_refused(void)
{
	static const char *const texts[] = { "[1]\0", "[\0001]", "\"a\0b\"",
					     "[true\0]", "1\0" };
	static const size_t sizes[] = { 4, 4, 5, 7, 2 };
	struct qiao_json *root;

	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_NOT_EQUAL(
			qiao_json_parse(
				&root, qiao_slice_of(texts[i], sizes[i]), NULL),
			QIAO_OK);
}

static const char sample[] =
	"{\"z\": 1.10, \"a\": \"n5\", \"document\": {\"名称\": \"营业执照\","
	" \"list\": [1, \"s\", true, null, {}]}, \"big\":"
	" 123456789012345678901234567890, \"min\": -9223372036854775808,"
	" \"e\": \"\", \"exp\": 1e3, \"f\": false}";

static struct qiao_json *sample_parse(void)
{
	char *text = qiao_strdup(sample);
	struct qiao_json *root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL_FATAL(
		qiao_json_parse(&root, qiao_slice_str(text), NULL), QIAO_OK);
	memset(text, '?', sizeof(sample) - 1); /* the text is not needed */
	qiao_free(text);
	return root;
}

static bool text_is(const struct qiao_json *v, enum qiao_json_kind kind,
		    const char *text)
{
	return v && qiao_json_kind(v) == kind &&
	       qiao_slice_is(qiao_json_text(v), text);
}

static void numbers_keep_their_source_text(void)
{
	struct qiao_json *r = sample_parse();
	int64_t v;

	CU_ASSERT_TRUE(
		text_is(qiao_json_get(r, "z"), QIAO_JSON_NUMBER, "1.10"));
	CU_ASSERT_TRUE(text_is(qiao_json_get(r, "big"), QIAO_JSON_NUMBER,
			       "123456789012345678901234567890"));
	CU_ASSERT_TRUE(
		text_is(qiao_json_get(r, "exp"), QIAO_JSON_NUMBER, "1e3"));
	CU_ASSERT_FALSE(qiao_json_int(qiao_json_get(r, "z"), &v));
	CU_ASSERT_FALSE(qiao_json_int(qiao_json_get(r, "big"), &v));
	CU_ASSERT_FALSE(qiao_json_int(qiao_json_get(r, "exp"), &v));
	CU_ASSERT_FALSE(qiao_json_int(qiao_json_get(r, "a"), &v));
	CU_ASSERT_FALSE(qiao_json_int(NULL, &v));
	CU_ASSERT_TRUE(qiao_json_int(qiao_json_get(r, "min"), &v));
	CU_ASSERT_EQUAL(v, INT64_MIN);
	qiao_json_free(r);
}

static void a_string_is_never_taken_for_a_number(void)
{
	struct qiao_json *r = sample_parse();

	CU_ASSERT_TRUE(text_is(qiao_json_get(r, "a"), QIAO_JSON_STRING, "n5"));
	CU_ASSERT_TRUE(text_is(qiao_json_get(r, "e"), QIAO_JSON_STRING, ""));
	CU_ASSERT_TRUE(text_is(qiao_json_get(r, "f"), QIAO_JSON_BOOL, "false"));
	qiao_json_free(r);
}

static void members_come_in_source_order(void)
{
	static const char *const keys[] = { "z",   "a", "document", "big",
					    "min", "e", "exp",      "f" };
	struct qiao_json *r = sample_parse();

	CU_ASSERT_EQUAL(qiao_json_count(r), 8);
	for (size_t i = 0; i < 8; i++) {
		CU_ASSERT_STRING_EQUAL(qiao_json_key(r, i), keys[i]);
		CU_ASSERT_PTR_EQUAL(qiao_json_at(r, i),
				    qiao_json_get(r, keys[i]));
	}
	CU_ASSERT_PTR_NULL(qiao_json_key(r, 8));
	CU_ASSERT_PTR_NULL(qiao_json_at(r, 8));
	qiao_json_free(r);
}

static void a_path_leads_through_members(void)
{
	struct qiao_json *r = sample_parse();
	const struct qiao_json *list = qiao_json_path(r, "document.list");

	CU_ASSERT_TRUE(text_is(qiao_json_path(r, "document.名称"),
			       QIAO_JSON_STRING, "营业执照"));
	CU_ASSERT_PTR_EQUAL(qiao_json_path(r, "z"), qiao_json_get(r, "z"));
	CU_ASSERT_PTR_NULL(qiao_json_path(r, "document.名"));
	CU_ASSERT_PTR_NULL(qiao_json_path(r, "document.名称.x"));
	CU_ASSERT_PTR_NULL(qiao_json_path(r, "document."));
	CU_ASSERT_PTR_NULL(qiao_json_path(r, ".document"));
	CU_ASSERT_PTR_NULL(qiao_json_path(r, ""));
	CU_ASSERT_EQUAL(qiao_json_count(list), 5);
	CU_ASSERT_PTR_NULL(qiao_json_key(list, 0));
	CU_ASSERT_TRUE(text_is(qiao_json_at(list, 0), QIAO_JSON_NUMBER, "1"));
	CU_ASSERT_TRUE(text_is(qiao_json_at(list, 1), QIAO_JSON_STRING, "s"));
	CU_ASSERT_TRUE(text_is(qiao_json_at(list, 3), QIAO_JSON_NULL, ""));
	CU_ASSERT_TRUE(text_is(qiao_json_at(list, 4), QIAO_JSON_OBJECT, ""));
	qiao_json_free(r);
}

static void nothing_has_no_members(void)
{
	CU_ASSERT_PTR_NULL(qiao_json_get(NULL, "a"));
	CU_ASSERT_PTR_NULL(qiao_json_path(NULL, "a.b"));
	CU_ASSERT_EQUAL(qiao_json_count(NULL), 0);
	CU_ASSERT_EQUAL(qiao_json_text(NULL).n, 0);
	CU_ASSERT_EQUAL(qiao_json_kind(NULL), QIAO_JSON_NULL);
	qiao_json_free(NULL);
}

static void a_text_cut_anywhere_is_refused(void)
{
	for (size_t n = 0; n < sizeof(sample) - 1; n++) {
		void *cut = qiao_memdup(qiao_slice_of(sample, n));
		struct qiao_json *root;

		CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
		CU_ASSERT_NOT_EQUAL(
			qiao_json_parse(&root, qiao_slice_of(cut, n), NULL),
			QIAO_OK);
		CU_ASSERT_PTR_NULL(root);
		qiao_free(cut);
	}
}

static void a_text_over_the_limit_is_refused(void)
{
	size_t n = QIAO_JSON_MAX + 1;
	char *text = qiao_malloc(n);
	struct qiao_json *root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, ' ', n);
	text[0] = '1';
	CU_ASSERT_EQUAL(qiao_json_parse(&root, qiao_slice_of(text, n), NULL),
			QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(
		qiao_json_parse(&root, qiao_slice_of(text, n - 1), NULL),
		QIAO_OK);
	qiao_json_free(root);
	qiao_free(text);
}

static void no_allocation_that_fails_is_missed(void)
{
	for (long n = 0;; n++) {
		struct qiao_json *root;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_json_parse(&root, qiao_slice_str(sample), NULL);
		qiao_fault_alloc_after = -1;
		qiao_json_free(root);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
		CU_ASSERT_PTR_NULL(root);
		CU_ASSERT_TRUE_FATAL(n < 1000);
	}
}

/* --- writing ------------------------------------------------------------- */

static void the_writer_writes_the_canonical_form(void)
{
	static const char want[] =
		"{\"a\":[1,-9007199254740991,9007199254740991,true,null,{},[]],"
		"\"b\":\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f名\",\"c\":"
		"\"00ff\",\"d\":{\"e\":false,\"f\":\"x\",\"g\":7,\"h\":\"ab\"}}";
	const int64_t safe = ((int64_t)1 << 53) - 1;
	struct qiao_buf b = QIAO_BUF;
	struct qiao_jw w;

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	qiao_jw_key(&w, "a");
	qiao_jw_arr(&w);
	qiao_jw_int(&w, 1);
	qiao_jw_int(&w, -safe);
	qiao_jw_int(&w, safe);
	qiao_jw_bool(&w, true);
	qiao_jw_null(&w);
	qiao_jw_obj(&w);
	qiao_jw_end(&w);
	qiao_jw_arr(&w);
	qiao_jw_end(&w);
	qiao_jw_end(&w);
	qiao_jw_kstr(&w, "b", "\"\\/\b\t\n\f\r\x01\x1f\x7f名");
	qiao_jw_khex(&w, "c", qiao_slice_of("\x00\xff", 2));
	qiao_jw_key(&w, "d");
	qiao_jw_obj(&w);
	qiao_jw_kbool(&w, "e", false);
	qiao_jw_kstr(&w, "f", "x");
	qiao_jw_kint(&w, "g", 7);
	qiao_jw_khex(&w, "h", qiao_slice_of("\xab", 1));
	qiao_jw_end(&w);
	CU_ASSERT_EQUAL(qiao_jw_finish(&w), QIAO_E_NONCANON); /* not yet */
	qiao_jw_end(&w);
	CU_ASSERT_EQUAL(qiao_jw_finish(&w), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&b), want));
	CU_ASSERT_TRUE(qiao_json_is_canonical(qiao_buf_slice(&b)));
	qiao_buf_free(&b);
}

/*
 * Misuse as a word: { } [ ] open and close, 1 a number, k m keys, K a key that
 * is not ASCII, L one of 65 characters, u text that is not UTF-8, B 2^53.
 */
static void play(struct qiao_jw *w, const char *word)
{
	static const char key65[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	for (; *word; word++) {
		switch (*word) {
		case '{':
			qiao_jw_obj(w);
			break;
		case '[':
			qiao_jw_arr(w);
			break;
		case '1':
			qiao_jw_int(w, 1);
			break;
		case 'B':
			qiao_jw_int(w, (int64_t)1 << 53);
			break;
		case 'k':
			qiao_jw_key(w, "k");
			break;
		case 'm':
			qiao_jw_key(w, "m");
			break;
		case 'K':
			qiao_jw_key(w, "名");
			break;
		case 'L':
			qiao_jw_key(w, key65);
			break;
		case 'u':
			qiao_jw_cstr(w, "\xc3\x28");
			break;
		default:
			qiao_jw_end(w);
		}
	}
}

static void misuse_of_the_writer_is_said_at_the_end(void)
{
	/* clang-format off */
	static const struct {
		const char *word;
		qiao_err want;
	} rows[] = {
		{ "1", QIAO_OK }, { "{}", QIAO_OK }, { "{k1m1}", QIAO_OK },
		{ "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", QIAO_OK },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", QIAO_E_NONCANON },
		{ "", QIAO_E_NONCANON }, { "{", QIAO_E_NONCANON },
		{ "}", QIAO_E_NONCANON }, { "11", QIAO_E_NONCANON },
		{ "{}{}", QIAO_E_NONCANON }, { "{}1", QIAO_E_NONCANON },
		{ "{}}", QIAO_E_NONCANON }, { "{1}", QIAO_E_NONCANON },
		{ "{k}", QIAO_E_NONCANON }, { "{km1}", QIAO_E_NONCANON },
		{ "{k11}", QIAO_E_NONCANON }, { "{m1k1}", QIAO_E_NONCANON },
		{ "{k1k1}", QIAO_E_NONCANON }, { "[k1]", QIAO_E_NONCANON },
		{ "k1", QIAO_E_NONCANON }, { "{K1}", QIAO_E_NONCANON },
		{ "{L1}", QIAO_E_NONCANON }, { "u", QIAO_E_NONCANON },
		{ "B", QIAO_E_NONCANON }, { "[B]", QIAO_E_NONCANON },
		{ "{k{m1}m{k1}}", QIAO_OK }, { "[{m1}{k1}]", QIAO_OK },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_buf b = QIAO_BUF;
		struct qiao_jw w;

		qiao_jw_init(&w, &b);
		play(&w, rows[i].word);
		if (qiao_jw_finish(&w) != rows[i].want)
			CU_FAIL(rows[i].word);
		qiao_buf_free(&b);
	}
}

static void only_the_writers_own_bytes_are_canonical(void)
{
	static const char *const good[] = {
		"1",
		"-1",
		"\"\"",
		"null",
		"{}",
		"[]",
		"{\"a\":1,\"b\":[1,\"x\"]}",
		"\"名/\\u0001\\n\"",
		"9007199254740991",
		"{\"\":0}",
	};
	static const char *const bad[] = {
		"",
		" 1",
		"1 ",
		"{ }",
		"[1, 2]",
		"{\"b\":1,\"a\":2}",
		"1.0",
		"1e3",
		"-0",
		"9007199254740992",
		"-9007199254740992",
		"99999999999999999999",
		"{\"名\":1}",
		"\"\\/\"",
		"\"\\u000a\"",
		"\"\\u0041\"",
		"\"\\u001F\"",
		"{\"a\":1,\"a\":1}",
		"\"\\u00e9\"",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!qiao_json_is_canonical(qiao_slice_str(good[i])))
			CU_FAIL(good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (qiao_json_is_canonical(qiao_slice_str(bad[i])))
			CU_FAIL(bad[i]);
}

static const struct test_case cases[] = {
	{ "what is no JSON is refused", what_is_no_json_is_refused },
	{ "bytes that are NUL are refused", bytes_that_are_nul_are_refused },
	{ "numbers keep their source text", numbers_keep_their_source_text },
	{ "a string is never taken for a number",
	  a_string_is_never_taken_for_a_number },
	{ "members come in source order", members_come_in_source_order },
	{ "a path leads through members", a_path_leads_through_members },
	{ "nothing has no members", nothing_has_no_members },
	{ "a text cut anywhere is refused", a_text_cut_anywhere_is_refused },
	{ "a text over the limit is refused",
	  a_text_over_the_limit_is_refused },
	{ "no allocation that fails is missed",
	  no_allocation_that_fails_is_missed },
	{ "the writer writes the canonical form",
	  the_writer_writes_the_canonical_form },
	{ "misuse of the writer is said at the end",
	  misuse_of_the_writer_is_said_at_the_end },
	{ "only the writer's own bytes are canonical",
	  only_the_writers_own_bytes_are_canonical },
	{ NULL, NULL },
};

const struct test_suite json_test_suite = { "codec/json", cases };
