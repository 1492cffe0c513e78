/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a light client remembers, as keys and values per chain. The functions
 * fit the members of struct qiao_view (gateway/verify/lightclient.h):
 *
 *	struct qiao_store_view sv = { txn, chain };
 *	struct qiao_view v = { &sv, qiao_store_view_get, qiao_store_view_put,
 *			       qiao_store_view_next };
 */
#ifndef GATEWAY_STORE_VIEW_H
#define GATEWAY_STORE_VIEW_H

#include "gateway/store/store.h"

struct qiao_store_view {
	struct qiao_txn *txn;
	int64_t chain;
};

/* Appends to out; QIAO_E_NOTFOUND. ctx: struct qiao_store_view. */
qiao_err qiao_store_view_get(void *ctx, struct qiao_buf *out,
			     struct qiao_slice key);
/* An empty value removes the key. */
qiao_err qiao_store_view_put(void *ctx, struct qiao_slice key,
			     struct qiao_slice value);
/* Sets both to the first one at or above `from`; QIAO_E_NOTFOUND. */
qiao_err qiao_store_view_next(void *ctx, struct qiao_buf *key,
			      struct qiao_buf *value, struct qiao_slice from);

#endif
