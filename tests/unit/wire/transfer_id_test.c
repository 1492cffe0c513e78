/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/transfer_id.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

static bool text_is(const struct qiao_json *members, const char *key,
		    const char *have)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(members, key)), have);
}

static void members_are_where_they_belong(const struct qiao_transfer_key *k,
					  const struct qiao_json *members)
{
	struct qiao_hash chain = vector_hash(members, "source");
	struct qiao_hash to = vector_hash(members, "destination");
	int64_t height = -1, index = -1;

	CU_ASSERT_TRUE(qiao_hash_eq(&k->from.chain, &chain));
	CU_ASSERT_TRUE(qiao_hash_eq(&k->to, &to));
	qiao_json_int(qiao_json_get(members, "height"), &height);
	qiao_json_int(qiao_json_get(members, "index"), &index);
	CU_ASSERT_EQUAL(k->from.height, (uint64_t)height);
	CU_ASSERT_EQUAL(k->from.index, (uint64_t)index);
	CU_ASSERT_TRUE(text_is(members, "to_org", k->to_org));
	CU_ASSERT_TRUE(text_is(members, "action", k->action));
	CU_ASSERT_TRUE(text_is(members, "purpose", k->purpose));
}

static void round_trip(const struct qiao_json *c)
{
	struct qiao_buf want = vector_bytes(c, "bytes"), got = QIAO_BUF;
	struct qiao_hash id, expected = vector_hash(c, "id");
	struct qiao_transfer_key k;

	CU_ASSERT_EQUAL(
		qiao_transfer_key_parse(&k, qiao_buf_slice(&want), NULL),
		QIAO_OK);
	members_are_where_they_belong(&k, qiao_json_get(c, "members"));
	CU_ASSERT_EQUAL(qiao_transfer_key_encode(&got, &k), QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&got), qiao_buf_slice(&want)));
	qiao_transfer_id(&id, qiao_buf_slice(&got));
	CU_ASSERT_TRUE(qiao_hash_eq(&id, &expected));
	for (size_t n = 0; n < want.n; n++)
		CU_ASSERT_NOT_EQUAL(qiao_transfer_key_parse(
					    &k, qiao_slice_of(want.p, n), NULL),
				    QIAO_OK);
	qiao_buf_free(&want);
	qiao_buf_free(&got);
}

static void vectors_read_and_write_back_and_no_cut_does(void)
{
	struct qiao_json *root = vectors_load("transfer.json");
	const struct qiao_json *cases = qiao_json_get(root, "cases");

	CU_ASSERT_TRUE(qiao_json_count(cases) > 0);
	for (size_t i = 0; i < qiao_json_count(cases); i++)
		round_trip(qiao_json_at(cases, i));
	qiao_json_free(root);
}

static void hostile_arrays_are_refused_with_the_expected_error(void)
{
	struct qiao_json *root = vectors_load("transfer.json");
	const struct qiao_json *bad = qiao_json_get(root, "refused");

	CU_ASSERT_TRUE(qiao_json_count(bad) > 5);
	for (size_t i = 0; i < qiao_json_count(bad); i++) {
		struct qiao_buf b = vector_bytes(qiao_json_at(bad, i), "bytes");
		struct qiao_transfer_key k;
		struct qiao_why why;

		CU_ASSERT_TRUE(vector_wants(
			qiao_json_at(bad, i),
			qiao_transfer_key_parse(&k, qiao_buf_slice(&b), &why)));
		CU_ASSERT_EQUAL(k.to_org[0], '\0');
		qiao_buf_free(&b);
	}
	qiao_json_free(root);
}

static void an_empty_text_is_not_written(void)
{
	struct qiao_transfer_key k = { .network = { { 1 } },
				       .from = { .chain = { { 1 } } },
				       .to = { { 1 } },
				       .to_org = "o",
				       .action = "forward" };
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(qiao_transfer_key_encode(&b, &k), QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(b.n, 0);
	snprintf(k.purpose, sizeof(k.purpose), "p");
	CU_ASSERT_EQUAL(qiao_transfer_key_encode(&b, &k), QIAO_OK);
	k.from.tx_len = QIAO_TXID_MAX + 1;
	CU_ASSERT_EQUAL(qiao_transfer_key_encode(&b, &k), QIAO_E_MALFORMED);
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "vectors read and write back, and no cut does",
	  vectors_read_and_write_back_and_no_cut_does },
	{ "hostile arrays are refused with the expected error",
	  hostile_arrays_are_refused_with_the_expected_error },
	{ "an empty text is not written", an_empty_text_is_not_written },
	{ NULL, NULL },
};

const struct test_suite transfer_id_test_suite = { "wire/transfer_id", cases };
