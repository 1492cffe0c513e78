/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1, by libsecp256k1. */
#include "gateway/crypto/scheme.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/crypto/hash.h"

#include <openssl/crypto.h>

#include <pthread.h>
#include <string.h>

static secp256k1_context *context;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * The library's own callback aborts; foreign bytes must never do that. Source:
 * FISCO-BCOS issue 5588, where an unchecked recovery id stopped the node.
 */
static void report(const char *text, void *data)
{
	(void)data;
	qiao_log(QIAO_LOG_ERROR, "crypto-illegal", "library=secp256k1 text=%s",
		 text);
}

static void set_up(void)
{
	uint8_t seed[32];

	context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN |
					   SECP256K1_CONTEXT_VERIFY);
	QIAO_BUG_ON(!context);
	secp256k1_context_set_illegal_callback(context, report, NULL);
	qiao_random(seed, sizeof(seed));
	QIAO_BUG_ON(!secp256k1_context_randomize(context, seed));
	qiao_wipe(seed, sizeof(seed));
}

const secp256k1_context *qiao_secp256k1_context(void)
{
	pthread_once(&once, set_up);
	return context;
}

/*
 * Decompressing a key takes an eighth of the time of a verify, and the same few
 * validators and peers sign again and again: keep the last ones per thread.
 */
static bool get_point(secp256k1_pubkey *out, const uint8_t *pub)
{
	static _Thread_local struct {
		uint8_t pub[QIAO_PUBKEY_LEN];
		secp256k1_pubkey point;
	} seen[32];
	size_t slot = pub[QIAO_PUBKEY_LEN - 1] % 32u;

	/* also keeps a zeroed key from matching an unused slot */
	if (pub[0] != 2 && pub[0] != 3)
		return false;
	if (memcmp(seen[slot].pub, pub, QIAO_PUBKEY_LEN) != 0) {
		if (!secp256k1_ec_pubkey_parse(qiao_secp256k1_context(), out,
					       pub, QIAO_PUBKEY_LEN))
			return false;
		memcpy(seen[slot].pub, pub, QIAO_PUBKEY_LEN);
		seen[slot].point = *out;
	}
	*out = seen[slot].point;
	return true;
}

static bool pubkey_ok(const uint8_t *pub)
{
	secp256k1_pubkey point;

	return get_point(&point, pub);
}

/* r and s in range are checked by the first call, zero and high s by the
 * second. */
static qiao_err verify(const uint8_t *pub, const struct qiao_hash *digest,
		       const uint8_t *sig)
{
	const secp256k1_context *ctx = qiao_secp256k1_context();
	secp256k1_ecdsa_signature parsed;
	secp256k1_pubkey point;

	if (!secp256k1_ecdsa_signature_parse_compact(ctx, &parsed, sig) ||
	    !get_point(&point, pub) ||
	    !secp256k1_ecdsa_verify(ctx, &parsed, digest->b, &point))
		return QIAO_E_BADSIG;
	return QIAO_OK;
}

static qiao_err secret_open(void **out, uint8_t *pub, const uint8_t *secret)
{
	const secp256k1_context *ctx = qiao_secp256k1_context();
	size_t n = QIAO_PUBKEY_LEN;
	secp256k1_pubkey point;
	uint8_t *copy;

	if (!secp256k1_ec_pubkey_create(ctx, &point, secret))
		return QIAO_E_KEY;
	copy = OPENSSL_secure_malloc(QIAO_SECRET_LEN);
	if (!copy)
		return QIAO_E_NOMEM;
	memcpy(copy, secret, QIAO_SECRET_LEN);
	secp256k1_ec_pubkey_serialize(ctx, pub, &n, &point,
				      SECP256K1_EC_COMPRESSED);
	*out = copy;
	return QIAO_OK;
}

/* Nonce by RFC 6979; the library makes s low. */
static qiao_err sign(const void *secret, uint8_t *sig,
		     const struct qiao_hash *digest)
{
	const secp256k1_context *ctx = qiao_secp256k1_context();
	secp256k1_ecdsa_signature made;

	if (!secp256k1_ecdsa_sign(ctx, &made, digest->b, secret, NULL, NULL))
		return QIAO_E_KEY;
	secp256k1_ecdsa_signature_serialize_compact(ctx, sig, &made);
	return QIAO_OK;
}

static void secret_close(void *secret)
{
	OPENSSL_secure_clear_free(secret, QIAO_SECRET_LEN);
}

const struct qiao_scheme_ops qiao_scheme_secp256k1 = {
	.name = "secp256k1",
	.pubkey_ok = pubkey_ok,
	.verify = verify,
	.secret_open = secret_open,
	.sign = sign,
	.secret_close = secret_close,
};
