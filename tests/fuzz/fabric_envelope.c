/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of a block: what is accepted begins with exactly the encoding of
 * what was read. And the messages inside it, as Go decodes them.
 */
#include "gateway/base/buf.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_block.h"
#include "gateway/verify/fabric_tx.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_field(struct qiao_buf *b, uint8_t tag, struct qiao_slice s)
{
	size_t n = s.n;

	qiao_buf_put_u8(b, tag);
	for (; n >= 0x80; n >>= 7)
		qiao_buf_put_u8(b, (uint8_t)(n | 0x80));
	qiao_buf_put_u8(b, (uint8_t)n);
	qiao_buf_put(b, s);
}

static qiao_err on_write(void *ctx, const struct qiao_fabric_write *w)
{
	(void)ctx;
	QIAO_BUG_ON(w->is_delete && w->value.n);
	return QIAO_OK;
}

/* The same bytes as a read-write set: its writes, in order. */
static void walk_writes(struct qiao_slice in)
{
	const struct qiao_fabric_tx tx = { .results = in };

	qiao_fabric_tx_writes(
		&tx, (struct qiao_fabric_write_sink){ NULL, on_write });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_buf again = QIAO_BUF;
	struct qiao_fabric_envelope env;
	struct qiao_fabric_header h;

	walk_writes(in);
	if (qiao_fabric_envelope_parse(&env, in)) {
		put_field(&again, 0x0a, env.payload);
		put_field(&again, 0x12, env.signature);
		QIAO_BUG_ON(again.err != QIAO_OK || again.n > size ||
			    memcmp(again.p, data, again.n) != 0);
		qiao_buf_free(&again);
		qiao_fabric_header_parse(&h, &a, env.payload);
	}
	qiao_fabric_header_parse(&h, &a, in);
	qiao_pb_arena_free(&a);
	return 0;
}
