/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/overlay.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/view.h"

#include <string.h>

struct qiao_overlay_put {
	struct qiao_overlay_put *older;
	struct qiao_slice key, value; /* in the memory behind this struct */
};

struct read_arg {
	int64_t chain;
	struct qiao_buf *out;
	struct qiao_slice key;
};

static qiao_err read_store(struct qiao_txn *txn, void *arg)
{
	struct read_arg *a = arg;
	struct qiao_store_view v = { txn, a->chain };

	return qiao_store_view_get(&v, a->out, a->key);
}

static qiao_err overlay_get(void *ctx, struct qiao_buf *out,
			    struct qiao_slice key)
{
	struct qiao_overlay *o = ctx;
	struct read_arg a = { o->chain, out, key };

	for (struct qiao_overlay_put *p = o->puts; p; p = p->older) {
		if (qiao_slice_eq(p->key, key)) {
			qiao_buf_put(out, p->value);
			return out->err;
		}
	}
	return qiao_store_read(o->store, read_store, &a);
}

static qiao_err overlay_put(void *ctx, struct qiao_slice key,
			    struct qiao_slice value)
{
	struct qiao_overlay *o = ctx;
	struct qiao_overlay_put *p = qiao_malloc(sizeof(*p) + key.n + value.n);
	uint8_t *bytes;

	if (!p)
		return QIAO_E_NOMEM;
	bytes = (uint8_t *)(p + 1);
	if (key.n > 0)
		memcpy(bytes, key.p, key.n);
	if (value.n > 0)
		memcpy(bytes + key.n, value.p, value.n);
	p->key = qiao_slice_of(bytes, key.n);
	p->value = qiao_slice_of(bytes + key.n, value.n);
	p->older = o->puts;
	o->puts = p;
	return QIAO_OK;
}

struct qiao_view qiao_overlay_view(struct qiao_overlay *o)
{
	return (struct qiao_view){ o, overlay_get, overlay_put };
}

/* A key written twice is overwritten: only its newest value is to be stored. */
static bool is_newest(const struct qiao_overlay *o,
		      const struct qiao_overlay_put *p)
{
	for (const struct qiao_overlay_put *q = o->puts; q != p; q = q->older)
		if (qiao_slice_eq(q->key, p->key))
			return false;
	return true;
}

qiao_err qiao_overlay_flush(const struct qiao_overlay *o, struct qiao_txn *txn)
{
	struct qiao_store_view v = { txn, o->chain };

	for (const struct qiao_overlay_put *p = o->puts; p; p = p->older) {
		qiao_err err = QIAO_OK;

		if (is_newest(o, p))
			err = qiao_store_view_put(&v, p->key, p->value);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

void qiao_overlay_free(struct qiao_overlay *o)
{
	while (o->puts) {
		struct qiao_overlay_put *p = o->puts;

		o->puts = p->older;
		qiao_free(p);
	}
}
