/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/overlay.h"

#include "gateway/store/view.h"

struct read_arg {
	int64_t chain;
	struct qiao_buf *key, *value; /* key: for `next` only */
	struct qiao_slice at;
};

static qiao_err read_store(struct qiao_txn *txn, void *arg)
{
	struct read_arg *a = arg;
	struct qiao_store_view v = { txn, a->chain };

	if (a->key)
		return qiao_store_view_next(&v, a->key, a->value, a->at);
	return qiao_store_view_get(&v, a->value, a->at);
}

static qiao_err store_get(void *ctx, struct qiao_buf *out,
			  struct qiao_slice key)
{
	const struct qiao_overlay *o = ctx;
	struct read_arg a = { o->chain, NULL, out, key };

	return qiao_store_read(o->store, read_store, &a);
}

static qiao_err store_next(void *ctx, struct qiao_buf *key,
			   struct qiao_buf *value, struct qiao_slice from)
{
	const struct qiao_overlay *o = ctx;
	struct read_arg a = { o->chain, key, value, from };

	return qiao_store_read(o->store, read_store, &a);
}

struct qiao_view qiao_overlay_view(struct qiao_overlay *o)
{
	o->puts.below = (struct qiao_view){ o, store_get, NULL, store_next };
	return qiao_layer_view(&o->puts);
}

qiao_err qiao_overlay_flush(const struct qiao_overlay *o, struct qiao_txn *txn)
{
	struct qiao_store_view v = { txn, o->chain };
	const struct qiao_view to = { &v, qiao_store_view_get,
				      qiao_store_view_put,
				      qiao_store_view_next };

	return qiao_layer_flush(&o->puts, &to);
}

void qiao_overlay_free(struct qiao_overlay *o)
{
	qiao_layer_clear(&o->puts);
}
