/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/verify/fabric_block.h"
#include "gateway/verify/fabric_schema.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

static struct qiao_buf bytes(const char *hex)
{
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(qiao_hex_decode_buf(&b, qiao_slice_str(hex)), QIAO_OK);
	return b;
}

/* Each of these was decided by reading Go's protowire. */
static void wire_format_is_gos(void)
{
	/* clang-format off */
	static const struct { const char *name, *hex; bool ok; } cases[] = {
		{ "empty", "", true },
		{ "varint", "0801", true },
		{ "varint not minimal", "08818000", true },
		{ "varint of ten bytes", "0880808080808080808001", true },
		{ "varint over 64 bits", "0880808080808080808002", false },
		{ "varint of eleven bytes", "088080808080808080808001", false },
		{ "varint cut", "0880", false },
		{ "tag cut", "80", false },
		{ "tag not minimal", "880001", true },
		{ "field 0", "0001", false },
		{ "highest field", "f8ffffff0f01", true },
		{ "field 2^29", "808080801001", false },
		{ "fixed 64", "090102030405060708", true },
		{ "fixed 64 cut", "0901020304050607", false },
		{ "fixed 32", "0d01020304", true },
		{ "fixed 32 cut", "0d010203", false },
		{ "bytes", "0a0161", true },
		{ "bytes cut", "0a0261", false },
		{ "bytes of huge length", "0affffffffffffffffff01", false },
		{ "wire type 6", "0e", false },
		{ "wire type 7", "0f", false },
		{ "group", "0b0c", true },
		{ "group with fields", "0b08010a0161090000000000000000150000000013140c", true },
		{ "group not closed", "0b", false },
		{ "group closed by another", "0b14", false },
		{ "end of no group", "0c", false },
		{ "wire type 6 in a group", "0b0e0c", false },
		{ "field 2^29 in a group", "0b8080808010010c", true },
		{ "field 0 in a group", "0b00010c", false },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = bytes(cases[i].hex);
		bool ok = qiao_pb_check(&qiao_pb_signature_header,
					qiao_buf_slice(&b)) == QIAO_OK;

		if (ok != cases[i].ok)
			printf("\n%s\n", cases[i].name);
		CU_ASSERT_EQUAL(ok, cases[i].ok);
		qiao_buf_free(&b);
	}
}

static qiao_err check_groups(size_t depth)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	for (size_t i = 0; i < depth; i++)
		qiao_buf_put_u8(&b, 0x0b);
	for (size_t i = 0; i < depth; i++)
		qiao_buf_put_u8(&b, 0x0c);
	err = qiao_pb_check(&qiao_pb_signature_header, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static void groups_nest_as_deep_as_go_allows(void)
{
	CU_ASSERT_EQUAL(check_groups(1), QIAO_OK);
	CU_ASSERT_EQUAL(check_groups(QIAO_PB_GROUPS_MAX + 1), QIAO_OK);
	CU_ASSERT_EQUAL(check_groups(QIAO_PB_GROUPS_MAX + 2), QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(check_groups(100000), QIAO_E_MALFORMED);
}

static void strings_are_utf8_where_the_schema_says_so(void)
{
	/* ChannelHeader.channel_id, then SignatureHeader.nonce */
	struct qiao_buf b = bytes("2201ff"), bytes_field = bytes("1201ff");

	CU_ASSERT_EQUAL(
		qiao_pb_check(&qiao_pb_channel_header, qiao_buf_slice(&b)),
		QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(qiao_pb_check(&qiao_pb_signature_header,
				      qiao_buf_slice(&bytes_field)),
			QIAO_OK);
	qiao_buf_free(&b);
	qiao_buf_free(&bytes_field);
}

static void messages_are_checked_inside(void)
{
	/* SignaturePolicyEnvelope { rule { n_out_of { rules { ... */
	struct qiao_buf b = QIAO_BUF, out = QIAO_BUF;

	for (int i = 0; i < 100; i++) {
		qiao_buf_clear(&out);
		qiao_buf_put_u8(&out, 0x12);
		qiao_buf_put_u8(&out, (uint8_t)(b.n & 0x7f));
		if (b.n > 0x7f) {
			out.p[1] |= 0x80;
			qiao_buf_put_u8(&out, (uint8_t)(b.n >> 7));
		}
		qiao_buf_put(&out, qiao_buf_slice(&b));
		qiao_buf_clear(&b);
		qiao_buf_put(&b, qiao_buf_slice(&out));
		CU_ASSERT_EQUAL(
			qiao_pb_check(&qiao_pb_signature_policy_envelope,
				      qiao_buf_slice(&b)),
			i < QIAO_PB_DEPTH_MAX ? QIAO_OK : QIAO_E_LIMIT);
	}
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

static void fields_are_what_go_would_say(void)
{
	/* field 1: 5, then 7; as a length: unknown. field 2: "a", "bc" */
	struct qiao_buf b = bytes("0805120161080712026263"
				  "0a0178");
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_slice in = qiao_buf_slice(&b), s;

	CU_ASSERT_EQUAL(qiao_pb_uint(in, 1), 7);
	CU_ASSERT_EQUAL(qiao_pb_uint(in, 3), 0);
	CU_ASSERT(qiao_slice_is(qiao_pb_bytes(in, 2), "bc"));
	CU_ASSERT(qiao_slice_is(qiao_pb_bytes(in, 1), "x"));
	CU_ASSERT_EQUAL(qiao_pb_bytes(in, 9).n, 0);
	CU_ASSERT_EQUAL(qiao_pb_count(in, 2), 2);
	CU_ASSERT(qiao_pb_message(&a, &s, in, 2));
	CU_ASSERT(qiao_slice_is(s, "abc"));
	CU_ASSERT(!qiao_pb_message(&a, &s, in, 9));
	CU_ASSERT_EQUAL(s.n, 0);
	qiao_fault_alloc_after = 0;
	qiao_pb_message(&a, &s, in, 2);
	qiao_fault_alloc_after = -1;
	CU_ASSERT_EQUAL(a.err, QIAO_E_NOMEM);
	qiao_pb_arena_free(&a);
	qiao_buf_free(&b);
}

/* Where one encoding is the rule: Envelope. */
static void an_envelope_has_one_encoding(void)
{
	/* clang-format off */
	static const struct { const char *name, *hex; bool ok; } cases[] = {
		{ "payload and signature", "0a0170120173", true },
		{ "unknown after", "0a01701201731a0175", true },
		{ "unknown number after", "0a0170120173c801818000", true },
		{ "unknown group after", "0a01701201731b1c", true },
		{ "field 1 of another type after", "0a01701201730805", true },
		{ "empty", "", false },
		{ "payload only", "0a0170", false },
		{ "empty payload", "0a00120173", false },
		{ "empty signature", "0a01701200", false },
		{ "reversed", "1201730a0170", false },
		{ "payload twice", "0a01700a0170120173", false },
		{ "signature twice", "0a0170120173120173", false },
		{ "payload again after", "0a01701201730a0170", false },
		{ "unknown first", "1a01750a0170120173", false },
		{ "unknown between", "0a01701a0175120173", false },
		{ "long tag", "8a000170120173", false },
		{ "long length", "0a810070120173", false },
		{ "long tag of the signature", "0a017092000173", false },
		{ "long tag of an unknown", "0a01701201739a000175", false },
		{ "cut", "0a01701201", false },
		{ "trailing byte", "0a017012017300", false },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = bytes(cases[i].hex);
		struct qiao_fabric_envelope env;
		bool ok = qiao_fabric_envelope_parse(&env, qiao_buf_slice(&b));

		if (ok != cases[i].ok)
			printf("\n%s\n", cases[i].name);
		CU_ASSERT_EQUAL(ok, cases[i].ok);
		CU_ASSERT_EQUAL(env.payload.n, ok ? 1 : 0);
		qiao_buf_free(&b);
	}
}

static void a_cut_envelope_is_none(void)
{
	struct qiao_buf b = block_read("raft/peer", 8);
	struct qiao_fabric_envelope env;
	struct qiao_slice entry =
		qiao_pb_bytes(qiao_pb_bytes(qiao_buf_slice(&b), 2), 1);

	CU_ASSERT(qiao_fabric_envelope_parse(&env, entry));
	for (size_t n = 0; n < entry.n; n++)
		CU_ASSERT(!qiao_fabric_envelope_parse(
			&env, qiao_slice_of(entry.p, n)));
	qiao_buf_free(&b);
}

static void a_block_has_one_encoding(void)
{
#define H32 "0000000000000000000000000000000000000000000000000000000000000000"
	/* clang-format off */
	static const struct { const char *name, *hex; bool ok; } cases[] = {
		{ "genesis header", "0a22" "1a20" H32, true },
		{ "header 1", "0a46" "0801" "1220" H32 "1a20" H32, true },
		{ "with data and metadata", "0a22" "1a20" H32 "1200" "1a00", true },
		{ "empty slots", "0a22" "1a20" H32 "1a06" "0a000a000a00", true },
		{ "empty", "", false },
		{ "no header", "1200", false },
		{ "metadata only", "1a00", false },
		{ "number 0 written", "0a24" "0800" "1a20" H32, false },
		{ "number not minimal", "0a48" "08818000" "1220" H32 "1a20" H32, false },
		{ "no previous hash", "0a24" "0801" "1a20" H32, false },
		{ "previous hash of block 0", "0a44" "1220" H32 "1a20" H32, false },
		{ "no data hash", "0a24" "0801" "1220" H32, false },
		{ "short data hash", "0a03" "1a0100", false },
		{ "header twice", "0a22" "1a20" H32 "0a22" "1a20" H32, false },
		{ "unknown in the header", "0a24" "1a20" H32 "2001", false },
		{ "unknown after", "0a22" "1a20" H32 "2001", false },
		{ "data after metadata", "0a22" "1a20" H32 "1a00" "1200", false },
		{ "unknown in data", "0a22" "1a20" H32 "1202" "1801", false },
		{ "long length", "0aa200" "1a20" H32, false },
		{ "trailing byte", "0a22" "1a20" H32 "00", false },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf b = bytes(cases[i].hex);
		struct qiao_fabric_block block;
		bool ok = qiao_fabric_block_parse(&block, qiao_buf_slice(&b),
						  NULL) == QIAO_OK;

		if (ok != cases[i].ok)
			printf("\n%s\n", cases[i].name);
		CU_ASSERT_EQUAL(ok, cases[i].ok);
		qiao_buf_free(&b);
	}
}

/* Joined one by one they would fill a terabyte. */
static void a_message_in_a_million_pieces_is_joined_once(void)
{
	static const uint8_t piece[] = { 0x0a, 2, 0x0a, 0 };
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_buf b = QIAO_BUF;
	struct qiao_slice joined;

	for (size_t i = 0; i < 1000000; i++)
		qiao_buf_put_mem(&b, piece, sizeof(piece));
	CU_ASSERT(qiao_pb_message(&a, &joined, qiao_buf_slice(&b), 1));
	CU_ASSERT_EQUAL(joined.n, 2000000);
	CU_ASSERT_EQUAL(qiao_pb_count(joined, 1), 1000000);
	CU_ASSERT_EQUAL(a.err, QIAO_OK);
	qiao_pb_arena_free(&a);
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "the wire format is Go's", wire_format_is_gos },
	{ "groups nest as deep as Go allows",
	  groups_nest_as_deep_as_go_allows },
	{ "strings are UTF-8 where the schema says so",
	  strings_are_utf8_where_the_schema_says_so },
	{ "messages are checked inside", messages_are_checked_inside },
	{ "fields are what Go would say", fields_are_what_go_would_say },
	{ "an envelope has one encoding", an_envelope_has_one_encoding },
	{ "a cut envelope is none", a_cut_envelope_is_none },
	{ "a block has one encoding", a_block_has_one_encoding },
	{ "a message in a million pieces is joined once",
	  a_message_in_a_million_pieces_is_joined_once },
	{ NULL, NULL },
};

const struct test_suite fabric_pb_test_suite = { "verify/fabric_pb", cases };
