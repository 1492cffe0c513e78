/* SPDX-License-Identifier: Apache-2.0 */
/* The public writes of a transaction, one by one. */
#include "gateway/verify/fabric_tx.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <stdlib.h>

static struct qiao_fabric_write read_write(struct qiao_slice space,
					   struct qiao_slice in, uint32_t index)
{
	struct qiao_fabric_write w = { .index = index, .space = space };

	w.key = qiao_pb_bytes(in, 1);
	w.value = qiao_pb_bytes(in, 3);
	w.is_delete = qiao_pb_uint(in, 2) != 0 || w.value.n == 0;
	if (w.is_delete)
		w.value = qiao_slice_of(NULL, 0);
	return w;
}

static int by_key(const void *x, const void *y)
{
	const struct qiao_fabric_write *a = x, *b = y;
	int c = qiao_slice_cmp(a->key, b->key);

	if (c != 0)
		return c;
	/* of one key the deletes first, then as they stand */
	if (a->is_delete != b->is_delete)
		return a->is_delete ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static int by_index(const void *x, const void *y)
{
	const struct qiao_fabric_write *a = x, *b = y;

	return a->index < b->index ? -1 : 1;
}

/* Keep of each key what is certain; returns how many are left, in order. */
static size_t resolve_twins(struct qiao_fabric_write *w, size_t n)
{
	size_t kept = 0;

	qsort(w, n, sizeof(*w), by_key);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n; next++)
			if (!qiao_slice_eq(w[i].key, w[next].key))
				break;
		if (next == i + 1 || w[i].is_delete)
			w[kept++] = w[i];
	}
	qsort(w, kept, sizeof(*w), by_index);
	return kept;
}

static qiao_err write_namespace(struct qiao_slice space, struct qiao_slice kv,
				uint32_t first,
				struct qiao_fabric_write_sink sink)
{
	struct qiao_pb_iter it = qiao_pb_iter(kv, 3);
	size_t n = qiao_pb_count(kv, 3), i = 0;
	struct qiao_fabric_write *w;
	struct qiao_slice in;
	bool ascending = true;
	qiao_err err = QIAO_OK;

	w = qiao_calloc(n, sizeof(*w));
	if (!w)
		return QIAO_E_NOMEM;
	for (; qiao_pb_each(&it, &in); i++) {
		w[i] = read_write(space, in, first + (uint32_t)i);
		if (i > 0 && qiao_slice_cmp(w[i - 1].key, w[i].key) >= 0)
			ascending = false;
	}
	if (!ascending) /* no chaincode shim writes that */
		n = resolve_twins(w, n);
	for (i = 0; err == QIAO_OK && i < n; i++)
		err = sink.write(sink.ctx, &w[i]);
	qiao_free(w);
	return err;
}

qiao_err qiao_fabric_tx_writes(const struct qiao_fabric_tx *tx,
			       struct qiao_fabric_write_sink sink)
{
	struct qiao_pb_iter it = qiao_pb_iter(tx->results, 2);
	struct qiao_slice ns;
	uint32_t index = 0;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &ns)) {
		struct qiao_slice space = qiao_pb_bytes(ns, 1);
		struct qiao_slice kv = qiao_pb_bytes(ns, 2);

		if (!qiao_slice_is(space, "_lifecycle"))
			err = write_namespace(space, kv, index, sink);
		index += (uint32_t)qiao_pb_count(kv, 3);
	}
	return err;
}
