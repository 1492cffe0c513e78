/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf-c with our buffers and our allocator. */
#ifndef ADAPTERS_FABRIC_PB_H
#define ADAPTERS_FABRIC_PB_H

#include "gateway/base/buf.h"

#include <protobuf-c/protobuf-c.h>

/* Append the message, encoded; the error is also out's. */
qiao_err fabric_pb_put(struct qiao_buf *out, const ProtobufCMessage *m);
/* NULL: malformed, or no memory. End with fabric_pb_free. */
void *fabric_pb_get(const ProtobufCMessageDescriptor *type,
		    struct qiao_slice in);
void fabric_pb_free(void *message); /* NULL is fine */

ProtobufCBinaryData fabric_pb_bytes(struct qiao_slice s); /* borrows */
struct qiao_slice fabric_pb_slice(ProtobufCBinaryData b); /* borrows */
char *fabric_pb_str(const char *s);                       /* borrows */

#endif
