/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded blocks of tests/vectors/fabric, for the tests of the family. */
#ifndef TESTS_UNIT_VERIFY_FABRIC_FILES_H
#define TESTS_UNIT_VERIFY_FABRIC_FILES_H

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_rules.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define FABRIC_DIR  "tests/vectors/fabric/"
#define RAFT_BLOCKS 276

/* Appends the file; false if there is none. */
static inline bool file_get(struct qiao_buf *b, const char *path)
{
	char full[256];
	uint8_t piece[4096];
	size_t n;
	FILE *f;

	snprintf(full, sizeof(full), FABRIC_DIR "%s", path);
	f = fopen(full, "rb");
	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		qiao_buf_put_mem(b, piece, n);
	fclose(f);
	return b->err == QIAO_OK;
}

/* The file, empty when missing (said); free it. */
static inline struct qiao_buf file_read(const char *path)
{
	struct qiao_buf b = QIAO_BUF;

	if (!file_get(&b, path)) {
		printf("\n%s%s is missing\n", FABRIC_DIR, path);
		CU_FAIL("missing vector");
	}
	return b;
}

/* node: "raft/peer", "raft/orderer1", ... */
static inline struct qiao_buf block_read(const char *node, unsigned int height)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/block_%04u.pb", node, height);
	return file_read(path);
}

/* The configuration blocks of the Raft channel, the genesis apart. */
static const unsigned int raft_configs[] = {
	1, 2, 3, 43, 47, 49, 57, 59, 61, 65, 67, 265, 266, 269, 271, 274
};
#define RAFT_CONFIGS (sizeof(raft_configs) / sizeof(raft_configs[0]))

#define RECORDS_0 \
	"OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')"
#define RECORDS_55 \
	"AND('AuditMSP.peer',OR('NanjingMSP.peer','QuanzhouMSP.peer'))"

static inline void rules_make(struct qiao_fabric_rules *r)
{
	struct qiao_why why;

	CU_ASSERT_EQUAL(qiao_fabric_rules_add(r, "records", 0, RECORDS_0, &why),
			QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(r, "records", 55, RECORDS_55, &why),
		QIAO_OK);
}

#endif
