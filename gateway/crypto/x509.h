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
#define QIAO_CRL_MAX      QIAO_MIB(4) /* about 100,000 revoked certificates */

struct qiao_buf;
struct qiao_cert;

/*
 * From PEM as Fabric reads it (Go's encoding/pem): text before and after the
 * block is ignored, any label is accepted, the first block counts.
 */
qiao_err qiao_cert_parse_pem(struct qiao_cert **out, struct qiao_slice pem,
			     struct qiao_why *why);
/*
 * One certificate and nothing after it, in strict DER: QIAO_E_TRUNCATED,
 * QIAO_E_TRAILING, QIAO_E_MALFORMED, QIAO_E_NONCANON, QIAO_E_LIMIT. What can
 * be written in two ways without breaking the CA's signature is refused, but
 * for the S of that signature, which qiao_cert_sanitise evens out.
 * QIAO_E_KEY: a point that is not on its named curve.
 */
qiao_err qiao_cert_parse_der(struct qiao_cert **out, struct qiao_slice der,
			     struct qiao_why *why);
void qiao_cert_free(struct qiao_cert *c);

/* All slices below are borrowed from c. */
struct qiao_slice qiao_cert_der(const struct qiao_cert *c); /* as received */
/*
 * Append the DER after Fabric's "sanitising": if the CA's ECDSA signature has a
 * high S it is replaced by n - S (of the issuer key's curve; issuer may be NULL
 * or equal to c for a self-signed one) and the certificate re-encoded.
 * QIAO_E_KEY: the issuer has no ECDSA key; QIAO_E_BADSIG: no ECDSA signature of
 * that curve. Source: fabric msp/cert.go sanitizeECDSASignedCert.
 */
qiao_err qiao_cert_sanitise(struct qiao_buf *out, const struct qiao_cert *c,
			    const struct qiao_cert *issuer);

struct qiao_slice qiao_cert_issuer(const struct qiao_cert *c);  /* DER name */
struct qiao_slice qiao_cert_subject(const struct qiao_cert *c); /* DER name */
/* Content of the DER INTEGER: minimal two's complement, big-endian. */
struct qiao_slice qiao_cert_serial(const struct qiao_cert *c);
struct qiao_slice qiao_cert_ski(const struct qiao_cert *c); /* empty: none */
struct qiao_slice qiao_cert_aki(const struct qiao_cert *c); /* or empty */
int64_t qiao_cert_not_before_ms(const struct qiao_cert *c);
int64_t qiao_cert_not_after_ms(const struct qiao_cert *c);
bool qiao_cert_is_ca(const struct qiao_cert *c); /* basicConstraints CA:TRUE */
/*
 * Facts that Go's Certificate.Verify looks at, and so Fabric when it builds a
 * chain: pathLenConstraint (-1: none); keyUsage absent or with keyCertSign;
 * extKeyUsage absent or with serverAuth or any; a critical extension that Go
 * does not know.
 */
int qiao_cert_path_len(const struct qiao_cert *c);
bool qiao_cert_usage_signs_certs(const struct qiao_cert *c);
bool qiao_cert_usage_serves(const struct qiao_cert *c);
bool qiao_cert_has_unknown_critical(const struct qiao_cert *c);
size_t qiao_cert_ou_count(const struct qiao_cert *c);
struct qiao_slice qiao_cert_ou(const struct qiao_cert *c, size_t i); /* UTF-8 */
/* "CN=orderer2.orderer.test" or "serial 0a1b", escaped; returns out. */
char *qiao_cert_describe(char *out, size_t size, const struct qiao_cert *c);

enum qiao_cert_key {
	QIAO_CERT_KEY_OTHER = 0, /* RSA and others: never verifies here */
	QIAO_CERT_KEY_P256,
	QIAO_CERT_KEY_P384,
	QIAO_CERT_KEY_ED25519,
	QIAO_CERT_KEY_P224,
	QIAO_CERT_KEY_P521,
};
enum qiao_cert_key qiao_cert_key(const struct qiao_cert *c);
/* DER SubjectPublicKeyInfo, borrowed: the identity of the key. */
struct qiao_slice qiao_cert_spki(const struct qiao_cert *c);

/*
 * Is c signed by issuer's key? ECDSA or RSA (PKCS #1 v1.5) with SHA-256, -384,
 * -512, and Ed25519; QIAO_E_UNSUPPORTED for others (SHA-1 as in Go since 1.18),
 * QIAO_E_BADSIG also when key and algorithm do not fit. Names, dates and the
 * right to issue are not looked at.
 */
qiao_err qiao_cert_signed_by(const struct qiao_cert *c,
			     const struct qiao_cert *issuer);

/*
 * Verify a message the way Fabric does (bccsp/sw/ecdsa.go): SHA-256 of msg for
 * keys of all NIST curves alike; S <= n/2 of the key's own curve; R, S
 * positive; DER SEQUENCE { INTEGER r, INTEGER s }, where bytes after the
 * SEQUENCE and extra elements inside it are ignored but lengths that are not
 * the shortest and padded integers are refused. Ed25519 is over msg itself, 64
 * bytes. QIAO_OK, QIAO_E_BADSIG; QIAO_E_NOMEM says nothing about the signature.
 * Any thread.
 */
qiao_err qiao_cert_verify(const struct qiao_cert *c, struct qiao_slice msg,
			  struct qiao_slice sig);
/* The same with the digest made by the caller; QIAO_E_UNSUPPORTED: Ed25519. */
qiao_err qiao_cert_verify_digest(const struct qiao_cert *c,
				 const struct qiao_hash *digest,
				 struct qiao_slice der_sig);

/*
 * A certificate revocation list, PEM with the label "X509 CRL" or DER. Dates
 * and reasons are not looked at, as in Fabric. Errors as of certificates.
 */
struct qiao_crl;
qiao_err qiao_crl_parse(struct qiao_crl **out, struct qiao_slice pem_or_der,
			struct qiao_why *why);
void qiao_crl_free(struct qiao_crl *c);
/* DER name; key id of its issuer, or empty. Borrowed from c. */
struct qiao_slice qiao_crl_issuer(const struct qiao_crl *c);
struct qiao_slice qiao_crl_aki(const struct qiao_crl *c);
/* serial as qiao_cert_serial gives it */
bool qiao_crl_lists(const struct qiao_crl *c, struct qiao_slice serial);
qiao_err qiao_crl_signed_by(const struct qiao_crl *c,
			    const struct qiao_cert *issuer);

#endif
