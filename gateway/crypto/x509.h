/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 as far as a light client needs it: parse once, ask facts. No trust
 * decision is made here and no clock is read; chain rules of an engine
 * (Fabric's MSP) stand in verify/. Certificates come from outside: every
 * failure is an error, never an abort. A parsed certificate is immutable, so it
 * may be shared by threads.
 */
#ifndef GATEWAY_CRYPTO_X509_H
#define GATEWAY_CRYPTO_X509_H

#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_CERT_MAX     QIAO_KIB(64) /* one certificate, DER or PEM */
#define QIAO_CERT_OUS_MAX 16

struct qiao_buf;
struct qiao_cert;

/*
 * From PEM as Fabric reads it: text before and after the block is ignored, any
 * label is accepted (FABRIC 4.9, 7.12), the first block counts.
 */
qiao_err qiao_cert_parse_pem(struct qiao_cert **out, struct qiao_slice pem,
			     struct qiao_why *why);
qiao_err qiao_cert_parse_der(struct qiao_cert **out, struct qiao_slice der,
			     struct qiao_why *why);
void qiao_cert_free(struct qiao_cert *c);

/*
 * DER after Fabric's "sanitising": if the CA's ECDSA signature has a high S it
 * is replaced by n - S (of the issuer key's curve; issuer may be NULL or equal
 * to c for a self-signed one) and the certificate re-encoded. Borrowed from c.
 * Source: fabric msp/cert.go sanitizeECDSASignedCert.
 */
struct qiao_slice qiao_cert_der(const struct qiao_cert *c); /* as received */
qiao_err qiao_cert_sanitise(struct qiao_buf *out, const struct qiao_cert *c,
			    const struct qiao_cert *issuer);

struct qiao_slice qiao_cert_issuer(const struct qiao_cert *c);  /* DER name */
struct qiao_slice qiao_cert_subject(const struct qiao_cert *c); /* DER name */
struct qiao_slice qiao_cert_serial(const struct qiao_cert *c);  /* big-endian */
struct qiao_slice qiao_cert_ski(const struct qiao_cert *c); /* empty: none */
struct qiao_slice qiao_cert_aki(const struct qiao_cert *c); /* or empty */
int64_t qiao_cert_not_before_ms(const struct qiao_cert *c);
int64_t qiao_cert_not_after_ms(const struct qiao_cert *c);
bool qiao_cert_is_ca(const struct qiao_cert *c); /* basicConstraints CA:TRUE */
size_t qiao_cert_ou_count(const struct qiao_cert *c);
struct qiao_slice qiao_cert_ou(const struct qiao_cert *c, size_t i);
/* "CN=orderer2.orderer.test" or similar for messages, escaped; returns out. */
char *qiao_cert_describe(char *out, size_t size, const struct qiao_cert *c);

enum qiao_cert_key {
	QIAO_CERT_KEY_OTHER = 0, /* RSA and others: never verifies here */
	QIAO_CERT_KEY_P256,
	QIAO_CERT_KEY_P384,
	QIAO_CERT_KEY_ED25519,
};
enum qiao_cert_key qiao_cert_key(const struct qiao_cert *c);
/* DER SubjectPublicKeyInfo, borrowed: the identity of the key. */
struct qiao_slice qiao_cert_spki(const struct qiao_cert *c);

/* Is c signed by issuer's key (any ECDSA hash the certificate names)? */
qiao_err qiao_cert_signed_by(const struct qiao_cert *c,
			     const struct qiao_cert *issuer);

/*
 * Verify a message the way Fabric does (bccsp/sw/ecdsa.go): SHA-256 of msg for
 * P-256 and P-384 alike; S <= n/2 of the key's own curve; R, S positive; DER
 * SEQUENCE { INTEGER r, INTEGER s }, where bytes after the SEQUENCE and extra
 * elements inside it are ignored but long-form or padded lengths and padded
 * integers are refused (FABRIC 2.4, 7.3). QIAO_OK, QIAO_E_BADSIG.
 */
qiao_err qiao_cert_verify(const struct qiao_cert *c, struct qiao_slice msg,
			  struct qiao_slice der_sig);
/* The same with the digest made by the caller (P-256 and P-384 only). */
qiao_err qiao_cert_verify_digest(const struct qiao_cert *c,
				 const struct qiao_hash *digest,
				 struct qiao_slice der_sig);

/* A certificate revocation list, PEM or DER. */
struct qiao_crl;
qiao_err qiao_crl_parse(struct qiao_crl **out, struct qiao_slice pem_or_der,
			struct qiao_why *why);
void qiao_crl_free(struct qiao_crl *c);
struct qiao_slice qiao_crl_aki(const struct qiao_crl *c);
bool qiao_crl_lists(const struct qiao_crl *c, struct qiao_slice serial);
qiao_err qiao_crl_signed_by(const struct qiao_crl *c,
			    const struct qiao_cert *issuer);

#endif
