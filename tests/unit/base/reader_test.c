/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

static const uint8_t input[] = { 1, 2,  3,  4,  5,  6,  7, 8,
				 9, 10, 11, 12, 13, 14, 15 };

static void numbers_are_big_endian(void)
{
	struct qiao_reader r =
		qiao_reader_of(qiao_slice_of(input, sizeof(input)));

	CU_ASSERT_EQUAL(qiao_peek_u8(&r), 1);
	CU_ASSERT_EQUAL(qiao_get_u8(&r), 1);
	CU_ASSERT_EQUAL(qiao_get_u16(&r), 0x0203);
	CU_ASSERT_EQUAL(qiao_get_u32(&r), 0x04050607);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_E_TRAILING);
	CU_ASSERT_EQUAL(qiao_get_u64(&r), 0x08090a0b0c0d0e0f);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_peek_u8(&r), 0);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_OK);
}

static void a_failure_is_sticky_and_reads_zero(void)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(input, 3));
	struct qiao_slice s;

	CU_ASSERT_EQUAL(qiao_get_u32(&r), 0);
	CU_ASSERT_EQUAL(qiao_get_u8(&r), 0);
	CU_ASSERT_EQUAL(qiao_peek_u8(&r), 0);
	s = qiao_get(&r, 1);
	CU_ASSERT_PTR_NULL(s.p);
	CU_ASSERT_EQUAL(s.n, 0);
	qiao_reader_fail(&r, QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_E_TRUNCATED);
}

static void a_huge_length_is_truncated_input(void)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(input, 3));

	qiao_get(&r, SIZE_MAX);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_E_TRUNCATED);
}

static void an_empty_input_may_be_null(void)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(NULL, 0));

	CU_ASSERT_EQUAL(qiao_get(&r, 0).n, 0);
	CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_OK);
}

static void every_cut_is_truncated(void)
{
	for (size_t n = 0; n < sizeof(input); n++) {
		struct qiao_reader r = qiao_reader_of(qiao_slice_of(input, n));

		qiao_get_u8(&r);
		qiao_get_u16(&r);
		qiao_get_u32(&r);
		qiao_get_u64(&r);
		CU_ASSERT_EQUAL(qiao_reader_finish(&r), QIAO_E_TRUNCATED);
	}
}

static const struct test_case cases[] = {
	{ "numbers are big-endian", numbers_are_big_endian },
	{ "a failure is sticky and reads zero",
	  a_failure_is_sticky_and_reads_zero },
	{ "a huge length is truncated input",
	  a_huge_length_is_truncated_input },
	{ "an empty input may be NULL", an_empty_input_may_be_null },
	{ "every cut is truncated", every_cut_is_truncated },
	{ NULL, NULL },
};

const struct test_suite reader_test_suite = { "base/reader", cases };
