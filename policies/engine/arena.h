/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a loaded policy: taken piece by piece while loading, released
 * together. A failure is sticky, so that a loader asks once, at the end.
 */
#ifndef POLICIES_ENGINE_ARENA_H
#define POLICIES_ENGINE_ARENA_H

#include "gateway/include/qiao/types.h"

struct qiao_arena_chunk;
struct qiao_arena {
	struct qiao_arena_chunk *chunks;
	size_t left; /* of the newest chunk */
	bool failed;
};

/* Zeroed and aligned for anything; NULL after a failure. */
void *qiao_arena_take(struct qiao_arena *a, size_t n, size_t size);
char *qiao_arena_str(struct qiao_arena *a, const char *s);
void qiao_arena_free(struct qiao_arena *a);

#endif
