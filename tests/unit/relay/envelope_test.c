/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/envelope.h"

#include "gateway/base/hex.h"
#include "tests/unit/relay/world.h"

#include <sys/stat.h>

/* The vectors' gateway key, by way of a key file. */
static struct qiao_key *vector_key(const struct qiao_json *identity)
{
	const struct qiao_json *k =
		qiao_json_at(qiao_json_get(identity, "keys"), 0);
	struct qiao_slice hex = qiao_json_text(qiao_json_get(k, "private"));
	struct qiao_key *key = NULL;
	struct fixture f;
	FILE *out;

	fixture_dir(&f);
	umask(077);
	out = fopen(f.path, "w");
	if (!out)
		abort();
	fprintf(out, "qiao-key 1 secp256k1 %.*s\n", (int)hex.n,
		(const char *)hex.p);
	fclose(out);
	CU_ASSERT_EQUAL_FATAL(qiao_key_load(&key, f.path, NULL), QIAO_OK);
	fixture_close(&f);
	return key;
}

static void fill(struct qiao_envelope *e, const struct qiao_json *m)
{
	struct qiao_buf mem = QIAO_BUF;
	int64_t v = 0;

	memset(e, 0, sizeof(*e));
	qiao_hash_from(&e->network, hex_member(&mem, m, "network"));
	qiao_hash_from(&e->audit_root, hex_member(&mem, m, "audit_root"));
	memcpy(e->message.b, hex_member(&mem, m, "message").p, 16);
	qiao_str_copy(e->sender, sizeof(e->sender),
		      qiao_json_text(qiao_json_get(m, "sender")));
	qiao_str_copy(e->receiver, sizeof(e->receiver),
		      qiao_json_text(qiao_json_get(m, "receiver")));
	qiao_json_int(qiao_json_get(m, "sent"), &e->sent_at);
	qiao_json_int(qiao_json_get(m, "expires"), &e->expires_at);
	qiao_json_int(qiao_json_get(m, "kind"), &v);
	e->kind = (unsigned int)v;
	qiao_json_int(qiao_json_get(m, "audit_size"), &v);
	e->audit_size = (uint64_t)v;
	e->has_reply_to = qiao_json_kind(qiao_json_get(m, "reply_to")) ==
			  QIAO_JSON_STRING;
	if (e->has_reply_to)
		qiao_hash_from(&e->reply_to, hex_member(&mem, m, "reply_to"));
	qiao_buf_free(&mem);
}

static void try_vector(const struct qiao_json *c, const struct qiao_key *key)
{
	const struct qiao_json *list = qiao_json_get(c, "items");
	struct qiao_buf mem[4] = { QIAO_BUF, QIAO_BUF, QIAO_BUF, QIAO_BUF };
	struct qiao_buf made = QIAO_BUF;
	struct qiao_slice items[2], want;
	struct qiao_envelope e;
	struct qiao_message m;
	struct qiao_hash digest;
	size_t n = qiao_json_count(list);

	for (size_t i = 0; i < n && i < 2; i++) {
		qiao_hex_decode_buf(&mem[i],
				    qiao_json_text(qiao_json_at(list, i)));
		items[i] = qiao_buf_slice(&mem[i]);
	}
	fill(&e, qiao_json_get(c, "members"));
	CU_ASSERT_EQUAL(qiao_message_make(&made, &digest, &e, items, n, key),
			QIAO_OK);
	want = hex_member(&mem[2], c, "message");
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_buf_slice(&made), want));
	CU_ASSERT_EQUAL(qiao_message_parse(&m, want), QIAO_OK);
	CU_ASSERT_EQUAL(m.n, n);
	CU_ASSERT_EQUAL(m.env.kind, e.kind);
	want = hex_member(&mem[3], c, "request");
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_slice_hash(&digest), want));
	CU_ASSERT_TRUE(qiao_hash_eq(&m.digest, &digest));
	for (size_t i = 0; i < 4; i++)
		qiao_buf_free(&mem[i]);
	qiao_buf_free(&made);
}

static void messages_are_those_of_the_vectors_byte_by_byte(void)
{
	struct qiao_json *id = load_json("tests/vectors/wire/identity.json");
	struct qiao_json *env = load_json("tests/vectors/wire/envelope.json");
	const struct qiao_json *list = qiao_json_get(env, "cases");
	struct qiao_key *key = vector_key(id);

	CU_ASSERT_TRUE(qiao_json_count(list) >= 3);
	for (size_t i = 0; i < qiao_json_count(list); i++)
		try_vector(qiao_json_at(list, i), key);
	qiao_key_free(key);
	qiao_json_free(id);
	qiao_json_free(env);
}

static void every_cut_and_every_flipped_byte_is_refused(void)
{
	struct qiao_slice items[2] = { qiao_slice_str("one"),
				       qiao_slice_str("two") };
	struct qiao_buf made = QIAO_BUF;
	struct qiao_message_rules rules;
	struct qiao_envelope e;
	struct qiao_message m;
	struct world w;

	world_open(&w);
	e = world_envelope(&w, false, QIAO_KIND_STATUS);
	rules = world_rules(&w, "gw.province");
	CU_ASSERT_EQUAL_FATAL(
		qiao_message_make(&made, NULL, &e, items, 2, w.key[0]),
		QIAO_OK);
	CU_ASSERT_EQUAL(qiao_message_parse(&m, qiao_buf_slice(&made)), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_message_verify(&m, NULL, &rules, NULL), QIAO_OK);
	for (size_t n = 0; n < made.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_message_parse(&m, qiao_slice_of(made.p, n)),
			QIAO_OK);
	for (size_t i = 0; i < made.n; i++) {
		made.p[i] ^= 0x40;
		CU_ASSERT_TRUE(qiao_message_parse(&m, qiao_buf_slice(&made)) !=
				       QIAO_OK ||
			       qiao_message_verify(&m, NULL, &rules, NULL) !=
				       QIAO_OK);
		made.p[i] ^= 0x40;
	}
	qiao_buf_put_u8(&made, 0);
	CU_ASSERT_NOT_EQUAL(qiao_message_parse(&m, qiao_buf_slice(&made)),
			    QIAO_OK);
	qiao_buf_free(&made);
	world_close(&w);
}

/* What may be wrong with a message, in the order in which it is looked at. */
enum wrong {
	WRONG_NETWORK = 1,
	WRONG_RECEIVER = 2,
	UNKNOWN_SENDER = 4,
	OLD_KEY = 8,
	OTHER_SIGNER = 16,
	EXPIRED = 32,
	FUTURE = 64,
	CHANGED_ITEM = 128,
	UNASKED = 256,
	BLOCKED = 512,
};

static qiao_err try_wrong(struct world *w, unsigned int wrong)
{
	struct qiao_message_rules rules = world_rules(w, "gw.province");
	struct qiao_envelope e = world_envelope(w, false, QIAO_KIND_TRANSFERS);
	struct qiao_slice item = qiao_slice_str("item");
	struct qiao_peer *peer = qiao_peers_at(w->peers, 0);
	struct qiao_buf made = QIAO_BUF;
	struct qiao_message m;
	struct qiao_why why = { "" };
	qiao_err err;

	if (wrong & WRONG_NETWORK)
		e.network = hash_of(78);
	if (wrong & WRONG_RECEIVER)
		snprintf(e.receiver, sizeof(e.receiver), "%s", "gw.suzhou");
	if (wrong & UNKNOWN_SENDER)
		snprintf(e.sender, sizeof(e.sender), "%s", "gw.nobody");
	if (wrong & EXPIRED) {
		e.sent_at = NOW - 60000;
		e.expires_at = NOW;
	} else if (wrong & FUTURE) {
		e.sent_at = NOW + QIAO_SENT_AHEAD_MS + 1;
		e.expires_at = e.sent_at + 60000;
	}
	e.has_reply_to = (wrong & UNASKED) != 0;
	CU_ASSERT_EQUAL_FATAL(
		qiao_message_make(&made, NULL, &e, &item, 1, w->key[0]),
		QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_message_parse(&m, qiao_buf_slice(&made)),
			      QIAO_OK);
	if (wrong & OTHER_SIGNER)
		m.signature =
			qiao_slice_of("0123456789012345678901234567890123456789"
				      "012345678901234567890123",
				      64);
	if (wrong & CHANGED_ITEM)
		m.items[0] = qiao_slice_str("iten");
	if (wrong & OLD_KEY)
		peer->keys[0].not_after = NOW;
	qiao_peer_set_standing(peer, wrong & BLOCKED ? QIAO_STANDING_BLOCKED
						     : QIAO_STANDING_KNOWN);
	err = qiao_message_verify(&m, NULL, &rules, &why);
	CU_ASSERT_EQUAL(why.text[0] == 0, err == QIAO_OK);
	peer->keys[0].not_after = NOW + 1000000;
	qiao_buf_free(&made);
	return err;
}

static void a_message_is_refused_in_the_documented_order(void)
{
	static const struct {
		unsigned int wrong;
		qiao_err want;
	} cases[] = {
		{ WRONG_NETWORK, QIAO_E_NETWORK },
		{ WRONG_RECEIVER, QIAO_E_RECEIVER },
		{ UNKNOWN_SENDER, QIAO_E_KEY },
		{ OLD_KEY, QIAO_E_KEY },
		{ OTHER_SIGNER, QIAO_E_BADSIG },
		{ EXPIRED, QIAO_E_EXPIRED },
		{ FUTURE, QIAO_E_CLOCK },
		{ CHANGED_ITEM, QIAO_E_HASH },
		{ UNASKED, QIAO_E_REPLAY },
		{ BLOCKED, QIAO_E_DENIED },
		{ 0, QIAO_OK },
	};
	struct world w;
	unsigned int all;

	world_open(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(try_wrong(&w, cases[i].wrong), cases[i].want);
		/* with everything later wrong as well, it is still this */
		all = 0;
		for (size_t j = i; j < sizeof(cases) / sizeof(cases[0]); j++)
			all |= cases[j].wrong;
		CU_ASSERT_EQUAL(try_wrong(&w, all), cases[i].want);
	}
	world_close(&w);
}

static qiao_err try_reply(struct world *w, const struct qiao_hash *names,
			  const struct qiao_hash *open, unsigned int kind,
			  const char *asked)
{
	struct qiao_message_rules rules = world_rules(w, "gw.nanjing");
	struct qiao_envelope e = world_envelope(w, true, kind);
	struct qiao_buf made = QIAO_BUF;
	struct qiao_message m;
	qiao_err err;

	e.has_reply_to = names != NULL;
	if (names)
		e.reply_to = *names;
	rules.reply_to = open;
	rules.asked = asked;
	rules.asked_kind = QIAO_KIND_TRANSFERS;
	CU_ASSERT_EQUAL_FATAL(
		qiao_message_make(&made, NULL, &e, NULL, 0, w->key[1]),
		QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_message_parse(&m, qiao_buf_slice(&made)),
			      QIAO_OK);
	err = qiao_message_verify(&m, NULL, &rules, NULL);
	qiao_buf_free(&made);
	return err;
}

static void a_reply_is_bound_to_its_request(void)
{
	struct qiao_hash open = hash_of(1), other = hash_of(2);
	const char *p = "gw.province";
	struct world w;

	world_open(&w);
	CU_ASSERT_EQUAL(try_reply(&w, &open, &open, QIAO_KIND_TRANSFERS, p),
			QIAO_OK);
	CU_ASSERT_EQUAL(try_reply(&w, &open, &open, QIAO_KIND_REFUSAL, p),
			QIAO_OK);
	CU_ASSERT_EQUAL(try_reply(&w, &other, &open, QIAO_KIND_TRANSFERS, p),
			QIAO_E_REPLAY);
	CU_ASSERT_EQUAL(try_reply(&w, NULL, &open, QIAO_KIND_TRANSFERS, p),
			QIAO_E_REPLAY);
	CU_ASSERT_EQUAL(try_reply(&w, &open, &open, QIAO_KIND_RECEIPTS, p),
			QIAO_E_REPLAY);
	CU_ASSERT_EQUAL(
		try_reply(&w, &open, &open, QIAO_KIND_TRANSFERS, "gw.suzhou"),
		QIAO_E_REPLAY);
	qiao_peer_set_standing(qiao_peers_at(w.peers, 1),
			       QIAO_STANDING_BLOCKED);
	CU_ASSERT_EQUAL(try_reply(&w, &open, &open, QIAO_KIND_TRANSFERS, p),
			QIAO_E_DENIED);
	world_close(&w);
}

static void a_message_over_the_limit_is_not_made(void)
{
	struct qiao_slice items[QIAO_ITEMS_MAX + 1];
	struct qiao_buf made = QIAO_BUF;
	static uint8_t big[QIAO_PEER_MSG_MAX];
	struct qiao_envelope e;
	struct world w;

	world_open(&w);
	e = world_envelope(&w, false, QIAO_KIND_STATUS);
	items[0] = qiao_slice_of(big, sizeof(big));
	CU_ASSERT_EQUAL(qiao_message_make(&made, NULL, &e, items, 1, w.key[0]),
			QIAO_E_LIMIT);
	qiao_buf_clear(&made);
	for (size_t i = 0; i <= QIAO_ITEMS_MAX; i++)
		items[i] = qiao_slice_of(big, 1);
	CU_ASSERT_EQUAL(qiao_message_make(&made, NULL, &e, items,
					  QIAO_ITEMS_MAX + 1, w.key[0]),
			QIAO_E_LIMIT);
	qiao_buf_free(&made);
	world_close(&w);
}

static void what_a_peer_may_ask_follows_its_standing(void)
{
	static const struct {
		enum qiao_standing standing;
		unsigned int kind;
		qiao_err want;
	} cases[] = {
		{ QIAO_STANDING_KNOWN, QIAO_KIND_HEADERS, QIAO_OK },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_TRANSFERS, QIAO_OK },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_RECEIPTS, QIAO_OK },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_STATUS, QIAO_OK },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_REQUEST, QIAO_E_UNSUPPORTED },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_ANSWER, QIAO_E_UNSUPPORTED },
		{ QIAO_STANDING_KNOWN, QIAO_KIND_REFUSAL, QIAO_E_DENIED },
		{ QIAO_STANDING_KNOWN, 0, QIAO_E_UNSUPPORTED },
		{ QIAO_STANDING_KNOWN, 8, QIAO_E_UNSUPPORTED },
		{ QIAO_STANDING_FROZEN, QIAO_KIND_HEADERS, QIAO_OK },
		{ QIAO_STANDING_FROZEN, QIAO_KIND_TRANSFERS, QIAO_E_FROZEN },
		{ QIAO_STANDING_FROZEN, QIAO_KIND_RECEIPTS, QIAO_OK },
		{ QIAO_STANDING_FROZEN, QIAO_KIND_STATUS, QIAO_OK },
		{ QIAO_STANDING_BLOCKED, QIAO_KIND_HEADERS, QIAO_E_DENIED },
		{ QIAO_STANDING_BLOCKED, QIAO_KIND_TRANSFERS, QIAO_E_DENIED },
		{ QIAO_STANDING_BLOCKED, QIAO_KIND_RECEIPTS, QIAO_E_DENIED },
		{ QIAO_STANDING_BLOCKED, QIAO_KIND_STATUS, QIAO_E_DENIED },
	};
	struct qiao_why why = { "" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(
			qiao_peer_may(cases[i].standing, cases[i].kind, NULL),
			cases[i].want);
	qiao_peer_may(QIAO_STANDING_KNOWN, QIAO_KIND_REQUEST, &why);
	CU_ASSERT_STRING_EQUAL(why.text,
			       "not built yet: messages of kind request");
}

static void a_bad_entry_of_the_peers_table_is_refused(void)
{
	struct qiao_peer p = { .n_keys = 1 };
	struct world w;

	world_open(&w);
	p.keys[0] = qiao_peers_at(w.peers, 0)->keys[0];
	snprintf(p.gateway, sizeof(p.gateway), "%s", "Upper");
	CU_ASSERT_EQUAL(qiao_peers_add(w.peers, &p, NULL), QIAO_E_CONFIG);
	snprintf(p.gateway, sizeof(p.gateway), "%s", "gw.nanjing");
	CU_ASSERT_EQUAL(qiao_peers_add(w.peers, &p, NULL), QIAO_E_EXISTS);
	snprintf(p.gateway, sizeof(p.gateway), "%s",
		 "gw.suzhou"); /* with the key of nanjing */
	CU_ASSERT_EQUAL(qiao_peers_add(w.peers, &p, NULL), QIAO_E_EXISTS);
	p.n_keys = 0;
	CU_ASSERT_EQUAL(qiao_peers_add(w.peers, &p, NULL), QIAO_E_CONFIG);
	p.n_keys = 1;
	p.keys[0].not_after = p.keys[0].not_before;
	CU_ASSERT_EQUAL(qiao_peers_add(w.peers, &p, NULL), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_peers_count(w.peers), 2);
	CU_ASSERT_PTR_NULL(qiao_peers_at(w.peers, 2));
	world_close(&w);
}

static qiao_err want_of(const struct qiao_json *c)
{
	static const struct {
		const char *name;
		qiao_err err;
	} wants[] = { { "LIMIT", QIAO_E_LIMIT },
		      { "MALFORMED", QIAO_E_MALFORMED },
		      { "UNSUPPORTED", QIAO_E_UNSUPPORTED } };

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		if (qiao_slice_is(qiao_json_text(qiao_json_get(c, "want")),
				  wants[i].name))
			return wants[i].err;
	return QIAO_OK;
}

static void numbers_and_times_out_of_range_are_refused_in_the_envelope(void)
{
	struct qiao_json *v = load_json("tests/vectors/wire/envelope.json");
	const struct qiao_json *bad = qiao_json_get(v, "refused");
	struct qiao_buf mem = QIAO_BUF;

	CU_ASSERT_TRUE(qiao_json_count(bad) >= 10);
	for (size_t i = 0; i < qiao_json_count(bad); i++) {
		const struct qiao_json *c = qiao_json_at(bad, i);
		struct qiao_envelope e;

		CU_ASSERT_EQUAL(
			qiao_envelope_parse(&e, hex_member(&mem, c, "bytes")),
			want_of(c));
		CU_ASSERT_EQUAL(e.sender[0], 0);
	}
	qiao_buf_free(&mem);
	qiao_json_free(v);
}

static void a_peer_is_worked_for_so_often_at_once_and_others_still_are(void)
{
	struct qiao_peer *greedy, *other;
	struct world w;

	world_open(&w);
	greedy = qiao_peers_at(w.peers, 0);
	other = qiao_peers_at(w.peers, 1);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < QIAO_PEER_WORKERS_MAX; i++)
			CU_ASSERT_TRUE(qiao_peer_enter(greedy));
		for (int i = 0; i < 10; i++)
			CU_ASSERT_FALSE(qiao_peer_enter(greedy));
		CU_ASSERT_TRUE(qiao_peer_enter(other));
		qiao_peer_leave(other);
		qiao_peer_leave(greedy);
		CU_ASSERT_TRUE(qiao_peer_enter(greedy));
		for (int i = 0; i < QIAO_PEER_WORKERS_MAX; i++)
			qiao_peer_leave(greedy);
	}
	world_close(&w);
}

static const struct test_case cases[] = {
	{ "messages are those of the vectors, byte by byte",
	  messages_are_those_of_the_vectors_byte_by_byte },
	{ "every cut and every flipped byte is refused",
	  every_cut_and_every_flipped_byte_is_refused },
	{ "a message is refused in the documented order",
	  a_message_is_refused_in_the_documented_order },
	{ "numbers and times out of range are refused in the envelope",
	  numbers_and_times_out_of_range_are_refused_in_the_envelope },
	{ "a peer is worked for so often at once, and others still are",
	  a_peer_is_worked_for_so_often_at_once_and_others_still_are },
	{ "a reply is bound to its request", a_reply_is_bound_to_its_request },
	{ "a message over the limit is not made",
	  a_message_over_the_limit_is_not_made },
	{ "what a peer may ask follows its standing",
	  what_a_peer_may_ask_follows_its_standing },
	{ "a bad entry of the peers table is refused",
	  a_bad_entry_of_the_peers_table_is_refused },
	{ .name = NULL },
};

const struct test_suite envelope_test_suite = { "relay/envelope", cases };
