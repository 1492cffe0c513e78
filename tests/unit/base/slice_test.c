/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

static void slices_are_ordered_by_bytes_then_length(void)
{
	static const char *const sorted[] = {
		"", "a", "aa", "ab", "b", "\xff"
	};
	const size_t n = sizeof(sorted) / sizeof(sorted[0]);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			struct qiao_slice a = qiao_slice_str(sorted[i]);
			struct qiao_slice b = qiao_slice_str(sorted[j]);
			int c = qiao_slice_cmp(a, b);

			CU_ASSERT_EQUAL(c < 0, i < j);
			CU_ASSERT_EQUAL(c > 0, i > j);
			CU_ASSERT_EQUAL(qiao_slice_eq(a, b), i == j);
		}
	}
	CU_ASSERT_TRUE(qiao_slice_is(qiao_slice_of(NULL, 0), ""));
	CU_ASSERT_FALSE(qiao_slice_is(qiao_slice_of("a\0b", 3), "a"));
}

static void a_hash_is_exactly_32_bytes(void)
{
	uint8_t bytes[33];
	struct qiao_hash h;

	memset(bytes, 7, sizeof(bytes));
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		bool ok = qiao_hash_from(&h, qiao_slice_of(bytes, n));

		CU_ASSERT_EQUAL(ok, n == 32);
		CU_ASSERT_EQUAL(qiao_hash_is_zero(&h), n != 32);
	}
	qiao_hash_from(&h, qiao_slice_of(bytes, 32));
	CU_ASSERT_EQUAL(qiao_slice_hash(&h).n, 32);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_slice_hash(&h), qiao_slice_of(bytes, 32)));
	h.b[31] = 0;
	CU_ASSERT_FALSE(qiao_hash_eq(&h, (const struct qiao_hash *)bytes));
}

static const struct {
	const char *text;
	size_t n, size;
	bool ok;
} copies[] = {
	{ "", 0, 1, true },       { "abc", 3, 4, true },
	{ "abc", 3, 3, false },   { "a\0b", 3, 8, false },
	{ "abc\0", 4, 8, false },
};

static void a_copy_fits_or_is_empty(void)
{
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		char out[8] = "old";
		struct qiao_slice s =
			qiao_slice_of(copies[i].text, copies[i].n);

		CU_ASSERT_EQUAL(qiao_str_copy(out, copies[i].size, s),
				copies[i].ok);
		CU_ASSERT_STRING_EQUAL(out, copies[i].ok ? copies[i].text : "");
	}
}

static const struct {
	const char *name, *text;
	bool valid;
} utf8[] = {
	{ "empty", "", true },
	{ "ascii", "abc", true },
	{ "two bytes", "\xc2\x80", true },
	{ "three bytes", "\xe8\xae\xb8", true },
	{ "four bytes", "\xf0\x90\x80\x80", true },
	{ "last code point", "\xf4\x8f\xbf\xbf", true },
	{ "behind the last code point", "\xf4\x90\x80\x80", false },
	{ "f5", "\xf5\x80\x80\x80", false },
	{ "ff", "\xff", false },
	{ "overlong slash", "\xc0\xaf", false },
	{ "overlong in three", "\xe0\x80\xaf", false },
	{ "overlong in four", "\xf0\x80\x80\xaf", false },
	{ "first surrogate", "\xed\xa0\x80", false },
	{ "last surrogate", "\xed\xbf\xbf", false },
	{ "before the surrogates", "\xed\x9f\xbf", true },
	{ "after the surrogates", "\xee\x80\x80", true },
	{ "lone continuation", "\x80", false },
	{ "cut", "\xe8\xae", false },
	{ "start in the middle", "\xe8\x61\xb8", false },
	{ "good, then bad", "ab\xe8\xae\xb8\xfe", false },
};

static void utf8_is_checked_to_the_letter(void)
{
	for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		if (qiao_utf8_valid(qiao_slice_str(utf8[i].text)) !=
		    utf8[i].valid)
			CU_FAIL(utf8[i].name);
	CU_ASSERT_TRUE(qiao_utf8_valid(qiao_slice_of("a\0b", 3)));
}

static const struct {
	const char *in, *out;
	size_t size;
} escapes[] = {
	{ "", "", 16 },
	{ "plain", "plain", 16 },
	{ "\xe8\xae\xb8\xe5\x8f\xaf", "\xe8\xae\xb8\xe5\x8f\xaf", 16 },
	{ "a\nb", "a\\x0ab", 16 },
	{ "\"'\\", "\\x22\\x27\\x5c", 16 },
	{ "\x1b[31m", "\\x1b[31m", 16 },
	{ "\x7f\xff", "\\x7f\\xff", 16 },
	{ "\xc2\x9b", "\\xc2\\x9b",
	  16 }, /* C1 control: an escape of terminals */
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae", 16 }, /* right-to-left override */
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8", 16 }, /* line separator */
	{ "12345678", "1234...", 8 },
	{ "1234567", "1234567", 8 },
	{ "123\xe8\xae\xb8\x34\x35", "123...", 8 },
	{ "123\n567", "123...", 8 },
	{ "12345", "...", 4 },
	{ "12345", "..", 3 },
	{ "12345", "", 1 },
};

static void foreign_text_is_made_safe(void)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		char out[17];

		memset(out, '#', sizeof(out));
		qiao_str_escape(out, escapes[i].size,
				qiao_slice_str(escapes[i].in));
		CU_ASSERT_STRING_EQUAL(out, escapes[i].out);
		CU_ASSERT_EQUAL(out[escapes[i].size], '#');
	}
}

static const struct test_case cases[] = {
	{ "slices are ordered by bytes, then length",
	  slices_are_ordered_by_bytes_then_length },
	{ "a hash is exactly 32 bytes", a_hash_is_exactly_32_bytes },
	{ "a copy fits or is empty", a_copy_fits_or_is_empty },
	{ "UTF-8 is checked to the letter", utf8_is_checked_to_the_letter },
	{ "foreign text is made safe", foreign_text_is_made_safe },
	{ NULL, NULL },
};

const struct test_suite slice_test_suite = { "base/slice", cases };
