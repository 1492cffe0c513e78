/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/suite.h"
#include "tests/unit/verify/quorum_chain.h"

#define HEIGHTS 3

struct fixture {
	struct chain c;
	struct client k;
	struct validators old; /* signed the heights up to 2 */
	struct qiao_inhouse_header h[HEIGHTS + 2]; /* by height */
	struct qiao_buf claim[HEIGHTS + 1];
	struct qiao_buf evidence; /* the trust of e */
	struct qiao_evidence_chain e;
};

/* Heights 1, 2 (hands over to another set), 3. */
static void setup(struct fixture *f)
{
	struct qiao_slice none = { NULL, 0 };
	struct qiao_buf bytes = QIAO_BUF;
	struct validators next;
	size_t bad;

	memset(f, 0, sizeof(*f));
	chain_new(&f->c, 4, false);
	CU_ASSERT_EQUAL_FATAL(client_open(&f->k, &f->c), QIAO_OK);
	validators_new(&next, 4, false);
	for (size_t i = 1; i <= HEIGHTS; i++) {
		struct validators *v = i <= 2 ? &f->c.v : &next;

		f->h[i] = chain_next(&f->c);
		f->h[i].set = v->hash;
		f->h[i].next_set = i < 2 ? v->hash : next.hash;
		claim_sign(&f->claim[i], v, &f->h[i], ALL,
			   i == 2 ? qiao_buf_slice(&next.set) : none);
		qiao_buf_clear(&bytes);
		qiao_inhouse_header_put(&bytes, &f->h[i]);
		f->c.h = f->h[i];
		f->c.hash = header_hash(qiao_buf_slice(&bytes));
	}
	f->old = f->c.v;
	f->c.v = next;
	f->h[4] = chain_next(&f->c);
	CU_ASSERT_EQUAL_FATAL(
		client_advance(&f->k, f->claim + 1, HEIGHTS, &bad), QIAO_OK);
	qiao_buf_free(&bytes);
}

static void teardown(struct fixture *f)
{
	validators_free(&f->old);
	bufs_free(f->claim, HEIGHTS + 1);
	qiao_buf_free(&f->evidence);
	client_free(&f->k);
	chain_free(&f->c);
}

static qiao_err judge_runs(struct fixture *f, const struct qiao_slice *a,
			   size_t na, const struct qiao_slice *b, size_t nb)
{
	qiao_err err;

	qiao_buf_clear(&f->evidence);
	f->e.side[0].n = na;
	f->e.side[1].n = nb;
	memcpy(f->e.side[0].claim, a, na * sizeof(*a));
	memcpy(f->e.side[1].claim, b, nb * sizeof(*b));
	err = qiao_lc_quorum.conflict(f->k.lc, &f->evidence, a, &f->e.side[0].n,
				      b, &f->e.side[1].n, &f->k.view,
				      &f->k.why);
	f->e.trust = qiao_buf_slice(&f->evidence);
	return err;
}

static qiao_err judge(struct fixture *f, const struct qiao_buf *a,
		      const struct qiao_buf *b)
{
	struct qiao_slice x = qiao_buf_slice(a), y = qiao_buf_slice(b);

	return judge_runs(f, &x, 1, &y, 1);
}

/* A second header at a height, signed by the validators of the mask. */
static void second(struct qiao_buf *out, const struct fixture *f, size_t height,
		   unsigned long mask)
{
	const struct validators *v = height <= 2 ? &f->old : &f->c.v;
	struct qiao_inhouse_header h = f->h[height];

	h.time_ms += 1;
	h.next_set = h.set;
	qiao_buf_clear(out);
	claim_sign(out, v, &h, mask, (struct qiao_slice){ NULL, 0 });
}

/* A third party, who has the file and no chain, comes to the same. */
static qiao_err third_party(struct fixture *f, uint64_t height)
{
	struct qiao_why why = { "" };
	bool anchored;
	qiao_err err;

	f->e.chain = qiao_lc_quorum.identity(f->k.lc);
	f->e.height = height;
	err = qiao_lc_quorum.evidence(&anchored, NULL, &f->e, &why);
	CU_ASSERT_FALSE(anchored);
	CU_ASSERT_EQUAL(why.text[0] == '\0', err == QIAO_OK);
	return err;
}

static void two_signed_headers_at_one_height_are_evidence(void)
{
	struct qiao_buf other = QIAO_BUF;
	struct fixture f;

	setup(&f);
	for (size_t height = 1; height <= HEIGHTS; height++) {
		second(&other, &f, height, ALL);
		CU_ASSERT_EQUAL(judge(&f, &f.claim[height], &other), QIAO_OK);
		CU_ASSERT_EQUAL(third_party(&f, height), QIAO_OK);
		CU_ASSERT_EQUAL(third_party(&f, height + 1), QIAO_E_NOTFOUND);
		CU_ASSERT_EQUAL(judge(&f, &other, &f.claim[height]), QIAO_OK);
	}
	qiao_buf_free(&other);
	teardown(&f);
}

static void two_headers_just_above_the_head_are_evidence(void)
{
	struct qiao_buf a = QIAO_BUF, b = QIAO_BUF;
	struct fixture f;

	setup(&f);
	claim_sign(&a, &f.c.v, &f.h[4], ALL, (struct qiao_slice){ NULL, 0 });
	second(&b, &f, 4, ALL);
	CU_ASSERT_EQUAL(judge(&f, &a, &b), QIAO_OK);
	CU_ASSERT_EQUAL(judge(&f, &a, &a), QIAO_E_NOTFOUND);
	bufs_free(&a, 1);
	bufs_free(&b, 1);
	teardown(&f);
}

/* What was accepted unsigned is shown with what signs above it. */
static void a_run_up_to_a_signed_header_is_as_good_as_one(void)
{
	struct qiao_buf bare = QIAO_BUF, other = QIAO_BUF;
	struct qiao_slice run[3], one;
	struct fixture f;

	setup(&f);
	claim_sign(&bare, &f.old, &f.h[1], 0, (struct qiao_slice){ NULL, 0 });
	second(&other, &f, 1, ALL);
	CU_ASSERT_EQUAL(judge(&f, &bare, &other), QIAO_E_NOTFOUND);
	run[0] = qiao_buf_slice(&bare);
	run[1] = qiao_buf_slice(&f.claim[2]);
	run[2] = qiao_buf_slice(&f.claim[3]);
	one = qiao_buf_slice(&other);
	CU_ASSERT_EQUAL(judge_runs(&f, run, 3, &one, 1), QIAO_OK);
	/* header 2 changes the set: what is above it is of no use */
	CU_ASSERT_EQUAL(f.e.side[0].n, 2);
	CU_ASSERT_EQUAL(third_party(&f, 1), QIAO_OK);
	f.e.side[0].n = 3;
	CU_ASSERT_EQUAL(third_party(&f, 1), QIAO_E_NOTFOUND);
	f.e.side[0].n = 1;
	CU_ASSERT_EQUAL(third_party(&f, 1), QIAO_E_NOTFOUND);
	/* a run with a gap */
	run[1] = run[2];
	CU_ASSERT_EQUAL(judge_runs(&f, run, 2, &one, 1), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(judge_runs(&f, run, 0, &one, 1), QIAO_E_NOTFOUND);
	qiao_buf_free(&bare);
	qiao_buf_free(&other);
	teardown(&f);
}

static void less_than_that_freezes_nothing(void)
{
	struct qiao_slice none = { NULL, 0 };
	struct qiao_inhouse_header h;
	struct qiao_buf b = QIAO_BUF;
	struct fixture f;

	setup(&f);
	/* the same header twice; other heights */
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &f.claim[1]), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &f.claim[2]), QIAO_E_NOTFOUND);
	/* too few signers, none, wrong set */
	second(&b, &f, 1, 3);
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_E_NOTFOUND);
	second(&b, &f, 1, 0);
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_E_NOTFOUND);
	h = f.h[3];
	h.time_ms++;
	qiao_buf_clear(&b);
	claim_sign(&b, &f.old, &h, ALL, none); /* the set that had left */
	CU_ASSERT_EQUAL(judge(&f, &f.claim[3], &b), QIAO_E_NOTFOUND);
	h.set = h.next_set = f.old.hash;
	qiao_buf_clear(&b);
	claim_sign(&b, &f.old, &h, ALL, none);
	CU_ASSERT_EQUAL(judge(&f, &f.claim[3], &b), QIAO_E_NOTFOUND);
	/* another chain of the same validators */
	h = f.h[1];
	h.chain = "other";
	qiao_buf_clear(&b);
	claim_sign(&b, &f.old, &h, ALL, none);
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_E_NOTFOUND);
	/* SEC-23: height 0 comes from the anchor */
	h = f.h[1];
	h.height = 0;
	memset(&h.prev, 0, sizeof(h.prev));
	qiao_buf_clear(&b);
	claim_sign(&b, &f.old, &h, ALL, none);
	CU_ASSERT_EQUAL(judge(&f, &b, &b), QIAO_E_NOTFOUND);
	/* nonsense */
	qiao_buf_clear(&b);
	qiao_buf_put_str(&b, "nonsense");
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(f.evidence.n, 0);
	qiao_buf_free(&b);
	teardown(&f);
}

static void a_failing_view_is_no_verdict(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct fixture f;

	setup(&f);
	second(&b, &f, 1, ALL);
	for (long n = 0; n < 3; n++) {
		f.k.mem.fail_get = n;
		CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_E_IO);
	}
	f.k.mem.fail_get = -1;
	CU_ASSERT_EQUAL(judge(&f, &f.claim[1], &b), QIAO_OK);
	qiao_buf_free(&b);
	teardown(&f);
}

static void the_nth_allocation_is_no_verdict(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct fixture f;
	qiao_err err;
	long n = 0;

	setup(&f);
	second(&b, &f, 1, ALL);
	do {
		qiao_buf_free(&f.evidence);
		qiao_fault_alloc_after = n++;
		err = judge(&f, &f.claim[1], &b);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(err == QIAO_OK || err == QIAO_E_NOMEM ||
			       err == QIAO_E_STATE);
	} while (err != QIAO_OK && n < 100);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_buf_free(&b);
	teardown(&f);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "SEC-08: two signed headers at one height are evidence", two_signed_headers_at_one_height_are_evidence },
	{ "two headers just above the head are evidence", two_headers_just_above_the_head_are_evidence },
	{ "a run up to a signed header is as good as one", a_run_up_to_a_signed_header_is_as_good_as_one },
	{ "SEC-23: less than that freezes nothing", less_than_that_freezes_nothing },
	{ "a failing view is no verdict", a_failing_view_is_no_verdict },
	{ "the n-th allocation is no verdict", the_nth_allocation_is_no_verdict },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite quorum_conflict_test_suite = { "verify/quorum_conflict",
						       cases };
