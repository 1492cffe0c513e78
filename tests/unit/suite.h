/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test file tests/unit/FOLDER/NAME_test.c defines one `const struct
 * test_suite NAME_test_suite`; the Makefile collects them by file name. Tests
 * run from the top of the tree, so vectors are "tests/vectors/...".
 */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <CUnit/CUnit.h>

struct test_case {
	const char *name; /* a sentence: what holds */
	void (*run)(void);
};

struct test_suite {
	const char *name;              /* the folder and file, "codec/mp" */
	const struct test_case *cases; /* ends with .name = NULL */
};

#endif
