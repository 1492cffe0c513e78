/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a light client remembers while it verifies: reads see the store's last
 * commit below this client's own writes, which are kept here until a store
 * transaction takes them. So signatures are checked outside the writer, and
 * headers, view and records still commit together or not at all.
 */
#ifndef GATEWAY_DAEMON_OVERLAY_H
#define GATEWAY_DAEMON_OVERLAY_H

#include "gateway/store/store.h"
#include "gateway/verify/layer.h"

/* Start with { store, chain, { .n = 0 } }. */
struct qiao_overlay {
	struct qiao_store *store;
	int64_t chain;
	struct qiao_layer puts;
};

/* The view borrows the overlay, which must not move. */
struct qiao_view qiao_overlay_view(struct qiao_overlay *o);
/* Inside a store transaction: write what was put. */
qiao_err qiao_overlay_flush(const struct qiao_overlay *o, struct qiao_txn *txn);
void qiao_overlay_free(struct qiao_overlay *o);

#endif
