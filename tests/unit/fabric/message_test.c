/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/message.h"

#include "adapters/fabric/entry.h"
#include "adapters/fabric/pb.h"
#include "adapters/fabric/proto/service.pb-c.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/x509.h"
#include "tests/unit/fabric/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GATEWAY "tests/vectors/fabric/gateway/"
#define CERT    "tests/vectors/tls/good.pem"
#define TIME_MS 1790000000123

static struct fabric_identity *identity;

static struct fabric_asker asker(void)
{
	struct fabric_asker who = { .channel = "certchannel",
				    .now_ms = TIME_MS };

	if (!identity) {
		struct qiao_buf b = read_whole("tests/vectors/tls/good.key");

		mkdir("build", 0777);
		unlink("build/message.key");
		qiao_file_write("build/message.key", qiao_buf_slice(&b), 0600,
				NULL);
		qiao_buf_free(&b);
		CU_ASSERT_EQUAL_FATAL(
			fabric_identity_load(&identity, "NanjingMSP", CERT,
					     "build/message.key", NULL),
			QIAO_OK);
		unlink("build/message.key");
	}
	who.identity = identity;
	return who;
}

static void is_signed(ProtobufCBinaryData msg, ProtobufCBinaryData sig)
{
	struct qiao_buf pem = read_whole(CERT);
	struct qiao_cert *cert;

	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_pem(&cert, qiao_buf_slice(&pem), NULL),
		QIAO_OK);
	CU_ASSERT_EQUAL(qiao_cert_verify(cert, fabric_pb_slice(msg),
					 fabric_pb_slice(sig)),
			QIAO_OK);
	qiao_cert_free(cert);
	qiao_buf_free(&pem);
}

#define GET(type, data) \
	fabric_pb_get(&fabric__##type##__descriptor, fabric_pb_slice(data))

static void check_seek_header(const Fabric__Payload *p, const uint8_t *tls)
{
	Fabric__ChannelHeader *h =
		GET(channel_header, p->header->channel_header);

	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_EQUAL(h->type, 5);
	CU_ASSERT_STRING_EQUAL(h->channel_id, "certchannel");
	CU_ASSERT_EQUAL(h->timestamp->seconds, TIME_MS / 1000);
	CU_ASSERT_EQUAL(h->timestamp->nanos, 123000000);
	CU_ASSERT(h->tls_cert_hash.len == 32 &&
		  memcmp(h->tls_cert_hash.data, tls, 32) == 0);
	fabric_pb_free(h);
}

static void a_seek_is_signed_and_says_from_where(void)
{
	struct fabric_asker who = asker();
	const struct fabric_seek seek = { .start = 17,
					  .stop = UINT64_MAX,
					  .wait = true,
					  .headers_only = true };
	struct qiao_buf b = QIAO_BUF;
	uint8_t tls[32] = { 7 };
	Fabric__Envelope *e;
	Fabric__Payload *p;
	Fabric__SeekInfo *s;

	who.tls_hash = qiao_slice_of(tls, 32);
	CU_ASSERT_EQUAL_FATAL(fabric_seek_put(&b, &who, &seek), QIAO_OK);
	e = fabric_pb_get(&fabric__envelope__descriptor, qiao_buf_slice(&b));
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	is_signed(e->payload, e->signature);
	p = GET(payload, e->payload);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	check_seek_header(p, tls);
	s = GET(seek_info, p->data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->start->specified->number, 17);
	CU_ASSERT_EQUAL(s->stop->specified->number, UINT64_MAX);
	CU_ASSERT_EQUAL(s->behavior, 0);
	CU_ASSERT_EQUAL(s->content_type, 1);
	fabric_pb_free(s);
	fabric_pb_free(p);
	fabric_pb_free(e);
	qiao_buf_free(&b);
}

static void make(struct fabric_proposal *p, const struct fabric_asker *who)
{
	const struct qiao_slice args[] = { qiao_slice_str("Deliver"),
					   qiao_slice_str("1") };

	CU_ASSERT_EQUAL_FATAL(
		fabric_proposal_make(
			p, who,
			&(struct fabric_invocation){
				.chaincode = "qiao", .args = args, .n = 2 }),
		QIAO_OK);
}

static void a_transaction_id_is_of_nonce_and_creator(void)
{
	struct fabric_asker who = asker();
	struct fabric_proposal p;
	Fabric__SignatureHeader *h;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_hash id;

	make(&p, &who);
	h = fabric_pb_get(&fabric__signature_header__descriptor,
			  qiao_buf_slice(&p.signature_header));
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	qiao_sha256_list(&id,
			 (struct qiao_slice[]){ fabric_pb_slice(h->nonce),
						fabric_pb_slice(h->creator) },
			 2);
	CU_ASSERT_STRING_EQUAL(p.tx_id,
			       qiao_hex_encode(hex, qiao_slice_hash(&id)));
	is_signed(fabric_pb_bytes(qiao_buf_slice(&p.proposal)),
		  fabric_pb_bytes(qiao_buf_slice(&p.signature)));
	fabric_pb_free(h);
	fabric_proposal_fini(&p);
}

static void a_nonce_may_be_given(void)
{
	const struct qiao_slice args[] = { qiao_slice_str("Get") };
	const struct qiao_slice nonce = qiao_slice_str("0123456789abcdef");
	struct fabric_asker who = asker();
	struct fabric_proposal p;
	Fabric__SignatureHeader *h;

	CU_ASSERT_EQUAL_FATAL(fabric_proposal_make(&p, &who,
						   &(struct fabric_invocation){
							   .chaincode = "qiao",
							   .args = args,
							   .n = 1,
							   .nonce = nonce }),
			      QIAO_OK);
	h = fabric_pb_get(&fabric__signature_header__descriptor,
			  qiao_buf_slice(&p.signature_header));
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT(qiao_slice_eq(fabric_pb_slice(h->nonce), nonce));
	fabric_pb_free(h);
	fabric_proposal_fini(&p);
}

/* What a gateway peer would answer, changed in one place. */
enum change {
	NOTHING,
	CHANNEL_HEADER,
	SIGNATURE_HEADER,
	ACTION_HEADER,
	PROPOSAL_PAYLOAD,
	TWO_ACTIONS,
	NO_ACTION,
};

static void put_endorsed(struct qiao_buf *out, const struct fabric_proposal *p,
			 enum change change)
{
	Fabric__EndorseResponse r = FABRIC__ENDORSE_RESPONSE__INIT;
	Fabric__Envelope e = FABRIC__ENVELOPE__INIT;
	Fabric__Payload m = FABRIC__PAYLOAD__INIT;
	Fabric__Header h = FABRIC__HEADER__INIT;
	Fabric__Transaction tx = FABRIC__TRANSACTION__INIT;
	Fabric__TransactionAction a = FABRIC__TRANSACTION_ACTION__INIT;
	Fabric__TransactionAction *actions[] = { &a, &a };
	Fabric__ChaincodeActionPayload cap =
		FABRIC__CHAINCODE_ACTION_PAYLOAD__INIT;
	Fabric__ChaincodeEndorsedAction endorsed =
		FABRIC__CHAINCODE_ENDORSED_ACTION__INIT;
	struct qiao_buf b1 = QIAO_BUF, b2 = QIAO_BUF, b3 = QIAO_BUF;
	ProtobufCBinaryData other = { 5, (uint8_t *)(uintptr_t) "other" };
#define UNLESS(c, buf) \
	(change == (c) ? other : fabric_pb_bytes(qiao_buf_slice(buf)))

	h.channel_header = UNLESS(CHANNEL_HEADER, &p->channel_header);
	h.signature_header = UNLESS(SIGNATURE_HEADER, &p->signature_header);
	a.header = UNLESS(ACTION_HEADER, &p->signature_header);
	cap.chaincode_proposal_payload = UNLESS(PROPOSAL_PAYLOAD, &p->payload);
#undef UNLESS
	cap.action = change == NO_ACTION ? NULL : &endorsed;
	fabric_pb_put(&b1, &cap.base);
	a.payload = fabric_pb_bytes(qiao_buf_slice(&b1));
	tx.n_actions = change == TWO_ACTIONS ? 2 : 1;
	tx.actions = actions;
	fabric_pb_put(&b2, &tx.base);
	m.header = &h;
	m.data = fabric_pb_bytes(qiao_buf_slice(&b2));
	fabric_pb_put(&b3, &m.base);
	e.payload = fabric_pb_bytes(qiao_buf_slice(&b3));
	r.prepared_transaction = &e;
	fabric_pb_put(out, &r.base);
	qiao_buf_free(&b1);
	qiao_buf_free(&b2);
	qiao_buf_free(&b3);
}

static void only_our_own_proposal_is_signed(void)
{
	struct fabric_asker who = asker();
	struct fabric_proposal p;

	make(&p, &who);
	for (int c = NOTHING; c <= NO_ACTION; c++) {
		struct qiao_buf answer = QIAO_BUF, out = QIAO_BUF;
		Fabric__SubmitRequest *m;

		put_endorsed(&answer, &p, (enum change)c);
		CU_ASSERT_EQUAL(fabric_submit_put(&out, &who, &p,
						  qiao_buf_slice(&answer),
						  NULL),
				c == NOTHING ? QIAO_OK : QIAO_E_CONFLICT);
		CU_ASSERT_EQUAL(out.n > 0, c == NOTHING);
		if (c == NOTHING) {
			m = fabric_pb_get(&fabric__submit_request__descriptor,
					  qiao_buf_slice(&out));
			CU_ASSERT_PTR_NOT_NULL_FATAL(m);
			is_signed(m->prepared_transaction->payload,
				  m->prepared_transaction->signature);
			CU_ASSERT_STRING_EQUAL(m->transaction_id, p.tx_id);
			fabric_pb_free(m);
		}
		qiao_buf_free(&answer);
		qiao_buf_free(&out);
	}
	fabric_proposal_fini(&p);
}

static void recorded_answers_are_read(void)
{
	struct fabric_asker who = asker();
	struct qiao_buf b = read_whole(GATEWAY "get.evaluate_response.pb");
	struct qiao_buf out = QIAO_BUF;
	struct fabric_proposal p;
	uint64_t height;
	int32_t code;

	CU_ASSERT_EQUAL(fabric_evaluated_parse(&out, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT(out.n > 0 && out.p[0] == '{');
	qiao_buf_free(&b);
	b = read_whole(GATEWAY "put.commit_status_response.pb");
	CU_ASSERT_EQUAL(fabric_commit_parse(&code, &height, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT(code == 0 && height > 0);
	qiao_buf_free(&b);
	/* somebody else's transaction */
	b = read_whole(GATEWAY "put.endorse_response.pb");
	make(&p, &who);
	qiao_buf_clear(&out);
	CU_ASSERT_EQUAL(
		fabric_submit_put(&out, &who, &p, qiao_buf_slice(&b), NULL),
		QIAO_E_CONFLICT);
	CU_ASSERT_EQUAL(fabric_endorsed_parse(&out, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT(out.n > 4000);
	fabric_proposal_fini(&p);
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

/* The request of a real client, from its parts by our code. */
static void a_submit_request_is_that_of_fabric(void)
{
	struct qiao_buf answer = read_whole(GATEWAY "put.endorse_response.pb");
	struct qiao_buf request = read_whole(GATEWAY "put.submit_request.pb");
	Fabric__EndorseResponse *a = fabric_pb_get(
		&fabric__endorse_response__descriptor, qiao_buf_slice(&answer));
	Fabric__SubmitRequest *r = fabric_pb_get(
		&fabric__submit_request__descriptor, qiao_buf_slice(&request));
	struct qiao_buf again = QIAO_BUF;

	CU_ASSERT_FATAL(a && r);
	CU_ASSERT(qiao_slice_eq(
		fabric_pb_slice(a->prepared_transaction->payload),
		fabric_pb_slice(r->prepared_transaction->payload)));
	fabric_pb_put(&again, &r->base);
	CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&again),
				qiao_buf_slice(&request)));
	fabric_pb_free(a);
	fabric_pb_free(r);
	qiao_buf_free(&answer);
	qiao_buf_free(&request);
	qiao_buf_free(&again);
}

static const struct {
	const char *text, *code;
} refusals[] = {
	{ "NanjingMSP: chaincode response 500, EXISTS: written before",
	  "EXISTS" },
	{ "chaincode response 500, CONFLICT: other content", "CONFLICT" },
	{ "chaincode response 500, no account", "" },
	{ "chaincode response 500, ABCDEFGHIJKLMNOPQR: x", "" },
	{ "chaincode response 500, EXISTS", "" },
	{ "EXISTS: here", "" },
	{ "", "" },
};

static void a_contract_says_why_it_refuses(void)
{
	char code[FABRIC_CODE_LEN];

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		CU_ASSERT_STRING_EQUAL(
			fabric_refusal_code(code, refusals[i].text),
			refusals[i].code);
}

static void details_are_said_escaped(void)
{
	Fabric__Status st = FABRIC__STATUS__INIT;
	Fabric__Any any = FABRIC__ANY__INIT, *list[] = { &any, &any };
	Fabric__ErrorDetail d = FABRIC__ERROR_DETAIL__INIT;
	struct qiao_buf inner = QIAO_BUF, b = QIAO_BUF;
	char text[128], small[8];

	d.msp_id = fabric_pb_str("AuditMSP");
	d.message = fabric_pb_str("no\nway");
	fabric_pb_put(&inner, &d.base);
	any.value = fabric_pb_bytes(qiao_buf_slice(&inner));
	st.n_details = 2;
	st.details = list;
	fabric_pb_put(&b, &st.base);
	CU_ASSERT_STRING_EQUAL(
		fabric_detail_text(text, sizeof(text), qiao_buf_slice(&b)),
		"AuditMSP: no\\x0away; AuditMSP: no\\x0away");
	CU_ASSERT_STRING_EQUAL(
		fabric_detail_text(small, sizeof(small), qiao_buf_slice(&b)),
		"AuditMS");
	CU_ASSERT_STRING_EQUAL(fabric_detail_text(text, sizeof(text),
						  qiao_slice_str("nonsense")),
			       "");
	qiao_buf_free(&inner);
	qiao_buf_free(&b);
}

static void put_entry(struct qiao_buf *b)
{
	struct qiao_hash h = { { 1 } };

	qiao_mp_put_array(b, 5);
	qiao_mp_put_uint(b, 2);
	qiao_mp_put_hash(b, &h);
	qiao_mp_put_hash(b, &h);
	qiao_mp_put_bin(b, qiao_slice_of(h.b, 16));
	qiao_mp_put_hash(b, &h);
}

static void an_entry_is_found_absent_or_nonsense(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_lookup l;

	put_entry(&b);
	CU_ASSERT_EQUAL(fabric_entry_parse(&l, FABRIC_ENTRY_DELIVERED,
					   qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT(l.state == QIAO_LOOKUP_DONE && l.tx_len == 32 &&
		  l.submitter_len == 16 && l.digest.b[0] == 1);
	CU_ASSERT_EQUAL(fabric_entry_parse(&l, FABRIC_ENTRY_DELIVERED,
					   qiao_slice_of(NULL, 0)),
			QIAO_OK);
	CU_ASSERT_EQUAL(l.state, QIAO_LOOKUP_ABSENT);
	CU_ASSERT_EQUAL(
		fabric_entry_parse(&l, FABRIC_ENTRY_USAGE, qiao_buf_slice(&b)),
		QIAO_OK);
	CU_ASSERT(l.state == QIAO_LOOKUP_ABSENT && l.tx_len == 0);
	for (size_t cut = 1; cut < b.n; cut++) {
		CU_ASSERT(fabric_entry_parse(&l, FABRIC_ENTRY_DELIVERED,
					     qiao_slice_of(b.p, cut)) !=
			  QIAO_OK);
		CU_ASSERT(l.state == QIAO_LOOKUP_ABSENT && l.tx_len == 0);
	}
	qiao_buf_put_u8(&b, 0);
	CU_ASSERT(fabric_entry_parse(&l, FABRIC_ENTRY_DELIVERED,
				     qiao_buf_slice(&b)) != QIAO_OK);
	qiao_buf_free(&b);
}

static void a_failing_allocation_is_an_error(void)
{
	struct fabric_asker who = asker();
	const struct qiao_slice args[] = { qiao_slice_str("x") };
	qiao_err err = QIAO_E_NOMEM;

	for (int n = 0; n < 200 && err != QIAO_OK; n++) {
		struct fabric_proposal p;

		qiao_fault_alloc_after = n;
		err = fabric_proposal_make(
			&p, &who,
			&(struct fabric_invocation){
				.chaincode = "qiao", .args = args, .n = 1 });
		qiao_fault_alloc_after = -1;
		fabric_proposal_fini(&p);
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	fabric_identity_free(identity);
	identity = NULL;
}

static const struct test_case cases[] = {
	{ "a seek is signed and says from where, bound to the TLS certificate",
	  a_seek_is_signed_and_says_from_where },
	{ "a transaction id is of nonce and creator",
	  a_transaction_id_is_of_nonce_and_creator },
	{ "whoever asks may give the nonce", a_nonce_may_be_given },
	{ "only our own proposal is signed", only_our_own_proposal_is_signed },
	{ "recorded answers of a gateway peer are read",
	  recorded_answers_are_read },
	{ "a submit request is that of a client of Fabric",
	  a_submit_request_is_that_of_fabric },
	{ "a contract says why it refuses", a_contract_says_why_it_refuses },
	{ "details are said, escaped and cut", details_are_said_escaped },
	{ "an entry is found, absent, or nonsense",
	  an_entry_is_found_absent_or_nonsense },
	{ "a failing allocation is an error",
	  a_failing_allocation_is_an_error },
	{ NULL, NULL },
};
const struct test_suite message_test_suite = { "fabric/message", cases };
