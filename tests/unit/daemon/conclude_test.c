/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/deliver_world.h"

struct block {
	struct world *w;
	struct qiao_concluded x;
	struct qiao_statement s[8];
	size_t n;
};

static qiao_err take_block(struct qiao_txn *txn, void *arg)
{
	struct block *b = arg;
	struct qiao_statements said = { .n = b->n, .s = b->s };

	return qiao_conclude_block(&b->x, &b->w->chains[1], txn, &said,
				   qiao_slice_str("block"));
}

static qiao_err follow(struct block *b)
{
	return qiao_store_write(b->w->f.store, take_block, b);
}

static void a_delivery_seen_in_a_block_is_committed(void)
{
	struct world w;
	struct block b = { .w = &w, .n = 2 };
	struct world_look l;

	world_open(&w);
	world_rows(&w, 0, 3, QIAO_IN_SUBMITTING);
	b.s[0] = world_delivery(&w, 0);
	b.s[1] = world_delivery(&w, 2);
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	l = world_look(&w, 0);
	CU_ASSERT_EQUAL(l.row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_EQUAL(l.row.receipt_height, 7);
	CU_ASSERT_EQUAL(l.row.receipt.n, 6); /* narrowed: block and index */
	CU_ASSERT_NOT_EQUAL(l.row.receipt_due, 0);
	CU_ASSERT_EQUAL(l.entries, 2);
	CU_ASSERT_EQUAL(world_look(&w, 1).row.state, QIAO_IN_SUBMITTING);
	CU_ASSERT_EQUAL(world_look(&w, 2).row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_TRUE(b.x.ended[0]);
	CU_ASSERT_FALSE(b.x.frozen[0]);
	qiao_concluded_act(&b.x, &w.d);
	CU_ASSERT_TRUE(w.link.bell.rung);
	/* the same block once more changes nothing */
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	CU_ASSERT_EQUAL(world_look(&w, 0).entries, 2);
	world_close(&w);
}

static void the_proof_of_a_whole_block_is_kept_once(void)
{
	struct world w;
	struct block b = { .w = &w, .n = 2 };
	struct world_look l;
	struct qiao_hash ref;

	world_open(&w);
	w.api.proof_is_block = true;
	world_rows(&w, 0, 2, QIAO_IN_SUBMITTING);
	b.s[0] = world_delivery(&w, 0);
	b.s[1] = world_delivery(&w, 1);
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	l = world_look(&w, 0);
	CU_ASSERT_EQUAL(l.row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_EQUAL(l.row.receipt.n, 0);
	CU_ASSERT_FALSE(qiao_hash_is_zero(&l.row.receipt_ref));
	ref = l.row.receipt_ref;
	l = world_look(&w, 1);
	CU_ASSERT_TRUE(qiao_hash_eq(&l.row.receipt_ref, &ref));
	world_close(&w);
}

static void another_delivery_under_the_id_is_a_conflict(void)
{
	static const struct {
		const char *what;
		bool digest, source, account;
	} rows[] = {
		{ "another payload", true, false, false },
		{ "another source", false, true, false },
		{ "another account", false, false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;
		struct block b = { .w = &w, .n = 1 };
		struct world_look l;

		world_open(&w);
		world_rows(&w, 0, 1, QIAO_IN_SUBMITTING);
		b.s[0] = world_delivery(&w, 0);
		b.s[0].digest.b[0] ^= rows[i].digest;
		b.s[0].source.b[0] ^= rows[i].source;
		b.s[0].submitter.b[0] ^= rows[i].account;
		CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
		l = world_look(&w, 0);
		CU_ASSERT_EQUAL(l.row.state, QIAO_IN_CONFLICT);
		CU_ASSERT_NOT_EQUAL(l.row.receipt.n, 0); /* the proof is kept */
		CU_ASSERT_TRUE(l.frozen); /* with the row, in the store */
		CU_ASSERT_EQUAL(l.entries, 2);
		CU_ASSERT_FALSE(w.route.frozen);
		qiao_concluded_act(&b.x, &w.d);
		CU_ASSERT_TRUE(w.route.frozen);
		world_close(&w);
	}
}

static void any_account_will_do_where_the_route_names_none(void)
{
	struct world w;
	struct block b = { .w = &w, .n = 1 };

	world_open(&w);
	w.route_cfg.has_submitter = false;
	world_rows(&w, 0, 1, QIAO_IN_SUBMITTING);
	b.s[0] = world_delivery(&w, 0);
	b.s[0].submitter.b[3] ^= 1;
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	CU_ASSERT_EQUAL(world_look(&w, 0).row.state, QIAO_IN_COMMITTED);
	world_close(&w);
}

static void what_is_no_delivery_of_ours_is_left_alone(void)
{
	struct world w;
	struct block b = { .w = &w, .n = 4 };

	world_open(&w);
	world_rows(&w, 0, 1, QIAO_IN_SUBMITTING);
	world_rows(&w, 1, 1, QIAO_IN_RECEIVED); /* not submitted by us yet */
	b.s[0] = world_delivery(&w, 0);
	b.s[0].doubted = true;
	b.s[1] = world_delivery(&w, 0);
	b.s[1].kind = QIAO_PROVEN_USAGE;
	b.s[2] = world_delivery(&w, 1);
	b.s[3] = world_delivery(&w, 99); /* somebody else's */
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	CU_ASSERT_EQUAL(world_look(&w, 0).row.state, QIAO_IN_SUBMITTING);
	CU_ASSERT_EQUAL(world_look(&w, 1).row.state, QIAO_IN_RECEIVED);
	/* on another chain of ours the id means nothing */
	w.chains[1].identity = hash_of(50);
	b.n = 1;
	b.s[0] = world_delivery(&w, 0);
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	CU_ASSERT_EQUAL(world_look(&w, 0).row.state, QIAO_IN_SUBMITTING);
	world_close(&w);
}

static void one_row_that_fails_does_not_stop_the_others(void)
{
	struct world w;
	struct block b = { .w = &w, .n = 3 };

	world_open(&w);
	world_rows(&w, 0, 3, QIAO_IN_SUBMITTING);
	for (unsigned int i = 0; i < 3; i++)
		b.s[i] = world_delivery(&w, i);
	/* together: nothing of it is written, so that it can be done again */
	world_lc.narrow_fails = 2;
	CU_ASSERT_EQUAL(follow(&b), QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(world_look(&w, 0).row.state, QIAO_IN_SUBMITTING);
	CU_ASSERT_EQUAL(world_look(&w, 0).entries, 0);
	/* apart: the deliverer will ask for the one that failed */
	b.x = (struct qiao_concluded){ .apart = true };
	world_lc.narrow_fails = 2;
	CU_ASSERT_EQUAL(follow(&b), QIAO_OK);
	CU_ASSERT_EQUAL(world_look(&w, 0).row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_EQUAL(world_look(&w, 1).row.state, QIAO_IN_SUBMITTING);
	CU_ASSERT_EQUAL(world_look(&w, 2).row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_EQUAL(world_look(&w, 2).entries, 2);
	world_close(&w);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a delivery seen in a block is committed", a_delivery_seen_in_a_block_is_committed },
	{ "the proof of a whole block is kept once", the_proof_of_a_whole_block_is_kept_once },
	{ "another delivery under the id is a conflict", another_delivery_under_the_id_is_a_conflict },
	{ "any account will do where the route names none", any_account_will_do_where_the_route_names_none },
	{ "what is no delivery of ours is left alone", what_is_no_delivery_of_ours_is_left_alone },
	{ "one row that fails does not stop the others", one_row_that_fails_does_not_stop_the_others },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite conclude_test_suite = { "daemon/conclude", cases };
