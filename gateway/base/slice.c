/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/slice.h"

#include <stdio.h>
#include <string.h>

struct qiao_slice qiao_slice_of(const void *p, size_t n)
{
	return (struct qiao_slice){ p, n };
}

struct qiao_slice qiao_slice_str(const char *s)
{
	return qiao_slice_of(s, strlen(s));
}

struct qiao_slice qiao_slice_hash(const struct qiao_hash *h)
{
	return qiao_slice_of(h->b, sizeof(h->b));
}

bool qiao_slice_eq(struct qiao_slice a, struct qiao_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool qiao_slice_is(struct qiao_slice a, const char *s)
{
	return qiao_slice_eq(a, qiao_slice_str(s));
}

int qiao_slice_cmp(struct qiao_slice a, struct qiao_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

bool qiao_hash_eq(const struct qiao_hash *a, const struct qiao_hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool qiao_hash_is_zero(const struct qiao_hash *h)
{
	static const struct qiao_hash zero;

	return qiao_hash_eq(h, &zero);
}

bool qiao_hash_from(struct qiao_hash *out, struct qiao_slice s)
{
	*out = (struct qiao_hash){ { 0 } };
	if (s.n != sizeof(out->b))
		return false;
	memcpy(out->b, s.p, sizeof(out->b));
	return true;
}

bool qiao_str_copy(char *out, size_t size, struct qiao_slice s)
{
	out[0] = '\0';
	if (s.n >= size)
		return false;
	if (s.n == 0)
		return true;
	if (memchr(s.p, 0, s.n))
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

/*
 * The code point at the start of s and its length in bytes; length 0 if the
 * bytes are no UTF-8 (RFC 3629 section 4). s is not empty.
 */
static size_t utf8_first(uint32_t *cp, struct qiao_slice s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c = s.p[0];
	size_t n = c < 0x80   ? 1
		   : c < 0xc0 ? 0
		   : c < 0xe0 ? 2
		   : c < 0xf0 ? 3
			      : 4;

	*cp = 0;
	if (n == 0 || n > s.n || c > 0xf4)
		return 0;
	*cp = n == 1 ? c : c & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s.p[i] & 0x3fu);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000))
		return 0;
	return n;
}

static struct qiao_slice skip(struct qiao_slice s, size_t n)
{
	return qiao_slice_of(s.p + n, s.n - n);
}

bool qiao_utf8_valid(struct qiao_slice s)
{
	while (s.n > 0) {
		uint32_t cp;
		size_t n = utf8_first(&cp, s);

		if (n == 0)
			return false;
		s = skip(s, n);
	}
	return true;
}

/* Line separators and text direction marks can forge a line as well as \n. */
static bool is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '"' ||
	       cp == '\'' || cp == '\\' || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff;
}

/* One character of s as it may be shown; says how many bytes it took. */
static size_t escape_one(char *piece, size_t size, struct qiao_slice s)
{
	uint32_t cp;
	size_t n = utf8_first(&cp, s);

	if (n > 0 && !is_unsafe(cp)) {
		memcpy(piece, s.p, n);
		piece[n] = '\0';
		return n;
	}
	if (n == 0)
		n = 1;
	for (size_t i = 0; i < n; i++)
		snprintf(piece + 4 * i, size - 4 * i, "\\x%02x", s.p[i]);
	return n;
}

char *qiao_str_escape(char *out, size_t size, struct qiao_slice s)
{
	char piece[4 * 4 + 1];
	size_t w = 0, cut = 0;

	while (s.n > 0) {
		size_t took = escape_one(piece, sizeof(piece), s);
		size_t len = strlen(piece);

		if (w + 4 <= size)
			cut = w; /* "..." and NUL still fit here */
		if (w + len >= size) {
			snprintf(out + cut, size - cut, "...");
			return out;
		}
		memcpy(out + w, piece, len);
		w += len;
		s = skip(s, took);
	}
	out[w] = '\0';
	return out;
}
