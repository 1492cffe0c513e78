/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/session.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/x509.h"

#include <string.h>
#include <sys/stat.h>

#define LOOK_MS   1000
#define ROOTS_MAX QIAO_MIB(1)
/* a block, and what stands around it in a DeliverResponse */
#define ANSWER_MAX (QIAO_BLOCK_MAX + QIAO_KIB(1))

/* --- files ---------------------------------------------------------------- */
static void put_stat(struct qiao_buf *b, const char *path)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (path[0])
		(void)stat(path, &st); /* gone: as zero, which is a change */
	qiao_buf_put_u64(b, (uint64_t)st.st_dev);
	qiao_buf_put_u64(b, (uint64_t)st.st_ino);
	qiao_buf_put_u64(b, (uint64_t)st.st_size);
	qiao_buf_put_u64(b, (uint64_t)st.st_mtim.tv_sec);
	qiao_buf_put_u64(b, (uint64_t)st.st_mtim.tv_nsec);
}

static struct qiao_hash stat_files(const struct fabric_config *c)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h;

	put_stat(&b, c->cert);
	put_stat(&b, c->key);
	put_stat(&b, c->tls_cert);
	put_stat(&b, c->tls_key);
	for (size_t i = 0; i < c->sources; i++)
		put_stat(&b, c->source[i].tls_roots);
	qiao_sha256(&h, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return h;
}

/* With a NUL after it, for gRPC. */
static qiao_err read_text(struct qiao_buf *out, const char *path, size_t max,
			  bool is_private, struct qiao_why *why)
{
	qiao_err err = is_private ? qiao_file_read_private(out, path, max, why)
				  : qiao_file_read(out, path, max, why);

	qiao_buf_put_u8(out, 0);
	return err == QIAO_OK ? out->err : err;
}

static const char *text_of(const struct qiao_buf *b)
{
	return b->n > 0 ? (const char *)b->p : NULL;
}

/* --- making one ----------------------------------------------------------- */
struct tls {
	struct qiao_buf cert, key;
};

static qiao_err read_tls(struct fabric_session *s, struct tls *tls,
			 struct qiao_why *why)
{
	const struct fabric_config *c = s->cfg;
	struct qiao_why inner = { "" };
	struct qiao_cert *cert;
	qiao_err err;

	if (!c->tls_cert[0])
		return QIAO_OK;
	err = read_text(&tls->cert, c->tls_cert, QIAO_CERT_MAX, false, why);
	if (err == QIAO_OK)
		err = read_text(&tls->key, c->tls_key, QIAO_KIB(64), true, why);
	if (err != QIAO_OK)
		return err;
	err = qiao_cert_parse_pem(&cert, qiao_buf_slice(&tls->cert), &inner);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "%s: holds no certificate: %.200s",
				 c->tls_cert, inner.text);
	s->has_tls = true;
	s->tls_not_after_ms = qiao_cert_not_after_ms(cert);
	qiao_sha256(&s->tls_hash, qiao_cert_der(cert));
	qiao_cert_free(cert);
	return QIAO_OK;
}

static qiao_err open_link(struct fabric_session *s, size_t i,
			  const struct tls *tls, struct qiao_why *why)
{
	const struct fabric_endpoint *e = &s->cfg->source[i];
	struct qiao_buf roots = QIAO_BUF;
	qiao_err err = read_text(&roots, e->tls_roots, ROOTS_MAX, false, why);
	struct fabric_link_config c = {
		.address = e->address,
		.override = e->server_name[0] ? e->server_name : NULL,
		.cert = text_of(&tls->cert),
		.key = text_of(&tls->key),
		.max_bytes = ANSWER_MAX,
	};

	c.roots = text_of(&roots);
	if (err == QIAO_OK) {
		err = fabric_link_open(&s->link[i], &c);
		if (err != QIAO_OK)
			qiao_fail(why, err,
				  "%s: no TLS link can be made with %s and the "
				  "certificate of `tls`",
				  e->address, e->tls_roots);
	}
	qiao_buf_free(&roots);
	return err;
}

static void session_free(struct fabric_session *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < FABRIC_SOURCES_MAX; i++)
		fabric_link_close(s->link[i]);
	fabric_identity_free(s->identity);
	qiao_free(s);
}

static qiao_err session_make(struct fabric_session **out,
			     const struct fabric_config *c,
			     struct qiao_why *why)
{
	struct fabric_session *s = qiao_calloc(1, sizeof(*s));
	struct tls tls = { .cert = { .max = 0 } };
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (!s)
		return err;
	s->cfg = c;
	err = fabric_identity_load(&s->identity, c->mspid, c->cert, c->key,
				   why);
	if (err == QIAO_OK)
		err = read_tls(s, &tls, why);
	for (size_t i = 0; err == QIAO_OK && i < c->sources; i++)
		err = open_link(s, i, &tls, why);
	qiao_buf_free(&tls.cert);
	qiao_buf_free(&tls.key);
	if (err == QIAO_OK)
		*out = s;
	else
		session_free(s);
	return err;
}

/* --- keeping them --------------------------------------------------------- */
qiao_err fabric_sessions_open(struct fabric_sessions *s,
			      const struct fabric_config *cfg,
			      struct qiao_why *why)
{
	qiao_err err;

	memset(s, 0, sizeof(*s));
	s->cfg = cfg;
	s->gateway = cfg->gateway;
	s->files = stat_files(cfg);
	s->look_at_ms = qiao_monotonic_ms() + LOOK_MS;
	err = session_make(&s->now, cfg, why);
	if (err != QIAO_OK)
		return err;
	s->now->users = 1; /* we */
	pthread_mutex_init(&s->lock, NULL);
	return QIAO_OK;
}

void fabric_sessions_close(struct fabric_sessions *s)
{
	session_free(s->now);
	pthread_mutex_destroy(&s->lock);
}

static void drop(struct fabric_session *session)
{
	if (--session->users == 0)
		session_free(session);
}

static void look(struct fabric_sessions *s)
{
	struct qiao_hash files = stat_files(s->cfg);
	struct qiao_why why = { "" };
	struct fabric_session *made;

	if (qiao_hash_eq(&files, &s->files))
		return;
	s->files = files;
	if (session_make(&made, s->cfg, &why) != QIAO_OK) {
		qiao_log(QIAO_LOG_WARN, "certificates-kept", "why=\"%s\"",
			 why.text);
		return;
	}
	made->users = 1;
	drop(s->now);
	s->now = made;
	qiao_log(QIAO_LOG_INFO, "certificates-renewed", "channel=%s",
		 s->cfg->channel);
}

struct fabric_session *fabric_session_take(struct fabric_sessions *s)
{
	struct fabric_session *session;

	pthread_mutex_lock(&s->lock);
	if (qiao_monotonic_ms() >= s->look_at_ms) {
		look(s);
		s->look_at_ms = qiao_monotonic_ms() + LOOK_MS;
	}
	session = s->now;
	session->users++;
	pthread_mutex_unlock(&s->lock);
	return session;
}

void fabric_session_release(struct fabric_sessions *s,
			    struct fabric_session *session)
{
	pthread_mutex_lock(&s->lock);
	drop(session);
	pthread_mutex_unlock(&s->lock);
}

struct fabric_asker fabric_session_asker(const struct fabric_session *session)
{
	return (struct fabric_asker){
		.channel = session->cfg->channel,
		.identity = session->identity,
		.tls_hash = session->has_tls
				    ? qiao_slice_hash(&session->tls_hash)
				    : qiao_slice_of(NULL, 0),
		.now_ms = qiao_now_ms(),
	};
}
