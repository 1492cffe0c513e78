/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"

#include "gateway/base/slice.h"

char *qiao_hex_encode(char *out, struct qiao_slice s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		out[2 * i] = digits[s.p[i] >> 4];
		out[2 * i + 1] = digits[s.p[i] & 0xf];
	}
	out[2 * s.n] = '\0';
	return out;
}

/* -1 for no hex digit. */
static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool decode_byte(uint8_t *out, const uint8_t *two)
{
	int hi = digit(two[0]);
	int lo = digit(two[1]);

	if (hi < 0 || lo < 0)
		return false;
	*out = (uint8_t)(hi << 4 | lo);
	return true;
}

bool qiao_hex_decode(uint8_t *out, size_t n, struct qiao_slice text)
{
	size_t i = 0;

	if (text.n % 2 == 0 && text.n / 2 == n)
		while (i < n && decode_byte(out + i, text.p + 2 * i))
			i++;
	if (i == n && text.n == 2 * n)
		return true;
	for (i = 0; i < n; i++)
		out[i] = 0;
	return false;
}

qiao_err qiao_hex_decode_buf(struct qiao_buf *out, struct qiao_slice text)
{
	size_t before = out->n;

	if (text.n % 2)
		return QIAO_E_MALFORMED;
	for (size_t i = 0; i < text.n; i += 2) {
		uint8_t byte;

		if (!decode_byte(&byte, text.p + i)) {
			out->n = before;
			return QIAO_E_MALFORMED;
		}
		qiao_buf_put_u8(out, byte);
	}
	return out->err;
}
