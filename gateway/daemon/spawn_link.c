/* SPDX-License-Identifier: Apache-2.0 */
/* The relay process' side of the spawner. */
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/spawn_msg.h"
#include "gateway/daemon/spawner.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One who waits for a reply; on the caller's stack. */
struct waiter {
	struct waiter *next;
	uint64_t number;
	bool done;
	qiao_err err;
	int64_t pid;
	struct qiao_buf *text; /* NULL: not wanted */
	struct qiao_why *why;
};

struct qiao_spawner {
	int channel;
	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	uint64_t number;
	unsigned int exits;
	bool closed;
	struct waiter *waiters;
};

static void take_reply(struct qiao_spawner *s, const struct qiao_spawn_msg *m)
{
	pthread_mutex_lock(&s->lock);
	for (struct waiter *w = s->waiters; w; w = w->next) {
		if (w->number != m->number)
			continue;
		w->done = true;
		w->err = (qiao_err)m->status;
		w->pid = m->pid;
		if (w->text)
			qiao_buf_put(w->text, m->text);
		else if (w->err != QIAO_OK)
			qiao_fail(w->why, w->err, "%.*s", (int)m->text.n,
				  (const char *)m->text.p);
	}
	pthread_cond_broadcast(&s->answered);
	pthread_mutex_unlock(&s->lock);
}

static void take_exit(struct qiao_spawner *s, const struct qiao_spawn_msg *m)
{
	int status = (int)m->status;
	bool killed = WIFSIGNALED(status);

	pthread_mutex_lock(&s->lock);
	s->exits++;
	pthread_mutex_unlock(&s->lock);
	qiao_log(QIAO_LOG_WARN, "adapter-exited", "chain=%s pid=%lld %s=%d",
		 m->name, (long long)m->pid, killed ? "signal" : "code",
		 killed ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void *reader(void *arg)
{
	struct qiao_spawner *s = arg;
	struct qiao_buf store = QIAO_BUF;
	struct qiao_spawn_msg m;
	qiao_err err;

	while ((err = qiao_spawn_receive(s->channel, &m, &store)) !=
	       QIAO_E_CLOSED) {
		if (err == QIAO_OK && m.op == QIAO_SPAWN_REPLY)
			take_reply(s, &m);
		else if (err == QIAO_OK && m.op == QIAO_SPAWN_EXITED)
			take_exit(s, &m);
	}
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	pthread_cond_broadcast(&s->answered);
	pthread_mutex_unlock(&s->lock);
	qiao_buf_free(&store);
	return NULL;
}

qiao_err qiao_spawner_attach(struct qiao_spawner **out, int channel)
{
	struct qiao_spawner *s = qiao_calloc(1, sizeof(*s));

	*out = NULL;
	if (!s)
		return QIAO_E_NOMEM;
	s->channel = channel;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->answered, NULL);
	if (pthread_create(&s->reader, NULL, reader, s) != 0) {
		pthread_cond_destroy(&s->answered);
		pthread_mutex_destroy(&s->lock);
		qiao_free(s);
		return QIAO_E_NOMEM;
	}
	*out = s;
	return QIAO_OK;
}

static void forget(struct qiao_spawner *s, const struct waiter *w)
{
	for (struct waiter **p = &s->waiters; *p; p = &(*p)->next) {
		if (*p == w) {
			*p = w->next;
			return;
		}
	}
}

static qiao_err call(struct qiao_spawner *s, struct qiao_spawn_msg *m,
		     struct waiter *w)
{
	qiao_err err;

	pthread_mutex_lock(&s->lock);
	w->number = m->number = ++s->number;
	w->next = s->waiters;
	s->waiters = w;
	/* under the lock: requests must not cut into each other */
	err = s->closed ? QIAO_E_CLOSED : qiao_spawn_send(s->channel, m);
	while (err == QIAO_OK && !w->done && !s->closed)
		pthread_cond_wait(&s->answered, &s->lock);
	forget(s, w);
	pthread_mutex_unlock(&s->lock);
	if (!w->done)
		return qiao_fail(w->why, QIAO_E_CLOSED,
				 "the spawner process is gone; the gateway is "
				 "ending");
	return w->err;
}

qiao_err qiao_spawner_start(struct qiao_spawner *s, pid_t *pid,
			    const char *chain, const char *url,
			    struct qiao_why *why)
{
	struct qiao_spawn_msg m = { .op = QIAO_SPAWN_START };
	struct waiter w = { .why = why };
	qiao_err err;

	*pid = 0;
	if (!qiao_str_copy(m.name, sizeof(m.name), qiao_slice_str(chain)) ||
	    !qiao_str_copy(m.path, sizeof(m.path), qiao_slice_str(url)))
		return qiao_fail(why, QIAO_E_USAGE, "name or url too long");
	err = call(s, &m, &w);
	if (err == QIAO_OK)
		*pid = (pid_t)w.pid;
	return err;
}

void qiao_spawner_end(struct qiao_spawner *s, pid_t pid)
{
	struct qiao_spawn_msg m = { .op = QIAO_SPAWN_END, .pid = pid };

	pthread_mutex_lock(&s->lock);
	qiao_spawn_send(s->channel, &m);
	pthread_mutex_unlock(&s->lock);
}

qiao_err qiao_spawner_check_policy(struct qiao_spawner *s,
				   struct qiao_buf *findings, const char *dir,
				   struct qiao_why *why)
{
	struct qiao_spawn_msg m = { .op = QIAO_SPAWN_CHECK };
	struct waiter w = { .why = why, .text = findings };
	qiao_err err;

	if (!qiao_str_copy(m.path, sizeof(m.path), qiao_slice_str(dir)))
		return qiao_fail(why, QIAO_E_USAGE, "path too long");
	err = call(s, &m, &w);
	if (err == QIAO_E_CONFIG)
		qiao_fail(why, err, "the policy has errors");
	else if (err == QIAO_E_TIMEOUT)
		qiao_fail(why, err, "the check of the policy took too long");
	else if (err != QIAO_OK && err != QIAO_E_CLOSED)
		qiao_fail(why, err, "the check of the policy did not end well");
	return err;
}

unsigned int qiao_spawner_exits(struct qiao_spawner *s)
{
	unsigned int n;

	pthread_mutex_lock(&s->lock);
	n = s->exits;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void qiao_spawner_free(struct qiao_spawner *s)
{
	if (!s)
		return;
	shutdown(s->channel, SHUT_RDWR); /* the reader wakes */
	pthread_join(s->reader, NULL);
	close(s->channel);
	pthread_cond_destroy(&s->answered);
	pthread_mutex_destroy(&s->lock);
	qiao_free(s);
}
