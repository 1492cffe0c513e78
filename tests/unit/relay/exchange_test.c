/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two stores and a line between them that loses, doubles and reorders whatever
 * is said, until everything is done. A chain stands at the end of it, which
 * counts what was put on it.
 */
#include "relay/inbox.h"
#include "relay/outbox.h"
#include "relay/receipt.h"

#include "tests/unit/relay/world.h"

#define TRANSFERS 80
#define LINE_MAX_ 4096

enum word {
	W_TRANSFER,
	W_TRANSFER_REPLY,
	W_RECEIPT,
	W_RECEIPT_REPLY,
};

/* One thing on the line, encoded. */
struct said {
	enum word word;
	struct qiao_buf bytes;
};

struct exchange {
	struct fixture source, destination;
	struct said line[LINE_MAX_];
	size_t n;
	unsigned int on_chain[TRANSFERS]; /* submissions that were taken */
	int64_t now;
	unsigned int seed, lost, doubled, refused_again;
};

static unsigned int dice(struct exchange *x, unsigned int n)
{
	x->seed = x->seed * 1103515245u + 12345u;
	return (x->seed >> 16) % n;
}

static void say_once(struct exchange *x, enum word word, struct qiao_slice s)
{
	struct said *said = &x->line[x->n];

	if (x->n == LINE_MAX_)
		return; /* as good as lost */
	*said = (struct said){ .word = word };
	qiao_buf_put(&said->bytes, s);
	x->n++;
}

static void say(struct exchange *x, enum word word, struct qiao_buf *bytes)
{
	unsigned int luck = dice(x, 10);

	if (luck < 3) {
		x->lost++;
	} else {
		say_once(x, word, qiao_buf_slice(bytes));
		if (luck < 5) {
			say_once(x, word, qiao_buf_slice(bytes));
			x->doubled++;
		}
	}
	qiao_buf_free(bytes);
}

/* --- source --- */

static qiao_err queue_all(struct qiao_txn *txn, void *arg)
{
	struct world w = { .network = hash_of(77) };
	qiao_err err = QIAO_OK;

	(void)arg;
	for (unsigned int n = 0; err == QIAO_OK && n < TRANSFERS; n++) {
		struct qiao_out_row t = { .route = "r", .peer = "gw.province" };
		struct sample s;
		bool fresh;

		sample_make(&s, &w, n, "payload");
		t.id_array = s.item.id_array;
		t.payload = s.item.payload;
		err = qiao_outbox_put(txn, &t, &fresh, QIAO_OUT_EV_QUEUE, NOW);
		sample_free(&s);
	}
	return err;
}

struct taken {
	struct exchange *x;
	struct qiao_outbox_batch batch;
};

static qiao_err take(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = {
		.in_flight = 30, .max_n = 8, .max_bytes = 100000, .lease_ms = 50
	};
	struct taken *t = arg;

	return qiao_outbox_take(txn, &t->batch, "r", &limits, t->x->now,
				dice(t->x, 1000));
}

static void send_some(struct exchange *x)
{
	struct taken t = { .x = x };

	CU_ASSERT_EQUAL(qiao_store_write(x->source.store, take, &t), QIAO_OK);
	for (size_t i = 0; i < t.batch.n; i++) {
		struct qiao_item_transfer it = {
			.id_array = t.batch.rows[i].id_array,
			.payload = t.batch.rows[i].payload,
			.not_after = NOW,
			.as_of_basis = QIAO_AS_OF_SCANNED,
			.queued.entry = { (const uint8_t *)"{}", 2 },
		};
		struct qiao_buf b = QIAO_BUF;

		qiao_item_transfer_encode(&b, &it);
		say(x, W_TRANSFER, &b);
	}
	qiao_outbox_batch_free(&t.batch);
}

struct heard {
	struct exchange *x;
	struct qiao_slice bytes;
	struct qiao_buf answer;
};

static qiao_err hear_reply(struct qiao_txn *txn, void *arg)
{
	struct qiao_item_transfer_reply r;
	struct heard *h = arg;
	struct qiao_out_row t;
	qiao_err err = qiao_item_transfer_reply_parse(&r, h->bytes);

	if (err == QIAO_OK)
		err = qiao_outbox_replied(txn, &t, NULL, &r, h->x->now, 3);
	if (err == QIAO_OK)
		qiao_out_row_free(&t);
	return err;
}

static qiao_err hear_receipt(struct qiao_txn *txn, void *arg)
{
	struct heard *h = arg;
	struct qiao_item_receipt r;
	struct qiao_item_receipt_reply reply = { .result = 0 };
	struct qiao_out_row t;
	bool known;
	qiao_err err = qiao_item_receipt_parse(&r, h->bytes);

	if (err == QIAO_OK)
		err = qiao_receipt_match(txn, &reply.result, &known, &t, &r,
					 "gw.province");
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	CU_ASSERT_EQUAL(reply.result, QIAO_RECEIPT_TAKEN);
	reply.transfer = r.transfer;
	t.receipt = qiao_slice_str("proof of the commit");
	if (!known)
		err = qiao_receipt_take(txn, &t, &r, true, h->x->now);
	qiao_out_row_free(&t);
	qiao_item_receipt_reply_encode(&h->answer, &reply);
	return err;
}

/* --- destination --- */

static qiao_err hear_transfer(struct qiao_txn *txn, void *arg)
{
	static struct qiao_message m;
	struct world w = { .network = hash_of(77) };
	struct heard *h = arg;
	struct qiao_item_transfer it;
	struct qiao_item_transfer_reply reply = { .result = 0 };
	bool fresh;
	qiao_err err = qiao_item_transfer_parse(&it, h->bytes);

	m.env = world_envelope(&w, false, QIAO_KIND_TRANSFERS);
	if (err == QIAO_OK)
		err = qiao_inbox_receive(txn, &reply.result, &fresh, &it, &m,
					 NULL, h->x->now);
	CU_ASSERT_EQUAL(reply.result, QIAO_TRANSFER_TAKEN);
	h->x->refused_again += !fresh;
	reply.transfer = it.transfer;
	qiao_item_transfer_reply_encode(&h->answer, &reply);
	return err;
}

static qiao_err hear_receipt_reply(struct qiao_txn *txn, void *arg)
{
	struct qiao_item_receipt_reply r;
	struct heard *h = arg;
	qiao_err err = qiao_item_receipt_reply_parse(&r, h->bytes);

	return err == QIAO_OK
		       ? qiao_receipt_replied(txn, NULL, &r, h->x->now, 5)
		       : err;
}

/* One step for each row of a state: accept, submit, see it committed. */
struct working {
	struct exchange *x;
	enum qiao_in_state from;
	enum qiao_in_event ev;
};

static qiao_err work_on(struct qiao_txn *txn, void *arg)
{
	struct working *w = arg;
	struct qiao_inbox_batch b;
	qiao_err err = qiao_inbox_list(txn, &b, NULL, w->from, w->x->now, 5);

	for (size_t i = 0; err == QIAO_OK && i < b.n; i++) {
		struct qiao_in_row *t = &b.rows[i];

		if (w->ev == QIAO_IN_EV_COMMIT) {
			/* the chain refuses a second write under an id */
			if (w->x->on_chain[t->height] == 0)
				w->x->on_chain[t->height]++;
			t->receipt_height = t->height;
			t->receipt = qiao_slice_str("proof of the commit");
		}
		err = qiao_inbox_move(txn, t, w->from, w->ev, w->x->now);
	}
	qiao_inbox_batch_free(&b);
	return err;
}

static void work(struct exchange *x, enum qiao_in_state from,
		 enum qiao_in_event ev)
{
	struct working w = { x, from, ev };

	CU_ASSERT_EQUAL(qiao_store_write(x->destination.store, work_on, &w),
			QIAO_OK);
}

static qiao_err answer_some(struct qiao_txn *txn, void *arg)
{
	struct exchange *x = arg;
	struct qiao_inbox_batch b;
	qiao_err err = qiao_receipt_owed(txn, &b, "gw.nanjing", x->now, 6);

	for (size_t i = 0; err == QIAO_OK && i < b.n; i++) {
		struct qiao_item_receipt r;
		struct qiao_buf bytes = QIAO_BUF;

		err = qiao_receipt_make(&r, &b.rows[i]);
		qiao_item_receipt_encode(&bytes, &r);
		if (err == QIAO_OK)
			err = qiao_receipt_postpone(txn, &b.rows[i], x->now,
						    dice(x, 1000));
		say(x, W_RECEIPT, &bytes);
	}
	qiao_inbox_batch_free(&b);
	return err;
}

/* --- the line --- */

/* Somebody hears one of the things that were said, not always the oldest. */
static void hear_one(struct exchange *x)
{
	static const struct {
		bool at_source;
		qiao_txn_fn hear;
		int answer; /* word; -1: none */
	} ears[] = {
		[W_TRANSFER] = { false, hear_transfer, W_TRANSFER_REPLY },
		[W_TRANSFER_REPLY] = { true, hear_reply, -1 },
		[W_RECEIPT] = { true, hear_receipt, W_RECEIPT_REPLY },
		[W_RECEIPT_REPLY] = { false, hear_receipt_reply, -1 },
	};
	size_t i = dice(x, (unsigned int)x->n);
	struct said said = x->line[i];
	struct heard h = { .x = x, .bytes = qiao_buf_slice(&said.bytes) };
	struct fixture *f =
		ears[said.word].at_source ? &x->source : &x->destination;

	x->line[i] = x->line[--x->n];
	CU_ASSERT_EQUAL(qiao_store_write(f->store, ears[said.word].hear, &h),
			QIAO_OK);
	if (ears[said.word].answer >= 0)
		say(x, (enum word)ears[said.word].answer, &h.answer);
	qiao_buf_free(&h.answer);
	qiao_buf_free(&said.bytes);
}

struct tally {
	uint64_t closed, answered;
};

static qiao_err tally_source(struct qiao_txn *txn, void *arg)
{
	struct tally *t = arg;

	return qiao_store_out_count(txn, &t->closed, "r", QIAO_OUT_CLOSED);
}

static qiao_err tally_destination(struct qiao_txn *txn, void *arg)
{
	struct tally *t = arg;

	return qiao_store_in_count(txn, &t->answered, NULL, QIAO_IN_ANSWERED);
}

static bool is_done(struct exchange *x, struct tally *t)
{
	CU_ASSERT_EQUAL(qiao_store_read(x->source.store, tally_source, t),
			QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_store_read(x->destination.store, tally_destination, t),
		QIAO_OK);
	return t->closed == TRANSFERS && t->answered == TRANSFERS;
}

static void run_exchange(unsigned int seed)
{
	static struct exchange x;
	struct tally t = { 0, 0 };
	int rounds = 0;

	memset(&x, 0, sizeof(x));
	x.seed = seed;
	x.now = NOW;
	fixture_open(&x.source);
	fixture_open(&x.destination);
	CU_ASSERT_EQUAL(qiao_store_write(x.source.store, queue_all, NULL),
			QIAO_OK);
	while (!is_done(&x, &t) && rounds++ < 3000) {
		x.now += dice(&x, 300);
		send_some(&x);
		for (unsigned int i = dice(&x, 12); i > 0 && x.n > 0; i--)
			hear_one(&x);
		work(&x, QIAO_IN_RECEIVED, QIAO_IN_EV_ACCEPT);
		work(&x, QIAO_IN_ACCEPTED, QIAO_IN_EV_SUBMIT);
		work(&x, QIAO_IN_SUBMITTING, QIAO_IN_EV_COMMIT);
		CU_ASSERT_EQUAL(
			qiao_store_write(x.destination.store, answer_some, &x),
			QIAO_OK);
		if (dice(&x, 40) == 0) {
			fixture_reopen(&x.source);
			fixture_reopen(&x.destination);
		}
	}
	CU_ASSERT_EQUAL(t.closed, TRANSFERS);
	CU_ASSERT_EQUAL(t.answered, TRANSFERS);
	for (int i = 0; i < TRANSFERS; i++)
		CU_ASSERT_EQUAL(x.on_chain[i], 1);
	CU_ASSERT_TRUE(x.lost > 20 && x.doubled > 20 && x.refused_again > 0);
	while (x.n > 0)
		qiao_buf_free(&x.line[--x.n].bytes);
	fixture_close(&x.source);
	fixture_close(&x.destination);
}

static void lost_doubled_and_reordered_messages_deliver_once(void)
{
	for (unsigned int seed = 1; seed <= 3; seed++)
		run_exchange(seed);
}

/* --- one at a time --- */

static qiao_err try_inbox(struct qiao_txn *txn, void *arg)
{
	static struct qiao_message m;
	struct world w = { .network = hash_of(77) };
	struct sample a, b;
	enum qiao_transfer_result result;
	struct qiao_in_row t;
	size_t room;
	bool fresh;

	(void)arg;
	m.env = world_envelope(&w, false, QIAO_KIND_TRANSFERS);
	sample_make(&a, &w, 1, "one");
	sample_make(&b, &w, 1, "two");
	CU_ASSERT_EQUAL(qiao_inbox_receive(txn, &result, &fresh, &a.item, &m,
					   NULL, NOW),
			QIAO_OK);
	CU_ASSERT_TRUE(fresh && result == QIAO_TRANSFER_TAKEN);
	CU_ASSERT_EQUAL(qiao_inbox_receive(txn, &result, &fresh, &b.item, &m,
					   NULL, NOW),
			QIAO_OK);
	CU_ASSERT_TRUE(!fresh && result == QIAO_TRANSFER_CONFLICT);
	snprintf(m.env.sender, sizeof(m.env.sender), "%s", "gw.suzhou");
	CU_ASSERT_EQUAL(qiao_inbox_receive(txn, &result, &fresh, &a.item, &m,
					   NULL, NOW),
			QIAO_OK);
	CU_ASSERT_EQUAL(result, QIAO_TRANSFER_CONFLICT);
	/* what is open takes from the peer's room, and from no other's */
	CU_ASSERT_EQUAL(qiao_inbox_room(txn, &room, "gw.nanjing"), QIAO_OK);
	CU_ASSERT_EQUAL(room, QIAO_INBOX_OPEN_MAX - 1);
	CU_ASSERT_EQUAL(qiao_inbox_room(txn, &room, "gw.suzhou"), QIAO_OK);
	CU_ASSERT_EQUAL(room, QIAO_INBOX_OPEN_MAX);
	CU_ASSERT_EQUAL(qiao_store_in_get(txn, &t, &a.item.transfer), QIAO_OK);
	CU_ASSERT_EQUAL(t.state, QIAO_IN_RECEIVED);
	CU_ASSERT_TRUE(qiao_slice_is(t.payload, "one"));
	CU_ASSERT_STRING_EQUAL(t.peer, "gw.nanjing");
	CU_ASSERT_TRUE(t.audit.n > 0);
	CU_ASSERT_EQUAL(t.receipt_due, 0);
	/* denied: a receipt is owed until it is answered, the state stays */
	snprintf(t.reason, sizeof(t.reason), "%s", "R_NO_RULE");
	CU_ASSERT_EQUAL(qiao_inbox_move(txn, &t, QIAO_IN_ACCEPTED,
					QIAO_IN_EV_DENY, NOW),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_inbox_move(txn, &t, QIAO_IN_RECEIVED,
					QIAO_IN_EV_DENY, NOW + 1),
			QIAO_OK);
	CU_ASSERT_EQUAL(t.receipt_due, NOW + 1);
	CU_ASSERT_EQUAL(qiao_inbox_move(txn, &t, QIAO_IN_DENIED,
					QIAO_IN_EV_ANSWER, NOW + 2),
			QIAO_OK);
	CU_ASSERT_EQUAL(t.state, QIAO_IN_DENIED);
	CU_ASSERT_EQUAL(t.receipt_due, 0);
	CU_ASSERT_EQUAL(qiao_inbox_room(txn, &room, "gw.nanjing"), QIAO_OK);
	CU_ASSERT_EQUAL(room, QIAO_INBOX_OPEN_MAX); /* it has come to an end */
	qiao_in_row_free(&t);
	sample_free(&a);
	sample_free(&b);
	return QIAO_OK;
}

static void an_id_with_another_payload_is_a_conflict(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, try_inbox, NULL), QIAO_OK);
	fixture_close(&f);
}

/* A row of the outbox in a state, and a receipt about it. */
static enum qiao_receipt_result match(struct qiao_txn *txn, int state,
				      enum qiao_receipt_state receipt,
				      bool *known)
{
	static unsigned int n = 1000;
	struct world w = { .network = hash_of(77) };
	struct qiao_out_row t = { .route = "r", .peer = "gw.province" };
	struct qiao_item_receipt r = { .state = receipt,
				       .destination = hash_of(2) };
	enum qiao_receipt_result result;
	struct sample s;

	sample_make(&s, &w, n++, "payload");
	t.id = s.item.transfer;
	t.digest = s.item.digest;
	t.state = state;
	t.id_array = s.item.id_array;
	t.payload = s.item.payload;
	CU_ASSERT_EQUAL(qiao_store_out_put(txn, &t), QIAO_OK);
	r.transfer = t.id;
	r.digest = t.digest;
	CU_ASSERT_EQUAL(
		qiao_receipt_match(txn, &result, known, &t, &r, "gw.province"),
		QIAO_OK);
	qiao_out_row_free(&t);
	sample_free(&s);
	return result;
}

static qiao_err try_matches(struct qiao_txn *txn, void *arg)
{
	/* by state of the row: may be taken T, was taken K, contradicts - */
	static const char *const want[7] = {
		NULL,           "-TTTKK------", /* committed */
		"--TT----K---",                 /* denied */
		"--TT----K---",                 /* held */
		"--TT------K-",                 /* expired */
		"-TTT-----K--",                 /* superseded */
		"--TT-------K",                 /* conflict */
	};
	bool known;

	(void)arg;
	for (int r = 1; r <= 6; r++) {
		for (int s = 1; s < QIAO_OUT_STATES; s++) {
			enum qiao_receipt_result result = match(
				txn, s, (enum qiao_receipt_state)r, &known);
			char got = result != QIAO_RECEIPT_TAKEN ? '-'
				   : known                      ? 'K'
								: 'T';

			CU_ASSERT_EQUAL(got, want[r][s]);
		}
	}
	return QIAO_OK;
}

static void every_receipt_against_every_state(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, try_matches, NULL), QIAO_OK);
	fixture_close(&f);
}

static qiao_err try_foreign(struct qiao_txn *txn, void *arg)
{
	struct world w = { .network = hash_of(77) };
	struct qiao_out_row t = { .route = "r", .peer = "gw.province" }, got;
	struct qiao_item_receipt r = { .state = QIAO_RECEIPT_DENIED,
				       .destination = hash_of(2) };
	enum qiao_receipt_result result;
	struct sample s;
	bool fresh, known;

	(void)arg;
	sample_make(&s, &w, 1, "payload");
	t.id_array = s.item.id_array;
	t.payload = s.item.payload;
	CU_ASSERT_EQUAL(
		qiao_outbox_put(txn, &t, &fresh, QIAO_OUT_EV_QUEUE, NOW),
		QIAO_OK);
	r.transfer = hash_of(5);
	r.digest = t.digest;
	CU_ASSERT_EQUAL(qiao_receipt_match(txn, &result, &known, &got, &r,
					   "gw.province"),
			QIAO_OK);
	CU_ASSERT_EQUAL(result, QIAO_RECEIPT_UNKNOWN);
	r.transfer = t.id;
	CU_ASSERT_EQUAL(
		qiao_receipt_match(txn, &result, &known, &got, &r, "gw.suzhou"),
		QIAO_OK);
	CU_ASSERT_EQUAL(result, QIAO_RECEIPT_UNKNOWN);
	r.digest = hash_of(6);
	CU_ASSERT_EQUAL(qiao_receipt_match(txn, &result, &known, &got, &r,
					   "gw.province"),
			QIAO_OK);
	CU_ASSERT_EQUAL(result, QIAO_RECEIPT_CONTRADICTS);
	qiao_out_row_free(&got);
	r.digest = t.digest;
	r.destination = hash_of(3);
	CU_ASSERT_EQUAL(qiao_receipt_match(txn, &result, &known, &got, &r,
					   "gw.province"),
			QIAO_OK);
	CU_ASSERT_EQUAL(result, QIAO_RECEIPT_CONTRADICTS);
	qiao_out_row_free(&got);
	sample_free(&s);
	return QIAO_OK;
}

static void a_receipt_for_something_else_is_not_taken(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, try_foreign, NULL), QIAO_OK);
	fixture_close(&f);
}

static const struct test_case cases[] = {
	{ "lost, doubled and reordered messages deliver once",
	  lost_doubled_and_reordered_messages_deliver_once },
	{ "an id with another payload is a conflict",
	  an_id_with_another_payload_is_a_conflict },
	{ "every receipt against every state",
	  every_receipt_against_every_state },
	{ "a receipt for something else is not taken",
	  a_receipt_for_something_else_is_not_taken },
	{ .name = NULL },
};

const struct test_suite exchange_test_suite = { "relay/exchange", cases };
