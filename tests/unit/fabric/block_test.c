/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/block.h"

#include "gateway/base/slice.h"
#include "tests/unit/fabric/files.h"

#include <stdio.h>
#include <string.h>

#define RAFT "tests/vectors/fabric/raft/"
#define BFT  "tests/vectors/fabric/bft/"

static struct qiao_slice bytes(const char *text, size_t n)
{
	return qiao_slice_of(text, n);
}

static const struct {
	const char *what;
	const char *answer;
	size_t n;
	qiao_err err;
	int status;
} answers[] = {
	{ "success", "\x08\xc8\x01", 3, QIAO_OK, 200 },
	{ "forbidden", "\x08\x93\x03", 3, QIAO_OK, 403 },
	{ "a block", "\x12\x01x", 3, QIAO_OK, 0 },
	{ "an empty block", "\x12\x00", 2, QIAO_OK, 0 },
	{ "nothing", "", 0, QIAO_E_TRUNCATED, 0 },
	{ "status zero", "\x08\x00", 2, QIAO_E_MALFORMED, 0 },
	{ "no status of Fabric", "\x08\xff\xff\x03", 4, QIAO_E_MALFORMED, 0 },
	{ "a filtered block", "\x1a\x01x", 3, QIAO_E_MALFORMED, 0 },
	{ "less than it says", "\x12\x02x", 3, QIAO_E_TRUNCATED, 0 },
	{ "more than it says", "\x12\x01xx", 4, QIAO_E_TRAILING, 0 },
	{ "an endless number",
	  "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
	  QIAO_E_MALFORMED, 0 },
};

static void answers_are_a_block_or_a_status(void)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct fabric_delivered d;
		qiao_err err = fabric_delivered_parse(
			&d, bytes(answers[i].answer, answers[i].n));

		if (err != answers[i].err)
			printf("%s: %s\n", answers[i].what, qiao_errname(err));
		CU_ASSERT_EQUAL(err, answers[i].err);
		CU_ASSERT_EQUAL(d.status, answers[i].status);
		CU_ASSERT(err == QIAO_OK || d.block.n == 0);
	}
}

static void a_block_says_its_number(void)
{
	static const struct {
		const char *path;
		uint64_t number;
	} blocks[] = { { RAFT "genesis.block", 0 },
		       { RAFT "orderer1/block_0025.pb", 25 },
		       { BFT "orderer1/block_0014.pb", 14 } };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct qiao_buf b = read_whole(blocks[i].path);
		uint64_t number;

		CU_ASSERT_EQUAL(
			fabric_block_number(&number, qiao_buf_slice(&b)),
			QIAO_OK);
		CU_ASSERT_EQUAL(number, blocks[i].number);
		qiao_buf_free(&b);
	}
}

static size_t signers(const struct qiao_buf *b)
{
	size_t n;

	CU_ASSERT_EQUAL(fabric_block_signers(&n, qiao_buf_slice(b)), QIAO_OK);
	return n;
}

static qiao_err join(struct qiao_buf *out, const struct qiao_buf *a,
		     const struct qiao_buf *b)
{
	return fabric_block_join(out, qiao_buf_slice(a), qiao_buf_slice(b));
}

static void copies_of_three_orderers_become_one(void)
{
	struct qiao_buf a = read_whole(RAFT "orderer1/block_0025.pb");
	struct qiao_buf b = read_whole(RAFT "orderer2/block_0025.pb");
	struct qiao_buf c = read_whole(RAFT "orderer3/block_0025.pb");
	struct qiao_buf two = QIAO_BUF, three = QIAO_BUF, same = QIAO_BUF;

	CU_ASSERT_EQUAL(signers(&a), 1);
	CU_ASSERT_EQUAL_FATAL(join(&two, &a, &b), QIAO_OK);
	CU_ASSERT_EQUAL(signers(&two), 2);
	CU_ASSERT_EQUAL_FATAL(join(&three, &two, &c), QIAO_OK);
	CU_ASSERT_EQUAL(signers(&three), 3);
	/* a signer counts once, and then nothing changes */
	CU_ASSERT_EQUAL_FATAL(join(&same, &three, &b), QIAO_OK);
	CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&same), qiao_buf_slice(&three)));
	qiao_buf_free(&a);
	qiao_buf_free(&b);
	qiao_buf_free(&c);
	qiao_buf_free(&two);
	qiao_buf_free(&three);
	qiao_buf_free(&same);
}

static void another_block_is_not_joined(void)
{
	struct qiao_buf a = read_whole(RAFT "orderer1/block_0025.pb");
	struct qiao_buf b = read_whole(RAFT "orderer2/block_0020.pb");
	struct qiao_buf out = QIAO_BUF;

	CU_ASSERT_EQUAL(join(&out, &a, &b), QIAO_E_CONFLICT);
	CU_ASSERT_EQUAL(out.n, 0);
	qiao_buf_free(&a);
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

static void bft_signatures_are_left_as_they_are(void)
{
	struct qiao_buf a = read_whole(BFT "orderer1/block_0014.pb");
	struct qiao_buf b = read_whole(BFT "orderer3/block_0014.pb");
	struct qiao_buf out = QIAO_BUF;

	CU_ASSERT_EQUAL(signers(&a), 3);
	CU_ASSERT_EQUAL(join(&out, &a, &b), QIAO_OK);
	CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&out), qiao_buf_slice(&a)));
	qiao_buf_free(&a);
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

static void a_block_cut_anywhere_is_no_block(void)
{
	struct qiao_buf a = read_whole(RAFT "orderer1/block_0025.pb");
	struct qiao_buf out = QIAO_BUF;
	size_t n;

	for (size_t cut = 0; cut < a.n; cut++) {
		struct qiao_slice part = qiao_slice_of(a.p, cut);

		CU_ASSERT(fabric_block_signers(&n, part) != QIAO_OK);
		CU_ASSERT(fabric_block_join(&out, part, part) != QIAO_OK);
		CU_ASSERT_EQUAL(out.n, 0);
	}
	qiao_buf_free(&a);
}

static const struct test_case cases[] = {
	{ "an answer of Deliver is a block or a status",
	  answers_are_a_block_or_a_status },
	{ "a block says its number", a_block_says_its_number },
	{ "copies of three orderers become one block with three signatures",
	  copies_of_three_orderers_become_one },
	{ "another block is not joined", another_block_is_not_joined },
	{ "BFT signatures are left as they are",
	  bft_signatures_are_left_as_they_are },
	{ "a block cut anywhere is no block",
	  a_block_cut_anywhere_is_no_block },
	{ NULL, NULL },
};
const struct test_suite block_test_suite = { "fabric/block", cases };
