/* SPDX-License-Identifier: Apache-2.0 */
/* A real channel of four BFT orderers, Fabric 3.0 (tests/vectors/fabric/bft).
 */
#include "gateway/base/mem.h"
#include "gateway/codec/json.h"
#include "gateway/verify/fabric_judge.h"
#include "tests/unit/verify/fabric_client.h"

#define BFT_BLOCKS 21
#define BFT_ANCHOR                                                           \
	"family = \"fabric\"; channel = \"certchannel\"; genesis = \"g\"; "  \
	"genesis_hash = \"c36de258bc2b6f4bb14bbe1e696d7fa9061140d2e247dacc4" \
	"503f1d4f07e63ae\";"

static struct qiao_fabric_judge *judge_open(bool give)
{
	static const struct qiao_fabric_rules none = { NULL, 0 };
	static const unsigned int configs[] = { 12, 16 };
	struct qiao_buf b = file_read("bft/genesis.block");
	struct qiao_fabric_judge *j;
	struct qiao_why why;

	CU_ASSERT_EQUAL_FATAL(
		qiao_fabric_judge_new(&j, qiao_buf_slice(&b), &none, &why),
		QIAO_OK);
	qiao_buf_free(&b);
	for (size_t i = 0; give && i < 2; i++) {
		b = block_read("bft/peer", configs[i]);
		CU_ASSERT_EQUAL(
			qiao_fabric_judge_give(j, qiao_buf_slice(&b), &why),
			QIAO_OK);
		qiao_buf_free(&b);
	}
	qiao_fabric_judge_given(j);
	return j;
}

static void the_whole_channel_is_accepted_in_order(void)
{
	struct qiao_fabric_judge *j = judge_open(false);

	for (unsigned int i = 0; i < BFT_BLOCKS; i++) {
		struct qiao_buf b = block_read("bft/peer", i);
		struct qiao_fabric_verdict v;

		CU_ASSERT_EQUAL(
			qiao_fabric_judge_next(j, &v, qiao_buf_slice(&b)),
			QIAO_OK);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		CU_ASSERT_EQUAL(v.height, i);
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	qiao_fabric_judge_free(j);
}

/* Any three of the four sign, not the same three for every node. */
static void every_copy_of_an_orderer_is_accepted_alone(void)
{
	static const char *const nodes[] = { "bft/orderer1", "bft/orderer3",
					     "bft/peer" };
	struct qiao_fabric_judge *j = judge_open(true);
	unsigned int accepted = 0;

	for (size_t n = 0; n < sizeof(nodes) / sizeof(nodes[0]); n++)
		for (unsigned int i = 0; i < BFT_BLOCKS; i++) {
			struct qiao_fabric_verdict v;
			struct qiao_buf b = QIAO_BUF;
			char path[64];

			snprintf(path, sizeof(path), "%s/block_%04u.pb",
				 nodes[n], i);
			if (!file_get(&b, path))
				continue;
			CU_ASSERT_EQUAL(qiao_fabric_judge_each(
						j, &v, qiao_buf_slice(&b)),
					QIAO_OK);
			CU_ASSERT_EQUAL(v.err, QIAO_OK);
			accepted += v.err == QIAO_OK;
			qiao_fabric_verdict_fini(&v);
			qiao_buf_free(&b);
		}
	CU_ASSERT_EQUAL(accepted, 8 + 8 + BFT_BLOCKS);
	qiao_fabric_judge_free(j);
}

static void judge_case(struct qiao_fabric_judge *j, const struct qiao_json *c,
		       const char *file)
{
	bool accept = qiao_slice_is(qiao_json_text(qiao_json_get(c, "must")),
				    "accept");
	struct qiao_buf b = file_read(file);
	struct qiao_fabric_verdict v;

	CU_ASSERT_EQUAL(qiao_fabric_judge_each(j, &v, qiao_buf_slice(&b)),
			QIAO_OK);
	if (accept)
		CU_ASSERT_EQUAL(v.err, QIAO_OK)
	else
		CU_ASSERT_EQUAL(v.err, QIAO_E_BADSIG);
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
}

static void the_negative_cases_get_what_they_must(void)
{
	static const char up[] = "../";
	struct qiao_buf text = file_read("raft/negative/cases.json");
	struct qiao_fabric_judge *j = judge_open(true);
	struct qiao_json *cases;
	struct qiao_why why;
	unsigned int tried = 0;

	CU_ASSERT_EQUAL_FATAL(
		qiao_json_parse(&cases, qiao_buf_slice(&text), &why), QIAO_OK);
	for (size_t i = 0; i < qiao_json_count(cases); i++) {
		const struct qiao_json *c = qiao_json_at(cases, i);
		char file[128];

		qiao_str_copy(file, sizeof(file),
			      qiao_json_text(qiao_json_get(c, "file")));
		if (strncmp(file, up, strlen(up)) != 0)
			continue;
		judge_case(j, c, file + strlen(up));
		tried++;
	}
	CU_ASSERT_EQUAL(tried, 5);
	qiao_json_free(cases);
	qiao_buf_free(&text);
	qiao_fabric_judge_free(j);
}

/*
 * A node of Fabric 3 that is asked for headers (content type 1) sends them with
 * their metadata, and configuration blocks whole: 408 bytes a block.
 */
static void headers_alone_are_followed_and_prove_nothing(void)
{
	struct qiao_proven_sink nowhere = { NULL, NULL };
	struct qiao_header_trusted h;
	struct qiao_buf b;
	struct client c;

	client_prepare_for(&c, "bft", BFT_ANCHOR);
	qiao_str_copy(c.node, sizeof(c.node), qiao_slice_str("bft/headers"));
	CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
	follow(&c, BFT_BLOCKS - 1, 7, false);
	CU_ASSERT_EQUAL(qiao_lc_fabric.trust_height(c.lc), 16);
	CU_ASSERT_EQUAL(qiao_lc_fabric.header(c.lc, &h, 14, &c.view), QIAO_OK);
	b = block_read("bft/headers", 14);
	CU_ASSERT_EQUAL(qiao_lc_fabric.prove(c.lc, qiao_buf_slice(&b), nowhere,
					     &c.view, &c.why),
			QIAO_E_PROOF);
	qiao_buf_free(&b);
	client_close(&c);
}

/* The channel's own quorum is what an operator can demand. */
static void what_the_operator_demands_comes_on_top(void)
{
	/* clang-format off */
	static const struct { unsigned int min; qiao_err want; } cases[] = {
		{ 1, QIAO_OK }, { 3, QIAO_OK }, { 4, QIAO_E_BADSIG },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = block_read("bft/peer", 1);
		struct client c;

		client_prepare_for(&c, "bft", BFT_ANCHOR);
		c.cfg.orderer_role = true;
		c.cfg.min_orderers = cases[i].min;
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		CU_ASSERT_EQUAL(take(&c, &b), cases[i].want);
		if (cases[i].want == QIAO_OK)
			follow(&c, BFT_BLOCKS - 1, 64, true);
		qiao_buf_free(&b);
		client_close(&c);
	}
}

static void every_failed_allocation_is_said(void)
{
	struct qiao_buf genesis = file_read("bft/genesis.block");
	static struct qiao_fabric_sigs sigs;
	struct qiao_fabric_config *config;
	struct qiao_why why;
	qiao_err err = QIAO_E_NOMEM;

	for (long n = 0; err == QIAO_E_NOMEM; n++) {
		qiao_fault_alloc_after = n;
		err = qiao_fabric_config_load(&config, qiao_buf_slice(&genesis),
					      &sigs, &why);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_E_NOMEM || err == QIAO_OK);
	}
	CU_ASSERT_EQUAL(config->consenters, 4);
	CU_ASSERT_PTR_EQUAL(qiao_fabric_consenter_find(config, 4),
			    &config->consenter[3]);
	CU_ASSERT_PTR_NULL(qiao_fabric_consenter_find(config, 0));
	qiao_fabric_config_free(config);
	qiao_buf_free(&genesis);
}

static const struct test_case cases[] = {
	{ "the whole channel is accepted in order",
	  the_whole_channel_is_accepted_in_order },
	{ "every copy of an orderer is accepted alone",
	  every_copy_of_an_orderer_is_accepted_alone },
	{ "the negative cases get what they must",
	  the_negative_cases_get_what_they_must },
	{ "headers alone are followed and prove nothing",
	  headers_alone_are_followed_and_prove_nothing },
	{ "what the operator demands comes on top",
	  what_the_operator_demands_comes_on_top },
	{ "every failed allocation is said", every_failed_allocation_is_said },
	{ NULL, NULL },
};

const struct test_suite fabric_bft_test_suite = { "verify/fabric_bft", cases };
