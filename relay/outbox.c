/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/outbox.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/proof.h"
#include "relay/retry.h"

#include <stdlib.h>
#include <string.h>

#define ITEM_OVERHEAD 4096 /* id, audit entry and path around a payload */

static qiao_err compare_known(struct qiao_txn *txn,
			      const struct qiao_out_row *t)
{
	struct qiao_out_row known;
	bool differs;
	qiao_err err = qiao_store_out_get(txn, &known, &t->id);

	if (err != QIAO_OK)
		return err;
	differs = !qiao_hash_is_zero(&known.digest) &&
		  !qiao_hash_is_zero(&t->digest) &&
		  !qiao_hash_eq(&known.digest, &t->digest);
	qiao_out_row_free(&known);
	return differs ? QIAO_E_CONFLICT : QIAO_OK;
}

qiao_err qiao_outbox_put(struct qiao_txn *txn, struct qiao_out_row *t,
			 bool *fresh, enum qiao_out_event ev, int64_t now_ms)
{
	enum qiao_out_state next;
	qiao_err err;

	*fresh = false;
	if (!qiao_out_next(&next, QIAO_OUT_NONE, ev))
		return QIAO_E_STATE;
	if (t->id_array.n == 0 ||
	    (next == QIAO_OUT_QUEUED && t->payload.n == 0))
		return QIAO_E_USAGE;
	qiao_transfer_id(&t->id, t->id_array);
	t->digest = (struct qiao_hash){ { 0 } };
	if (t->payload.n > 0)
		qiao_payload_digest(&t->digest, t->payload);
	t->state = (int)next;
	t->queued_at = now_ms;
	t->changed_at = now_ms;
	t->next_try_at = 0;
	t->tries = 0;
	err = qiao_store_out_put(txn, t);
	if (err == QIAO_E_EXISTS)
		return compare_known(txn, t);
	*fresh = err == QIAO_OK;
	return err;
}

/* The peer has its own copy, or nobody will ask for it again. */
static bool needs_proof(enum qiao_out_state s)
{
	return s == QIAO_OUT_QUEUED || s == QIAO_OUT_SENT;
}

/* The row as it is after an event; false: the table has no such row. */
static bool after(struct qiao_out_row *t, enum qiao_out_event ev,
		  int64_t now_ms)
{
	enum qiao_out_state from = (enum qiao_out_state)t->state, next;

	if (!qiao_out_next(&next, from, ev))
		return false;
	t->state = (int)next;
	if (next != from)
		t->changed_at = now_ms;
	if (!needs_proof(next))
		t->proof_ref = (struct qiao_hash){ { 0 } };
	return true;
}

static qiao_err write_moved(struct qiao_txn *txn, struct qiao_out_row *t,
			    const struct qiao_out_row *before)
{
	qiao_err err = qiao_store_out_update(txn, t, before->state);

	if (err != QIAO_OK)
		*t = *before;
	return err;
}

qiao_err qiao_outbox_move(struct qiao_txn *txn, struct qiao_out_row *t,
			  enum qiao_out_state expected, enum qiao_out_event ev,
			  int64_t now_ms)
{
	struct qiao_out_row before = *t;

	if (t->state != (int)expected || !after(t, ev, now_ms))
		return QIAO_E_STATE;
	return write_moved(txn, t, &before);
}

qiao_err qiao_outbox_finish(struct qiao_txn *txn, struct qiao_out_row *t,
			    int64_t now_ms)
{
	struct qiao_out_row before = *t;

	if (!after(t, QIAO_OUT_EV_COMMIT, now_ms) ||
	    !after(t, QIAO_OUT_EV_CLOSE, now_ms)) {
		*t = before;
		return QIAO_E_STATE;
	}
	return write_moved(txn, t, &before);
}

void qiao_outbox_batch_free(struct qiao_outbox_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		qiao_out_row_free(&b->rows[i]);
	qiao_free(b->rows);
	*b = (struct qiao_outbox_batch){ NULL, 0 };
}

/* Rows of one query, copied. */
struct picked {
	struct qiao_outbox_batch batch;
	size_t cap;
};

static qiao_err pick(void *ctx, const void *row)
{
	struct picked *p = ctx;
	qiao_err err;

	if (p->batch.n == p->cap)
		return QIAO_OK;
	err = qiao_out_row_copy(&p->batch.rows[p->batch.n], row);
	if (err == QIAO_OK)
		p->batch.n++;
	return err;
}

static qiao_err room_of(struct qiao_txn *txn, size_t *all, size_t *plain,
			const char *route,
			const struct qiao_outbox_limits *limits)
{
	size_t kept = limits->in_flight / 8 > 0 ? limits->in_flight / 8 : 1;
	uint64_t sent, at_peer = 0;
	qiao_err err = qiao_store_out_count(txn, &sent, route, QIAO_OUT_SENT);

	if (err == QIAO_OK)
		err = qiao_store_out_count(txn, &at_peer, route,
					   QIAO_OUT_AT_PEER);
	*all = sent + at_peer < limits->in_flight
		       ? (size_t)(limits->in_flight - sent - at_peer)
		       : 0;
	*plain = *all;
	if (limits->in_flight > 1)
		*plain = *all > kept ? *all - kept : 0;
	return err;
}

static int by_priority_and_age(const void *a_, const void *b_)
{
	const struct qiao_out_row *a = a_, *b = b_;

	if (a->priority != b->priority)
		return a->priority ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* Bytes that this row adds to the batch before it. */
static qiao_err size_of(struct qiao_txn *txn, size_t *n,
			const struct qiao_outbox_batch *b,
			const struct qiao_out_row *t)
{
	size_t proof;
	qiao_err err;

	*n = t->payload.n + t->proof.n + ITEM_OVERHEAD;
	if (qiao_hash_is_zero(&t->proof_ref))
		return QIAO_OK;
	for (size_t i = 0; i < b->n; i++)
		if (qiao_hash_eq(&b->rows[i].proof_ref, &t->proof_ref))
			return QIAO_OK;
	err = qiao_store_proof_size(txn, &proof, &t->proof_ref);
	*n += proof;
	return err;
}

static qiao_err send_row(struct qiao_txn *txn, struct qiao_out_row *t,
			 const struct qiao_outbox_limits *limits,
			 int64_t now_ms, uint32_t random)
{
	t->tries++;
	t->next_try_at = now_ms + limits->lease_ms +
			 qiao_retry_delay_ms(t->tries, random);
	return qiao_outbox_move(txn, t, (enum qiao_out_state)t->state,
				QIAO_OUT_EV_SEND, now_ms);
}

/* Keep what fits, in order; mark it sent. */
static qiao_err take_fitting(struct qiao_txn *txn,
			     struct qiao_outbox_batch *out,
			     struct qiao_outbox_batch *candidates,
			     const char *route,
			     const struct qiao_outbox_limits *limits,
			     int64_t now_ms, uint32_t random)
{
	size_t all, plain, bytes = 0;
	qiao_err err = room_of(txn, &all, &plain, route, limits);

	for (size_t i = 0; err == QIAO_OK && i < candidates->n; i++) {
		struct qiao_out_row *t = &candidates->rows[i];
		size_t n;

		if (t->state == QIAO_OUT_QUEUED &&
		    (t->priority ? all : plain) == 0)
			continue;
		err = size_of(txn, &n, out, t);
		if (err != QIAO_OK || out->n == limits->max_n ||
		    (out->n > 0 && n > limits->max_bytes - bytes))
			break;
		bytes += n < limits->max_bytes - bytes
				 ? n
				 : limits->max_bytes - bytes;
		if (t->state == QIAO_OUT_QUEUED) {
			all--;
			plain -= plain > 0;
		}
		err = send_row(txn, t, limits, now_ms, random);
		out->rows[out->n++] = *t;
		t->mem = NULL; /* moved */
	}
	return err;
}

qiao_err qiao_outbox_take(struct qiao_txn *txn, struct qiao_outbox_batch *out,
			  const char *route,
			  const struct qiao_outbox_limits *limits,
			  int64_t now_ms, uint32_t random)
{
	struct qiao_out_query q = { .route = route,
				    .state = QIAO_OUT_SENT,
				    .now_ms = now_ms,
				    .priority_only = limits->frozen,
				    .max_n = limits->max_n };
	struct picked p = { .cap = 2 * q.max_n };
	qiao_err err;

	*out = (struct qiao_outbox_batch){ NULL, 0 };
	if (q.max_n == 0 || q.max_n > QIAO_ITEMS_MAX)
		return QIAO_E_USAGE;
	p.batch.rows = qiao_calloc(p.cap, sizeof(*p.batch.rows));
	out->rows = qiao_calloc(q.max_n, sizeof(*out->rows));
	err = p.batch.rows && out->rows ? QIAO_OK : QIAO_E_NOMEM;
	if (err == QIAO_OK)
		err = qiao_store_out_due(txn, &q, pick, &p);
	q.state = QIAO_OUT_QUEUED;
	if (err == QIAO_OK)
		err = qiao_store_out_due(txn, &q, pick, &p);
	if (err == QIAO_OK && p.batch.n > 0) {
		qsort(p.batch.rows, p.batch.n, sizeof(*p.batch.rows),
		      by_priority_and_age);
		err = take_fitting(txn, out, &p.batch, route, limits, now_ms,
				   random);
	}
	qiao_outbox_batch_free(&p.batch);
	if (err != QIAO_OK)
		qiao_outbox_batch_free(out);
	return err;
}

/* Change what does not move the state; a row that moved meanwhile is left. */
static qiao_err touch(struct qiao_txn *txn, const struct qiao_out_row *t)
{
	qiao_err err = qiao_store_out_update(txn, t, t->state);

	return err == QIAO_E_STATE ? QIAO_OK : err;
}

static bool event_of_reply(enum qiao_out_event *ev,
			   enum qiao_transfer_result result)
{
	switch (result) {
	case QIAO_TRANSFER_TAKEN:
		*ev = QIAO_OUT_EV_TAKEN;
		return true;
	case QIAO_TRANSFER_REFUSED:
		*ev = QIAO_OUT_EV_REFUSE;
		return true;
	case QIAO_TRANSFER_CONFLICT:
		*ev = QIAO_OUT_EV_CONFLICT;
		return true;
	case QIAO_TRANSFER_NOT_NOW:
		return false;
	}
	return false;
}

static qiao_err apply_reply(struct qiao_txn *txn, struct qiao_out_row *t,
			    bool *moved,
			    const struct qiao_item_transfer_reply *reply,
			    int64_t now_ms, uint32_t random)
{
	enum qiao_out_state from = (enum qiao_out_state)t->state, next;
	enum qiao_out_event ev;
	qiao_err err;

	if (!event_of_reply(&ev, reply->result)) {
		if (from != QIAO_OUT_SENT)
			return QIAO_OK;
		t->next_try_at = now_ms + qiao_retry_delay_ms(t->tries, random);
		return touch(txn, t);
	}
	if (!qiao_out_next(&next, from, ev))
		return QIAO_OK; /* late or repeated */
	if (!qiao_str_copy(t->reason, sizeof(t->reason), reply->code))
		return QIAO_E_LIMIT;
	err = qiao_outbox_move(txn, t, from, ev, now_ms);
	*moved = err == QIAO_OK;
	return err;
}

qiao_err qiao_outbox_replied(struct qiao_txn *txn, struct qiao_out_row *t,
			     bool *moved,
			     const struct qiao_item_transfer_reply *reply,
			     int64_t now_ms, uint32_t random)
{
	bool ignored;
	qiao_err err = qiao_store_out_get(txn, t, &reply->transfer);

	if (!moved)
		moved = &ignored;
	*moved = false;
	if (err != QIAO_OK)
		return err;
	err = apply_reply(txn, t, moved, reply, now_ms, random);
	if (err != QIAO_OK)
		qiao_out_row_free(t);
	return err;
}

qiao_err qiao_outbox_postpone(struct qiao_txn *txn,
			      const struct qiao_outbox_batch *b, int64_t when)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; err == QIAO_OK && i < b->n; i++) {
		struct qiao_out_row t = b->rows[i];

		t.next_try_at = when;
		err = touch(txn, &t);
	}
	return err;
}

struct older {
	struct qiao_outbox_superseded *out;
	uint64_t version;
};

static qiao_err pick_older(void *ctx, const void *row_)
{
	const struct qiao_out_row *row = row_;
	struct older *o = ctx;

	if (row->state == QIAO_OUT_QUEUED && row->version < o->version &&
	    o->out->n < sizeof(o->out->ids) / sizeof(o->out->ids[0]))
		o->out->ids[o->out->n++] = row->id;
	return QIAO_OK;
}

static qiao_err supersede_one(struct qiao_txn *txn, const struct qiao_hash *id,
			      const struct qiao_hash *by, int64_t now_ms)
{
	struct qiao_out_row t;
	qiao_err err = qiao_store_out_get(txn, &t, id);

	if (err != QIAO_OK)
		return err;
	t.by = *by;
	err = qiao_outbox_move(txn, &t, QIAO_OUT_QUEUED, QIAO_OUT_EV_SUPERSEDE,
			       now_ms);
	qiao_out_row_free(&t);
	return err;
}

qiao_err qiao_outbox_supersede(struct qiao_txn *txn,
			       struct qiao_outbox_superseded *out,
			       int64_t record, const char *route,
			       uint64_t version, const struct qiao_hash *by,
			       int64_t now_ms)
{
	struct older o = { out, version };
	qiao_err err;

	out->n = 0;
	err = qiao_store_out_of_record(txn, record, route, pick_older, &o);
	for (size_t i = 0; err == QIAO_OK && i < out->n; i++)
		err = supersede_one(txn, &out->ids[i], by, now_ms);
	return err;
}

static qiao_err note_known(void *ctx, const void *row_)
{
	const struct qiao_out_row *row = row_;
	struct qiao_outbox_known *k = ctx;
	bool counts = true;

	switch ((enum qiao_out_state)row->state) {
	case QIAO_OUT_QUEUED:
		k->queued = true;
		break;
	case QIAO_OUT_SENT:
	case QIAO_OUT_AT_PEER:
		k->on_the_way = true;
		break;
	case QIAO_OUT_COMMITTED:
	case QIAO_OUT_CLOSED:
		k->delivered = true;
		break;
	case QIAO_OUT_DENIED:
	case QIAO_OUT_HELD:
	case QIAO_OUT_REFUSED:
		k->refused = true;
		counts = false;
		break;
	case QIAO_OUT_NONE:
	case QIAO_OUT_SUPERSEDED:
	case QIAO_OUT_EXPIRED:
	case QIAO_OUT_CONFLICT:
		counts = false;
		break;
	}
	if (counts && row->version > k->version)
		k->version = row->version;
	return QIAO_OK;
}

qiao_err qiao_outbox_known(struct qiao_txn *txn, struct qiao_outbox_known *out,
			   int64_t record, const char *route)
{
	memset(out, 0, sizeof(*out));
	return qiao_store_out_of_record(txn, record, route, note_known, out);
}

qiao_err qiao_outbox_overdue(struct qiao_txn *txn, int64_t before, size_t max_n,
			     qiao_each_fn each, void *ctx)
{
	qiao_err err = qiao_store_out_each(txn, QIAO_OUT_SENT, before, max_n,
					   each, ctx);

	if (err == QIAO_OK)
		err = qiao_store_out_each(txn, QIAO_OUT_AT_PEER, before, max_n,
					  each, ctx);
	return err;
}
