/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/record/head.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

static void each_vector(void (*check)(const struct qiao_json *c))
{
	struct qiao_json *root = vectors_load("head.json");
	const struct qiao_json *cases = qiao_json_get(root, "cases");

	CU_ASSERT_TRUE(qiao_json_count(cases) > 0);
	for (size_t i = 0; i < qiao_json_count(cases); i++)
		check(qiao_json_at(cases, i));
	qiao_json_free(root);
}

static void check_members(const struct qiao_head *h, const struct qiao_json *m)
{
	const struct qiao_json *issued = qiao_json_get(m, "issued");
	const struct qiao_json *region = qiao_json_get(m, "region");
	struct qiao_hash network = vector_hash(m, "network");
	struct qiao_hash root = vector_hash(m, "root");
	int64_t v;

	CU_ASSERT_TRUE(qiao_hash_eq(&h->network, &network));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_json_text(qiao_json_get(m, "type")),
				     h->type));
	CU_ASSERT_TRUE(
		qiao_slice_is(qiao_json_text(qiao_json_get(m, "id")), h->id));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_json_text(qiao_json_get(m, "issuer")),
				     h->issuer));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_json_text(qiao_json_get(m, "state")),
				     h->state));
	CU_ASSERT_TRUE(qiao_json_int(qiao_json_get(m, "record_version"), &v));
	CU_ASSERT_EQUAL(h->version, (uint64_t)v);
	CU_ASSERT_EQUAL(h->issued.set, qiao_json_int(issued, &v));
	CU_ASSERT_EQUAL(h->issued.ms, v);
	CU_ASSERT_EQUAL(h->valid_from.set,
			qiao_json_int(qiao_json_get(m, "valid_from"), &v));
	CU_ASSERT_EQUAL(h->valid_from.ms, v);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_json_text(region), h->region));
	CU_ASSERT_TRUE(qiao_json_int(qiao_json_get(m, "fields"), &v));
	CU_ASSERT_EQUAL(h->fields, (unsigned int)v);
	CU_ASSERT_EQUAL(h->tags, qiao_json_count(qiao_json_get(m, "tags")));
	CU_ASSERT_TRUE(qiao_hash_eq(&h->fields_root, &root));
}

static void round_trip(const struct qiao_json *c)
{
	struct qiao_buf want = vector_bytes(c, "bytes"), got = QIAO_BUF;
	struct qiao_hash digest, expected = vector_hash(c, "digest");
	struct qiao_head h;

	CU_ASSERT_EQUAL(qiao_head_parse(&h, qiao_buf_slice(&want), NULL),
			QIAO_OK);
	check_members(&h, qiao_json_get(c, "members"));
	CU_ASSERT_EQUAL(qiao_head_encode(&got, &h), QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&got), qiao_buf_slice(&want)));
	qiao_head_digest(&digest, qiao_buf_slice(&got));
	CU_ASSERT_TRUE(qiao_hash_eq(&digest, &expected));
	qiao_buf_free(&want);
	qiao_buf_free(&got);
}

static void vectors_read_and_write_back(void)
{
	each_vector(round_trip);
}

static void cut_everywhere(const struct qiao_json *c)
{
	struct qiao_buf b = vector_bytes(c, "bytes");
	struct qiao_head h;

	for (size_t n = 0; n < b.n; n++) {
		CU_ASSERT_NOT_EQUAL(
			qiao_head_parse(&h, qiao_slice_of(b.p, n), NULL),
			QIAO_OK);
		CU_ASSERT_EQUAL(h.version, 0);
	}
	qiao_buf_free(&b);
}

static void a_head_cut_anywhere_is_refused(void)
{
	each_vector(cut_everywhere);
}

static void hostile_heads_are_refused_with_the_expected_error(void)
{
	struct qiao_json *root = vectors_load("head.json");
	const struct qiao_json *bad = qiao_json_get(root, "refused");

	CU_ASSERT_TRUE(qiao_json_count(bad) > 20);
	for (size_t i = 0; i < qiao_json_count(bad); i++) {
		const struct qiao_json *c = qiao_json_at(bad, i);
		struct qiao_buf b = vector_bytes(c, "bytes");
		struct qiao_why why = { "" };
		struct qiao_head h;

		CU_ASSERT_TRUE(vector_wants(
			c, qiao_head_parse(&h, qiao_buf_slice(&b), &why)));
		CU_ASSERT_EQUAL(strncmp(why.text, "head: ", 6), 0);
		CU_ASSERT_EQUAL(h.suite, 0);
		qiao_buf_free(&b);
	}
	qiao_json_free(root);
}

static struct qiao_head good(void)
{
	struct qiao_head h = { .network = { { 1 } },
			       .type = "t",
			       .id = "i",
			       .issuer = "o",
			       .state = "s",
			       .version = 1,
			       .suite = QIAO_HASH_SHA256,
			       .fields_root = { { 2 } } };

	return h;
}

static void what_nobody_would_accept_is_not_written(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_head h = good();

	qiao_buf_put_str(&b, "before");
	h.version = 0;
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &h), QIAO_E_MALFORMED);
	h = good();
	h.type[0] = '\0';
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &h), QIAO_E_MALFORMED);
	h = good();
	h.suite = QIAO_HASH_SM3;
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &h), QIAO_E_MALFORMED);
	h = good();
	h.tags = QIAO_REGISTRY_TAGS_MAX + 1;
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &h), QIAO_E_MALFORMED);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&b), "before"));
	h = good();
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &h), QIAO_OK);
	qiao_buf_free(&b);
}

static void a_head_over_the_limit_is_refused_unread(void)
{
	static uint8_t big[QIAO_HEAD_MAX + 1];
	struct qiao_head h;

	CU_ASSERT_EQUAL(
		qiao_head_parse(&h, qiao_slice_of(big, sizeof(big)), NULL),
		QIAO_E_LIMIT);
}

static void without_memory_nothing_is_written(void)
{
	for (long n = 0;; n++) {
		struct qiao_head h = good();
		struct qiao_buf b = QIAO_BUF;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_head_encode(&b, &h);
		qiao_fault_alloc_after = -1;
		qiao_buf_free(&b);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
}

static const struct test_case cases[] = {
	{ "vectors read and write back", vectors_read_and_write_back },
	{ "a head cut anywhere is refused", a_head_cut_anywhere_is_refused },
	{ "hostile heads are refused with the expected error",
	  hostile_heads_are_refused_with_the_expected_error },
	{ "what nobody would accept is not written",
	  what_nobody_would_accept_is_not_written },
	{ "a head over the limit is refused unread",
	  a_head_over_the_limit_is_refused_unread },
	{ "without memory nothing is written",
	  without_memory_nothing_is_written },
	{ NULL, NULL },
};

const struct test_suite head_test_suite = { "record/head", cases };
