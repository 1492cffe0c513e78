/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/headers.h"

#include "gateway/base/clock.h"
#include "gateway/daemon/chain.h"
#include "gateway/store/header.h"
#include "tests/unit/store/fixture.h"

/* A light client that counts what it is made to do. */
static struct {
	uint64_t next;
	unsigned int compared, advanced;
} fake;

static struct qiao_header_trusted fake_head(const struct qiao_lightclient *lc)
{
	(void)lc;
	return (struct qiao_header_trusted){ .height = fake.next - 1 };
}

/* What the store has is "claim". */
static qiao_err fake_hash(struct qiao_hash *out, struct qiao_slice claim)
{
	*out = hash_of(qiao_slice_is(claim, "claim") ? 5 : 6);
	return QIAO_OK;
}

static bool fake_stands(struct qiao_slice thin)
{
	(void)thin;
	return true;
}

static qiao_err fake_conflict(struct qiao_lightclient *lc,
			      struct qiao_buf *trust,
			      const struct qiao_slice *a, size_t *na,
			      const struct qiao_slice *b, size_t *nb,
			      const struct qiao_view *view,
			      struct qiao_why *why)
{
	(void)lc;
	(void)trust;
	(void)a;
	(void)na;
	(void)b;
	(void)nb;
	(void)view;
	(void)why;
	fake.compared++;
	return QIAO_E_NOTFOUND;
}

static qiao_err fake_advance(struct qiao_lightclient *lc, size_t *bad,
			     const struct qiao_slice *claims, size_t n,
			     const struct qiao_view *view, struct qiao_why *why)
{
	(void)lc;
	(void)claims;
	(void)n;
	(void)view;
	fake.advanced++;
	*bad = 0;
	return qiao_fail(why, QIAO_E_BADSIG, "forged");
}

static uint64_t fake_trust(const struct qiao_lightclient *lc)
{
	(void)lc;
	return 0;
}

static const struct qiao_lightclient_api fake_api = {
	.family = "quorum",
	.head = fake_head,
	.hash = fake_hash,
	.stands = fake_stands,
	.conflict = fake_conflict,
	.advance = fake_advance,
	.trust_height = fake_trust,
};

#define KNOWN 600

struct bench {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_chain chain_cfg[2];
	struct qiao_chain chains[2];
	struct qiao_route route;
	struct qiao_peer peer[2];
	struct qiao_link_peer links[2];
	struct qiao_daemon d;
	struct qiao_item_headers item;
};

static const uint8_t pseudonyms[16] = { 4 };

static qiao_err put_headers(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash h = hash_of(5);
	qiao_err err = QIAO_OK;

	(void)arg;
	for (uint64_t i = 0; i < KNOWN && err == QIAO_OK; i++)
		err = qiao_store_header_put(txn, 1, i, &h,
					    qiao_slice_str("claim"));
	return err;
}

/* `friend` has a route from the chain, `other` is configured, no more. */
static void bench_open(struct bench *b)
{
	static const char *const ids[] = { "friend", "other" };

	memset(b, 0, sizeof(*b));
	fake.next = KNOWN;
	fake.compared = fake.advanced = 0;
	fixture_open(&b->f);
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "gw");
	b->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	b->d.chains = b->chains;
	b->d.n_chains = 2;
	b->d.routes = &b->route;
	b->d.n_routes = 1;
	b->d.links = b->links;
	b->d.n_links = 2;
	for (size_t i = 0; i < 2; i++) {
		b->chains[i].d = &b->d;
		b->chains[i].cfg = &b->chain_cfg[i];
		b->chains[i].identity = hash_of(20 + (unsigned int)i);
		b->chains[i].api = &fake_api;
		/* only handed on to the light client above */
		b->chains[i].lc = (struct qiao_lightclient *)&fake;
		b->chains[i].number = 1;
		b->links[i].d = &b->d;
		b->links[i].peer = &b->peer[i];
		snprintf(b->peer[i].gateway, sizeof(b->peer[i].gateway), "%s",
			 ids[i]);
	}
	b->route.from = &b->chains[0];
	b->route.to = &b->chains[0];
	b->route.peer = &b->links[0];
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b->f.store, put_headers, NULL),
			      QIAO_OK);
}

static void bench_close(struct bench *b)
{
	fixture_close(&b->f);
}

static int say(struct bench *b, const char *peer, size_t chain, uint64_t first,
	       size_t n, const char *claim)
{
	struct qiao_item_headers_reply reply;
	struct qiao_why why;
	int muted = fixture_mute();

	b->item = (struct qiao_item_headers){
		.chain = b->chains[chain].identity, .first = first, .n = n
	};
	for (size_t i = 0; i < n; i++)
		b->item.claims[i] = qiao_slice_str(claim);
	CU_ASSERT_EQUAL(qiao_headers_take(&b->d, peer, &reply, &b->item, &why),
			QIAO_OK);
	fixture_unmute(muted);
	return (int)reply.result;
}

static void a_peer_is_heard_about_the_chains_of_its_routes_only(void)
{
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(say(&b, "friend", 1, KNOWN, 1, "new"),
			QIAO_HEADERS_NOT_HERE);
	CU_ASSERT_EQUAL(say(&b, "other", 0, KNOWN, 1, "new"),
			QIAO_HEADERS_NOT_HERE);
	CU_ASSERT_EQUAL(say(&b, "nobody", 0, KNOWN, 1, "new"),
			QIAO_HEADERS_NOT_HERE);
	CU_ASSERT_EQUAL(fake.advanced + fake.compared, 0);
	bench_close(&b);
}

static void what_we_have_costs_nothing(void)
{
	struct bench b;

	bench_open(&b);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(say(&b, "friend", 0, 0, 500, "claim"),
				QIAO_HEADERS_FOLLOWED);
	CU_ASSERT_EQUAL(fake.compared, 0);
	CU_ASSERT_EQUAL(say(&b, "friend", 0, 0, 1, "different"),
			QIAO_HEADERS_FOLLOWED);
	CU_ASSERT_EQUAL(fake.compared, 1);
	bench_close(&b);
}

static void a_peer_cannot_make_us_check_signatures_for_ever(void)
{
	struct bench b;

	bench_open(&b);
	for (int i = 0; i < 100; i++)
		say(&b, "friend", 0, 0, 500, "different");
	CU_ASSERT_TRUE(fake.compared >= QIAO_HEADER_DOUBTS);
	CU_ASSERT_TRUE(fake.compared <= QIAO_HEADER_DOUBTS + 2);
	bench_close(&b);
	bench_open(&b);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(say(&b, "friend", 0, KNOWN, 3, "forged"),
				QIAO_HEADERS_REFUSED);
	CU_ASSERT_TRUE(fake.advanced >= QIAO_HEADER_DOUBTS);
	CU_ASSERT_TRUE(fake.advanced <= QIAO_HEADER_DOUBTS + 2);
	/* in time it is heard again */
	b.links[0].doubts_at -= QIAO_HEADER_DOUBT_MS;
	fake.advanced = 0;
	say(&b, "friend", 0, KNOWN, 3, "forged");
	CU_ASSERT_EQUAL(fake.advanced, 1);
	bench_close(&b);
}

/* The clock was set back by an hour: nothing gets younger by it. */
static void a_clock_that_is_set_back_makes_no_proof_younger(void)
{
	int64_t now = qiao_now_ms(), hour = 3600000;
	struct bench b;
	struct qiao_chain *c = &b.chains[0];

	bench_open(&b);
	CU_ASSERT_EQUAL(qiao_chain_age_ms(c, now), -1);
	qiao_chain_note_accepted(c, now);
	CU_ASSERT_TRUE(qiao_chain_age_ms(c, now) < 1000);
	CU_ASSERT_TRUE(qiao_chain_age_ms(c, now + hour) >= hour);
	CU_ASSERT_TRUE(qiao_chain_age_ms(c, now - 100) >= 0);
	CU_ASSERT_TRUE(qiao_daemon_clock_ok(&b.d));
	/* accepted two hours ago, the clock went back by one since */
	c->accepted_mono -= 2 * hour;
	c->accepted_ms = now - hour;
	CU_ASSERT_TRUE(qiao_chain_age_ms(c, now) >= 2 * hour);
	/* and by more than that: not to be relied on at all */
	c->accepted_ms = now + hour;
	CU_ASSERT_EQUAL(qiao_chain_age_ms(c, now), -1);
	CU_ASSERT_FALSE(qiao_daemon_clock_ok(&b.d));
	/* what the store says of an earlier run counts from then */
	qiao_chain_note_accepted(c, now - hour);
	CU_ASSERT_TRUE(qiao_chain_age_ms(c, now) >= hour);
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "a peer is heard about the chains of its routes only",
	  a_peer_is_heard_about_the_chains_of_its_routes_only },
	{ "what we have costs nothing", what_we_have_costs_nothing },
	{ "a peer cannot make us check signatures for ever",
	  a_peer_cannot_make_us_check_signatures_for_ever },
	{ "a clock that is set back makes no proof younger",
	  a_clock_that_is_set_back_makes_no_proof_younger },
	{ NULL, NULL },
};
const struct test_suite headers_test_suite = { "daemon/headers", cases };
