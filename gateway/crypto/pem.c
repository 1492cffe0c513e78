/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem */
#include "gateway/crypto/pem.h"

#include "gateway/base/slice.h"

#include <string.h>

#define NONE SIZE_MAX

/* begin and end with the line break before them; dashes end both lines */
static const char begin[] = "\n-----BEGIN ";
static const char end[] = "\n-----END ";
static const char dashes[] = "-----";
#define LEN(a) (sizeof(a) - 1)

/* Positions in the text; `end` is kept so that it is looked for only once. */
struct scan {
	struct qiao_slice text;
	size_t at;
	size_t end; /* first end at or after at when looked for; or NONE */
};

static bool is_at(struct qiao_slice text, size_t at, const char *what, size_t n)
{
	return n <= text.n - at && memcmp(text.p + at, what, n) == 0;
}

static size_t find(struct qiao_slice text, size_t at, const char *what,
		   size_t n)
{
	const uint8_t *p = memmem(text.p + at, text.n - at, what, n);

	return p ? (size_t)(p - text.p) : NONE;
}

/* The line at s->at without its break and trailing blanks; moves to the next.
 */
static struct qiao_slice get_line(struct scan *s)
{
	const uint8_t *p = s->text.p + s->at;
	const uint8_t *nl = memchr(p, '\n', s->text.n - s->at);
	size_t n = nl ? (size_t)(nl - p) : s->text.n - s->at;

	s->at += nl ? n + 1 : n;
	if (nl && n > 0 && p[n - 1] == '\r')
		n--;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return (struct qiao_slice){ p, n };
}

/* Move behind the next "-----BEGIN "; the first line needs no break before. */
static bool find_begin(struct scan *s)
{
	size_t at;

	if (is_at(s->text, s->at, begin + 1, LEN(begin) - 1)) {
		s->at += LEN(begin) - 1;
		return true;
	}
	at = find(s->text, s->at, begin, LEN(begin));
	if (at == NONE)
		return false;
	s->at = at + LEN(begin);
	return true;
}

/* Skip "key: value" lines. False when the text ends there. */
static bool skip_headers(struct scan *s, bool *any)
{
	*any = false;
	while (s->at < s->text.n) {
		struct scan next = *s;
		struct qiao_slice line = get_line(&next);

		if (line.n == 0 || !memchr(line.p, ':', line.n))
			return true;
		*s = next;
		*any = true;
	}
	return false;
}

/* -1: nothing that base64 uses. */
static int value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Padding is needed; bits that padding leaves over may be anything. */
static bool decode_base64(struct qiao_buf *out, struct qiao_slice text)
{
	unsigned int digits = 0, pads = 0, bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '=') {
			pads++;
			continue;
		}
		if (pads > 0 || value(c) < 0)
			return false;
		bits = bits << 6 | (unsigned int)value(c);
		digits++;
		if (digits % 4 != 1) /* with 2, 3, 0: 4, 2, 0 bits are left */
			qiao_buf_put_u8(out,
					(uint8_t)(bits >> 2 * (-digits % 4u)));
	}
	return pads == (4 - digits % 4) % 4 && digits % 4 != 1;
}

/*
 * Behind the headers: is there an end with this label, on a line of its own?
 * Gives the position where the base64 ends.
 */
static bool find_end(struct scan *s, struct qiao_slice label, bool headers,
		     size_t *stop)
{
	struct scan rest = *s;
	size_t n = label.n + LEN(dashes);

	if (!headers && is_at(s->text, s->at, end + 1, LEN(end) - 1)) {
		*stop = s->at; /* an empty block */
		rest.at = s->at + LEN(end) - 1;
	} else {
		if (s->end != NONE && s->end < s->at)
			s->end = find(s->text, s->at, end, LEN(end));
		if (s->end == NONE)
			return false;
		*stop = s->end;
		rest.at = s->end + LEN(end);
	}
	if (n > rest.text.n - rest.at ||
	    memcmp(rest.text.p + rest.at, label.p, label.n) != 0 ||
	    !is_at(rest.text, rest.at + label.n, dashes, LEN(dashes)))
		return false;
	rest.at += n;
	return get_line(&rest).n == 0;
}

qiao_err qiao_pem_decode(struct qiao_buf *out, struct qiao_slice *label,
			 struct qiao_slice text)
{
	struct scan s = { .text = text, .at = 0, .end = 0 };
	size_t before = out->n;

	*label = qiao_slice_of(NULL, 0);
	if (text.n == 0)
		return QIAO_E_MALFORMED;
	s.end = find(text, 0, end, LEN(end));
	while (find_begin(&s)) {
		struct qiao_slice line = get_line(&s);
		bool headers;
		size_t stop;

		if (line.n < LEN(dashes) ||
		    !is_at(line, line.n - LEN(dashes), dashes, LEN(dashes)))
			continue;
		line.n -= LEN(dashes);
		if (!skip_headers(&s, &headers))
			break;
		if (!find_end(&s, line, headers, &stop))
			continue;
		if (decode_base64(out,
				  qiao_slice_of(text.p + s.at, stop - s.at))) {
			*label = line;
			return out->err;
		}
		out->n = before;
	}
	return QIAO_E_MALFORMED;
}
