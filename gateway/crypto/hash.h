/* SPDX-License-Identifier: Apache-2.0 */
/* Digests. Pure, thread-safe; the EVP objects are fetched once. */
#ifndef GATEWAY_CRYPTO_HASH_H
#define GATEWAY_CRYPTO_HASH_H

#include "gateway/include/qiao/types.h"

/* On disk and wire: append, never renumber. */
enum qiao_hash_alg {
	QIAO_HASH_SHA256 = 1,
	QIAO_HASH_SM3 = 2, /* refused until the national-cryptography issue */
};

void qiao_sha256(struct qiao_hash *out, struct qiao_slice in);
/* Over several pieces, as if joined. */
void qiao_sha256_list(struct qiao_hash *out, const struct qiao_slice *in,
		      size_t n);
/* SHA3-256, which Fabric may sign over. */
void qiao_sha3_256_list(struct qiao_hash *out, const struct qiao_slice *in,
			size_t n);
/* SHA-256(tag || 00 || bytes): our domain separation everywhere. */
void qiao_sha256_tagged(struct qiao_hash *out, const char *tag,
			struct qiao_slice bytes);
void qiao_hmac_sha256(struct qiao_hash *out, struct qiao_slice key,
		      struct qiao_slice in);

/* Streaming, for inputs that do not fit in one piece. */
struct qiao_sha256_ctx;
struct qiao_sha256_ctx *qiao_sha256_new(void); /* NULL: no memory */
void qiao_sha256_add(struct qiao_sha256_ctx *c, struct qiao_slice in);
/* Frees c. */
void qiao_sha256_end(struct qiao_sha256_ctx *c, struct qiao_hash *out);

/* From the operating system; stops the process if there is no randomness. */
void qiao_random(void *out, size_t n);

#endif
