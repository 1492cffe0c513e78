/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain that this gateway follows. Rows of other tables name it by number,
 * which is local to this store. A light client is opened before its identity is
 * known, so the nickname makes the row and the identity is pinned after.
 */
#ifndef GATEWAY_STORE_CHAIN_H
#define GATEWAY_STORE_CHAIN_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

struct qiao_chain_row {
	int64_t chain; /* its number, from 1 */
	char name[QIAO_NAME_MAX + 1];
	char family[QIAO_NAME_MAX + 1];
	struct qiao_hash identity; /* zero: not pinned yet */
	bool has_head;
	uint64_t height; /* of the newest trusted header */
	struct qiao_hash hash;
	int64_t accepted_at; /* when it was accepted, ms */
	/* from freeze.h: misbehaviour was found */
	bool frozen;
};

/* The row of a nickname, made when there is none. */
qiao_err qiao_store_chain_need(struct qiao_txn *txn, struct qiao_chain_row *out,
			       const char *name, const char *family);
/* QIAO_E_NOTFOUND for the next three. */
qiao_err qiao_store_chain_get(struct qiao_txn *txn, struct qiao_chain_row *out,
			      int64_t chain);
qiao_err qiao_store_chain_by_name(struct qiao_txn *txn,
				  struct qiao_chain_row *out, const char *name);
qiao_err qiao_store_chain_by_identity(struct qiao_txn *txn,
				      struct qiao_chain_row *out,
				      const struct qiao_hash *identity);
/*
 * Pin the identity. QIAO_E_CONFIG when the row has another one already, or
 * another nickname has this one.
 */
qiao_err qiao_store_chain_pin(struct qiao_txn *txn, int64_t chain,
			      const struct qiao_hash *identity);
/* The new trusted head; a lower height is QIAO_E_STATE. */
qiao_err qiao_store_chain_head(struct qiao_txn *txn, int64_t chain,
			       uint64_t height, const struct qiao_hash *hash,
			       int64_t now_ms);
/* Row: const struct qiao_chain_row. By number. */
qiao_err qiao_store_chain_each(struct qiao_txn *txn, qiao_each_fn each,
			       void *ctx);

#endif
