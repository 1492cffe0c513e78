/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/pem_key.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/ecdsa.h"
#include "gateway/crypto/hash.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string.h>

struct qiao_pem_key {
	EVP_PKEY *key;
	const struct qiao_curve *curve;
};

/* A key with a passphrase would stop at a prompt: it has none to give. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static const struct qiao_curve *curve_of(const EVP_PKEY *key)
{
	char name[32] = "";

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
					   name, sizeof(name), NULL) != 1)
		return NULL;
	if (strcmp(name, "prime256v1") == 0)
		return qiao_curve(QIAO_CURVE_P256);
	if (strcmp(name, "secp384r1") == 0)
		return qiao_curve(QIAO_CURVE_P384);
	return NULL;
}

qiao_err qiao_pem_key_parse(struct qiao_pem_key **out, struct qiao_slice pem,
			    const char *name, struct qiao_why *why)
{
	struct qiao_pem_key *k = qiao_calloc(1, sizeof(*k));
	BIO *in =
		pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;

	*out = k;
	if (k && in)
		k->key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	if (k && k->key)
		k->curve = curve_of(k->key);
	BIO_free(in);
	ERR_clear_error();
	if (k && k->curve)
		return QIAO_OK;
	qiao_pem_key_free(k);
	*out = NULL;
	if (!k || !in)
		return QIAO_E_NOMEM;
	return qiao_fail(why, QIAO_E_KEY,
			 "%s: holds no private key on P-256 or P-384 in PEM "
			 "without a passphrase",
			 name);
}

void qiao_pem_key_free(struct qiao_pem_key *k)
{
	if (k)
		EVP_PKEY_free(k->key);
	qiao_free(k);
}

bool qiao_pem_key_fits(const struct qiao_pem_key *k,
		       const struct qiao_cert *cert)
{
	struct qiao_slice spki = qiao_cert_spki(cert);
	const unsigned char *p = spki.p;
	EVP_PKEY *other = d2i_PUBKEY(NULL, &p, (long)spki.n);
	bool fits = other && EVP_PKEY_eq(k->key, other) == 1;

	EVP_PKEY_free(other);
	ERR_clear_error();
	return fits;
}

static bool sign_digest(const struct qiao_pem_key *k, uint8_t *der, size_t *n,
			const struct qiao_hash *digest)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
	bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_sign(ctx, der, n, digest->b, QIAO_HASH_LEN) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

qiao_err qiao_pem_key_sign(const struct qiao_pem_key *k, struct qiao_buf *der,
			   struct qiao_slice msg)
{
	uint8_t raw[QIAO_ECDSA_DER_MAX];
	size_t n = sizeof(raw);
	struct qiao_ecdsa sig;
	struct qiao_hash digest;

	qiao_sha256(&digest, msg);
	if (!sign_digest(k, raw, &n, &digest))
		return QIAO_E_NOMEM;
	if (!qiao_ecdsa_parse(&sig, k->curve, qiao_slice_of(raw, n)))
		return QIAO_E_KEY;
	if (!qiao_ecdsa_is_low(&sig, k->curve))
		qiao_ecdsa_negate(&sig, k->curve);
	n = qiao_ecdsa_encode(raw, &sig, k->curve);
	qiao_buf_put_mem(der, raw, n);
	return der->err;
}
