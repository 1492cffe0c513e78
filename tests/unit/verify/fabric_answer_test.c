/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_answer.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

#define PEERS 3

/* One question of tests/vectors/fabric/raft/queries and its three answers. */
struct asked {
	struct qiao_fabric_sigs sigs;
	struct qiao_fabric_config *c;
	struct qiao_buf signed_proposal, response[PEERS];
	struct qiao_slice proposal, answers[PEERS];
	struct qiao_slice args[4];
	uint8_t nonce[24];
	struct qiao_fabric_question q;
	struct qiao_fabric_answer out;
	struct qiao_why why;
};

static void asked_open(struct asked *a, const char *name, const char *nonce,
		       const char *chaincode, const char *const *args,
		       size_t n_args)
{
	static const char *const peers[PEERS] = { "nanjing0", "quanzhou0",
						  "audit0" };
	struct qiao_buf genesis = file_read("raft/genesis.block");
	char path[128];

	memset(a, 0, sizeof(*a));
	CU_ASSERT_EQUAL_FATAL(qiao_fabric_config_load(&a->c,
						      qiao_buf_slice(&genesis),
						      &a->sigs, &a->why),
			      QIAO_OK);
	qiao_buf_free(&genesis);
	snprintf(path, sizeof(path), "raft/queries/%s.signed_proposal.pb",
		 name);
	a->signed_proposal = file_read(path);
	a->proposal = qiao_pb_bytes(qiao_buf_slice(&a->signed_proposal), 1);
	for (size_t i = 0; i < PEERS; i++) {
		snprintf(path, sizeof(path),
			 "raft/queries/%s.%s.proposal_response.pb", name,
			 peers[i]);
		a->response[i] = file_read(path);
		a->answers[i] = qiao_buf_slice(&a->response[i]);
	}
	CU_ASSERT(qiao_hex_decode(a->nonce, 24, qiao_slice_str(nonce)));
	for (size_t i = 0; i < n_args; i++)
		a->args[i] = qiao_slice_str(args[i]);
	a->q = (struct qiao_fabric_question){
		.channel = qiao_slice_str("certchannel"),
		.chaincode = qiao_slice_str(chaincode),
		.args = a->args,
		.n_args = n_args,
		.nonce = qiao_slice_of(a->nonce, 24),
		.orgs = 3,
	};
}

static void record_open(struct asked *a)
{
	static const char *const args[] = { "GetRecord", "CPR-0001" };

	asked_open(a, "get_record",
		   "3b20e0d290e8b0d5686ea028bac0e96939d579a4d7095ab9",
		   "records", args, 2);
}

static void asked_close(struct asked *a)
{
	qiao_fabric_config_free(a->c);
	qiao_buf_free(&a->signed_proposal);
	for (size_t i = 0; i < PEERS; i++)
		qiao_buf_free(&a->response[i]);
}

static qiao_err check(struct asked *a, size_t n)
{
	return qiao_fabric_answer_check(&a->out, &a->q, a->proposal, a->answers,
					n, a->c, &a->why);
}

static bool holds(struct qiao_slice in, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= in.n; i++)
		if (memcmp(in.p + i, text, n) == 0)
			return true;
	return false;
}

static void three_organisations_sign_one_answer(void)
{
	struct asked a;

	record_open(&a);
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	CU_ASSERT_EQUAL(a.out.status, 200);
	CU_ASSERT(holds(a.out.payload, "CPR-0001"));
	CU_ASSERT_EQUAL(a.out.orgs, 3);
	CU_ASSERT(qiao_slice_is(a.out.org[0], "NanjingMSP"));
	CU_ASSERT(qiao_slice_is(a.out.org[2], "AuditMSP"));
	CU_ASSERT(holds(a.out.results, "REC_CPR-0001"));
	/* two are not three; two are two */
	CU_ASSERT_EQUAL(check(&a, 2), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(a.out.orgs, 0);
	a.q.orgs = 2;
	CU_ASSERT_EQUAL(check(&a, 2), QIAO_OK);
	a.q.orgs = 0; /* never nobody */
	CU_ASSERT_EQUAL(check(&a, 1), QIAO_OK);
	CU_ASSERT_EQUAL(check(&a, 0), QIAO_E_LIMIT);
	asked_close(&a);
}

/* 4: the validation code of a transaction, 11, out of ProcessedTransaction. */
static void a_peer_tells_the_validity_of_a_transaction(void)
{
	static const char *const args[] = {
		"GetTransactionByID", "certchannel",
		"57cfb0c8f04b35a34d4db3f5aeacb9064d190e2c7987876068f352473276c4"
		"56"
	};
	struct asked a;

	asked_open(&a, "tx_mvcc",
		   "69c2e33baa1d73b860ae83e86cdce32a3fee063202f87ff0", "qscc",
		   args, 3);
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_pb_uint(a.out.payload, 2), 11);
	asked_close(&a);
}

/* Blocks hold the signature of the orderer that served them. */
static void peers_that_differ_are_no_answer(void)
{
	static const char *const args[] = {
		"GetBlockByTxID", "certchannel",
		"394fdf2557446af28149f317f0a5912d4593b37e8d94fcdab6ae493ef841e9"
		"19"
	};
	struct asked a;

	asked_open(&a, "block_of_tx",
		   "b190a92dc0829f6daf636453ac70e032333745452f72d2f9", "qscc",
		   args, 3);
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_CONFLICT);
	a.q.orgs = 1;
	CU_ASSERT_EQUAL(check(&a, 1), QIAO_OK);
	asked_close(&a);
}

static void an_answer_to_another_question_is_none(void)
{
	struct asked a;
	struct qiao_fabric_question good;
	struct qiao_slice more[3];

	record_open(&a);
	good = a.q;
	a.q.channel = qiao_slice_str("other");
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.q = good;
	a.q.chaincode = qiao_slice_str("record");
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.q = good;
	a.nonce[23] ^= 1;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.nonce[23] ^= 1;
	a.q.nonce.n = 23;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.q.nonce.n = 0;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.q = good;
	a.args[1] = qiao_slice_str("CPR-0002");
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.args[1] = qiao_slice_str("CPR-0001");
	a.q.n_args = 1;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	more[0] = a.args[0];
	more[1] = a.args[1];
	more[2] = qiao_slice_of(NULL, 0);
	a.q.args = more;
	a.q.n_args = 3;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_PROOF);
	a.q.n_args = QIAO_FABRIC_ANSWER_ARGS_MAX + 1;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_LIMIT);
	a.q = good;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	asked_close(&a);
}

/* An organisation counts once, and only peers of the channel count. */
static void signers_are_counted_by_organisation(void)
{
	struct asked a;
	struct qiao_slice three[3];

	record_open(&a);
	memcpy(three, a.answers, sizeof(three));
	a.answers[1] = a.answers[2] = three[0];
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_BADSIG);
	a.q.orgs = 1;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	CU_ASSERT_EQUAL(a.out.orgs, 1);
	asked_close(&a);
}

/*
 * Every byte changed, one at a time: what is signed, who signed and the
 * signature cannot be; the copy of the response outside can, and says nothing.
 */
static void no_signed_byte_can_be_changed(void)
{
	struct asked a;
	struct qiao_slice whole, outside, payload;
	size_t ignored = 0, n;
	uint8_t *bytes;

	record_open(&a);
	whole = a.answers[0];
	n = whole.n;
	outside = qiao_pb_bytes(whole, 4);
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	payload = a.out.payload;
	bytes = qiao_memdup(whole);
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 0x11;
		a.answers[0] = qiao_slice_of(bytes, n);
		if (check(&a, 3) == QIAO_OK) {
			bool in = whole.p + i >= outside.p &&
				  whole.p + i < outside.p + outside.n;

			ignored++;
			CU_ASSERT(in || i < 2 || i >= n - 13);
			CU_ASSERT(qiao_slice_eq(a.out.payload, payload));
		}
		bytes[i] ^= 0x11;
	}
	CU_ASSERT(ignored > 0);
	/* cut anywhere it is no three signatures */
	for (size_t i = 0; i < n - 13; i++) {
		a.answers[0] = qiao_slice_of(bytes, i);
		CU_ASSERT_NOT_EQUAL(check(&a, 3), QIAO_OK);
	}
	qiao_free(bytes);
	asked_close(&a);
}

static void the_proposal_is_bound(void)
{
	struct asked a;
	struct qiao_slice whole;
	uint8_t *bytes;

	record_open(&a);
	whole = a.proposal;
	bytes = qiao_memdup(whole);
	for (size_t i = 0; i < whole.n; i++) {
		bytes[i] ^= 0x11;
		a.proposal = qiao_slice_of(bytes, whole.n);
		CU_ASSERT_NOT_EQUAL(check(&a, 3), QIAO_OK);
		bytes[i] ^= 0x11;
		a.proposal = qiao_slice_of(bytes, i);
		CU_ASSERT_NOT_EQUAL(check(&a, 3), QIAO_OK);
	}
	qiao_free(bytes);
	asked_close(&a);
}

/* The configuration at that height decides who is a peer. */
static void a_removed_organisation_does_not_count(void)
{
	struct qiao_buf b = block_read("raft/peer", 269);
	struct asked a;

	record_open(&a);
	qiao_fabric_config_free(a.c);
	CU_ASSERT_EQUAL_FATAL(qiao_fabric_config_load(&a.c, qiao_buf_slice(&b),
						      &a.sigs, &a.why),
			      QIAO_OK);
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_E_BADSIG);
	a.q.orgs = 2;
	CU_ASSERT_EQUAL(check(&a, 3), QIAO_OK);
	CU_ASSERT_EQUAL(a.out.orgs, 2);
	qiao_buf_free(&b);
	asked_close(&a);
}

static void a_prepared_transaction_is_an_answer(void)
{
	struct qiao_buf b =
		file_read("gateway/query_records.endorse_response.pb");
	struct qiao_slice envelope = qiao_pb_bytes(qiao_buf_slice(&b), 1);
	struct asked a;
	uint8_t *bytes;

	record_open(&a);
	CU_ASSERT_EQUAL(qiao_fabric_answer_check_prepared(
				&a.out, &a.q, envelope, a.c, &a.why),
			QIAO_E_PROOF); /* the nonce of the other one */
	CU_ASSERT(qiao_hex_decode(
		a.nonce, 24,
		qiao_slice_str(
			"befbc5e71cf7202b1972b30ff105845a328e3d234f8af689")));
	CU_ASSERT_EQUAL(qiao_fabric_answer_check_prepared(
				&a.out, &a.q, envelope, a.c, &a.why),
			QIAO_OK);
	CU_ASSERT_EQUAL(a.out.orgs, 3);
	CU_ASSERT(holds(a.out.payload, "CPR-0001"));
	bytes = qiao_memdup(envelope);
	for (size_t i = 0; i < envelope.n; i++) {
		bytes[i] ^= 0x11;
		CU_ASSERT_NOT_EQUAL(qiao_fabric_answer_check_prepared(
					    &a.out, &a.q,
					    qiao_slice_of(bytes, envelope.n),
					    a.c, &a.why),
				    QIAO_OK);
		bytes[i] ^= 0x11;
	}
	for (size_t i = 0; i < envelope.n; i++)
		CU_ASSERT_NOT_EQUAL(qiao_fabric_answer_check_prepared(
					    &a.out, &a.q,
					    qiao_slice_of(bytes, i), a.c,
					    &a.why),
				    QIAO_OK);
	qiao_free(bytes);
	qiao_buf_free(&b);
	asked_close(&a);
}

#ifdef QIAO_FAULTS
static void each_allocation_may_fail(void)
{
	struct asked a;
	qiao_err err = QIAO_E_NOMEM;

	record_open(&a);
	for (long i = 0; err != QIAO_OK; i++) {
		CU_ASSERT_FATAL(i < 1000);
		qiao_fault_alloc_after = i;
		err = check(&a, 3);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
	asked_close(&a);
}
#endif

static const struct test_case cases[] = {
	{ "three organisations sign one answer",
	  three_organisations_sign_one_answer },
	{ "a peer tells the validity of a transaction",
	  a_peer_tells_the_validity_of_a_transaction },
	{ "peers that differ are no answer", peers_that_differ_are_no_answer },
	{ "an answer to another question is none",
	  an_answer_to_another_question_is_none },
	{ "signers are counted by organisation",
	  signers_are_counted_by_organisation },
	{ "no signed byte can be changed", no_signed_byte_can_be_changed },
	{ "the proposal is bound", the_proposal_is_bound },
	{ "a removed organisation does not count",
	  a_removed_organisation_does_not_count },
	{ "a prepared transaction is an answer",
	  a_prepared_transaction_is_an_answer },
#ifdef QIAO_FAULTS
	{ "each allocation may fail", each_allocation_may_fail },
#endif
	{ NULL, NULL },
};

const struct test_suite fabric_answer_test_suite = { "verify/fabric_answer",
						     cases };
