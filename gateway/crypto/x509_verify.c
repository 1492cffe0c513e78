/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by and on certificates. */
#include "gateway/crypto/x509.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/cert.h"
#include "gateway/crypto/der.h"
#include "gateway/crypto/hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>

enum family {
	ECDSA,
	RSA_PKCS1,
	ED25519,
};

/* clang-format off */
/* OIDs of signature algorithms: RFC 5758, 4055, 8410. */
static const struct sig_alg {
	enum family family;
	const char *digest; /* NULL: none, or too weak to be accepted */
	uint8_t n, oid[9];
} sig_algs[] = {
	{ ECDSA, "SHA256", 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 } },
	{ ECDSA, "SHA384", 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 } },
	{ ECDSA, "SHA512", 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 } },
	{ ECDSA, NULL /* SHA-1 */, 7, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 } },
	{ RSA_PKCS1, "SHA256", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 } },
	{ RSA_PKCS1, "SHA384", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12 } },
	{ RSA_PKCS1, "SHA512", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13 } },
	{ ED25519, NULL, 3, { 0x2b, 0x65, 0x70 } },
};
/* clang-format on */

/* By OID alone, as Go: some CAs add NULL parameters to ECDSA. */
static const struct sig_alg *find_alg(struct qiao_slice alg)
{
	struct qiao_reader outer = qiao_reader_of(alg);
	struct qiao_reader r =
		qiao_reader_of(qiao_der_get(&outer, QIAO_DER_SEQUENCE));
	struct qiao_slice oid = qiao_der_get(&r, QIAO_DER_OID);

	for (size_t i = 0; i < sizeof(sig_algs) / sizeof(sig_algs[0]); i++)
		if (qiao_slice_eq(
			    oid, qiao_slice_of(sig_algs[i].oid, sig_algs[i].n)))
			return &sig_algs[i];
	return NULL;
}

static bool fits(const struct qiao_cert *issuer, enum family family)
{
	switch (family) {
	case ECDSA:
		return issuer->curve != NULL;
	case RSA_PKCS1:
		return issuer->rsa;
	case ED25519:
		return issuer->kind == QIAO_CERT_KEY_ED25519;
	}
	return false;
}

/* OpenSSL takes a DER signature in its one encoding only, with S high or low.
 */
qiao_err qiao_signed_check(const struct qiao_signed *s,
			   const struct qiao_cert *issuer)
{
	const struct sig_alg *alg = find_alg(s->alg);
	EVP_MD_CTX *ctx;
	int ok = 0;

	if (!alg || (!alg->digest && alg->family != ED25519))
		return QIAO_E_UNSUPPORTED;
	if (!fits(issuer, alg->family))
		return QIAO_E_BADSIG;
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return QIAO_E_NOMEM;
	if (EVP_DigestVerifyInit_ex(ctx, NULL, alg->digest, NULL, NULL,
				    issuer->key, NULL) == 1)
		ok = EVP_DigestVerify(ctx, s->sig.p, s->sig.n, s->tbs.p,
				      s->tbs.n);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok == 1 ? QIAO_OK : QIAO_E_BADSIG;
}

qiao_err qiao_cert_signed_by(const struct qiao_cert *c,
			     const struct qiao_cert *issuer)
{
	return qiao_signed_check(&c->parts, issuer);
}

/* 64 bytes, S below the order: OpenSSL and Go refuse the same. */
static qiao_err verify_ed25519(const struct qiao_cert *c, struct qiao_slice msg,
			       struct qiao_slice sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = 0;

	if (!ctx)
		return QIAO_E_NOMEM;
	if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, c->key,
				    NULL) == 1)
		ok = EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok == 1 ? QIAO_OK : QIAO_E_BADSIG;
}

qiao_err qiao_cert_verify(const struct qiao_cert *c, struct qiao_slice msg,
			  struct qiao_slice sig)
{
	struct qiao_hash digest;

	if (c->kind == QIAO_CERT_KEY_ED25519)
		return verify_ed25519(c, msg, sig);
	qiao_sha256(&digest, msg);
	return qiao_cert_verify_digest(c, &digest, sig);
}

qiao_err qiao_cert_verify_digest(const struct qiao_cert *c,
				 const struct qiao_hash *digest,
				 struct qiao_slice der_sig)
{
	struct qiao_ecdsa sig;

	if (c->kind == QIAO_CERT_KEY_ED25519)
		return QIAO_E_UNSUPPORTED;
	if (!c->curve)
		return QIAO_E_BADSIG;
	if (!qiao_ecdsa_parse(&sig, c->curve, der_sig) ||
	    !qiao_ecdsa_is_low(&sig, c->curve))
		return QIAO_E_BADSIG;
	return qiao_ecdsa_verify(c->verifier, c->curve, &sig, digest);
}

/* SEQUENCE { tbs, algorithm, BIT STRING { 0 unused, signature } } */
static void put_signed(struct qiao_buf *out, const struct qiao_signed *s,
		       struct qiao_slice sig)
{
	struct qiao_buf body = QIAO_BUF;

	qiao_buf_put(&body, s->tbs);
	qiao_buf_put(&body, s->alg);
	qiao_der_put_header(&body, QIAO_DER_BITS, 1 + sig.n);
	qiao_buf_put_u8(&body, 0);
	qiao_buf_put(&body, sig);
	if (body.err != QIAO_OK) {
		out->err = out->err == QIAO_OK ? body.err : out->err;
	} else {
		qiao_der_put_header(out, QIAO_DER_SEQUENCE, body.n);
		qiao_buf_put(out, qiao_buf_slice(&body));
	}
	qiao_buf_free(&body);
}

qiao_err qiao_cert_sanitise(struct qiao_buf *out, const struct qiao_cert *c,
			    const struct qiao_cert *issuer)
{
	const struct sig_alg *alg = find_alg(c->parts.alg);
	const struct qiao_curve *curve = issuer ? issuer->curve : c->curve;
	uint8_t der[QIAO_ECDSA_DER_MAX];
	struct qiao_ecdsa sig;

	if (!alg || alg->family != ECDSA) {
		qiao_buf_put(out, c->der);
		return out->err;
	}
	if (!curve)
		return QIAO_E_KEY;
	if (!qiao_ecdsa_parse(&sig, curve, c->parts.sig))
		return QIAO_E_BADSIG;
	if (qiao_ecdsa_is_low(&sig, curve)) {
		qiao_buf_put(out, c->der);
		return out->err;
	}
	if (!qiao_ecdsa_negate(&sig, curve))
		return QIAO_E_BADSIG;
	put_signed(out, &c->parts,
		   qiao_slice_of(der, qiao_ecdsa_encode(der, &sig, curve)));
	return out->err;
}
