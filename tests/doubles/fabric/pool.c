/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/pool.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool_chunk {
	struct pool_chunk *next;
	size_t used, size;
	max_align_t data[];
};

#define CHUNK ((size_t)16 * 1024)

static struct pool_chunk *grow(struct pool *p, size_t n)
{
	size_t size = n > CHUNK ? n : CHUNK;
	struct pool_chunk *c = qiao_calloc(1, sizeof(*c) + size);

	if (!c) {
		fputs("qiao-fabric-double: out of memory\n", stderr);
		exit(1);
	}
	c->size = size;
	c->next = p->first;
	p->first = c;
	return c;
}

void *pool_take(struct pool *p, size_t n)
{
	struct pool_chunk *c = p->first;
	uint8_t *at;

	n = (n + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!c || c->size - c->used < n)
		c = grow(p, n);
	at = (uint8_t *)c->data + c->used;
	c->used += n;
	return at;
}

void pool_free(struct pool *p)
{
	while (p->first) {
		struct pool_chunk *c = p->first;

		p->first = c->next;
		qiao_free(c);
	}
}

struct qiao_slice pool_copy(struct pool *p, struct qiao_slice s)
{
	return pool_join(p, &s, 1);
}

struct qiao_slice pool_join(struct pool *p, const struct qiao_slice *part,
			    size_t n)
{
	size_t total = 0, at = 0;
	uint8_t *to;

	for (size_t i = 0; i < n; i++)
		total += part[i].n;
	to = pool_take(p, total + 1); /* a NUL behind, for text */
	for (size_t i = 0; i < n; i++) {
		if (part[i].n > 0)
			memcpy(to + at, part[i].p, part[i].n);
		at += part[i].n;
	}
	return qiao_slice_of(to, total);
}

char *pool_printf(struct pool *p, const char *fmt, ...)
{
	va_list ap, again;
	char *out;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	out = pool_take(p, (size_t)n + 1);
	vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	return out;
}

char *pool_hex(struct pool *p, struct qiao_slice s)
{
	return qiao_hex_encode(pool_take(p, QIAO_HEX_LEN(s.n)), s);
}

struct qiao_slice pool_pack(struct pool *p, const void *message)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	uint8_t *to = pool_take(p, n + 1);

	protobuf_c_message_pack(message, to);
	return qiao_slice_of(to, n);
}

static void *take_for(void *pool, size_t n)
{
	return pool_take(pool, n);
}

static void keep(void *pool, void *at)
{
	(void)pool;
	(void)at;
}

void *pool_unpack(struct pool *p, const ProtobufCMessageDescriptor *d,
		  struct qiao_slice in)
{
	ProtobufCAllocator a = { take_for, keep, p };

	return protobuf_c_message_unpack(d, &a, in.n, in.p);
}

ProtobufCBinaryData pb(struct qiao_slice s)
{
	return (ProtobufCBinaryData){ s.n, (uint8_t *)(uintptr_t)s.p };
}

struct qiao_slice pb_slice(ProtobufCBinaryData b)
{
	return qiao_slice_of(b.data, b.len);
}

void *pool_list(struct pool *p, size_t n, size_t size, void ***pointers)
{
	uint8_t *items = pool_take(p, n * size + 1);

	*pointers = pool_take(p, n * sizeof(void *) + 1);
	for (size_t i = 0; i < n; i++)
		(*pointers)[i] = items + i * size;
	return items;
}
