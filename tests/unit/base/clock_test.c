/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#define BEIJING 480

/* clang-format off */
static const struct {
	const char *text;
	int64_t ms;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01", -8 * 3600000 },
	{ "1970-01-01T08:00:00+08:00", 0 },
	{ "2026-11-20T10:00:00.123+08:00", 1795140000123 },
	{ "2026-11-20T02:00:00.123Z", 1795140000123 },
	{ "2026-11-19T20:30:00.123-05:30", 1795140000123 },
	{ "2026-11-20T02:00:00.1Z", 1795140000100 },
	{ "2026-11-20T02:00:00.123999999Z", 1795140000123 },
	{ "2024-02-29T00:00:00Z", 1709164800000 },
	{ "2000-02-29T00:00:00Z", 951782400000 },
	{ "1969-12-31T23:59:59.999Z", -1 },
	{ "1900-02-28T00:00:00Z", -2203977600000 },
	{ "9999-12-31T23:59:59.999Z", 253402300799999 },
	{ "0001-01-01T00:00:00Z", -62135596800000 },
};

static const char *const bad[] = {
	"", "2026", "2026-11", "2026-11-2", "2026-1-20", "26-11-20",
	"2026-11-20T", "2026-11-20T10:00:00", "2026-11-20T10:00:00.Z",
	"2026-11-20T10:00:00.1234567890Z", "2026-11-20t10:00:00Z",
	"2026-11-20T10:00:00z", "2026-11-20 10:00:00Z", "2026-11-20T10:00Z",
	"2026-11-20T24:00:00Z", "2026-11-20T23:60:00Z", "2026-11-20T23:59:60Z",
	"2026-00-20", "2026-13-20", "2026-11-00", "2026-11-31", "2026-02-29",
	"1900-02-29", "2100-02-29", "0000-01-01", "-026-11-20", "+026-11-20",
	"2026-11-20T10:00:00+24:00", "2026-11-20T10:00:00+08:60",
	"2026-11-20T10:00:00+0800", "2026-11-20T10:00:00+08", "2026-11-20Z",
	"2026-11-20T10:00:00Z ", " 2026-11-20T10:00:00Z",
};
/* clang-format on */

static void rfc3339_and_bare_dates_are_read(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ms = 5;

		if (!qiao_time_parse(&ms, qiao_slice_str(good[i].text),
				     BEIJING) ||
		    ms != good[i].ms)
			CU_FAIL(good[i].text);
	}
}

static void everything_else_is_refused(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t ms = 5;

		if (qiao_time_parse(&ms, qiao_slice_str(bad[i]), BEIJING) ||
		    ms != 0)
			CU_FAIL(bad[i]);
	}
}

static void a_time_cut_anywhere_is_refused_or_a_date(void)
{
	struct qiao_slice s = qiao_slice_str("2026-11-20T10:00:00.123+08:00");
	int64_t ms;

	for (size_t n = 0; n < s.n; n++)
		CU_ASSERT_EQUAL(
			qiao_time_parse(&ms, qiao_slice_of(s.p, n), BEIJING),
			n == 10);
}

static const struct {
	int64_t ms;
	int offset_min;
	const char *text;
} formats[] = {
	{ 0, 0, "1970-01-01T00:00:00.000Z" },
	{ -1, 0, "1969-12-31T23:59:59.999Z" },
	{ 1795140000123, BEIJING, "2026-11-20T10:00:00.123+08:00" },
	{ 1795140000123, -330, "2026-11-19T20:30:00.123-05:30" },
	{ INT64_MAX, BEIJING, "out-of-range" },
	{ INT64_MIN, -BEIJING, "out-of-range" },
	{ 0, 1440, "out-of-range" },
};

static void times_are_written_with_their_offset(void)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char out[QIAO_TIME_LEN];

		CU_ASSERT_STRING_EQUAL(qiao_time_format(out, formats[i].ms,
							formats[i].offset_min),
				       formats[i].text);
	}
}

static void what_is_written_is_read_back(void)
{
	const int64_t step = 86400000 * (int64_t)97 + 3661001;

	for (int64_t ms = -62135500000000; ms < 253402200000000; ms += step) {
		char out[QIAO_TIME_LEN];
		int64_t back;

		qiao_time_format(out, ms, -90);
		if (!qiao_time_parse(&back, qiao_slice_str(out), BEIJING) ||
		    back != ms)
			CU_FAIL("not read back");
	}
}

static void clocks_run_forward(void)
{
	int64_t start = qiao_monotonic_ms();

	qiao_sleep_ms(0);
	qiao_sleep_ms(-5);
	qiao_sleep_ms(3);
	CU_ASSERT_TRUE(qiao_monotonic_ms() >= start + 3);
	CU_ASSERT_TRUE(qiao_now_ms() > 1600000000000);
}

static const struct test_case cases[] = {
	{ "RFC 3339 and bare dates are read", rfc3339_and_bare_dates_are_read },
	{ "everything else is refused", everything_else_is_refused },
	{ "a time cut anywhere is refused or a date",
	  a_time_cut_anywhere_is_refused_or_a_date },
	{ "times are written with their offset",
	  times_are_written_with_their_offset },
	{ "what is written is read back", what_is_written_is_read_back },
	{ "clocks run forward", clocks_run_forward },
	{ NULL, NULL },
};

const struct test_suite clock_test_suite = { "base/clock", cases };
