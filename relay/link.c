/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/link.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PEM_FILE_MAX QIAO_KIB(256)

static bool starts_with(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (starts_with(host, "127.") &&
		inet_pton(AF_INET, host, &(struct in_addr){ 0 }) == 1);
}

bool qiao_url_is_address(const struct qiao_url *u)
{
	unsigned char any[sizeof(struct in6_addr)];

	return u->host[0] == 0 || strcmp(u->host, "*") == 0 ||
	       inet_pton(AF_INET, u->host, any) == 1 ||
	       inet_pton(AF_INET6, u->host, any) == 1;
}

/* "[::1]:7400" and "host:7400"; false when either part is missing. */
static bool split(struct qiao_url *u, const char *rest)
{
	const char *colon = strrchr(rest, ':');
	size_t n = colon ? (size_t)(colon - rest) : 0;

	if (!colon || strlen(colon + 1) == 0 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    !qiao_str_copy(u->port, sizeof(u->port), qiao_slice_str(colon + 1)))
		return false;
	if (rest[0] == '[' && n > 2 && rest[n - 1] == ']') {
		rest++;
		n -= 2;
	}
	return qiao_str_copy(u->host, sizeof(u->host), qiao_slice_of(rest, n));
}

qiao_err qiao_url_parse(struct qiao_url *out, const char *text, bool has_files,
			struct qiao_why *why)
{
	const char *rest = NULL;

	memset(out, 0, sizeof(*out));
	if (starts_with(text, "tls+tcp://"))
		rest = text + strlen("tls+tcp://");
	else if (starts_with(text, "tcp://"))
		rest = text + strlen("tcp://");
	out->tls = starts_with(text, "tls+");
	if (!rest || !split(out, rest) ||
	    !qiao_str_copy(out->text, sizeof(out->text), qiao_slice_str(text)))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: write tls+tcp://HOST:PORT", text);
	if (!out->tls && !is_loopback(out->host))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: without TLS only on loopback; write "
				 "tls+tcp://",
				 text);
	if (out->tls && !has_files)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: needs certificate, key and CA files",
				 text);
	return QIAO_OK;
}

qiao_err qiao_link_tls_init(struct qiao_link_tls *t,
			    const struct qiao_tls_files *files)
{
	memset(t, 0, sizeof(*t));
	t->path[0] = qiao_strdup(files->cert);
	t->path[1] = qiao_strdup(files->key);
	t->path[2] = qiao_strdup(files->ca);
	t->files =
		(struct qiao_tls_files){ t->path[0], t->path[1], t->path[2] };
	if (t->path[0] && t->path[1] && t->path[2])
		return QIAO_OK;
	qiao_link_tls_fini(t);
	return QIAO_E_NOMEM;
}

void qiao_link_tls_fini(struct qiao_link_tls *t)
{
	for (size_t i = 0; i < 3; i++)
		qiao_free(t->path[i]);
	memset(t, 0, sizeof(*t));
}

/* What tells one content of the files from another. */
static void look(struct qiao_link_tls *t)
{
	memset(t->seen, 0, sizeof(t->seen));
	for (size_t i = 0; i < 3; i++) {
		struct stat st;

		if (stat(t->path[i], &st) != 0)
			continue;
		t->seen[i].dev = st.st_dev;
		t->seen[i].ino = st.st_ino;
		t->seen[i].size = st.st_size;
		t->seen[i].mtime = st.st_mtim;
	}
}

bool qiao_link_tls_changed(const struct qiao_link_tls *t)
{
	struct qiao_link_tls now = *t;

	look(&now);
	for (size_t i = 0; i < 3; i++)
		if (now.seen[i].dev != t->seen[i].dev ||
		    now.seen[i].ino != t->seen[i].ino ||
		    now.seen[i].size != t->seen[i].size ||
		    now.seen[i].mtime.tv_sec != t->seen[i].mtime.tv_sec ||
		    now.seen[i].mtime.tv_nsec != t->seen[i].mtime.tv_nsec)
			return true;
	return false;
}

/* The whole file as a string. */
static qiao_err read_pem(struct qiao_buf *out, const char *path,
			 struct qiao_why *why)
{
	FILE *in = fopen(path, "re");
	char part[4096];
	size_t n;

	if (!in)
		return qiao_fail(why, QIAO_E_CONFIG, "%s: cannot be read",
				 path);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		qiao_buf_put_mem(out, part, n);
	fclose(in);
	qiao_wipe(part, sizeof(part));
	qiao_buf_put_u8(out, 0);
	return out->err == QIAO_OK
		       ? QIAO_OK
		       : qiao_fail(why, out->err, "%s: is too large", path);
}

static const char *str(const struct qiao_buf *b)
{
	return (const char *)b->p;
}

static int configure(nng_tls_config *c, const struct qiao_buf *cert,
		     const struct qiao_buf *key, const struct qiao_buf *ca,
		     const char *server_name)
{
	int rv = nng_tls_config_auth_mode(c, NNG_TLS_AUTH_MODE_REQUIRED);

	if (rv == 0)
		rv = nng_tls_config_ca_chain(c, str(ca), NULL);
	if (rv == 0)
		rv = nng_tls_config_own_cert(c, str(cert), str(key), NULL);
	if (rv == 0 && server_name)
		rv = nng_tls_config_server_name(c, server_name);
	return rv;
}

static qiao_err make_config(nng_tls_config **out, const struct qiao_link_tls *t,
			    const char *server_name, struct qiao_why *why)
{
	struct qiao_buf cert = { .max = PEM_FILE_MAX };
	struct qiao_buf key = { .max = PEM_FILE_MAX };
	struct qiao_buf ca = { .max = PEM_FILE_MAX };
	nng_tls_config *c = NULL;
	int rv = 0;
	qiao_err err = read_pem(&cert, t->files.cert, why);

	if (err == QIAO_OK)
		err = read_pem(&key, t->files.key, why);
	if (err == QIAO_OK)
		err = read_pem(&ca, t->files.ca, why);
	if (err == QIAO_OK)
		rv = nng_tls_config_alloc(&c, server_name
						      ? NNG_TLS_MODE_CLIENT
						      : NNG_TLS_MODE_SERVER);
	if (err == QIAO_OK && rv == 0)
		rv = configure(c, &cert, &key, &ca, server_name);
	if (rv != 0)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"TLS does not take %s: %s; it knows P-256 and "
				"RSA",
				t->files.cert, nng_strerror(rv));
	if (err != QIAO_OK && c) {
		nng_tls_config_free(c);
		c = NULL;
	}
	*out = c;
	qiao_buf_free(&cert);
	qiao_buf_free(&key);
	qiao_buf_free(&ca);
	return err;
}

qiao_err qiao_link_tls_load(struct qiao_link_tls *t, nng_tls_config **out,
			    const char *own_name, const char *server_name,
			    struct qiao_why *why)
{
	struct qiao_link_tls before = *t;
	qiao_err err;

	*out = NULL;
	look(t); /* first: a change while we read is seen at the next tick */
	err = qiao_tls_check(&t->files, own_name, qiao_now_ms(), why);
	if (err == QIAO_OK)
		err = make_config(out, t, server_name, why);
	if (err != QIAO_OK)
		memcpy(t->seen, before.seen, sizeof(t->seen));
	return err;
}
