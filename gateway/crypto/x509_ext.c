/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of certificates: RFC 5280 4.2, as strict as Go's crypto/x509. */
#include "gateway/crypto/cert.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/der.h"

#include <limits.h>

bool qiao_ext_next(struct qiao_reader *r, struct qiao_ext *out)
{
	struct qiao_reader in;
	struct qiao_slice flag = { NULL, 0 };

	if (r->err != QIAO_OK || r->left == 0)
		return false;
	in = qiao_reader_of(qiao_der_get(r, QIAO_DER_SEQUENCE));
	out->oid = qiao_der_get(&in, QIAO_DER_OID);
	if (qiao_der_next_is(&in, QIAO_DER_BOOLEAN)) {
		flag = qiao_der_get(&in, QIAO_DER_BOOLEAN);
		if (flag.n != 1 || (flag.p[0] != 0 && flag.p[0] != 0xff))
			qiao_reader_fail(&in, QIAO_E_NONCANON);
	}
	out->critical = flag.n == 1 && flag.p[0] != 0;
	out->value = qiao_der_get(&in, QIAO_DER_OCTETS);
	qiao_reader_fail(r, qiao_reader_finish(&in));
	return r->err == QIAO_OK;
}

bool qiao_ext_is(const struct qiao_ext *e, uint8_t n)
{
	return e->oid.n == 3 && e->oid.p[0] == 0x55 && e->oid.p[1] == 0x1d &&
	       e->oid.p[2] == n;
}

struct qiao_slice qiao_ext_aki(struct qiao_reader *r, const struct qiao_ext *e)
{
	struct qiao_reader outer = qiao_reader_of(e->value);
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	struct qiao_slice keyid = { NULL, 0 };

	if (qiao_der_next_is(&in, 0x80))
		keyid = qiao_der_get(&in, 0x80);
	qiao_reader_fail(r, outer.err);
	qiao_reader_fail(r, in.err);
	return keyid;
}

static void get_ski(struct qiao_reader *r, struct qiao_cert *c,
		    const struct qiao_ext *e)
{
	struct qiao_reader in = qiao_reader_of(e->value);

	c->ski = qiao_der_get(&in, QIAO_DER_OCTETS);
	qiao_reader_fail(r, in.err);
}

static void get_basic(struct qiao_reader *r, struct qiao_cert *c,
		      const struct qiao_ext *e)
{
	struct qiao_reader outer = qiao_reader_of(e->value);
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	struct qiao_slice v;

	if (qiao_der_next_is(&in, QIAO_DER_BOOLEAN)) {
		v = qiao_der_get(&in, QIAO_DER_BOOLEAN);
		if (v.n != 1 || (v.p[0] != 0 && v.p[0] != 0xff))
			qiao_reader_fail(&in, QIAO_E_NONCANON);
		c->ca = v.n == 1 && v.p[0] == 0xff;
	}
	if (qiao_der_next_is(&in, QIAO_DER_INTEGER)) {
		v = qiao_der_get_integer(&in);
		if (v.n > 0 && v.p[0] >= 0x80)
			qiao_reader_fail(&in, QIAO_E_MALFORMED);
		/* more than 127 intermediates are as good as no limit */
		c->path_len = v.n == 1 ? v.p[0] : INT_MAX;
	}
	qiao_reader_fail(r, outer.err);
	qiao_reader_fail(r, in.err);
}

/* A BIT STRING of flags; keyCertSign is bit 5. */
static void get_key_usage(struct qiao_reader *r, struct qiao_cert *c,
			  const struct qiao_ext *e)
{
	struct qiao_reader in = qiao_reader_of(e->value);
	struct qiao_slice v = qiao_der_get(&in, QIAO_DER_BITS);
	bool any = false;

	if (v.n == 0 || v.p[0] > 7 || (v.n == 1 && v.p[0] != 0))
		qiao_reader_fail(&in, QIAO_E_MALFORMED);
	for (size_t i = 1; i < v.n; i++)
		any = any || v.p[i] != 0;
	/* no bit at all is to Go as if the extension were absent */
	c->signs_certs = !any || (v.p[1] & 0x04) != 0;
	qiao_reader_fail(r, in.err);
}

static void get_ext_usage(struct qiao_reader *r, struct qiao_cert *c,
			  const struct qiao_ext *e)
{
	static const uint8_t server[] = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0 };
	struct qiao_reader outer = qiao_reader_of(e->value);
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));

	c->serves = in.left == 0;
	while (in.err == QIAO_OK && in.left > 0) {
		struct qiao_slice oid = qiao_der_get(&in, QIAO_DER_OID);

		if (qiao_slice_eq(oid, qiao_slice_of(server, sizeof(server))) ||
		    qiao_slice_eq(oid, qiao_slice_of(any, sizeof(any))))
			c->serves = true;
	}
	qiao_reader_fail(r, outer.err);
	qiao_reader_fail(r, in.err);
}

/*
 * Those that Go processes, as last numbers of 2.5.29; source: go
 * crypto/x509 processExtensions.
 */
static bool is_known(const struct qiao_ext *e)
{
	static const uint8_t known[] = { 14, 15, 17, 19, 30, 31, 32, 35, 37 };

	for (size_t i = 0; i < sizeof(known); i++)
		if (qiao_ext_is(e, known[i]))
			return true;
	return false;
}

void qiao_cert_get_extensions(struct qiao_reader *r, struct qiao_cert *c)
{
	struct qiao_reader outer =
		qiao_reader_of(qiao_der_get(r, QIAO_DER_CONTEXT(3)));
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	uint64_t seen = 0;
	struct qiao_ext e;

	while (qiao_ext_next(&in, &e)) {
		if (!is_known(&e)) {
			c->unknown_critical |= e.critical;
			continue;
		}
		if (seen >> e.oid.p[2] & 1) /* which of the two would count? */
			qiao_reader_fail(&in, QIAO_E_MALFORMED);
		seen |= UINT64_C(1) << e.oid.p[2];
		if (qiao_ext_is(&e, QIAO_EXT_SKI))
			get_ski(&in, c, &e);
		else if (qiao_ext_is(&e, QIAO_EXT_AKI))
			c->aki = qiao_ext_aki(&in, &e);
		else if (qiao_ext_is(&e, QIAO_EXT_BASIC))
			get_basic(&in, c, &e);
		else if (qiao_ext_is(&e, QIAO_EXT_KEY_USAGE))
			get_key_usage(&in, c, &e);
		else if (qiao_ext_is(&e, QIAO_EXT_EXT_USAGE))
			get_ext_usage(&in, c, &e);
	}
	qiao_reader_fail(r, qiao_reader_finish(&in));
	qiao_reader_fail(r, qiao_reader_finish(&outer));
}
