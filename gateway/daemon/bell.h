/* SPDX-License-Identifier: Apache-2.0 */
/* Wakes a thread that waits for work; a ring before the wait is not lost. */
#ifndef GATEWAY_DAEMON_BELL_H
#define GATEWAY_DAEMON_BELL_H

#include "gateway/include/qiao/types.h"

#include <pthread.h>

struct qiao_bell {
	pthread_mutex_t lock;
	pthread_cond_t rang;
	bool rung;
};

void qiao_bell_init(struct qiao_bell *b);
void qiao_bell_fini(struct qiao_bell *b);
void qiao_bell_ring(struct qiao_bell *b); /* any thread */
/* Until rung, or ms have passed. One waiting thread. */
void qiao_bell_wait(struct qiao_bell *b, int64_t ms);

#endif
