/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one piece of work (a block, a request), freed at once; and messages
 * packed into it. A double may stop when there is no memory: these never fail.
 */
#ifndef TESTS_DOUBLES_FABRIC_POOL_H
#define TESTS_DOUBLES_FABRIC_POOL_H

#include "gateway/base/slice.h"

#include <protobuf-c/protobuf-c.h>

struct pool {
	struct pool_chunk *first;
};

void *pool_take(struct pool *p, size_t n); /* zeroed */
void pool_free(struct pool *p);

struct qiao_slice pool_copy(struct pool *p, struct qiao_slice s);
struct qiao_slice pool_join(struct pool *p, const struct qiao_slice *part,
			    size_t n);
char *pool_printf(struct pool *p, const char *fmt, ...) QIAO_PRINTF(2, 3);
char *pool_hex(struct pool *p, struct qiao_slice s);

struct qiao_slice pool_pack(struct pool *p, const void *message);
/* NULL: not such a message. */
void *pool_unpack(struct pool *p, const ProtobufCMessageDescriptor *d,
		  struct qiao_slice in);
#define UNPACK(pool, name, in) pool_unpack(pool, &fab__##name##__descriptor, in)

/* To and from the bytes of a message. */
ProtobufCBinaryData pb(struct qiao_slice s);
struct qiao_slice pb_slice(ProtobufCBinaryData b);

/* A list of n messages of one type, and pointers to them as protobuf-c wants */
void *pool_list(struct pool *p, size_t n, size_t size, void ***pointers);

#endif
