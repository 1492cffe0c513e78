/* SPDX-License-Identifier: Apache-2.0 */
/* What x509.c, x509_verify.c and crl.c share. Only for this folder. */
#ifndef GATEWAY_CRYPTO_CERT_H
#define GATEWAY_CRYPTO_CERT_H

#include "gateway/base/buf.h"
#include "gateway/base/reader.h"
#include "gateway/crypto/ecdsa.h"
#include "gateway/crypto/x509.h"

/*
 * SEQUENCE { to be signed, AlgorithmIdentifier, BIT STRING }: the outer shape
 * of certificates and CRLs, with nothing between, inside or after.
 */
struct qiao_signed {
	struct qiao_slice tbs; /* whole element */
	struct qiao_slice alg; /* whole element */
	struct qiao_slice sig;
};
qiao_err qiao_signed_parse(struct qiao_signed *out, struct qiao_slice der);
/* As qiao_cert_signed_by. */
qiao_err qiao_signed_check(const struct qiao_signed *s,
			   const struct qiao_cert *issuer);

struct qiao_cert {
	struct qiao_slice der; /* owned; what follows points into it */
	struct qiao_signed parts;
	struct qiao_slice serial, issuer, subject, spki;
	struct qiao_slice ski, aki;
	bool ca, signs_certs, serves, unknown_critical;
	int path_len;

	int64_t not_before_ms, not_after_ms;
	char name[128];                          /* for messages */
	struct qiao_slice ou[QIAO_CERT_OUS_MAX]; /* owned by OpenSSL */
	size_t ous;

	enum qiao_cert_key kind;
	const struct qiao_curve *curve; /* NULL unless the kind is ECDSA */
	bool rsa;
	EVP_PKEY *key;          /* NULL: a kind that OpenSSL does not know */
	EVP_PKEY_CTX *verifier; /* NULL unless the kind is ECDSA */
};

/*
 * One Extension after the other: its OID and the content of its value. False at
 * the end and on errors (of r).
 */
struct qiao_ext {
	struct qiao_slice oid;
	struct qiao_slice value;
	bool critical;
};
bool qiao_ext_next(struct qiao_reader *r, struct qiao_ext *out);
/* Is it 2.5.29.n, the arc of X.509's own extensions? */
bool qiao_ext_is(const struct qiao_ext *e, uint8_t n);
#define QIAO_EXT_SKI       14
#define QIAO_EXT_KEY_USAGE 15
#define QIAO_EXT_BASIC     19
#define QIAO_EXT_AKI       35
#define QIAO_EXT_EXT_USAGE 37
/* keyIdentifier of an AuthorityKeyIdentifier; empty: none. */
struct qiao_slice qiao_ext_aki(struct qiao_reader *r, const struct qiao_ext *e);
/* Read the extensions of a certificate, explicit tag 3, into c. */
void qiao_cert_get_extensions(struct qiao_reader *r, struct qiao_cert *c);

#endif
