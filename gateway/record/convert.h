/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a value as a foreign chain writes it to a value of docs/wire.md 3.
 * Private to this folder. A result that is not NULL is the last word of a
 * finding (finding.h); it repeats nothing of the value.
 */
#ifndef GATEWAY_RECORD_CONVERT_H
#define GATEWAY_RECORD_CONVERT_H

#include "gateway/base/buf.h"

enum qiao_as {
	QIAO_AS_TEXT = 0,
	QIAO_AS_INTEGER, /* decimal, no leading zeros */
	QIAO_AS_YUAN,    /* "12.3" becomes fen, "1230" */
	QIAO_AS_DATE,    /* YYYY-MM-DD */
	QIAO_AS_INSTANT, /* RFC 3339 UTC */
	QIAO_AS_BOOLEAN,
};

enum qiao_time_form {
	QIAO_FORM_ISO = 0, /* YYYY-MM-DD, or RFC 3339 with offset */
	QIAO_FORM_COMPACT, /* YYYYMMDD */
	QIAO_FORM_SLASH,   /* YYYY/M/D */
	QIAO_FORM_ZH,      /* YYYY年M月D日 */
	QIAO_FORM_SECONDS, /* since 1970 UTC */
	QIAO_FORM_MILLISECONDS,
};

/* Names in configuration, in the order of the enums; end with NULL. */
extern const char *const qiao_as_words[];
extern const char *const qiao_time_form_words[];

struct qiao_form {
	enum qiao_as as;
	enum qiao_time_form time;
	int offset_min; /* of dates without offset */
};

/* Append the converted value. */
const char *qiao_convert(struct qiao_buf *out, const struct qiao_form *f,
			 struct qiao_slice text);

/*
 * The moment; *whole_day when only a day was given: its first millisecond. As
 * f->time says, f->as is not looked at. *ms 0 on failure.
 */
const char *qiao_convert_time(int64_t *ms, bool *whole_day,
			      const struct qiao_form *f,
			      struct qiao_slice text);

#endif
