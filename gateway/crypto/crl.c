/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists: RFC 5280 5.1, read by our own strict reader alone. */
#include "gateway/crypto/x509.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/cert.h"
#include "gateway/crypto/der.h"
#include "gateway/crypto/pem.h"

#include <stdlib.h>

struct qiao_crl {
	struct qiao_slice der; /* owned; what follows points into it */
	struct qiao_signed parts;
	struct qiao_slice issuer, aki;
	struct qiao_slice *serials; /* ascending by qiao_slice_cmp */
	size_t n;
};

static bool next_is_time(const struct qiao_reader *r)
{
	return qiao_der_next_is(r, QIAO_DER_UTC_TIME) ||
	       qiao_der_next_is(r, QIAO_DER_GENERAL_TIME);
}

static void get_time(struct qiao_reader *r)
{
	if (!next_is_time(r))
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	qiao_der_get(r, qiao_peek_u8(r));
}

/* SEQUENCE { serial, date, extensions if any } */
static struct qiao_slice get_entry(struct qiao_reader *r)
{
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(r, QIAO_DER_SEQUENCE));
	struct qiao_slice serial = qiao_der_get_integer(&in);

	get_time(&in);
	if (qiao_der_next_is(&in, QIAO_DER_SEQUENCE))
		qiao_der_get(&in, QIAO_DER_SEQUENCE);
	qiao_reader_fail(r, qiao_reader_finish(&in));
	return serial;
}

static int compare(const void *a, const void *b)
{
	const struct qiao_slice *x = a, *y = b;

	return qiao_slice_cmp(*x, *y);
}

static qiao_err take_entries(struct qiao_crl *c, struct qiao_slice list)
{
	struct qiao_reader r = qiao_reader_of(list);
	size_t n = 0;

	for (; r.err == QIAO_OK && r.left > 0; n++)
		get_entry(&r);
	if (r.err != QIAO_OK)
		return r.err;
	c->serials = qiao_calloc(n, sizeof(*c->serials));
	if (!c->serials)
		return QIAO_E_NOMEM;
	r = qiao_reader_of(list);
	for (; c->n < n; c->n++)
		c->serials[c->n] = get_entry(&r);
	qsort(c->serials, n, sizeof(*c->serials), compare);
	return QIAO_OK;
}

static void take_extensions(struct qiao_crl *c, struct qiao_reader *r)
{
	struct qiao_reader outer =
		qiao_reader_of(qiao_der_get(r, QIAO_DER_CONTEXT(0)));
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	bool seen = false;
	struct qiao_ext e;

	while (qiao_ext_next(&in, &e)) {
		if (!qiao_ext_is(&e, QIAO_EXT_AKI))
			continue;
		if (seen)
			qiao_reader_fail(&in, QIAO_E_MALFORMED);
		seen = true;
		c->aki = qiao_ext_aki(&in, &e);
	}
	qiao_reader_fail(r, qiao_reader_finish(&in));
	qiao_reader_fail(r, qiao_reader_finish(&outer));
}

static qiao_err parse(struct qiao_crl *c)
{
	qiao_err err = qiao_signed_parse(&c->parts, c->der);
	struct qiao_slice list = { NULL, 0 };
	struct qiao_reader outer, r;

	if (err != QIAO_OK)
		return err;
	outer = qiao_reader_of(c->parts.tbs);
	r = qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	if (qiao_der_next_is(&r, QIAO_DER_INTEGER))
		qiao_der_get_integer(&r); /* version */
	if (!qiao_slice_eq(qiao_der_get_whole(&r, QIAO_DER_SEQUENCE),
			   c->parts.alg))
		qiao_reader_fail(&r, QIAO_E_MALFORMED);
	c->issuer = qiao_der_get_whole(&r, QIAO_DER_SEQUENCE);
	get_time(&r);
	if (next_is_time(&r))
		get_time(&r);
	if (qiao_der_next_is(&r, QIAO_DER_SEQUENCE))
		list = qiao_der_get(&r, QIAO_DER_SEQUENCE);
	if (qiao_der_next_is(&r, QIAO_DER_CONTEXT(0)))
		take_extensions(c, &r);
	err = qiao_reader_finish(&r);
	return err == QIAO_OK ? take_entries(c, list) : err;
}

/* PEM if it begins as PEM, as Go's x509.ParseCRL; else the bytes themselves. */
static qiao_err to_der(struct qiao_buf *der, struct qiao_slice in)
{
	static const char start[] = "-----BEGIN ";
	struct qiao_slice label;
	qiao_err err;

	if (in.n < sizeof(start) - 1 ||
	    !qiao_slice_eq(qiao_slice_of(in.p, sizeof(start) - 1),
			   qiao_slice_str(start))) {
		qiao_buf_put(der, in);
		return der->err;
	}
	err = qiao_pem_decode(der, &label, in);
	if (err == QIAO_OK && !qiao_slice_is(label, "X509 CRL"))
		err = QIAO_E_MALFORMED;
	return err;
}

qiao_err qiao_crl_parse(struct qiao_crl **out, struct qiao_slice pem_or_der,
			struct qiao_why *why)
{
	struct qiao_buf der = { .max = QIAO_CRL_MAX };
	struct qiao_crl *c;
	qiao_err err = QIAO_E_LIMIT;

	*out = NULL;
	if (pem_or_der.n <= QIAO_CRL_MAX)
		err = to_der(&der, pem_or_der);
	c = err == QIAO_OK ? qiao_calloc(1, sizeof(*c)) : NULL;
	if (c) {
		c->der = qiao_buf_slice(&der); /* moved */
		err = parse(c);
	} else {
		qiao_buf_free(&der);
		err = err == QIAO_OK ? QIAO_E_NOMEM : err;
	}
	if (err == QIAO_OK) {
		*out = c;
		return QIAO_OK;
	}
	qiao_crl_free(c);
	return qiao_fail(why, err,
			 "revocation list: %s; it must be one X.509 CRL, in "
			 "strict DER or as PEM block \"X509 CRL\"",
			 qiao_strerror(err));
}

void qiao_crl_free(struct qiao_crl *c)
{
	if (!c)
		return;
	qiao_free(c->serials);
	qiao_free((void *)(uintptr_t)c->der.p);
	qiao_free(c);
}

struct qiao_slice qiao_crl_issuer(const struct qiao_crl *c)
{
	return c->issuer;
}

struct qiao_slice qiao_crl_aki(const struct qiao_crl *c)
{
	return c->aki;
}

bool qiao_crl_lists(const struct qiao_crl *c, struct qiao_slice serial)
{
	return c->n > 0 && bsearch(&serial, c->serials, c->n,
				   sizeof(*c->serials), compare) != NULL;
}

qiao_err qiao_crl_signed_by(const struct qiao_crl *c,
			    const struct qiao_cert *issuer)
{
	return qiao_signed_check(&c->parts, issuer);
}
