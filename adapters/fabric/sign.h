/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client identity of this adapter on its channel: the only file that holds
 * the private key. Everything signed is ECDSA over SHA-256 of the exact bytes,
 * DER, low S (docs/light-client-fabric.md).
 */
#ifndef ADAPTERS_FABRIC_SIGN_H
#define ADAPTERS_FABRIC_SIGN_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

#define FABRIC_ACCOUNT_LEN 16

struct fabric_identity;

/*
 * From the PEM files of certificate and key. QIAO_E_KEY: the key file may be
 * touched by others, or does not fit the certificate. A certificate that has
 * expired is still loaded: the sentence of what is refused then says so.
 * Immutable, so any thread may use it.
 */
qiao_err fabric_identity_load(struct fabric_identity **out, const char *mspid,
			      const char *cert, const char *key,
			      struct qiao_why *why);
void fabric_identity_free(struct fabric_identity *id); /* NULL is fine */

/* SerializedIdentity, as it stands in headers. Borrowed. */
struct qiao_slice fabric_identity_creator(const struct fabric_identity *id);
/* adapters/fabric/chaincode/README.md 1 */
const uint8_t *fabric_identity_account(const struct fabric_identity *id);
/*
 * "" when the certificate is valid at now_ms; else a part of a sentence: " (the
 * client certificate FILE expired on DATE)". Returns out.
 */
char *fabric_identity_doubt(char *out, size_t size,
			    const struct fabric_identity *id, int64_t now_ms);

qiao_err fabric_identity_sign(const struct fabric_identity *id,
			      struct qiao_buf *der, struct qiao_slice bytes);

#endif
