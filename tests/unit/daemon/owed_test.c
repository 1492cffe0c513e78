/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/owed.h"

#include "gateway/base/slice.h"
#include "gateway/store/proof.h"
#include "relay/items.h"
#include "relay/receipt.h"
#include "tests/unit/daemon/deliver_world.h"

struct bench {
	struct world w;
	struct qiao_owed o;
	struct qiao_exchange *x;
};

static qiao_err build(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;

	return qiao_owed_build(&b->o, b->x, txn, "src-gw", INT64_MAX / 2);
}

/* Rows that the chain showed in a block of n bytes. */
struct shown {
	struct world *w;
	unsigned int first, rows;
	struct qiao_slice block;
};

static qiao_err conclude(struct qiao_txn *txn, void *arg)
{
	struct shown *s = arg;
	struct qiao_concluded x = { .apart = false };
	struct qiao_statement shown[8];
	struct qiao_statements said = { .s = shown, .n = s->rows };

	for (unsigned int i = 0; i < s->rows; i++)
		shown[i] = world_delivery(s->w, s->first + i);
	return qiao_conclude_block(&x, &s->w->chains[1], txn, &said, s->block);
}

static void shown_in_block(struct bench *b, unsigned int first,
			   unsigned int rows, size_t n)
{
	struct shown s = { .w = &b->w, .first = first, .rows = rows };
	uint8_t *bytes = qiao_malloc(n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	memset(bytes, (int)first + 1, n);
	s.block = qiao_slice_of(bytes, n);
	world_rows(&b->w, first, rows, QIAO_IN_SUBMITTING);
	CU_ASSERT_EQUAL(qiao_store_write(b->w.f.store, conclude, &s), QIAO_OK);
	qiao_free(bytes);
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	world_open(&b->w);
	b->w.api.proof_is_block = true;
	b->x = qiao_exchange_new(&b->w.link, QIAO_KIND_RECEIPTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->x);
}

static void bench_build(struct bench *b)
{
	CU_ASSERT_EQUAL_FATAL(qiao_store_read(b->w.f.store, build, b), QIAO_OK);
}

static void bench_close(struct bench *b)
{
	qiao_owed_fini(&b->o);
	qiao_exchange_free(b->x);
	world_close(&b->w);
}

static struct qiao_slice item(const struct bench *b, size_t i)
{
	return qiao_slice_of(b->x->items.p + b->x->at[i],
			     b->x->at[i + 1] - b->x->at[i]);
}

static void a_block_travels_once_with_all_receipts_of_it(void)
{
	struct qiao_item_receipt it;
	struct bench b;
	size_t proofs = 0;

	bench_open(&b);
	shown_in_block(&b, 0, 4, 1000);
	shown_in_block(&b, 4, 3, 2000);
	bench_build(&b);
	CU_ASSERT_EQUAL(b.o.n, 7);
	CU_ASSERT_EQUAL(b.o.n_lost, 0);
	CU_ASSERT_EQUAL(b.x->n, 9);
	for (size_t i = 0; i < b.x->n; i++) {
		if (qiao_item_kind(item(&b, i)) == 1) {
			proofs++;
			continue;
		}
		CU_ASSERT_EQUAL(qiao_item_receipt_parse(&it, item(&b, i)),
				QIAO_OK);
		CU_ASSERT_TRUE(it.proof_item < i);
		CU_ASSERT_EQUAL(qiao_item_kind(item(&b, it.proof_item)), 1);
	}
	CU_ASSERT_EQUAL(proofs, 2);
	bench_close(&b);
}

static void a_proof_of_one_leaf_travels_with_its_receipt(void)
{
	struct bench b;

	bench_open(&b);
	b.w.api.proof_is_block = false;
	shown_in_block(&b, 0, 3, 100);
	bench_build(&b);
	CU_ASSERT_EQUAL(b.o.n, 3);
	CU_ASSERT_EQUAL(b.x->n, 6);
	bench_close(&b);
}

static void what_does_not_fit_is_left_for_the_next_message(void)
{
	struct bench b;

	bench_open(&b);
	shown_in_block(&b, 0, 3, QIAO_RECEIPT_PROOF_MAX);
	shown_in_block(&b, 3, 2, QIAO_PEER_MSG_MAX / 2);
	bench_build(&b);
	CU_ASSERT_TRUE(b.o.n > 0 && b.o.n <= 3);
	CU_ASSERT_EQUAL(b.x->n, b.o.n + 1);
	CU_ASSERT_TRUE(b.x->items.n < QIAO_PEER_MSG_MAX - QIAO_KIB(32));
	bench_close(&b);
}

static qiao_err give_up(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;

	return qiao_receipt_give_up(txn, b->o.lost[0]);
}

static void a_block_that_fits_into_no_message_gives_no_receipt(void)
{
	struct world_look l;
	struct bench b;

	bench_open(&b);
	shown_in_block(&b, 0, 1, QIAO_RECEIPT_PROOF_MAX + 1);
	shown_in_block(&b, 1, 2, 500);
	bench_build(&b);
	CU_ASSERT_EQUAL(b.o.n, 2);
	CU_ASSERT_EQUAL_FATAL(b.o.n_lost, 1);
	CU_ASSERT_EQUAL(qiao_store_write(b.w.f.store, give_up, &b), QIAO_OK);
	l = world_look(&b.w, 0);
	CU_ASSERT_EQUAL(l.row.state, QIAO_IN_COMMITTED);
	CU_ASSERT_EQUAL(l.row.receipt_due, 0); /* and is not tried again */
	CU_ASSERT_NOT_EQUAL(l.row.reason[0], 0);
	bench_close(&b);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a block travels once with all receipts of it", a_block_travels_once_with_all_receipts_of_it },
	{ "a proof of one leaf travels with its receipt", a_proof_of_one_leaf_travels_with_its_receipt },
	{ "what does not fit is left for the next message", what_does_not_fit_is_left_for_the_next_message },
	{ "a block that fits into no message gives no receipt", a_block_that_fits_into_no_message_gives_no_receipt },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite owed_test_suite = { "daemon/owed", cases };
