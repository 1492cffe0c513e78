/* SPDX-License-Identifier: Apache-2.0 */
/* A block from a node: parsed, hashed, its entries compared with the header. */
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_orderer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_fabric_block b;
	struct qiao_why why;
	uint64_t last;

	if (qiao_fabric_block_parse(&b, qiao_slice_of(data, size), &why) !=
	    QIAO_OK) {
		QIAO_BUG_ON(b.number != 0 || b.data.p);
		return 0;
	}
	QIAO_BUG_ON(b.der_n > sizeof(b.der) || b.der[1] != b.der_n - 2);
	qiao_fabric_block_is_config(&b);
	qiao_fabric_last_config(&last, &b, &why);
	qiao_fabric_block_check_data(&b, &why);
	return 0;
}
