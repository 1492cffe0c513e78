/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/quorum_format.h"
#include "tests/unit/suite.h"
#include "tests/unit/verify/quorum_chain.h"

#include <jansson.h>

/* A chain of n validators and a client at its genesis. */
struct fixture {
	struct chain c;
	struct client k;
};

static void setup(struct fixture *f, size_t n)
{
	chain_new(&f->c, n, false);
	CU_ASSERT_EQUAL_FATAL(client_open(&f->k, &f->c), QIAO_OK);
}

static void teardown(struct fixture *f)
{
	client_free(&f->k);
	chain_free(&f->c);
}

static uint64_t height_of(const struct fixture *f)
{
	return qiao_lc_quorum.head(f->k.lc).height;
}

/* A refused claim: the expected reason, and nothing has moved. */
static void refused(struct fixture *f, const struct qiao_buf *claim,
		    qiao_err want)
{
	uint64_t height = height_of(f);
	long puts = f->k.mem.puts;
	qiao_err got;

	f->k.why.text[0] = '\0';
	got = client_take(&f->k, claim);
	CU_ASSERT_EQUAL(got, want);
	if (got != want)
		printf("\n    want %s got %s: %s\n", qiao_errname(want),
		       qiao_errname(got), f->k.why.text);
	CU_ASSERT_EQUAL(height_of(f), height);
	CU_ASSERT_EQUAL(f->k.mem.puts, puts);
	CU_ASSERT_NOT_EQUAL(f->k.why.text[0], '\0');
}

static void a_genuine_chain_is_followed_in_one_batch(void)
{
	struct qiao_buf claims[20] = { { .max = 0 } };
	struct qiao_header_trusted h;
	struct fixture f;
	size_t bad;

	for (int mixed = 0; mixed < 2; mixed++) {
		chain_new(&f.c, 4, mixed);
		CU_ASSERT_EQUAL_FATAL(client_open(&f.k, &f.c), QIAO_OK);
		for (size_t i = 0; i < 20; i++) {
			struct qiao_inhouse_header next = chain_next(&f.c);

			chain_append(&f.c, &claims[i], &next, ALL);
		}
		CU_ASSERT_EQUAL(client_advance(&f.k, claims, 20, &bad),
				QIAO_OK);
		h = qiao_lc_quorum.head(f.k.lc);
		CU_ASSERT_EQUAL(h.height, 20);
		CU_ASSERT_TRUE(qiao_hash_eq(&h.hash, &f.c.hash));
		CU_ASSERT_EQUAL(h.time_ms, 1700000000000 + 20000);
		CU_ASSERT_EQUAL(qiao_lc_quorum.header(f.k.lc, &h, 7, &f.k.view),
				QIAO_OK);
		CU_ASSERT_EQUAL(h.height, 7);
		CU_ASSERT_EQUAL(
			qiao_lc_quorum.header(f.k.lc, &h, 21, &f.k.view),
			QIAO_E_NOTFOUND);
		CU_ASSERT_TRUE(qiao_hash_is_zero(&h.hash));
		bufs_free(claims, 20);
		teardown(&f);
	}
}

static void only_the_newest_header_of_a_stretch_needs_signatures(void)
{
	struct qiao_buf claims[10] = { { .max = 0 } };
	struct fixture f;
	size_t bad;

	setup(&f, 4);
	for (size_t i = 0; i < 10; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);

		chain_append(&f.c, &claims[i], &h, i == 9 ? ALL : 0);
	}
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 9, &bad), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(bad, 8);
	CU_ASSERT_EQUAL(height_of(&f), 0);
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 10, &bad), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 10);
	bufs_free(claims, 10);
	teardown(&f);
}

static void a_committed_set_change_is_followed_inside_a_batch(void)
{
	struct qiao_buf claims[6] = { { .max = 0 } };
	struct validators next;
	struct fixture f;
	size_t bad;

	setup(&f, 4);
	for (size_t i = 0; i < 6; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);

		if (i == 1 || i == 4) {
			validators_new(&next, 7, true);
			chain_rotate(&f.c, &claims[i], &next);
		} else {
			chain_append(&f.c, &claims[i], &h, i == 5 ? ALL : 0);
		}
	}
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 6, &bad), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 6);
	CU_ASSERT_EQUAL(qiao_lc_quorum.trust_height(f.k.lc), 5);
	bufs_free(claims, 6);
	teardown(&f);
}

/* The claim that changes the set is the end of a stretch: it must be signed. */
static void an_unsigned_set_change_is_refused(void)
{
	struct qiao_buf claims[2] = { { .max = 0 } };
	struct qiao_inhouse_header h;
	struct validators next;
	struct fixture f;
	size_t bad;

	setup(&f, 4);
	validators_new(&next, 4, false);
	h = chain_next(&f.c);
	h.next_set = next.hash;
	claim_sign(&claims[0], &f.c.v, &h, 0, qiao_buf_slice(&next.set));
	h.height++;
	h.set = next.hash;
	claim_sign(&claims[1], &next, &h, ALL, (struct qiao_slice){ NULL, 0 });
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 2, &bad), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(bad, 0);
	bufs_free(claims, 2);
	validators_free(&next);
	teardown(&f);
}

static void the_state_survives_a_reopening(void)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_inhouse_header h;
	struct qiao_hash identity, again;
	struct validators next;
	struct fixture f;

	setup(&f, 4);
	identity = qiao_lc_quorum.identity(f.k.lc);
	validators_new(&next, 3, false);
	chain_rotate(&f.c, &claim, &next);
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	CU_ASSERT_EQUAL(client_reopen(&f.k, &f.c), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 1);
	CU_ASSERT_EQUAL(qiao_lc_quorum.trust_height(f.k.lc), 1);
	again = qiao_lc_quorum.identity(f.k.lc);
	CU_ASSERT_TRUE(qiao_hash_eq(&identity, &again));
	qiao_buf_clear(&claim);
	h = chain_next(&f.c);
	chain_append(&f.c, &claim, &h, ALL);
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 2);
	qiao_buf_free(&claim);
	teardown(&f);
}

static void another_anchor_on_the_same_store_is_refused(void)
{
	struct chain other;
	struct fixture f;

	setup(&f, 4);
	chain_new(&other, 4, false);
	CU_ASSERT_EQUAL(client_reopen(&f.k, &other), QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(f.k.lc);
	chain_free(&other);
	teardown(&f);
}

static bool starts_with(struct qiao_slice s, const char *prefix)
{
	return s.n >= strlen(prefix) &&
	       memcmp(s.p, prefix, strlen(prefix)) == 0;
}

static void a_damaged_state_is_said_and_not_refilled(void)
{
	static const char *const keys[] = { "head", "block/", "set/" };
	struct fixture f;

	for (size_t i = 0; i < COUNT(keys); i++) {
		setup(&f, 1);
		for (size_t j = 0; j < f.k.mem.n; j++)
			if (starts_with(f.k.mem.pairs[j].key, keys[i]))
				f.k.mem.pairs[j].value.n--;
		CU_ASSERT_EQUAL(client_reopen(&f.k, &f.c), QIAO_E_STATE);
		teardown(&f);
	}
}

/* --- what every single claim is refused for ------------------------------- */
static void change_height(struct qiao_inhouse_header *h)
{
	h->height = 3;
}
static void change_stale(struct qiao_inhouse_header *h)
{
	h->height = 0;
	memset(&h->prev, 0, sizeof(h->prev));
}
static void change_huge(struct qiao_inhouse_header *h)
{
	h->height = UINT64_MAX;
}
static void change_prev(struct qiao_inhouse_header *h)
{
	h->prev.b[31] ^= 1;
}
static void change_prev_zero(struct qiao_inhouse_header *h)
{
	memset(&h->prev, 0, sizeof(h->prev));
}
static void change_chain(struct qiao_inhouse_header *h)
{
	h->chain = "provincf";
}
static void change_chain_empty(struct qiao_inhouse_header *h)
{
	h->chain = "";
}
static void change_time(struct qiao_inhouse_header *h)
{
	h->time_ms -= 1001;
}
static void change_leaves(struct qiao_inhouse_header *h)
{
	h->leaves = QIAO_LEAVES_MAX + 1;
}
static void change_root_zero(struct qiao_inhouse_header *h)
{
	memset(&h->root, 0, sizeof(h->root));
}
static void change_root_empty(struct qiao_inhouse_header *h)
{
	h->root.b[0] ^= 1;
}
static void change_set(struct qiao_inhouse_header *h)
{
	h->set.b[0] ^= 1;
	h->next_set = h->set;
}
static void change_set_zero(struct qiao_inhouse_header *h)
{
	memset(&h->set, 0, sizeof(h->set));
	h->next_set = h->set;
}
static void change_next(struct qiao_inhouse_header *h)
{
	h->next_set.b[0] ^= 1;
}

static void a_header_that_does_not_fit_is_refused_though_signed(void)
{
	static const struct {
		void (*change)(struct qiao_inhouse_header *h);
		qiao_err want;
	} cases[] = {
		{ change_height, QIAO_E_NUMBER },
		{ change_stale, QIAO_E_STALE }, /* SEC-23: only the anchor */
		{ change_huge, QIAO_E_LIMIT },
		{ change_prev, QIAO_E_LINK },
		{ change_prev_zero, QIAO_E_MALFORMED }, /* SEC-09 */
		{ change_chain, QIAO_E_CHANNEL },
		{ change_chain_empty, QIAO_E_MALFORMED },
		{ change_time, QIAO_E_MALFORMED }, /* SEC-08 */
		{ change_leaves, QIAO_E_LIMIT },
		{ change_root_zero, QIAO_E_MALFORMED }, /* SEC-09 */
		{ change_root_empty, QIAO_E_HASH },
		{ change_set, QIAO_E_CONFIG },         /* SEC-21 */
		{ change_set_zero, QIAO_E_MALFORMED }, /* SEC-09 */
		{ change_next, QIAO_E_CONFIG },
	};
	struct fixture f;

	setup(&f, 4);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);
		struct qiao_buf claim = QIAO_BUF;

		cases[i].change(&h);
		claim_sign(&claim, &f.c.v, &h, ALL,
			   (struct qiao_slice){ NULL, 0 });
		refused(&f, &claim, cases[i].want);
		qiao_buf_free(&claim);
	}
	teardown(&f);
}

static void the_same_time_twice_is_fine(void)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_inhouse_header h;
	struct fixture f;

	setup(&f, 1);
	h = chain_next(&f.c);
	h.time_ms -= 1000;
	chain_append(&f.c, &claim, &h, ALL);
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	qiao_buf_free(&claim);
	teardown(&f);
}

static void sec_12_23_fewer_than_the_threshold_are_refused(void)
{
	static const size_t sizes[] = { 1, 4, 7, 10 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t n = sizes[i], need = 2 * n / 3 + 1;
		struct qiao_inhouse_header h;
		struct fixture f;

		setup(&f, n);
		h = chain_next(&f.c);
		for (size_t k = 0; k <= n; k++) {
			struct qiao_buf claim = QIAO_BUF;
			unsigned long last = ((1ul << k) - 1) << (n - k);

			claim_sign(&claim, &f.c.v, &h, last,
				   (struct qiao_slice){ NULL, 0 });
			if (k < need)
				refused(&f, &claim, QIAO_E_BADSIG);
			else if (k == need)
				CU_ASSERT_EQUAL(client_take(&f.k, &claim),
						QIAO_OK);
			qiao_buf_free(&claim);
		}
		teardown(&f);
	}
}

static void weights_count_and_not_heads(void)
{
	struct qiao_inhouse_header h;
	struct qiao_buf claim = QIAO_BUF;
	struct fixture f;

	chain_new(&f.c, 4, false);
	f.c.v.m[2].weight = 100;
	set_encode(&f.c.v, qiao_inhouse_threshold(f.c.v.m, 4));
	qiao_buf_clear(&f.c.first_set);
	qiao_buf_put(&f.c.first_set, qiao_buf_slice(&f.c.v.set));
	f.c.h.set = f.c.h.next_set = f.c.v.hash;
	qiao_buf_clear(&f.c.genesis);
	qiao_inhouse_header_put(&f.c.genesis, &f.c.h);
	f.c.hash = header_hash(qiao_buf_slice(&f.c.genesis));
	CU_ASSERT_EQUAL_FATAL(client_open(&f.k, &f.c), QIAO_OK);
	h = chain_next(&f.c);
	claim_sign(&claim, &f.c.v, &h, 0xb, (struct qiao_slice){ NULL, 0 });
	refused(&f, &claim, QIAO_E_BADSIG);
	qiao_buf_clear(&claim);
	claim_sign(&claim, &f.c.v, &h, 0x4, (struct qiao_slice){ NULL, 0 });
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	qiao_buf_free(&claim);
	teardown(&f);
}

/* A claim over h with signatures as given. */
static void claim_with(struct qiao_buf *out,
		       const struct qiao_inhouse_header *h,
		       const struct qiao_inhouse_sig *sigs, size_t n)
{
	struct qiao_buf bytes = QIAO_BUF;

	qiao_inhouse_header_put(&bytes, h);
	qiao_inhouse_claim_put(out, qiao_buf_slice(&bytes), sigs, n,
			       (struct qiao_slice){ NULL, 0 });
	qiao_buf_free(&bytes);
}

static void signatures_make(struct qiao_inhouse_sig *sigs,
			    const struct fixture *f,
			    const struct qiao_inhouse_header *h, size_t n)
{
	struct qiao_buf bytes = QIAO_BUF;

	qiao_inhouse_header_put(&bytes, h);
	for (size_t i = 0; i < n; i++) {
		sigs[i].index = i;
		CU_ASSERT_EQUAL(qiao_key_sign(f->c.v.key[i], &sigs[i].sig,
					      QIAO_INHOUSE_HEADER_TAG,
					      qiao_buf_slice(&bytes)),
				QIAO_OK);
	}
	qiao_buf_free(&bytes);
}

static void sec_12_25_one_signer_counts_once(void)
{
	struct qiao_inhouse_sig sigs[4];
	struct qiao_inhouse_header h;
	struct qiao_buf claim = QIAO_BUF;
	struct fixture f;

	setup(&f, 4);
	h = chain_next(&f.c);
	signatures_make(sigs, &f, &h, 1);
	sigs[1] = sigs[2] = sigs[0];
	claim_with(&claim, &h, sigs, 3);
	refused(&f, &claim, QIAO_E_NONCANON);
	/* the same signature under other names */
	for (uint64_t i = 0; i < 3; i++)
		sigs[i].index = i;
	qiao_buf_clear(&claim);
	claim_with(&claim, &h, sigs, 3);
	refused(&f, &claim, QIAO_E_BADSIG);
	qiao_buf_free(&claim);
	teardown(&f);
}

static void sec_19_a_signature_is_bound_to_its_signer(void)
{
	struct qiao_inhouse_sig sigs[4], swap;
	struct qiao_inhouse_header h;
	struct qiao_buf claim = QIAO_BUF;
	struct fixture f;

	setup(&f, 4);
	h = chain_next(&f.c);
	signatures_make(sigs, &f, &h, 4);
	swap = sigs[0];
	sigs[0].sig = sigs[1].sig;
	sigs[1].sig = swap.sig;
	claim_with(&claim, &h, sigs, 4);
	refused(&f, &claim, QIAO_E_BADSIG);
	signatures_make(sigs, &f, &h, 4);
	sigs[3].index = 4; /* beyond the set */
	qiao_buf_clear(&claim);
	claim_with(&claim, &h, sigs, 4);
	refused(&f, &claim, QIAO_E_BADSIG);
	sigs[3].index = UINT64_MAX;
	qiao_buf_clear(&claim);
	claim_with(&claim, &h, sigs, 4);
	refused(&f, &claim, QIAO_E_LIMIT);
	/* descending */
	signatures_make(sigs, &f, &h, 4);
	swap = sigs[2];
	sigs[2] = sigs[3];
	sigs[3] = swap;
	qiao_buf_clear(&claim);
	claim_with(&claim, &h, sigs, 4);
	refused(&f, &claim, QIAO_E_NONCANON);
	qiao_buf_free(&claim);
	teardown(&f);
}

/* Order of secp256k1: n, and n - 1, which is a high S. */
static const char order[] = "fffffffffffffffffffffffffffffffe"
			    "baaedce6af48a03bbfd25e8cd0364141";

static void sec_20_odd_signature_numbers_are_refused_and_we_live(void)
{
	struct qiao_inhouse_sig good[4], sigs[4];
	struct qiao_inhouse_header h;
	struct fixture f;

	setup(&f, 4);
	h = chain_next(&f.c);
	signatures_make(good, &f, &h, 4);
	for (int i = 0; i < 6; i++) {
		struct qiao_buf claim = QIAO_BUF;
		uint8_t *at = sigs[1].sig.b + (i % 2 ? 32 : 0);

		memcpy(sigs, good, sizeof(sigs));
		if (i < 2)
			memset(at, 0, 32);
		else if (i < 4)
			memset(at, 0xff, 32);
		else
			qiao_hex_decode(at, 32, qiao_slice_str(order));
		claim_with(&claim, &h, sigs, 4);
		refused(&f, &claim, QIAO_E_BADSIG);
		qiao_buf_free(&claim);
	}
	teardown(&f);
}

static void sec_18_34_consistent_claims_without_signatures_are_refused(void)
{
	struct qiao_buf claims[5] = { { .max = 0 } };
	struct fixture f;
	size_t bad;

	setup(&f, 4);
	for (size_t i = 0; i < 5; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);

		chain_append(&f.c, &claims[i], &h, 0);
	}
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 5, &bad), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(bad, 4);
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 0, &bad), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 0);
	bufs_free(claims, 5);
	teardown(&f);
}

static void a_batch_is_taken_whole_or_not_at_all(void)
{
	struct qiao_buf claims[9] = { { .max = 0 } };
	struct fixture f;
	size_t bad;

	setup(&f, 4);
	for (size_t i = 0; i < 9; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);
		struct validators next;

		if (i == 3) {
			validators_new(&next, 4, false);
			chain_rotate(&f.c, &claims[i], &next);
		} else {
			chain_append(&f.c, &claims[i], &h, ALL);
		}
	}
	for (size_t i = 0; i < 9; i++) {
		size_t at = 30;
		long puts = f.k.mem.puts;

		claims[i].p[at] ^= 0x40; /* in the parent hash */
		CU_ASSERT_NOT_EQUAL(client_advance(&f.k, claims, 9, &bad),
				    QIAO_OK);
		CU_ASSERT_TRUE(bad == i || bad == i + 1);
		CU_ASSERT_EQUAL(height_of(&f), 0);
		CU_ASSERT_EQUAL(f.k.mem.puts, puts);
		claims[i].p[at] ^= 0x40;
	}
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, 9, &bad), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&f), 9);
	bufs_free(claims, 9);
	teardown(&f);
}

static void a_batch_over_the_limit_is_refused(void)
{
	static struct qiao_buf claims[QIAO_HEADERS_PER_BATCH_MAX + 1];
	struct fixture f;
	size_t bad;

	setup(&f, 1);
	CU_ASSERT_EQUAL(client_advance(&f.k, claims, COUNT(claims), &bad),
			QIAO_E_LIMIT);
	teardown(&f);
}

static void a_view_that_fails_is_an_io_error_and_never_a_refusal(void)
{
	struct qiao_buf claims[4] = { { .max = 0 } };
	struct fixture f;
	size_t bad;
	long n;

	setup(&f, 4);
	for (size_t i = 0; i < 4; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);

		chain_append(&f.c, &claims[i], &h, ALL);
	}
	for (n = 0;; n++) {
		qiao_err err;

		f.k.mem.fail_put = n;
		err = client_advance(&f.k, claims, 4, &bad);
		f.k.mem.fail_put = -1;
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_IO);
		CU_ASSERT_EQUAL(height_of(&f), 0);
	}
	CU_ASSERT_EQUAL(n, 5); /* four rows and the head */
	for (n = 0;; n++) {
		qiao_err err;

		f.k.mem.fail_get = n;
		err = client_reopen(&f.k, &f.c);
		f.k.mem.fail_get = -1;
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_IO);
	}
	CU_ASSERT_EQUAL(n, 3);
	bufs_free(claims, 4);
	teardown(&f);
}

static void the_nth_allocation_may_fail(void)
{
	struct qiao_buf claims[3] = { { .max = 0 } };
	struct validators next;
	struct fixture f;
	size_t bad;
	long n;

	setup(&f, 4);
	for (size_t i = 0; i < 3; i++) {
		struct qiao_inhouse_header h = chain_next(&f.c);

		if (i == 1) {
			validators_new(&next, 4, true);
			chain_rotate(&f.c, &claims[i], &next);
		} else {
			chain_append(&f.c, &claims[i], &h, ALL);
		}
	}
	for (n = 0;; n++) {
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = client_advance(&f.k, claims, 3, &bad);
		qiao_fault_alloc_after = -1;
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(height_of(&f), 0);
	}
	CU_ASSERT(n >= 3);
	f.k.fail_alloc = true;
	for (n = 0; n < 200; n++) {
		qiao_err err;

		f.k.alloc_after = n;
		err = client_reopen(&f.k, &f.c);
		CU_ASSERT_EQUAL(!f.k.lc, err != QIAO_OK);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	CU_ASSERT_EQUAL(height_of(&f), 3);
	bufs_free(claims, 3);
	teardown(&f);
}

static void every_cut_of_a_claim_is_refused(void)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_inhouse_header h;
	struct fixture f;
	size_t n;

	setup(&f, 1);
	h = chain_next(&f.c);
	claim_sign(&claim, &f.c.v, &h, ALL, (struct qiao_slice){ NULL, 0 });
	n = claim.n;
	for (claim.n = 1; claim.n < n; claim.n++)
		refused(&f, &claim, QIAO_E_NONCANON);
	claim.n = n;
	qiao_buf_put_u8(&claim, 0);
	refused(&f, &claim, QIAO_E_NONCANON);
	claim.n = n;
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	qiao_buf_free(&claim);
	teardown(&f);
}

static void sec_01_every_bit_of_a_claim_counts(void)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_inhouse_header h;
	struct validators next;
	struct fixture f;

	setup(&f, 1);
	validators_new(&next, 2, true);
	h = chain_next(&f.c);
	h.next_set = next.hash;
	claim_sign(&claim, &f.c.v, &h, ALL, qiao_buf_slice(&next.set));
	for (size_t bit = 0; bit < claim.n * 8; bit++) {
		claim.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_NOT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
		claim.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_ASSERT_EQUAL(client_take(&f.k, &claim), QIAO_OK);
	qiao_buf_free(&claim);
	validators_free(&next);
	teardown(&f);
}

static void sec_29_hostile_bytes_are_an_error_and_no_end(void)
{
	struct qiao_buf evidence = QIAO_BUF;
	uint32_t seed = 1;
	struct fixture f;

	setup(&f, 4);
	for (int i = 0; i < 5000; i++) {
		uint8_t junk[200];
		struct qiao_slice s = { junk, (size_t)(i % 200) };
		struct qiao_proven_sink none = { NULL, NULL };
		size_t bad, one = 1;

		for (size_t j = 0; j < s.n; j++) {
			seed = seed * 1664525 + 1013904223;
			junk[j] = (uint8_t)(seed >> 24);
		}
		CU_ASSERT_NOT_EQUAL(qiao_lc_quorum.advance(f.k.lc, &bad, &s, 1,
							   &f.k.view, NULL),
				    QIAO_OK);
		CU_ASSERT_NOT_EQUAL(
			qiao_lc_quorum.prove(f.k.lc, s, none, &f.k.view, NULL),
			QIAO_OK);
		CU_ASSERT_NOT_EQUAL(qiao_lc_quorum.conflict(f.k.lc, &evidence,
							    &s, &one, &s, &one,
							    &f.k.view, NULL),
				    QIAO_OK);
	}
	CU_ASSERT_EQUAL(evidence.n, 0);
	teardown(&f);
}

/* --- validator sets ------------------------------------------------------- */
static void sets_that_cannot_be_trusted_are_refused(void)
{
	struct qiao_quorum_set *set = malloc(sizeof(*set));
	struct qiao_buf b = QIAO_BUF;
	struct validators v;

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	validators_new(&v, 4, false);
#define TRY(threshold, count, want)                                            \
	do {                                                                   \
		qiao_buf_clear(&b);                                            \
		qiao_inhouse_set_put(&b, v.m, count, threshold);               \
		CU_ASSERT_EQUAL(                                               \
			qiao_quorum_set_parse(set, qiao_buf_slice(&b)), want); \
	} while (0)
	TRY(3, 4, QIAO_OK);
	CU_ASSERT_EQUAL(set->n, 4);
	TRY(4, 4, QIAO_OK);
	TRY(2, 4, QIAO_E_MALFORMED); /* 3 x 2 <= 2 x 4 */
	TRY(0, 4, QIAO_E_MALFORMED);
	TRY(5, 4, QIAO_E_MALFORMED); /* can never be reached */
	TRY(0, 0, QIAO_E_MALFORMED); /* empty never means all */
	TRY(1, 0, QIAO_E_MALFORMED);
	TRY(UINT64_MAX, 4, QIAO_E_LIMIT);
	v.m[1].weight = 0;
	TRY(3, 4, QIAO_E_MALFORMED);
	v.m[1].weight = UINT32_MAX;
	TRY(2 * (UINT32_MAX + UINT64_C(3)) / 3 + 1, 4, QIAO_OK);
	v.m[1] = v.m[0]; /* SEC-12: one key twice */
	TRY(3, 4, QIAO_E_NONCANON);
	v.m[0].key.scheme = 3;
	TRY(1, 1, QIAO_E_UNSUPPORTED);
	v.m[0].key.scheme = 9;
	TRY(1, 1, QIAO_E_KEY);
	v.m[0].key.scheme = 1;
	memset(v.m[0].key.b, 0, QIAO_PUBKEY_LEN); /* SEC-09 */
	TRY(1, 1, QIAO_E_KEY);
#undef TRY
	qiao_buf_free(&b);
	validators_free(&v);
	free(set);
}

static void every_cut_of_a_set_is_refused(void)
{
	struct qiao_quorum_set *set = malloc(sizeof(*set));
	struct validators v;

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	validators_new(&v, 3, true);
	for (size_t n = 0; n < v.set.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_quorum_set_parse(set, qiao_slice_of(v.set.p, n)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_quorum_set_parse(set, qiao_buf_slice(&v.set)),
			QIAO_OK);
	validators_free(&v);
	free(set);
}

/* --- the anchor ----------------------------------------------------------- */
static void anchor_try(const char *text, const struct qiao_hash *network,
		       qiao_err want)
{
	struct client k = { .mem = { .fail_put = -1, .fail_get = -1 } };
	qiao_err got = client_open_text(&k, text, network);

	CU_ASSERT_EQUAL(got, want);
	CU_ASSERT_EQUAL(got == QIAO_OK, k.lc != NULL);
	if (want != QIAO_OK) {
		CU_ASSERT_NOT_EQUAL(k.why.text[0], '\0');
		CU_ASSERT_EQUAL(k.mem.puts, 0);
	}
	client_free(&k);
}

/* The anchor of c with one piece of its text replaced. */
static char *anchor_edit(const struct chain *c, const char *from,
			 const char *to)
{
	struct qiao_buf text = QIAO_BUF, out = QIAO_BUF;
	const char *at;

	anchor_print(&text, c);
	qiao_buf_put_u8(&text, 0);
	at = strstr((const char *)text.p, from);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	qiao_buf_put_mem(&out, text.p, (size_t)(at - (const char *)text.p));
	qiao_buf_put_str(&out, to);
	qiao_buf_put_str(&out, at + strlen(from));
	qiao_buf_put_u8(&out, 0);
	qiao_buf_free(&text);
	return (char *)out.p;
}

static void sec_09_an_anchor_is_pinned_or_refused(void)
{
	static const struct {
		const char *from, *to;
		qiao_err want;
	} cases[] = {
		{ "quorum", "quorum", QIAO_OK },
		{ "quorum", "fabric", QIAO_E_CONFIG },
		{ "\"province\"", "\"other\"", QIAO_E_CONFIG },
		{ "\"province\"", "\"\"", QIAO_E_CONFIG },
		{ "fingerprint = \"", "fingerprint = \"0", QIAO_E_CONFIG },
		{ "fingerprint", "fingerprints", QIAO_E_CONFIG },
		{ "genesis = \"", "genesis = \"00", QIAO_E_CONFIG },
		{ "genesis = \"", "genesis = \"zz", QIAO_E_CONFIG },
		{ "set = \"93", "set = \"94", QIAO_E_CONFIG },
		{ "set = \"", "# set = \"", QIAO_E_CONFIG },
		{ "chain =", "extra = true; chain =", QIAO_E_CONFIG },
	};
	struct chain c;

	chain_new(&c, 4, false);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = anchor_edit(&c, cases[i].from, cases[i].to);

		anchor_try(text, NETWORK, cases[i].want);
		qiao_free(text);
	}
	chain_free(&c);
}

static void sec_09_no_anchor_or_no_network_is_no_start(void)
{
	struct client k = { .mem = { .fail_put = -1, .fail_get = -1 } };
	const struct qiao_hash zero = { { 0 } };
	struct qiao_lc_config cfg = { 0 };
	struct chain c;
	char *text;

	k.view = (struct qiao_view){ &k.mem, mem_get, mem_put, NULL };
	CU_ASSERT_EQUAL(
		qiao_lc_quorum.open(&k.lc, &cfg, NETWORK, &k.view, &k.why),
		QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(k.lc);
	chain_new(&c, 1, false);
	text = anchor_edit(&c, "quorum", "quorum");
	anchor_try(text, &zero, QIAO_E_CONFIG);
	qiao_free(text);
	chain_free(&c);
	client_free(&k);
}

/* --- chains that another program made ------------------------------------- */
static void hex_put(struct qiao_buf *out, const json_t *j, const char *name)
{
	const char *hex =
		json_string_value(name ? json_object_get(j, name) : j);

	CU_ASSERT_PTR_NOT_NULL_FATAL(hex);
	qiao_buf_clear(out);
	CU_ASSERT_EQUAL(qiao_hex_decode_buf(out, qiao_slice_str(hex)), QIAO_OK);
}

static qiao_err count_item(void *ctx, const struct qiao_proven *item)
{
	CU_ASSERT_FALSE(item->doubted);
	++*(size_t *)ctx;
	return QIAO_OK;
}

static void vectors_open(struct fixture *f, const json_t *doc,
			 struct qiao_hash *network)
{
	const json_t *genesis =
		json_array_get(json_object_get(doc, "headers"), 0);
	struct qiao_buf text = QIAO_BUF, b = QIAO_BUF;

	memset(f, 0, sizeof(*f));
	f->k.mem.fail_put = f->k.mem.fail_get = -1;
	hex_put(&b, doc, "network");
	CU_ASSERT_TRUE(qiao_hash_from(network, qiao_buf_slice(&b)));
	hex_put(&f->c.genesis, genesis, "bytes");
	hex_put(&f->c.first_set,
		json_array_get(json_object_get(doc, "sets"), 0), "bytes");
	anchor_print(&text, &f->c);
	qiao_buf_put_u8(&text, 0);
	CU_ASSERT_EQUAL_FATAL(
		client_open_text(&f->k, (const char *)text.p, network),
		QIAO_OK);
	qiao_buf_free(&text);
	qiao_buf_free(&b);
}

static void vector_block_check(struct fixture *f, const json_t *h)
{
	struct qiao_proven_sink sink;
	struct qiao_buf proof = QIAO_BUF, one = QIAO_BUF;
	const json_t *j;
	size_t i, n = 0, single = 0;

	hex_put(&proof, h, "block");
	sink = (struct qiao_proven_sink){ &n, count_item };
	CU_ASSERT_EQUAL(qiao_lc_quorum.prove(f->k.lc, qiao_buf_slice(&proof),
					     sink, &f->k.view, &f->k.why),
			QIAO_OK);
	sink.ctx = &single;
	json_array_foreach(json_object_get(h, "proofs"), i, j)
	{
		struct qiao_buf narrow = QIAO_BUF;

		hex_put(&one, j, NULL);
		CU_ASSERT_EQUAL(qiao_lc_quorum.prove(f->k.lc,
						     qiao_buf_slice(&one), sink,
						     &f->k.view, &f->k.why),
				QIAO_OK);
		CU_ASSERT_EQUAL(qiao_lc_quorum.narrow(f->k.lc, &narrow,
						      qiao_buf_slice(&proof), 0,
						      (uint32_t)i),
				QIAO_OK);
		CU_ASSERT_TRUE(qiao_slice_eq(qiao_buf_slice(&narrow),
					     qiao_buf_slice(&one)));
		qiao_buf_free(&narrow);
	}
	CU_ASSERT_EQUAL(n, single);
	CU_ASSERT_EQUAL(n, (size_t)json_integer_value(json_object_get(
				   json_object_get(h, "members"), "leaves")));
	qiao_buf_free(&proof);
	qiao_buf_free(&one);
}

static void the_wire_vectors_are_accepted(void)
{
	json_t *doc = json_load_file("tests/vectors/wire/quorum.json", 0, NULL);
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash network, id;
	struct fixture f;
	const json_t *h;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
	vectors_open(&f, doc, &network);
	id = qiao_lc_quorum.identity(f.k.lc);
	hex_put(&b, doc, "identity");
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_slice_hash(&id), qiao_buf_slice(&b)));
	json_array_foreach(json_object_get(doc, "headers"), i, h)
	{
		struct qiao_header_trusted got;

		hex_put(&b, h, "claim");
		if (i > 0)
			CU_ASSERT_EQUAL(client_take(&f.k, &b), QIAO_OK);
		hex_put(&b, h, "hash");
		got = qiao_lc_quorum.head(f.k.lc);
		CU_ASSERT_EQUAL(got.height, i);
		CU_ASSERT_TRUE(qiao_slice_eq(qiao_slice_hash(&got.hash),
					     qiao_buf_slice(&b)));
		vector_block_check(&f, h);
	}
	CU_ASSERT(i > 2);
	qiao_buf_free(&b);
	qiao_buf_free(&f.c.genesis);
	qiao_buf_free(&f.c.first_set);
	client_free(&f.k);
	json_decref(doc);
}

static void the_registry_knows_the_family_by_name(void)
{
	CU_ASSERT_PTR_EQUAL(qiao_lightclient_find("quorum"), &qiao_lc_quorum);
	CU_ASSERT_PTR_NULL(qiao_lightclient_find("quorums"));
	CU_ASSERT_PTR_NULL(qiao_lightclient_find(""));
}

/* Signatures that nobody checked are not passed on as if somebody had. */
static void a_thin_claim_has_the_signatures_that_were_checked(void)
{
	struct qiao_inhouse_header h;
	struct qiao_buf claim = QIAO_BUF, out = QIAO_BUF, bare = QIAO_BUF;
	struct qiao_hash hash, want;
	struct fixture f;

	setup(&f, 4);
	h = chain_next(&f.c);
	claim_sign(&claim, &f.c.v, &h, ALL, (struct qiao_slice){ NULL, 0 });
	claim_sign(&bare, &f.c.v, &h, 0, (struct qiao_slice){ NULL, 0 });
	CU_ASSERT_EQUAL(qiao_lc_quorum.thin(&out, qiao_buf_slice(&claim), true),
			QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&out), qiao_buf_slice(&claim)));
	CU_ASSERT_TRUE(qiao_lc_quorum.stands(qiao_buf_slice(&out)));
	qiao_buf_clear(&out);
	CU_ASSERT_EQUAL(
		qiao_lc_quorum.thin(&out, qiao_buf_slice(&claim), false),
		QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&out), qiao_buf_slice(&bare)));
	CU_ASSERT_FALSE(qiao_lc_quorum.stands(qiao_buf_slice(&out)));
	CU_ASSERT_EQUAL(qiao_lc_quorum.hash(&hash, qiao_buf_slice(&claim)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_lc_quorum.hash(&want, qiao_buf_slice(&bare)),
			QIAO_OK);
	CU_ASSERT_TRUE(qiao_hash_eq(&hash, &want));
	CU_ASSERT_NOT_EQUAL(
		qiao_lc_quorum.thin(&out, qiao_slice_str("claim"), true),
		QIAO_OK);
	qiao_buf_free(&claim);
	qiao_buf_free(&bare);
	qiao_buf_free(&out);
	teardown(&f);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a genuine chain is followed in one batch", a_genuine_chain_is_followed_in_one_batch },
	{ "only the newest header of a stretch needs signatures", only_the_newest_header_of_a_stretch_needs_signatures },
	{ "a committed set change is followed inside a batch", a_committed_set_change_is_followed_inside_a_batch },
	{ "an unsigned set change is refused", an_unsigned_set_change_is_refused },
	{ "the state survives a reopening", the_state_survives_a_reopening },
	{ "another anchor on the same store is refused", another_anchor_on_the_same_store_is_refused },
	{ "a damaged state is said and not refilled", a_damaged_state_is_said_and_not_refilled },
	{ "SEC-08 SEC-09 SEC-21 SEC-23: a header that does not fit is refused though signed", a_header_that_does_not_fit_is_refused_though_signed },
	{ "the same time twice is fine", the_same_time_twice_is_fine },
	{ "SEC-12 SEC-23: fewer signers than the threshold are refused", sec_12_23_fewer_than_the_threshold_are_refused },
	{ "weights count and not heads", weights_count_and_not_heads },
	{ "SEC-12 SEC-25: one signer counts once", sec_12_25_one_signer_counts_once },
	{ "SEC-19: a signature is bound to its signer", sec_19_a_signature_is_bound_to_its_signer },
	{ "SEC-20: odd signature numbers are refused and we live", sec_20_odd_signature_numbers_are_refused_and_we_live },
	{ "SEC-18 SEC-34: consistent claims without signatures are refused", sec_18_34_consistent_claims_without_signatures_are_refused },
	{ "a batch is taken whole or not at all", a_batch_is_taken_whole_or_not_at_all },
	{ "a batch over the limit is refused", a_batch_over_the_limit_is_refused },
	{ "a view that fails is an I/O error and never a refusal", a_view_that_fails_is_an_io_error_and_never_a_refusal },
	{ "the n-th allocation may fail", the_nth_allocation_may_fail },
	{ "every cut of a claim is refused", every_cut_of_a_claim_is_refused },
	{ "SEC-01: every bit of a claim counts", sec_01_every_bit_of_a_claim_counts },
	{ "SEC-29: hostile bytes are an error and no end", sec_29_hostile_bytes_are_an_error_and_no_end },
	{ "SEC-09 SEC-12: sets that cannot be trusted are refused", sets_that_cannot_be_trusted_are_refused },
	{ "every cut of a set is refused", every_cut_of_a_set_is_refused },
	{ "SEC-09: an anchor is pinned or refused", sec_09_an_anchor_is_pinned_or_refused },
	{ "SEC-09: no anchor or no network is no start", sec_09_no_anchor_or_no_network_is_no_start },
	{ "the wire vectors are accepted", the_wire_vectors_are_accepted },
	{ "the registry knows the family by name", the_registry_knows_the_family_by_name },
	{ "a thin claim has the signatures that were checked", a_thin_claim_has_the_signatures_that_were_checked },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite lc_quorum_test_suite = { "verify/lc_quorum", cases };
