/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/link.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <nng/protocol/reqrep0/rep.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define REPLY_MS 30000 /* a peer that does not take its reply is given up */

/* One context and the thread that serves it. */
struct worker {
	struct qiao_listener *l;
	nng_ctx ctx;
	bool has_ctx;
	nng_aio *aio;
	pthread_t thread;
	bool has_thread;
	struct qiao_buf reply;
};

struct qiao_listener {
	struct qiao_listener_options o; /* url and tls are not used */
	struct qiao_url url;
	struct qiao_link_tls tls;
	nng_tls_config *config; /* in use; NULL without TLS */
	nng_socket socket;
	bool has_socket;
	nng_listener listener;
	struct worker *workers;
	unsigned int n;
	/*
	 * NNG 1.5 panics when a socket is closed while another thread enters
	 * one of its contexts. So operations begin under this lock, stopping
	 * cancels them, and the socket is closed when no thread is left.
	 */
	pthread_mutex_t mutex;
	bool stop;
};

static struct qiao_slice body_of(nng_msg *m)
{
	return qiao_slice_of(nng_msg_body(m), nng_msg_len(m));
}

/* Begin one operation and wait for its end; NNG_ECANCELED when stopping. */
static int operate(struct worker *w, void (*begin)(nng_ctx, nng_aio *),
		   nng_duration timeout)
{
	bool stop;

	nng_aio_set_timeout(w->aio, timeout);
	pthread_mutex_lock(&w->l->mutex);
	stop = w->l->stop;
	if (!stop)
		begin(w->ctx, w->aio);
	pthread_mutex_unlock(&w->l->mutex);
	if (stop)
		return NNG_ECANCELED;
	nng_aio_wait(w->aio);
	return nng_aio_result(w->aio);
}

/* False: stopping. */
static bool receive(struct worker *w, nng_msg **m)
{
	int rv = operate(w, nng_ctx_recv, NNG_DURATION_INFINITE);

	*m = rv == 0 ? nng_aio_get_msg(w->aio) : NULL;
	return rv != NNG_ECLOSED && rv != NNG_ECANCELED;
}

static void reply(struct worker *w, struct qiao_slice bytes)
{
	nng_msg *m;

	if (bytes.n > QIAO_PEER_MSG_MAX) {
		qiao_log(QIAO_LOG_ERROR, "reply-too-large", "bytes=%zu",
			 bytes.n);
		return;
	}
	if (nng_msg_alloc(&m, 0) != 0)
		return;
	if (nng_msg_append(m, bytes.p, bytes.n) != 0) {
		nng_msg_free(m);
		return;
	}
	qiao_capture_put(w->l->o.capture, 'S', bytes);
	nng_aio_set_msg(w->aio, m);
	if (operate(w, nng_ctx_send, REPLY_MS) != 0)
		nng_msg_free(m); /* nobody waits: it will ask again */
}

static void *serve(void *arg)
{
	struct worker *w = arg;
	nng_msg *m;

	while (receive(w, &m)) {
		if (!m)
			continue;
		qiao_capture_put(w->l->o.capture, 'R', body_of(m));
		qiao_buf_clear(&w->reply);
		if (nng_msg_len(m) <= QIAO_PEER_MSG_MAX)
			w->l->o.handle(w->l->o.ctx, &w->reply, body_of(m));
		nng_msg_free(m);
		if (w->reply.err == QIAO_OK && w->reply.n > 0)
			reply(w, qiao_buf_slice(&w->reply));
	}
	return NULL;
}

static qiao_err nng_fail(struct qiao_why *why, const char *url, int rv)
{
	return qiao_fail(why, QIAO_E_IO, "%s: cannot listen: %s", url,
			 nng_strerror(rv));
}

/* The url with the port that we really got. */
static void note_port(struct qiao_listener *l)
{
	bool v6 = strchr(l->url.host, ':') != NULL;
	int port = 0;

	if (strcmp(l->url.port, "0") != 0 ||
	    nng_listener_get_int(l->listener, NNG_OPT_TCP_BOUND_PORT, &port))
		return;
	snprintf(l->url.port, sizeof(l->url.port), "%d", port & 0xffff);
	snprintf(l->url.text, sizeof(l->url.text), "%s%s%.200s%s:%s",
		 l->url.tls ? "tls+tcp://" : "tcp://", v6 ? "[" : "",
		 l->url.host, v6 ? "]" : "", l->url.port);
}

static qiao_err start(struct qiao_listener *l, nng_tls_config *config,
		      struct qiao_why *why)
{
	int rv = nng_listener_create(&l->listener, l->socket, l->url.text);

	if (rv == 0)
		rv = nng_listener_set_size(l->listener, NNG_OPT_RECVMAXSZ,
					   QIAO_LINK_RECV_MAX);
	if (rv == 0 && config)
		rv = nng_listener_set_ptr(l->listener, NNG_OPT_TLS_CONFIG,
					  config);
	if (rv == 0)
		rv = nng_listener_start(l->listener, 0);
	if (rv != 0) {
		nng_listener_close(l->listener);
		return nng_fail(why, l->url.text, rv);
	}
	note_port(l);
	return QIAO_OK;
}

static const char *own_name(const struct qiao_listener *l)
{
	return qiao_url_is_address(&l->url) ? NULL : l->url.host;
}

static qiao_err load(struct qiao_listener *l, nng_tls_config **config,
		     struct qiao_why *why)
{
	return qiao_link_tls_load(&l->tls, config, own_name(l), NULL, why);
}

static qiao_err open_worker(struct qiao_listener *l, struct worker *w)
{
	sigset_t all, old;
	int rv;

	w->l = l;
	w->reply.max = QIAO_PEER_MSG_MAX;
	if (nng_ctx_open(&w->ctx, l->socket) != 0)
		return QIAO_E_NOMEM;
	w->has_ctx = true;
	if (nng_aio_alloc(&w->aio, NULL, NULL) != 0)
		return QIAO_E_NOMEM;
	/* signals are for the main thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rv = pthread_create(&w->thread, NULL, serve, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->has_thread = rv == 0;
	return rv == 0 ? QIAO_OK : QIAO_E_NOMEM;
}

static qiao_err open_socket(struct qiao_listener *l, struct qiao_why *why)
{
	int rv = nng_rep0_open(&l->socket);
	qiao_err err = QIAO_OK;

	l->has_socket = rv == 0;
	/* NNG's default is no limit at all */
	if (rv == 0)
		rv = nng_socket_set_size(l->socket, NNG_OPT_RECVMAXSZ,
					 QIAO_LINK_RECV_MAX);
	if (rv != 0)
		return nng_fail(why, l->url.text, rv);
	for (unsigned int i = 0; i < l->n && err == QIAO_OK; i++)
		err = open_worker(l, &l->workers[i]);
	if (err != QIAO_OK)
		qiao_fail(why, err, "%s: no memory for %u threads", l->url.text,
			  l->n);
	return err;
}

qiao_err qiao_listener_open(struct qiao_listener **out,
			    const struct qiao_listener_options *options,
			    struct qiao_why *why)
{
	struct qiao_listener *l = qiao_calloc(1, sizeof(*l));
	qiao_err err;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	pthread_mutex_init(&l->mutex, NULL);
	l->o = *options;
	l->n = options->contexts ? options->contexts : QIAO_CONTEXTS_MIN;
	if (l->n > QIAO_CONTEXTS_MAX)
		l->n = QIAO_CONTEXTS_MAX;
	l->workers = qiao_calloc(l->n, sizeof(*l->workers));
	err = l->workers ? qiao_url_parse(&l->url, options->url,
					  options->tls != NULL, why)
			 : QIAO_E_NOMEM;
	if (err == QIAO_OK && l->url.tls)
		err = qiao_link_tls_init(&l->tls, options->tls);
	if (err == QIAO_OK && l->url.tls)
		err = load(l, &l->config, why);
	if (err == QIAO_OK)
		err = open_socket(l, why);
	if (err == QIAO_OK)
		err = start(l, l->config, why);
	if (err != QIAO_OK) {
		qiao_listener_free(l);
		return err;
	}
	*out = l;
	return QIAO_OK;
}

qiao_err qiao_listener_tick(struct qiao_listener *l, bool *reopened,
			    struct qiao_why *why)
{
	nng_tls_config *config;
	qiao_err err;

	if (reopened)
		*reopened = false;
	if (!l->config || !qiao_link_tls_changed(&l->tls))
		return QIAO_OK;
	err = load(l, &config, why);
	if (err != QIAO_OK)
		return err;
	nng_listener_close(l->listener);
	err = start(l, config, why);
	if (err != QIAO_OK) {
		nng_tls_config_free(config);
		/* seen as changed again, so the next tick retries */
		memset(l->tls.seen, 0, sizeof(l->tls.seen));
		start(l, l->config, NULL);
		return err;
	}
	nng_tls_config_free(l->config);
	l->config = config;
	qiao_log(QIAO_LOG_INFO, "listener-reopened", "url=%s cert=%s",
		 l->url.text, l->tls.files.cert);
	if (reopened)
		*reopened = true;
	return QIAO_OK;
}

const char *qiao_listener_url(const struct qiao_listener *l)
{
	return l->url.text;
}

static void stop_workers(struct qiao_listener *l)
{
	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	for (unsigned int i = 0; i < l->n; i++)
		if (l->workers[i].aio)
			nng_aio_cancel(l->workers[i].aio);
	pthread_mutex_unlock(&l->mutex);
	for (unsigned int i = 0; i < l->n; i++) {
		struct worker *w = &l->workers[i];

		if (w->has_thread)
			pthread_join(w->thread, NULL);
		if (w->has_ctx)
			nng_ctx_close(w->ctx);
		if (w->aio)
			nng_aio_free(w->aio);
		qiao_buf_free(&w->reply);
	}
}

void qiao_listener_free(struct qiao_listener *l)
{
	if (!l)
		return;
	if (l->workers)
		stop_workers(l);
	if (l->has_socket)
		nng_close(l->socket);
	if (l->config)
		nng_tls_config_free(l->config);
	qiao_link_tls_fini(&l->tls);
	pthread_mutex_destroy(&l->mutex);
	qiao_free(l->workers);
	qiao_free(l);
}
