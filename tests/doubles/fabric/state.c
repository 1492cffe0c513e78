/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/state.h"

void state_init(struct state *s)
{
	s->pool.first = NULL;
	s->bucket = pool_take(&s->pool, STATE_BUCKETS * sizeof(*s->bucket));
}

void state_free(struct state *s)
{
	pool_free(&s->pool);
}

static struct cell **find(const struct state *s, const char *space,
			  const char *key)
{
	uint32_t h = 2166136261U; /* FNV-1a */
	struct cell **at;

	for (const char *c = space; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619U;
	for (const char *c = key; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619U;
	at = &s->bucket[h % STATE_BUCKETS];
	while (*at && !(qiao_slice_is((*at)->key, key) &&
			qiao_slice_is((*at)->space, space)))
		at = &(*at)->next;
	return at;
}

const struct cell *state_get(const struct state *s, const char *space,
			     const char *key)
{
	const struct cell *c = *find(s, space, key);

	return c && c->live ? c : NULL;
}

void state_put(struct state *s, const char *space, const char *key,
	       struct qiao_slice value, bool is_delete, uint64_t block,
	       uint64_t tx)
{
	struct cell **at = find(s, space, key);

	if (!*at) {
		*at = pool_take(&s->pool, sizeof(**at));
		(*at)->space = pool_copy(&s->pool, qiao_slice_str(space));
		(*at)->key = pool_copy(&s->pool, qiao_slice_str(key));
	}
	(*at)->value = pool_copy(&s->pool, value);
	(*at)->block = block;
	(*at)->tx = tx;
	(*at)->live = !is_delete;
}
