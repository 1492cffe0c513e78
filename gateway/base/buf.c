/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/buf.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAP 64

static void fail(struct qiao_buf *b, qiao_err err)
{
	if (b->err == QIAO_OK)
		b->err = err;
}

/* Not realloc: it may leave a copy of a secret behind. */
static bool move(struct qiao_buf *b, size_t cap)
{
	uint8_t *p = qiao_malloc(cap);

	if (!p) {
		fail(b, QIAO_E_NOMEM);
		return false;
	}
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	if (b->p)
		qiao_wipe(b->p, b->cap);
	qiao_free(b->p);
	b->p = p;
	b->cap = cap;
	return true;
}

static bool grow(struct qiao_buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	return move(b, cap);
}

/* May `more` bytes be added? */
static bool allow(struct qiao_buf *b, size_t more)
{
	if (b->err != QIAO_OK)
		return false;
	if (more >= SIZE_MAX - b->n || (b->max && more + b->n > b->max)) {
		fail(b, QIAO_E_LIMIT);
		return false;
	}
	return true;
}

/* Room for `more` bytes and a NUL at b->p + b->n. */
static bool reserve(struct qiao_buf *b, size_t more)
{
	if (!allow(b, more))
		return false;
	return more < b->cap - b->n || grow(b, b->n + more + 1);
}

void qiao_buf_reserve(struct qiao_buf *b, size_t more)
{
	if (allow(b, more) && more >= b->cap - b->n)
		move(b, b->n + more + 1);
}

void qiao_buf_put_mem(struct qiao_buf *b, const void *p, size_t n)
{
	if (n == 0 || !reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void qiao_buf_put(struct qiao_buf *b, struct qiao_slice bytes)
{
	qiao_buf_put_mem(b, bytes.p, bytes.n);
}

void qiao_buf_put_str(struct qiao_buf *b, const char *s)
{
	qiao_buf_put_mem(b, s, strlen(s));
}

static void put_be(struct qiao_buf *b, uint64_t v, size_t n)
{
	uint8_t out[8];

	for (size_t i = n; i-- > 0; v >>= 8)
		out[i] = (uint8_t)(v & 0xff);
	qiao_buf_put_mem(b, out, n);
}

void qiao_buf_put_u8(struct qiao_buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void qiao_buf_put_u32(struct qiao_buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void qiao_buf_put_u64(struct qiao_buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

static int measure(const char *fmt, va_list ap) QIAO_PRINTF(1, 0);
static int measure(const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	return n;
}

void qiao_buf_printf(struct qiao_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = measure(fmt, ap);
	if (n < 0)
		fail(b, QIAO_E_MALFORMED);
	else if (reserve(b, (size_t)n)) {
		vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
		b->n += (size_t)n;
	}
	va_end(ap);
}

struct qiao_slice qiao_buf_slice(const struct qiao_buf *b)
{
	if (b->err != QIAO_OK)
		return (struct qiao_slice){ NULL, 0 };
	return qiao_slice_of(b->p, b->n);
}

void qiao_buf_clear(struct qiao_buf *b)
{
	b->n = 0;
	b->err = QIAO_OK;
}

void qiao_buf_free(struct qiao_buf *b)
{
	if (!b)
		return;
	if (b->p)
		qiao_wipe(b->p, b->cap);
	qiao_free(b->p);
	*b = (struct qiao_buf){ .max = b->max };
}
