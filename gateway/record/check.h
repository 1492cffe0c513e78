/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syntax and check digits of identifiers. Pure: today's date is an argument.
 * No function here keeps, logs or returns the value it looks at.
 */
#ifndef GATEWAY_RECORD_CHECK_H
#define GATEWAY_RECORD_CHECK_H

#include "gateway/include/qiao/types.h"

enum qiao_check {
	QIAO_CHECK_NONE = 0,    /* "opaque": anything */
	QIAO_CHECK_USCI,        /* "usci": GB 32100-2015, both digits */
	QIAO_CHECK_ORG_CODE,    /* "org-code": GB 11714, with or without dash */
	QIAO_CHECK_CITIZEN_ID,  /* "citizen-id": GB 11643-1999 */
	QIAO_CHECK_CERT_ID,     /* "cert-id": GB/T 36904, MOD 37,36 */
	QIAO_CHECK_CERT_TYPE,   /* "cert-type": USCI and three digits */
	QIAO_CHECK_PATENT,      /* "patent": application or ZL number */
	QIAO_CHECK_WORK_REG,    /* "work-registration" */
	QIAO_CHECK_DATE,        /* "date": YYYY-MM-DD, a day that exists */
	QIAO_CHECK_VALID_TO,    /* "date-or-long-term": also 长期 */
	QIAO_CHECK_REGION,      /* "region": GB/T 2260, six digits */
	QIAO_CHECK_HEX32,       /* "hex32": 64 lower-case hex digits */
	QIAO_CHECK_FINGERPRINT, /* "work-fingerprint": the same, as an id */
	QIAO_CHECK_NOTARY_NO,   /* "notary-no": loose, year and 第n号 */
	QIAO_CHECK_INVOICE,     /* "invoice": 20 digits, or code ":" number */
	QIAO_CHECK_INVOICE_CODE,   /* "invoice-code": 10 or 12 digits */
	QIAO_CHECK_INVOICE_NUMBER, /* "invoice-number": 8 or 20 digits */
	QIAO_CHECK_RFC3161, /* "rfc3161": not built yet, so never passes */
};

/* Name in configuration; false and *out NONE for an unknown one. */
bool qiao_check_find(enum qiao_check *out, const char *name);
const char *qiao_check_name(enum qiao_check c);
/* The i-th name, NULL past the end: for messages that list them. */
const char *qiao_check_name_at(size_t i);

/*
 * NULL when the value passes, else a word that says what is wrong and repeats
 * nothing of it: "syntax", "check-digit", "org-code-digit", "area", "date",
 * "future", "R_ID_OLD" (a citizen number of 15 digits), "not-built". now_ms
 * gives today's date, in China (UTC+8).
 */
const char *qiao_check_value(enum qiao_check c, struct qiao_slice value,
			     int64_t now_ms);

/* The certificate type (21 characters) in a certificate identifier that
 * passes QIAO_CHECK_CERT_ID; empty otherwise. Borrows from id. */
struct qiao_slice qiao_cert_id_type(struct qiao_slice id);

#endif
