/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/check.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"

#include <stdio.h>
#include <string.h>

#define CHINA_OFFSET_MIN (8 * 60)

static const char syntax[] = "syntax";
static const char check_digit[] = "check-digit";

static struct qiao_slice part(struct qiao_slice s, size_t at, size_t n)
{
	return qiao_slice_of(s.p + at, n);
}

static bool digits(struct qiao_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static bool has_prefix(struct qiao_slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static bool has_suffix(struct qiao_slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

/* 0-9 A-Z: 0 to 35; -1 otherwise. */
static int value36(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return -1;
}

static bool all36(struct qiao_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (value36(s.p[i]) < 0)
			return false;
	return s.n > 0;
}

/* Sum of value times weight, modulo 11; the characters were looked at. */
static int weigh11(struct qiao_slice s, const uint8_t *weights)
{
	int sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += value36(s.p[i]) * weights[i];
	return sum % 11;
}

/* Four digits, a year that has begun. */
static const char *check_year(struct qiao_slice year, int64_t now_ms)
{
	char now[QIAO_TIME_LEN];

	if (!digits(year))
		return syntax;
	qiao_time_format(now, now_ms, CHINA_OFFSET_MIN);
	return memcmp(year.p, now, 4) > 0 ? "future" : NULL;
}

/* GB 11714: weights 3 7 9 10 5 8 4 2, 11 - S mod 11, 10 is X, 11 is 0. */
static bool org_digit_ok(struct qiao_slice body, uint8_t digit)
{
	static const uint8_t weights[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	static const char digit_of[] = "0X987654321";

	return digit == (uint8_t)digit_of[weigh11(body, weights)];
}

static const char *check_org_code(struct qiao_slice v, int64_t now_ms)
{
	(void)now_ms;
	if (v.n == 10 && v.p[8] != '-')
		return syntax;
	if (v.n != 9 && v.n != 10)
		return syntax;
	if (!all36(part(v, 0, 8)) || !all36(part(v, v.n - 1, 1)))
		return syntax;
	return org_digit_ok(part(v, 0, 8), v.p[v.n - 1]) ? NULL : check_digit;
}

/*
 * GB 32100-2015: weights 3^i mod 31 over an alphabet without I O Z S V; the
 * subject code inside (characters 9 to 17) has a digit of its own.
 */
static const char *check_usci(struct qiao_slice v, int64_t now_ms)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	size_t sum = 0, weight = 1;

	(void)now_ms;
	if (v.n != 18)
		return syntax;
	for (size_t i = 0; i < 18; i++) {
		const char *at = v.p[i] ? strchr(alphabet, v.p[i]) : NULL;

		if (!at)
			return syntax;
		if (i < 17)
			sum += (size_t)(at - alphabet) * weight;
		weight = weight * 3 % 31;
	}
	if (!digits(part(v, 2, 6)))
		return "area";
	if (v.p[17] != (uint8_t)alphabet[(31 - sum % 31) % 31])
		return check_digit;
	return org_digit_ok(part(v, 8, 8), v.p[16]) ? NULL : "org-code-digit";
}

/* The provinces of GB/T 2260; the counties below them change every year. */
static bool province_ok(struct qiao_slice area)
{
	static const char known[] =
		"11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 "
		"46 50 51 52 53 54 61 62 63 64 65 71 81 82 83";
	char two[3];

	qiao_str_copy(two, sizeof(two), part(area, 0, 2));
	return strstr(known, two) != NULL;
}

static const char *check_region(struct qiao_slice v, int64_t now_ms)
{
	(void)now_ms;
	if (v.n != 6 || !digits(v))
		return syntax;
	if (qiao_slice_is(v, "100000")) /* the whole country */
		return NULL;
	return province_ok(v) ? NULL : "area";
}

/* A day that exists and has begun in China; ymd: YYYYMMDD, digits. */
static const char *check_birthday(struct qiao_slice ymd, int64_t now_ms)
{
	char text[16];
	int64_t ms;

	snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", (const char *)ymd.p,
		 (const char *)ymd.p + 4, (const char *)ymd.p + 6);
	if (!qiao_time_parse(&ms, qiao_slice_str(text), CHINA_OFFSET_MIN))
		return "date";
	return ms > now_ms ? "future" : NULL;
}

/* GB 11643-1999 */
static const char *check_citizen_id(struct qiao_slice v, int64_t now_ms)
{
	static const uint8_t weights[] = { 7, 9, 10, 5,  8, 4, 2, 1, 6,
					   3, 7, 9,  10, 5, 8, 4, 2 };
	static const char digit_of[] = "10X98765432";
	const char *bad;
	uint8_t last;

	if (v.n == 15 && digits(v))
		return "R_ID_OLD";
	if (v.n != 18 || !digits(part(v, 0, 17)))
		return syntax;
	if (!province_ok(v))
		return "area";
	bad = check_birthday(part(v, 6, 8), now_ms);
	if (bad)
		return bad;
	last = v.p[17] == 'x' ? 'X' : v.p[17];
	if (last != 'X' && (last < '0' || last > '9'))
		return syntax;
	if (last != (uint8_t)digit_of[weigh11(part(v, 0, 17), weights)])
		return check_digit;
	return NULL;
}

static const char *check_cert_type(struct qiao_slice v, int64_t now_ms)
{
	if (v.n != 21 || !digits(part(v, 18, 3)))
		return syntax;
	return check_usci(part(v, 0, 18), now_ms);
}

enum cert_part {
	CERT_TYPE,
	CERT_ISSUER,
	CERT_SERIAL,
	CERT_VERSION,
	CERT_CHECK,
	CERT_PARTS
};

/* root.type.issuer.serial.version.check (GB/T 36904) */
static bool cert_split(struct qiao_slice parts[CERT_PARTS], struct qiao_slice v)
{
	static const char cert_root[] = "1.2.156.3005.2.";
	size_t at = sizeof(cert_root) - 1, n = 0;

	if (!has_prefix(v, cert_root))
		return false;
	while (n < CERT_PARTS) {
		const uint8_t *dot = memchr(v.p + at, '.', v.n - at);
		size_t end = dot ? (size_t)(dot - v.p) : v.n;

		parts[n++] = part(v, at, end - at);
		if (!dot)
			return n == CERT_PARTS;
		at = end + 1;
	}
	return false;
}

/* ISO/IEC 7064 MOD 37,36 (GB/T 17710), over the first four parts. */
static uint8_t mod37_36(const struct qiao_slice parts[CERT_PARTS])
{
	int p = 36;

	for (size_t i = 0; i < CERT_CHECK; i++) {
		for (size_t j = 0; j < parts[i].n; j++) {
			int s = (p + value36(parts[i].p[j])) % 36;

			p = (s ? s : 36) * 2 % 37;
		}
	}
	p = (37 - p) % 36;
	return (uint8_t)(p < 10 ? '0' + p : 'A' + p - 10);
}

/* A credit code, or what older chains hold: an area or organisation code. */
static const char *check_cert_issuer(struct qiao_slice v, int64_t now_ms)
{
	if (v.n == 6)
		return check_region(v, now_ms);
	if (v.n == 9)
		return check_org_code(v, now_ms);
	return check_usci(v, now_ms);
}

static const char *check_cert_id(struct qiao_slice v, int64_t now_ms)
{
	struct qiao_slice parts[CERT_PARTS];
	const char *bad;

	if (!cert_split(parts, v))
		return syntax;
	bad = check_cert_type(parts[CERT_TYPE], now_ms);
	if (!bad)
		bad = check_cert_issuer(parts[CERT_ISSUER], now_ms);
	if (bad)
		return bad;
	if (!all36(parts[CERT_SERIAL]) || parts[CERT_SERIAL].n > 32)
		return syntax;
	if (parts[CERT_VERSION].n != 3 || !digits(parts[CERT_VERSION]) ||
	    qiao_slice_is(parts[CERT_VERSION], "000"))
		return syntax;
	if (parts[CERT_CHECK].n != 1 || !all36(parts[CERT_CHECK]))
		return syntax;
	return parts[CERT_CHECK].p[0] == mod37_36(parts) ? NULL : check_digit;
}

struct qiao_slice qiao_cert_id_type(struct qiao_slice id)
{
	struct qiao_slice parts[CERT_PARTS];

	if (!cert_split(parts, id) || parts[CERT_TYPE].n != 21)
		return qiao_slice_of(NULL, 0);
	return parts[CERT_TYPE];
}

/* year, kind, serial, ".", digit: weights 2 to 9, then 2 to 5, mod 11 */
static const char *check_patent(struct qiao_slice v, int64_t now_ms)
{
	static const uint8_t weights[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	static const char digit_of[] = "0123456789X";
	const char *bad = NULL;
	size_t n;

	if (has_prefix(v, "ZL"))
		v = part(v, 2, v.n - 2);
	if (v.n != 14 && v.n != 10)
		return syntax;
	n = v.n - 2;
	if (!digits(part(v, 0, n)) || v.p[n] != '.')
		return syntax;
	if (n == 12)
		bad = check_year(part(v, 0, 4), now_ms);
	if (bad)
		return bad;
	if (!strchr("12389", v.p[n == 12 ? 4 : 2]))
		return syntax;
	if (v.p[n + 1] != (uint8_t)digit_of[weigh11(part(v, 0, n), weights)])
		return check_digit;
	return NULL;
}

/* One ideograph (U+4E00 to U+9FA5), then -YYYY-<A-Z>-<8 digits>. */
static const char *check_work_reg(struct qiao_slice v, int64_t now_ms)
{
	static const char middle[] = "作登字-";
	const size_t m = sizeof(middle) - 1;
	struct qiao_slice rest;

	if (v.n != 3 + m + 4 + 1 + 1 + 1 + 8 || !qiao_utf8_valid(v))
		return syntax;
	if (memcmp(v.p, "一", 3) < 0 || memcmp(v.p, "龥", 3) > 0)
		return syntax;
	if (memcmp(v.p + 3, middle, m) != 0)
		return syntax;
	rest = part(v, 3 + m, v.n - 3 - m);
	if (rest.p[4] != '-' || rest.p[5] < 'A' || rest.p[5] > 'Z' ||
	    rest.p[6] != '-' || !digits(part(rest, 7, 8)))
		return syntax;
	return check_year(part(rest, 0, 4), now_ms);
}

static const char *check_date(struct qiao_slice v, int64_t now_ms)
{
	int64_t ms;

	(void)now_ms;
	if (v.n != 10)
		return syntax;
	return qiao_time_parse(&ms, v, 0) ? NULL : "date";
}

static const char *check_valid_to(struct qiao_slice v, int64_t now_ms)
{
	return qiao_slice_is(v, "长期") ? NULL : check_date(v, now_ms);
}

static const char *check_hex32(struct qiao_slice v, int64_t now_ms)
{
	(void)now_ms;
	if (v.n != 64)
		return syntax;
	for (size_t i = 0; i < v.n; i++)
		if (!v.p[i] || !strchr("0123456789abcdef", v.p[i]))
			return syntax;
	return NULL;
}

/* Free form; only a year at the start and 第n号 at the end are common. */
static const char *check_notary_no(struct qiao_slice v, int64_t now_ms)
{
	size_t open = has_prefix(v, "(") ? 1 : has_prefix(v, "（") ? 3 : 0;
	size_t end, n = 0;

	if (!qiao_utf8_valid(v) || v.n < open + 4 || !has_suffix(v, "号"))
		return syntax;
	end = v.n - strlen("号");
	while (end > n && v.p[end - n - 1] >= '0' && v.p[end - n - 1] <= '9')
		n++;
	if (n == 0 || !has_suffix(part(v, 0, end - n), "第"))
		return syntax;
	return check_year(part(v, open, 4), now_ms);
}

static const char *check_invoice_code(struct qiao_slice v, int64_t now_ms)
{
	(void)now_ms;
	return (v.n == 10 || v.n == 12) && digits(v) ? NULL : syntax;
}

static const char *check_invoice_number(struct qiao_slice v, int64_t now_ms)
{
	(void)now_ms;
	return (v.n == 8 || v.n == 20) && digits(v) ? NULL : syntax;
}

/* The uniqueness key: a 数电票 has no code, an older invoice has both. */
static const char *check_invoice(struct qiao_slice v, int64_t now_ms)
{
	size_t code;

	if (v.n == 20 && digits(v))
		return NULL;
	if (v.n != 19 && v.n != 21)
		return syntax;
	code = v.n - 9;
	if (v.p[code] != ':' || !digits(part(v, code + 1, 8)))
		return syntax;
	return check_invoice_code(part(v, 0, code), now_ms);
}

static const char *check_rfc3161(struct qiao_slice v, int64_t now_ms)
{
	(void)v;
	(void)now_ms;
	return "not-built";
}

/* clang-format off */
static const struct row {
	const char *name;
	const char *(*check)(struct qiao_slice v, int64_t now_ms);
} rows[] = {
	[QIAO_CHECK_NONE]           = { "opaque", NULL },
	[QIAO_CHECK_USCI]           = { "usci", check_usci },
	[QIAO_CHECK_ORG_CODE]       = { "org-code", check_org_code },
	[QIAO_CHECK_CITIZEN_ID]     = { "citizen-id", check_citizen_id },
	[QIAO_CHECK_CERT_ID]        = { "cert-id", check_cert_id },
	[QIAO_CHECK_CERT_TYPE]      = { "cert-type", check_cert_type },
	[QIAO_CHECK_PATENT]         = { "patent", check_patent },
	[QIAO_CHECK_WORK_REG]       = { "work-registration", check_work_reg },
	[QIAO_CHECK_DATE]           = { "date", check_date },
	[QIAO_CHECK_VALID_TO]       = { "date-or-long-term", check_valid_to },
	[QIAO_CHECK_REGION]         = { "region", check_region },
	[QIAO_CHECK_HEX32]          = { "hex32", check_hex32 },
	[QIAO_CHECK_FINGERPRINT]    = { "work-fingerprint", check_hex32 },
	[QIAO_CHECK_NOTARY_NO]      = { "notary-no", check_notary_no },
	[QIAO_CHECK_INVOICE]        = { "invoice", check_invoice },
	[QIAO_CHECK_INVOICE_CODE]   = { "invoice-code", check_invoice_code },
	[QIAO_CHECK_INVOICE_NUMBER] = { "invoice-number", check_invoice_number },
	[QIAO_CHECK_RFC3161]        = { "rfc3161", check_rfc3161 },
};
/* clang-format on */
#define ROWS (sizeof(rows) / sizeof(rows[0]))

bool qiao_check_find(enum qiao_check *out, const char *name)
{
	*out = QIAO_CHECK_NONE;
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*out = (enum qiao_check)i;
			return true;
		}
	}
	return false;
}

const char *qiao_check_name(enum qiao_check c)
{
	return (size_t)c < ROWS ? rows[c].name : "?";
}

const char *qiao_check_name_at(size_t i)
{
	return i < ROWS ? rows[i].name : NULL;
}

const char *qiao_check_value(enum qiao_check c, struct qiao_slice value,
			     int64_t now_ms)
{
	if ((size_t)c >= ROWS)
		return "not-built";
	return rows[c].check ? rows[c].check(value, now_ms) : NULL;
}
