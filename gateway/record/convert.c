/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/convert.h"

#include "gateway/base/clock.h"
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"

#include <stdio.h>
#include <string.h>

#define DAY_LEN  10 /* YYYY-MM-DD */
#define FEN_PART 2  /* digits behind the point */

const char *const qiao_as_words[] = { "text",    "integer", "yuan", "date",
				      "instant", "boolean", NULL };
const char *const qiao_time_form_words[] = { "iso", "compact", "slash",
					     "zh",  "seconds", "milliseconds",
					     NULL };

/* --- numbers ------------------------------------------------------------- */

static size_t digits_at(struct qiao_slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

static const char *put_integer(struct qiao_buf *out, struct qiao_slice s)
{
	size_t sign = s.n > 0 && s.p[0] == '-';
	size_t n = digits_at(s, sign);

	if (n == 0 || sign + n != s.n)
		return "not-an-integer";
	if (s.p[sign] == '0' && s.n > 1)
		return "leading-zero";
	qiao_buf_put(out, s);
	return NULL;
}

static const char *put_fen(struct qiao_buf *out, struct qiao_slice s)
{
	size_t sign = s.n > 0 && s.p[0] == '-';
	size_t yuan = digits_at(s, sign), at = sign + yuan, fen = 0;
	char text[32];
	size_t n = 0, zeros;

	if (at < s.n && s.p[at] == '.') {
		fen = digits_at(s, at + 1);
		at += 1 + fen;
		if (fen == 0)
			return "not-yuan";
	}
	if (yuan == 0 || at != s.n || fen > FEN_PART || yuan > 18)
		return "not-yuan";
	memcpy(text, s.p + sign, yuan);
	n = yuan;
	if (fen > 0)
		memcpy(text + n, s.p + sign + yuan + 1, fen);
	memset(text + n + fen, '0', FEN_PART - fen);
	n += FEN_PART;
	for (zeros = 0; zeros + 1 < n && text[zeros] == '0';)
		zeros++;
	if (sign && text[zeros] != '0')
		qiao_buf_put_u8(out, '-');
	qiao_buf_put_mem(out, text + zeros, n - zeros);
	return NULL;
}

/* --- time ---------------------------------------------------------------- */

static unsigned int number_get(struct qiao_reader *r, size_t min, size_t max)
{
	struct qiao_slice rest = qiao_slice_of(r->p, r->left);
	size_t n = r->err == QIAO_OK ? digits_at(rest, 0) : 0;
	struct qiao_slice s = qiao_get(r, n > max ? max : n);
	unsigned int v = 0;

	if (s.n < min)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	for (size_t i = 0; i < s.n; i++)
		v = v * 10 + (unsigned int)(s.p[i] - '0');
	return v;
}

static void word_get(struct qiao_reader *r, const char *word)
{
	if (!qiao_slice_is(qiao_get(r, strlen(word)), word))
		qiao_reader_fail(r, QIAO_E_MALFORMED);
}

/* Year, month and day with what stands between and behind them. */
static const struct day_form {
	size_t min; /* digits of month and day */
	const char *after[3];
} day_forms[] = {
	[QIAO_FORM_ISO] = { 2, { "-", "-", "" } },
	[QIAO_FORM_COMPACT] = { 2, { "", "", "" } },
	[QIAO_FORM_SLASH] = { 1, { "/", "/", "" } },
	[QIAO_FORM_ZH] = { 1, { "年", "月", "日" } },
};

static bool day_get(int64_t *ms, enum qiao_time_form form, int offset_min,
		    struct qiao_slice text)
{
	const struct day_form *f = &day_forms[form];
	struct qiao_reader r = qiao_reader_of(text);
	unsigned int y, m, d;
	char iso[32];

	y = number_get(&r, 4, 4);
	word_get(&r, f->after[0]);
	m = number_get(&r, f->min, 2);
	word_get(&r, f->after[1]);
	d = number_get(&r, f->min, 2);
	word_get(&r, f->after[2]);
	if (qiao_reader_finish(&r) != QIAO_OK)
		return false;
	snprintf(iso, sizeof(iso), "%04u-%02u-%02u", y, m, d);
	return qiao_time_parse(ms, qiao_slice_str(iso), offset_min);
}

static bool epoch_get(int64_t *ms, int64_t unit, struct qiao_slice s)
{
	size_t n = digits_at(s, 0);
	int64_t v = 0;

	if (n == 0 || n != s.n || n > 15)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s.p[i] - '0');
	return !__builtin_mul_overflow(v, unit, ms);
}

const char *qiao_convert_time(int64_t *ms, bool *whole_day,
			      const struct qiao_form *f, struct qiao_slice text)
{
	bool ok = false;

	*whole_day = false;
	switch (f->time) {
	case QIAO_FORM_SECONDS:
		ok = epoch_get(ms, 1000, text);
		break;
	case QIAO_FORM_MILLISECONDS:
		ok = epoch_get(ms, 1, text);
		break;
	case QIAO_FORM_ISO:
		ok = text.n > DAY_LEN && qiao_time_parse(ms, text, 0);
		*whole_day = !ok;
		if (!ok)
			ok = day_get(ms, f->time, f->offset_min, text);
		break;
	case QIAO_FORM_COMPACT:
	case QIAO_FORM_SLASH:
	case QIAO_FORM_ZH:
		*whole_day = true;
		ok = day_get(ms, f->time, f->offset_min, text);
		break;
	}
	if (ok)
		return NULL;
	*ms = 0;
	return "not-a-time";
}

static const char *put_date(struct qiao_buf *out, const struct qiao_form *f,
			    struct qiao_slice text)
{
	char day[QIAO_TIME_LEN];
	bool whole_day;
	int64_t ms;
	const char *bad = qiao_convert_time(&ms, &whole_day, f, text);

	if (bad)
		return bad;
	qiao_time_format(day, ms, f->offset_min);
	if (day[4] != '-')
		return "year-out-of-range";
	qiao_buf_put_mem(out, day, DAY_LEN);
	return NULL;
}

static const char *put_instant(struct qiao_buf *out, const struct qiao_form *f,
			       struct qiao_slice text)
{
	char utc[QIAO_TIME_LEN];
	bool whole_day;
	int64_t ms;
	const char *bad = qiao_convert_time(&ms, &whole_day, f, text);

	if (bad)
		return bad;
	if (whole_day)
		return "day-without-time";
	qiao_time_format(utc, ms, 0);
	if (utc[4] != '-')
		return "year-out-of-range";
	qiao_buf_put_str(out, utc);
	return NULL;
}

const char *qiao_convert(struct qiao_buf *out, const struct qiao_form *f,
			 struct qiao_slice text)
{
	switch (f->as) {
	case QIAO_AS_TEXT:
		qiao_buf_put(out, text);
		return NULL;
	case QIAO_AS_INTEGER:
		return put_integer(out, text);
	case QIAO_AS_YUAN:
		return put_fen(out, text);
	case QIAO_AS_DATE:
		return put_date(out, f, text);
	case QIAO_AS_INSTANT:
		return put_instant(out, f, text);
	case QIAO_AS_BOOLEAN:
		if (!qiao_slice_is(text, "true") &&
		    !qiao_slice_is(text, "false"))
			return "not-a-boolean";
		qiao_buf_put(out, text);
		return NULL;
	}
	return "not-built";
}
