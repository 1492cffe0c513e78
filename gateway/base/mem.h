/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation goes through here so that a test can make the n-th one fail
 * (built with -DQIAO_FAULTS), and secrets are wiped in one way.
 */
#ifndef GATEWAY_BASE_MEM_H
#define GATEWAY_BASE_MEM_H

#include "gateway/include/qiao/types.h"

void *qiao_malloc(size_t n);              /* n = 0 gives a pointer to free */
void *qiao_calloc(size_t n, size_t size); /* overflow-checked, zeroed */
void *qiao_realloc(void *p, size_t n);
char *qiao_strdup(const char *s);
void *qiao_memdup(struct qiao_slice s); /* n = 0 gives a pointer to free */
void qiao_free(void *p);

/* Zero memory in a way the compiler keeps. */
void qiao_wipe(void *p, size_t n);

#ifdef QIAO_FAULTS
#include <stdatomic.h>
/* Counts down with each allocation of any thread; at 0 that one fails. */
extern atomic_long qiao_fault_alloc_after; /* -1: off */
#endif

#endif
