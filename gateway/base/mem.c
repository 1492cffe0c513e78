/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"

#include <stdlib.h>
#include <string.h>

#ifdef QIAO_FAULTS
atomic_long qiao_fault_alloc_after = -1;

static bool must_fail(void)
{
	long n = atomic_load(&qiao_fault_alloc_after);

	while (n >= 0)
		if (atomic_compare_exchange_weak(&qiao_fault_alloc_after, &n,
						 n - 1))
			return n == 0;
	return false;
}
#else
static bool must_fail(void)
{
	return false;
}
#endif

void *qiao_malloc(size_t n)
{
	return must_fail() ? NULL : malloc(n ? n : 1);
}

void *qiao_calloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return must_fail() ? NULL : calloc(n, size);
}

void *qiao_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : realloc(p, n ? n : 1);
}

char *qiao_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = qiao_malloc(n);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

void *qiao_memdup(struct qiao_slice s)
{
	void *copy = qiao_malloc(s.n);

	if (copy && s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}

void qiao_free(void *p)
{
	free(p);
}

void qiao_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
