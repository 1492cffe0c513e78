/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/receipts.h"

#include "gateway/base/slice.h"
#include "gateway/store/proof.h"
#include "gateway/wire/transfer_id.h"
#include "relay/outbox.h"
#include "tests/unit/daemon/deliver_world.h"

#define ROWS 4

/* Transfers that lie at the peer, and what the destination chain shows. */
static struct {
	struct qiao_hash id[ROWS], digest[ROWS];
	bool other_account[ROWS];
	qiao_err err[ROWS];
	unsigned int proofs; /* how many were checked */
} sent;

struct bench {
	struct world w;
	struct qiao_buf item[2 * ROWS]; /* a proof, its receipt, and so on */
	struct qiao_message *m;
	struct qiao_item_receipt_reply reply[2 * ROWS];
	size_t n;
};

static qiao_err show(size_t i, struct qiao_proven_sink sink,
		     struct qiao_why *why)
{
	struct qiao_id16 account = WORLD_ACCOUNT;
	struct qiao_proven p = { .kind = QIAO_PROVEN_DELIVERED,
				 .height = 7,
				 .id = sent.id[i],
				 .digest = sent.digest[i],
				 .source = hash_of(10) };

	account.b[0] ^= sent.other_account[i];
	p.issuer_key = qiao_slice_of(account.b, sizeof(account.b));
	if (sent.err[i] != QIAO_OK)
		return qiao_fail(why, sent.err[i], "so the test wants it");
	return sink.item(sink.ctx, &p);
}

/* One byte: the delivery that is shown; more: all of them. */
static qiao_err fake_prove(struct qiao_lightclient *lc, struct qiao_slice proof,
			   struct qiao_proven_sink sink,
			   const struct qiao_view *view, struct qiao_why *why)
{
	qiao_err err = QIAO_OK;

	(void)lc;
	(void)view;
	sent.proofs++;
	if (proof.n == 1)
		return show(proof.p[0], sink, why);
	for (size_t i = 0; i < ROWS && err == QIAO_OK; i++)
		err = show(i, sink, why);
	return err;
}

static qiao_err put_sent(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < ROWS && err == QIAO_OK; i++) {
		struct qiao_transfer_key k = {
			.network = hash_of(77),
			.from = { .chain = hash_of(10), .height = i },
			.to = b->w.chains[1].identity,
			.to_org = "o",
			.action = "forward",
			.purpose = "p",
		};
		struct qiao_out_row row = { .payload = qiao_slice_str("p") };
		struct qiao_buf id = QIAO_BUF;
		bool fresh;

		qiao_transfer_key_encode(&id, &k);
		row.id_array = qiao_buf_slice(&id);
		snprintf(row.route, sizeof(row.route), "src-dst");
		snprintf(row.peer, sizeof(row.peer), "src-gw");
		err = qiao_outbox_put(txn, &row, &fresh, QIAO_OUT_EV_QUEUE, 1);
		sent.id[i] = row.id;
		sent.digest[i] = row.digest;
		if (err == QIAO_OK)
			err = qiao_store_out_get(txn, &row, &sent.id[i]);
		if (err == QIAO_OK)
			err = qiao_outbox_move(txn, &row, QIAO_OUT_QUEUED,
					       QIAO_OUT_EV_SEND, 1);
		if (err == QIAO_OK)
			err = qiao_outbox_move(txn, &row, QIAO_OUT_SENT,
					       QIAO_OUT_EV_TAKEN, 1);
		qiao_out_row_free(&row);
		qiao_buf_free(&id);
	}
	return err;
}

static void say_at(struct bench *b, size_t item, unsigned int proof, size_t i,
		   enum qiao_receipt_state state)
{
	bool committed = state == QIAO_RECEIPT_COMMITTED;
	struct qiao_item_receipt it = {
		.transfer = sent.id[i],
		.digest = sent.digest[i],
		.state = state,
		.destination = b->w.chains[1].identity,
		.has_height = committed,
		.height = 7,
		.has_proof = committed,
		.proof_item = proof,
	};

	qiao_buf_clear(&b->item[item]);
	qiao_item_receipt_encode(&b->item[item], &it);
	b->m->items[item] = qiao_buf_slice(&b->item[item]);
}

static void put_proof(struct bench *b, size_t item, struct qiao_slice bytes)
{
	struct qiao_item_proof it = { b->w.chains[1].identity, 7, bytes };

	qiao_buf_clear(&b->item[item]);
	qiao_item_proof_encode(&b->item[item], &it);
	b->m->items[item] = qiao_buf_slice(&b->item[item]);
}

static void say(struct bench *b, size_t i, enum qiao_receipt_state state)
{
	uint8_t proof = (uint8_t)i;

	put_proof(b, 2 * i, qiao_slice_of(&proof, 1));
	if (state != QIAO_RECEIPT_COMMITTED) /* in place of the proof: twice */
		say_at(b, 2 * i, 0, i, state);
	say_at(b, 2 * i + 1, (unsigned int)(2 * i), i, state);
}

/* One proof, and all receipts refer to it. */
static void say_all_of_one_block(struct bench *b)
{
	put_proof(b, 0, qiao_slice_str("block"));
	for (size_t i = 0; i < ROWS; i++)
		say_at(b, i + 1, 0, i, QIAO_RECEIPT_COMMITTED);
	b->m->n = ROWS + 1;
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	memset(&sent, 0, sizeof(sent));
	world_open(&b->w);
	b->w.api.prove = fake_prove;
	b->w.chains[1].lc = (struct qiao_lightclient *)&b->w; /* not NULL */
	b->w.chains[1].next = 100;
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b->w.f.store, put_sent, b),
			      QIAO_OK);
	b->m = qiao_calloc(1, sizeof(*b->m));
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->m);
	b->m->env.kind = QIAO_KIND_RECEIPTS;
	b->m->digest = hash_of(55);
	b->m->signed_bytes = qiao_slice_str("envelope");
	b->m->signature = qiao_slice_str("signature");
	b->m->n = 2 * ROWS;
	for (size_t i = 0; i < ROWS; i++)
		say(b, i, QIAO_RECEIPT_COMMITTED);
}

static void bench_close(struct bench *b)
{
	for (size_t i = 0; i < 2 * ROWS; i++)
		qiao_buf_free(&b->item[i]);
	qiao_free(b->m);
	world_close(&b->w);
}

static qiao_err take(struct bench *b)
{
	struct qiao_why why = { "" };

	return qiao_receipts_take(&b->w.d, b->reply, &b->n, b->m, "src-gw",
				  &why);
}

struct state_arg {
	size_t i;
	int state;
	bool frozen;
	uint64_t entries;
	size_t own;  /* bytes of a proof of its own */
	bool shared; /* one of the table */
};

static qiao_err read_state(struct qiao_txn *txn, void *arg)
{
	struct state_arg *a = arg;
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_out_row row;
	qiao_err err = qiao_store_out_get(txn, &row, &sent.id[a->i]);

	if (err != QIAO_OK)
		return err;
	a->state = row.state;
	a->own = row.receipt.n;
	a->shared = qiao_store_proof_get(txn, &bytes, NULL, NULL,
					 &row.receipt_ref) == QIAO_OK &&
		    qiao_slice_is(qiao_buf_slice(&bytes), "block");
	qiao_buf_free(&bytes);
	a->frozen = qiao_store_frozen(txn, NULL, QIAO_SCOPE_ROUTE, "src-dst") ==
		    QIAO_OK;
	qiao_out_row_free(&row);
	return qiao_store_audit_size(txn, &a->entries);
}

static struct state_arg look(struct bench *b, size_t i)
{
	struct state_arg a = { .i = i };

	CU_ASSERT_EQUAL(qiao_store_read(b->w.f.store, read_state, &a), QIAO_OK);
	return a;
}

static void each_receipt_of_a_message_has_its_own_answer(void)
{
	struct bench b;

	bench_open(&b);
	sent.other_account[1] = true;
	sent.err[2] = QIAO_E_NOTFOUND;
	sent.err[3] = QIAO_E_PROOF;
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.reply[0].result, QIAO_RECEIPT_TAKEN);
	CU_ASSERT_EQUAL(b.reply[1].result, QIAO_RECEIPT_UNFIT);
	CU_ASSERT_EQUAL(b.reply[2].result, QIAO_RECEIPT_NOT_NOW);
	CU_ASSERT_EQUAL(b.reply[3].result, QIAO_RECEIPT_UNFIT);
	CU_ASSERT_EQUAL(look(&b, 0).state, QIAO_OUT_CLOSED);
	CU_ASSERT_EQUAL(b.n, ROWS);
	CU_ASSERT_EQUAL(look(&b, 0).own, 1);
	for (size_t i = 1; i < ROWS; i++)
		CU_ASSERT_EQUAL(look(&b, i).state, QIAO_OUT_AT_PEER);
	CU_ASSERT_EQUAL(look(&b, 0).entries, 1);
	/* said again: known, and written once */
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.reply[0].result, QIAO_RECEIPT_TAKEN);
	CU_ASSERT_EQUAL(look(&b, 0).entries, 1);
	bench_close(&b);
}

static void a_height_that_is_not_the_proofs_does_not_fit(void)
{
	struct bench b;

	bench_open(&b);
	b.w.chains[1].next = 7; /* height 7 is not trusted yet */
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.reply[0].result, QIAO_RECEIPT_NOT_NOW);
	b.w.chains[1].next = 100;
	sent.id[1] = hash_of(999); /* the proof shows another delivery */
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.reply[0].result, QIAO_RECEIPT_TAKEN);
	CU_ASSERT_EQUAL(b.reply[1].result, QIAO_RECEIPT_UNFIT);
	bench_close(&b);
}

static void a_conflict_freezes_its_route_in_the_same_transaction(void)
{
	struct bench b;

	bench_open(&b);
	say(&b, 2, QIAO_RECEIPT_CONFLICT);
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(look(&b, 2).state, QIAO_OUT_CONFLICT);
	CU_ASSERT_TRUE(look(&b, 2).frozen);
	CU_ASSERT_TRUE(b.w.route.frozen);
	CU_ASSERT_EQUAL(look(&b, 3).state, QIAO_OUT_CLOSED);
	bench_close(&b);
}

static void a_receipt_that_contradicts_freezes_and_moves_nothing(void)
{
	struct bench b;

	bench_open(&b);
	sent.digest[1].b[0] ^= 1;
	say(&b, 1, QIAO_RECEIPT_DENIED);
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.reply[1].result, QIAO_RECEIPT_CONTRADICTS);
	CU_ASSERT_EQUAL(look(&b, 1).state, QIAO_OUT_AT_PEER);
	CU_ASSERT_TRUE(look(&b, 1).frozen);
	bench_close(&b);
}

static void one_malformed_item_refuses_the_message(void)
{
	struct bench b;

	bench_open(&b);
	b.m->items[3] = qiao_slice_str("nonsense");
	CU_ASSERT_NOT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(look(&b, 0).state, QIAO_OUT_AT_PEER);
	CU_ASSERT_EQUAL(look(&b, 0).entries, 0);
	bench_close(&b);
}

static void one_proof_serves_many_receipts_and_is_kept_once(void)
{
	struct bench b;

	bench_open(&b);
	b.w.api.proof_is_block = true;
	say_all_of_one_block(&b);
	CU_ASSERT_EQUAL(take(&b), QIAO_OK);
	CU_ASSERT_EQUAL(b.n, ROWS);
	CU_ASSERT_EQUAL(sent.proofs, 1);
	for (size_t i = 0; i < ROWS; i++) {
		CU_ASSERT_EQUAL(b.reply[i].result, QIAO_RECEIPT_TAKEN);
		CU_ASSERT_TRUE(qiao_hash_eq(&b.reply[i].transfer, &sent.id[i]));
		CU_ASSERT_EQUAL(look(&b, i).state, QIAO_OUT_CLOSED);
		CU_ASSERT_EQUAL(look(&b, i).own, 0);
		CU_ASSERT_TRUE(look(&b, i).shared);
	}
	bench_close(&b);
}

static void a_proof_stands_before_its_receipts_and_serves_one(void)
{
	struct qiao_item_proof other = { hash_of(11), 8,
					 qiao_slice_str("block") };
	struct qiao_slice keep;
	struct bench b;

	bench_open(&b);
	say_all_of_one_block(&b);
	put_proof(&b, ROWS + 1, qiao_slice_str("none refers to it"));
	b.m->n = ROWS + 2;
	CU_ASSERT_EQUAL(take(&b), QIAO_E_MALFORMED);
	b.m->n = ROWS + 1;
	keep = b.m->items[0]; /* after the first one that names it */
	b.m->items[0] = b.m->items[1];
	b.m->items[1] = keep;
	CU_ASSERT_EQUAL(take(&b), QIAO_E_MALFORMED);
	say_all_of_one_block(&b);
	say_at(&b, 2, 1, 1, QIAO_RECEIPT_COMMITTED); /* a receipt as proof */
	CU_ASSERT_EQUAL(take(&b), QIAO_E_MALFORMED);
	say_at(&b, 2, QIAO_ITEMS_MAX - 1, 1, QIAO_RECEIPT_COMMITTED);
	CU_ASSERT_EQUAL(take(&b), QIAO_E_MALFORMED);
	say_all_of_one_block(&b);
	for (int i = 0; i < 2; i++) { /* of another height, another chain */
		other.chain = i ? hash_of(12) : b.w.chains[1].identity;
		other.height = i ? 7 : 8;
		qiao_buf_clear(&b.item[0]);
		qiao_item_proof_encode(&b.item[0], &other);
		b.m->items[0] = qiao_buf_slice(&b.item[0]);
		CU_ASSERT_EQUAL(take(&b), QIAO_E_MALFORMED);
	}
	CU_ASSERT_EQUAL(b.n, 0);
	CU_ASSERT_EQUAL(look(&b, 0).entries, 0);
	bench_close(&b);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "each receipt of a message has its own answer", each_receipt_of_a_message_has_its_own_answer },
	{ "a height that is not the proof's does not fit", a_height_that_is_not_the_proofs_does_not_fit },
	{ "a conflict freezes its route in the same transaction", a_conflict_freezes_its_route_in_the_same_transaction },
	{ "a receipt that contradicts freezes and moves nothing", a_receipt_that_contradicts_freezes_and_moves_nothing },
	{ "one malformed item refuses the message", one_malformed_item_refuses_the_message },
	{ "one proof serves many receipts and is kept once", one_proof_serves_many_receipts_and_is_kept_once },
	{ "a proof stands before its receipts and serves one", a_proof_stands_before_its_receipts_and_serves_one },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite receipts_test_suite = { "daemon/receipts", cases };
