/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far something came on a chain: the next height to work on. Named by what
 * moves: "scan" (records of the chain), "route/NAME", "peer/GATEWAY" (headers
 * that a peer has).
 */
#ifndef GATEWAY_STORE_CURSOR_H
#define GATEWAY_STORE_CURSOR_H

#include "gateway/store/store.h"

/* *next is 0, and QIAO_OK, when there is none yet. */
qiao_err qiao_store_cursor_get(struct qiao_txn *txn, uint64_t *next,
			       int64_t chain, const char *name);
qiao_err qiao_store_cursor_put(struct qiao_txn *txn, int64_t chain,
			       const char *name, uint64_t next);
struct qiao_cursor_row {
	int64_t chain;
	const char *name;
	uint64_t next;
};
qiao_err qiao_store_cursor_each(struct qiao_txn *txn, qiao_each_fn each,
				void *ctx);

#endif
