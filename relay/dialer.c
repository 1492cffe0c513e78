/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/link.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <nng/protocol/reqrep0/req.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECONNECT_MIN_MS 100
#define RECONNECT_MAX_MS 5000
#define EXPLAIN_MS       2000
#define EXPLAIN_EVERY_MS 3000 /* one extra connection, not one per call */

struct qiao_dialer {
	struct qiao_url url;
	char server_name[QIAO_URL_MAX];
	struct qiao_link_tls tls;
	nng_tls_config *config; /* in use; NULL without TLS */
	struct qiao_capture *capture;
	nng_socket socket;
	bool has_socket;
	nng_dialer dialer;
	atomic_int pipes;

	/*
	 * NNG 1.5 panics when a socket is closed while another thread enters
	 * one of its contexts. So operations begin under this lock, closing
	 * cancels them, and the socket is closed when no call is left.
	 */
	pthread_mutex_t calls_mutex;
	bool closed;
	unsigned int n_calls;
	nng_aio *calls[QIAO_CALLS_MAX]; /* NULL: a free place */

	pthread_mutex_t mutex; /* the last explanation */
	int64_t explained_at;
	qiao_err explained_err;
	struct qiao_why explained;
};

static void on_pipe(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct qiao_dialer *d = arg;

	(void)pipe;
	if (ev == NNG_PIPE_EV_ADD_POST)
		atomic_fetch_add(&d->pipes, 1);
	else if (ev == NNG_PIPE_EV_REM_POST)
		atomic_fetch_sub(&d->pipes, 1);
}

static qiao_err nng_fail(struct qiao_why *why, const char *url, int rv)
{
	return qiao_fail(why, QIAO_E_IO, "%s: cannot dial: %s", url,
			 nng_strerror(rv));
}

static int set_options(nng_dialer dialer, nng_tls_config *config)
{
	int rv = nng_dialer_set_size(dialer, NNG_OPT_RECVMAXSZ,
				     QIAO_LINK_RECV_MAX);

	if (rv == 0)
		rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT,
				       RECONNECT_MIN_MS);
	if (rv == 0)
		rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT,
				       RECONNECT_MAX_MS);
	if (rv == 0 && config)
		rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config);
	return rv;
}

static qiao_err start(struct qiao_dialer *d, nng_tls_config *config,
		      struct qiao_why *why)
{
	int rv = nng_dialer_create(&d->dialer, d->socket, d->url.text);

	if (rv == 0)
		rv = set_options(d->dialer, config);
	if (rv == 0)
		rv = nng_dialer_start(d->dialer, NNG_FLAG_NONBLOCK);
	if (rv == 0)
		return QIAO_OK;
	nng_dialer_close(d->dialer);
	return nng_fail(why, d->url.text, rv);
}

static qiao_err open_socket(struct qiao_dialer *d, struct qiao_why *why)
{
	int rv = nng_req0_open(&d->socket);

	d->has_socket = rv == 0;
	/* NNG's default is no limit at all */
	if (rv == 0)
		rv = nng_socket_set_size(d->socket, NNG_OPT_RECVMAXSZ,
					 QIAO_LINK_RECV_MAX);
	/* whether to send again is decided by the outbox, not here */
	if (rv == 0)
		rv = nng_socket_set_ms(d->socket, NNG_OPT_REQ_RESENDTIME,
				       NNG_DURATION_INFINITE);
	if (rv == 0)
		rv = nng_pipe_notify(d->socket, NNG_PIPE_EV_ADD_POST, on_pipe,
				     d);
	if (rv == 0)
		rv = nng_pipe_notify(d->socket, NNG_PIPE_EV_REM_POST, on_pipe,
				     d);
	return rv == 0 ? QIAO_OK : nng_fail(why, d->url.text, rv);
}

static qiao_err set_name(struct qiao_dialer *d,
			 const struct qiao_dialer_options *o)
{
	const char *name = o->server_name && o->server_name[0] ? o->server_name
							       : d->url.host;

	return qiao_str_copy(d->server_name, sizeof(d->server_name),
			     qiao_slice_str(name))
		       ? QIAO_OK
		       : QIAO_E_LIMIT;
}

qiao_err qiao_dialer_open(struct qiao_dialer **out,
			  const struct qiao_dialer_options *options,
			  struct qiao_why *why)
{
	struct qiao_dialer *d = qiao_calloc(1, sizeof(*d));
	qiao_err err;

	*out = NULL;
	if (!d)
		return QIAO_E_NOMEM;
	pthread_mutex_init(&d->calls_mutex, NULL);
	pthread_mutex_init(&d->mutex, NULL);
	d->capture = options->capture;
	err = qiao_url_parse(&d->url, options->url, options->tls != NULL, why);
	if (err == QIAO_OK)
		err = set_name(d, options);
	if (err == QIAO_OK && d->url.tls)
		err = qiao_link_tls_init(&d->tls, options->tls);
	if (err == QIAO_OK && d->url.tls)
		err = qiao_link_tls_load(&d->tls, &d->config, NULL,
					 d->server_name, why);
	if (err == QIAO_OK)
		err = open_socket(d, why);
	if (err == QIAO_OK)
		err = start(d, d->config, why);
	if (err != QIAO_OK) {
		qiao_dialer_free(d);
		return err;
	}
	*out = d;
	return QIAO_OK;
}

/* --- why does it not connect? --- */

static int connect_in(int fd, const struct addrinfo *a, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int error = 0;

	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&p, 1, timeout_ms) != 1)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
	return error;
}

/* A connected socket, blocking again; or -1 and a sentence. */
static int connect_to(const struct qiao_url *u, struct qiao_why *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int rv = getaddrinfo(u->host, u->port, &hints, &list), fd = -1;

	if (rv != 0) {
		qiao_fail(why, QIAO_E_IO, "%s: host unknown: %s", u->text,
			  gai_strerror(rv));
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family,
			    a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		rv = fd < 0 ? errno : connect_in(fd, a, EXPLAIN_MS);
		if (rv != 0 && fd >= 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		qiao_fail(why, QIAO_E_IO,
			  "%s: %s; is the peer's gateway running and the "
			  "firewall open?",
			  u->text, strerror(rv));
	else
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* OpenSSL writes without MSG_NOSIGNAL. */
static qiao_err explain_tls(struct qiao_dialer *d, int fd, struct qiao_why *why)
{
	struct timespec zero = { 0, 0 };
	sigset_t broken, old;
	qiao_err err;

	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken, &old);
	err = qiao_tls_explain(fd, &d->tls.files, d->server_name, EXPLAIN_MS,
			       why);
	if (!sigismember(&old, SIGPIPE))
		while (sigtimedwait(&broken, NULL, &zero) > 0)
			continue;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

static qiao_err find_reason(struct qiao_dialer *d, struct qiao_why *why)
{
	int fd = connect_to(&d->url, why);
	qiao_err err = QIAO_OK;

	if (fd < 0)
		return QIAO_E_IO;
	if (d->url.tls)
		err = explain_tls(d, fd, why);
	close(fd);
	if (err == QIAO_OK)
		return qiao_fail(why, QIAO_E_IO,
				 "%s: not connected yet, though nothing seems "
				 "wrong; it will be tried again",
				 d->url.text);
	return err;
}

/* Always an error: QIAO_E_IO or QIAO_E_CONFIG, with a sentence. */
static qiao_err explain(struct qiao_dialer *d, struct qiao_why *why)
{
	int64_t now = qiao_monotonic_ms();
	qiao_err err;

	pthread_mutex_lock(&d->mutex);
	if (d->explained_at == 0 || now - d->explained_at > EXPLAIN_EVERY_MS) {
		d->explained_err = find_reason(d, &d->explained);
		d->explained_at = qiao_monotonic_ms();
	}
	err = d->explained_err;
	if (why)
		*why = d->explained;
	pthread_mutex_unlock(&d->mutex);
	return err;
}

/* --- a call --- */

static qiao_err result(struct qiao_dialer *d, int rv, struct qiao_why *why)
{
	if (rv == 0)
		return QIAO_OK;
	if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
		return QIAO_E_CLOSED;
	if (rv == NNG_ENOMEM)
		return QIAO_E_NOMEM;
	if (rv == NNG_ETIMEDOUT && qiao_dialer_connected(d))
		return qiao_fail(why, QIAO_E_TIMEOUT,
				 "%s: connected, but it does not answer",
				 d->url.text);
	return explain(d, why);
}

/* Begin one operation and wait for its end; NNG_ECANCELED when closed. */
static int operate(struct qiao_dialer *d, nng_aio *aio, nng_ctx ctx,
		   void (*begin)(nng_ctx, nng_aio *), int64_t deadline)
{
	int64_t left = deadline - qiao_monotonic_ms();
	bool closed;

	nng_aio_set_timeout(aio, left > 0 ? (nng_duration)left : 1);
	pthread_mutex_lock(&d->calls_mutex);
	closed = d->closed;
	if (!closed)
		begin(ctx, aio);
	pthread_mutex_unlock(&d->calls_mutex);
	if (closed)
		return NNG_ECANCELED;
	nng_aio_wait(aio);
	return nng_aio_result(aio);
}

/* Sends m (taken) and waits for the answer; rv as NNG's. */
static int exchange(struct qiao_dialer *d, nng_aio *aio, nng_ctx ctx,
		    nng_msg *m, nng_msg **answer, int64_t deadline)
{
	int rv;

	nng_aio_set_msg(aio, m);
	rv = operate(d, aio, ctx, nng_ctx_send, deadline);
	if (rv != 0) {
		nng_msg_free(m);
		return rv;
	}
	rv = operate(d, aio, ctx, nng_ctx_recv, deadline);
	if (rv == 0)
		*answer = nng_aio_get_msg(aio);
	return rv;
}

static int call(struct qiao_dialer *d, nng_aio *aio, nng_msg **answer,
		struct qiao_slice request, int timeout_ms)
{
	int64_t deadline = qiao_monotonic_ms() + timeout_ms;
	nng_msg *m = NULL;
	nng_ctx ctx;
	int rv = nng_ctx_open(&ctx, d->socket);

	if (rv != 0)
		return rv;
	rv = nng_msg_alloc(&m, 0);
	if (rv == 0)
		rv = nng_msg_append(m, request.p, request.n);
	if (rv == 0)
		rv = exchange(d, aio, ctx, m, answer, deadline);
	else if (m)
		nng_msg_free(m);
	nng_ctx_close(ctx);
	return rv;
}

/* A place among the calls, with its own NNG operation. */
static qiao_err enter(struct qiao_dialer *d, unsigned int *place)
{
	nng_aio *aio;
	qiao_err err = QIAO_OK;

	if (nng_aio_alloc(&aio, NULL, NULL) != 0)
		return QIAO_E_NOMEM;
	pthread_mutex_lock(&d->calls_mutex);
	if (d->closed)
		err = QIAO_E_CLOSED;
	else if (d->n_calls == QIAO_CALLS_MAX)
		err = QIAO_E_BUSY;
	for (*place = 0; err == QIAO_OK && d->calls[*place]; ++*place)
		continue;
	if (err == QIAO_OK) {
		d->calls[*place] = aio;
		d->n_calls++;
	}
	pthread_mutex_unlock(&d->calls_mutex);
	if (err != QIAO_OK)
		nng_aio_free(aio);
	return err;
}

static void leave(struct qiao_dialer *d, unsigned int place)
{
	nng_aio *aio;

	pthread_mutex_lock(&d->calls_mutex);
	aio = d->calls[place];
	d->calls[place] = NULL;
	d->n_calls--;
	pthread_mutex_unlock(&d->calls_mutex);
	nng_aio_free(aio);
}

static qiao_err take_answer(struct qiao_dialer *d, struct qiao_buf *reply,
			    nng_msg *answer)
{
	struct qiao_slice body =
		qiao_slice_of(nng_msg_body(answer), nng_msg_len(answer));

	qiao_capture_put(d->capture, 'R', body);
	if (body.n > QIAO_PEER_MSG_MAX)
		return QIAO_E_LIMIT;
	qiao_buf_put(reply, body);
	return reply->err;
}

qiao_err qiao_dialer_call(struct qiao_dialer *d, struct qiao_buf *reply,
			  struct qiao_slice request, int timeout_ms,
			  struct qiao_why *why)
{
	nng_msg *answer = NULL;
	unsigned int place;
	qiao_err err;
	int rv;

	if (request.n > QIAO_PEER_MSG_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "a message of %zu bytes is over the limit of "
				 "%zu",
				 request.n, QIAO_PEER_MSG_MAX);
	err = enter(d, &place);
	if (err != QIAO_OK)
		return err;
	qiao_capture_put(d->capture, 'S', request);
	rv = call(d, d->calls[place], &answer, request, timeout_ms);
	leave(d, place);
	err = result(d, rv, why);
	if (err == QIAO_OK)
		err = take_answer(d, reply, answer);
	if (answer)
		nng_msg_free(answer);
	return err;
}

bool qiao_dialer_connected(const struct qiao_dialer *d)
{
	return atomic_load(&d->pipes) > 0;
}

qiao_err qiao_dialer_tick(struct qiao_dialer *d, bool *reopened,
			  struct qiao_why *why)
{
	nng_tls_config *config;
	qiao_err err;

	if (reopened)
		*reopened = false;
	if (!d->config || !qiao_link_tls_changed(&d->tls))
		return QIAO_OK;
	err = qiao_link_tls_load(&d->tls, &config, NULL, d->server_name, why);
	if (err != QIAO_OK)
		return err;
	nng_dialer_close(d->dialer);
	nng_tls_config_free(d->config);
	d->config = config;
	err = start(d, config, why);
	if (err == QIAO_OK && reopened)
		*reopened = true;
	return err;
}

void qiao_dialer_close(struct qiao_dialer *d)
{
	pthread_mutex_lock(&d->calls_mutex);
	d->closed = true;
	for (unsigned int i = 0; i < QIAO_CALLS_MAX; i++)
		if (d->calls[i])
			nng_aio_cancel(d->calls[i]);
	pthread_mutex_unlock(&d->calls_mutex);
}

void qiao_dialer_free(struct qiao_dialer *d)
{
	if (!d)
		return;
	if (d->has_socket)
		nng_close(d->socket);
	if (d->config)
		nng_tls_config_free(d->config);
	qiao_link_tls_fini(&d->tls);
	pthread_mutex_destroy(&d->mutex);
	pthread_mutex_destroy(&d->calls_mutex);
	qiao_free(d);
}
