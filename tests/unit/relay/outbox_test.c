/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/outbox.h"

#include "gateway/store/proof.h"
#include "relay/retry.h"
#include "tests/unit/relay/world.h"

/* Each test is one store transaction; what fails is rolled back with it. */
static void in_txn(qiao_txn_fn fn)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, fn, NULL), QIAO_OK);
	fixture_close(&f);
}

struct row {
	struct qiao_out_row t;
	struct qiao_buf id_array;
	bool fresh;
};

/* Transfer n of a record on a route. */
static qiao_err put(struct qiao_txn *txn, struct row *r, unsigned int n,
		    const char *route, const char *payload,
		    enum qiao_out_event ev)
{
	struct qiao_transfer_key id = {
		.network = hash_of(77),
		.from = { .chain = hash_of(1), .height = n },
		.to = hash_of(2),
		.to_org = "province.data",
		.action = "forward",
		.purpose = "licence-index",
	};

	memset(r, 0, sizeof(*r));
	qiao_transfer_key_encode(&r->id_array, &id);
	r->t.id_array = qiao_buf_slice(&r->id_array);
	r->t.payload = qiao_slice_str(payload);
	r->t.record = n;
	r->t.version = 1;
	snprintf(r->t.route, sizeof(r->t.route), "%s", route);
	snprintf(r->t.peer, sizeof(r->t.peer), "gw.province");
	return qiao_outbox_put(txn, &r->t, &r->fresh, ev, NOW + n);
}

static struct qiao_hash put_ok(struct qiao_txn *txn, unsigned int n)
{
	struct row r;

	CU_ASSERT_EQUAL(put(txn, &r, n, "r", "payload", QIAO_OUT_EV_QUEUE),
			QIAO_OK);
	CU_ASSERT_TRUE(r.fresh);
	qiao_buf_free(&r.id_array);
	return r.t.id;
}

static int state_of(struct qiao_txn *txn, const struct qiao_hash *id)
{
	struct qiao_out_row t;
	int state;

	if (qiao_store_out_get(txn, &t, id) != QIAO_OK)
		return -1;
	state = t.state;
	qiao_out_row_free(&t);
	return state;
}

static qiao_err try_put(struct qiao_txn *txn, void *arg)
{
	struct row a, b, c, d;

	(void)arg;
	CU_ASSERT_EQUAL(put(txn, &a, 1, "r", "one", QIAO_OUT_EV_QUEUE),
			QIAO_OK);
	CU_ASSERT_TRUE(a.fresh);
	CU_ASSERT_EQUAL(put(txn, &b, 1, "r", "one", QIAO_OUT_EV_QUEUE),
			QIAO_OK);
	CU_ASSERT_FALSE(b.fresh);
	CU_ASSERT_EQUAL(put(txn, &c, 1, "r", "two", QIAO_OUT_EV_QUEUE),
			QIAO_E_CONFLICT);
	CU_ASSERT_FALSE(c.fresh);
	CU_ASSERT_EQUAL(state_of(txn, &a.t.id), QIAO_OUT_QUEUED);
	/* a denied one is not reopened by a new decision */
	CU_ASSERT_EQUAL(put(txn, &d, 2, "r", "", QIAO_OUT_EV_DENY), QIAO_OK);
	CU_ASSERT_TRUE(d.fresh);
	qiao_buf_free(&d.id_array);
	CU_ASSERT_EQUAL(put(txn, &d, 2, "r", "now", QIAO_OUT_EV_QUEUE),
			QIAO_OK);
	CU_ASSERT_FALSE(d.fresh);
	CU_ASSERT_EQUAL(state_of(txn, &d.t.id), QIAO_OUT_DENIED);
	qiao_buf_free(&a.id_array);
	qiao_buf_free(&b.id_array);
	qiao_buf_free(&c.id_array);
	qiao_buf_free(&d.id_array);
	CU_ASSERT_EQUAL(put(txn, &a, 3, "r", "", QIAO_OUT_EV_QUEUE),
			QIAO_E_USAGE);
	qiao_buf_free(&a.id_array);
	CU_ASSERT_EQUAL(put(txn, &a, 3, "r", "x", QIAO_OUT_EV_COMMIT),
			QIAO_E_STATE);
	qiao_buf_free(&a.id_array);
	return QIAO_OK;
}

static void putting_is_idempotent_and_a_conflict_is_seen(void)
{
	in_txn(try_put);
}

static struct qiao_outbox_limits limits_of(unsigned int in_flight, size_t n)
{
	return (struct qiao_outbox_limits){ .in_flight = in_flight,
					    .max_n = n,
					    .max_bytes = 1 << 20,
					    .lease_ms = 1000 };
}

static size_t take_n(struct qiao_txn *txn,
		     const struct qiao_outbox_limits *limits, int64_t now)
{
	struct qiao_outbox_batch b;
	size_t n;

	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &b, "r", limits, now, 0),
			QIAO_OK);
	n = b.n;
	for (size_t i = 0; i < b.n; i++)
		CU_ASSERT_EQUAL(b.rows[i].state, QIAO_OUT_SENT);
	qiao_outbox_batch_free(&b);
	return n;
}

static qiao_err try_in_flight(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(10, 4);

	(void)arg;
	for (unsigned int n = 0; n < 30; n++)
		put_ok(txn, n);
	/* one of ten is kept for state changes */
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 4);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 4);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 0);
	/* nothing was heard: the same nine again, and no tenth */
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 60000), 4);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 60000), 4);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 60000), 1);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 60000), 0);
	limits.max_n = 0;
	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &(struct qiao_outbox_batch){ 0 },
					 "r", &limits, NOW, 0),
			QIAO_E_USAGE);
	return QIAO_OK;
}

static void never_more_than_the_limit_are_in_flight(void)
{
	in_txn(try_in_flight);
}

static qiao_err put_state_change(struct qiao_txn *txn, unsigned int n)
{
	struct qiao_transfer_key id = { .network = hash_of(77),
					.from = { .chain = hash_of(1),
						  .height = n },
					.to = hash_of(2),
					.to_org = "o",
					.action = "forward",
					.purpose = "p" };
	struct qiao_buf array = QIAO_BUF;
	struct qiao_out_row t = { .priority = true, .route = "r" };
	bool fresh;
	qiao_err err;

	qiao_transfer_key_encode(&array, &id);
	t.id_array = qiao_buf_slice(&array);
	t.payload = qiao_slice_str("revoked");
	err = qiao_outbox_put(txn, &t, &fresh, QIAO_OUT_EV_QUEUE, NOW);
	qiao_buf_free(&array);
	return err;
}

static qiao_err try_priority(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(4, 4);
	struct qiao_outbox_batch b;

	(void)arg;
	for (unsigned int n = 0; n < 6; n++)
		put_ok(txn, n);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 3); /* full but for one */
	CU_ASSERT_EQUAL(put_state_change(txn, 50), QIAO_OK);
	CU_ASSERT_EQUAL(put_state_change(txn, 51), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &b, "r", &limits, NOW, 0),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(b.n, 1);
	CU_ASSERT_TRUE(b.rows[0].priority);
	qiao_outbox_batch_free(&b);
	/* with room again the other state change comes before older records */
	limits.in_flight = 100;
	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &b, "r", &limits, NOW, 0),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(b.n, 4);
	CU_ASSERT_TRUE(b.rows[0].priority);
	CU_ASSERT_FALSE(b.rows[1].priority);
	CU_ASSERT_TRUE(b.rows[1].seq < b.rows[2].seq);
	qiao_outbox_batch_free(&b);
	return QIAO_OK;
}

static void state_changes_come_first_and_find_room(void)
{
	in_txn(try_priority);
}

static qiao_err try_frozen(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(100, 10);

	(void)arg;
	put_ok(txn, 1);
	CU_ASSERT_EQUAL(put_state_change(txn, 2), QIAO_OK);
	limits.frozen = true;
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 0);
	limits.frozen = false;
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1);
	return QIAO_OK;
}

static void on_a_frozen_route_only_state_changes_travel(void)
{
	in_txn(try_frozen);
}

static qiao_err try_bytes(struct qiao_txn *txn, void *arg)
{
	static char big[30000];
	struct qiao_outbox_limits limits = limits_of(100, 10);
	struct row r;

	(void)arg;
	memset(big, 'x', sizeof(big) - 1);
	for (unsigned int n = 0; n < 4; n++) {
		CU_ASSERT_EQUAL(put(txn, &r, n, "r", big, QIAO_OUT_EV_QUEUE),
				QIAO_OK);
		qiao_buf_free(&r.id_array);
	}
	limits.max_bytes = 70000; /* two and their surroundings */
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 2);
	limits.max_bytes = 10; /* one always travels */
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1);
	return QIAO_OK;
}

static void a_batch_keeps_its_size(void)
{
	in_txn(try_bytes);
}

static qiao_err try_shared_proof(struct qiao_txn *txn, void *arg)
{
	static uint8_t bytes[50000];
	struct qiao_outbox_limits limits = limits_of(100, 10);
	struct qiao_hash ref = hash_of(40), found;
	struct qiao_outbox_batch b;
	size_t n;

	(void)arg;
	CU_ASSERT_EQUAL(
		qiao_store_proof_put(txn, &ref, 1, 9,
				     qiao_slice_of(bytes, sizeof(bytes))),
		QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_proof_find(txn, &found, 1, 9), QIAO_OK);
	for (unsigned int i = 0; i < 3; i++) {
		struct qiao_hash id = put_ok(txn, i);
		struct qiao_out_row t;

		CU_ASSERT_EQUAL(qiao_store_out_get(txn, &t, &id), QIAO_OK);
		t.proof_ref = ref;
		CU_ASSERT_EQUAL(qiao_store_out_update(txn, &t, QIAO_OUT_QUEUED),
				QIAO_OK);
		qiao_out_row_free(&t);
	}
	/* the proof counts once */
	limits.max_bytes = 65000;
	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &b, "r", &limits, NOW, 0),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(b.n, 3);
	CU_ASSERT_EQUAL(qiao_store_proof_sweep(txn, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 0);
	for (size_t i = 0; i < b.n; i++)
		CU_ASSERT_EQUAL(qiao_outbox_move(txn, &b.rows[i], QIAO_OUT_SENT,
						 QIAO_OUT_EV_TAKEN, NOW),
				QIAO_OK);
	qiao_outbox_batch_free(&b);
	CU_ASSERT_EQUAL(qiao_store_proof_sweep(txn, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(qiao_store_proof_size(txn, &n, &ref), QIAO_E_NOTFOUND);
	return QIAO_OK;
}

static void a_shared_proof_lives_until_the_peer_has_it(void)
{
	in_txn(try_shared_proof);
}

static void reply(struct qiao_txn *txn, const struct qiao_hash *id,
		  enum qiao_transfer_result result, const char *code,
		  bool want_moved, int want_state)
{
	struct qiao_item_transfer_reply r = { *id, result,
					      qiao_slice_str(code) };
	struct qiao_out_row t;
	bool moved;

	CU_ASSERT_EQUAL(qiao_outbox_replied(txn, &t, &moved, &r, NOW, 7),
			QIAO_OK);
	CU_ASSERT_EQUAL(moved, want_moved);
	CU_ASSERT_EQUAL(t.state, want_state);
	CU_ASSERT_EQUAL(state_of(txn, id), want_state);
	if (want_moved && result == QIAO_TRANSFER_REFUSED)
		CU_ASSERT_STRING_EQUAL(t.reason, code);
	qiao_out_row_free(&t);
}

static qiao_err try_replies(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(100, 10);
	struct qiao_hash id[4], none = hash_of(9);
	struct qiao_item_transfer_reply r = { none,
					      QIAO_TRANSFER_TAKEN,
					      { NULL, 0 } };
	struct qiao_out_row t;

	(void)arg;
	for (unsigned int n = 0; n < 4; n++)
		id[n] = put_ok(txn, n);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 4);
	reply(txn, &id[0], QIAO_TRANSFER_TAKEN, "", true, QIAO_OUT_AT_PEER);
	reply(txn, &id[0], QIAO_TRANSFER_TAKEN, "", false, QIAO_OUT_AT_PEER);
	reply(txn, &id[0], QIAO_TRANSFER_NOT_NOW, "", false, QIAO_OUT_AT_PEER);
	reply(txn, &id[1], QIAO_TRANSFER_REFUSED, "R_REPLAY", true,
	      QIAO_OUT_REFUSED);
	reply(txn, &id[1], QIAO_TRANSFER_TAKEN, "", false, QIAO_OUT_REFUSED);
	reply(txn, &id[2], QIAO_TRANSFER_CONFLICT, "", true, QIAO_OUT_CONFLICT);
	reply(txn, &id[3], QIAO_TRANSFER_NOT_NOW, "", false, QIAO_OUT_SENT);
	CU_ASSERT_EQUAL(qiao_outbox_replied(txn, &t, NULL, &r, NOW, 0),
			QIAO_E_NOTFOUND);
	/* not now: by back-off, so not at once but soon */
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 0);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + QIAO_RETRY_MIN_MS), 1);
	return QIAO_OK;
}

static void replies_move_a_row_once(void)
{
	in_txn(try_replies);
}

static qiao_err try_postpone(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(100, 10);
	struct qiao_outbox_batch b;
	struct qiao_hash taken;

	(void)arg;
	put_ok(txn, 1);
	put_ok(txn, 2);
	CU_ASSERT_EQUAL(qiao_outbox_take(txn, &b, "r", &limits, NOW, 0),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(b.n, 2);
	taken = b.rows[1].id;
	reply(txn, &taken, QIAO_TRANSFER_TAKEN, "", true, QIAO_OUT_AT_PEER);
	CU_ASSERT_EQUAL(qiao_outbox_postpone(txn, &b, NOW + 10), QIAO_OK);
	qiao_outbox_batch_free(&b);
	CU_ASSERT_EQUAL(state_of(txn, &taken), QIAO_OUT_AT_PEER);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 9), 0);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 10), 1);
	return QIAO_OK;
}

static void a_lost_message_is_tried_again_when_told(void)
{
	in_txn(try_postpone);
}

static qiao_err put_version(struct qiao_txn *txn, struct qiao_hash *id,
			    unsigned int n, uint64_t version)
{
	struct qiao_transfer_key t = { .network = hash_of(77),
				       .from = { .chain = hash_of(1),
						 .height = n },
				       .to = hash_of(2),
				       .to_org = "o",
				       .action = "forward",
				       .purpose = "p" };
	struct qiao_buf array = QIAO_BUF;
	struct qiao_out_row row = { .record = 5,
				    .version = version,
				    .route = "r" };
	bool fresh;
	qiao_err err;

	qiao_transfer_key_encode(&array, &t);
	row.id_array = qiao_buf_slice(&array);
	row.payload = qiao_slice_str("payload");
	err = qiao_outbox_put(txn, &row, &fresh, QIAO_OUT_EV_QUEUE, NOW);
	*id = row.id;
	qiao_buf_free(&array);
	return err;
}

static qiao_err try_supersede(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(2, 1);
	struct qiao_outbox_superseded old;
	struct qiao_outbox_known known;
	struct qiao_hash id[3];
	struct qiao_out_row t;

	(void)arg;
	for (unsigned int n = 0; n < 2; n++)
		CU_ASSERT_EQUAL(put_version(txn, &id[n], n, n + 1), QIAO_OK);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW), 1); /* version 1 leaves */
	CU_ASSERT_EQUAL(put_version(txn, &id[2], 2, 3), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_outbox_known(txn, &known, 5, "r"), QIAO_OK);
	CU_ASSERT_TRUE(known.queued && known.on_the_way);
	CU_ASSERT_FALSE(known.delivered || known.refused);
	CU_ASSERT_EQUAL(known.version, 3);
	CU_ASSERT_EQUAL(
		qiao_outbox_supersede(txn, &old, 5, "r", 3, &id[2], NOW),
		QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(old.n, 1);
	CU_ASSERT_TRUE(qiao_hash_eq(&old.ids[0], &id[1]));
	CU_ASSERT_EQUAL(state_of(txn, &id[0]), QIAO_OUT_SENT);
	CU_ASSERT_EQUAL(state_of(txn, &id[1]), QIAO_OUT_SUPERSEDED);
	CU_ASSERT_EQUAL(state_of(txn, &id[2]), QIAO_OUT_QUEUED);
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &t, &id[1]), QIAO_OK);
	CU_ASSERT_TRUE(qiao_hash_eq(&t.by, &id[2]));
	qiao_out_row_free(&t);
	CU_ASSERT_EQUAL(
		qiao_outbox_supersede(txn, &old, 5, "other", 9, &id[2], NOW),
		QIAO_OK);
	CU_ASSERT_EQUAL(old.n, 0);
	return QIAO_OK;
}

static void only_what_still_waits_is_superseded(void)
{
	in_txn(try_supersede);
}

static qiao_err try_move(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash id = put_ok(txn, 1);
	struct qiao_out_row a, b;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &a, &id), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &b, &id), QIAO_OK);
	/* not the state that was named, or no such event here */
	CU_ASSERT_EQUAL(qiao_outbox_move(txn, &a, QIAO_OUT_SENT,
					 QIAO_OUT_EV_TAKEN, NOW),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_outbox_move(txn, &a, QIAO_OUT_QUEUED,
					 QIAO_OUT_EV_CLOSE, NOW),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(a.state, QIAO_OUT_QUEUED);
	CU_ASSERT_EQUAL(qiao_outbox_move(txn, &a, QIAO_OUT_QUEUED,
					 QIAO_OUT_EV_SEND, NOW + 5),
			QIAO_OK);
	CU_ASSERT_EQUAL(a.changed_at, NOW + 5);
	/* b was read before: the stored state is another now */
	CU_ASSERT_EQUAL(qiao_outbox_move(txn, &b, QIAO_OUT_QUEUED,
					 QIAO_OUT_EV_SEND, NOW),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(b.state, QIAO_OUT_QUEUED);
	qiao_out_row_free(&a);
	qiao_out_row_free(&b);
	return QIAO_OK;
}

static void a_move_names_the_state_it_expects(void)
{
	in_txn(try_move);
}

static qiao_err count(void *ctx, const void *row)
{
	(void)row;
	++*(unsigned int *)ctx;
	return QIAO_OK;
}

static qiao_err try_overdue(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(100, 10);
	unsigned int n = 0;

	(void)arg;
	put_ok(txn, 1);
	put_ok(txn, 2);
	CU_ASSERT_EQUAL(take_n(txn, &limits, NOW + 10), 2);
	CU_ASSERT_EQUAL(qiao_outbox_overdue(txn, NOW + 10, 10, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(qiao_outbox_overdue(txn, NOW + 11, 10, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	return QIAO_OK;
}

static void silence_is_shown_as_overdue_and_never_ends_a_transfer(void)
{
	in_txn(try_overdue);
}

static void back_off_doubles_jitters_and_stops_growing(void)
{
	int64_t full = QIAO_RETRY_MIN_MS;

	for (unsigned int tries = 1; tries < 40; tries++) {
		int64_t least = qiao_retry_delay_ms(tries, 0);
		int64_t most = least;

		for (uint32_t random = 0; random < 70000; random += 7) {
			int64_t d = qiao_retry_delay_ms(tries, random);

			least = d < least ? d : least;
			most = d > most ? d : most;
		}
		CU_ASSERT_EQUAL(least, full / 2);
		CU_ASSERT_TRUE(most <= full && most > full * 9 / 10);
		full = full * 2 > QIAO_RETRY_MAX_MS ? QIAO_RETRY_MAX_MS
						    : full * 2;
	}
	CU_ASSERT_EQUAL(qiao_retry_delay_ms(0, 0), qiao_retry_delay_ms(1, 0));
	CU_ASSERT_TRUE(qiao_retry_delay_ms(UINT32_MAX, UINT32_MAX) <=
		       QIAO_RETRY_MAX_MS);
}

static qiao_err put_and_take(struct qiao_txn *txn, void *arg)
{
	struct qiao_outbox_limits limits = limits_of(100, 10);
	struct qiao_outbox_batch *b = arg;
	struct row r;
	qiao_err err = put(txn, &r, 1, "r", "payload", QIAO_OUT_EV_QUEUE);

	qiao_buf_free(&r.id_array);
	if (err != QIAO_OK)
		return err;
	return qiao_outbox_take(txn, b, "r", &limits, NOW, 0);
}

static void the_nth_allocation_fails_and_leaves_nothing(void)
{
	struct qiao_outbox_batch b = { NULL, 0 };
	struct fixture f;
	qiao_err err = QIAO_E_NOMEM;
	long n;

	fixture_open(&f);
	for (n = 0; err != QIAO_OK && n < 60; n++) {
		qiao_fault_alloc_after = n;
		err = qiao_store_write(f.store, put_and_take, &b);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(err == QIAO_OK || b.rows == NULL);
		if (err == QIAO_E_USAGE)
			err = QIAO_E_NOMEM; /* the id was not made */
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	CU_ASSERT_EQUAL(b.n, 1);
	CU_ASSERT_TRUE(n > 3);
	qiao_outbox_batch_free(&b);
	fixture_close(&f);
}

static const struct test_case cases[] = {
	{ "putting is idempotent and a conflict is seen",
	  putting_is_idempotent_and_a_conflict_is_seen },
	{ "never more than the limit are in flight",
	  never_more_than_the_limit_are_in_flight },
	{ "state changes come first and find room",
	  state_changes_come_first_and_find_room },
	{ "on a frozen route only state changes travel",
	  on_a_frozen_route_only_state_changes_travel },
	{ "a batch keeps its size", a_batch_keeps_its_size },
	{ "a shared proof lives until the peer has it",
	  a_shared_proof_lives_until_the_peer_has_it },
	{ "replies move a row once", replies_move_a_row_once },
	{ "a lost message is tried again when told",
	  a_lost_message_is_tried_again_when_told },
	{ "only what still waits is superseded",
	  only_what_still_waits_is_superseded },
	{ "a move names the state it expects",
	  a_move_names_the_state_it_expects },
	{ "silence is shown as overdue and never ends a transfer",
	  silence_is_shown_as_overdue_and_never_ends_a_transfer },
	{ "back-off doubles, jitters and stops growing",
	  back_off_doubles_jitters_and_stops_growing },
	{ "the n-th allocation fails and leaves nothing",
	  the_nth_allocation_fails_and_leaves_nothing },
	{ .name = NULL },
};

const struct test_suite outbox_test_suite = { "relay/outbox", cases };
