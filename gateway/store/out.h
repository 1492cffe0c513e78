/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of transfers that leave this gateway. Which state may follow which is
 * decided in relay/transfer_state.h; use relay/outbox.h, which keeps the rules.
 */
#ifndef GATEWAY_STORE_OUT_H
#define GATEWAY_STORE_OUT_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

#define QIAO_REASON_MAX   64 /* "R_FIELD_CHECK" */
#define QIAO_DECISION_MAX 40 /* "d-" and 32 hex digits */

struct qiao_out_row {
	struct qiao_hash id; /* transfer id */
	int64_t seq;         /* age; given by put */
	int state;           /* enum qiao_out_state */
	bool priority;       /* a state change of a delivered record */
	char route[QIAO_NAME_MAX + 1];
	char peer[QIAO_NAME_MAX + 1]; /* gateway id */
	int64_t chain;                /* number of the source chain */
	uint64_t height;
	int64_t record;             /* number of record.h; 0: none */
	uint64_t version;           /* of the record */
	struct qiao_hash digest;    /* payload digest */
	unsigned int assurance;     /* docs/wire.md 5 */
	struct qiao_hash proof_ref; /* proof.h; zero: none, or `proof` has it */
	int64_t not_after;
	uint64_t as_of_height;
	struct qiao_hash as_of_hash;
	unsigned int as_of_basis; /* docs/wire.md 7.3 */
	char decision[QIAO_DECISION_MAX + 1];
	char reason[QIAO_REASON_MAX + 1]; /* of an end; empty: none */
	bool has_entry;
	uint64_t entry;      /* seq of the audit entry `queued` */
	struct qiao_hash by; /* superseded: the transfer that took its place */
	int64_t queued_at, changed_at, next_try_at;
	unsigned int tries;
	uint64_t
		receipt_height; /* committed: where, on the destination chain */
	struct qiao_slice id_array; /* docs/wire.md 6, encoded */
	struct qiao_slice
		payload;         /* docs/wire.md 5; empty when denied or held */
	struct qiao_slice proof; /* of this transfer alone; or empty */
	struct qiao_slice
		duty; /* encoded array of docs/wire.md 7.3; or empty */
	struct qiao_slice
		receipt; /* proof of this commit alone, as received; or empty */
	struct qiao_hash receipt_ref; /* proof.h; zero: none, or `receipt` */
	void *mem;                    /* owned; NULL in rows that borrow */
};

/* QIAO_E_EXISTS when the id is there. Sets r->seq. */
qiao_err qiao_store_out_put(struct qiao_txn *txn, struct qiao_out_row *r);
/* QIAO_E_NOTFOUND; out then needs no free. */
qiao_err qiao_store_out_get(struct qiao_txn *txn, struct qiao_out_row *out,
			    const struct qiao_hash *id);
/* A copy that owns its memory, e.g. of a borrowed row. */
qiao_err qiao_out_row_copy(struct qiao_out_row *out,
			   const struct qiao_out_row *r);
void qiao_out_row_free(struct qiao_out_row *r);

/*
 * Write what changes after put: state, reason, by, changed_at, next_try_at,
 * tries, receipt_height, receipt, receipt_ref, proof_ref, has_entry, entry.
 * QIAO_E_STATE unless the stored state is `expected`.
 */
qiao_err qiao_store_out_update(struct qiao_txn *txn,
			       const struct qiao_out_row *r, int expected);

struct qiao_out_query {
	const char *route;
	int state;
	int64_t now_ms; /* rows whose next_try_at is not after it */
	bool priority_only;
	size_t max_n;
};
/* State changes first, then by age. Row: struct qiao_out_row, borrowed. */
qiao_err qiao_store_out_due(struct qiao_txn *txn,
			    const struct qiao_out_query *query,
			    qiao_each_fn each, void *ctx);
/* How many rows of a route are in a state. */
qiao_err qiao_store_out_count(struct qiao_txn *txn, uint64_t *n,
			      const char *route, int state);
/* By age, of any route; changed_at before `before`. */
qiao_err qiao_store_out_each(struct qiao_txn *txn, int state, int64_t before,
			     size_t max_n, qiao_each_fn each, void *ctx);
/* Transfers of one record on one route (NULL: on any), oldest first. */
qiao_err qiao_store_out_of_record(struct qiao_txn *txn, int64_t record,
				  const char *route, qiao_each_fn each,
				  void *ctx);

struct qiao_route_count {
	const char *route;
	int state;
	uint64_t n;
	int64_t oldest_at; /* smallest changed_at */
};
/* For status: one struct qiao_route_count for each (route, state). */
qiao_err qiao_store_out_counts(struct qiao_txn *txn, qiao_each_fn each,
			       void *ctx);

#endif
