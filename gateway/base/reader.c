/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/reader.h"

struct qiao_reader qiao_reader_of(struct qiao_slice in)
{
	return (struct qiao_reader){ in.p, in.n, QIAO_OK };
}

struct qiao_slice qiao_get(struct qiao_reader *r, size_t n)
{
	struct qiao_slice got = { r->p, n };

	if (n > r->left)
		qiao_reader_fail(r, QIAO_E_TRUNCATED);
	if (r->err != QIAO_OK)
		return (struct qiao_slice){ NULL, 0 };
	if (n > 0) /* NULL + 0 is undefined for an empty input */
		r->p += n;
	r->left -= n;
	return got;
}

static uint64_t get_be(struct qiao_reader *r, size_t n)
{
	struct qiao_slice s = qiao_get(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t qiao_get_u8(struct qiao_reader *r)
{
	return (uint8_t)get_be(r, 1);
}

uint16_t qiao_get_u16(struct qiao_reader *r)
{
	return (uint16_t)get_be(r, 2);
}

uint32_t qiao_get_u32(struct qiao_reader *r)
{
	return (uint32_t)get_be(r, 4);
}

uint64_t qiao_get_u64(struct qiao_reader *r)
{
	return get_be(r, 8);
}

uint8_t qiao_peek_u8(const struct qiao_reader *r)
{
	if (r->err != QIAO_OK || r->left == 0)
		return 0;
	return r->p[0];
}

void qiao_reader_fail(struct qiao_reader *r, qiao_err err)
{
	if (r->err == QIAO_OK)
		r->err = err;
}

qiao_err qiao_reader_finish(const struct qiao_reader *r)
{
	if (r->err != QIAO_OK)
		return r->err;
	return r->left ? QIAO_E_TRAILING : QIAO_OK;
}
