/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the audit log and the nodes of its tree. Their meaning, and the only
 * caller that writes them, is gateway/audit/log.c.
 */
#ifndef GATEWAY_STORE_AUDIT_H
#define GATEWAY_STORE_AUDIT_H

#include "gateway/store/store.h"

struct qiao_audit_row {
	uint64_t seq;
	const char *type;
	struct qiao_hash transfer; /* zero: none */
	struct qiao_hash leaf;
	struct qiao_slice entry;
};

/* Number of entries = the next seq. */
qiao_err qiao_store_audit_size(struct qiao_txn *txn, uint64_t *n);
/* QIAO_E_STATE unless r->seq is the next. */
qiao_err qiao_store_audit_put(struct qiao_txn *txn,
			      const struct qiao_audit_row *r);
/* QIAO_E_NOTFOUND. */
qiao_err qiao_store_audit_leaf(struct qiao_txn *txn, struct qiao_hash *leaf,
			       uint64_t seq);
/* Appends the entry's bytes. */
qiao_err qiao_store_audit_entry(struct qiao_txn *txn, struct qiao_buf *out,
				uint64_t seq);
/* from <= seq < to. Row: struct qiao_audit_row. */
qiao_err qiao_store_audit_each(struct qiao_txn *txn, uint64_t from, uint64_t to,
			       qiao_each_fn each, void *ctx);
/* Entries about one transfer, in order. */
qiao_err qiao_store_audit_of(struct qiao_txn *txn,
			     const struct qiao_hash *transfer,
			     qiao_each_fn each, void *ctx);
/* Entries of one type, in order. */
qiao_err qiao_store_audit_of_type(struct qiao_txn *txn, const char *type,
				  qiao_each_fn each, void *ctx);

/* Root of a complete subtree: of leaves index << level, 1 << level of them. */
qiao_err qiao_store_audit_node_put(struct qiao_txn *txn, unsigned int level,
				   uint64_t index, const struct qiao_hash *h);
qiao_err qiao_store_audit_node_get(struct qiao_txn *txn, struct qiao_hash *h,
				   unsigned int level, uint64_t index);

/* Openings of an entry's pseudonyms: erasable, no part of the tree. */
qiao_err qiao_store_opening_put(struct qiao_txn *txn, uint64_t seq,
				const char *name, struct qiao_slice value);
qiao_err qiao_store_opening_get(struct qiao_txn *txn, struct qiao_buf *out,
				uint64_t seq, const char *name);
/* *n: how many were erased. */
qiao_err qiao_store_opening_erase(struct qiao_txn *txn, uint64_t seq,
				  size_t *n);

/* Signed tree heads of our own (docs/wire.md 9.3). */
struct qiao_checkpoint_row {
	uint64_t size;
	int64_t at;
	struct qiao_slice checkpoint, signature;
};
qiao_err qiao_store_checkpoint_put(struct qiao_txn *txn,
				   const struct qiao_checkpoint_row *r);
qiao_err qiao_store_checkpoint_each(struct qiao_txn *txn, qiao_each_fn each,
				    void *ctx);

#endif
