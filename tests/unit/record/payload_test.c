/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/record/payload.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

static void round_trip(const struct qiao_json *c)
{
	struct qiao_buf want = vector_bytes(c, "bytes"), got = QIAO_BUF;
	struct qiao_hash digest, expected = vector_hash(c, "digest");
	struct qiao_payload p;

	CU_ASSERT_EQUAL(qiao_payload_parse(&p, qiao_buf_slice(&want), NULL),
			QIAO_OK);
	CU_ASSERT_EQUAL(p.disclosure.n, p.head.fields);
	CU_ASSERT_EQUAL(qiao_payload_encode(&got, &p), QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&got), qiao_buf_slice(&want)));
	qiao_payload_digest(&digest, qiao_buf_slice(&got));
	CU_ASSERT_TRUE(qiao_hash_eq(&digest, &expected));
	qiao_payload_fini(&p);
	qiao_buf_free(&want);
	qiao_buf_free(&got);
}

static void vectors_read_and_write_back(void)
{
	struct qiao_json *root = vectors_load("payload.json");
	const struct qiao_json *cases = qiao_json_get(root, "cases");

	CU_ASSERT_TRUE(qiao_json_count(cases) > 0);
	for (size_t i = 0; i < qiao_json_count(cases); i++)
		round_trip(qiao_json_at(cases, i));
	qiao_json_free(root);
}

static void hostile_payloads_are_refused_with_the_expected_error(void)
{
	struct qiao_json *root = vectors_load("payload.json");
	const struct qiao_json *bad = qiao_json_get(root, "refused");

	CU_ASSERT_TRUE(qiao_json_count(bad) > 10);
	for (size_t i = 0; i < qiao_json_count(bad); i++) {
		struct qiao_buf b = vector_bytes(qiao_json_at(bad, i), "bytes");
		struct qiao_why why = { "" };
		struct qiao_payload p;

		CU_ASSERT_TRUE(vector_wants(
			qiao_json_at(bad, i),
			qiao_payload_parse(&p, qiao_buf_slice(&b), &why)));
		CU_ASSERT_NOT_EQUAL(why.text[0], '\0');
		CU_ASSERT_EQUAL(p.assurance, 0);
		CU_ASSERT_PTR_NULL(p.disclosure.e);
		qiao_buf_free(&b);
	}
	qiao_json_free(root);
}

static struct qiao_buf first_vector(void)
{
	struct qiao_json *root = vectors_load("payload.json");
	struct qiao_buf b = vector_bytes(
		qiao_json_at(qiao_json_get(root, "cases"), 0), "bytes");

	qiao_json_free(root);
	return b;
}

static void a_payload_cut_anywhere_is_refused(void)
{
	struct qiao_buf b = first_vector();
	struct qiao_payload p;

	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_payload_parse(&p, qiao_slice_of(b.p, n), NULL),
			QIAO_OK);
	qiao_buf_free(&b);
}

static void parts_that_do_not_belong_together_are_not_written(void)
{
	struct qiao_buf b = first_vector(), out = QIAO_BUF;
	struct qiao_payload p, q;

	CU_ASSERT_EQUAL(qiao_payload_parse(&p, qiao_buf_slice(&b), NULL),
			QIAO_OK);
	q = p;
	q.assurance = 0;
	CU_ASSERT_EQUAL(qiao_payload_encode(&out, &q), QIAO_E_MALFORMED);
	q = p;
	q.disclosure_bytes = qiao_slice_str("\x90");
	CU_ASSERT_EQUAL(qiao_payload_encode(&out, &q), QIAO_E_MALFORMED);
	q = p;
	q.at.tx_len = QIAO_TXID_MAX + 1;
	CU_ASSERT_EQUAL(qiao_payload_encode(&out, &q), QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(out.n, 0);
	qiao_payload_fini(&p);
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

static void without_memory_nothing_is_parsed_or_written(void)
{
	struct qiao_buf b = first_vector();

	for (long n = 0;; n++) {
		struct qiao_buf out = QIAO_BUF;
		struct qiao_payload p;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_payload_parse(&p, qiao_buf_slice(&b), NULL);
		if (err == QIAO_OK)
			err = qiao_payload_encode(&out, &p);
		qiao_fault_alloc_after = -1;
		qiao_payload_fini(&p);
		qiao_buf_free(&out);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	qiao_buf_free(&b);
}

static void labels_have_the_names_of_the_specification(void)
{
	CU_ASSERT_STRING_EQUAL(qiao_assurance_name(QIAO_ASSURANCE_REDACTED),
			       "proven-redacted");
	CU_ASSERT_STRING_EQUAL(qiao_assurance_name(0), "?");
	CU_ASSERT_STRING_EQUAL(qiao_assurance_name(9), "?");
	CU_ASSERT_STRING_EQUAL(qiao_origin_name(QIAO_ORIGIN_RECORDED),
			       "recorded");
	CU_ASSERT_STRING_EQUAL(qiao_validity_name(2), "endorsed-only");
	CU_ASSERT_STRING_EQUAL(qiao_validity_name(0), "?");
}

static const struct test_case cases[] = {
	{ "vectors read and write back", vectors_read_and_write_back },
	{ "hostile payloads are refused with the expected error",
	  hostile_payloads_are_refused_with_the_expected_error },
	{ "a payload cut anywhere is refused",
	  a_payload_cut_anywhere_is_refused },
	{ "parts that do not belong together are not written",
	  parts_that_do_not_belong_together_are_not_written },
	{ "without memory nothing is parsed or written",
	  without_memory_nothing_is_parsed_or_written },
	{ "labels have the names of the specification",
	  labels_have_the_names_of_the_specification },
	{ NULL, NULL },
};

const struct test_suite payload_test_suite = { "record/payload", cases };
