/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on all cores. A library that may not know threads is lent a
 * `struct qiao_parallel`; who lends it has the threads, such as the pool below.
 */
#ifndef GATEWAY_BASE_WORKERS_H
#define GATEWAY_BASE_WORKERS_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

/*
 * job(arg, i) once for each i below n, in any order and in several threads. A
 * job touches only what is its own, or constant.
 */
struct qiao_task {
	void (*job)(void *arg, size_t i);
	void *arg;
	size_t n;
	bool shared; /* by who runs it */
};

/*
 * start returns at once, so the caller may do something else; wait takes part
 * in what is left and returns when all is done. Each start is waited for, by
 * the same thread, before its next one.
 */
struct qiao_parallel {
	void *ctx;
	void (*start)(void *ctx, struct qiao_task *t);
	void (*wait)(void *ctx, struct qiao_task *t);
};

struct qiao_workers;

/*
 * A pool of threads - 1 threads, for the caller works, too; 0 is one for each
 * core. May be used by several threads: while one has the pool, others do their
 * work alone, in wait. QIAO_E_NOMEM; *out is NULL then.
 */
qiao_err qiao_workers_new(struct qiao_workers **out, unsigned int threads);
/* Not while somebody runs. NULL is fine. */
void qiao_workers_free(struct qiao_workers *w);
/* Borrows the pool. */
struct qiao_parallel qiao_workers_lend(struct qiao_workers *w);

#endif
