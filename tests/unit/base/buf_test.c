/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/buf.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

static void pieces_are_joined_in_order(void)
{
	static const uint8_t want[] = { 'a', 'b', 7, 0, 0, 1, 2,   0,  0,
					0,   0,   0, 0, 3, 4, '5', '6' };
	struct qiao_buf b = QIAO_BUF;

	qiao_buf_put_str(&b, "ab");
	qiao_buf_put_u8(&b, 7);
	qiao_buf_put_u32(&b, 0x102);
	qiao_buf_put_u64(&b, 0x304);
	qiao_buf_printf(&b, "%d", 56);
	qiao_buf_put(&b, qiao_slice_of(NULL, 0));
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_buf_slice(&b),
				     qiao_slice_of(want, sizeof(want))));
	qiao_buf_free(&b);
	CU_ASSERT_PTR_NULL(b.p);
	CU_ASSERT_EQUAL(b.n + b.cap, 0);
}

static void growth_keeps_the_contents(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_slice s;
	bool same = true;

	for (uint32_t i = 0; i < 10000; i++)
		qiao_buf_put_u32(&b, i);
	s = qiao_buf_slice(&b);
	CU_ASSERT_EQUAL(s.n, 40000);
	for (size_t i = 0; i < s.n / 4; i++)
		same = same && s.p[4 * i + 3] == (i & 0xff) &&
		       s.p[4 * i + 2] == i >> 8;
	CU_ASSERT_TRUE(same);
	qiao_buf_free(&b);
}

static void the_limit_is_exact_and_sticky(void)
{
	struct qiao_buf b = { .max = 4 };

	qiao_buf_put_u32(&b, 1);
	CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 4);
	qiao_buf_put_u8(&b, 1);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 0);
	qiao_buf_put_mem(&b, "", 0);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	qiao_buf_clear(&b);
	qiao_buf_put_u8(&b, 9);
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 1);
	qiao_buf_free(&b);
	CU_ASSERT_EQUAL(b.max, 4);
}

static void printf_may_fill_the_buffer_to_the_limit(void)
{
	struct qiao_buf b = { .max = 5 };

	qiao_buf_printf(&b, "%s", "12345");
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&b), "12345"));
	qiao_buf_printf(&b, "%s", "");
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	qiao_buf_printf(&b, "%s", "6");
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	qiao_buf_free(&b);
}

static void a_length_that_overflows_is_over_the_limit(void)
{
	struct qiao_buf b = QIAO_BUF;

	qiao_buf_put_u8(&b, 1);
	qiao_buf_put_mem(&b, "x", SIZE_MAX);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	qiao_buf_free(&b);
	qiao_buf_free(NULL);
}

static void write_all_kinds(struct qiao_buf *b)
{
	for (int i = 0; i < 40; i++) {
		qiao_buf_put_u64(b, 1);
		qiao_buf_printf(b, "%s", "some text");
	}
}

static void every_allocation_may_fail(void)
{
	for (long n = 0;; n++) {
		struct qiao_buf b = QIAO_BUF;

		qiao_fault_alloc_after = n;
		write_all_kinds(&b);
		qiao_fault_alloc_after = -1;
		if (b.err == QIAO_OK) {
			CU_ASSERT_TRUE(n > 2);
			CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 40 * 17);
			qiao_buf_free(&b);
			break;
		}
		CU_ASSERT_EQUAL(b.err, QIAO_E_NOMEM);
		CU_ASSERT_PTR_NULL(qiao_buf_slice(&b).p);
		qiao_buf_free(&b);
	}
}

static void room_is_made_once(void)
{
	struct qiao_buf b = { .max = 1000 };
	const uint8_t *p;

	qiao_buf_put_str(&b, "kept");
	qiao_buf_reserve(&b, 996);
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	CU_ASSERT_TRUE(b.cap < 1100);
	p = b.p;
	for (int i = 0; i < 996; i++)
		qiao_buf_put_u8(&b, 'x');
	CU_ASSERT_PTR_EQUAL(b.p, p);
	CU_ASSERT_EQUAL(memcmp(b.p, "keptx", 5), 0);
	qiao_buf_reserve(&b, 0);
	CU_ASSERT_EQUAL(b.err, QIAO_OK);
	qiao_buf_reserve(&b, 1);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	qiao_buf_free(&b);
	b.max = 0;
	qiao_buf_reserve(&b, SIZE_MAX);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "pieces are joined in order", pieces_are_joined_in_order },
	{ "growth keeps the contents", growth_keeps_the_contents },
	{ "the limit is exact and sticky", the_limit_is_exact_and_sticky },
	{ "printf may fill the buffer to the limit",
	  printf_may_fill_the_buffer_to_the_limit },
	{ "a length that overflows is over the limit",
	  a_length_that_overflows_is_over_the_limit },
	{ "room is made once, within the limit", room_is_made_once },
	{ "every allocation may fail", every_allocation_may_fail },
	{ NULL, NULL },
};

const struct test_suite buf_test_suite = { "base/buf", cases };
