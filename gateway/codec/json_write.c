/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"

#include <string.h>

#define SAFE_INT                                                    \
	((int64_t)1 << 53) /* RFC 8785: what a double holds exactly \
			    */

static void fail(struct qiao_jw *w)
{
	if (w->out->err == QIAO_OK)
		w->out->err = QIAO_E_NONCANON;
}

void qiao_jw_init(struct qiao_jw *w, struct qiao_buf *out)
{
	*w = (struct qiao_jw){ .out = out };
}

/* Before each value: is one due here, and after a comma? */
static void value_begin(struct qiao_jw *w)
{
	bool in_object = w->depth > 0 && w->close[w->depth - 1] == '}';

	if (w->done || w->keyed != in_object)
		fail(w);
	w->keyed = false;
	if (w->depth == 0) {
		w->done = true;
		return;
	}
	if (in_object)
		return; /* the key has written it */
	if (w->comma[w->depth - 1])
		qiao_buf_put_u8(w->out, ',');
	w->comma[w->depth - 1] = true;
}

static void open_with(struct qiao_jw *w, char open, char close)
{
	value_begin(w);
	w->done = false;
	if (w->depth == QIAO_JW_DEPTH) {
		fail(w);
		return;
	}
	qiao_buf_put_u8(w->out, (uint8_t)open);
	w->comma[w->depth] = false;
	w->close[w->depth] = close;
	w->depth++;
}

void qiao_jw_obj(struct qiao_jw *w)
{
	open_with(w, '{', '}');
}

void qiao_jw_arr(struct qiao_jw *w)
{
	open_with(w, '[', ']');
}

void qiao_jw_end(struct qiao_jw *w)
{
	if (w->depth == 0 || w->keyed) {
		fail(w);
		return;
	}
	w->depth--;
	w->done = w->depth == 0;
	qiao_buf_put_u8(w->out, (uint8_t)w->close[w->depth]);
}

/* RFC 8785 3.2.2.2: the short escapes, \u00xx for other controls, else as is.
 */
static void char_put(struct qiao_buf *b, uint8_t ch)
{
	static const char from[] = "\b\t\n\f\r\"\\", to[] = "btnfr\"\\";
	const char *at = ch ? strchr(from, ch) : NULL;

	if (at) {
		qiao_buf_put_u8(b, '\\');
		qiao_buf_put_u8(b, (uint8_t)to[at - from]);
	} else if (ch < 0x20) {
		qiao_buf_printf(b, "\\u%04x", ch);
	} else {
		qiao_buf_put_u8(b, ch);
	}
}

static bool is_plain(uint8_t ch)
{
	return ch >= 0x20 && ch != '"' && ch != '\\';
}

/* Runs of plain characters at once: audit entries are made of them. */
static void string_put(struct qiao_buf *b, struct qiao_slice v)
{
	size_t run = 0;

	qiao_buf_put_u8(b, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (is_plain(v.p[i]))
			continue;
		qiao_buf_put_mem(b, v.p + run, i - run);
		char_put(b, v.p[i]);
		run = i + 1;
	}
	if (run < v.n)
		qiao_buf_put_mem(b, v.p + run, v.n - run);
	qiao_buf_put_u8(b, '"');
}

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

void qiao_jw_key(struct qiao_jw *w, const char *key)
{
	struct qiao_slice s = qiao_slice_str(key);
	int i = w->depth - 1;

	if (w->depth == 0 || w->close[i] != '}' || w->keyed ||
	    s.n > QIAO_NAME_MAX || !is_ascii(key)) {
		fail(w);
		return;
	}
	if (w->comma[i] && strcmp(w->last_key[i], key) >= 0)
		fail(w);
	if (w->comma[i])
		qiao_buf_put_u8(w->out, ',');
	w->comma[i] = true;
	w->keyed = true;
	qiao_str_copy(w->last_key[i], sizeof(w->last_key[i]), s);
	string_put(w->out, s);
	qiao_buf_put_u8(w->out, ':');
}

void qiao_jw_str(struct qiao_jw *w, struct qiao_slice v)
{
	value_begin(w);
	if (!qiao_utf8_valid(v))
		fail(w);
	string_put(w->out, v);
}

void qiao_jw_cstr(struct qiao_jw *w, const char *v)
{
	qiao_jw_str(w, qiao_slice_str(v));
}

void qiao_jw_hex(struct qiao_jw *w, struct qiao_slice v)
{
	static const char digits[] = "0123456789abcdef";
	char text[64];
	size_t n;

	value_begin(w);
	qiao_buf_put_u8(w->out, '"');
	for (size_t i = 0; i < v.n; i += n / 2) {
		for (n = 0; n < sizeof(text) && i + n / 2 < v.n; n += 2) {
			uint8_t byte = v.p[i + n / 2];

			text[n] = digits[byte >> 4];
			text[n + 1] = digits[byte & 15];
		}
		qiao_buf_put_mem(w->out, text, n);
	}
	qiao_buf_put_u8(w->out, '"');
}

static void int_put(struct qiao_buf *b, int64_t v)
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char text[20];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		qiao_buf_put_u8(b, '-');
	qiao_buf_put_mem(b, text + at, sizeof(text) - at);
}

void qiao_jw_int(struct qiao_jw *w, int64_t v)
{
	value_begin(w);
	if (v <= -SAFE_INT || v >= SAFE_INT)
		fail(w);
	int_put(w->out, v);
}

void qiao_jw_bool(struct qiao_jw *w, bool v)
{
	value_begin(w);
	qiao_buf_put_str(w->out, v ? "true" : "false");
}

void qiao_jw_null(struct qiao_jw *w)
{
	value_begin(w);
	qiao_buf_put_str(w->out, "null");
}

void qiao_jw_kstr(struct qiao_jw *w, const char *key, const char *v)
{
	qiao_jw_key(w, key);
	qiao_jw_cstr(w, v);
}

void qiao_jw_kint(struct qiao_jw *w, const char *key, int64_t v)
{
	qiao_jw_key(w, key);
	qiao_jw_int(w, v);
}

void qiao_jw_khex(struct qiao_jw *w, const char *key, struct qiao_slice v)
{
	qiao_jw_key(w, key);
	qiao_jw_hex(w, v);
}

void qiao_jw_kbool(struct qiao_jw *w, const char *key, bool v)
{
	qiao_jw_key(w, key);
	qiao_jw_bool(w, v);
}

qiao_err qiao_jw_finish(const struct qiao_jw *w)
{
	if (w->out->err != QIAO_OK)
		return w->out->err;
	return w->done && w->depth == 0 ? QIAO_OK : QIAO_E_NONCANON;
}
