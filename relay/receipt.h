/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: made from a row of the inbox, matched with a row of the outbox. The
 * proof inside is the light client's to judge; flow.c asks it between match and
 * take. Works inside the caller's store transaction.
 */
#ifndef RELAY_RECEIPT_H
#define RELAY_RECEIPT_H

#include "relay/inbox.h"
#include "relay/outbox.h"

/* Destination: rows of a peer that owe a receipt, by when it was due. */
qiao_err qiao_receipt_owed(struct qiao_txn *txn, struct qiao_inbox_batch *out,
			   const char *peer, int64_t now_ms, size_t max_n);
/*
 * The item of a row that owes one; borrows from the row. Which item is its
 * proof is the caller's to set. QIAO_E_STATE; QIAO_E_LIMIT: it is committed,
 * and its proof was too large to be kept.
 */
qiao_err qiao_receipt_make(struct qiao_item_receipt *out,
			   const struct qiao_in_row *t);
/* There will be none: it is owed no more, and the row's reason says why. */
qiao_err qiao_receipt_give_up(struct qiao_txn *txn, struct qiao_in_row *t);
/* Nothing was heard of it: again by back-off. */
qiao_err qiao_receipt_postpone(struct qiao_txn *txn, struct qiao_in_row *t,
			       int64_t now_ms, uint32_t random);
/*
 * The peer's reply. TAKEN: answered. NOT_NOW: again by back-off. UNFIT, UNKNOWN
 * and CONTRADICTS: the receipt stays owed, tried at the slowest pace, and the
 * caller raises an alarm. *moved may be NULL.
 */
qiao_err qiao_receipt_replied(struct qiao_txn *txn, bool *moved,
			      const struct qiao_item_receipt_reply *reply,
			      int64_t now_ms, uint32_t random);

/*
 * Source: does a receipt from `peer` fit our row? UNKNOWN: no such transfer to
 * that peer. CONTRADICTS: another payload digest, another destination chain, or
 * a state that the row's own end denies. TAKEN: it may be taken; *known tells
 * that it was taken before, so nothing is left to do but to say so. The row in
 * *t is the caller's to free unless UNKNOWN.
 */
qiao_err qiao_receipt_match(struct qiao_txn *txn,
			    enum qiao_receipt_result *result, bool *known,
			    struct qiao_out_row *t,
			    const struct qiao_item_receipt *r,
			    const char *peer);
/*
 * Move the row as the receipt says. For state committed the caller has verified
 * proof -> delivered -> transfer id, payload digest and submitter, and says in
 * the row's receipt or receipt_ref where that proof is. close: nothing is due
 * after a commit, so the transfer is closed in the same write.
 */
qiao_err qiao_receipt_take(struct qiao_txn *txn, struct qiao_out_row *t,
			   const struct qiao_item_receipt *r, bool close,
			   int64_t now_ms);

/* "committed"; "?" for a foreign number. */
const char *qiao_receipt_state_name(unsigned int state);

#endif
