/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per signature scheme of sig.h; a scheme is one file that defines its
 * row. Only for this folder. All functions may be called from any thread.
 */
#ifndef GATEWAY_CRYPTO_SCHEME_H
#define GATEWAY_CRYPTO_SCHEME_H

#include "gateway/crypto/sig.h"

#include <secp256k1.h>

#define QIAO_SECRET_LEN 32

struct qiao_scheme_ops {
	const char *name; /* in key files and configuration */

	/* Is this the compressed form of a point of the curve? */
	bool (*pubkey_ok)(const uint8_t pub[QIAO_PUBKEY_LEN]);
	/* `pub` passed pubkey_ok. QIAO_OK, QIAO_E_BADSIG, QIAO_E_NOMEM. */
	qiao_err (*verify)(const uint8_t pub[QIAO_PUBKEY_LEN],
			   const struct qiao_hash *digest,
			   const uint8_t sig[QIAO_SIG_LEN]);

	/*
	 * Make a private key ready; its memory is locked and wiped by
	 * secret_close. QIAO_E_KEY: zero, or not below the order.
	 */
	qiao_err (*secret_open)(void **out, uint8_t pub[QIAO_PUBKEY_LEN],
				const uint8_t secret[QIAO_SECRET_LEN]);
	qiao_err (*sign)(const void *secret, uint8_t sig[QIAO_SIG_LEN],
			 const struct qiao_hash *digest);
	void (*secret_close)(void *secret);
};

extern const struct qiao_scheme_ops qiao_scheme_secp256k1;
extern const struct qiao_scheme_ops qiao_scheme_p256;

/* NULL: unknown, or not built yet. */
const struct qiao_scheme_ops *qiao_scheme_ops(unsigned int scheme);

/* Whose illegal callback reports instead of stopping the process. */
const secp256k1_context *qiao_secp256k1_context(void);

#endif
