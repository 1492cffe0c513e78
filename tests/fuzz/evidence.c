/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence file of a stranger: what is read is written back as it was. */
#include "gateway/wire/evidence.h"

#include "gateway/base/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct qiao_buf *out, struct qiao_slice in)
{
	if (!qiao_slice_eq(qiao_buf_slice(out), in))
		abort();
	qiao_buf_free(out);
}

static void look_at_peer(struct qiao_slice in)
{
	static struct qiao_evidence_peer e;
	struct qiao_buf out = QIAO_BUF;
	struct qiao_why why = { "" };

	if (qiao_evidence_peer_parse(&e, in) != QIAO_OK)
		return;
	qiao_evidence_peer_encode(&out, &e);
	same(&out, in);
	/* nobody's key has signed it */
	if (qiao_evidence_peer_check(&e, NULL, NULL, 0, &why) == QIAO_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_evidence_chain e;
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_buf out = QIAO_BUF;

	switch (qiao_evidence_kind_of(in)) {
	case QIAO_EVIDENCE_PEER:
		look_at_peer(in);
		break;
	case QIAO_EVIDENCE_CHAIN:
		if (qiao_evidence_chain_parse(&e, in) != QIAO_OK)
			break;
		qiao_evidence_chain_encode(&out, &e);
		same(&out, in);
		break;
	}
	return 0;
}
