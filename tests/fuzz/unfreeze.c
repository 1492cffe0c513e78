/* SPDX-License-Identifier: Apache-2.0 */
/* A statement that is read is written back as the very same bytes. */
#include "gateway/audit/unfreeze.h"
#include "gateway/base/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct qiao_buf *b, qiao_err err, struct qiao_slice in)
{
	if (err != QIAO_OK || !qiao_slice_eq(qiao_buf_slice(b), in))
		abort();
	qiao_buf_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_unfreeze_signed s;
	struct qiao_unfreeze u;
	struct qiao_buf b = QIAO_BUF;

	if (qiao_unfreeze_parse(&u, in) == QIAO_OK)
		same(&b, qiao_unfreeze_encode(&b, &u), in);
	if (qiao_unfreeze_signed_parse(&s, in) == QIAO_OK)
		same(&b, qiao_unfreeze_signed_encode(&b, &s), in);
	return 0;
}
