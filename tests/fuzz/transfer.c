/* SPDX-License-Identifier: Apache-2.0 */
/* A transfer id array that is read is written back as the very same bytes. */
#include "gateway/base/slice.h"
#include "gateway/wire/transfer_id.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_buf out = QIAO_BUF;
	struct qiao_transfer_key k;
	struct qiao_why why;

	if (qiao_transfer_key_parse(&k, in, &why) != QIAO_OK)
		return 0;
	if (qiao_transfer_key_encode(&out, &k) != QIAO_OK ||
	    !qiao_slice_eq(qiao_buf_slice(&out), in))
		abort();
	qiao_buf_free(&out);
	return 0;
}
