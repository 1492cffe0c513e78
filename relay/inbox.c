/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/inbox.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "relay/retry.h"

#include <string.h>

static void fill_row(struct qiao_in_row *t, const struct qiao_item_transfer *it,
		     const struct qiao_message *m, int64_t now_ms)
{
	t->id = it->transfer;
	memcpy(t->peer, m->env.sender, sizeof(t->peer));
	t->source = it->id.from.chain;
	t->destination = it->id.to;
	t->height = it->id.from.height;
	t->digest = it->digest;
	t->envelope = m->digest;
	t->not_after = it->not_after;
	t->as_of_height = it->as_of_height;
	t->as_of_hash = it->as_of_hash;
	t->as_of_basis = it->as_of_basis;
	t->entry = it->queued.index;
	t->received_at = now_ms;
	t->changed_at = now_ms;
	t->id_array = it->id_array;
	t->payload = it->payload;
	t->duty = it->duty;
}

static qiao_err put_row(struct qiao_txn *txn,
			const struct qiao_item_transfer *it,
			const struct qiao_message *m,
			const struct qiao_hash *proof_ref, int64_t now_ms)
{
	struct qiao_in_row t = { .state = 0 };
	struct qiao_buf audit = QIAO_BUF;
	enum qiao_in_state next;
	qiao_err err;

	if (!qiao_in_next(&next, QIAO_IN_NONE, QIAO_IN_EV_RECEIVE))
		return QIAO_E_STATE;
	fill_row(&t, it, m, now_ms);
	t.state = (int)next;
	if (proof_ref)
		t.proof_ref = *proof_ref;
	qiao_queued_encode(&audit, &it->queued);
	t.audit = qiao_buf_slice(&audit);
	err = audit.err != QIAO_OK ? audit.err : qiao_store_in_put(txn, &t);
	qiao_buf_free(&audit);
	return err;
}

qiao_err qiao_inbox_receive(struct qiao_txn *txn,
			    enum qiao_transfer_result *result, bool *fresh,
			    const struct qiao_item_transfer *it,
			    const struct qiao_message *m,
			    const struct qiao_hash *proof_ref, int64_t now_ms)
{
	struct qiao_in_row known;
	bool same;
	qiao_err err = put_row(txn, it, m, proof_ref, now_ms);

	*fresh = err == QIAO_OK;
	*result = *fresh ? QIAO_TRANSFER_TAKEN : QIAO_TRANSFER_NOT_NOW;
	if (err != QIAO_E_EXISTS)
		return err;
	err = qiao_store_in_get(txn, &known, &it->transfer);
	if (err != QIAO_OK)
		return err;
	same = qiao_hash_eq(&known.digest, &it->digest) &&
	       strcmp(known.peer, m->env.sender) == 0;
	*result = same ? QIAO_TRANSFER_TAKEN : QIAO_TRANSFER_CONFLICT;
	qiao_in_row_free(&known);
	return QIAO_OK;
}

/* Judged and on the chain, or judged and refused: the proof has done its work.
 */
static bool needs_proof(enum qiao_in_state s)
{
	return s == QIAO_IN_RECEIVED || s == QIAO_IN_ACCEPTED ||
	       s == QIAO_IN_SUBMITTING;
}

/* The row as it is after an event; false: the table has no such row. */
static bool after(struct qiao_in_row *t, enum qiao_in_event ev, int64_t now_ms)
{
	enum qiao_in_state from = (enum qiao_in_state)t->state, next;

	if (!qiao_in_next(&next, from, ev))
		return false;
	t->state = (int)next;
	if (next != from) {
		t->changed_at = now_ms;
		t->next_try_at = 0;
		t->tries = 0;
	}
	if (ev == QIAO_IN_EV_SUBMIT) /* its block shows it before that */
		t->next_try_at = now_ms + QIAO_INBOX_LOOK_MS;
	if (ev == QIAO_IN_EV_ANSWER) {
		t->receipt_due = 0;
	} else if (qiao_in_owes_receipt(next)) {
		t->receipt_due = now_ms;
		t->receipt_tries = 0;
	}
	if (!needs_proof(next))
		t->proof_ref = (struct qiao_hash){ { 0 } };
	return true;
}

static qiao_err write_moved(struct qiao_txn *txn, struct qiao_in_row *t,
			    const struct qiao_in_row *before)
{
	qiao_err err = qiao_store_in_update(txn, t, before->state);

	if (err != QIAO_OK)
		*t = *before;
	return err;
}

qiao_err qiao_inbox_move(struct qiao_txn *txn, struct qiao_in_row *t,
			 enum qiao_in_state expected, enum qiao_in_event ev,
			 int64_t now_ms)
{
	struct qiao_in_row before = *t;

	if (t->state != (int)expected || !after(t, ev, now_ms))
		return QIAO_E_STATE;
	return write_moved(txn, t, &before);
}

qiao_err qiao_inbox_submit(struct qiao_txn *txn, struct qiao_in_row *t,
			   int64_t now_ms)
{
	struct qiao_in_row before = *t;

	if (!after(t, QIAO_IN_EV_ACCEPT, now_ms) ||
	    !after(t, QIAO_IN_EV_SUBMIT, now_ms)) {
		*t = before;
		return QIAO_E_STATE;
	}
	return write_moved(txn, t, &before);
}

void qiao_inbox_batch_free(struct qiao_inbox_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		qiao_in_row_free(&b->rows[i]);
	qiao_free(b->rows);
	*b = (struct qiao_inbox_batch){ NULL, 0 };
}

qiao_err qiao_inbox_room(struct qiao_txn *txn, size_t *room, const char *peer)
{
	static const enum qiao_in_state open[] = { QIAO_IN_RECEIVED,
						   QIAO_IN_ACCEPTED,
						   QIAO_IN_SUBMITTING };
	uint64_t sum = 0;

	*room = 0;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		uint64_t n;
		qiao_err err = qiao_store_in_count(txn, &n, peer, (int)open[i]);

		if (err != QIAO_OK)
			return err;
		sum += n;
	}
	if (sum < QIAO_INBOX_OPEN_MAX)
		*room = QIAO_INBOX_OPEN_MAX - (size_t)sum;
	return QIAO_OK;
}

qiao_err qiao_inbox_pick(void *batch, const void *row)
{
	struct qiao_inbox_batch *b = batch;
	qiao_err err = qiao_in_row_copy(&b->rows[b->n], row);

	if (err == QIAO_OK)
		b->n++;
	return err;
}

qiao_err qiao_inbox_list(struct qiao_txn *txn, struct qiao_inbox_batch *out,
			 const struct qiao_hash *destination,
			 enum qiao_in_state state, int64_t now_ms, size_t max_n)
{
	qiao_err err;

	*out = (struct qiao_inbox_batch){ NULL, 0 };
	out->rows = qiao_calloc(max_n, sizeof(*out->rows));
	if (!out->rows)
		return QIAO_E_NOMEM;
	err = qiao_store_in_due(txn, destination, (int)state, now_ms, max_n,
				qiao_inbox_pick, out);
	if (err != QIAO_OK)
		qiao_inbox_batch_free(out);
	return err;
}

qiao_err qiao_inbox_postpone(struct qiao_txn *txn, struct qiao_in_row *t,
			     int64_t now_ms, uint32_t random)
{
	t->tries++;
	t->next_try_at = now_ms + qiao_retry_delay_ms(t->tries, random);
	return qiao_store_in_update(txn, t, t->state);
}
