/* SPDX-License-Identifier: Apache-2.0 */
/* Proof of misbehaviour of a chain or a peer, and what is frozen for it. */
#ifndef GATEWAY_STORE_EVIDENCE_H
#define GATEWAY_STORE_EVIDENCE_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

/* On disk: append, never renumber. */
enum qiao_scope {
	QIAO_SCOPE_CHAIN = 1, /* name: its nickname */
	QIAO_SCOPE_ROUTE = 2,
	QIAO_SCOPE_PEER = 3, /* name: its gateway id */
};

struct qiao_evidence_row {
	struct qiao_hash digest; /* SHA-256 of bytes */
	enum qiao_scope scope;
	char name[QIAO_NAME_MAX + 1];
	uint64_t height; /* of a chain; else 0 */
	int64_t at;
	struct qiao_slice bytes; /* borrowed */
};

/* The same digest again: nothing happens. */
qiao_err qiao_store_evidence_put(struct qiao_txn *txn,
				 const struct qiao_evidence_row *r);
/* Row: struct qiao_evidence_row. */
qiao_err qiao_store_evidence_each(struct qiao_txn *txn, qiao_each_fn each,
				  void *ctx);

struct qiao_freeze_row {
	enum qiao_scope scope;
	char name[QIAO_NAME_MAX + 1];
	int64_t at;
	struct qiao_hash evidence; /* digest; zero: none */
	char why[256];
};

/* Frozen already: the first reason stays. Survives restarts. */
qiao_err qiao_store_freeze(struct qiao_txn *txn,
			   const struct qiao_freeze_row *r);
/* QIAO_E_NOTFOUND when it is not frozen. */
qiao_err qiao_store_unfreeze(struct qiao_txn *txn, enum qiao_scope scope,
			     const char *name);
/* QIAO_OK: frozen, row in *out (may be NULL). QIAO_E_NOTFOUND: it is not. */
qiao_err qiao_store_frozen(struct qiao_txn *txn, struct qiao_freeze_row *out,
			   enum qiao_scope scope, const char *name);
/* Row: struct qiao_freeze_row. */
qiao_err qiao_store_freeze_each(struct qiao_txn *txn, qiao_each_fn each,
				void *ctx);

#endif
