/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys of other systems: an ECDSA key in a PEM file, as the CAs of
 * Fabric make them, and signatures in DER with low S, as its peers want them.
 * Our own keys are in sig.h.
 */
#ifndef GATEWAY_CRYPTO_PEM_KEY_H
#define GATEWAY_CRYPTO_PEM_KEY_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/crypto/x509.h"

struct qiao_pem_key;

/*
 * P-256 or P-384, without a passphrase. `name` is for the sentence. QIAO_E_KEY:
 * no such key in the text. Immutable, so any thread may sign.
 */
qiao_err qiao_pem_key_parse(struct qiao_pem_key **out, struct qiao_slice pem,
			    const char *name, struct qiao_why *why);
void qiao_pem_key_free(struct qiao_pem_key *k); /* NULL is fine */

/* Is this the certificate of the key? */
bool qiao_pem_key_fits(const struct qiao_pem_key *k,
		       const struct qiao_cert *cert);
/* Append the signature over SHA-256(msg). */
qiao_err qiao_pem_key_sign(const struct qiao_pem_key *k, struct qiao_buf *der,
			   struct qiao_slice msg);

#endif
