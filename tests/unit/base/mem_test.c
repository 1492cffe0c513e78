/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdlib.h>
#include <string.h>

static void nothing_is_still_a_pointer_to_free(void)
{
	void *got[] = { qiao_malloc(0), qiao_calloc(0, 8), qiao_calloc(8, 0),
			qiao_realloc(NULL, 0),
			qiao_memdup(qiao_slice_of(NULL, 0)) };

	for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL(got[i]);
		qiao_free(got[i]);
	}
	qiao_free(NULL);
}

static void calloc_refuses_a_product_that_overflows(void)
{
	volatile size_t huge =
		SIZE_MAX / 2; /* not a constant to the compiler */

	CU_ASSERT_PTR_NULL(qiao_calloc(huge, 3));
}

static void copies_are_equal(void)
{
	char *s = qiao_strdup("text");
	void *m = qiao_memdup(qiao_slice_of("a\0b", 3));

	CU_ASSERT_STRING_EQUAL(s, "text");
	CU_ASSERT_EQUAL(memcmp(m, "a\0b", 3), 0);
	s = qiao_realloc(s, 100);
	CU_ASSERT_STRING_EQUAL(s, "text");
	qiao_free(s);
	qiao_free(m);
}

static void wiped_memory_is_zero(void)
{
	uint8_t secret[16];

	memset(secret, 7, sizeof(secret));
	qiao_wipe(secret, sizeof(secret) - 1);
	for (size_t i = 0; i < sizeof(secret) - 1; i++)
		CU_ASSERT_EQUAL(secret[i], 0);
	CU_ASSERT_EQUAL(secret[15], 7);
}

static void the_nth_allocation_fails_once(void)
{
	char *s = qiao_strdup("kept");
	void *a, *b, *c;

	qiao_fault_alloc_after = 1;
	a = qiao_malloc(1);
	CU_ASSERT_PTR_NULL(qiao_realloc(s, 100));
	CU_ASSERT_STRING_EQUAL(s, "kept");
	b = qiao_malloc(1);
	CU_ASSERT_PTR_NOT_NULL(a);
	CU_ASSERT_PTR_NOT_NULL(b);
	qiao_fault_alloc_after = 0;
	CU_ASSERT_PTR_NULL(qiao_calloc(1, 1));
	qiao_fault_alloc_after = 0;
	CU_ASSERT_PTR_NULL(qiao_strdup("x"));
	qiao_fault_alloc_after = 0;
	CU_ASSERT_PTR_NULL(qiao_memdup(qiao_slice_str("x")));
	c = qiao_malloc(1);
	CU_ASSERT_PTR_NOT_NULL(c);
	qiao_free(a);
	qiao_free(b);
	qiao_free(c);
	qiao_free(s);
}

static const struct test_case cases[] = {
	{ "nothing is still a pointer to free",
	  nothing_is_still_a_pointer_to_free },
	{ "calloc refuses a product that overflows",
	  calloc_refuses_a_product_that_overflows },
	{ "copies are equal", copies_are_equal },
	{ "wiped memory is zero", wiped_memory_is_zero },
	{ "the n-th allocation fails, once", the_nth_allocation_fails_once },
	{ NULL, NULL },
};

const struct test_suite mem_test_suite = { "base/mem", cases };
