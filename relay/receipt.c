/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/receipt.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "relay/retry.h"

#include <string.h>

/* What a receipt of a state comes from and does. */
static const struct {
	enum qiao_receipt_state state;
	const char *name;
	enum qiao_in_state in;
	enum qiao_out_event ev;
} states[] = {
	/* clang-format off */
	{ QIAO_RECEIPT_COMMITTED,  "committed",  QIAO_IN_COMMITTED,  QIAO_OUT_EV_COMMIT },
	{ QIAO_RECEIPT_DENIED,     "denied",     QIAO_IN_DENIED,     QIAO_OUT_EV_REFUSE },
	{ QIAO_RECEIPT_HELD,       "held",       QIAO_IN_HELD,       QIAO_OUT_EV_REFUSE },
	{ QIAO_RECEIPT_EXPIRED,    "expired",    QIAO_IN_EXPIRED,    QIAO_OUT_EV_EXPIRE },
	{ QIAO_RECEIPT_SUPERSEDED, "superseded", QIAO_IN_SUPERSEDED, QIAO_OUT_EV_SUPERSEDE },
	{ QIAO_RECEIPT_CONFLICT,   "conflict",   QIAO_IN_CONFLICT,   QIAO_OUT_EV_CONFLICT },
	/* clang-format on */
};
#define STATES (sizeof(states) / sizeof(states[0]))

const char *qiao_receipt_state_name(unsigned int state)
{
	for (size_t i = 0; i < STATES; i++)
		if ((unsigned int)states[i].state == state)
			return states[i].name;
	return "?";
}

qiao_err qiao_receipt_owed(struct qiao_txn *txn, struct qiao_inbox_batch *out,
			   const char *peer, int64_t now_ms, size_t max_n)
{
	qiao_err err;

	*out = (struct qiao_inbox_batch){ NULL, 0 };
	out->rows = qiao_calloc(max_n, sizeof(*out->rows));
	if (!out->rows)
		return QIAO_E_NOMEM;
	err = qiao_store_in_owed(txn, peer, now_ms, max_n, qiao_inbox_pick,
				 out);
	if (err != QIAO_OK)
		qiao_inbox_batch_free(out);
	return err;
}

qiao_err qiao_receipt_make(struct qiao_item_receipt *out,
			   const struct qiao_in_row *t)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < STATES; i++)
		if (t->state == (int)states[i].in)
			out->state = states[i].state;
	if (out->state == 0)
		return QIAO_E_STATE;
	out->transfer = t->id;
	out->digest = t->digest;
	out->reason = qiao_slice_str(t->reason);
	out->destination = t->destination;
	out->decision = qiao_slice_str(t->decision);
	if (out->state != QIAO_RECEIPT_COMMITTED)
		return QIAO_OK;
	out->has_height = out->has_proof = true;
	out->height = t->receipt_height;
	return t->receipt.n > 0 || !qiao_hash_is_zero(&t->receipt_ref)
		       ? QIAO_OK
		       : QIAO_E_LIMIT;
}

qiao_err qiao_receipt_give_up(struct qiao_txn *txn, struct qiao_in_row *t)
{
	t->receipt_due = 0;
	qiao_str_copy(t->reason, sizeof(t->reason),
		      qiao_slice_str("no receipt: its proof is too large"));
	return qiao_store_in_update(txn, t, t->state);
}

qiao_err qiao_receipt_postpone(struct qiao_txn *txn, struct qiao_in_row *t,
			       int64_t now_ms, uint32_t random)
{
	t->receipt_tries++;
	t->receipt_due = now_ms + qiao_retry_delay_ms(t->receipt_tries, random);
	return qiao_store_in_update(txn, t, t->state);
}

static qiao_err apply_reply(struct qiao_txn *txn, struct qiao_in_row *t,
			    bool *moved, enum qiao_receipt_result result,
			    int64_t now_ms, uint32_t random)
{
	qiao_err err;

	switch (result) {
	case QIAO_RECEIPT_TAKEN:
		err = qiao_inbox_move(txn, t, (enum qiao_in_state)t->state,
				      QIAO_IN_EV_ANSWER, now_ms);
		*moved = err == QIAO_OK;
		return err;
	case QIAO_RECEIPT_NOT_NOW:
		return qiao_receipt_postpone(txn, t, now_ms, random);
	case QIAO_RECEIPT_UNFIT:
	case QIAO_RECEIPT_CONTRADICTS:
	case QIAO_RECEIPT_UNKNOWN:
		t->receipt_due = now_ms + QIAO_RETRY_MAX_MS;
		break;
	}
	return qiao_store_in_update(txn, t, t->state);
}

qiao_err qiao_receipt_replied(struct qiao_txn *txn, bool *moved,
			      const struct qiao_item_receipt_reply *reply,
			      int64_t now_ms, uint32_t random)
{
	struct qiao_in_row t;
	bool ignored;
	qiao_err err = qiao_store_in_get(txn, &t, &reply->transfer);

	if (!moved)
		moved = &ignored;
	*moved = false;
	if (err != QIAO_OK)
		return err;
	if (t.receipt_due != 0) /* else answered already */
		err = apply_reply(txn, &t, moved, reply->result, now_ms,
				  random);
	qiao_in_row_free(&t);
	return err;
}

static bool event_of(enum qiao_out_event *ev, enum qiao_receipt_state state)
{
	for (size_t i = 0; i < STATES; i++) {
		if (states[i].state != state)
			continue;
		*ev = states[i].ev;
		return true;
	}
	return false;
}

/* Did this receipt, or one like it, put the row where it is? */
static bool was_taken(const struct qiao_out_row *t, enum qiao_out_event ev)
{
	enum qiao_out_state result;

	if (!qiao_out_next(&result, QIAO_OUT_AT_PEER, ev))
		return false;
	return t->state == (int)result ||
	       (result == QIAO_OUT_COMMITTED && t->state == QIAO_OUT_CLOSED);
}

static bool same_thing(const struct qiao_out_row *t,
		       const struct qiao_item_receipt *r)
{
	struct qiao_transfer_key id;

	return qiao_transfer_key_parse(&id, t->id_array, NULL) == QIAO_OK &&
	       qiao_hash_eq(&id.to, &r->destination) &&
	       qiao_hash_eq(&t->digest, &r->digest) &&
	       !qiao_hash_is_zero(&t->digest);
}

qiao_err qiao_receipt_match(struct qiao_txn *txn,
			    enum qiao_receipt_result *result, bool *known,
			    struct qiao_out_row *t,
			    const struct qiao_item_receipt *r, const char *peer)
{
	enum qiao_out_state next;
	enum qiao_out_event ev;
	qiao_err err = qiao_store_out_get(txn, t, &r->transfer);

	*known = false;
	*result = QIAO_RECEIPT_UNKNOWN;
	if (err == QIAO_E_NOTFOUND)
		return QIAO_OK;
	if (err != QIAO_OK)
		return err;
	if (strcmp(t->peer, peer) != 0) {
		qiao_out_row_free(t);
		return QIAO_OK;
	}
	*result = QIAO_RECEIPT_CONTRADICTS;
	if (!event_of(&ev, r->state) || !same_thing(t, r))
		return QIAO_OK;
	*known = was_taken(t, ev);
	if (*known || qiao_out_next(&next, (enum qiao_out_state)t->state, ev))
		*result = QIAO_RECEIPT_TAKEN;
	return QIAO_OK;
}

qiao_err qiao_receipt_take(struct qiao_txn *txn, struct qiao_out_row *t,
			   const struct qiao_item_receipt *r, bool close,
			   int64_t now_ms)
{
	enum qiao_out_event ev;

	if (!event_of(&ev, r->state))
		return QIAO_E_USAGE;
	if (!qiao_str_copy(t->reason, sizeof(t->reason), r->reason))
		return QIAO_E_LIMIT;
	t->receipt_height = r->has_height ? r->height : 0;
	if (close && ev == QIAO_OUT_EV_COMMIT)
		return qiao_outbox_finish(txn, t, now_ms);
	return qiao_outbox_move(txn, t, (enum qiao_out_state)t->state, ev,
				now_ms);
}
