/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers that came in. Every function works inside the caller's store
 * transaction; the caller acts (replies, submits) only after the commit.
 */
#ifndef RELAY_INBOX_H
#define RELAY_INBOX_H

#include "gateway/store/in.h"
#include "relay/items.h"
#include "relay/transfer_state.h"

/*
 * Take a transfer of a verified message, checked with qiao_item_transfer_check.
 * proof_ref: digest under which the caller put its proof into the store; NULL:
 * none. Idempotent by id: the same digest again
 * is TAKEN (*fresh false); another digest, or another sender, is CONFLICT and
 * nothing changes: the caller keeps evidence. Frozen or full is the caller's to
 * say.
 */
qiao_err qiao_inbox_receive(struct qiao_txn *txn,
			    enum qiao_transfer_result *result, bool *fresh,
			    const struct qiao_item_transfer *it,
			    const struct qiao_message *m,
			    const struct qiao_hash *proof_ref, int64_t now_ms);

/*
 * How many more transfers of this peer may be taken now: QIAO_INBOX_OPEN_MAX
 * less those that have not come to an end or onto the chain. The rest is "not
 * now".
 */
qiao_err qiao_inbox_room(struct qiao_txn *txn, size_t *room, const char *peer);

/* How long the chain's own blocks may take to show what was submitted. */
#define QIAO_INBOX_LOOK_MS 5000

/*
 * The one function that moves a destination transfer; as qiao_outbox_move.
 * SUBMIT makes the row due again after QIAO_INBOX_LOOK_MS.
 * Entering a state that owes a receipt sets receipt_due; ANSWER clears it, also
 * in the ends, whose state then stays.
 */
qiao_err qiao_inbox_move(struct qiao_txn *txn, struct qiao_in_row *t,
			 enum qiao_in_state expected, enum qiao_in_event ev,
			 int64_t now_ms);
/* ACCEPT and at once SUBMIT, as one write. */
qiao_err qiao_inbox_submit(struct qiao_txn *txn, struct qiao_in_row *t,
			   int64_t now_ms);

struct qiao_inbox_batch {
	struct qiao_in_row *rows; /* owned */
	size_t n;
};
void qiao_inbox_batch_free(struct qiao_inbox_batch *b);
/* A qiao_each_fn that copies a row into a batch with room for it. */
qiao_err qiao_inbox_pick(void *batch, const void *row);

/* Rows in a state that are due, by age; destination NULL: any. */
qiao_err qiao_inbox_list(struct qiao_txn *txn, struct qiao_inbox_batch *out,
			 const struct qiao_hash *destination,
			 enum qiao_in_state state, int64_t now_ms,
			 size_t max_n);
/* Not now (a header is missing, the adapter is away): again by back-off. */
qiao_err qiao_inbox_postpone(struct qiao_txn *txn, struct qiao_in_row *t,
			     int64_t now_ms, uint32_t random);

#endif
