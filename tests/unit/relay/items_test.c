/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/items.h"

#include "tests/unit/relay/world.h"

/* --- one example of each item, and parse followed by encode --- */

static void make_headers(struct qiao_buf *b)
{
	static struct qiao_item_headers it;

	it.chain = hash_of(1);
	it.first = 300;
	it.n = 2;
	it.claims[0] = qiao_slice_str("claim one");
	it.claims[1] = qiao_slice_str("claim two");
	qiao_item_headers_encode(b, &it);
}

static void make_headers_reply(struct qiao_buf *b)
{
	struct qiao_item_headers_reply it = {
		.chain = hash_of(1),
		.next = 301,
		.result = QIAO_HEADERS_REFUSED,
		.sentence = qiao_slice_str("parent hash does not match"),
	};

	qiao_item_headers_reply_encode(b, &it);
}

static void make_proof(struct qiao_buf *b)
{
	struct qiao_item_proof it = { hash_of(1), 7, qiao_slice_str("proof") };

	qiao_item_proof_encode(b, &it);
}

static void make_transfer(struct qiao_buf *b)
{
	struct sample s;
	struct world w = { .network = hash_of(77) };

	sample_make(&s, &w, 7, "payload");
	s.item.has_proof = true;
	s.item.proof_item = 3;
	s.item.duty_basis = qiao_slice_str("CN-809-14");
	s.item.duty_case = qiao_slice_str("case 1");
	s.item.queued.index = 9;
	s.item.queued.path.n = 2;
	s.item.queued.path.h[0] = hash_of(4);
	s.item.queued.path.h[1] = hash_of(5);
	qiao_item_transfer_encode(b, &s.item);
	sample_free(&s);
}

static void make_transfer_reply(struct qiao_buf *b)
{
	struct qiao_item_transfer_reply it = { hash_of(1),
					       QIAO_TRANSFER_REFUSED,
					       qiao_slice_str("R_REPLAY") };

	qiao_item_transfer_reply_encode(b, &it);
}

static void make_receipt(struct qiao_buf *b)
{
	struct qiao_item_receipt it = {
		.transfer = hash_of(1),
		.digest = hash_of(2),
		.state = QIAO_RECEIPT_COMMITTED,
		.destination = hash_of(3),
		.has_height = true,
		.height = 12,
		.has_proof = true,
		.proof_item = 3,
		.decision =
			qiao_slice_str("d-00112233445566778899aabbccddeeff"),
	};

	qiao_item_receipt_encode(b, &it);
}

static void make_receipt_reply(struct qiao_buf *b)
{
	struct qiao_item_receipt_reply it = { hash_of(1), QIAO_RECEIPT_UNFIT };

	qiao_item_receipt_reply_encode(b, &it);
}

static void make_status(struct qiao_buf *b)
{
	struct qiao_item_status it = { .chain = hash_of(1), .n = 2 };

	it.headers[0].height = 1;
	it.headers[0].hash = hash_of(2);
	it.headers[1].height = 5;
	it.headers[1].hash = hash_of(3);
	qiao_item_status_encode(b, &it);
}

static void make_refusal(struct qiao_buf *b)
{
	struct qiao_item_refusal it = { QIAO_E_NETWORK,
					qiao_slice_str("other network id") };

	qiao_item_refusal_encode(b, &it);
}

/* Parse, and if that went well encode again. */
#define AGAIN(kind)                                                            \
	static qiao_err again_##kind(struct qiao_buf *b, struct qiao_slice in) \
	{                                                                      \
		static struct qiao_item_##kind it;                             \
		qiao_err err = qiao_item_##kind##_parse(&it, in);              \
                                                                               \
		if (err == QIAO_OK)                                            \
			qiao_item_##kind##_encode(b, &it);                     \
		return err;                                                    \
	}
AGAIN(headers)
AGAIN(headers_reply)
AGAIN(proof)
AGAIN(transfer)
AGAIN(transfer_reply)
AGAIN(receipt)
AGAIN(receipt_reply)
AGAIN(status)
AGAIN(refusal)

static const struct {
	void (*make)(struct qiao_buf *b);
	qiao_err (*again)(struct qiao_buf *b, struct qiao_slice in);
} kinds[] = {
	{ make_headers, again_headers },
	{ make_headers_reply, again_headers_reply },
	{ make_proof, again_proof },
	{ make_transfer, again_transfer },
	{ make_transfer_reply, again_transfer_reply },
	{ make_receipt, again_receipt },
	{ make_receipt_reply, again_receipt_reply },
	{ make_status, again_status },
	{ make_refusal, again_refusal },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void what_is_encoded_is_parsed_and_encoded_alike(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct qiao_buf a = QIAO_BUF, b = QIAO_BUF;

		kinds[i].make(&a);
		CU_ASSERT_TRUE(a.n > 0);
		CU_ASSERT_EQUAL(kinds[i].again(&b, qiao_buf_slice(&a)),
				QIAO_OK);
		CU_ASSERT_TRUE(
			qiao_slice_eq(qiao_buf_slice(&a), qiao_buf_slice(&b)));
		qiao_buf_free(&a);
		qiao_buf_free(&b);
	}
}

static void every_cut_is_refused_and_so_is_a_byte_more(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct qiao_buf a = QIAO_BUF, b = QIAO_BUF;

		kinds[i].make(&a);
		for (size_t n = 0; n < a.n; n++)
			CU_ASSERT_NOT_EQUAL(
				kinds[i].again(&b, qiao_slice_of(a.p, n)),
				QIAO_OK);
		qiao_buf_put_u8(&a, 0xc0);
		CU_ASSERT_NOT_EQUAL(kinds[i].again(&b, qiao_buf_slice(&a)),
				    QIAO_OK);
		CU_ASSERT_EQUAL(b.n, 0);
		qiao_buf_free(&a);
		qiao_buf_free(&b);
	}
}

static void a_changed_byte_is_refused_or_means_something_else(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct qiao_buf a = QIAO_BUF, b = QIAO_BUF;

		kinds[i].make(&a);
		for (size_t n = 0; n < 8 * a.n; n++) {
			a.p[n / 8] ^= (uint8_t)(1u << n % 8);
			qiao_buf_clear(&b);
			if (kinds[i].again(&b, qiao_buf_slice(&a)) == QIAO_OK)
				CU_ASSERT_TRUE(
					qiao_slice_eq(qiao_buf_slice(&a),
						      qiao_buf_slice(&b)));
			a.p[n / 8] ^= (uint8_t)(1u << n % 8);
		}
		qiao_buf_free(&a);
		qiao_buf_free(&b);
	}
}

/* --- what the tables of the document forbid --- */

static void a_receipt_has_proof_and_height_exactly_when_committed(void)
{
	for (int state = 1; state <= 6; state++) {
		for (int with = 0; with < 4; with++) {
			struct qiao_item_receipt it = {
				.transfer = hash_of(1),
				.digest = hash_of(2),
				.state = (enum qiao_receipt_state)state,
				.destination = hash_of(3),
				.has_height = (with & 1) != 0,
				.has_proof = (with & 2) != 0,
			};
			struct qiao_buf b = QIAO_BUF;
			struct qiao_item_receipt got;
			bool want = with == (state == 1 ? 3 : 0);

			qiao_item_receipt_encode(&b, &it);
			CU_ASSERT_EQUAL(qiao_item_receipt_parse(
						&got, qiao_buf_slice(&b)) ==
						QIAO_OK,
					want);
			qiao_buf_free(&b);
		}
	}
}

static qiao_err try_texts(const char *reason, const char *decision)
{
	struct qiao_item_receipt it = { .transfer = hash_of(1),
					.digest = hash_of(2),
					.state = QIAO_RECEIPT_DENIED,
					.destination = hash_of(3),
					.reason = qiao_slice_str(reason),
					.decision = qiao_slice_str(decision) };
	struct qiao_item_transfer_reply reply = { hash_of(1),
						  QIAO_TRANSFER_REFUSED,
						  qiao_slice_str(reason) };
	struct qiao_buf b = QIAO_BUF;
	qiao_err err, also;

	qiao_item_receipt_encode(&b, &it);
	err = qiao_item_receipt_parse(&it, qiao_buf_slice(&b));
	qiao_buf_clear(&b);
	qiao_item_transfer_reply_encode(&b, &reply);
	also = qiao_item_transfer_reply_parse(&reply, qiao_buf_slice(&b));
	/* the reply has no decision: only the reason may differ */
	if (decision[0] == 0)
		CU_ASSERT_EQUAL(err, also);
	qiao_buf_free(&b);
	return err;
}

static void a_peer_writes_no_free_text(void)
{
	static const struct {
		const char *reason, *decision;
		bool good;
	} t[] = {
		{ "", "", true },
		{ "R_NO_PERMIT", "", true },
		{ "", "d-00112233445566778899aabbccddeeff", true },
		{ "R_", "", false },
		{ "NO_PERMIT", "", false },
		{ "R_no_permit", "", false },
		{ "R_NO PERMIT", "", false },
		{ "R_ZHANG_SAN_1", "", false },
		{ "", "d-00112233445566778899aabbccddeef", false },
		{ "", "d-00112233445566778899aabbccddeefF", false },
		{ "", "x-00112233445566778899aabbccddeeff", false },
		{ "", "Zhang San", false },
	};
	char longest[64] = "R_";

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CU_ASSERT_EQUAL(try_texts(t[i].reason, t[i].decision),
				t[i].good ? QIAO_OK : QIAO_E_MALFORMED);
	memset(longest + 2, 'A', 60);
	CU_ASSERT_EQUAL(try_texts(longest, ""), QIAO_OK);
	longest[62] = 'A';
	CU_ASSERT_NOT_EQUAL(try_texts(longest, ""), QIAO_OK);
}

static qiao_err try_status(uint64_t a, uint64_t b, size_t n)
{
	struct qiao_item_status it = { .n = n }, got;
	struct qiao_buf out = QIAO_BUF;
	qiao_err err;

	it.headers[0].height = a;
	it.headers[1].height = b;
	qiao_item_status_encode(&out, &it);
	err = qiao_item_status_parse(&got, qiao_buf_slice(&out));
	qiao_buf_free(&out);
	return err;
}

static void heights_of_a_status_ascend(void)
{
	CU_ASSERT_EQUAL(try_status(1, 2, 2), QIAO_OK);
	CU_ASSERT_EQUAL(try_status(9, 0, 0), QIAO_OK);
	CU_ASSERT_EQUAL(try_status(2, 2, 2), QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(try_status(3, 2, 2), QIAO_E_MALFORMED);
}

static void a_status_of_seventeen_headers_is_refused(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h = hash_of(1);
	struct qiao_item_status got;

	qiao_mp_put_array(&b, 3);
	qiao_mp_put_uint(&b, 1);
	qiao_mp_put_hash(&b, &h);
	qiao_mp_put_array(&b, QIAO_GOSSIP_MAX + 1);
	for (size_t i = 0; i <= QIAO_GOSSIP_MAX; i++) {
		qiao_mp_put_array(&b, 2);
		qiao_mp_put_uint(&b, i);
		qiao_mp_put_hash(&b, &h);
	}
	CU_ASSERT_NOT_EQUAL(qiao_item_status_parse(&got, qiao_buf_slice(&b)),
			    QIAO_OK);
	qiao_buf_free(&b);
}

static void a_refusal_names_an_error(void)
{
	static const int errors[] = { 0, 1, -1001, INT32_MIN };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct qiao_item_refusal it = { errors[i],
						qiao_slice_str("x") };
		struct qiao_item_refusal got;
		struct qiao_buf b = QIAO_BUF;

		qiao_item_refusal_encode(&b, &it);
		CU_ASSERT_EQUAL(
			qiao_item_refusal_parse(&got, qiao_buf_slice(&b)),
			QIAO_E_MALFORMED);
		qiao_buf_free(&b);
	}
}

static void items_are_told_apart(void)
{
	struct qiao_buf b = QIAO_BUF;

	make_proof(&b);
	CU_ASSERT_EQUAL(qiao_item_kind(qiao_buf_slice(&b)), 1);
	qiao_buf_clear(&b);
	make_transfer(&b);
	CU_ASSERT_EQUAL(qiao_item_kind(qiao_buf_slice(&b)), 2);
	qiao_buf_clear(&b);
	make_receipt(&b);
	CU_ASSERT_EQUAL(qiao_item_kind(qiao_buf_slice(&b)), 2);
	qiao_buf_clear(&b);
	make_receipt_reply(&b);
	CU_ASSERT_EQUAL(qiao_item_kind(qiao_buf_slice(&b)), 0);
	CU_ASSERT_EQUAL(qiao_item_kind(qiao_slice_of(NULL, 0)), 0);
	qiao_buf_free(&b);
}

/* --- transfer ids, by the vectors --- */

/* --- a transfer against the message around it --- */

/* As it should be, but for one thing. */
enum spoil {
	NOTHING,
	OTHER_NETWORK,
	PROOF_MISSING,
	PROOF_OF_ANOTHER_BLOCK,
	PROOF_IS_A_TRANSFER,
	OTHER_PAYLOAD,
	OTHER_ENTRY_TYPE,
	ENTRY_WITH_SPACE,
	OTHER_INDEX,
	OTHER_ROOT,
	PATH_TOO_LONG,
	ENTRY_FOR_ANOTHER_PEER,
	ENTRY_OF_ANOTHER_GATEWAY,
};

static void replace(struct qiao_buf *b, const char *old, const char *new)
{
	char *at;

	qiao_buf_put_u8(b, 0);
	b->n--;
	at = strstr((char *)b->p, old);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_EQUAL_FATAL(strlen(old), strlen(new));
	memcpy(at, new, strlen(new));
}

static void spoil_entry(struct sample *s, enum spoil what)
{
	if (what == OTHER_ENTRY_TYPE)
		replace(&s->entry, "queued", "denied");
	if (what == ENTRY_WITH_SPACE)
		replace(&s->entry, "\"v\":1}", "\"v\":1 ");
	if (what == ENTRY_FOR_ANOTHER_PEER)
		replace(&s->entry, "gw.province", "gw.another1");
	if (what == ENTRY_OF_ANOTHER_GATEWAY)
		replace(&s->entry, "gw.nanjing", "gw.another");
	s->item.queued.entry = qiao_buf_slice(&s->entry);
	qiao_merkle_leaf(&s->audit_root, s->item.queued.entry);
}

static qiao_err try_check(enum spoil what)
{
	static struct qiao_message m;
	struct world w = { .network = hash_of(77) };
	struct qiao_item_proof p = { hash_of(1), 7, qiao_slice_str("proof") };
	struct qiao_buf proof = QIAO_BUF;
	struct qiao_why why = { "" };
	struct sample s;
	qiao_err err;

	sample_make(&s, &w, 7, "payload");
	s.item.has_proof = true;
	spoil_entry(&s, what);
	if (what == OTHER_NETWORK)
		s.item.id.network = hash_of(78);
	if (what == PROOF_MISSING)
		s.item.proof_item = 1;
	if (what == PROOF_OF_ANOTHER_BLOCK)
		p.height = 8;
	if (what == OTHER_PAYLOAD)
		s.item.digest = hash_of(5);
	if (what == OTHER_INDEX)
		s.item.queued.index = 1;
	if (what == OTHER_ROOT)
		s.audit_root = hash_of(6);
	if (what == PATH_TOO_LONG)
		s.item.queued.path.n = 1;
	m.env = world_envelope(&w, false, QIAO_KIND_TRANSFERS);
	m.env.audit_size = 1;
	m.env.audit_root = s.audit_root;
	qiao_item_proof_encode(&proof, &p);
	if (what == PROOF_IS_A_TRANSFER) {
		qiao_buf_clear(&proof);
		make_transfer(&proof);
	}
	m.n = 1;
	m.items[0] = qiao_buf_slice(&proof);
	err = qiao_item_transfer_check(&s.item, &m, &why);
	CU_ASSERT_EQUAL(why.text[0] == 0, err == QIAO_OK);
	qiao_buf_free(&proof);
	sample_free(&s);
	return err;
}

static void a_transfer_must_fit_its_message(void)
{
	static const struct {
		enum spoil what;
		qiao_err want;
	} cases[] = {
		{ NOTHING, QIAO_OK },
		{ OTHER_NETWORK, QIAO_E_NETWORK },
		{ PROOF_MISSING, QIAO_E_MALFORMED },
		{ PROOF_OF_ANOTHER_BLOCK, QIAO_E_MALFORMED },
		{ PROOF_IS_A_TRANSFER, QIAO_E_MALFORMED },
		{ OTHER_PAYLOAD, QIAO_E_PROOF },
		{ OTHER_ENTRY_TYPE, QIAO_E_PROOF },
		{ ENTRY_WITH_SPACE, QIAO_E_MALFORMED },
		{ OTHER_INDEX, QIAO_E_PROOF },
		{ OTHER_ROOT, QIAO_E_PROOF },
		{ PATH_TOO_LONG, QIAO_E_PROOF },
		{ ENTRY_FOR_ANOTHER_PEER, QIAO_E_PROOF },
		{ ENTRY_OF_ANOTHER_GATEWAY, QIAO_E_PROOF },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(try_check(cases[i].what), cases[i].want);
}

static const struct test_case cases[] = {
	{ "a peer writes no free text into reasons and decisions",
	  a_peer_writes_no_free_text },
	{ "what is encoded is parsed and encoded alike",
	  what_is_encoded_is_parsed_and_encoded_alike },
	{ "every cut is refused, and so is a byte more",
	  every_cut_is_refused_and_so_is_a_byte_more },
	{ "a changed byte is refused or means something else",
	  a_changed_byte_is_refused_or_means_something_else },
	{ "a receipt has proof and height exactly when committed",
	  a_receipt_has_proof_and_height_exactly_when_committed },
	{ "heights of a status ascend", heights_of_a_status_ascend },
	{ "a status of seventeen headers is refused",
	  a_status_of_seventeen_headers_is_refused },
	{ "a refusal names an error", a_refusal_names_an_error },
	{ "items are told apart", items_are_told_apart },
	{ "a transfer must fit its message", a_transfer_must_fit_its_message },
	{ .name = NULL },
};

const struct test_suite items_test_suite = { "relay/items", cases };
