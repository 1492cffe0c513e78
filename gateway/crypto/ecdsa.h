/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures as pairs of numbers, and the curves of NIST that X.509
 * certificates use. Only for this folder.
 */
#ifndef GATEWAY_CRYPTO_ECDSA_H
#define GATEWAY_CRYPTO_ECDSA_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

#include <openssl/evp.h>

#define QIAO_EC_LEN_MAX 66 /* P-521 */

struct qiao_curve {
	const char *name; /* of OpenSSL */
	size_t n;         /* bytes of a coordinate and of the order */
	uint8_t order[QIAO_EC_LEN_MAX]; /* big-endian, the first n bytes */
};

enum qiao_curve_id {
	QIAO_CURVE_P224,
	QIAO_CURVE_P256,
	QIAO_CURVE_P384,
	QIAO_CURVE_P521,
};
const struct qiao_curve *qiao_curve(enum qiao_curve_id id);

/* Big-endian, padded on the left to the curve's n bytes. */
struct qiao_ecdsa {
	uint8_t r[QIAO_EC_LEN_MAX];
	uint8_t s[QIAO_EC_LEN_MAX];
};

/*
 * As Go's asn1.Unmarshal into struct { R, S *big.Int }, followed by Fabric's
 * check that both are positive: SEQUENCE { INTEGER r, INTEGER s, ... }, bytes
 * after the SEQUENCE and elements after s are ignored. False otherwise, and
 * for numbers that have more bytes than the curve's order.
 * Source: fabric bccsp/utils/ecdsa.go, go encoding/asn1.
 */
bool qiao_ecdsa_parse(struct qiao_ecdsa *out, const struct qiao_curve *curve,
		      struct qiao_slice der);
/* Is s <= (order - 1) / 2? False also for s >= order. */
bool qiao_ecdsa_is_low(const struct qiao_ecdsa *sig,
		       const struct qiao_curve *curve);
/* s = order - s; false, and nothing changed, for s = 0 or s >= order. */
bool qiao_ecdsa_negate(struct qiao_ecdsa *sig, const struct qiao_curve *curve);

/* The one DER encoding; returns its length. */
#define QIAO_ECDSA_DER_MAX (3 + 2 * (2 + 1 + QIAO_EC_LEN_MAX))
size_t qiao_ecdsa_encode(uint8_t out[QIAO_ECDSA_DER_MAX],
			 const struct qiao_ecdsa *sig,
			 const struct qiao_curve *curve);

/*
 * A key ready to verify: made once, then used by any thread. NULL when there
 * is no memory or the key cannot verify.
 */
EVP_PKEY_CTX *qiao_ecdsa_verifier(EVP_PKEY *key);
/* QIAO_OK, QIAO_E_BADSIG, QIAO_E_NOMEM. `verifier` is only copied from. */
qiao_err qiao_ecdsa_verify(const EVP_PKEY_CTX *verifier,
			   const struct qiao_curve *curve,
			   const struct qiao_ecdsa *sig,
			   const struct qiao_hash *digest);

#endif
