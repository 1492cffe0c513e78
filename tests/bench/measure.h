/* SPDX-License-Identifier: Apache-2.0 */
/* A clock and quantiles for the benchmark's programs. */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t measure_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline double measure_rate(size_t n, int64_t since_ns)
{
	int64_t ns = measure_ns() - since_ns;

	return 1e9 * (double)n / (double)(ns > 0 ? ns : 1);
}

static inline int measure_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts; permille 500 is the median. */
static inline int64_t measure_quantile(int64_t *ns, size_t n, size_t permille)
{
	qsort(ns, n, sizeof(*ns), measure_cmp);
	return ns[(n - 1) * permille / 1000];
}

#endif
