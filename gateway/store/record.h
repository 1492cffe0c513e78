/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each record of a chain: the newest version seen, for replay,
 * superseding and deletes. `side` keeps what this gateway read on the chain
 * apart from what peers delivered to it. Which destination has which version
 * follows from the transfers (qiao_store_out_of_record).
 */
#ifndef GATEWAY_STORE_RECORD_H
#define GATEWAY_STORE_RECORD_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

/* On disk: append, never renumber. */
enum qiao_record_side {
	QIAO_RECORD_SOURCE = 0,
	QIAO_RECORD_DESTINATION = 1,
};

struct qiao_record_row {
	int64_t record; /* its number; 0: not stored yet */
	enum qiao_record_side side;
	int64_t chain; /* the source chain of the record */
	char type[QIAO_TYPE_MAX + 1];
	char id[QIAO_RECORD_ID_MAX + 1];
	uint64_t version;
	struct qiao_hash digest; /* of the head at that version */
	char state[QIAO_TYPE_MAX + 1];
	uint64_t height;
	uint32_t tx, item;
	/*
	 * Where the chain keeps it ("namespace/key", as the caller makes it):
	 * a delete names a key, not a record. Copied on put; empty: none. In
	 * rows given out it is set only by qiao_store_record_by_key.
	 */
	struct qiao_slice key;
};

/* QIAO_E_NOTFOUND. */
qiao_err qiao_store_record_get(struct qiao_txn *txn,
			       struct qiao_record_row *out,
			       enum qiao_record_side side, int64_t chain,
			       const char *type, const char *id);
/* The same by where it stands on the chain; out->key is the argument. */
qiao_err qiao_store_record_by_key(struct qiao_txn *txn,
				  struct qiao_record_row *out,
				  enum qiao_record_side side, int64_t chain,
				  struct qiao_slice key);
qiao_err qiao_store_record_by_number(struct qiao_txn *txn,
				     struct qiao_record_row *out,
				     int64_t record);
/*
 * Insert or replace by (side, chain, type, id); sets r->record. A version below
 * the stored one is QIAO_E_STATE.
 */
qiao_err qiao_store_record_put(struct qiao_txn *txn, struct qiao_record_row *r);
/* Every chain's records with this id, for `qiao trace`. */
qiao_err qiao_store_record_each_id(struct qiao_txn *txn, const char *id,
				   qiao_each_fn each, void *ctx);

#endif
