/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `fetch`: as many bundles as fit into one message, or one part of a bundle
 * that does not fit. The author's function gives one bundle at a time.
 */
#include "adapters/sdk/adapter.h"
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <string.h>

/* Below this a message is mostly frame; above, the frame is left room. */
#define BYTES_MIN QIAO_KIB(4)
#define BYTES_MAX (QIAO_ADAPTER_MSG_MAX - QIAO_KIB(64))
#define FRAME     32 /* array, height, parts, part, length of one item */
/* Answer with what is there when a slow node would make the host wait. */
#define PACK_MS 200

struct pack {
	struct qiao_buf items; /* encoded, one after the other */
	size_t n;
};

static void item_put(struct pack *p, uint64_t height, uint64_t parts,
		     uint64_t part, struct qiao_slice bytes)
{
	qiao_mp_put_array(&p->items, 4);
	qiao_mp_put_uint(&p->items, height);
	qiao_mp_put_uint(&p->items, parts);
	qiao_mp_put_uint(&p->items, part);
	qiao_mp_put_bin(&p->items, bytes);
	p->n++;
}

/* Move the kept bundle out, if it is this one. */
static bool kept_take(struct qiao_adapter *a, struct qiao_buf *out,
		      uint64_t height, bool in_parts)
{
	bool hit;

	pthread_mutex_lock(&a->kept_lock);
	hit = a->kept.there && a->kept.height == height &&
	      a->kept.in_parts == in_parts;
	if (hit) {
		struct qiao_buf empty = *out;

		*out = a->kept.bundle;
		a->kept.bundle = empty;
		a->kept.there = false;
	}
	pthread_mutex_unlock(&a->kept_lock);
	return hit;
}

/* Move a bundle in, whatever was there before is forgotten. */
static void kept_put(struct qiao_adapter *a, struct qiao_buf *bundle,
		     uint64_t height, bool in_parts)
{
	struct qiao_buf before;

	pthread_mutex_lock(&a->kept_lock);
	before = a->kept.bundle;
	a->kept.bundle = *bundle;
	a->kept.there = true;
	a->kept.in_parts = in_parts;
	a->kept.height = height;
	pthread_mutex_unlock(&a->kept_lock);
	*bundle = before;
}

/*
 * A later part comes from the copy that the first part came from; everything
 * else may be another node's copy.
 */
static qiao_err bundle_get(struct qiao_adapter *a, struct qiao_buf *out,
			   uint64_t height, uint64_t part, struct qiao_why *why)
{
	qiao_err err;

	if (kept_take(a, out, height, part > 0))
		return QIAO_OK;
	qiao_buf_clear(out);
	err = a->api->fetch(a->self, out, height, why);
	if (err == QIAO_OK)
		err = out->err;
	if (err == QIAO_OK && out->n == 0)
		err = qiao_fail(why, QIAO_E_NOTFOUND,
				"the adapter gave an empty bundle for block "
				"%llu",
				(unsigned long long)height);
	return err;
}

static qiao_err part_put(struct qiao_adapter *a, struct pack *p,
			 struct qiao_buf *bundle, uint64_t height, size_t max,
			 uint64_t part, struct qiao_why *why)
{
	size_t parts = (bundle->n + max - 1) / max;
	size_t at = (size_t)part * max;
	size_t n;

	if (part >= parts)
		return qiao_fail(why, QIAO_E_USAGE,
				 "block %llu has %zu parts, part %llu was "
				 "asked for",
				 (unsigned long long)height, parts,
				 (unsigned long long)part);
	n = bundle->n - at < max ? bundle->n - at : max;
	item_put(p, height, parts, part, qiao_slice_of(bundle->p + at, n));
	if (part + 1 < parts)
		kept_put(a, bundle, height, true);
	return QIAO_OK;
}

/* What follows the first bundle; an error here only ends the message. */
static void more_put(struct qiao_adapter *a, struct pack *p,
		     struct qiao_buf *bundle, uint64_t height, size_t max)
{
	int64_t until = qiao_monotonic_ms() + PACK_MS;

	while (p->n < QIAO_HEADERS_PER_BATCH_MAX &&
	       qiao_monotonic_ms() < until) {
		if (bundle_get(a, bundle, height, 0, NULL) != QIAO_OK)
			return;
		if (p->items.n + bundle->n + FRAME > max) {
			kept_put(a, bundle, height, false);
			return;
		}
		item_put(p, height, 1, 0, qiao_buf_slice(bundle));
		height++;
	}
}

static qiao_err pack(struct qiao_adapter *a, struct pack *p,
		     struct qiao_buf *bundle, uint64_t from, size_t max,
		     uint64_t part, struct qiao_why *why)
{
	qiao_err err = bundle_get(a, bundle, from, part, why);

	if (err != QIAO_OK)
		return err;
	if (bundle->n > max - FRAME || part > 0)
		return part_put(a, p, bundle, from, max - FRAME, part, why);
	item_put(p, from, 1, 0, qiao_buf_slice(bundle));
	more_put(a, p, bundle, from + 1, max);
	return QIAO_OK;
}

qiao_err qiao_adapter_fetch(struct qiao_adapter *a, struct qiao_buf *result,
			    struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_buf bundle = { .max = QIAO_BLOCK_MAX };
	struct pack p = { .items = { .max = QIAO_ADAPTER_MSG_MAX } };
	uint64_t from = qiao_mp_uint(args, QIAO_HEIGHT_MAX);
	size_t max = (size_t)qiao_mp_uint(args, UINT32_MAX);
	uint64_t part = qiao_mp_uint(args, QIAO_BLOCK_MAX / BYTES_MIN);
	qiao_err err = qiao_mp_finish(args);

	if (err == QIAO_OK && max < BYTES_MIN)
		err = QIAO_E_USAGE;
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "fetch takes a height, at least %zu bytes and "
				 "a part number",
				 (size_t)BYTES_MIN);
	err = pack(a, &p, &bundle, from, max < BYTES_MAX ? max : BYTES_MAX,
		   part, why);
	if (err == QIAO_OK)
		err = p.items.err;
	if (err == QIAO_OK) {
		qiao_mp_put_array(result, p.n);
		qiao_mp_put_raw(result, qiao_buf_slice(&p.items));
	}
	qiao_buf_free(&p.items);
	qiao_buf_free(&bundle);
	return err;
}
