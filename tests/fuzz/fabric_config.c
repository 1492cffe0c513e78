/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ConfigEnvelope, wrapped into a block whose data hash fits: loaded, and
 * checked as its own successor.
 */
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_update.h"

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

/* Header{ChannelHeader{type CONFIG, channel "c"}} */
static const uint8_t header[] = { 0x0a, 5, 0x08, 1, 0x22, 1, 'c' };

static void wrap(struct qiao_buf *block, struct qiao_slice config)
{
	struct qiao_buf payload = QIAO_BUF, entry = QIAO_BUF, part = QIAO_BUF;
	struct qiao_hash h;

	put_field(&payload, 0x0a, qiao_slice_of(header, sizeof(header)));
	put_field(&payload, 0x12, config);
	put_field(&entry, 0x0a, qiao_buf_slice(&payload));
	qiao_sha256(&h, qiao_buf_slice(&entry));
	put_field(&part, 0x1a, qiao_slice_hash(&h));
	put_field(block, 0x0a, qiao_buf_slice(&part));
	qiao_buf_clear(&part);
	put_field(&part, 0x0a, qiao_buf_slice(&entry));
	put_field(block, 0x12, qiao_buf_slice(&part));
	qiao_buf_free(&payload);
	qiao_buf_free(&entry);
	qiao_buf_free(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_fabric_sigs sigs;
	struct qiao_fabric_signers nobody = { NULL, 0, 0 };
	struct qiao_buf block = QIAO_BUF;
	struct qiao_fabric_config *c;
	struct qiao_why why;

	wrap(&block, qiao_slice_of(data, size));
	if (qiao_fabric_config_load(&c, qiao_buf_slice(&block), &sigs, &why) ==
	    QIAO_OK) {
		qiao_fabric_config_satisfied(
			c, qiao_slice_str("/Channel/Orderer/BlockValidation"),
			&nobody);
		qiao_fabric_update_check(c, c, &why);
		qiao_fabric_config_free(c);
	}
	qiao_buf_free(&block);
	return 0;
}
