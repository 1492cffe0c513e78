/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/ecdsa.h"

#include "gateway/base/reader.h"
#include "gateway/crypto/der.h"

#include <openssl/err.h>

#include <string.h>

/* Orders of the base points: FIPS 186-4 D.1.2. */
/* clang-format off */
static const struct qiao_curve curves[] = {
	[QIAO_CURVE_P224] = { "P-224", 28, {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0x16, 0xa2, 0xe0, 0xb8, 0xf0, 0x3e,
		0x13, 0xdd, 0x29, 0x45, 0x5c, 0x5c, 0x2a, 0x3d,
	} },
	[QIAO_CURVE_P256] = { "P-256", 32, {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
		0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
		0x25, 0x51,
	} },
	[QIAO_CURVE_P384] = { "P-384", 48, {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
		0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a,
		0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
	} },
	[QIAO_CURVE_P521] = { "P-521", 66, {
		0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f,
		0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0,
		0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f,
		0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
	} },
};
/* clang-format on */

const struct qiao_curve *qiao_curve(enum qiao_curve_id id)
{
	return &curves[id];
}

/* A positive number of at most n bytes, padded on the left. */
static void get_positive(struct qiao_reader *r, uint8_t *out, size_t n)
{
	struct qiao_slice v = qiao_der_get_integer(r);

	memset(out, 0, n);
	if (v.n > 0 &&
	    v.p[0] == 0) /* the sign; what is left of zero is empty */
		v = (struct qiao_slice){ v.p + 1, v.n - 1 };
	else if (v.n > 0 && v.p[0] >= 0x80)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	if (v.n == 0 || v.n > n) {
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		return;
	}
	memcpy(out + n - v.n, v.p, v.n);
}

bool qiao_ecdsa_parse(struct qiao_ecdsa *out, const struct qiao_curve *curve,
		      struct qiao_slice der)
{
	struct qiao_reader outer = qiao_reader_of(der);
	struct qiao_reader in =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));

	get_positive(&in, out->r, curve->n);
	get_positive(&in, out->s, curve->n);
	if (outer.err == QIAO_OK && in.err == QIAO_OK)
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

/* out = a - b for a >= b; false for a < b. */
static bool subtract(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t n)
{
	unsigned int borrow = 0;

	for (size_t i = n; i-- > 0;) {
		unsigned int d = 0x100u + a[i] - b[i] - borrow;

		out[i] = (uint8_t)d;
		borrow = d < 0x100u;
	}
	return borrow == 0;
}

bool qiao_ecdsa_is_low(const struct qiao_ecdsa *sig,
		       const struct qiao_curve *curve)
{
	uint8_t rest[QIAO_EC_LEN_MAX];

	/* the order is odd, so s <= (n - 1) / 2 means s < n - s */
	if (!subtract(rest, curve->order, sig->s, curve->n))
		return false;
	return memcmp(sig->s, rest, curve->n) < 0;
}

bool qiao_ecdsa_negate(struct qiao_ecdsa *sig, const struct qiao_curve *curve)
{
	static const uint8_t zero[QIAO_EC_LEN_MAX];

	if (memcmp(sig->s, zero, curve->n) == 0 ||
	    memcmp(sig->s, curve->order, curve->n) >= 0)
		return false;
	return subtract(sig->s, curve->order, sig->s, curve->n);
}

static size_t put_integer(uint8_t *out, const uint8_t *v, size_t n)
{
	size_t sign;

	while (n > 1 && v[0] == 0) {
		v++;
		n--;
	}
	sign = v[0] >= 0x80;
	out[0] = QIAO_DER_INTEGER;
	out[1] = (uint8_t)(n + sign);
	out[2] = 0;
	memcpy(out + 2 + sign, v, n);
	return 2 + sign + n;
}

size_t qiao_ecdsa_encode(uint8_t out[QIAO_ECDSA_DER_MAX],
			 const struct qiao_ecdsa *sig,
			 const struct qiao_curve *curve)
{
	uint8_t body[QIAO_ECDSA_DER_MAX];
	size_t n = put_integer(body, sig->r, curve->n);
	size_t head = 0;

	n += put_integer(body + n, sig->s, curve->n);
	out[head++] = QIAO_DER_SEQUENCE;
	if (n >= 0x80)
		out[head++] = 0x81;
	out[head++] = (uint8_t)n;
	memcpy(out + head, body, n);
	return head + n;
}

EVP_PKEY_CTX *qiao_ecdsa_verifier(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx && EVP_PKEY_verify_init(ctx) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

qiao_err qiao_ecdsa_verify(const EVP_PKEY_CTX *verifier,
			   const struct qiao_curve *curve,
			   const struct qiao_ecdsa *sig,
			   const struct qiao_hash *digest)
{
	uint8_t der[QIAO_ECDSA_DER_MAX];
	size_t n = qiao_ecdsa_encode(der, sig, curve);
	/* a copy costs next to nothing, setting one up a sixth of a verify */
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(verifier);
	int ok;

	if (!ctx)
		return QIAO_E_NOMEM;
	ok = EVP_PKEY_verify(ctx, der, n, digest->b, QIAO_HASH_LEN);
	EVP_PKEY_CTX_free(ctx);
	if (ok == 1)
		return QIAO_OK;
	ERR_clear_error();
	return QIAO_E_BADSIG;
}
