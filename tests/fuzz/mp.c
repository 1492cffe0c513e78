/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our scan accepts, msgpack-c must unpack whole and pack to the very same
 * bytes; and our getters must read to the end without a complaint.
 */
#include "gateway/codec/mp.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <msgpack.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_against_msgpack(const uint8_t *data, size_t size)
{
	msgpack_unpacked msg;
	msgpack_sbuffer out;
	msgpack_packer pk;
	size_t off = 0;

	msgpack_unpacked_init(&msg);
	must(msgpack_unpack_next(&msg, (const char *)data, size, &off) ==
	     MSGPACK_UNPACK_SUCCESS);
	must(off == size);
	msgpack_sbuffer_init(&out);
	msgpack_packer_init(&pk, &out, msgpack_sbuffer_write);
	msgpack_pack_object(&pk, msg.data);
	must(out.size == size && memcmp(out.data, data, size) == 0);
	msgpack_sbuffer_destroy(&out);
	msgpack_unpacked_destroy(&msg);
}

/* Copy one value from reader to writer, by the type its tag shows. */
static void copy_value(struct qiao_mp *m, struct qiao_buf *b, int depth)
{
	uint8_t tag = qiao_peek_u8(&m->r);
	size_t n;

	must(depth <= QIAO_MP_DEPTH_MAX);
	if (qiao_mp_nil(m)) {
		qiao_mp_put_nil(b);
	} else if (tag == 0xc2 || tag == 0xc3) {
		qiao_mp_put_bool(b, qiao_mp_bool(m));
	} else if (tag <= 0x7f || (tag >= 0xcc && tag <= 0xcf)) {
		qiao_mp_put_uint(b, qiao_mp_uint(m, UINT64_MAX));
	} else if (tag >= 0xe0 || (tag >= 0xd0 && tag <= 0xd3)) {
		qiao_mp_put_int(b, qiao_mp_int(m));
	} else if (tag >= 0xc4 && tag <= 0xc6) {
		qiao_mp_put_bin(b, qiao_mp_bin(m, SIZE_MAX));
	} else if ((tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb)) {
		qiao_mp_put_str(b, qiao_mp_str(m, SIZE_MAX));
	} else {
		n = qiao_mp_array(m, SIZE_MAX);
		qiao_mp_put_array(b, n);
		for (size_t i = 0; i < n; i++)
			copy_value(m, b, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_buf b = QIAO_BUF;
	struct qiao_mp m;

	if (qiao_mp_open(&m, in) != QIAO_OK) {
		must(qiao_mp_raw(&m).n == 0);
		return 0;
	}
	check_against_msgpack(data, size);
	copy_value(&m, &b, 0);
	must(qiao_mp_finish(&m) == QIAO_OK);
	must(qiao_slice_eq(qiao_buf_slice(&b), in));
	qiao_buf_free(&b);
	return 0;
}
