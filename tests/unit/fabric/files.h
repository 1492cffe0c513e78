/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files of test vectors. */
#ifndef TESTS_UNIT_FABRIC_FILES_H
#define TESTS_UNIT_FABRIC_FILES_H

#include "gateway/base/file.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/suite.h"

/* Freed by qiao_buf_free. */
static inline struct qiao_buf read_whole(const char *path)
{
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL_FATAL(qiao_file_read(&b, path, QIAO_MIB(1), NULL),
			      QIAO_OK);
	return b;
}

#endif
