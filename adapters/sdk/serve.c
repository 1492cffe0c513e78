/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/sdk/serve.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define OP_MAX      16
#define ARGS_MAX    16
#define THREADS_MAX 64
#define CANCEL_MS   5    /* between two tries to end a worker */
#define CHECK_MS    1000 /* patience of qiao_serve_check */
/* what stands around a result: numbers and the sentence */
#define FRAME_MAX QIAO_KIB(2)

struct worker {
	struct qiao_server *server;
	nng_ctx ctx;
	nng_aio *aio;
	pthread_t thread;
	bool has_ctx, has_thread;
	atomic_bool waiting, ended; /* for a request; the thread */
};

struct qiao_server {
	struct qiao_serve_config cfg;
	nng_socket socket;
	nng_listener listener;
	bool has_socket;
	size_t n;
	struct worker w[THREADS_MAX];
	atomic_bool stopping;
};

/* A sentence may have been cut in the middle of a character. */
void qiao_serve_sentence(struct qiao_buf *b, const char *text)
{
	char safe[sizeof(((struct qiao_why *)0)->text)];

	if (!qiao_utf8_valid(qiao_slice_str(text)))
		text = qiao_str_escape(safe, sizeof(safe),
				       qiao_slice_str(text));
	qiao_mp_put_cstr(b, text);
}

static void reply_put(struct qiao_buf *b, uint64_t number, qiao_err err,
		      const struct qiao_why *why, const struct qiao_buf *result)
{
	qiao_mp_put_array(b, 5);
	qiao_mp_put_uint(b, 1);
	qiao_mp_put_uint(b, number);
	qiao_mp_put_int(b, err);
	qiao_serve_sentence(b, err == QIAO_OK || why->text[0]
				       ? why->text
				       : qiao_strerror(err));
	if (err == QIAO_OK && result->n > 0)
		qiao_mp_put_raw(b, qiao_buf_slice(result));
	else
		qiao_mp_put_nil(b);
}

static const struct qiao_serve_op *op_find(const struct qiao_serve_op *ops,
					   const char *name)
{
	for (; ops->name; ops++)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

static qiao_err request_run(const struct qiao_serve_op *ops, void *ctx,
			    uint64_t *number, struct qiao_buf *result,
			    struct qiao_slice request, struct qiao_why *why)
{
	const struct qiao_serve_op *op;
	char name[OP_MAX + 1];
	struct qiao_mp m;
	size_t nargs;
	qiao_err err = qiao_mp_open(&m, request);

	if (err != QIAO_OK)
		return qiao_fail(why, err, "the request is not canonical");
	qiao_mp_array_of(&m, 4);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	*number = qiao_mp_uint(&m, UINT64_MAX);
	qiao_mp_str_into(&m, name, sizeof(name));
	nargs = qiao_mp_array(&m, ARGS_MAX);
	if (m.r.err != QIAO_OK) {
		*number = 0;
		return qiao_fail(why, m.r.err, "the request is malformed");
	}
	op = op_find(ops, name);
	if (!op)
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "operation %s is not known here", name);
	if (nargs != op->nargs)
		return qiao_fail(why, QIAO_E_USAGE,
				 "operation %s takes %zu arguments, not %zu",
				 name, op->nargs, nargs);
	err = op->run(ctx, result, &m, why);
	return err == QIAO_OK ? result->err : err;
}

qiao_err qiao_serve_answer(const struct qiao_serve_op *ops, void *ctx,
			   struct qiao_buf *reply, struct qiao_slice request)
{
	struct qiao_buf result = { .max = QIAO_ADAPTER_MSG_MAX - FRAME_MAX };
	struct qiao_why why = { "" };
	uint64_t number = 0;
	qiao_err err;

	err = request_run(ops, ctx, &number, &result, request, &why);
	if (err != QIAO_E_CLOSED)
		reply_put(reply, number, err, &why, &result);
	qiao_buf_free(&result);
	return err == QIAO_E_CLOSED ? err : reply->err;
}

/* The message to send back; NULL: stay silent. */
static nng_msg *answer(const struct worker *w, nng_msg *request)
{
	const struct qiao_serve_config *cfg = &w->server->cfg;
	struct qiao_buf reply = { .max = QIAO_ADAPTER_MSG_MAX };
	nng_msg *out = NULL;
	qiao_err err;

	err = qiao_serve_answer(
		cfg->ops, cfg->ctx, &reply,
		qiao_slice_of(nng_msg_body(request), nng_msg_len(request)));
	if (err == QIAO_OK && nng_msg_alloc(&out, 0) == 0 &&
	    nng_msg_append(out, reply.p, reply.n) != 0) {
		nng_msg_free(out);
		out = NULL;
	}
	qiao_buf_free(&reply);
	return out;
}

static void reply_send(struct worker *w, nng_msg *reply)
{
	nng_aio_set_timeout(w->aio, NNG_DURATION_INFINITE);
	nng_aio_set_msg(w->aio, reply);
	nng_ctx_send(w->ctx, w->aio);
	nng_aio_wait(w->aio);
	if (nng_aio_result(w->aio) != 0)
		nng_msg_free(nng_aio_get_msg(w->aio)); /* the asker has gone */
}

/*
 * No timeout: NNG 1.5.2 spins for up to a millisecond whenever one passes. Who
 * stops us cancels instead. NULL and *rv: none came.
 */
static nng_msg *request_wait(struct worker *w, int *rv)
{
	nng_aio_set_timeout(w->aio, NNG_DURATION_INFINITE);
	w->waiting = true;
	nng_ctx_recv(w->ctx, w->aio);
	nng_aio_wait(w->aio);
	w->waiting = false;
	*rv = nng_aio_result(w->aio);
	return *rv == 0 ? nng_aio_get_msg(w->aio) : NULL;
}

/*
 * NNG 1.5.2 panics ("pthread_mutex_lock: Invalid argument") when a context
 * sends while its socket is being closed, so workers end first.
 */
static void *work(void *arg)
{
	struct worker *w = arg;

	while (!w->server->stopping) {
		nng_msg *request, *reply;
		int rv;

		request = request_wait(w, &rv);
		if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
			break;
		if (rv != 0) {
			qiao_sleep_ms(10); /* no memory: do not spin */
			continue;
		}
		reply = answer(w, request);
		nng_msg_free(request);
		if (reply)
			reply_send(w, reply);
	}
	w->ended = true;
	return NULL;
}

static int worker_start(struct qiao_server *s, struct worker *w)
{
	int rv;

	w->server = s;
	rv = nng_aio_alloc(&w->aio, NULL, NULL);
	if (rv != 0)
		return rv;
	rv = nng_ctx_open(&w->ctx, s->socket);
	if (rv != 0)
		return rv;
	w->has_ctx = true;
	if (pthread_create(&w->thread, NULL, work, w) != 0)
		return NNG_ENOMEM;
	w->has_thread = true;
	return 0;
}

static void worker_free(struct worker *w)
{
	if (w->has_ctx)
		nng_ctx_close(w->ctx);
	if (w->aio)
		nng_aio_free(w->aio);
}

static int start(struct qiao_server *s)
{
	int rv = nng_rep0_open(&s->socket);

	if (rv != 0)
		return rv;
	s->has_socket = true;
	/* NNG's own limit is none at all */
	rv = nng_socket_set_size(s->socket, NNG_OPT_RECVMAXSZ,
				 QIAO_ADAPTER_MSG_MAX);
	if (rv == 0)
		rv = nng_listen(s->socket, s->cfg.url, &s->listener, 0);
	for (size_t i = 0; rv == 0 && i < s->cfg.threads; i++) {
		s->n = i + 1;
		rv = worker_start(s, &s->w[i]);
	}
	return rv;
}

qiao_err qiao_serve_open(struct qiao_server **out,
			 const struct qiao_serve_config *cfg,
			 struct qiao_why *why)
{
	struct qiao_server *s;
	int rv;

	*out = NULL;
	if (cfg->threads == 0 || cfg->threads > THREADS_MAX)
		return qiao_fail(why, QIAO_E_USAGE,
				 "%u threads asked for, 1 to %d are possible",
				 cfg->threads, THREADS_MAX);
	s = qiao_calloc(1, sizeof(*s));
	if (!s)
		return QIAO_E_NOMEM;
	s->cfg = *cfg;
	rv = start(s);
	if (rv != 0) {
		qiao_serve_close(s);
		return qiao_fail(why, QIAO_E_IO,
				 "cannot listen on %s: %s; is another one "
				 "running there, does the folder exist?",
				 cfg->url, nng_strerror(rv));
	}
	*out = s;
	return QIAO_OK;
}

/* Any request will do: what is malformed is answered, too. */
static bool answers(nng_socket asker, const char *url)
{
	uint8_t nothing = 0;
	void *got;
	size_t n;

	if (nng_socket_set_ms(asker, NNG_OPT_SENDTIMEO, CHECK_MS) != 0 ||
	    nng_socket_set_ms(asker, NNG_OPT_RECVTIMEO, CHECK_MS) != 0 ||
	    nng_socket_set_size(asker, NNG_OPT_RECVMAXSZ, FRAME_MAX) != 0 ||
	    nng_dial(asker, url, NULL, 0) != 0 ||
	    nng_send(asker, &nothing, sizeof(nothing), 0) != 0 ||
	    nng_recv(asker, &got, &n, NNG_FLAG_ALLOC) != 0)
		return false;
	nng_free(got, n);
	return true;
}

bool qiao_serve_check(struct qiao_server *s)
{
	nng_socket asker;
	bool well;

	if (nng_req0_open(&asker) != 0)
		return true; /* no memory says nothing about the listener */
	well = answers(asker, s->cfg.url);
	nng_close(asker);
	if (well)
		return true;
	qiao_log(QIAO_LOG_WARN, "listen-again", "url=%s", s->cfg.url);
	nng_listener_close(s->listener);
	nng_listen(s->socket, s->cfg.url, &s->listener, 0);
	return false;
}

/* It may be about to wait when it is cancelled for the first time. */
static void worker_end(struct worker *w)
{
	if (!w->has_thread)
		return;
	while (!w->ended) {
		if (w->waiting)
			nng_aio_cancel(w->aio);
		qiao_sleep_ms(CANCEL_MS);
	}
	pthread_join(w->thread, NULL);
}

void qiao_serve_close(struct qiao_server *s)
{
	if (!s)
		return;
	s->stopping = true;
	for (size_t i = 0; i < s->n; i++)
		worker_end(&s->w[i]);
	if (s->has_socket)
		nng_close(s->socket);
	for (size_t i = 0; i < s->n; i++)
		worker_free(&s->w[i]);
	qiao_free(s);
}
