/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/hash.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

struct qiao_sha256_ctx {
	EVP_MD_CTX *evp;
};

/*
 * The digests are fetched once, and every thread keeps one context: creating
 * one per call costs three times the hash of a tree node.
 */
static EVP_MD *sha256, *sha3_256;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local EVP_MD_CTX *thread_ctx;

static void free_thread_ctx(void *ctx)
{
	thread_ctx = NULL;
	EVP_MD_CTX_free(ctx);
}

static void set_up(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	sha3_256 = EVP_MD_fetch(NULL, "SHA3-256", NULL);
	QIAO_BUG_ON(!sha256 || !sha3_256);
	QIAO_BUG_ON(pthread_key_create(&thread_end, free_thread_ctx) != 0);
}

/* No memory for a few hundred bytes at a thread's first hash stops us. */
static EVP_MD_CTX *start(EVP_MD *const *md)
{
	if (!thread_ctx) {
		pthread_once(&once, set_up);
		thread_ctx = EVP_MD_CTX_new();
		QIAO_BUG_ON(!thread_ctx);
		QIAO_BUG_ON(pthread_setspecific(thread_end, thread_ctx) != 0);
	}
	QIAO_BUG_ON(EVP_DigestInit_ex2(thread_ctx, *md, NULL) != 1);
	return thread_ctx;
}

static void add(EVP_MD_CTX *ctx, struct qiao_slice in)
{
	QIAO_BUG_ON(EVP_DigestUpdate(ctx, in.p, in.n) != 1);
}

static void end(EVP_MD_CTX *ctx, struct qiao_hash *out)
{
	QIAO_BUG_ON(EVP_DigestFinal_ex(ctx, out->b, NULL) != 1);
}

void qiao_sha256(struct qiao_hash *out, struct qiao_slice in)
{
	qiao_sha256_list(out, &in, 1);
}

static void digest_list(struct qiao_hash *out, EVP_MD *const *md,
			const struct qiao_slice *in, size_t n)
{
	EVP_MD_CTX *ctx = start(md);

	for (size_t i = 0; i < n; i++)
		add(ctx, in[i]);
	end(ctx, out);
}

void qiao_sha256_list(struct qiao_hash *out, const struct qiao_slice *in,
		      size_t n)
{
	digest_list(out, &sha256, in, n);
}

void qiao_sha3_256_list(struct qiao_hash *out, const struct qiao_slice *in,
			size_t n)
{
	digest_list(out, &sha3_256, in, n);
}

void qiao_sha256_tagged(struct qiao_hash *out, const char *tag,
			struct qiao_slice bytes)
{
	const struct qiao_slice parts[] = {
		qiao_slice_str(tag),
		qiao_slice_of("", 1),
		bytes,
	};

	qiao_sha256_list(out, parts, 3);
}

void qiao_hmac_sha256(struct qiao_hash *out, struct qiao_slice key,
		      struct qiao_slice in)
{
	QIAO_BUG_ON(key.n > INT32_MAX);
	QIAO_BUG_ON(!HMAC(EVP_sha256(), key.n ? key.p : (const uint8_t *)"",
			  (int)key.n, in.p, in.n, out->b, NULL));
}

struct qiao_sha256_ctx *qiao_sha256_new(void)
{
	struct qiao_sha256_ctx *c = qiao_malloc(sizeof(*c));

	if (!c)
		return NULL;
	pthread_once(&once, set_up);
	c->evp = EVP_MD_CTX_new();
	if (!c->evp || EVP_DigestInit_ex2(c->evp, sha256, NULL) != 1) {
		EVP_MD_CTX_free(c->evp);
		qiao_free(c);
		return NULL;
	}
	return c;
}

void qiao_sha256_add(struct qiao_sha256_ctx *c, struct qiao_slice in)
{
	add(c->evp, in);
}

void qiao_sha256_end(struct qiao_sha256_ctx *c, struct qiao_hash *out)
{
	end(c->evp, out);
	EVP_MD_CTX_free(c->evp);
	qiao_free(c);
}

void qiao_random(void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		QIAO_BUG_ON(got <= 0);
		p += got;
		n -= (size_t)got;
	}
}
