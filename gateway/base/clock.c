/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/clock.h"

#include "gateway/base/reader.h"
#include "gateway/include/qiao/limits.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define MS_PER_MIN 60000

static int64_t read_clock(clockid_t id)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t qiao_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t qiao_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void qiao_sleep_ms(int64_t ms)
{
	struct timespec ts = { (time_t)(ms / 1000), (ms % 1000) * 1000000 };

	if (ms <= 0)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		continue;
}

static bool is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_len(int y, int m)
{
	static const uint8_t len[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };

	return len[m - 1] + (m == 2 && is_leap(y));
}

char *qiao_time_format(char *out, int64_t ms, int offset_min)
{
	struct tm tm;
	int64_t local;
	time_t s;
	int n, frac, off = offset_min < 0 ? -offset_min : offset_min;

	snprintf(out, QIAO_TIME_LEN, "out-of-range");
	if (off >= 24 * 60 || ms < QIAO_TIME_MS_MIN || ms > QIAO_TIME_MS_MAX)
		return out;
	local = ms + (int64_t)offset_min * MS_PER_MIN;
	if (local < QIAO_TIME_MS_MIN || local > QIAO_TIME_MS_MAX)
		return out;
	frac = (int)((local % 1000 + 1000) % 1000);
	s = (time_t)((local - frac) / 1000);
	if (!gmtime_r(&s, &tm))
		return out;
	n = snprintf(out, QIAO_TIME_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%03d",
		     tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		     tm.tm_min, tm.tm_sec, frac);
	if (offset_min == 0)
		snprintf(out + n, QIAO_TIME_LEN - (size_t)n, "Z");
	else
		snprintf(out + n, QIAO_TIME_LEN - (size_t)n, "%c%02d:%02d",
			 offset_min < 0 ? '-' : '+', off / 60, off % 60);
	return out;
}

/* Exactly n decimal digits; -1 and a failed reader otherwise. */
static int get_digits(struct qiao_reader *r, size_t n)
{
	struct qiao_slice s = qiao_get(r, n);
	int v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			qiao_reader_fail(r, QIAO_E_MALFORMED);
		else
			v = v * 10 + (s.p[i] - '0');
	}
	return r->err == QIAO_OK ? v : -1;
}

static int get_in(struct qiao_reader *r, int min, int max)
{
	int v = get_digits(r, 2);

	if (v < min || v > max)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	return v;
}

static void get_char(struct qiao_reader *r, char want)
{
	if (qiao_get_u8(r) != (uint8_t)want)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static void get_date(struct qiao_reader *r, struct tm *tm)
{
	int y = get_digits(r, 4);
	int m, d;

	get_char(r, '-');
	m = get_in(r, 1, 12);
	get_char(r, '-');
	d = get_in(r, 1, 31);
	if (r->err == QIAO_OK && (y < 1 || d > month_len(y, m)))
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	tm->tm_year = y - 1900;
	tm->tm_mon = m - 1;
	tm->tm_mday = d;
}

/* Up to nine digits are read, what is below a millisecond is cut. */
static int get_fraction_ms(struct qiao_reader *r)
{
	int ms = 0, n = 0;

	if (qiao_peek_u8(r) != '.')
		return 0;
	qiao_get_u8(r);
	while (is_digit(qiao_peek_u8(r))) {
		int digit = get_digits(r, 1);

		if (++n <= 3)
			ms = ms * 10 + digit;
	}
	if (n == 0 || n > 9)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	while (n++ < 3)
		ms *= 10;
	return ms;
}

static int get_offset_min(struct qiao_reader *r)
{
	uint8_t sign = qiao_get_u8(r);
	int h, m;

	if (sign == 'Z')
		return 0;
	if (sign != '+' && sign != '-')
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	h = get_in(r, 0, 23);
	get_char(r, ':');
	m = get_in(r, 0, 59);
	return sign == '-' ? -(h * 60 + m) : h * 60 + m;
}

bool qiao_time_parse(int64_t *ms, struct qiao_slice text, int offset_min)
{
	struct qiao_reader r = qiao_reader_of(text);
	struct tm tm = { 0 };
	int frac = 0;

	*ms = 0;
	get_date(&r, &tm);
	if (r.err == QIAO_OK && r.left > 0) {
		get_char(&r, 'T');
		tm.tm_hour = get_in(&r, 0, 23);
		get_char(&r, ':');
		tm.tm_min = get_in(&r, 0, 59);
		get_char(&r, ':');
		tm.tm_sec = get_in(&r, 0, 59);
		frac = get_fraction_ms(&r);
		offset_min = get_offset_min(&r);
	}
	if (qiao_reader_finish(&r) != QIAO_OK)
		return false;
	*ms = ((int64_t)timegm(&tm) - (int64_t)offset_min * 60) * 1000 + frac;
	return true;
}
