/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/arena.h"

#include "gateway/base/mem.h"

#include <stdalign.h>
#include <string.h>

#define CHUNK_MIN ((size_t)16 * 1024)

struct qiao_arena_chunk {
	struct qiao_arena_chunk *next;
	size_t size;
	alignas(max_align_t) uint8_t bytes[];
};

static bool grow(struct qiao_arena *a, size_t need)
{
	size_t size = need > CHUNK_MIN ? need : CHUNK_MIN;
	struct qiao_arena_chunk *c;

	if (a->failed || size > SIZE_MAX - sizeof(*c))
		c = NULL;
	else
		c = qiao_calloc(1, sizeof(*c) + size);
	if (!c) {
		a->failed = true;
		return false;
	}
	c->next = a->chunks;
	c->size = size;
	a->chunks = c;
	a->left = size;
	return true;
}

void *qiao_arena_take(struct qiao_arena *a, size_t n, size_t size)
{
	const size_t align = alignof(max_align_t);
	size_t need;
	void *p;

	if (size && n > (SIZE_MAX - align) / size) {
		a->failed = true;
		return NULL;
	}
	need = (n * size + align - 1) / align * align;
	if (a->failed || (need > a->left && !grow(a, need)))
		return NULL;
	if (!a->chunks && !grow(a, need))
		return NULL;
	p = a->chunks->bytes + (a->chunks->size - a->left);
	a->left -= need;
	return p;
}

char *qiao_arena_str(struct qiao_arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = qiao_arena_take(a, n, 1);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

void qiao_arena_free(struct qiao_arena *a)
{
	while (a->chunks) {
		struct qiao_arena_chunk *next = a->chunks->next;

		qiao_free(a->chunks);
		a->chunks = next;
	}
	*a = (struct qiao_arena){ 0 };
}
