/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures behind one enum. Ours are over tag || 00 || bytes: ECDSA over the
 * SHA-256 of that; they are 64 bytes r || s, low-S, and exactly one encoding is
 * accepted. Foreign formats (DER in Fabric, recoverable in FISCO) have their
 * own functions. Never aborts on foreign bytes: libsecp256k1's illegal callback
 * reports.
 */
#ifndef GATEWAY_CRYPTO_SIG_H
#define GATEWAY_CRYPTO_SIG_H

#include "gateway/base/why.h"

/* On disk and wire: append, never renumber. */
enum qiao_scheme {
	QIAO_SCHEME_SECP256K1 = 1, /* ECDSA, SHA-256 */
	QIAO_SCHEME_P256 = 2,      /* ECDSA, SHA-256 */
	QIAO_SCHEME_SM2 = 3, /* refused until the national-cryptography issue */
	QIAO_SCHEME_ED25519 = 4, /* likewise; audit notes use it later */
};

#define QIAO_SIG_LEN    64
#define QIAO_PUBKEY_LEN 33 /* SEC1 compressed */

/* A parsed, valid key; make one only with qiao_pubkey_parse. */
struct qiao_pubkey {
	uint8_t scheme;
	uint8_t b[QIAO_PUBKEY_LEN];
};

struct qiao_sig {
	uint8_t b[QIAO_SIG_LEN];
};

/*
 * QIAO_E_KEY: unknown scheme, wrong length, not on the curve.
 * QIAO_E_UNSUPPORTED: SM2, Ed25519, not built yet.
 */
qiao_err qiao_pubkey_parse(struct qiao_pubkey *out, unsigned int scheme,
			   struct qiao_slice bytes);
bool qiao_pubkey_eq(const struct qiao_pubkey *a, const struct qiao_pubkey *b);
/* First 16 bytes of SHA-256("qiao/key/1" || 00 || scheme byte || key bytes). */
struct qiao_id16 qiao_pubkey_id(const struct qiao_pubkey *k);

/*
 * QIAO_OK or QIAO_E_BADSIG; QIAO_E_NOMEM says nothing about the signature.
 * Takes exactly 64 bytes; r, s in range; low-S. Any thread.
 */
qiao_err qiao_sig_verify(const struct qiao_pubkey *k, const char *tag,
			 struct qiao_slice bytes, struct qiao_slice sig);
/* The same over a digest that the caller computed. */
qiao_err qiao_sig_verify_digest(const struct qiao_pubkey *k,
				const struct qiao_hash *digest,
				struct qiao_slice sig);

/*
 * A private key: locked in memory, wiped when freed; QIAO_E_KEY when the system
 * lets no memory be locked. Any thread may sign.
 */
struct qiao_key;
/* Random. Schemes as in qiao_pubkey_parse. */
qiao_err qiao_key_new(struct qiao_key **out, unsigned int scheme);
/*
 * A key file: one line "qiao-key 1 secp256k1 <64 hex>" (or p256). Refused
 * (QIAO_E_KEY, with the chmod to type) when group or others may read it.
 */
qiao_err qiao_key_load(struct qiao_key **out, const char *path,
		       struct qiao_why *why);
/* Creates with O_EXCL and mode 0600; QIAO_E_EXISTS. */
qiao_err qiao_key_save(const struct qiao_key *k, const char *path,
		       struct qiao_why *why);
const struct qiao_pubkey *qiao_key_public(const struct qiao_key *k);
qiao_err qiao_key_sign(const struct qiao_key *k, struct qiao_sig *out,
		       const char *tag, struct qiao_slice bytes);
void qiao_key_free(struct qiao_key *k);

/* Text form "secp256k1:<66 hex>" used in configuration. */
#define QIAO_PUBKEY_TEXT_LEN 80
char *qiao_pubkey_format(char *out, const struct qiao_pubkey *k);
/* QIAO_E_KEY, QIAO_E_UNSUPPORTED as qiao_pubkey_parse. */
qiao_err qiao_pubkey_read(struct qiao_pubkey *out, const char *text);

#endif
