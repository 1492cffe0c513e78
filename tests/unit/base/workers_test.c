/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/workers.h"

#include "tests/unit/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct tally {
	atomic_uint each[1000];
	atomic_uint all;
};

static void count(void *arg, size_t i)
{
	struct tally *t = arg;

	atomic_fetch_add(&t->each[i], 1);
	atomic_fetch_add(&t->all, 1);
}

static void each_job_runs_once(void)
{
	static const size_t sizes[] = { 0, 1, 2, 7, 1000, 3, 1000 };
	static const unsigned int threads[] = { 1, 2, 8, 0, 1000 };

	for (size_t k = 0; k < sizeof(threads) / sizeof(threads[0]); k++) {
		struct qiao_workers *w;
		struct qiao_parallel p;

		CU_ASSERT_EQUAL_FATAL(qiao_workers_new(&w, threads[k]),
				      QIAO_OK);
		p = qiao_workers_lend(w);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			static struct tally t;
			struct qiao_task task = { count, &t, sizes[s], false };

			memset(&t, 0, sizeof(t));
			p.start(p.ctx, &task);
			p.wait(p.ctx, &task);
			CU_ASSERT_EQUAL(atomic_load(&t.all), sizes[s]);
			for (size_t i = 0; i < sizes[s]; i++)
				CU_ASSERT_EQUAL(atomic_load(&t.each[i]), 1);
		}
		qiao_workers_free(w);
	}
	qiao_workers_free(NULL);
}

static struct qiao_parallel shared;

static void *use(void *arg)
{
	struct tally *t = arg;

	for (int i = 0; i < 200; i++) {
		struct qiao_task task = { count, t, 50, false };

		shared.start(shared.ctx, &task);
		shared.wait(shared.ctx, &task);
	}
	return NULL;
}

static void several_may_use_one_pool(void)
{
	static struct tally t[3];
	struct qiao_workers *w;
	pthread_t thread[3];

	CU_ASSERT_EQUAL_FATAL(qiao_workers_new(&w, 3), QIAO_OK);
	shared = qiao_workers_lend(w);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(pthread_create(&thread[i], NULL, use, &t[i]),
				0);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		CU_ASSERT_EQUAL(atomic_load(&t[i].all), 200 * 50);
	}
	qiao_workers_free(w);
}

static const struct test_case cases[] = {
	{ "each job runs once", each_job_runs_once },
	{ "several may use one pool", several_may_use_one_pool },
	{ NULL, NULL },
};

const struct test_suite workers_test_suite = { "base/workers", cases };
