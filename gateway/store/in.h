/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of transfers that came to this gateway. Which state may follow which is
 * decided in relay/transfer_state.h; use relay/inbox.h, which keeps the rules.
 */
#ifndef GATEWAY_STORE_IN_H
#define GATEWAY_STORE_IN_H

#include "gateway/store/out.h"

struct qiao_in_row {
	struct qiao_hash id;          /* transfer id */
	int64_t seq;                  /* age; given by put */
	int state;                    /* enum qiao_in_state */
	char peer[QIAO_NAME_MAX + 1]; /* gateway id of the sender */
	struct qiao_hash source;      /* identity of the source chain */
	struct qiao_hash destination; /* identity of our chain */
	uint64_t height;              /* on the source chain */
	struct qiao_hash digest;      /* payload digest */
	struct qiao_hash envelope;  /* digest of the envelope that brought it */
	struct qiao_hash proof_ref; /* proof.h; zero: none */
	int64_t not_after;
	uint64_t as_of_height;
	struct qiao_hash as_of_hash;
	unsigned int as_of_basis;
	uint64_t entry; /* index of the sender's audit entry */
	int64_t record; /* number of record.h, once accepted; 0: none */
	uint64_t version;
	char decision[QIAO_DECISION_MAX + 1]; /* of our accept decision */
	char reason[QIAO_REASON_MAX + 1];
	int64_t received_at, changed_at, next_try_at;
	unsigned int tries;
	/* committed: where, and the proof that goes into the receipt */
	uint64_t receipt_height;
	/* a receipt is owed to the sender from this moment on; 0: none owed */
	int64_t receipt_due;
	unsigned int receipt_tries;
	struct qiao_slice id_array, payload, duty;
	struct qiao_slice audit; /* the sender's entry and path: our evidence */
	struct qiao_slice
		tx; /* transaction id on the destination chain; or empty */
	struct qiao_slice receipt;    /* proof of this commit alone; or empty */
	struct qiao_hash receipt_ref; /* proof.h; zero: none, or `receipt` */
	void *mem;
};

/* QIAO_E_EXISTS when the id is there. Sets r->seq. */
qiao_err qiao_store_in_put(struct qiao_txn *txn, struct qiao_in_row *r);
/* QIAO_E_NOTFOUND; out then needs no free. */
qiao_err qiao_store_in_get(struct qiao_txn *txn, struct qiao_in_row *out,
			   const struct qiao_hash *id);
/* A copy that owns its memory, e.g. of a borrowed row. */
qiao_err qiao_in_row_copy(struct qiao_in_row *out, const struct qiao_in_row *r);
void qiao_in_row_free(struct qiao_in_row *r);
/*
 * Write what changes after put: state, reason, decision, record, version,
 * changed_at, next_try_at, tries, proof_ref, tx, receipt, receipt_*.
 * QIAO_E_STATE unless the stored state is `expected`.
 */
qiao_err qiao_store_in_update(struct qiao_txn *txn, const struct qiao_in_row *r,
			      int expected);
/*
 * Rows for one destination chain (NULL: any) in a state whose next_try_at is
 * not after now, by age. Row: struct qiao_in_row, borrowed.
 */
qiao_err qiao_store_in_due(struct qiao_txn *txn,
			   const struct qiao_hash *destination, int state,
			   int64_t now_ms, size_t max_n, qiao_each_fn each,
			   void *ctx);
/* Rows for this chain in this state are due now. */
qiao_err qiao_store_in_wake(struct qiao_txn *txn,
			    const struct qiao_hash *destination, int state);
/* Rows of a peer that owe a receipt, by when it was due. */
qiao_err qiao_store_in_owed(struct qiao_txn *txn, const char *peer,
			    int64_t now_ms, size_t max_n, qiao_each_fn each,
			    void *ctx);
/* What the senders' logs say, for export, by age. Row: struct qiao_in_said. */
struct qiao_in_said {
	struct qiao_hash id;
	struct qiao_slice audit; /* as in qiao_in_row */
};
qiao_err qiao_store_in_said_each(struct qiao_txn *txn, qiao_each_fn each,
				 void *ctx);
/* Rows of a peer (NULL: any) in a state. */
qiao_err qiao_store_in_count(struct qiao_txn *txn, uint64_t *n,
			     const char *peer, int state);
/* Transfers of one record, oldest first. */
qiao_err qiao_store_in_of_record(struct qiao_txn *txn, int64_t record,
				 qiao_each_fn each, void *ctx);

struct qiao_peer_count {
	const char *peer;
	int state;
	uint64_t n;
	int64_t oldest_at;
};
/* For status: one struct qiao_peer_count for each (peer, state). */
qiao_err qiao_store_in_counts(struct qiao_txn *txn, qiao_each_fn each,
			      void *ctx);

#endif
