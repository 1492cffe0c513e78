/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_block.h"
#include "tests/unit/verify/fabric_client.h"

#include <string.h>

struct count {
	unsigned int writes, deletes, doubted, replayed;
	struct qiao_proven last;
	uint8_t tx_id[32];
	char issuer[64], key[64];
	qiao_err answer;
};

static qiao_err count_item(void *ctx, const struct qiao_proven *p)
{
	struct count *n = ctx;

	n->writes += p->kind == QIAO_PROVEN_WRITE;
	n->deletes += p->kind == QIAO_PROVEN_DELETE;
	n->doubted += p->doubted;
	n->last = *p;
	n->replayed += p->validity == QIAO_VALIDITY_REPLAYED;
	CU_ASSERT_EQUAL_FATAL(p->tx_id.n, 32);
	memcpy(n->tx_id, p->tx_id.p, 32);
	qiao_str_copy(n->issuer, sizeof(n->issuer), p->issuer);
	qiao_str_copy(n->key, sizeof(n->key), p->key);
	return n->answer;
}

static qiao_err prove(struct client *c, struct count *n, const char *node,
		      unsigned int height)
{
	struct qiao_buf b = block_read(node, height);
	qiao_err err;

	memset(n, 0, sizeof(*n));
	err = qiao_lc_fabric.prove(c->lc, qiao_buf_slice(&b),
				   (struct qiao_proven_sink){ n, count_item },
				   &c->view, &c->why);
	qiao_buf_free(&b);
	return err;
}

static void the_channel_is_followed_whole_and_thin(void)
{
	/* clang-format off */
	static const struct { size_t batch; bool thin; } ways[] = {
		{ 1, false }, { 1, true }, { 7, false }, { 64, true },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct client c;
		char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
		struct qiao_header_trusted h;

		client_open(&c);
		follow(&c, RAFT_BLOCKS - 1, ways[i].batch, ways[i].thin);
		CU_ASSERT_EQUAL(height_of(&c), RAFT_BLOCKS - 1);
		CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 274);
		CU_ASSERT_EQUAL(qiao_lc_fabric.header(c.lc, &h, 128, &c.view),
				QIAO_OK);
		CU_ASSERT_STRING_EQUAL(
			qiao_hex_encode(hex, qiao_slice_hash(&h.hash)),
			"d00996965105171c6b39678ee5055ed119d99722feab8be23b58b9"
			"6649782a92");
		CU_ASSERT_EQUAL(h.time_ms, 0);
		CU_ASSERT_EQUAL(
			qiao_lc_fabric.header(c.lc, &h, RAFT_BLOCKS, &c.view),
			QIAO_E_NOTFOUND);
		client_close(&c);
	}
}

static void records_are_proven_at_any_accepted_height(void)
{
	/* clang-format off */
	static const struct { unsigned int height, writes, deletes, doubted; } cases[] = {
		{ 275, 1, 0, 0 }, { 8, 1, 0, 0 }, { 20, 50, 0, 0 }, { 7, 0, 0, 0 },
		{ 26, 2, 0, 1 }, { 27, 0, 0, 0 }, { 33, 1, 0, 0 }, { 35, 1, 0, 1 },
		{ 41, 0, 1, 0 }, { 49, 0, 0, 0 }, { 55, 0, 0, 0 }, { 56, 1, 0, 0 },
		{ 62, 1, 0, 0 }, { 267, 0, 0, 0 }, { 273, 1, 0, 0 }, { 0, 0, 0, 0 },
	};
	/* clang-format on */
	struct client c;
	struct count n;

	client_open(&c);
	follow(&c, RAFT_BLOCKS - 1, 64, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", cases[i].height),
				QIAO_OK);
		CU_ASSERT_EQUAL(n.writes, cases[i].writes);
		CU_ASSERT_EQUAL(n.deletes, cases[i].deletes);
		CU_ASSERT_EQUAL(n.doubted, cases[i].doubted);
	}
	client_close(&c);
}

/* Block by block the same codes as the peers, told by what is handed out. */
static void a_channel_followed_whole_is_replayed(void)
{
	/* clang-format off */
	static const struct { unsigned int height, writes; } cases[] = {
		{ 8, 1 }, { 20, 50 }, { 26, 1 }, { 27, 0 }, { 33, 1 },
		{ 35, 0 }, { 36, 1 }, { 38, 0 }, { 39, 1 }, { 55, 0 }, { 56, 1 },
		{ 78, 0 }, { 275, 1 },
	};
	/* clang-format on */
	struct client c;
	struct count n;

	client_prepare(&c, HEAD); /* no rule for any chaincode */
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	follow(&c, RAFT_BLOCKS - 1, 64, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", cases[i].height),
				QIAO_OK);
		CU_ASSERT_EQUAL(n.writes, cases[i].writes);
		CU_ASSERT_EQUAL(n.replayed, n.writes);
		CU_ASSERT_EQUAL(n.doubted, 0);
	}
	client_close(&c);
}

static void replay_goes_on_after_a_restart(void)
{
	struct client c;
	struct count n;

	client_open(&c);
	for (unsigned int i = 1; i < 80; i += 3) {
		follow(&c, i, 2, false);
		qiao_lc_fabric.free(c.lc);
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	}
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 78), QIAO_OK);
	CU_ASSERT_EQUAL(n.writes, 0);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 77), QIAO_OK);
	CU_ASSERT_EQUAL(n.replayed, 1);
	client_close(&c);
}

/* From there on nobody knows which keys have which version. */
static void one_thin_claim_ends_replay_for_good(void)
{
	struct client c;
	struct count n;

	client_open(&c);
	follow(&c, 20, 20, false);
	follow(&c, 21, 1, true);
	follow(&c, 30, 10, false);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 20), QIAO_OK);
	CU_ASSERT_EQUAL(n.replayed, 50);
	for (unsigned int i = 21; i < 27; i++) {
		CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", i), QIAO_OK);
		CU_ASSERT_EQUAL(n.replayed, 0);
		CU_ASSERT(n.writes > 0);
	}
	qiao_lc_fabric.free(c.lc);
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	follow(&c, 31, 1, false);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 20), QIAO_OK);
	CU_ASSERT_EQUAL(n.replayed, 50);
	client_close(&c);
}

/* A store from before replay was built has block rows without codes. */
static void an_older_store_is_followed_without_replay(void)
{
	static const char *const rows[] = { "block/00000000000000000009",
					    "block/00000000000000000010" };
	struct client c;
	struct count n;

	client_open(&c);
	follow(&c, 10, 10, false);
	for (size_t i = 0; i < 2; i++) {
		struct qiao_buf b = QIAO_BUF;

		CU_ASSERT_EQUAL(
			c.view.get(c.view.ctx, &b, qiao_slice_str(rows[i])),
			QIAO_OK);
		b.p[0] = 1;
		b.n = 1 + QIAO_HASH_LEN + 8;
		CU_ASSERT_EQUAL(c.view.put(c.view.ctx, qiao_slice_str(rows[i]),
					   qiao_buf_slice(&b)),
				QIAO_OK);
		qiao_buf_free(&b);
	}
	c.view.put(c.view.ctx, qiao_slice_str("replay"),
		   qiao_slice_of(NULL, 0));
	qiao_lc_fabric.free(c.lc);
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	follow(&c, 20, 10, false);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 10), QIAO_OK);
	CU_ASSERT_EQUAL(n.writes, 1);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 20), QIAO_OK);
	CU_ASSERT_EQUAL(n.writes, 50);
	CU_ASSERT_EQUAL(n.replayed, 0);
	client_close(&c);
}

static void a_statement_says_who_made_it(void)
{
	char hex[QIAO_HEX_LEN(32)];
	struct client c;
	struct count n;

	client_open(&c);
	follow(&c, 25, 25, false);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 25), QIAO_OK);
	CU_ASSERT_EQUAL(n.writes, 1);
	CU_ASSERT_EQUAL(n.last.height, 25);
	CU_ASSERT_EQUAL(n.last.tx, 0);
	CU_ASSERT_EQUAL(n.last.index, 0);
	CU_ASSERT_STRING_EQUAL(n.key, "REC_CPR-0001");
	CU_ASSERT_STRING_EQUAL(n.issuer, "NanjingMSP");
	CU_ASSERT_STRING_EQUAL(
		qiao_hex_encode(hex, qiao_slice_of(n.tx_id, 32)),
		"394fdf2557446af28149f317f0a5912d4593b37e8d94fcdab6ae493ef841"
		"e919");
	/* an orderer's copy has no opinion that could lower anything */
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/orderer2", 25), QIAO_OK);
	CU_ASSERT_EQUAL(n.writes, 1);
	CU_ASSERT_EQUAL(n.doubted, 0);
	client_close(&c);
}

static void a_proof_must_be_of_an_accepted_block(void)
{
	struct qiao_buf thin = QIAO_BUF, b;
	struct client c;
	struct count n = { 0 };
	struct qiao_proven_sink sink = { &n, count_item };

	client_open(&c);
	follow(&c, 20, 20, true);
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 21), QIAO_E_NOTFOUND);
	b = file_read("raft/negative/tx_dropped_header_recomputed.pb");
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&b), sink,
					     &c.view, &c.why),
			QIAO_E_PROOF);
	qiao_buf_free(&b);
	b = file_read("raft/negative/cross_linked.pb");
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&b), sink,
					     &c.view, &c.why),
			QIAO_E_NONCANON);
	qiao_buf_free(&b);
	b = file_read("raft/negative/tx_dropped.pb");
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&b), sink,
					     &c.view, &c.why),
			QIAO_E_HASH);
	qiao_buf_free(&b);
	b = block_read("raft/peer", 20);
	CU_ASSERT_EQUAL(qiao_lc_fabric.thin(&thin, qiao_buf_slice(&b), false),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&thin), sink,
					     &c.view, &c.why),
			QIAO_E_PROOF);
	CU_ASSERT_EQUAL(n.writes, 0);
	/* an error of the sink stops it */
	n.answer = QIAO_E_FULL;
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&b), sink,
					     &c.view, &c.why),
			QIAO_E_FULL);
	CU_ASSERT_EQUAL(n.writes, 1);
	qiao_buf_free(&thin);
	qiao_buf_free(&b);
	client_close(&c);
}

static void a_batch_is_taken_whole_or_not_at_all(void)
{
	struct qiao_buf raw[4];
	struct qiao_slice claims[4];
	struct client c;
	size_t bad, rows;

	client_open(&c);
	follow(&c, 1, 1, false);
	rows = c.mem.rows.n;
	for (unsigned int i = 0; i < 4; i++)
		raw[i] = block_read("raft/peer", i == 3 ? 6 : 2 + i);
	for (size_t i = 0; i < 4; i++)
		claims[i] = qiao_buf_slice(&raw[i]);
	CU_ASSERT_EQUAL(
		qiao_lc_fabric.advance(c.lc, &bad, claims, 4, &c.view, &c.why),
		QIAO_E_NUMBER);
	CU_ASSERT_EQUAL(bad, 3);
	CU_ASSERT_EQUAL(height_of(&c), 1);
	CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 1);
	CU_ASSERT_EQUAL(c.mem.rows.n, rows);
	/* the first three are fine */
	CU_ASSERT_EQUAL(
		qiao_lc_fabric.advance(c.lc, &bad, claims, 3, &c.view, &c.why),
		QIAO_OK);
	CU_ASSERT_EQUAL(height_of(&c), 4);
	CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 3);
	CU_ASSERT_EQUAL(take(&c, &raw[0]), QIAO_E_STALE);
	CU_ASSERT_EQUAL(take(&c, &raw[3]), QIAO_E_NUMBER);
	for (size_t i = 0; i < 4; i++)
		qiao_buf_free(&raw[i]);
	client_close(&c);
}

static void bad_claims_have_their_reasons(void)
{
	/* clang-format off */
	static const struct { const char *file; qiao_err want; } cases[] = {
		{ "raft/negative/prev_hash_wrong.pb", QIAO_E_LINK },
		{ "raft/negative/number_wrong.pb", QIAO_E_NUMBER },
		{ "raft/negative/cross_linked.pb", QIAO_E_NONCANON },
		{ "raft/negative/tx_dropped.pb", QIAO_E_HASH },
		{ "raft/negative/no_signature.pb", QIAO_E_BADSIG },
		{ "raft/negative/last_config_altered.pb", QIAO_E_BADSIG },
		{ "raft/negative/orderer_sig_high_s.pb", QIAO_E_BADSIG },
		{ "raft/negative/cases.json", QIAO_E_MALFORMED },
		{ "raft/negative/good_block_20.pb", QIAO_OK },
	};
	/* clang-format on */
	struct client c;

	client_open(&c);
	follow(&c, 19, 19, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = file_read(cases[i].file);

		CU_ASSERT_EQUAL(take(&c, &b), cases[i].want);
		CU_ASSERT_EQUAL(height_of(&c),
				cases[i].want == QIAO_OK ? 20 : 19);
		qiao_buf_free(&b);
	}
	client_close(&c);
}

/* Without its entry a configuration block would change nothing. */
static void a_configuration_block_must_come_whole(void)
{
	struct qiao_buf b = block_read("raft/peer", 1), meta = QIAO_BUF;
	struct qiao_buf header_only = QIAO_BUF;
	struct qiao_fabric_block parsed;
	struct client c;

	CU_ASSERT_EQUAL(
		qiao_fabric_block_parse(&parsed, qiao_buf_slice(&b), NULL),
		QIAO_OK);
	/* thin() of a claim whose data was cut keeps it so */
	CU_ASSERT_EQUAL(qiao_lc_fabric.thin(&meta, qiao_buf_slice(&b), false),
			QIAO_OK);
	CU_ASSERT(meta.n < b.n);
	{
		struct qiao_slice h = qiao_pb_bytes(qiao_buf_slice(&b), 1);
		struct qiao_slice m = qiao_pb_bytes(qiao_buf_slice(&meta), 3);

		qiao_buf_put_u8(&header_only, 0x0a);
		qiao_buf_put_u8(&header_only, (uint8_t)h.n);
		qiao_buf_put(&header_only, h);
		qiao_buf_put_u8(&header_only, 0x1a);
		qiao_buf_put_u8(&header_only, (uint8_t)(m.n | 0x80));
		qiao_buf_put_u8(&header_only, (uint8_t)(m.n >> 7));
		qiao_buf_put(&header_only, m);
	}
	client_open(&c);
	CU_ASSERT_EQUAL(take(&c, &header_only), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(take(&c, &meta), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 1);
	qiao_buf_free(&header_only);
	qiao_buf_free(&meta);
	qiao_buf_free(&b);
	client_close(&c);
}

static void what_the_operator_demands_comes_on_top(void)
{
	struct client c;
	struct qiao_buf b;

	/* an administrator signs: fine for the channel, not for an operator
	 * who wants orderers */
	client_prepare(&c, ANCHOR);
	c.cfg.orderer_role = true;
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	follow(&c, 59, 59, true);
	b = file_read("raft/negative/admin_signs_while_any_writers.pb");
	CU_ASSERT_EQUAL(take(&c, &b), QIAO_E_BADSIG);
	qiao_buf_free(&b);
	follow(&c, RAFT_BLOCKS - 1, 64, true);
	client_close(&c);
	client_open(&c);
	follow(&c, 59, 59, true);
	b = file_read("raft/negative/admin_signs_while_any_writers.pb");
	CU_ASSERT_EQUAL(take(&c, &b), QIAO_OK);
	qiao_buf_free(&b);
	client_close(&c);
	/* one orderer's signature is in a copy */
	client_prepare(&c, ANCHOR);
	c.cfg.min_orderers = 2;
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	b = block_read("raft/peer", 1);
	CU_ASSERT_EQUAL(take(&c, &b), QIAO_E_BADSIG);
	qiao_buf_free(&b);
	client_close(&c);
}

static void append_field(struct qiao_buf *out, unsigned int number,
			 struct qiao_slice bytes)
{
	size_t n = bytes.n;

	qiao_buf_put_u8(out, (uint8_t)(number << 3 | 2));
	for (; n >= 0x80; n >>= 7)
		qiao_buf_put_u8(out, (uint8_t)(n | 0x80));
	qiao_buf_put_u8(out, (uint8_t)n);
	qiao_buf_put(out, bytes);
}

/* The signatures of several copies of one block in one claim. */
static struct qiao_buf merge_copies(unsigned int height, size_t copies)
{
	static const char *const nodes[] = { "raft/orderer1", "raft/orderer2",
					     "raft/orderer3" };
	struct qiao_buf out = QIAO_BUF, slot = QIAO_BUF, meta = QIAO_BUF;

	for (size_t i = 0; i < copies; i++) {
		struct qiao_buf b = block_read(nodes[i % 3], height);
		struct qiao_fabric_block parsed;

		CU_ASSERT_EQUAL(qiao_fabric_block_parse(
					&parsed, qiao_buf_slice(&b), NULL),
				QIAO_OK);
		if (i == 0) {
			append_field(&out, 1,
				     qiao_pb_bytes(qiao_buf_slice(&b), 1));
			append_field(&slot, 1,
				     qiao_pb_bytes(parsed.signatures, 1));
		}
		append_field(&slot, 2, qiao_pb_bytes(parsed.signatures, 2));
		qiao_buf_free(&b);
	}
	append_field(&meta, 1, qiao_buf_slice(&slot));
	append_field(&out, 3, qiao_buf_slice(&meta));
	qiao_buf_free(&slot);
	qiao_buf_free(&meta);
	return out;
}

/* A claim of header and metadata gets the entries of the whole block. */
static void whole_of(struct qiao_buf *claim, struct qiao_slice whole)
{
	struct qiao_buf out = QIAO_BUF;

	append_field(&out, 1, qiao_pb_bytes(whole, 1));
	append_field(&out, 2, qiao_pb_bytes(whole, 2));
	append_field(&out, 3, qiao_pb_bytes(qiao_buf_slice(claim), 3));
	qiao_buf_free(claim);
	*claim = out;
}

static void several_orderers_may_sign_one_claim(void)
{
	/* clang-format off */
	static const struct { unsigned int min; size_t copies; qiao_err want; } cases[] = {
		{ 1, 1, QIAO_OK }, { 2, 1, QIAO_E_BADSIG }, { 2, 2, QIAO_OK },
		{ 3, 2, QIAO_E_BADSIG }, { 3, 3, QIAO_OK },
		/* the first one signs again and again */
		{ 4, 12, QIAO_E_BADSIG },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf merged = merge_copies(20, cases[i].copies);
		struct client c;

		client_open(&c);
		follow(&c, 19, 19, true);
		qiao_lc_fabric.free(c.lc);
		c.cfg.orderer_role = true;
		c.cfg.min_orderers = cases[i].min;
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		CU_ASSERT_EQUAL(height_of(&c), 19);
		CU_ASSERT_EQUAL(take(&c, &merged), cases[i].want);
		qiao_buf_free(&merged);
		client_close(&c);
	}
}

/* Of two, one and two orderers in one batch only the last counts. */
static void the_newest_claim_of_a_batch_vouches_for_those_below(void)
{
	/* clang-format off */
	static const struct { size_t copies[3], n; qiao_err want; size_t bad; } cases[] = {
		{ { 2, 1, 2 }, 3, QIAO_OK, 0 },
		{ { 1, 1, 2 }, 3, QIAO_OK, 0 },
		{ { 1, 2, 1 }, 3, QIAO_E_BADSIG, 2 },
		{ { 2, 1, 1 }, 3, QIAO_E_BADSIG, 1 },
		{ { 1, 1, 1 }, 3, QIAO_E_BADSIG, 0 },
		{ { 2, 1 }, 2, QIAO_E_BADSIG, 1 },
		{ { 1, 2 }, 2, QIAO_OK, 0 },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf raw[3] = { { .max = 0 } };
		struct qiao_slice claims[3];
		struct client c;
		size_t bad;

		client_open(&c);
		follow(&c, 54, 54, true);
		qiao_lc_fabric.free(c.lc);
		c.cfg.min_orderers = 0; /* three nodes: two of them */
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		for (unsigned int k = 0; k < cases[i].n; k++) {
			raw[k] = merge_copies(55 + k, cases[i].copies[k]);
			claims[k] = qiao_buf_slice(&raw[k]);
		}
		/* 57 is a configuration, whose claim must be whole */
		if (cases[i].n == 3) {
			struct qiao_buf whole = block_read("raft/peer", 57);

			whole_of(&raw[2], qiao_buf_slice(&whole));
			claims[2] = qiao_buf_slice(&raw[2]);
			qiao_buf_free(&whole);
		}
		CU_ASSERT_EQUAL(qiao_lc_fabric.advance(c.lc, &bad, claims,
						       cases[i].n, &c.view,
						       &c.why),
				cases[i].want);
		if (cases[i].want == QIAO_OK) {
			CU_ASSERT_EQUAL(height_of(&c), 54 + cases[i].n);
		} else {
			CU_ASSERT_EQUAL(bad, cases[i].bad);
			CU_ASSERT_EQUAL(height_of(&c), 54);
			CU_ASSERT_PTR_NOT_NULL(
				strstr(c.why.text, "min_orderers"));
		}
		for (size_t k = 0; k < 3; k++)
			qiao_buf_free(&raw[k]);
		client_close(&c);
	}
}

static void a_client_goes_on_where_its_store_is(void)
{
	struct client c;
	struct count n;

	client_open(&c);
	for (unsigned int to = 30; to < RAFT_BLOCKS; to += 35) {
		struct qiao_header_trusted h, again;

		follow(&c, to, 10, true);
		h = qiao_lc_fabric.head(c.lc);
		qiao_lc_fabric.free(c.lc);
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		CU_ASSERT_EQUAL(height_of(&c), to);
		again = qiao_lc_fabric.head(c.lc);
		CU_ASSERT(qiao_hash_eq(&h.hash, &again.hash));
		CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 20), QIAO_OK);
		CU_ASSERT_EQUAL(n.writes, 50);
	}
	client_close(&c);
}

static void a_failing_store_is_no_refusal(void)
{
	struct qiao_buf b = block_read("raft/peer", 76);
	struct qiao_buf next = block_read("raft/peer", 77);
	struct client c;
	struct count n;
	qiao_err err;

	client_prepare(&c, ANCHOR);
	/* every get and put of the start fails once */
	for (long i = 0;; i++) {
		c.mem.fail_gets = i;
		if (client_try(&c) == QIAO_OK)
			break;
		CU_ASSERT_PTR_NULL(c.lc);
		CU_ASSERT_FATAL(i < 10);
	}
	qiao_lc_fabric.free(c.lc);
	c.mem.fail_gets = -1;
	qiao_layer_clear(&c.mem.rows);
	for (long i = 0;; i++) {
		c.mem.fail_after = i;
		if (client_try(&c) == QIAO_OK)
			break;
		CU_ASSERT_PTR_NULL(c.lc);
		CU_ASSERT_FATAL(i < 20);
	}
	c.mem.fail_after = -1;
	follow(&c, 75, 25, false);
	for (long i = 0;; i++) { /* of one with key policies and reads, too */
		c.mem.fail_gets = i;
		err = take(&c, &b);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_IO);
		CU_ASSERT_EQUAL(height_of(&c), 75);
		CU_ASSERT_FATAL(i < 100);
	}
	c.mem.fail_gets = -1;
	for (long i = 0;; i++) {
		c.mem.fail_after = i;
		err = take(&c, &next);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_FULL);
		CU_ASSERT_EQUAL(height_of(&c), 76);
		CU_ASSERT_FATAL(i < 100);
	}
	c.mem.fail_after = -1;
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 77), QIAO_OK);
	CU_ASSERT_EQUAL(n.replayed, n.writes);
	c.mem.fail_gets = 0;
	CU_ASSERT_EQUAL(prove(&c, &n, "raft/peer", 1), QIAO_E_IO);
	qiao_buf_free(&next);
	qiao_buf_free(&b);
	client_close(&c);
}

static void a_damaged_store_is_an_io_error(void)
{
	static const char *const rows[] = { "head", "replay" };
	struct client c;

	for (size_t i = 0; i < 2; i++) {
		client_open(&c);
		follow(&c, 3, 3, false);
		qiao_lc_fabric.free(c.lc);
		row_flip(&c, rows[i], 0, 0x40); /* no such version */
		CU_ASSERT_EQUAL(client_try(&c), QIAO_E_IO);
		client_close(&c);
	}
	client_open(&c);
	follow(&c, 3, 3, false);
	qiao_lc_fabric.free(c.lc);
	CU_ASSERT_EQUAL(
		c.view.put(c.view.ctx,
			   qiao_slice_str("config/00000000000000000003"),
			   qiao_slice_of(NULL, 0)),
		QIAO_OK);
	CU_ASSERT_EQUAL(client_try(&c), QIAO_E_IO);
	client_close(&c);
}

static void an_anchor_that_does_not_fit_is_refused(void)
{
	static const char *const bad[] = {
		"family = \"quorum\"; channel = \"certchannel\"; "
		"genesis_hash = \"" GENESIS_HASH "\";",
		"family = \"fabric\"; channel = \"other\"; genesis_hash = "
		"\"" GENESIS_HASH "\";",
		"family = \"fabric\"; channel = \"certchannel\"; genesis_hash "
		"= \"ab5b5002737b200de60a9fd911077f7b80db62c316a404d5500ea2838"
		"b454ef5\";",
		"family = \"fabric\"; channel = \"certchannel\";",
		"family = \"fabric\"; channel = \"certchannel\"; genesis_hash "
		"= \"0000000000000000000000000000000000000000000000000000000000"
		"000000\";",
		HEAD "surprise = 1;",
		HEAD "chaincode = \"records\";",
		HEAD "chaincode = ( { name = \"a\"; } );",
		HEAD "chaincode = ( { name = \"a\"; policy = \"AND(\"; } );",
		HEAD "chaincode = ( { name = \"a\"; from = -1L; policy = "
		     "\"AND('A.peer')\"; } );",
		HEAD "chaincode = ( { name = \"a\"; form = 1L; policy = "
		     "\"AND('A.peer')\"; } );",
		HEAD "chaincode = ( { name = \"a\"; policy = "
		     "\"OutOf(0,'A.peer')\"; } );",
		HEAD "chaincode = ( { name = \"a\"; policy = "
		     "\"AND('A.peer')\"; }, { name = \"a\"; policy = "
		     "\"AND('B.peer')\"; } );",
	};
	struct client c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		client_prepare(&c, bad[i]);
		CU_ASSERT_EQUAL(client_try(&c), QIAO_E_CONFIG);
		CU_ASSERT_PTR_NULL(c.lc);
		CU_ASSERT_NOT_EQUAL(c.why.text[0], 0);
		CU_ASSERT_EQUAL(c.mem.rows.n, 0);
		client_close(&c);
	}
}

static void a_store_of_another_chain_is_refused(void)
{
	struct client c;

	client_open(&c);
	qiao_lc_fabric.free(c.lc);
	row_flip(&c, "head", 1 + 8 + 32 + 8, 1);
	CU_ASSERT_EQUAL(client_try(&c), QIAO_E_CONFIG);
	client_close(&c);
}

static void copies_of_one_block_are_no_conflict(void)
{
	static const char *const files[] = {
		"raft/orderer2/block_0020.pb",
		"raft/negative/tx_dropped_header_recomputed.pb",
		"raft/negative/prev_hash_wrong.pb",
		"raft/negative/cases.json",
		"raft/peer/block_0021.pb",
		"raft/peer/block_0000.pb",
	};
	struct qiao_buf evidence = QIAO_BUF;
	struct qiao_buf a = block_read("raft/orderer1", 20);
	struct client c;

	client_open(&c);
	follow(&c, 40, 40, true);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct qiao_buf b = file_read(files[i]);

		struct qiao_slice x = qiao_buf_slice(&a);
		struct qiao_slice y = qiao_buf_slice(&b);
		size_t nx = 1, ny = 1;

		CU_ASSERT_EQUAL(qiao_lc_fabric.conflict(c.lc, &evidence, &x,
							&nx, &y, &ny, &c.view,
							&c.why),
				QIAO_E_NOTFOUND);
		CU_ASSERT_EQUAL(evidence.n, 0);
		qiao_buf_free(&b);
	}
	qiao_buf_free(&a);
	client_close(&c);
}

static void the_identity_is_that_of_the_wire_format(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash want, genesis, got;
	struct client c;

	qiao_hex_decode(genesis.b, 32, qiao_slice_str(GENESIS_HASH));
	qiao_mp_put_array(&b, 3);
	qiao_mp_put_cstr(&b, "fabric");
	qiao_mp_put_cstr(&b, "certchannel");
	qiao_mp_put_hash(&b, &genesis);
	qiao_sha256_tagged(&want, "qiao/chain/1", qiao_buf_slice(&b));
	client_open(&c);
	got = qiao_lc_fabric.identity(c.lc);
	CU_ASSERT(qiao_hash_eq(&got, &want));
	CU_ASSERT_PTR_EQUAL(qiao_lightclient_find("fabric"), &qiao_lc_fabric);
	CU_ASSERT_EQUAL(qiao_lc_fabric.proof_is_block, true);
	qiao_buf_free(&b);
	client_close(&c);
}

/* Fail allocation after allocation until a run does not notice. */
static void every_failed_allocation_is_said(void)
{
	struct qiao_buf config = block_read("raft/peer", 1);
	struct qiao_buf twenty = block_read("raft/peer", 8);
	long n = 0;
	qiao_err err;

	do {
		struct client c;

		client_prepare(&c, ANCHOR);
		qiao_fault_alloc_after = n++;
		err = client_try(&c);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(c.lc != NULL, err == QIAO_OK);
		client_close(&c);
	} while (err != QIAO_OK && n < 10000);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	n = 0;
	do {
		struct client c;

		client_open(&c);
		qiao_fault_alloc_after = n++;
		err = take(&c, &config);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(height_of(&c), err == QIAO_OK);
		client_close(&c);
	} while (err != QIAO_OK && n < 10000);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	n = 0;
	do {
		struct count got = { 0 };
		struct client c;

		client_open(&c);
		follow(&c, 8, 8, true);
		qiao_fault_alloc_after = n++;
		err = qiao_lc_fabric.prove(
			c.lc, qiao_buf_slice(&twenty),
			(struct qiao_proven_sink){ &got, count_item }, &c.view,
			&c.why);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(got.writes, err == QIAO_OK);
		client_close(&c);
	} while (err != QIAO_OK && n < 1000);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_buf_free(&config);
	qiao_buf_free(&twenty);
}

static const struct test_case cases[] = {
	{ "the channel is followed whole and thin",
	  the_channel_is_followed_whole_and_thin },
	{ "records are proven at any accepted height",
	  records_are_proven_at_any_accepted_height },
	{ "a channel followed whole is replayed",
	  a_channel_followed_whole_is_replayed },
	{ "replay goes on after a restart", replay_goes_on_after_a_restart },
	{ "one thin claim ends replay for good",
	  one_thin_claim_ends_replay_for_good },
	{ "an older store is followed without replay",
	  an_older_store_is_followed_without_replay },
	{ "a statement says who made it", a_statement_says_who_made_it },
	{ "a proof must be of an accepted block",
	  a_proof_must_be_of_an_accepted_block },
	{ "a batch is taken whole or not at all",
	  a_batch_is_taken_whole_or_not_at_all },
	{ "bad claims have their reasons", bad_claims_have_their_reasons },
	{ "a configuration block must come whole",
	  a_configuration_block_must_come_whole },
	{ "what the operator demands comes on top",
	  what_the_operator_demands_comes_on_top },
	{ "several orderers may sign one claim",
	  several_orderers_may_sign_one_claim },
	{ "the newest claim of a batch vouches for those below",
	  the_newest_claim_of_a_batch_vouches_for_those_below },
	{ "a client goes on where its store is",
	  a_client_goes_on_where_its_store_is },
	{ "a failing store is no refusal", a_failing_store_is_no_refusal },
	{ "a damaged store is an I/O error", a_damaged_store_is_an_io_error },
	{ "an anchor that does not fit is refused",
	  an_anchor_that_does_not_fit_is_refused },
	{ "a store of another chain is refused",
	  a_store_of_another_chain_is_refused },
	{ "copies of one block are no conflict",
	  copies_of_one_block_are_no_conflict },
	{ "the identity is that of the wire format",
	  the_identity_is_that_of_the_wire_format },
	{ "every failed allocation is said", every_failed_allocation_is_said },
	{ NULL, NULL },
};

const struct test_suite fabric_lc_test_suite = { "verify/fabric_lc", cases };
