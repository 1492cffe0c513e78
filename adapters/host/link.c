/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/link.h"

#include "gateway/base/mem.h"
#include "gateway/include/qiao/limits.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include <pthread.h>

/* One who waits for an answer; on the caller's stack. */
struct waiter {
	struct waiter *next;
	nng_aio *aio;
};

struct qiao_link {
	nng_socket sock;
	pthread_mutex_t lock;
	bool lost; /* the connection broke since qiao_link_expect */
	struct waiter *waiters;
};

/*
 * NNG keeps a request for the next connection when one breaks. The next one is
 * another process, which is started only after this call has failed: without
 * this every death would cost a whole deadline.
 */
static void on_lost(nng_pipe pipe, nng_pipe_ev event, void *link)
{
	struct qiao_link *l = link;

	(void)pipe;
	(void)event;
	pthread_mutex_lock(&l->lock);
	l->lost = true;
	for (struct waiter *w = l->waiters; w; w = w->next)
		nng_aio_cancel(w->aio);
	pthread_mutex_unlock(&l->lock);
}

void qiao_link_expect(struct qiao_link *l)
{
	pthread_mutex_lock(&l->lock);
	l->lost = false;
	pthread_mutex_unlock(&l->lock);
}

static qiao_err from_nng(int rv)
{
	switch (rv) {
	case 0:
		return QIAO_OK;
	case NNG_ETIMEDOUT:
	case NNG_ECONNRESET: /* whatever was asked may have been done */
		return QIAO_E_TIMEOUT;
	case NNG_ECLOSED:
	case NNG_ECANCELED:
		return QIAO_E_CLOSED;
	case NNG_ENOMEM:
		return QIAO_E_NOMEM;
	case NNG_EMSGSIZE:
		return QIAO_E_LIMIT;
	default: /* the library's own list, not an enum of ours */
		return QIAO_E_IO;
	}
}

static int configure(nng_socket sock)
{
	/* without a limit NNG receives anything: set it on every socket */
	int rv = nng_socket_set_size(sock, NNG_OPT_RECVMAXSZ,
				     QIAO_ADAPTER_MSG_MAX);

	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_RECONNMINT, 20);
	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_RECONNMAXT, 500);
	/* we decide what is asked twice, not the socket */
	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_REQ_RESENDTIME,
				       NNG_DURATION_INFINITE);
	return rv;
}

qiao_err qiao_link_open(struct qiao_link **out, const char *url,
			struct qiao_why *why)
{
	struct qiao_link *l = qiao_calloc(1, sizeof(*l));
	int rv;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	rv = nng_req0_open(&l->sock);
	if (rv != 0) {
		qiao_free(l);
		return qiao_fail(why, from_nng(rv), "adapter socket: %s",
				 nng_strerror(rv));
	}
	pthread_mutex_init(&l->lock, NULL);
	rv = configure(l->sock);
	if (rv == 0)
		rv = nng_pipe_notify(l->sock, NNG_PIPE_EV_REM_POST, on_lost, l);
	if (rv == 0)
		rv = nng_dial(l->sock, url, NULL, NNG_FLAG_NONBLOCK);
	if (rv != 0) {
		nng_close(l->sock);
		qiao_link_free(l);
		return qiao_fail(why, from_nng(rv), "adapter socket %s: %s",
				 url, nng_strerror(rv));
	}
	*out = l;
	return QIAO_OK;
}

void qiao_link_close(struct qiao_link *l)
{
	if (!l)
		return;
	nng_pipe_notify(l->sock, NNG_PIPE_EV_REM_POST, NULL, NULL);
	nng_close(l->sock);
}

void qiao_link_free(struct qiao_link *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	qiao_free(l);
}

/* Start is a function of NNG that takes a context and an aio. */
static int run(struct qiao_link *l, nng_ctx ctx, nng_aio *aio,
	       void (*start)(nng_ctx, nng_aio *))
{
	struct waiter w = { .aio = aio };
	bool lost;
	int rv;

	pthread_mutex_lock(&l->lock);
	lost = l->lost;
	if (!lost) {
		w.next = l->waiters;
		l->waiters = &w;
		start(ctx, aio);
	}
	pthread_mutex_unlock(&l->lock);
	if (lost)
		return NNG_ECONNRESET;
	nng_aio_wait(aio);
	rv = nng_aio_result(aio);
	pthread_mutex_lock(&l->lock);
	for (struct waiter **p = &l->waiters; *p; p = &(*p)->next) {
		if (*p == &w) {
			*p = w.next;
			break;
		}
	}
	lost = l->lost;
	pthread_mutex_unlock(&l->lock);
	return rv == NNG_ECANCELED && lost ? NNG_ECONNRESET : rv;
}

/* NNG 1.5 has no blocking calls on a context: start the aio and wait for it. */
static int send_request(struct qiao_link *l, nng_ctx ctx, nng_aio *aio,
			struct qiao_slice request)
{
	nng_msg *msg;
	int rv = nng_msg_alloc(&msg, 0);

	if (rv != 0)
		return rv;
	rv = nng_msg_append(msg, request.p, request.n);
	if (rv == 0) {
		nng_aio_set_msg(aio, msg);
		rv = run(l, ctx, aio, nng_ctx_send);
	}
	if (rv != 0)
		nng_msg_free(msg);
	return rv;
}

static int receive_reply(struct qiao_link *l, nng_ctx ctx, nng_aio *aio,
			 struct qiao_buf *reply)
{
	nng_msg *msg;
	int rv = run(l, ctx, aio, nng_ctx_recv);

	if (rv != 0)
		return rv;
	msg = nng_aio_get_msg(aio);
	qiao_buf_put_mem(reply, nng_msg_body(msg), nng_msg_len(msg));
	nng_msg_free(msg);
	return 0;
}

static int talk(struct qiao_link *l, struct qiao_buf *reply,
		struct qiao_slice request, unsigned int deadline_ms)
{
	nng_ctx ctx;
	nng_aio *aio = NULL;
	int rv = nng_ctx_open(&ctx, l->sock);

	if (rv != 0)
		return rv;
	rv = nng_aio_alloc(&aio, NULL, NULL);
	if (rv == 0) {
		nng_aio_set_timeout(aio, (nng_duration)deadline_ms);
		rv = send_request(l, ctx, aio, request);
		if (rv == 0)
			rv = receive_reply(l, ctx, aio, reply);
		nng_aio_free(aio);
	}
	nng_ctx_close(ctx);
	return rv;
}

qiao_err qiao_link_call(struct qiao_link *l, struct qiao_buf *reply,
			struct qiao_slice request, unsigned int deadline_ms,
			struct qiao_why *why)
{
	int rv = talk(l, reply, request, deadline_ms);

	if (rv == NNG_ECONNRESET)
		return qiao_fail(why, from_nng(rv),
				 "the adapter's connection broke before it "
				 "answered: its process has ended");
	if (rv != 0)
		return qiao_fail(why, from_nng(rv),
				 "adapter did not answer in %u ms: %s",
				 deadline_ms, nng_strerror(rv));
	return reply->err;
}
