/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/quorum_format.h"
#include "tests/unit/suite.h"
#include "tests/unit/verify/quorum_chain.h"

#define LEAVES 7

/* One block of one leaf of every sort, followed by a client. */
struct fixture {
	struct chain c;
	struct client k;
	struct qiao_key *issuer;
	struct qiao_buf leaf[LEAVES];
	struct qiao_buf proof; /* of the whole block, at height 1 */
	struct qiao_buf claim;
};

/* What the sink saw. */
struct seen {
	struct qiao_proven items[LEAVES + 1];
	size_t n, stop_at;
};

static qiao_err see(void *ctx, const struct qiao_proven *item)
{
	struct seen *s = ctx;

	if (s->n == s->stop_at || s->n > LEAVES)
		return QIAO_E_BUSY;
	s->items[s->n++] = *item;
	return QIAO_OK;
}

static void leaves_make(struct fixture *f)
{
	const struct qiao_hash other = { { 9 } };
	struct qiao_hash chain;
	struct qiao_inhouse_entry e;

	qiao_inhouse_identity(&chain, &f->c.hash);
	record_leaf(&f->leaf[0], f->issuer, &chain, "head one");
	e = entry_of(QIAO_INHOUSE_DELIVERED, "payload");
	qiao_inhouse_entry_put(&f->leaf[1], &e);
	e = entry_of(QIAO_INHOUSE_USAGE, "usage");
	qiao_inhouse_entry_put(&f->leaf[2], &e);
	e = entry_of(QIAO_INHOUSE_ANCHOR, "anchor");
	qiao_inhouse_entry_put(&f->leaf[3], &e);
	/* signed for another chain */
	record_leaf(&f->leaf[4], f->issuer, &other, "head two");
	/* a digest of something else */
	e = entry_of(QIAO_INHOUSE_DELIVERED, "payload");
	e.payload = qiao_slice_str("another");
	qiao_inhouse_entry_put(&f->leaf[5], &e);
	/* of a later version */
	qiao_mp_put_array(&f->leaf[6], 2);
	qiao_mp_put_uint(&f->leaf[6], 77);
	qiao_mp_put_bool(&f->leaf[6], true);
}

static void setup_n(struct fixture *f, size_t n)
{
	struct qiao_inhouse_header h;

	memset(f, 0, sizeof(*f));
	chain_new(&f->c, 1, false);
	CU_ASSERT_EQUAL_FATAL(client_open(&f->k, &f->c), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&f->issuer, QIAO_SCHEME_P256),
			      QIAO_OK);
	leaves_make(f);
	h = chain_next(&f->c);
	proof_whole(&f->proof, &h, f->leaf, n);
	chain_append(&f->c, &f->claim, &h, ALL);
	CU_ASSERT_EQUAL_FATAL(client_take(&f->k, &f->claim), QIAO_OK);
}

static void teardown(struct fixture *f)
{
	qiao_key_free(f->issuer);
	bufs_free(f->leaf, LEAVES);
	qiao_buf_free(&f->proof);
	qiao_buf_free(&f->claim);
	client_free(&f->k);
	chain_free(&f->c);
}

static qiao_err prove(struct fixture *f, struct seen *s,
		      const struct qiao_buf *proof)
{
	struct qiao_proven_sink sink = { s, see };

	memset(s->items, 0, sizeof(s->items));
	s->n = 0;
	f->k.why.text[0] = '\0';
	return qiao_lc_quorum.prove(f->k.lc, qiao_buf_slice(proof), sink,
				    &f->k.view, &f->k.why);
}

/* The item of the leaf at index, as it must be however it was proven. */
static void item_check(const struct fixture *f, const struct qiao_proven *p,
		       size_t index)
{
	static const struct {
		enum qiao_proven_kind kind;
		bool doubted;
		const char *value;
	} want[LEAVES] = {
		{ QIAO_PROVEN_RECORD, false, "head one" },
		{ QIAO_PROVEN_DELIVERED, false, "payload" },
		{ QIAO_PROVEN_USAGE, false, "usage" },
		{ QIAO_PROVEN_OTHER, false, "" },
		{ QIAO_PROVEN_OTHER, true, "" },
		{ QIAO_PROVEN_OTHER, true, "" },
		{ QIAO_PROVEN_OTHER, false, "" },
	};
	struct qiao_id16 id = qiao_pubkey_id(qiao_key_public(f->issuer));

	CU_ASSERT_EQUAL(p->kind, want[index].kind);
	CU_ASSERT_EQUAL(p->doubted, want[index].doubted);
	CU_ASSERT_TRUE(qiao_slice_is(p->value, want[index].value));
	CU_ASSERT_EQUAL(p->height, 1);
	CU_ASSERT_TRUE(qiao_hash_eq(&p->block, &f->c.hash));
	CU_ASSERT_EQUAL(p->block_time_ms, f->c.h.time_ms);
	CU_ASSERT_EQUAL(p->index, index);
	CU_ASSERT_EQUAL(p->tx, 0);
	CU_ASSERT_EQUAL(p->tx_id.n, 0);
	CU_ASSERT_EQUAL(p->validity, QIAO_VALIDITY_FINAL);
	if (p->kind == QIAO_PROVEN_RECORD)
		CU_ASSERT_TRUE(
			qiao_slice_eq(p->issuer_key, qiao_slice_of(id.b, 16)));
	if (p->kind == QIAO_PROVEN_DELIVERED) {
		CU_ASSERT_EQUAL(p->id.b[1], 2);
		CU_ASSERT_EQUAL(p->source.b[1], 4);
		CU_ASSERT_EQUAL(p->issuer_key.n, 16);
		CU_ASSERT_EQUAL(p->issuer_key.p[1], 6);
		CU_ASSERT_FALSE(qiao_hash_is_zero(&p->digest));
	}
}

static void a_whole_block_gives_each_statement_in_order(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct fixture f;

	setup_n(&f, LEAVES);
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(s.n, LEAVES);
	for (size_t i = 0; i < LEAVES; i++)
		item_check(&f, &s.items[i], i);
	teardown(&f);
}

static void an_error_of_the_sink_stops_the_proof(void)
{
	struct seen s = { .stop_at = 2 };
	struct fixture f;

	setup_n(&f, LEAVES);
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_E_BUSY);
	CU_ASSERT_EQUAL(s.n, 2);
	teardown(&f);
}

static void a_narrow_proof_gives_one_statement(void)
{
	static const qiao_err want[LEAVES] = { QIAO_OK,       QIAO_OK,
					       QIAO_OK,       QIAO_OK,
					       QIAO_E_BADSIG, QIAO_E_HASH,
					       QIAO_OK };
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_buf one = QIAO_BUF;
	struct fixture f;

	for (size_t n = 1; n <= LEAVES; n++) {
		setup_n(&f, n);
		for (uint32_t i = 0; i < n; i++) {
			qiao_buf_clear(&one);
			CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(
						f.k.lc, &one,
						qiao_buf_slice(&f.proof), 0, i),
					QIAO_OK);
			CU_ASSERT_EQUAL(prove(&f, &s, &one), want[i]);
			CU_ASSERT_EQUAL(s.n, want[i] == QIAO_OK);
			if (want[i] == QIAO_OK)
				item_check(&f, &s.items[0], i);
		}
		CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &one,
						      qiao_buf_slice(&f.proof),
						      0, (uint32_t)n),
				QIAO_E_NOTFOUND);
		CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &one,
						      qiao_buf_slice(&f.proof),
						      1, 0),
				QIAO_E_NOTFOUND);
		qiao_buf_free(&one);
		teardown(&f);
	}
}

/* Without the tree of the last proof, and with that of another block. */
static void a_narrow_proof_needs_no_proof_before(void)
{
	struct qiao_buf before = QIAO_BUF, after = QIAO_BUF;
	struct seen s = { .stop_at = SIZE_MAX };
	struct fixture f;

	setup_n(&f, 5);
	CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &before,
					      qiao_buf_slice(&f.proof), 0, 3),
			QIAO_OK);
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &after,
					      qiao_buf_slice(&f.proof), 0, 3),
			QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&before), qiao_buf_slice(&after)));
	CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &after,
					      qiao_buf_slice(&before), 0, 3),
			QIAO_E_USAGE);
	qiao_buf_free(&before);
	qiao_buf_free(&after);
	teardown(&f);
}

static void sec_03_an_empty_block_has_an_empty_proof(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct fixture f;

	setup_n(&f, 0);
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_OK);
	CU_ASSERT_EQUAL(s.n, 0);
	teardown(&f);
	/* nothing is no proof of a block that has something */
	setup_n(&f, 1);
	qiao_buf_clear(&f.proof);
	qiao_mp_put_array(&f.proof, 3);
	qiao_mp_put_uint(&f.proof, 1);
	qiao_mp_put_uint(&f.proof, 1);
	qiao_mp_put_array(&f.proof, 0);
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_E_PROOF);
	teardown(&f);
}

static void sec_01_every_bit_of_a_proof_counts(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_buf one = QIAO_BUF;
	struct fixture f;

	setup_n(&f, 4);
	CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &one,
					      qiao_buf_slice(&f.proof), 0, 2),
			QIAO_OK);
	for (int whole = 0; whole < 2; whole++) {
		struct qiao_buf *b = whole ? &f.proof : &one;

		for (size_t bit = 0; bit < b->n * 8; bit++) {
			b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CU_ASSERT_NOT_EQUAL(prove(&f, &s, b), QIAO_OK);
			CU_ASSERT_EQUAL(s.n, 0);
			b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		CU_ASSERT_EQUAL(prove(&f, &s, b), QIAO_OK);
	}
	qiao_buf_free(&one);
	teardown(&f);
}

static void every_cut_of_a_proof_is_refused(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_buf one = QIAO_BUF;
	struct fixture f;

	setup_n(&f, 3);
	CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f.k.lc, &one,
					      qiao_buf_slice(&f.proof), 0, 1),
			QIAO_OK);
	for (int whole = 0; whole < 2; whole++) {
		struct qiao_buf *b = whole ? &f.proof : &one;
		size_t n = b->n;

		for (b->n = 0; b->n < n; b->n++)
			CU_ASSERT_EQUAL(prove(&f, &s, b), QIAO_E_NONCANON);
		qiao_buf_put_u8(b, 0xc0);
		CU_ASSERT_EQUAL(prove(&f, &s, b), QIAO_E_NONCANON);
	}
	qiao_buf_free(&one);
	teardown(&f);
}

/* A one-leaf proof with parts of our choice. */
static void proof_one(struct qiao_buf *out, uint64_t height, uint64_t index,
		      struct qiao_slice leaf, const struct qiao_hash *path,
		      size_t n)
{
	struct qiao_merkle_path p = { .n = n };

	for (size_t i = 0; i < n; i++)
		p.h[i] = path[i];
	qiao_buf_clear(out);
	qiao_inhouse_proof_put(out, height, index, leaf, &p);
}

static void sec_02_an_inner_node_is_no_leaf(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_hash h[4], right;
	struct qiao_buf one = QIAO_BUF;
	struct fixture f;
	uint8_t pair[64];

	setup_n(&f, 4);
	for (size_t i = 0; i < 4; i++)
		qiao_merkle_leaf(&h[i], qiao_buf_slice(&f.leaf[i]));
	memcpy(pair, h[0].b, 32);
	memcpy(pair + 32, h[1].b, 32);
	qiao_merkle_node(&right, &h[2], &h[3]);
	proof_one(&one, 1, 0, qiao_slice_of(pair, 64), &right, 1);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_E_PROOF);
	/* the true path with something before, after, or missing */
	proof_one(&one, 1, 0, qiao_buf_slice(&f.leaf[0]),
		  (struct qiao_hash[]){ h[1], right }, 2);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_OK);
	proof_one(&one, 1, 0, qiao_buf_slice(&f.leaf[0]),
		  (struct qiao_hash[]){ h[1], right, right }, 3);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_E_PROOF);
	proof_one(&one, 1, 0, qiao_buf_slice(&f.leaf[0]),
		  (struct qiao_hash[]){ h[1] }, 1);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_E_PROOF);
	proof_one(&one, 1, 1, qiao_buf_slice(&f.leaf[0]),
		  (struct qiao_hash[]){ h[1], right }, 2);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_E_PROOF);
	proof_one(&one, 1, 4, qiao_buf_slice(&f.leaf[0]),
		  (struct qiao_hash[]){ h[1], right }, 2);
	CU_ASSERT_EQUAL(prove(&f, &s, &one), QIAO_E_PROOF);
	qiao_buf_free(&one);
	teardown(&f);
}

static void sec_04_a_doubled_last_leaf_is_caught_by_the_count(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_inhouse_header h;
	struct qiao_buf proof = QIAO_BUF;
	struct fixture f;

	setup_n(&f, 3);
	h = f.c.h;
	qiao_buf_put(&f.leaf[3],
		     (qiao_buf_clear(&f.leaf[3]), qiao_buf_slice(&f.leaf[2])));
	proof_whole(&proof, &h, f.leaf, 4);
	CU_ASSERT_EQUAL(prove(&f, &s, &proof), QIAO_E_PROOF);
	qiao_buf_clear(&proof);
	proof_whole(&proof, &h, f.leaf, 2);
	CU_ASSERT_EQUAL(prove(&f, &s, &proof), QIAO_E_PROOF);
	qiao_buf_free(&proof);
	teardown(&f);
}

static void a_block_not_followed_proves_nothing(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct qiao_buf proof = QIAO_BUF;
	struct qiao_inhouse_header h;
	struct fixture f;

	setup_n(&f, 3);
	h = chain_next(&f.c);
	proof_whole(&proof, &h, f.leaf, 3);
	CU_ASSERT_EQUAL(prove(&f, &s, &proof), QIAO_E_NOTFOUND);
	/* another block's leaves under this height */
	qiao_buf_clear(&proof);
	h.height = 0;
	proof_whole(&proof, &h, f.leaf, 3);
	CU_ASSERT_EQUAL(prove(&f, &s, &proof), QIAO_E_PROOF);
	f.k.mem.fail_get = 0;
	CU_ASSERT_EQUAL(prove(&f, &s, &f.proof), QIAO_E_IO);
	f.k.mem.fail_get = -1;
	qiao_buf_free(&proof);
	teardown(&f);
}

static void the_nth_allocation_of_a_proof_may_fail(void)
{
	struct seen s = { .stop_at = SIZE_MAX };
	struct fixture f;
	qiao_err err;
	long n = 0;

	setup_n(&f, 3);
	do {
		qiao_fault_alloc_after = n++;
		err = prove(&f, &s, &f.proof);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(err == QIAO_OK || err == QIAO_E_NOMEM);
	} while (err != QIAO_OK && n < 100);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	CU_ASSERT(n > 3); /* the header's row is read once */
	teardown(&f);
}

static void leaves_are_read_strictly(void)
{
	struct qiao_quorum_leaf l;
	struct qiao_inhouse_entry e = entry_of(QIAO_INHOUSE_DELIVERED, "p");
	struct qiao_buf b = QIAO_BUF;
	size_t n;

	qiao_inhouse_entry_put(&b, &e);
	CU_ASSERT_EQUAL(qiao_quorum_leaf_parse(&l, qiao_buf_slice(&b)),
			QIAO_OK);
	n = b.n;
	for (b.n = 0; b.n < n; b.n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_quorum_leaf_parse(&l, qiao_buf_slice(&b)),
			QIAO_OK);
	qiao_buf_clear(&b);
	e.id = (struct qiao_hash){ { 0 } };
	qiao_inhouse_entry_put(&b, &e);
	CU_ASSERT_EQUAL(qiao_quorum_leaf_parse(&l, qiao_buf_slice(&b)),
			QIAO_E_MALFORMED);
	qiao_buf_clear(&b);
	qiao_mp_put_array(&b, 1);
	qiao_mp_put_uint(&b, 0);
	CU_ASSERT_EQUAL(qiao_quorum_leaf_parse(&l, qiao_buf_slice(&b)),
			QIAO_E_MALFORMED);
	qiao_buf_free(&b);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a whole block gives each statement in order", a_whole_block_gives_each_statement_in_order },
	{ "an error of the sink stops the proof", an_error_of_the_sink_stops_the_proof },
	{ "a narrow proof gives one statement", a_narrow_proof_gives_one_statement },
	{ "a narrow proof needs no proof before", a_narrow_proof_needs_no_proof_before },
	{ "SEC-03: an empty block has an empty proof", sec_03_an_empty_block_has_an_empty_proof },
	{ "SEC-01: every bit of a proof counts", sec_01_every_bit_of_a_proof_counts },
	{ "every cut of a proof is refused", every_cut_of_a_proof_is_refused },
	{ "SEC-02: an inner node is no leaf", sec_02_an_inner_node_is_no_leaf },
	{ "SEC-04: a doubled last leaf is caught by the count", sec_04_a_doubled_last_leaf_is_caught_by_the_count },
	{ "a block not followed proves nothing", a_block_not_followed_proves_nothing },
	{ "the n-th allocation of a proof may fail", the_nth_allocation_of_a_proof_may_fail },
	{ "leaves are read strictly", leaves_are_read_strictly },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite quorum_proof_test_suite = { "verify/quorum_proof",
						    cases };
