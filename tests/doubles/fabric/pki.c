/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/pki.h"

#include "tests/doubles/fabric/fabric.pb-c.h"

#include "gateway/crypto/ecdsa.h"
#include "gateway/crypto/hash.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEN_YEARS (10L * 365 * 86400)

static void must(bool ok)
{
	if (ok)
		return;
	fputs("qiao-fabric-double: OpenSSL failed\n", stderr);
	exit(1);
}

static void add_name(X509_NAME *name, const char *what, const char *text)
{
	must(X509_NAME_add_entry_by_txt(name, what, MBSTRING_UTF8,
					(const unsigned char *)text, -1, -1,
					0) == 1);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *text)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
	must(e && X509_add_ext(cert, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509 *start_cert(EVP_PKEY *key, long from_s, long to_s)
{
	X509 *cert = X509_new();
	uint8_t serial[16];
	BIGNUM *n;

	qiao_random(serial, sizeof(serial));
	serial[0] &= 0x7f;
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	must(cert && n && X509_set_version(cert, 2) == 1 &&
	     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), from_s) &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), to_s) &&
	     X509_set_pubkey(cert, key) == 1);
	BN_free(n);
	return cert;
}

static struct qiao_slice take_bio(struct pool *p, BIO *b)
{
	char *text;
	long n = BIO_get_mem_data(b, &text);
	struct qiao_slice out;

	must(n > 0);
	out = pool_copy(p, qiao_slice_of(text, (size_t)n));
	BIO_free(b);
	return out;
}

/* What is kept of a key and its certificate. */
static void finish(struct identity *id, struct pool *p, const char *msp)
{
	Fab__SerializedIdentity s = FAB__SERIALIZED_IDENTITY__INIT;
	BIO *b = BIO_new(BIO_s_mem());

	must(b && PEM_write_bio_X509(b, id->cert) == 1);
	id->pem = take_bio(p, b);
	b = BIO_new(BIO_s_mem());
	must(b && PEM_write_bio_PrivateKey(b, id->key, NULL, NULL, 0, NULL,
					   NULL) == 1);
	id->key_pem = take_bio(p, b);
	if (!msp)
		return;
	id->msp = pool_printf(p, "%s", msp);
	s.mspid = pool_printf(p, "%s", msp);
	s.id_bytes = pb(id->pem);
	id->serialized = pool_pack(p, &s);
}

void pki_authority(struct identity *out, struct pool *p, const char *name)
{
	memset(out, 0, sizeof(*out));
	out->key = EVP_EC_gen("P-256");
	must(out->key != NULL);
	out->cert = start_cert(out->key, -30L * 86400, TEN_YEARS);
	add_name(X509_get_subject_name(out->cert), "O", name);
	add_name(X509_get_subject_name(out->cert), "CN",
		 pool_printf(p, "ca.%s", name));
	must(X509_set_issuer_name(out->cert,
				  X509_get_subject_name(out->cert)) == 1);
	add_extension(out->cert, out->cert, NID_basic_constraints,
		      "critical,CA:TRUE");
	add_extension(out->cert, out->cert, NID_key_usage,
		      "critical,digitalSignature,keyCertSign,cRLSign");
	add_extension(out->cert, out->cert, NID_subject_key_identifier, "hash");
	must(X509_sign(out->cert, out->key, EVP_sha256()) > 0);
	finish(out, p, NULL);
}

void pki_issue(struct identity *out, struct pool *p,
	       const struct identity *authority, const struct cert_wish *w)
{
	bool dated = w->from_s != 0 || w->to_s != 0;

	memset(out, 0, sizeof(*out));
	out->key = EVP_EC_gen("P-256");
	must(out->key != NULL);
	out->cert = start_cert(out->key, dated ? w->from_s : -1800,
			       dated ? w->to_s : TEN_YEARS - 86400);
	if (w->unit)
		add_name(X509_get_subject_name(out->cert), "OU", w->unit);
	add_name(X509_get_subject_name(out->cert), "CN", w->name);
	must(X509_set_issuer_name(out->cert,
				  X509_get_subject_name(authority->cert)) == 1);
	add_extension(out->cert, authority->cert, NID_basic_constraints,
		      "critical,CA:FALSE");
	add_extension(out->cert, authority->cert, NID_key_usage,
		      "critical,digitalSignature");
	add_extension(out->cert, authority->cert, NID_authority_key_identifier,
		      "keyid");
	if (w->san)
		add_extension(out->cert, authority->cert, NID_subject_alt_name,
			      w->san);
	must(X509_sign(out->cert, authority->key, EVP_sha256()) > 0);
	finish(out, p, w->msp);
}

void pki_free(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	memset(id, 0, sizeof(*id));
}

static void digest(uint8_t out[32], const struct qiao_slice *part, size_t n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	must(c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < n; i++)
		must(EVP_DigestUpdate(c, part[i].p, part[i].n) == 1);
	must(EVP_DigestFinal_ex(c, out, NULL) == 1);
	EVP_MD_CTX_free(c);
}

/* Fabric takes signatures with the smaller of the two S only. */
static struct qiao_slice lower(struct pool *p, struct qiao_slice der)
{
	const struct qiao_curve *curve = qiao_curve(QIAO_CURVE_P256);
	uint8_t *out = pool_take(p, QIAO_ECDSA_DER_MAX);
	struct qiao_ecdsa sig;

	must(qiao_ecdsa_parse(&sig, curve, der));
	if (!qiao_ecdsa_is_low(&sig, curve))
		must(qiao_ecdsa_negate(&sig, curve));
	return qiao_slice_of(out, qiao_ecdsa_encode(out, &sig, curve));
}

struct qiao_slice pki_sign(struct pool *p, const struct identity *by,
			   const struct qiao_slice *part, size_t n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(by->key, NULL);
	uint8_t hash[32], der[128];
	size_t len = sizeof(der);

	digest(hash, part, n);
	must(ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, der, &len, hash, sizeof(hash)) == 1);
	EVP_PKEY_CTX_free(ctx);
	return lower(p, qiao_slice_of(der, len));
}

bool pki_verify(X509 *cert, struct qiao_slice sig,
		const struct qiao_slice *part, size_t n)
{
	EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	uint8_t hash[32];
	bool ok;

	digest(hash, part, n);
	ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_verify(ctx, sig.p, sig.n, hash, sizeof(hash)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

X509 *pki_read(struct qiao_slice pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;

	BIO_free(b);
	return cert;
}

bool pki_issued_by(X509 *cert, const struct identity *authority)
{
	return authority->key &&
	       X509_check_issued(authority->cert, cert) == X509_V_OK &&
	       X509_verify(cert, authority->key) == 1;
}

bool pki_in_time(const X509 *cert)
{
	return X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

void pki_unit(char *out, size_t size, X509 *cert)
{
	out[0] = 0;
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
				  NID_organizationalUnitName, out, (int)size);
}

struct qiao_slice pki_digest(struct pool *p, X509 *cert)
{
	uint8_t *out = pool_take(p, 32);
	unsigned int n = 32;

	must(X509_digest(cert, EVP_sha256(), out, &n) == 1);
	return qiao_slice_of(out, n);
}
