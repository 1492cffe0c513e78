/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/evidence.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1764000000000)

/* What is wrong with one of the two statements. */
enum flaw {
	NO_FLAW,
	SAME_PAYLOAD,
	OTHER_TRANSFER,
	OTHER_SENDER,
	OTHER_NETWORK,
	OTHER_KIND,
	A_REPLY,
	BAD_SIGNATURE,
	STRANGERS_KEY,
	OTHER_INDEX,
	NOT_IN_THE_LOG,
};

struct statement {
	struct qiao_buf message;
	char entry[400];
	struct qiao_message m;
};

static struct qiao_hash hash_of(uint8_t n)
{
	return (struct qiao_hash){ { n, 7 } };
}

static void make_entry(struct statement *s, uint8_t payload, enum flaw flaw)
{
	char id[QIAO_HEX_LEN(QIAO_HASH_LEN)], digest[sizeof(id)];
	struct qiao_hash transfer = hash_of(flaw == OTHER_TRANSFER ? 4 : 3);
	struct qiao_hash p = hash_of(payload);

	snprintf(s->entry, sizeof(s->entry),
		 "{\"gw\":\"gw.nanjing\",\"payload\":\"%s\",\"seq\":0,"
		 "\"to\":\"gw.province\",\"transfer\":\"%s\","
		 "\"type\":\"queued\",\"v\":1}",
		 qiao_hex_encode(digest, qiao_slice_hash(&p)),
		 qiao_hex_encode(id, qiao_slice_hash(&transfer)));
}

static void make(struct qiao_said *out, struct statement *s, uint8_t payload,
		 const struct qiao_key *key, enum flaw flaw)
{
	struct qiao_envelope e = {
		.network = hash_of(flaw == OTHER_NETWORK ? 2 : 1),
		.kind = flaw == OTHER_KIND ? QIAO_KIND_RECEIPTS
					   : QIAO_KIND_TRANSFERS,
		.receiver = "gw.province",
		.sent_at = NOW,
		.expires_at = NOW + 1000,
		.audit_size = 1,
		.has_reply_to = flaw == A_REPLY
	};
	static uint8_t bad[QIAO_SIG_LEN];

	memset(s, 0, sizeof(*s));
	snprintf(e.sender, sizeof(e.sender), "%s",
		 flaw == OTHER_SENDER ? "gw.suzhou" : "gw.nanjing");
	make_entry(s, payload, flaw);
	qiao_merkle_leaf(&e.audit_root, qiao_slice_str(s->entry));
	if (flaw == NOT_IN_THE_LOG)
		e.audit_root.b[0] ^= 1;
	CU_ASSERT_EQUAL_FATAL(
		qiao_message_make(&s->message, NULL, &e, NULL, 0, key),
		QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(
		qiao_message_parse(&s->m, qiao_buf_slice(&s->message)),
		QIAO_OK);
	out->envelope = s->m.signed_bytes;
	out->signature = flaw == BAD_SIGNATURE ? qiao_slice_of(bad, sizeof(bad))
					       : s->m.signature;
	out->queued = (struct qiao_queued){
		.entry = qiao_slice_str(s->entry),
		.index = flaw == OTHER_INDEX ? 1 : 0,
	};
}

static qiao_err judge(enum flaw flaw, bool second, struct qiao_buf *bytes)
{
	struct qiao_evidence_peer e = { .network = hash_of(1),
					.gateway = "gw.nanjing",
					.transfer = hash_of(3) },
				  back;
	static struct statement s[2];
	struct qiao_key *key, *stranger;
	struct qiao_hash payload[2];
	struct qiao_why why = { "" };
	qiao_err err;

	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&key, QIAO_SCHEME_P256), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&stranger, QIAO_SCHEME_P256),
			      QIAO_OK);
	for (size_t i = 0; i < 2; i++) {
		bool here = i == second;

		make(&e.said[i], &s[i],
		     (uint8_t)(flaw == SAME_PAYLOAD ? 10 : 10 + i),
		     here && flaw == STRANGERS_KEY ? stranger : key,
		     here ? flaw : NO_FLAW);
	}
	qiao_evidence_peer_encode(bytes, &e);
	CU_ASSERT_EQUAL(qiao_evidence_kind_of(qiao_buf_slice(bytes)),
			QIAO_EVIDENCE_PEER);
	CU_ASSERT_EQUAL_FATAL(
		qiao_evidence_peer_parse(&back, qiao_buf_slice(bytes)),
		QIAO_OK);
	err = qiao_evidence_peer_check(&back, payload, qiao_key_public(key), 1,
				       &why);
	CU_ASSERT_EQUAL(why.text[0] == '\0', err == QIAO_OK);
	qiao_buf_free(&s[0].message);
	qiao_buf_free(&s[1].message);
	qiao_key_free(key);
	qiao_key_free(stranger);
	return err;
}

static void only_two_signed_payloads_under_one_id_convict_a_peer(void)
{
	for (int f = NO_FLAW; f <= NOT_IN_THE_LOG; f++)
		for (int second = 0; second < 2; second++) {
			struct qiao_buf b = QIAO_BUF;
			qiao_err want = f == NO_FLAW         ? QIAO_OK
					: f == STRANGERS_KEY ? QIAO_E_KEY
							     : QIAO_E_PROOF;

			CU_ASSERT_EQUAL(judge((enum flaw)f, second, &b), want);
			qiao_buf_free(&b);
		}
}

static void evidence_cut_anywhere_or_with_a_byte_more_is_refused(void)
{
	struct qiao_evidence_peer e;
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(judge(NO_FLAW, false, &b), QIAO_OK);
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_evidence_peer_parse(&e, qiao_slice_of(b.p, n)),
			QIAO_OK);
	qiao_buf_put_u8(&b, 0);
	CU_ASSERT_NOT_EQUAL(qiao_evidence_peer_parse(&e, qiao_buf_slice(&b)),
			    QIAO_OK);
	CU_ASSERT_EQUAL(qiao_evidence_kind_of(qiao_buf_slice(&b)), 0);
	qiao_buf_free(&b);
}

static void the_evidence_against_a_chain_reads_and_writes_back(void)
{
	struct qiao_evidence_chain e = { .network = hash_of(1),
					 .chain = hash_of(2),
					 .family = "quorum",
					 .height = QIAO_HEIGHT_MAX,
					 .trust = qiao_slice_str("set") },
				   back;
	struct qiao_buf b = QIAO_BUF, again = QIAO_BUF;

	e.side[0].n = 1;
	e.side[0].claim[0] = qiao_slice_str("one");
	e.side[1].n = 2;
	e.side[1].claim[0] = qiao_slice_str("other");
	e.side[1].claim[1] = qiao_slice_str("signed");
	qiao_evidence_chain_encode(&b, &e);
	CU_ASSERT_EQUAL(qiao_evidence_chain_parse(&back, qiao_buf_slice(&b)),
			QIAO_OK);
	qiao_evidence_chain_encode(&again, &back);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&again), qiao_buf_slice(&b)));
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_evidence_chain_parse(&back, qiao_slice_of(b.p, n)),
			QIAO_OK);
	e.side[0].n = 0;
	qiao_buf_clear(&b);
	qiao_evidence_chain_encode(&b, &e);
	CU_ASSERT_EQUAL(qiao_evidence_chain_parse(&back, qiao_buf_slice(&b)),
			QIAO_E_MALFORMED);
	qiao_buf_free(&b);
	qiao_buf_free(&again);
}

static const struct test_case cases[] = {
	{ "only two signed payloads under one id convict a peer",
	  only_two_signed_payloads_under_one_id_convict_a_peer },
	{ "evidence cut anywhere or with a byte more is refused",
	  evidence_cut_anywhere_or_with_a_byte_more_is_refused },
	{ "the evidence against a chain reads and writes back",
	  the_evidence_against_a_chain_reads_and_writes_back },
	{ NULL, NULL },
};

const struct test_suite evidence_test_suite = { "wire/evidence", cases };
