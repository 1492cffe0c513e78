/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/host.h"

#include "adapters/host/link.h"
#include "adapters/host/perform.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct qiao_host {
	char chain[QIAO_NAME_MAX];
	char url[QIAO_PATH_LEN];
	char family[QIAO_NAME_MAX];
	char *text;
	unsigned int call_ms;
	void *ctx;
	qiao_err (*start)(void *ctx, pid_t *pid, struct qiao_why *why);
	void (*end)(void *ctx, pid_t pid);

	struct qiao_link *link;
	pthread_mutex_t lock;     /* everything below */
	pthread_mutex_t starting; /* one thread at a time starts the process */
	enum qiao_health health;
	struct qiao_hello hello;
	pid_t pid;
	unsigned int failures, starts;
	int64_t not_before_ms; /* monotonic: no start before */
	int64_t ready_ms;      /* monotonic: when it became ready */
	uint32_t next_number;
	bool closed;
	char last[384];
};

qiao_err qiao_host_new(struct qiao_host **out, const struct qiao_host_config *c)
{
	struct qiao_host *h = qiao_calloc(1, sizeof(*h));
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (!h)
		return QIAO_E_NOMEM;
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->starting, NULL);
	h->call_ms = c->call_ms;
	h->ctx = c->ctx;
	h->start = c->start;
	h->end = c->end;
	h->text = qiao_strdup(c->text);
	if (!h->text)
		goto fail;
	err = QIAO_E_LIMIT;
	if (!qiao_str_copy(h->chain, sizeof(h->chain),
			   qiao_slice_str(c->chain)) ||
	    !qiao_str_copy(h->url, sizeof(h->url), qiao_slice_str(c->url)) ||
	    !qiao_str_copy(h->family, sizeof(h->family),
			   qiao_slice_str(c->family)))
		goto fail;
	err = qiao_link_open(&h->link, h->url, NULL);
	if (err != QIAO_OK)
		goto fail;
	*out = h;
	return QIAO_OK;
fail:
	qiao_host_free(h);
	return err;
}

void qiao_host_close(struct qiao_host *h)
{
	pid_t pid;

	pthread_mutex_lock(&h->lock);
	h->closed = true;
	pid = h->pid;
	h->pid = 0;
	pthread_mutex_unlock(&h->lock);
	qiao_link_close(h->link);
	if (pid > 0)
		h->end(h->ctx, pid);
}

void qiao_host_free(struct qiao_host *h)
{
	if (!h)
		return;
	qiao_link_free(h->link);
	pthread_mutex_destroy(&h->lock);
	pthread_mutex_destroy(&h->starting);
	qiao_free(h->text);
	qiao_free(h);
}

void qiao_host_status(struct qiao_host *h, struct qiao_host_status *out)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&h->lock);
	out->health = h->health;
	out->failures = h->failures;
	out->starts = h->starts;
	out->pid = h->pid;
	memcpy(out->name, h->hello.name, sizeof(out->name));
	memcpy(out->origin, h->hello.origin, sizeof(out->origin));
	memcpy(out->last, h->last, sizeof(out->last));
	pthread_mutex_unlock(&h->lock);
}

bool qiao_host_can(struct qiao_host *h, const char *capability)
{
	bool can = false;

	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->hello.caps; i++)
		can = can || strcmp(h->hello.cap[i], capability) == 0;
	pthread_mutex_unlock(&h->lock);
	return can;
}

/*
 * The process is ended after every failure, not only after an exit: one that
 * hangs or talks nonsense is not going to recover by being asked again.
 */
static void failed(struct qiao_host *h, enum qiao_health_event ev, qiao_err err,
		   const struct qiao_why *why)
{
	pid_t pid;

	pthread_mutex_lock(&h->lock);
	qiao_health_move(&h->health, ev);
	h->failures++;
	h->not_before_ms =
		qiao_monotonic_ms() + qiao_health_backoff_ms(h->failures);
	snprintf(h->last, sizeof(h->last), "%s", why->text);
	pid = h->pid;
	h->pid = 0;
	pthread_mutex_unlock(&h->lock);
	qiao_log(QIAO_LOG_WARN, "adapter-failed", "chain=%s err=%s why=\"%s\"",
		 h->chain, qiao_errname(err), why->text);
	if (pid > 0)
		h->end(h->ctx, pid);
}

/* Errors that say the process, not the request, is at fault. */
static bool is_fatal(qiao_err err)
{
	return err == QIAO_E_TIMEOUT || err == QIAO_E_NONCANON ||
	       err == QIAO_E_TRUNCATED || err == QIAO_E_MALFORMED ||
	       err == QIAO_E_TRAILING || err == QIAO_E_LIMIT;
}

static uint32_t take_number(struct qiao_host *h)
{
	uint32_t number;

	pthread_mutex_lock(&h->lock);
	number = ++h->next_number;
	pthread_mutex_unlock(&h->lock);
	return number;
}

void qiao_call_open(struct qiao_host *h, struct qiao_call *c, const char *op,
		    size_t n_args)
{
	*c = (struct qiao_call){ .number = take_number(h) };
	c->request.max = QIAO_ADAPTER_MSG_MAX;
	c->reply.max = QIAO_ADAPTER_MSG_MAX;
	qiao_call_begin(&c->request, c->number, op, n_args);
}

void qiao_call_close(struct qiao_call *c)
{
	qiao_buf_free(&c->request);
	qiao_buf_free(&c->reply);
}

static qiao_err exchange(struct qiao_host *h, struct qiao_call *c,
			 unsigned int wait_ms, struct qiao_why *why)
{
	qiao_err err = c->request.err;

	if (err != QIAO_OK)
		return qiao_fail(why, QIAO_E_USAGE,
				 "chain %s: request too large for an adapter",
				 h->chain);
	err = qiao_link_call(h->link, &c->reply, qiao_buf_slice(&c->request),
			     h->call_ms + wait_ms, why);
	if (err != QIAO_OK)
		return err;
	err = qiao_call_reply(&c->result, qiao_buf_slice(&c->reply), c->number,
			      why);
	c->spoke = c->result.r.err == QIAO_OK;
	return err;
}

static qiao_err say_hello(struct qiao_host *h, struct qiao_hello *hello,
			  struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "hello", 0);
	err = exchange(h, &c, 0, why);
	if (err == QIAO_OK) {
		qiao_call_hello(&c.result, hello);
		err = qiao_mp_finish(&c.result);
	}
	qiao_call_close(&c);
	if (err != QIAO_OK)
		return err;
	if (hello->abi_major != QIAO_ADAPTER_ABI_MAJOR)
		return qiao_fail(
			why, QIAO_E_ABI,
			"chain %s: adapter speaks ABI %u, this gateway "
			"%d; install the adapter of this version",
			h->chain, hello->abi_major, QIAO_ADAPTER_ABI_MAJOR);
	if (strcmp(hello->family, h->family) != 0 || hello->max_parallel == 0)
		return qiao_fail(why, QIAO_E_ABI,
				 "chain %s: adapter is of family \"%s\", the "
				 "configuration says \"%s\"",
				 h->chain, hello->family, h->family);
	return QIAO_OK;
}

static qiao_err say_open(struct qiao_host *h, struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "open", 1);
	qiao_mp_put_cstr(&c.request, h->text);
	err = exchange(h, &c, 0, why);
	qiao_call_close(&c);
	return err;
}

static qiao_err may_start(struct qiao_host *h, struct qiao_why *why)
{
	qiao_err err = QIAO_OK;

	pthread_mutex_lock(&h->lock);
	if (h->closed)
		err = QIAO_E_CLOSED;
	else if (h->health == QIAO_HEALTH_REFUSED)
		err = qiao_fail(why, QIAO_E_ABI, "%s", h->last);
	else if (qiao_monotonic_ms() < h->not_before_ms)
		err = qiao_fail(
			why, QIAO_E_BUSY,
			"chain %s: adapter restarts after a pause: %.200s",
			h->chain, h->last);
	else
		qiao_health_move(&h->health, QIAO_HEALTH_EV_START);
	pthread_mutex_unlock(&h->lock);
	return err;
}

static qiao_err start_process(struct qiao_host *h, struct qiao_why *why)
{
	pid_t pid = 0;
	qiao_err err;

	qiao_link_expect(h->link);
	err = h->start(h->ctx, &pid, why);
	pthread_mutex_lock(&h->lock);
	h->pid = pid;
	h->starts++;
	pthread_mutex_unlock(&h->lock);
	return err;
}

static qiao_err start(struct qiao_host *h, struct qiao_why *why)
{
	struct qiao_hello hello;
	qiao_err err = may_start(h, why);

	if (err != QIAO_OK)
		return err;
	err = start_process(h, why);
	if (err == QIAO_OK)
		err = say_hello(h, &hello, why);
	if (err == QIAO_OK)
		err = say_open(h, why);
	if (err == QIAO_OK) /* its origin may come from its configuration */
		err = say_hello(h, &hello, why);
	if (err != QIAO_OK) {
		failed(h,
		       err == QIAO_E_ABI ? QIAO_HEALTH_EV_MISFIT
					 : QIAO_HEALTH_EV_FAILED,
		       err, why);
		return err;
	}
	pthread_mutex_lock(&h->lock);
	h->hello = hello;
	h->ready_ms = qiao_monotonic_ms();
	qiao_health_move(&h->health, QIAO_HEALTH_EV_OPENED);
	pthread_mutex_unlock(&h->lock);
	qiao_log(QIAO_LOG_INFO, "adapter-ready",
		 "chain=%s adapter=%s origin=%s", h->chain, hello.name,
		 hello.origin);
	return QIAO_OK;
}

static bool is_ready(struct qiao_host *h)
{
	bool ready;

	pthread_mutex_lock(&h->lock);
	ready = !h->closed && h->health == QIAO_HEALTH_READY;
	pthread_mutex_unlock(&h->lock);
	return ready;
}

qiao_err qiao_host_ready(struct qiao_host *h, struct qiao_why *why)
{
	struct qiao_why own = { "" };
	qiao_err err = QIAO_OK;

	if (is_ready(h))
		return QIAO_OK;
	pthread_mutex_lock(&h->starting);
	if (!is_ready(h))
		err = start(h, &own);
	pthread_mutex_unlock(&h->starting);
	if (err != QIAO_OK && why)
		*why = own;
	return err;
}

/* A call on a running adapter; the adapter's failures are noted. */
qiao_err qiao_call_perform(struct qiao_host *h, struct qiao_call *c,
			   unsigned int wait_ms, struct qiao_why *why)
{
	struct qiao_why own = { "" };
	qiao_err err = c->request.err == QIAO_OK ? qiao_host_ready(h, &own)
						 : QIAO_E_USAGE;

	if (err == QIAO_OK) {
		err = exchange(h, c, wait_ms, &own);
		if (err != QIAO_OK && !c->spoke && is_fatal(err))
			failed(h, QIAO_HEALTH_EV_FAILED, err, &own);
	}
	if (err != QIAO_OK && why)
		*why = own;
	return err;
}

qiao_err qiao_call_nonsense(struct qiao_host *h, qiao_err err,
			    struct qiao_why *why)
{
	struct qiao_why own;

	qiao_fail(&own, err, "chain %s: adapter's answer: %s", h->chain,
		  qiao_strerror(err));
	failed(h, QIAO_HEALTH_EV_FAILED, err, &own);
	if (why)
		*why = own;
	return err;
}

qiao_err qiao_call_finish(struct qiao_host *h, struct qiao_call *c,
			  struct qiao_why *why)
{
	qiao_err err = qiao_mp_finish(&c->result);

	if (err != QIAO_OK)
		return qiao_call_nonsense(h, err, why);
	pthread_mutex_lock(&h->lock);
	/* one good answer between two failures must not shorten the pause */
	if (qiao_monotonic_ms() - h->ready_ms >=
	    qiao_health_backoff_ms(h->failures))
		h->failures = 0;
	pthread_mutex_unlock(&h->lock);
	return QIAO_OK;
}

void qiao_host_doubt(struct qiao_host *h, qiao_err err,
		     const struct qiao_why *why)
{
	struct qiao_why own;

	qiao_fail(&own, err, "what it brought is refused: %.330s", why->text);
	failed(h, QIAO_HEALTH_EV_FAILED, err, &own);
}
