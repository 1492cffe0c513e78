/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/workers.h"

#include "gateway/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS_MAX 64

struct qiao_workers {
	pthread_t thread[THREADS_MAX];
	unsigned int n;
	pthread_mutex_t turn; /* held while somebody has the pool */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t start, done;
	uint64_t round; /* counts runs */
	unsigned int busy;
	bool stop;
	const struct qiao_task *task;
	atomic_size_t next; /* the first i that nobody took */
};

static void work(struct qiao_workers *w, const struct qiao_task *t)
{
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < t->n)
		t->job(t->arg, i);
}

static void *worker(void *arg)
{
	struct qiao_workers *w = arg;
	const struct qiao_task *t;
	uint64_t round = 0;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->stop && w->round == round)
			pthread_cond_wait(&w->start, &w->lock);
		if (w->stop)
			break;
		round = w->round;
		t = w->task;
		pthread_mutex_unlock(&w->lock);
		work(w, t);
		pthread_mutex_lock(&w->lock);
		if (--w->busy == 0)
			pthread_cond_signal(&w->done);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void start(void *ctx, struct qiao_task *t)
{
	struct qiao_workers *w = ctx;

	t->shared =
		t->n > 1 && w->n > 0 && pthread_mutex_trylock(&w->turn) == 0;
	if (!t->shared)
		return;
	pthread_mutex_lock(&w->lock);
	w->task = t;
	atomic_store(&w->next, 0);
	w->busy = w->n;
	w->round++;
	pthread_cond_broadcast(&w->start);
	pthread_mutex_unlock(&w->lock);
}

static void wait(void *ctx, struct qiao_task *t)
{
	struct qiao_workers *w = ctx;

	if (!t->shared) {
		for (size_t i = 0; i < t->n; i++)
			t->job(t->arg, i);
		return;
	}
	work(w, t);
	pthread_mutex_lock(&w->lock);
	while (w->busy > 0)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_mutex_unlock(&w->turn);
}

struct qiao_parallel qiao_workers_lend(struct qiao_workers *w)
{
	return (struct qiao_parallel){ w, start, wait };
}

static unsigned int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned int)n;
}

qiao_err qiao_workers_new(struct qiao_workers **out, unsigned int threads)
{
	struct qiao_workers *w = qiao_calloc(1, sizeof(*w));
	sigset_t all, before;

	*out = NULL;
	if (!w)
		return QIAO_E_NOMEM;
	if (threads == 0)
		threads = cores();
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	pthread_mutex_init(&w->turn, NULL);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->start, NULL);
	pthread_cond_init(&w->done, NULL);
	/* signals are for who made us */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (w->n + 1 < threads &&
	       pthread_create(&w->thread[w->n], NULL, worker, w) == 0)
		w->n++; /* fewer threads are slower, no failure */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	*out = w;
	return QIAO_OK;
}

void qiao_workers_free(struct qiao_workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->start);
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; i < w->n; i++)
		pthread_join(w->thread[i], NULL);
	pthread_cond_destroy(&w->start);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->turn);
	qiao_free(w);
}
