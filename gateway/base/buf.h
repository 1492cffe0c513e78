/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer whose failure (no memory, over `max`) is sticky: write
 * piece after piece, ask once. Start with `struct qiao_buf b = { .max = N }`
 * (0: no limit) or QIAO_BUF; end with qiao_buf_free, which leaves it empty.
 */
#ifndef GATEWAY_BASE_BUF_H
#define GATEWAY_BASE_BUF_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

struct qiao_buf {
	uint8_t *p;
	size_t n, cap;
	size_t max;
	qiao_err err;
};

#define QIAO_BUF ((struct qiao_buf){ .max = 0 })

void qiao_buf_put(struct qiao_buf *b, struct qiao_slice bytes);
void qiao_buf_put_mem(struct qiao_buf *b, const void *p, size_t n);
void qiao_buf_put_str(struct qiao_buf *b, const char *s);
void qiao_buf_put_u8(struct qiao_buf *b, uint8_t v);
void qiao_buf_put_u32(struct qiao_buf *b, uint32_t v); /* big-endian */
void qiao_buf_put_u64(struct qiao_buf *b, uint64_t v); /* big-endian */
void qiao_buf_printf(struct qiao_buf *b, const char *fmt, ...)
	QIAO_PRINTF(2, 3);

/*
 * Room for that many bytes more and not much beyond, for something large whose
 * size is known; otherwise a buffer doubles. Fails as a write does.
 */
void qiao_buf_reserve(struct qiao_buf *b, size_t more);

/* What was written; borrowed until the next write. Empty after a failure. */
struct qiao_slice qiao_buf_slice(const struct qiao_buf *b);
/* Forget the contents and the error, keep the memory. */
void qiao_buf_clear(struct qiao_buf *b);
/* Wipes, releases, leaves an empty buffer. NULL is fine. */
void qiao_buf_free(struct qiao_buf *b);

#endif
