/* SPDX-License-Identifier: Apache-2.0 */
/* A skip list: quick by key, and in order for `next`. */
#include "gateway/verify/layer.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>

struct qiao_layer_entry {
	struct qiao_slice key; /* in the memory behind next */
	uint8_t *value;        /* own; value_n = 0: removed */
	size_t value_n;
	struct qiao_layer_entry *next[]; /* one for each level */
};

void qiao_layer_init(struct qiao_layer *l, const struct qiao_view *below)
{
	memset(l, 0, sizeof(*l));
	if (below)
		l->below = *below;
}

/* Sets path[i] to the link that leads to the first entry at or above key. */
static struct qiao_layer_entry *seek(struct qiao_layer *l,
				     struct qiao_slice key,
				     struct qiao_layer_entry ***path)
{
	struct qiao_layer_entry **links = l->head;

	for (size_t i = QIAO_LAYER_LEVELS; i-- > 0;) {
		while (links[i] && qiao_slice_cmp(links[i]->key, key) < 0)
			links = links[i]->next;
		if (path)
			path[i] = &links[i];
	}
	return links[0];
}

static struct qiao_layer_entry *find(struct qiao_layer *l,
				     struct qiao_slice key)
{
	struct qiao_layer_entry *e = seek(l, key, NULL);

	return e && qiao_slice_eq(e->key, key) ? e : NULL;
}

bool qiao_layer_has(struct qiao_layer *l, struct qiao_slice key)
{
	return find(l, key) != NULL;
}

static qiao_err layer_get(void *ctx, struct qiao_buf *out,
			  struct qiao_slice key)
{
	struct qiao_layer *l = ctx;
	const struct qiao_layer_entry *e = find(l, key);

	if (e && e->value_n == 0)
		return QIAO_E_NOTFOUND;
	if (e) {
		qiao_buf_put(out, qiao_slice_of(e->value, e->value_n));
		return out->err;
	}
	return l->below.get ? l->below.get(l->below.ctx, out, key)
			    : QIAO_E_NOTFOUND;
}

/* One level more for every fourth entry. */
static size_t pick_levels(struct qiao_layer *l)
{
	size_t n = 1;
	uint32_t r;

	l->shape += 0x9e3779b9; /* Weyl sequence, then mixed */
	r = l->shape ^ l->shape >> 16;
	r *= 0x85ebca6b;
	for (r ^= r >> 13; n < QIAO_LAYER_LEVELS && (r & 3) == 0; r >>= 2)
		n++;
	return n;
}

static struct qiao_layer_entry *entry_new(struct qiao_slice key, size_t levels)
{
	size_t links = levels * sizeof(struct qiao_layer_entry *);
	struct qiao_layer_entry *e = qiao_calloc(1, sizeof(*e) + links + key.n);
	uint8_t *bytes;

	if (!e)
		return NULL;
	bytes = (uint8_t *)e->next + links;
	if (key.n > 0)
		memcpy(bytes, key.p, key.n);
	e->key = qiao_slice_of(bytes, key.n);
	return e;
}

static qiao_err layer_put(void *ctx, struct qiao_slice key,
			  struct qiao_slice value)
{
	struct qiao_layer *l = ctx;
	struct qiao_layer_entry **path[QIAO_LAYER_LEVELS];
	struct qiao_layer_entry *e = seek(l, key, path);
	bool known = e && qiao_slice_eq(e->key, key);
	uint8_t *bytes = qiao_memdup(value);
	size_t levels;

	if (!bytes)
		return QIAO_E_NOMEM;
	if (!known) {
		levels = pick_levels(l);
		e = entry_new(key, levels);
		if (!e) {
			qiao_free(bytes);
			return QIAO_E_NOMEM;
		}
		for (size_t i = 0; i < levels; i++) {
			e->next[i] = *path[i];
			*path[i] = e;
		}
		l->n++;
	}
	qiao_free(e->value);
	e->value = bytes;
	e->value_n = value.n;
	return QIAO_OK;
}

static qiao_err own_next(struct qiao_buf *key, struct qiao_buf *value,
			 const struct qiao_layer_entry *e)
{
	qiao_buf_put(key, e->key);
	qiao_buf_put(value, qiao_slice_of(e->value, e->value_n));
	return key->err != QIAO_OK ? key->err : value->err;
}

static qiao_err below_next(const struct qiao_layer *l, struct qiao_buf *key,
			   struct qiao_buf *value, struct qiao_slice from)
{
	if (!l->below.get)
		return QIAO_E_NOTFOUND;
	return l->below.next ? l->below.next(l->below.ctx, key, value, from)
			     : QIAO_E_UNSUPPORTED;
}

/*
 * The smaller of the two candidates. One below that this layer hides is passed
 * over, and so is a removed one of its own; each pass ends above the last.
 */
static qiao_err merge_next(struct qiao_layer *l, struct qiao_buf *key,
			   struct qiao_buf *value, struct qiao_buf *from)
{
	for (;;) {
		struct qiao_slice at = qiao_buf_slice(from);
		const struct qiao_layer_entry *e = seek(l, at, NULL);
		qiao_err err;
		int order;

		qiao_buf_clear(key);
		qiao_buf_clear(value);
		err = below_next(l, key, value, at);
		if (err == QIAO_E_NOTFOUND && !e)
			return err;
		if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
			return err;
		order = err == QIAO_E_NOTFOUND ? -1
			: !e                   ? 1
			     : qiao_slice_cmp(e->key, qiao_buf_slice(key));
		if (order > 0)
			return QIAO_OK;
		if (e->value_n > 0) {
			qiao_buf_clear(key);
			qiao_buf_clear(value);
			return own_next(key, value, e);
		}
		qiao_buf_clear(from);
		qiao_buf_put(from, e->key);
		qiao_buf_put_u8(from, 0); /* what follows it directly */
		if (from->err != QIAO_OK)
			return from->err;
	}
}

static qiao_err layer_next(void *ctx, struct qiao_buf *key,
			   struct qiao_buf *value, struct qiao_slice from)
{
	struct qiao_buf at = QIAO_BUF;
	qiao_err err;

	qiao_buf_put(&at, from);
	err = at.err;
	if (err == QIAO_OK)
		err = merge_next(ctx, key, value, &at);
	qiao_buf_free(&at);
	return err;
}

struct qiao_view qiao_layer_view(struct qiao_layer *l)
{
	return (struct qiao_view){ l, layer_get, layer_put, layer_next };
}

qiao_err qiao_layer_flush(const struct qiao_layer *l,
			  const struct qiao_view *to)
{
	qiao_err err = QIAO_OK;

	for (const struct qiao_layer_entry *e = l->head[0]; err == QIAO_OK && e;
	     e = e->next[0])
		err = to->put(to->ctx, e->key,
			      qiao_slice_of(e->value, e->value_n));
	return err;
}

void qiao_layer_clear(struct qiao_layer *l)
{
	struct qiao_layer_entry *next;

	for (struct qiao_layer_entry *e = l->head[0]; e; e = next) {
		next = e->next[0];
		qiao_free(e->value);
		qiao_free(e);
	}
	memset(l->head, 0, sizeof(l->head));
	l->n = 0;
}
