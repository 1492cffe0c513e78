/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the reference in-house ledger (adapters/inhouse/ledger), in a file of
 * its own: blocks and their leaves, never changed once written.
 */
#ifndef GATEWAY_STORE_LEDGER_H
#define GATEWAY_STORE_LEDGER_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

extern const struct qiao_schema qiao_schema_ledger;

struct qiao_ledger_block_row {
	uint64_t height;
	struct qiao_hash hash;
	int64_t time_ms;
	struct qiao_slice claim;
	struct qiao_slice next_set; /* of the header above; always there */
};
/* QIAO_E_EXISTS: a height is written once. */
qiao_err qiao_store_ledger_block_put(struct qiao_txn *txn,
				     const struct qiao_ledger_block_row *b);
/* The newest; without claim, *next_set is appended to. QIAO_E_NOTFOUND. */
qiao_err qiao_store_ledger_head(struct qiao_txn *txn,
				struct qiao_ledger_block_row *out,
				struct qiao_buf *next_set);
/* Appends the claim of a block. QIAO_E_NOTFOUND. */
qiao_err qiao_store_ledger_claim(struct qiao_txn *txn, struct qiao_buf *claim,
				 uint64_t height);

struct qiao_ledger_leaf_row {
	uint64_t height;
	uint32_t index; /* below QIAO_LEAVES_MAX */
	unsigned int kind;
	struct qiao_hash id; /* unique in the whole chain, for each kind */
	struct qiao_hash digest;
	struct qiao_id16 submitter;
	struct qiao_hash hash; /* of the leaf, in the block's tree */
	struct qiao_slice leaf;
	struct qiao_slice opening; /* encoded; empty: none */
};
/* QIAO_E_EXISTS: the id of this kind, or the position, is taken. */
qiao_err qiao_store_ledger_leaf_put(struct qiao_txn *txn,
				    const struct qiao_ledger_leaf_row *l);
/* Kind 0: any, the lowest. Without leaf and opening. QIAO_E_NOTFOUND. */
qiao_err qiao_store_ledger_leaf_find(struct qiao_txn *txn,
				     struct qiao_ledger_leaf_row *out,
				     const struct qiao_hash *id,
				     unsigned int kind);
/* Of one block, by index. Row: struct qiao_ledger_leaf_row, kind to submitter
 * left out. */
qiao_err qiao_store_ledger_leaf_each(struct qiao_txn *txn, uint64_t height,
				     qiao_each_fn each, void *ctx);
/* Only hashes: no large column is read. Row: struct qiao_hash. */
qiao_err qiao_store_ledger_hash_each(struct qiao_txn *txn, uint64_t height,
				     qiao_each_fn each, void *ctx);
/* Appends one leaf. QIAO_E_NOTFOUND. */
qiao_err qiao_store_ledger_leaf(struct qiao_txn *txn, struct qiao_buf *leaf,
				uint64_t height, uint64_t index);

#endif
