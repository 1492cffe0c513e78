/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

static const struct {
	const char *name, *text;
	bool ok;
} cases_of_two[] = {
	{ "lower case", "00af", true },  { "upper case", "00AF", true },
	{ "too short", "00a", false },   { "one byte", "00", false },
	{ "too long", "00af00", false }, { "no digit", "00ag", false },
	{ "a sign", "+0af", false },     { "a prefix", "0xaf", false },
	{ "a space", "0 af", false },    { "empty", "", false },
};

static void two_bytes_are_four_digits(void)
{
	for (size_t i = 0; i < sizeof(cases_of_two) / sizeof(cases_of_two[0]);
	     i++) {
		uint8_t out[2] = { 9, 9 };
		bool ok = qiao_hex_decode(out, 2,
					  qiao_slice_str(cases_of_two[i].text));

		if (ok != cases_of_two[i].ok || out[0] != 0 ||
		    out[1] != (ok ? 0xaf : 0))
			CU_FAIL(cases_of_two[i].name);
	}
	CU_ASSERT_TRUE(qiao_hex_decode(NULL, 0, qiao_slice_str("")));
}

static void every_byte_comes_back(void)
{
	uint8_t all[256], back[256];
	char text[QIAO_HEX_LEN(256)];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	qiao_hex_encode(text, qiao_slice_of(all, sizeof(all)));
	CU_ASSERT_TRUE(
		qiao_hex_decode(back, sizeof(back), qiao_slice_str(text)));
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_slice_of(all, sizeof(all)),
				     qiao_slice_of(back, sizeof(back))));
	CU_ASSERT_STRING_EQUAL(qiao_hex_encode(text, qiao_slice_of(NULL, 0)),
			       "");
}

static void a_failed_decode_appends_nothing(void)
{
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(qiao_hex_decode_buf(&b, qiao_slice_str("0102")),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_hex_decode_buf(&b, qiao_slice_str("030")),
			QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(qiao_hex_decode_buf(&b, qiao_slice_str("030405zz")),
			QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 2);
	qiao_buf_free(&b);
	qiao_fault_alloc_after = 0;
	CU_ASSERT_EQUAL(qiao_hex_decode_buf(&b, qiao_slice_str("01")),
			QIAO_E_NOMEM);
	qiao_fault_alloc_after = -1;
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "two bytes are four digits", two_bytes_are_four_digits },
	{ "every byte comes back", every_byte_comes_back },
	{ "a failed decode appends nothing", a_failed_decode_appends_nothing },
	{ NULL, NULL },
};

const struct test_suite hex_test_suite = { "base/hex", cases };
