/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/pb.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

static void *pb_alloc(void *unused, size_t n)
{
	(void)unused;
	return qiao_malloc(n);
}

static void pb_free(void *unused, void *p)
{
	(void)unused;
	qiao_free(p);
}

static ProtobufCAllocator allocator = { pb_alloc, pb_free, NULL };

qiao_err fabric_pb_put(struct qiao_buf *out, const ProtobufCMessage *m)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	uint8_t *bytes = qiao_malloc(n);

	if (!bytes) {
		out->err = QIAO_E_NOMEM;
		return out->err;
	}
	qiao_buf_put_mem(out, bytes, protobuf_c_message_pack(m, bytes));
	qiao_free(bytes);
	return out->err;
}

void *fabric_pb_get(const ProtobufCMessageDescriptor *type,
		    struct qiao_slice in)
{
	return protobuf_c_message_unpack(type, &allocator, in.n, in.p);
}

void fabric_pb_free(void *message)
{
	if (message)
		protobuf_c_message_free_unpacked(message, &allocator);
}

ProtobufCBinaryData fabric_pb_bytes(struct qiao_slice s)
{
	return (ProtobufCBinaryData){ s.n, (uint8_t *)(uintptr_t)s.p };
}

struct qiao_slice fabric_pb_slice(ProtobufCBinaryData b)
{
	return qiao_slice_of(b.data, b.len);
}

char *fabric_pb_str(const char *s)
{
	return (char *)(uintptr_t)s;
}
