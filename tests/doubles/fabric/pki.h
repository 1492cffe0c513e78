/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, certificates and signatures of the double's organisations, by OpenSSL.
 */
#ifndef TESTS_DOUBLES_FABRIC_PKI_H
#define TESTS_DOUBLES_FABRIC_PKI_H

#include "tests/doubles/fabric/pool.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct identity {
	const char *msp; /* NULL: a TLS certificate */
	EVP_PKEY *key;
	X509 *cert;
	struct qiao_slice pem;        /* the certificate */
	struct qiao_slice key_pem;    /* the key */
	struct qiao_slice serialized; /* SerializedIdentity */
};

struct cert_wish {
	const char *msp;   /* may be NULL */
	const char *name;  /* CN */
	const char *unit;  /* OU, or NULL */
	const char *san;   /* "IP:127.0.0.1,DNS:localhost", or NULL */
	long from_s, to_s; /* validity, seconds from now; 0, 0: ten years */
};

/* A self-signed authority. */
void pki_authority(struct identity *out, struct pool *p, const char *name);
void pki_issue(struct identity *out, struct pool *p,
	       const struct identity *authority, const struct cert_wish *w);
void pki_free(struct identity *id);

/* ECDSA over SHA-256 of the joined parts, DER, low S. */
struct qiao_slice pki_sign(struct pool *p, const struct identity *by,
			   const struct qiao_slice *part, size_t n);
bool pki_verify(X509 *cert, struct qiao_slice sig,
		const struct qiao_slice *part, size_t n);

X509 *pki_read(struct qiao_slice pem); /* NULL: none */
bool pki_issued_by(X509 *cert, const struct identity *authority);
bool pki_in_time(const X509 *cert);
/* First organisational unit of the subject, "" if none. */
void pki_unit(char *out, size_t size, X509 *cert);
struct qiao_slice pki_digest(struct pool *p, X509 *cert); /* of its DER */

#endif
