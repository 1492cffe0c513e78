/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on NIST P-256, by OpenSSL. */
#include "gateway/crypto/ecdsa.h"
#include "gateway/crypto/scheme.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <pthread.h>
#include <string.h>

#define ORDER_LEN 32

static const struct qiao_curve *curve(void)
{
	return qiao_curve(QIAO_CURVE_P256);
}

/* A key from its public and, unless NULL, private number. */
static EVP_PKEY *make_pkey(const uint8_t *pub, const BIGNUM *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (!ctx || !bld)
		goto out;
	if (!OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
					     curve()->name, 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, pub,
					      QIAO_PUBKEY_LEN))
		goto out;
	if (secret &&
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, secret))
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_fromdata(ctx, &key,
			      secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			      params) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

static EVP_PKEY_CTX *make_verifier(const uint8_t *pub)
{
	EVP_PKEY *key = make_pkey(pub, NULL);
	EVP_PKEY_CTX *verifier = key ? qiao_ecdsa_verifier(key) : NULL;

	EVP_PKEY_free(key); /* the verifier holds its own reference */
	return verifier;
}

/*
 * Making a key takes as long as a verify, and the same few peers sign again and
 * again: keep the last ones, for all threads.
 */
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint8_t pub[QIAO_PUBKEY_LEN];
	EVP_PKEY_CTX *verifier;
} seen[64];

static EVP_PKEY_CTX *get_seen(const uint8_t *pub)
{
	size_t slot = pub[QIAO_PUBKEY_LEN - 1] % 64u;
	EVP_PKEY_CTX *copy = NULL;

	pthread_mutex_lock(&seen_lock);
	if (seen[slot].verifier &&
	    memcmp(seen[slot].pub, pub, QIAO_PUBKEY_LEN) == 0)
		copy = EVP_PKEY_CTX_dup(seen[slot].verifier);
	pthread_mutex_unlock(&seen_lock);
	return copy;
}

static void put_seen(const uint8_t *pub, const EVP_PKEY_CTX *verifier)
{
	size_t slot = pub[QIAO_PUBKEY_LEN - 1] % 64u;
	EVP_PKEY_CTX *copy = EVP_PKEY_CTX_dup(verifier);

	if (!copy)
		return;
	pthread_mutex_lock(&seen_lock);
	EVP_PKEY_CTX_free(seen[slot].verifier);
	memcpy(seen[slot].pub, pub, QIAO_PUBKEY_LEN);
	seen[slot].verifier = copy;
	pthread_mutex_unlock(&seen_lock);
}

/* The caller frees; NULL: not on the curve, or no memory. */
static EVP_PKEY_CTX *get_verifier(const uint8_t *pub)
{
	EVP_PKEY_CTX *verifier = get_seen(pub);

	if (verifier)
		return verifier;
	verifier = make_verifier(pub);
	if (verifier)
		put_seen(pub, verifier);
	return verifier;
}

static bool pubkey_ok(const uint8_t *pub)
{
	EVP_PKEY_CTX *verifier;

	/* OpenSSL takes the point at infinity and hybrid forms as well */
	if (pub[0] != 2 && pub[0] != 3)
		return false;
	verifier = get_verifier(pub);
	EVP_PKEY_CTX_free(verifier);
	return verifier != NULL;
}

static qiao_err verify(const uint8_t *pub, const struct qiao_hash *digest,
		       const uint8_t *sig)
{
	struct qiao_ecdsa parsed;
	EVP_PKEY_CTX *verifier;
	qiao_err err;

	memcpy(parsed.r, sig, ORDER_LEN);
	memcpy(parsed.s, sig + ORDER_LEN, ORDER_LEN);
	if (!qiao_ecdsa_is_low(&parsed, curve()))
		return QIAO_E_BADSIG;
	verifier = get_verifier(pub);
	if (!verifier)
		return QIAO_E_NOMEM;
	/* zero, and r beyond the order, are refused inside */
	err = qiao_ecdsa_verify(verifier, curve(), &parsed, digest);
	EVP_PKEY_CTX_free(verifier);
	return err;
}

static qiao_err derive(uint8_t *pub, const BIGNUM *secret)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	qiao_err err = QIAO_E_NOMEM;

	if (!point)
		goto out;
	err = QIAO_E_KEY;
	if (BN_is_zero(secret) ||
	    BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	if (EC_POINT_mul(group, point, secret, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_COMPRESSED, pub,
			       QIAO_PUBKEY_LEN, NULL) == QIAO_PUBKEY_LEN)
		err = QIAO_OK;
out:
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return err;
}

static qiao_err secret_open(void **out, uint8_t *pub, const uint8_t *secret)
{
	BIGNUM *number = BN_secure_new();
	EVP_PKEY *key = NULL;
	qiao_err err;

	if (!number || !BN_bin2bn(secret, QIAO_SECRET_LEN, number)) {
		BN_clear_free(number);
		return QIAO_E_NOMEM;
	}
	BN_set_flags(number, BN_FLG_CONSTTIME);
	err = derive(pub, number);
	if (err == QIAO_OK) {
		key = make_pkey(pub, number);
		if (!key)
			err = QIAO_E_NOMEM;
	}
	BN_clear_free(number);
	*out = key;
	return err;
}

static qiao_err sign_der(EVP_PKEY *key, uint8_t *der, size_t *n,
			 const struct qiao_hash *digest)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	int ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		 EVP_PKEY_sign(ctx, der, n, digest->b, QIAO_HASH_LEN) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? QIAO_OK : QIAO_E_NOMEM;
}

static qiao_err sign(const void *secret, uint8_t *sig,
		     const struct qiao_hash *digest)
{
	uint8_t der[QIAO_ECDSA_DER_MAX];
	size_t n = sizeof(der);
	struct qiao_ecdsa made;
	/* only its reference count changes */
	qiao_err err = sign_der((EVP_PKEY *)(uintptr_t)secret, der, &n, digest);

	if (err != QIAO_OK)
		return err;
	if (!qiao_ecdsa_parse(&made, curve(), (struct qiao_slice){ der, n }))
		return QIAO_E_KEY;
	if (!qiao_ecdsa_is_low(&made, curve()))
		qiao_ecdsa_negate(&made, curve());
	memcpy(sig, made.r, ORDER_LEN);
	memcpy(sig + ORDER_LEN, made.s, ORDER_LEN);
	return QIAO_OK;
}

static void secret_close(void *secret)
{
	EVP_PKEY_free(secret);
}

const struct qiao_scheme_ops qiao_scheme_p256 = {
	.name = "p256",
	.pubkey_ok = pubkey_ok,
	.verify = verify,
	.secret_open = secret_open,
	.sign = sign,
	.secret_close = secret_close,
};
