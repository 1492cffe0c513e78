/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint that is read is written back as the very same bytes. */
#include "gateway/audit/log.h"

#include "gateway/base/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_buf out = QIAO_BUF;
	struct qiao_checkpoint c;

	if (qiao_checkpoint_parse(&c, in) != QIAO_OK)
		return 0;
	if (qiao_checkpoint_encode(&out, &c) != QIAO_OK ||
	    !qiao_slice_eq(qiao_buf_slice(&out), in))
		abort();
	qiao_buf_free(&out);
	return 0;
}
