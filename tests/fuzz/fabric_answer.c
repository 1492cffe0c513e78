/* SPDX-License-Identifier: Apache-2.0 */
/* What a gateway peer may answer, under every reading that the adapter has. */
#include "adapters/fabric/entry.h"
#include "adapters/fabric/message.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct fabric_proposal none = { .tx_id = "" };
	struct qiao_buf out = QIAO_BUF;
	char text[320], code[FABRIC_CODE_LEN];
	struct qiao_lookup l;
	uint64_t height;
	int32_t valid;

	fabric_evaluated_parse(&out, in);
	qiao_buf_clear(&out);
	fabric_endorsed_parse(&out, in);
	qiao_buf_clear(&out);
	/* nothing is signed: no answer has these headers */
	qiao_buf_put_str(&none.channel_header, "none of those");
	QIAO_BUG_ON(fabric_submit_put(&out, NULL, &none, in, NULL) == QIAO_OK);
	if (fabric_commit_parse(&valid, &height, in) == QIAO_OK)
		QIAO_BUG_ON(valid < 0 || height > INT64_MAX);
	fabric_detail_text(text, sizeof(text), in);
	QIAO_BUG_ON(strlen(text) >= sizeof(text));
	fabric_refusal_code(code, text);
	fabric_entry_parse(&l, FABRIC_ENTRY_DELIVERED, in);
	fabric_proposal_fini(&none);
	qiao_buf_free(&out);
	return 0;
}
