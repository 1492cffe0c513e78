/* SPDX-License-Identifier: Apache-2.0 */
/* What the committed transactions wrote: a value and a version for each key. */
#ifndef TESTS_DOUBLES_FABRIC_STATE_H
#define TESTS_DOUBLES_FABRIC_STATE_H

#include "tests/doubles/fabric/pool.h"

#define STATE_BUCKETS 65536

struct cell {
	struct cell *next;
	struct qiao_slice space, key, value;
	uint64_t block, tx; /* version: who wrote it last */
	bool live;
};

struct state {
	struct pool pool;
	struct cell **bucket;
};

void state_init(struct state *s);
void state_free(struct state *s);
/* NULL: never written, or deleted. */
const struct cell *state_get(const struct state *s, const char *space,
			     const char *key);
void state_put(struct state *s, const char *space, const char *key,
	       struct qiao_slice value, bool is_delete, uint64_t block,
	       uint64_t tx);

#endif
