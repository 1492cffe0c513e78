/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of Deliver, and two copies of a block joined: the first 3 bytes are
 * the length of the first copy. What came out is a block with no fewer
 * signatures, and joining the same again changes nothing.
 */
#include "adapters/fabric/block.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void join(struct qiao_slice a, struct qiao_slice b)
{
	struct qiao_buf once = QIAO_BUF, twice = QIAO_BUF;
	size_t before = 0, after = 0;

	if (fabric_block_join(&once, a, b) == QIAO_OK) {
		struct qiao_slice made = qiao_buf_slice(&once);

		QIAO_BUG_ON(fabric_block_signers(&before, a) != QIAO_OK);
		QIAO_BUG_ON(fabric_block_signers(&after, made) != QIAO_OK);
		QIAO_BUG_ON(after < before);
		QIAO_BUG_ON(fabric_block_join(&twice, made, b) != QIAO_OK);
		QIAO_BUG_ON(!qiao_slice_eq(qiao_buf_slice(&twice), made));
	}
	qiao_buf_free(&once);
	qiao_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fabric_delivered d;
	uint64_t number;
	size_t n;

	fabric_delivered_parse(&d, qiao_slice_of(data, size));
	fabric_block_number(&number, qiao_slice_of(data, size));
	if (size < 3)
		return 0;
	n = ((size_t)data[0] << 16) | ((size_t)data[1] << 8) | data[2];
	if (n <= size - 3)
		join(qiao_slice_of(data + 3, n),
		     qiao_slice_of(data + 3 + n, size - 3 - n));
	return 0;
}
