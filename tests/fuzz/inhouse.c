/* SPDX-License-Identifier: Apache-2.0 */
/* What the in-house adapter and ledger read: the first byte chooses. */
#include "adapters/inhouse/claim.h"
#include "adapters/inhouse/record.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void block(struct qiao_slice in)
{
	struct qiao_buf c = QIAO_BUF, p = QIAO_BUF, o = QIAO_BUF;

	if (qiao_inhouse_claim(&c, &p, &o, 7, in, NULL) == QIAO_OK &&
	    (qiao_mp_check(qiao_buf_slice(&p)) != QIAO_OK ||
	     qiao_mp_check(qiao_buf_slice(&o)) != QIAO_OK))
		abort();
	qiao_buf_free(&c);
	qiao_buf_free(&p);
	qiao_buf_free(&o);
}

static void openings(struct qiao_slice in)
{
	struct qiao_hash root;
	size_t n;

	if (qiao_inhouse_fields_root(&root, &n, in) == QIAO_OK &&
	    (n > QIAO_FIELDS_MAX || qiao_hash_is_zero(&root)))
		abort();
}

static void head(struct qiao_slice in)
{
	struct qiao_inhouse_head_view v;

	qiao_inhouse_head_read(&v, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const decoders[])(struct qiao_slice) = { block, openings,
							       head };

	if (size > 0 && data[0] < sizeof(decoders) / sizeof(decoders[0]))
		decoders[data[0]](qiao_slice_of(data + 1, size - 1));
	return 0;
}
