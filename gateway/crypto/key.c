/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys and their files. */
#include "gateway/crypto/sig.h"

#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/scheme.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "qiao-key 1"
/* magic, the longest scheme name, hex, line end; and one to notice more */
#define FILE_MAX 128

/*
 * Locked pages for about two hundred keys; below the 64 KiB that the strictest
 * usual limit (RLIMIT_MEMLOCK of containers) allows.
 */
#define LOCKED_BYTES ((size_t)32 * 1024)

struct qiao_key {
	const struct qiao_scheme_ops *ops;
	void *secret; /* of ops, in locked memory */
	struct qiao_pubkey pub;
	/* for qiao_key_save; in locked memory */
	uint8_t *number;
};

static bool locked;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock_memory(void)
{
	if (CRYPTO_secure_malloc_initialized())
		locked = true; /* by another part of the process */
	else
		locked = CRYPTO_secure_malloc_init(LOCKED_BYTES, 16) == 1;
	if (!locked)
		qiao_log(QIAO_LOG_ERROR, "key-unlocked",
			 "remedy=\"allow locked memory: ulimit -l 64, or "
			 "LimitMEMLOCK=64K in the service\"");
}

/* From a number that the caller wipes. */
static qiao_err make(struct qiao_key **out, unsigned int scheme,
		     const uint8_t *number)
{
	struct qiao_key *k;
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	pthread_once(&once, lock_memory);
	if (!locked)
		return QIAO_E_KEY;
	k = qiao_calloc(1, sizeof(*k));
	if (!k)
		return QIAO_E_NOMEM;
	k->ops = qiao_scheme_ops(scheme);
	k->pub.scheme = (uint8_t)scheme;
	k->number = OPENSSL_secure_malloc(QIAO_SECRET_LEN);
	if (!k->number)
		goto fail;
	memcpy(k->number, number, QIAO_SECRET_LEN);
	err = k->ops->secret_open(&k->secret, k->pub.b, number);
	if (err != QIAO_OK)
		goto fail;
	*out = k;
	return QIAO_OK;
fail:
	qiao_key_free(k);
	return err;
}

qiao_err qiao_key_new(struct qiao_key **out, unsigned int scheme)
{
	uint8_t number[QIAO_SECRET_LEN];
	qiao_err err = QIAO_E_KEY;

	*out = NULL;
	if (scheme == QIAO_SCHEME_SM2 || scheme == QIAO_SCHEME_ED25519)
		return QIAO_E_UNSUPPORTED;
	if (!qiao_scheme_ops(scheme))
		return QIAO_E_KEY;
	/* one number in 2^32 is not below the order of P-256 */
	for (int i = 0; i < 8 && err == QIAO_E_KEY; i++) {
		qiao_random(number, sizeof(number));
		err = make(out, scheme, number);
	}
	qiao_wipe(number, sizeof(number));
	return err;
}

void qiao_key_free(struct qiao_key *k)
{
	if (!k)
		return;
	if (k->secret)
		k->ops->secret_close(k->secret);
	OPENSSL_secure_clear_free(k->number, QIAO_SECRET_LEN);
	qiao_free(k);
}

const struct qiao_pubkey *qiao_key_public(const struct qiao_key *k)
{
	return &k->pub;
}

qiao_err qiao_key_sign(const struct qiao_key *k, struct qiao_sig *out,
		       const char *tag, struct qiao_slice bytes)
{
	struct qiao_hash digest;
	qiao_err err;

	qiao_sha256_tagged(&digest, tag, bytes);
	err = k->ops->sign(k->secret, out->b, &digest);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

/* "qiao-key 1 NAME HEX\n" into scheme and number. */
static bool parse_line(unsigned int *scheme, uint8_t *number,
		       struct qiao_slice text)
{
	char prefix[sizeof(MAGIC) + 16];

	for (unsigned int i = 0; i <= QIAO_SCHEME_ED25519; i++) {
		const struct qiao_scheme_ops *ops = qiao_scheme_ops(i);
		size_t n;

		if (!ops)
			continue;
		n = (size_t)snprintf(prefix, sizeof(prefix), MAGIC " %s ",
				     ops->name);
		if (text.n != n + 2 * QIAO_SECRET_LEN + 1 ||
		    memcmp(text.p, prefix, n) != 0 ||
		    text.p[text.n - 1] != '\n')
			continue;
		*scheme = i;
		return qiao_hex_decode(
			number, QIAO_SECRET_LEN,
			qiao_slice_of(text.p + n, 2 * QIAO_SECRET_LEN));
	}
	return false;
}

/* Only a regular file that nobody but its owner may touch. */
static qiao_err check_mode(int fd, const char *path, struct qiao_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return qiao_fail(why, QIAO_E_IO, "%s: %s", path,
				 strerror(errno));
	if (!S_ISREG(st.st_mode))
		return qiao_fail(why, QIAO_E_KEY,
				 "%s: is not a file; name the key file", path);
	if (st.st_mode & 077)
		return qiao_fail(why, QIAO_E_KEY,
				 "%s: others may read this private key "
				 "(mode %04o); run: chmod 600 %s",
				 path, (unsigned int)st.st_mode & 07777, path);
	return QIAO_OK;
}

/* Up to size bytes; -1 on error. */
static ssize_t read_all(int fd, uint8_t *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, out + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static qiao_err load_text(struct qiao_key **out, struct qiao_slice text,
			  const char *path, struct qiao_why *why)
{
	uint8_t number[QIAO_SECRET_LEN] = { 0 };
	unsigned int scheme = 0;
	qiao_err err;

	if (!parse_line(&scheme, number, text))
		return qiao_fail(why, QIAO_E_KEY,
				 "%s: is no key file; expected one line "
				 "\"" MAGIC " secp256k1 <64 hex digits>\"",
				 path);
	err = make(out, scheme, number);
	qiao_wipe(number, sizeof(number));
	if (err == QIAO_E_KEY && !locked)
		return qiao_fail(why, err,
				 "%s: no memory may be locked for the private "
				 "key; run: ulimit -l 64",
				 path);
	if (err != QIAO_OK)
		return qiao_fail(
			why, err, "%s: %s; make another key with: qiao key new",
			path,
			err == QIAO_E_KEY ? "the number is zero or too large"
					  : qiao_strerror(err));
	return QIAO_OK;
}

qiao_err qiao_key_load(struct qiao_key **out, const char *path,
		       struct qiao_why *why)
{
	uint8_t text[FILE_MAX];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	qiao_err err;

	*out = NULL;
	if (fd < 0)
		return qiao_fail(why,
				 errno == ENOENT ? QIAO_E_NOTFOUND : QIAO_E_IO,
				 "%s: %s", path, strerror(errno));
	err = check_mode(fd, path, why);
	if (err != QIAO_OK)
		goto out;
	n = read_all(fd, text, sizeof(text));
	if (n < 0) {
		err = qiao_fail(why, QIAO_E_IO, "%s: %s", path,
				strerror(errno));
		goto out;
	}
	err = load_text(out, qiao_slice_of(text, (size_t)n), path, why);
out:
	qiao_wipe(text, sizeof(text));
	close(fd);
	return err;
}

static qiao_err write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, text, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno == ENOSPC ? QIAO_E_FULL : QIAO_E_IO;
		text += put;
		n -= (size_t)put;
	}
	return fsync(fd) == 0 ? QIAO_OK : QIAO_E_IO;
}

qiao_err qiao_key_save(const struct qiao_key *k, const char *path,
		       struct qiao_why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char hex[QIAO_HEX_LEN(QIAO_SECRET_LEN)], line[FILE_MAX];
	qiao_err err;
	int n;

	if (fd < 0)
		return qiao_fail(why,
				 errno == EEXIST ? QIAO_E_EXISTS : QIAO_E_IO,
				 "%s: %s", path, strerror(errno));
	qiao_hex_encode(hex, qiao_slice_of(k->number, QIAO_SECRET_LEN));
	n = snprintf(line, sizeof(line), MAGIC " %s %s\n", k->ops->name, hex);
	err = write_all(fd, line, (size_t)n);
	qiao_wipe(hex, sizeof(hex));
	qiao_wipe(line, sizeof(line));
	if (err != QIAO_OK)
		qiao_fail(why, err, "%s: %s", path, strerror(errno));
	if (close(fd) != 0 && err == QIAO_OK)
		err = qiao_fail(why, QIAO_E_IO, "%s: %s", path,
				strerror(errno));
	if (err != QIAO_OK)
		unlink(path); /* half a key is no key */
	return err;
}
