/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/codec/json.h"
#include "gateway/verify/fabric_judge.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

struct world {
	struct qiao_fabric_rules rules;
	struct qiao_fabric_judge *judge;
};

static void world_open(struct world *w, const char *genesis)
{
	struct qiao_buf b = file_read(genesis);
	struct qiao_why why;

	memset(w, 0, sizeof(*w));
	rules_make(&w->rules);
	CU_ASSERT_EQUAL_FATAL(qiao_fabric_judge_new(&w->judge,
						    qiao_buf_slice(&b),
						    &w->rules, &why),
			      QIAO_OK);
	qiao_buf_free(&b);
}

static void world_give_all(struct world *w)
{
	for (size_t i = 0; i < RAFT_CONFIGS; i++) {
		struct qiao_buf b = block_read("raft/peer", raft_configs[i]);
		struct qiao_why why;

		CU_ASSERT_EQUAL(qiao_fabric_judge_give(
					w->judge, qiao_buf_slice(&b), &why),
				QIAO_OK);
		qiao_buf_free(&b);
	}
	qiao_fabric_judge_given(w->judge);
}

static void world_close(struct world *w)
{
	qiao_fabric_judge_free(w->judge);
	qiao_fabric_rules_free(&w->rules);
}

static void next(struct world *w, struct qiao_fabric_verdict *v,
		 const struct qiao_buf *b)
{
	CU_ASSERT_EQUAL(qiao_fabric_judge_next(w->judge, v, qiao_buf_slice(b)),
			QIAO_OK);
}

static void each(struct world *w, struct qiao_fabric_verdict *v,
		 const struct qiao_buf *b)
{
	CU_ASSERT_EQUAL(qiao_fabric_judge_each(w->judge, v, qiao_buf_slice(b)),
			QIAO_OK);
}

static void is_refused(const struct qiao_fabric_verdict *v, const char *code)
{
	CU_ASSERT_NOT_EQUAL(v->err, QIAO_OK);
	CU_ASSERT_STRING_EQUAL(qiao_fabric_refusal(v->err), code);
	CU_ASSERT(strlen(v->why.text) > 0);
	CU_ASSERT_EQUAL(v->records, 0);
	CU_ASSERT_EQUAL(v->n_flags, 0);
	if (strcmp(qiao_fabric_refusal(v->err), code) != 0)
		printf("\nwant %s: %s\n", code, v->why.text);
}

/* What only a replay of the whole channel tells: block, entry, peers' code. */
static const struct {
	unsigned int height, entry, code;
} replay_only[] = {
	{ 26, 1, 11 }, { 35, 0, 9 },  { 36, 1, 12 },
	{ 38, 0, 10 }, { 76, 1, 10 }, { 78, 1, 10 },
};

static unsigned int expected_code(bool replayed, unsigned int height,
				  size_t entry, unsigned int peers)
{
	if (replayed)
		return peers;
	for (size_t i = 0; i < sizeof(replay_only) / sizeof(replay_only[0]);
	     i++)
		if (replay_only[i].height == height &&
		    replay_only[i].entry == entry) {
			CU_ASSERT_EQUAL(replay_only[i].code, peers);
			return 0;
		}
	return peers;
}

static void check_codes(const struct qiao_fabric_verdict *v,
			const struct qiao_buf *raw, unsigned int height)
{
	struct qiao_fabric_block b;
	struct qiao_why why;
	bool differ = false;

	CU_ASSERT_EQUAL(qiao_fabric_block_parse(&b, qiao_buf_slice(raw), &why),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(b.filter.n, v->n_flags);
	for (size_t i = 0; i < v->n_flags; i++) {
		CU_ASSERT_EQUAL(v->flags[i], expected_code(v->replayed, height,
							   i, b.filter.p[i]));
		differ |= v->flags[i] != b.filter.p[i];
	}
	CU_ASSERT_EQUAL(v->flags_differ, differ);
}

static void judge_whole_channel(const struct qiao_parallel *parallel)
{
	struct world w;
	uint64_t records = 0;

	world_open(&w, "raft/genesis.block");
	qiao_fabric_judge_lend(w.judge, parallel);
	for (unsigned int i = 0; i < RAFT_BLOCKS; i++) {
		struct qiao_buf b = block_read("raft/peer", i);
		struct qiao_fabric_verdict v;

		next(&w, &v, &b);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		CU_ASSERT_EQUAL(v.height, i);
		if (v.err != QIAO_OK)
			printf("\nblock %u: %s\n", i, v.why.text);
		else
			check_codes(&v, &b, i);
		CU_ASSERT(v.replayed && !v.flags_differ);
		records += v.records;
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	CU_ASSERT_EQUAL(records, 464);
	world_close(&w);
}

static void the_whole_channel_is_accepted_in_order(void)
{
	judge_whole_channel(NULL);
}

static void lent_threads_find_the_same(void)
{
	struct qiao_workers *workers;
	struct qiao_parallel p;

	CU_ASSERT_EQUAL_FATAL(qiao_workers_new(&workers, 3), QIAO_OK);
	p = qiao_workers_lend(workers);
	judge_whole_channel(&p);
	qiao_workers_free(workers);
}

static void every_copy_of_an_orderer_is_accepted_alone(void)
{
	static const char *const nodes[] = { "raft/orderer1", "raft/orderer2",
					     "raft/orderer3", "raft/peer" };
	struct world w;
	unsigned int accepted = 0;

	world_open(&w, "raft/genesis.block");
	world_give_all(&w);
	for (size_t n = 0; n < 4; n++)
		for (unsigned int i = 0; i < RAFT_BLOCKS; i++) {
			struct qiao_fabric_verdict v;
			struct qiao_buf b = QIAO_BUF;
			char path[64];

			snprintf(path, sizeof(path), "%s/block_%04u.pb",
				 nodes[n], i);
			if (!file_get(&b, path))
				continue;
			each(&w, &v, &b);
			/* orderer3 was stopped and started with an old key */
			if (n == 2 && i == 74)
				is_refused(&v, "signature");
			else
				CU_ASSERT_EQUAL(v.err, QIAO_OK);
			CU_ASSERT_EQUAL(v.replayed, false);
			if (v.err == QIAO_OK && n == 3)
				check_codes(&v, &b, i);
			accepted += v.err == QIAO_OK;
			qiao_fabric_verdict_fini(&v);
			qiao_buf_free(&b);
		}
	CU_ASSERT_EQUAL(accepted, 36 + 36 + 35 + RAFT_BLOCKS);
	world_close(&w);
}

static void a_stale_orderer_is_refused_and_the_chain_goes_on(void)
{
	struct world w;
	struct qiao_fabric_verdict v;
	struct qiao_buf b;

	world_open(&w, "raft/genesis.block");
	for (unsigned int i = 1; i < 74; i++) {
		b = block_read("raft/peer", i);
		next(&w, &v, &b);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	b = block_read("raft/stale", 74);
	next(&w, &v, &b);
	is_refused(&v, "signature");
	qiao_buf_free(&b);
	b = block_read("raft/peer", 75);
	next(&w, &v, &b);
	is_refused(&v, "number");
	qiao_buf_free(&b);
	b = block_read("raft/peer", 73);
	next(&w, &v, &b);
	is_refused(&v, "number");
	qiao_buf_free(&b);
	b = block_read("raft/orderer1", 74);
	next(&w, &v, &b);
	CU_ASSERT_EQUAL(v.err, QIAO_OK);
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
	world_close(&w);
}

static void case_check(struct world *w, const struct qiao_json *c)
{
	struct qiao_slice file = qiao_json_text(qiao_json_get(c, "file"));
	bool accept = qiao_slice_is(qiao_json_text(qiao_json_get(c, "must")),
				    "accept");
	const struct qiao_json *flags = qiao_json_get(c, "flags");
	struct qiao_fabric_verdict v;
	struct qiao_buf b;
	char path[128];

	snprintf(path, sizeof(path), "raft/%.*s", (int)file.n,
		 (const char *)file.p);
	b = file_read(path);
	each(w, &v, &b);
	if ((v.err == QIAO_OK) != accept)
		printf("\n%s: %s\n", path, v.why.text);
	CU_ASSERT_EQUAL(v.err == QIAO_OK, accept);
	/* told by replay only, which this validity does not claim */
	if (flags && !strstr(path, "mvcc_flag_flipped")) {
		CU_ASSERT_EQUAL(v.flags_differ, true);
		CU_ASSERT_EQUAL_FATAL(v.n_flags, qiao_json_count(flags));
		for (size_t i = 0; i < v.n_flags; i++) {
			int64_t code = -1;

			qiao_json_int(qiao_json_at(flags, i), &code);
			CU_ASSERT_EQUAL(v.flags[i], code);
		}
	}
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
}

static void the_negative_cases_get_what_they_must(void)
{
	struct qiao_buf text = file_read("raft/negative/cases.json");
	struct qiao_json *cases;
	struct qiao_why why;
	struct world w;
	size_t raft = 0;

	world_open(&w, "raft/genesis.block");
	world_give_all(&w);
	CU_ASSERT_EQUAL_FATAL(
		qiao_json_parse(&cases, qiao_buf_slice(&text), &why), QIAO_OK);
	for (size_t i = 0; i < qiao_json_count(cases); i++) {
		const struct qiao_json *c = qiao_json_at(cases, i);
		struct qiao_slice file =
			qiao_json_text(qiao_json_get(c, "file"));

		if (file.n > 2 && file.p[0] == '.') /* the BFT channel's */
			continue;
		raft++;
		case_check(&w, c);
	}
	CU_ASSERT_EQUAL(raft, 19);
	qiao_json_free(cases);
	qiao_buf_free(&text);
	world_close(&w);
}

/* Signed by the orderers all the same: the flags are under no signature. */
static void a_flipped_flag_is_told_by_replay(void)
{
	struct qiao_fabric_verdict v;
	struct qiao_buf b;
	struct world w;

	world_open(&w, "raft/genesis.block");
	for (unsigned int i = 0; i < 27; i++) {
		b = i == 26 ? file_read("raft/negative/mvcc_flag_flipped.pb")
			    : block_read("raft/peer", i);
		next(&w, &v, &b);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		CU_ASSERT(v.replayed);
		CU_ASSERT_EQUAL(v.flags_differ, i == 26);
		if (i == 26) {
			CU_ASSERT_EQUAL(v.n_flags, 2);
			CU_ASSERT_EQUAL(v.flags[0], 0);
			CU_ASSERT_EQUAL(v.flags[1], 11);
			CU_ASSERT_EQUAL(v.records, 1);
		}
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	world_close(&w);
}

static void refusals_have_their_words(void)
{
	/* clang-format off */
	static const struct { const char *file, *code; } cases[] = {
		{ "raft/negative/cross_linked.pb", "envelope" },
		{ "raft/negative/tx_dropped.pb", "data-hash" },
		{ "raft/negative/tx_order_swapped.pb", "data-hash" },
		{ "raft/negative/tx_dropped_header_recomputed.pb", "signature" },
		{ "raft/negative/prev_hash_wrong.pb", "previous-hash" },
		{ "raft/negative/number_wrong.pb", "number" },
		{ "raft/negative/no_signature.pb", "signature" },
		{ "raft/negative/orderer_sig_high_s.pb", "signature" },
		{ "raft/negative/last_config_altered.pb", "signature" },
		{ "raft/peer/block_0019.pb", "number" },
		{ "bft/peer/block_0001.pb", "number" },
		{ "raft/negative/cases.json", "malformed" },
	};
	/* clang-format on */
	struct qiao_fabric_verdict v;
	struct qiao_buf b;
	struct world w;

	world_open(&w, "raft/genesis.block");
	for (unsigned int i = 0; i < 20; i++) {
		b = block_read("raft/peer", i);
		next(&w, &v, &b);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b = file_read(cases[i].file);
		next(&w, &v, &b);
		is_refused(&v, cases[i].code);
		qiao_buf_free(&b);
	}
	b = block_read("raft/peer", 20);
	next(&w, &v, &b);
	CU_ASSERT_EQUAL(v.err, QIAO_OK);
	CU_ASSERT_EQUAL(v.records, 50);
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
	world_close(&w);
}

static void a_configuration_that_is_not_given_is_missed(void)
{
	struct qiao_fabric_verdict v;
	struct qiao_buf b, given;
	struct qiao_why why;
	struct world w;

	world_open(&w, "raft/genesis.block");
	b = block_read("raft/peer", 68);
	each(&w, &v, &b);
	is_refused(&v, "config");
	/* the wrong one is no help, the right one is */
	given = block_read("raft/peer", 65);
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&given), &why),
		QIAO_OK);
	qiao_fabric_judge_given(w.judge);
	each(&w, &v, &b);
	is_refused(&v, "config");
	qiao_buf_free(&given);
	given = block_read("raft/peer", 67);
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&given), &why),
		QIAO_OK);
	qiao_fabric_judge_given(w.judge);
	each(&w, &v, &b);
	CU_ASSERT_EQUAL(v.err, QIAO_OK);
	qiao_fabric_verdict_fini(&v);
	/* judged under the one before it, which is given */
	each(&w, &v, &given);
	CU_ASSERT_EQUAL(v.err, QIAO_OK);
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&given);
	qiao_buf_free(&b);
	/* nothing that could judge it */
	b = block_read("raft/peer", 49);
	each(&w, &v, &b);
	is_refused(&v, "config");
	/* vouched for itself */
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_OK);
	each(&w, &v, &b);
	CU_ASSERT_EQUAL(v.err, QIAO_OK);
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
	world_close(&w);
}

static void what_is_given_must_be_a_configuration(void)
{
	struct qiao_buf b = block_read("raft/peer", 20);
	struct qiao_why why;
	struct world w;

	world_open(&w, "raft/genesis.block");
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_E_CONFIG);
	qiao_buf_free(&b);
	b = file_read("raft/negative/cases.json");
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_E_MALFORMED);
	qiao_buf_free(&b);
	/* the anchor again, and another anchor */
	b = file_read("raft/genesis.block");
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_OK);
	qiao_buf_free(&b);
	b = file_read("made/genesis.block");
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_E_CHANNEL);
	qiao_buf_free(&b);
	/* of a consensus that is not built: taken, blocks under it are refused
	 */
	b = file_read("made/config_kafka.block");
	CU_ASSERT_EQUAL(
		qiao_fabric_judge_give(w.judge, qiao_buf_slice(&b), &why),
		QIAO_OK);
	qiao_buf_free(&b);
	world_close(&w);
}

/* Header hashes are over DER, whose INTEGER grows a zero at 128 and 256. */
static void header_hashes_are_fabrics(void)
{
	/* clang-format off */
	static const struct { unsigned int height; const char *der, *hash; } cases[] = {
		{ 0, "302702010004000420962bf8009ce412d79949475733b85501ce509ad7"
		     "ed79155bceb6524221df3caa",
		  "ab5b5002737b200de60a9fd911077f7b80db62c316a404d5500ea2838b454ef4" },
		{ 1, "30470201010420ab5b5002737b200de60a9fd911077f7b80db62c316a4"
		     "04d5500ea2838b454ef40420148a5a877e528609da3342b087a98329fe"
		     "44fc0408caec95ef31fd057cca0ff6",
		  "5a2baab2f28b6124084e7c86843bd91d31e416dfb329c197ea31e80c54e2dd2f" },
		{ 127, "304702017f0420bdbe", NULL },
		{ 128, "30480202008004204535deabb7016a2b110df0cd5cd5a3c575dd710d"
		       "2bd5f4deb2c24f6e231169650420ff803df929fdc49f76eb51a30367"
		       "d8eb62532c664ecc5fb331ce0255ac7ac2dd",
		  "d00996965105171c6b39678ee5055ed119d99722feab8be23b58b96649782a92" },
		{ 255, "3048020200ff", NULL },
		{ 256, "304802020100", NULL },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf raw = block_read("raft/peer", cases[i].height);
		char der[QIAO_HEX_LEN(QIAO_FABRIC_HEADER_DER_MAX)];
		char hash[QIAO_HEX_LEN(QIAO_HASH_LEN)];
		struct qiao_fabric_block b;

		CU_ASSERT_EQUAL(
			qiao_fabric_block_parse(&b, qiao_buf_slice(&raw), NULL),
			QIAO_OK);
		qiao_hex_encode(der, qiao_slice_of(b.der, b.der_n));
		CU_ASSERT_EQUAL(
			strncmp(der, cases[i].der, strlen(cases[i].der)), 0);
		if (cases[i].hash)
			CU_ASSERT_STRING_EQUAL(
				qiao_hex_encode(hash, qiao_slice_hash(&b.hash)),
				cases[i].hash);
		qiao_buf_free(&raw);
	}
}

static const struct test_case cases[] = {
	{ "the whole channel is accepted in order, with the peers' codes",
	  the_whole_channel_is_accepted_in_order },
	{ "lent threads find the same", lent_threads_find_the_same },
	{ "every copy of an orderer is accepted alone",
	  every_copy_of_an_orderer_is_accepted_alone },
	{ "a stale orderer is refused and the chain goes on",
	  a_stale_orderer_is_refused_and_the_chain_goes_on },
	{ "the negative cases get what they must",
	  the_negative_cases_get_what_they_must },
	{ "a flipped flag is told by replay",
	  a_flipped_flag_is_told_by_replay },
	{ "refusals have their words", refusals_have_their_words },
	{ "a configuration that is not given is missed",
	  a_configuration_that_is_not_given_is_missed },
	{ "what is given must be a configuration",
	  what_is_given_must_be_a_configuration },
	{ "header hashes are Fabric's", header_hashes_are_fabrics },
	{ NULL, NULL },
};

const struct test_suite fabric_judge_test_suite = { "verify/fabric_judge",
						    cases };
