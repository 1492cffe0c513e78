/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing. Bytes that decide (names, serial, keys, extensions) are cut out by
 * our own strict reader; OpenSSL, which is lenient about BER, must accept the
 * same bytes and gives dates, names as text and the key.
 */
#include "gateway/crypto/x509.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/cert.h"
#include "gateway/crypto/der.h"
#include "gateway/crypto/pem.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

qiao_err qiao_signed_parse(struct qiao_signed *out, struct qiao_slice der)
{
	struct qiao_reader r = qiao_reader_of(der);
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&r, QIAO_DER_SEQUENCE));
	qiao_err err = qiao_reader_finish(&r);

	if (err != QIAO_OK)
		return err;
	out->tbs = qiao_der_get_whole(&in, QIAO_DER_SEQUENCE);
	out->alg = qiao_der_get_whole(&in, QIAO_DER_SEQUENCE);
	out->sig = qiao_der_get_bits(&in);
	return qiao_reader_finish(&in);
}

/* X.509 version 1, 2 or 3. */
static unsigned int get_version(struct qiao_reader *r)
{
	struct qiao_reader in;
	struct qiao_slice v;

	if (!qiao_der_next_is(r, QIAO_DER_CONTEXT(0)))
		return 1;
	in = qiao_reader_of(qiao_der_get(r, QIAO_DER_CONTEXT(0)));
	v = qiao_der_get_integer(&in);
	qiao_reader_fail(r, qiao_reader_finish(&in));
	if (v.n != 1 || v.p[0] > 2) {
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		return 0;
	}
	return v.p[0] + 1u;
}

static qiao_err cut(struct qiao_cert *c)
{
	struct qiao_reader outer, r;
	unsigned int version;
	qiao_err err = qiao_signed_parse(&c->parts, c->der);

	if (err != QIAO_OK)
		return err;
	outer = qiao_reader_of(c->parts.tbs);
	r = qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	version = get_version(&r);
	c->serial = qiao_der_get_integer(&r);
	if (!qiao_slice_eq(qiao_der_get_whole(&r, QIAO_DER_SEQUENCE),
			   c->parts.alg))
		qiao_reader_fail(&r, QIAO_E_MALFORMED);
	c->issuer = qiao_der_get_whole(&r, QIAO_DER_SEQUENCE);
	qiao_der_get(&r, QIAO_DER_SEQUENCE); /* validity: by OpenSSL */
	c->subject = qiao_der_get_whole(&r, QIAO_DER_SEQUENCE);
	c->spki = qiao_der_get_whole(&r, QIAO_DER_SEQUENCE);
	if (version > 1 && qiao_der_next_is(&r, 0x81)) /* unique ids */
		qiao_der_get(&r, 0x81);
	if (version > 1 && qiao_der_next_is(&r, 0x82))
		qiao_der_get(&r, 0x82);
	if (version == 3 && qiao_der_next_is(&r, QIAO_DER_CONTEXT(3)))
		qiao_cert_get_extensions(&r, c);
	return qiao_reader_finish(&r);
}

/* clang-format off */
#define EC_KEY_OID 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
/* Whole AlgorithmIdentifiers of subject keys: RFC 5480, 8410, 3279. */
static const struct {
	enum qiao_cert_key kind;
	int curve; /* -1: none */
	bool rsa;
	uint8_t n, alg[24];
} key_algs[] = {
	{ QIAO_CERT_KEY_P256, QIAO_CURVE_P256, false, 21,
	  { 0x30, 19, EC_KEY_OID, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 } },
	{ QIAO_CERT_KEY_P384, QIAO_CURVE_P384, false, 18,
	  { 0x30, 16, EC_KEY_OID, 0x06, 5, 0x2b, 0x81, 4, 0, 34 } },
	{ QIAO_CERT_KEY_P224, QIAO_CURVE_P224, false, 18,
	  { 0x30, 16, EC_KEY_OID, 0x06, 5, 0x2b, 0x81, 4, 0, 33 } },
	{ QIAO_CERT_KEY_P521, QIAO_CURVE_P521, false, 18,
	  { 0x30, 16, EC_KEY_OID, 0x06, 5, 0x2b, 0x81, 4, 0, 35 } },
	{ QIAO_CERT_KEY_ED25519, -1, false, 7,
	  { 0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70 } },
	{ QIAO_CERT_KEY_OTHER, -1, true, 15,
	  { 0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0 } },
};
/* clang-format on */

/*
 * The kind follows from the bytes, so that a curve is what its name says and
 * not what parameters in the certificate make of it (CVE-2020-0601).
 */
static qiao_err classify(struct qiao_cert *c)
{
	struct qiao_reader outer = qiao_reader_of(c->spki);
	struct qiao_reader r =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	struct qiao_slice alg = qiao_der_get_whole(&r, QIAO_DER_SEQUENCE);
	struct qiao_slice bits = qiao_der_get_bits(&r);
	qiao_err err = qiao_reader_finish(&r);

	if (err != QIAO_OK)
		return err;
	for (size_t i = 0; i < sizeof(key_algs) / sizeof(key_algs[0]); i++) {
		if (!qiao_slice_eq(
			    alg, qiao_slice_of(key_algs[i].alg, key_algs[i].n)))
			continue;
		c->kind = key_algs[i].kind;
		c->rsa = key_algs[i].rsa;
		if (key_algs[i].curve >= 0)
			c->curve = qiao_curve(
				(enum qiao_curve_id)key_algs[i].curve);
	}
	/* Go reads uncompressed points only */
	if (c->curve && (bits.n != 1 + 2 * c->curve->n || bits.p[0] != 4))
		return QIAO_E_KEY;
	return QIAO_OK;
}

static qiao_err take_key(struct qiao_cert *c, X509 *x)
{
	qiao_err err = classify(c);

	if (err != QIAO_OK)
		return err;
	c->key = X509_get_pubkey(x);
	if (!c->key && (c->kind != QIAO_CERT_KEY_OTHER || c->rsa))
		return QIAO_E_KEY;
	if (!c->curve)
		return QIAO_OK;
	c->verifier = qiao_ecdsa_verifier(c->key);
	return c->verifier ? QIAO_OK : QIAO_E_NOMEM;
}

static bool to_ms(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm) * 1000;
	return true;
}

/* The i-th value of a kind in the subject, as UTF-8; OPENSSL_free(p). */
static bool get_text(struct qiao_slice *out, X509_NAME *name, int nid, int *at)
{
	X509_NAME_ENTRY *e;
	uint8_t *p = NULL;
	int n;

	*at = X509_NAME_get_index_by_NID(name, nid, *at);
	if (*at < 0)
		return false;
	e = X509_NAME_get_entry(name, *at);
	n = ASN1_STRING_to_UTF8(&p, X509_NAME_ENTRY_get_data(e));
	*out = qiao_slice_of(p, n > 0 ? (size_t)n : 0);
	return n >= 0;
}

static qiao_err take_ous(struct qiao_cert *c, X509_NAME *name)
{
	struct qiao_slice text;
	int at = -1;

	while (get_text(&text, name, NID_organizationalUnitName, &at)) {
		if (c->ous == QIAO_CERT_OUS_MAX) {
			OPENSSL_free((void *)(uintptr_t)text.p);
			return QIAO_E_LIMIT;
		}
		c->ou[c->ous++] = text;
	}
	return at < 0 ? QIAO_OK : QIAO_E_MALFORMED;
}

static void take_name(struct qiao_cert *c, X509_NAME *name)
{
	char text[sizeof(c->name) - 3], hex[QIAO_HEX_LEN(20)];
	struct qiao_slice cn, serial = c->serial;
	int at = -1;

	if (get_text(&cn, name, NID_commonName, &at)) {
		qiao_str_escape(text, sizeof(text), cn);
		snprintf(c->name, sizeof(c->name), "CN=%s", text);
		OPENSSL_free((void *)(uintptr_t)cn.p);
		return;
	}
	if (serial.n > 20)
		serial.n = 20;
	snprintf(c->name, sizeof(c->name), "serial %s",
		 qiao_hex_encode(hex, serial));
}

static qiao_err take_facts(struct qiao_cert *c, X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);
	qiao_err err;

	if (!to_ms(&c->not_before_ms, X509_get0_notBefore(x)) ||
	    !to_ms(&c->not_after_ms, X509_get0_notAfter(x)))
		return QIAO_E_MALFORMED;
	take_name(c, name);
	err = take_ous(c, name);
	return err == QIAO_OK ? take_key(c, x) : err;
}

static qiao_err parse(struct qiao_cert *c)
{
	const uint8_t *p = c->der.p;
	qiao_err err = cut(c);
	X509 *x;

	if (err != QIAO_OK)
		return err;
	x = d2i_X509(NULL, &p, (long)c->der.n);
	if (!x || p != c->der.p + c->der.n)
		err = QIAO_E_MALFORMED;
	else
		err = take_facts(c, x);
	X509_free(x);
	ERR_clear_error();
	return err;
}

qiao_err qiao_cert_parse_der(struct qiao_cert **out, struct qiao_slice der,
			     struct qiao_why *why)
{
	struct qiao_cert *c;
	void *copy;
	qiao_err err;

	*out = NULL;
	if (der.n > QIAO_CERT_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "certificate: %zu bytes, at most %zu are read",
				 der.n, QIAO_CERT_MAX);
	c = qiao_calloc(1, sizeof(*c));
	copy = qiao_memdup(der);
	if (!c || !copy) {
		qiao_free(c);
		qiao_free(copy);
		return qiao_fail(why, QIAO_E_NOMEM, "certificate: no memory");
	}
	c->der = qiao_slice_of(copy, der.n);
	c->path_len = -1;
	c->signs_certs = c->serves = true;
	err = parse(c);
	if (err != QIAO_OK) {
		qiao_cert_free(c);
		return qiao_fail(why, err,
				 "certificate: %s; it must be one X.509 "
				 "certificate in strict DER",
				 qiao_strerror(err));
	}
	*out = c;
	return QIAO_OK;
}

qiao_err qiao_cert_parse_pem(struct qiao_cert **out, struct qiao_slice pem,
			     struct qiao_why *why)
{
	struct qiao_buf der = { .max = QIAO_CERT_MAX };
	struct qiao_slice label;
	qiao_err err;

	*out = NULL;
	if (pem.n > QIAO_CERT_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "certificate: %zu bytes, at most %zu are read",
				 pem.n, QIAO_CERT_MAX);
	err = qiao_pem_decode(&der, &label, pem);
	if (err != QIAO_OK)
		qiao_fail(why, err,
			  "certificate: no PEM block (-----BEGIN ...) in it");
	else
		err = qiao_cert_parse_der(out, qiao_buf_slice(&der), why);
	qiao_buf_free(&der);
	return err;
}

void qiao_cert_free(struct qiao_cert *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->ous; i++)
		OPENSSL_free((void *)(uintptr_t)c->ou[i].p);
	EVP_PKEY_CTX_free(c->verifier);
	EVP_PKEY_free(c->key);
	qiao_free((void *)(uintptr_t)c->der.p);
	qiao_free(c);
}

struct qiao_slice qiao_cert_der(const struct qiao_cert *c)
{
	return c->der;
}

struct qiao_slice qiao_cert_issuer(const struct qiao_cert *c)
{
	return c->issuer;
}

struct qiao_slice qiao_cert_subject(const struct qiao_cert *c)
{
	return c->subject;
}

struct qiao_slice qiao_cert_serial(const struct qiao_cert *c)
{
	return c->serial;
}

struct qiao_slice qiao_cert_ski(const struct qiao_cert *c)
{
	return c->ski;
}

struct qiao_slice qiao_cert_aki(const struct qiao_cert *c)
{
	return c->aki;
}

int64_t qiao_cert_not_before_ms(const struct qiao_cert *c)
{
	return c->not_before_ms;
}

int64_t qiao_cert_not_after_ms(const struct qiao_cert *c)
{
	return c->not_after_ms;
}

bool qiao_cert_is_ca(const struct qiao_cert *c)
{
	return c->ca;
}

int qiao_cert_path_len(const struct qiao_cert *c)
{
	return c->path_len;
}

bool qiao_cert_usage_signs_certs(const struct qiao_cert *c)
{
	return c->signs_certs;
}

bool qiao_cert_usage_serves(const struct qiao_cert *c)
{
	return c->serves;
}

bool qiao_cert_has_unknown_critical(const struct qiao_cert *c)
{
	return c->unknown_critical;
}

size_t qiao_cert_ou_count(const struct qiao_cert *c)
{
	return c->ous;
}

struct qiao_slice qiao_cert_ou(const struct qiao_cert *c, size_t i)
{
	return i < c->ous ? c->ou[i] : qiao_slice_of(NULL, 0);
}

char *qiao_cert_describe(char *out, size_t size, const struct qiao_cert *c)
{
	snprintf(out, size, "%s", c->name);
	return out;
}

enum qiao_cert_key qiao_cert_key(const struct qiao_cert *c)
{
	return c->kind;
}

struct qiao_slice qiao_cert_spki(const struct qiao_cert *c)
{
	return c->spki;
}
