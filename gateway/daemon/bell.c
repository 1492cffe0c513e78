/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/bell.h"

#include <time.h>

void qiao_bell_init(struct qiao_bell *b)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	/* a step of the wall clock must not make anybody wait */
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->rang, &attr);
	pthread_condattr_destroy(&attr);
	b->rung = false;
}

void qiao_bell_fini(struct qiao_bell *b)
{
	pthread_cond_destroy(&b->rang);
	pthread_mutex_destroy(&b->lock);
}

void qiao_bell_ring(struct qiao_bell *b)
{
	pthread_mutex_lock(&b->lock);
	b->rung = true;
	pthread_cond_signal(&b->rang);
	pthread_mutex_unlock(&b->lock);
}

void qiao_bell_wait(struct qiao_bell *b, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&b->lock);
	while (!b->rung &&
	       pthread_cond_timedwait(&b->rang, &b->lock, &until) == 0)
		;
	b->rung = false;
	pthread_mutex_unlock(&b->lock);
}
