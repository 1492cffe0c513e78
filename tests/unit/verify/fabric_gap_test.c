/* SPDX-License-Identifier: Apache-2.0 */
/* Heights left out: from configuration to configuration, and back in between.
 */
#include "tests/unit/verify/fabric_client.h"

static void gap_open(struct client *c, const char *network, const char *anchor)
{
	client_prepare_for(c, network, anchor);
	c->cfg.gaps = true;
	CU_ASSERT_EQUAL_FATAL(client_try(c), QIAO_OK);
}

/* The thin claim of a block, or the whole one; free it. */
static struct qiao_buf claim_of(const struct client *c, unsigned int height,
				bool thin)
{
	struct qiao_buf whole = block_read(c->node, height);
	struct qiao_buf out = QIAO_BUF;

	if (!thin)
		return whole;
	CU_ASSERT_EQUAL(
		qiao_lc_fabric.thin(&out, qiao_buf_slice(&whole), false),
		QIAO_OK);
	qiao_buf_free(&whole);
	return out;
}

static qiao_err take_height(struct client *c, unsigned int height)
{
	struct qiao_buf b = claim_of(c, height, true);
	qiao_err err = take(c, &b);

	qiao_buf_free(&b);
	return err;
}

static qiao_err count_nothing(void *ctx, const struct qiao_proven *p)
{
	unsigned int *n = ctx;

	(void)p;
	++*n;
	return QIAO_OK;
}

static qiao_err prove_height(struct client *c, unsigned int *n,
			     unsigned int height)
{
	struct qiao_buf b = block_read(c->node, height);
	qiao_err err;

	*n = 0;
	err = qiao_lc_fabric.prove(
		c->lc, qiao_buf_slice(&b),
		(struct qiao_proven_sink){ n, count_nothing }, &c->view,
		&c->why);
	qiao_buf_free(&b);
	return err;
}

/* To a height, through the configurations below it only. */
static void skip_to(struct client *c, unsigned int height)
{
	for (size_t i = 0; i < RAFT_CONFIGS; i++)
		if (raft_configs[i] > height_of(c) && raft_configs[i] < height)
			CU_ASSERT_EQUAL(take_height(c, raft_configs[i]),
					QIAO_OK);
	CU_ASSERT_EQUAL(take_height(c, height), QIAO_OK);
	CU_ASSERT_EQUAL(height_of(c), height);
}

static void configurations_lead_to_a_far_header(void)
{
	struct client c;

	gap_open(&c, "raft", ANCHOR);
	skip_to(&c, 275);
	CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 274);
	CU_ASSERT(c.mem.rows.n <
		  60); /* rows of a few blocks and configurations */
	client_close(&c);
}

/* The next one that is needed is said by number. */
static void a_configuration_left_out_is_missed(void)
{
	/* clang-format off */
	static const struct { unsigned int from, to; qiao_err want; } cases[] = {
		{ 0, 1, QIAO_OK }, { 0, 2, QIAO_E_CONFIG }, { 0, 4, QIAO_E_CONFIG },
		{ 3, 42, QIAO_OK }, { 3, 43, QIAO_OK }, { 3, 44, QIAO_E_CONFIG },
		/* 47 follows 43 in sequence */
		{ 3, 47, QIAO_E_CONFIG }, { 43, 46, QIAO_OK }, { 43, 47, QIAO_OK },
		/* signed under a root that 3 does not know */
		{ 3, 275, QIAO_E_CONFIG }, { 58, 63, QIAO_E_CONFIG },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c;

		gap_open(&c, "raft", ANCHOR);
		if (cases[i].from > 0)
			skip_to(&c, cases[i].from);
		CU_ASSERT_EQUAL(take_height(&c, cases[i].to), cases[i].want);
		CU_ASSERT_EQUAL(height_of(&c), cases[i].want == QIAO_OK
						       ? cases[i].to
						       : cases[i].from);
		client_close(&c);
	}
	{
		struct client c;

		gap_open(&c, "raft", ANCHOR);
		CU_ASSERT_EQUAL(take_height(&c, 275), QIAO_E_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(
			strstr(c.why.text, "names configuration 274"));
		client_close(&c);
	}
}

static void a_block_left_out_is_taken_later(void)
{
	static const unsigned int late[] = {
		8, 20, 25, 50, 58, 60, 64, 66, 270
	};
	struct qiao_header_trusted h;
	struct client c;
	unsigned int n;

	gap_open(&c, "raft", ANCHOR);
	skip_to(&c, 275);
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		CU_ASSERT_EQUAL(prove_height(&c, &n, late[i]), QIAO_E_NOTFOUND);
		CU_ASSERT_EQUAL(
			qiao_lc_fabric.header(c.lc, &h, late[i], &c.view),
			QIAO_E_NOTFOUND);
		CU_ASSERT_EQUAL(take_height(&c, late[i]), QIAO_OK);
		CU_ASSERT_EQUAL(height_of(&c), 275);
		CU_ASSERT_EQUAL(
			qiao_lc_fabric.header(c.lc, &h, late[i], &c.view),
			QIAO_OK);
		CU_ASSERT_EQUAL(prove_height(&c, &n, late[i]), QIAO_OK);
		CU_ASSERT_EQUAL(take_height(&c, late[i]), QIAO_E_STALE);
	}
	CU_ASSERT_EQUAL(prove_height(&c, &n, 20), QIAO_OK);
	CU_ASSERT_EQUAL(n, 50);
	/* known from the way up */
	CU_ASSERT_EQUAL(take_height(&c, 43), QIAO_E_STALE);
	CU_ASSERT_EQUAL(take_height(&c, 0), QIAO_E_STALE);
	client_close(&c);
}

static void a_bad_block_is_not_taken_later(void)
{
	/* clang-format off */
	static const struct { const char *file; qiao_err want; } cases[] = {
		{ "raft/stale/block_0074.pb", QIAO_E_BADSIG },
		{ "raft/negative/signed_by_peer.pb", QIAO_E_BADSIG },
		{ "raft/negative/no_signature.pb", QIAO_E_BADSIG },
		{ "raft/negative/last_config_altered.pb", QIAO_E_BADSIG },
		{ "raft/negative/prev_hash_wrong.pb", QIAO_E_LINK },
		{ "raft/negative/cross_linked.pb", QIAO_E_NONCANON },
		{ "raft/negative/number_wrong.pb", QIAO_E_BADSIG },
		{ "bft/peer/block_0014.pb", QIAO_E_BADSIG },
		{ "raft/peer/block_0074.pb", QIAO_OK },
	};
	/* clang-format on */
	struct client c;

	gap_open(&c, "raft", ANCHOR);
	skip_to(&c, 275);
	CU_ASSERT_EQUAL(take_height(&c, 19), QIAO_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = file_read(cases[i].file);

		CU_ASSERT_EQUAL(take(&c, &b), cases[i].want);
		qiao_buf_free(&b);
	}
	client_close(&c);
}

static void a_batch_ascends(void)
{
	/* clang-format off */
	static const struct { unsigned int height[3]; size_t n; qiao_err want; size_t bad; } cases[] = {
		{ { 20, 25, 276 }, 2, QIAO_OK, 0 },
		{ { 20, 21, 0 }, 2, QIAO_OK, 0 },
		{ { 25, 20, 0 }, 2, QIAO_E_STALE, 1 },
		{ { 20, 20, 0 }, 2, QIAO_E_STALE, 1 },
		{ { 20, 25, 25 }, 3, QIAO_E_STALE, 2 },
		/* below the head, then above it, also left out */
		{ { 20, 26, 268 }, 3, QIAO_OK, 0 },
		{ { 268, 20, 0 }, 2, QIAO_E_STALE, 1 },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf raw[3] = { { .max = 0 } };
		struct qiao_slice claims[3];
		struct client c;
		size_t bad, rows;

		gap_open(&c, "raft", ANCHOR);
		skip_to(&c, 266);
		rows = c.mem.rows.n;
		for (size_t k = 0; k < cases[i].n; k++) {
			raw[k] = claim_of(&c, cases[i].height[k], true);
			claims[k] = qiao_buf_slice(&raw[k]);
		}
		CU_ASSERT_EQUAL(qiao_lc_fabric.advance(c.lc, &bad, claims,
						       cases[i].n, &c.view,
						       &c.why),
				cases[i].want);
		if (cases[i].want == QIAO_OK) {
			CU_ASSERT_EQUAL(c.mem.rows.n, rows + cases[i].n);
		} else {
			CU_ASSERT_EQUAL(bad, cases[i].bad);
			CU_ASSERT_EQUAL(c.mem.rows.n, rows);
			CU_ASSERT_EQUAL(height_of(&c), 266);
		}
		for (size_t k = 0; k < cases[i].n; k++)
			qiao_buf_free(&raw[k]);
		client_close(&c);
	}
}

static void without_leave_no_height_is_left_out(void)
{
	struct client c;

	client_open(&c);
	CU_ASSERT_EQUAL(take_height(&c, 1), QIAO_OK);
	CU_ASSERT_EQUAL(take_height(&c, 3), QIAO_E_NUMBER);
	CU_ASSERT_EQUAL(take_height(&c, 1), QIAO_E_STALE);
	client_close(&c);
}

/* Each header stands alone, so each needs what the operator demands. */
static void every_header_is_signed_as_the_operator_demands(void)
{
	struct client c;

	client_prepare(&c, ANCHOR);
	c.cfg.gaps = true;
	c.cfg.min_orderers = 2;
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	CU_ASSERT_EQUAL(take_height(&c, 1), QIAO_E_BADSIG);
	client_close(&c);
}

static void a_store_is_taken_up_again(void)
{
	struct client c;
	unsigned int n;

	gap_open(&c, "raft", ANCHOR);
	skip_to(&c, 264);
	qiao_lc_fabric.free(c.lc);
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	CU_ASSERT_EQUAL(take_height(&c, 20), QIAO_OK);
	CU_ASSERT_EQUAL(prove_height(&c, &n, 20), QIAO_OK);
	skip_to(&c, 275);
	/* a row that no honest run leaves: its own judge, or one above it */
	row_flip(&c, "block/00000000000000000047", 1 + 32 + 7, 47 ^ 43);
	CU_ASSERT_EQUAL(take_height(&c, 21), QIAO_E_IO);
	client_close(&c);
}

static const struct test_case cases[] = {
	{ "configurations lead to a far header",
	  configurations_lead_to_a_far_header },
	{ "a configuration left out is missed",
	  a_configuration_left_out_is_missed },
	{ "a block left out is taken later", a_block_left_out_is_taken_later },
	{ "a bad block is not taken later", a_bad_block_is_not_taken_later },
	{ "a batch ascends", a_batch_ascends },
	{ "without leave no height is left out",
	  without_leave_no_height_is_left_out },
	{ "every header is signed as the operator demands",
	  every_header_is_signed_as_the_operator_demands },
	{ "a store is taken up again", a_store_is_taken_up_again },
	{ NULL, NULL },
};

const struct test_suite fabric_gap_test_suite = { "verify/fabric_gap", cases };
