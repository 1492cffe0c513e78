/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/der.h"

/* Go refuses what needs more than four length bytes or reaches 2^31. */
#define LENGTH_MAX 0x7fffffff

static size_t get_length(struct qiao_reader *r)
{
	uint8_t first = qiao_get_u8(r);
	size_t n = 0;

	if (first < 0x80)
		return first;
	/* 0x80 alone is the indefinite form of BER */
	if (first == 0x80 || first > 0x84) {
		qiao_reader_fail(r, QIAO_E_NONCANON);
		return 0;
	}
	for (unsigned int i = 0; i < (first & 0x7fu); i++) {
		n = n << 8 | qiao_get_u8(r);
		if (n == 0)
			qiao_reader_fail(r, QIAO_E_NONCANON);
	}
	if (n < 0x80 || n > LENGTH_MAX)
		qiao_reader_fail(r, QIAO_E_NONCANON);
	return n;
}

struct qiao_slice qiao_der_get(struct qiao_reader *r, uint8_t tag)
{
	if (qiao_get_u8(r) != tag)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	return qiao_get(r, get_length(r));
}

struct qiao_slice qiao_der_get_whole(struct qiao_reader *r, uint8_t tag)
{
	const uint8_t *start = r->p;

	qiao_der_get(r, tag);
	if (r->err != QIAO_OK)
		return (struct qiao_slice){ NULL, 0 };
	return (struct qiao_slice){ start, (size_t)(r->p - start) };
}

struct qiao_slice qiao_der_get_integer(struct qiao_reader *r)
{
	struct qiao_slice v = qiao_der_get(r, QIAO_DER_INTEGER);
	bool padded = v.n > 1 && ((v.p[0] == 0x00 && v.p[1] < 0x80) ||
				  (v.p[0] == 0xff && v.p[1] >= 0x80));

	if (v.n == 0 || padded) {
		qiao_reader_fail(r, QIAO_E_NONCANON);
		return (struct qiao_slice){ NULL, 0 };
	}
	return v;
}

struct qiao_slice qiao_der_get_bits(struct qiao_reader *r)
{
	struct qiao_slice v = qiao_der_get(r, QIAO_DER_BITS);

	if (v.n == 0 || v.p[0] != 0) {
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		return (struct qiao_slice){ NULL, 0 };
	}
	return (struct qiao_slice){ v.p + 1, v.n - 1 };
}

bool qiao_der_next_is(const struct qiao_reader *r, uint8_t tag)
{
	return r->left > 0 && qiao_peek_u8(r) == tag;
}

void qiao_der_put_header(struct qiao_buf *b, uint8_t tag, size_t n)
{
	unsigned int bytes = 1;

	qiao_buf_put_u8(b, tag);
	if (n < 0x80) {
		qiao_buf_put_u8(b, (uint8_t)n);
		return;
	}
	while (n >> 8 * bytes)
		bytes++;
	qiao_buf_put_u8(b, (uint8_t)(0x80 | bytes));
	while (bytes-- > 0)
		qiao_buf_put_u8(b, (uint8_t)(n >> 8 * bytes));
}
