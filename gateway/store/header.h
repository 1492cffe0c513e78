/* SPDX-License-Identifier: Apache-2.0 */
/* Thin claims of trusted headers, kept to be sent to peers. */
#ifndef GATEWAY_STORE_HEADER_H
#define GATEWAY_STORE_HEADER_H

#include "gateway/store/store.h"

struct qiao_header_row {
	uint64_t height;
	struct qiao_hash hash;
	struct qiao_slice claim; /* borrowed for the callback */
};

/* Same height, same hash: nothing happens. Another hash: QIAO_E_CONFLICT. */
qiao_err qiao_store_header_put(struct qiao_txn *txn, int64_t chain,
			       uint64_t height, const struct qiao_hash *hash,
			       struct qiao_slice claim);
/*
 * Heights from `from` upwards, without a gap, until max_n rows or max_bytes of
 * claims (the first is given whatever its size). Row: struct qiao_header_row.
 */
qiao_err qiao_store_header_each(struct qiao_txn *txn, int64_t chain,
				uint64_t from, size_t max_n, size_t max_bytes,
				qiao_each_fn each, void *ctx);
/* The newest max_n, ascending: for gossip. */
qiao_err qiao_store_header_newest(struct qiao_txn *txn, int64_t chain,
				  size_t max_n, qiao_each_fn each, void *ctx);
/* QIAO_E_NOTFOUND. claim may be NULL; else the claim is appended. */
qiao_err qiao_store_header_get(struct qiao_txn *txn, struct qiao_hash *hash,
			       struct qiao_buf *claim, int64_t chain,
			       uint64_t height);
/* Forget claims below a height that every peer has. */
qiao_err qiao_store_header_prune(struct qiao_txn *txn, int64_t chain,
				 uint64_t below);

#endif
