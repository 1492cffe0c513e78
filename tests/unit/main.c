/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/suite.h"

#include <CUnit/Basic.h>
#include <stdio.h>

extern const struct test_suite *const test_suites[];

static int add_suite(const struct test_suite *s)
{
	CU_pSuite suite = CU_add_suite(s->name, NULL, NULL);

	if (!suite)
		return -1;
	for (const struct test_case *c = s->cases; c->name; c++)
		if (!CU_add_test(suite, c->name, c->run))
			return -1;
	return 0;
}

int main(void)
{
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; test_suites[i]; i++) {
		if (add_suite(test_suites[i])) {
			fprintf(stderr, "%s: %s\n", test_suites[i]->name,
				CU_get_error_msg());
			return 2;
		}
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed() +
		 CU_get_number_of_suites_failed();
	/* a run that ran nothing has shown nothing */
	if (CU_get_number_of_tests_run() == 0)
		failed = 1;
	CU_cleanup_registry();
	return failed != 0;
}
