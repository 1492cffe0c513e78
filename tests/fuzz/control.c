/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted as a control message is written again as the same bytes. */
#include "gateway/codec/control.h"
#include "gateway/base/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct qiao_buf *b, struct qiao_slice in)
{
	if (b->err != QIAO_OK || !qiao_slice_eq(qiao_buf_slice(b), in))
		abort();
	qiao_buf_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = { data, size };
	struct qiao_control_request request;
	struct qiao_control_reply reply;
	struct qiao_buf b = QIAO_BUF;

	if (qiao_control_request_parse(&request, in) == QIAO_OK) {
		qiao_control_request_encode(&b, &request);
		same(&b, in);
	}
	if (qiao_control_reply_parse(&reply, in) == QIAO_OK) {
		qiao_control_reply_encode(&b, &reply);
		same(&b, in);
	}
	return 0;
}
