/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/hash.h"
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

/* 256 fields, or as many as there is room for, every text as long as may be. */
static void fill_up(struct qiao_fields *set, size_t n)
{
	static uint8_t value[QIAO_FIELD_VALUE_MAX];
	const size_t fixed = QIAO_NAME_MAX + QIAO_SALT_LEN;
	char name[QIAO_NAME_MAX + 1];

	for (size_t i = 0; i < n; i++) {
		size_t room = QIAO_RECORD_MAX - set->bytes - (n - i) * fixed;
		size_t len = room / (n - i);

		if (len > sizeof(value))
			len = sizeof(value);
		memset(name, 'a', QIAO_NAME_MAX);
		name[QIAO_NAME_MAX] = '\0';
		name[0] = (char)('a' + i / 16);
		name[1] = (char)('a' + i % 16);
		CU_ASSERT_EQUAL(qiao_fields_add(set, qiao_slice_str(name),
						qiao_slice_of(value, len)),
				QIAO_OK);
	}
	CU_ASSERT_EQUAL(set->n, n);
}

static void fill_text(char *out, size_t size)
{
	memset(out, 'x', size - 1);
	out[size - 1] = '\0';
}

static void largest_head(struct qiao_buf *out, const struct qiao_fields *set)
{
	struct qiao_head h = { .network = { { 1 } },
			       .type_version = QIAO_VERSION_MAX,
			       .version = QIAO_VERSION_MAX,
			       .issued = { true, QIAO_TIME_MS_MAX },
			       .valid_from = { true, QIAO_TIME_MS_MIN },
			       .valid_to = { true, QIAO_TIME_MS_MAX },
			       .region = "320100",
			       .suite = QIAO_HASH_SHA256,
			       .fields = (unsigned int)set->n,
			       .tags = QIAO_REGISTRY_TAGS_MAX };

	fill_text(h.type, sizeof(h.type));
	fill_text(h.id, sizeof(h.id));
	fill_text(h.issuer, sizeof(h.issuer));
	fill_text(h.state, sizeof(h.state));
	for (size_t i = 0; i < h.tags; i++) {
		fill_text(h.tag[i].registry, sizeof(h.tag[i].registry));
		h.tag[i].registry[0] = (char)('a' + i);
		h.tag[i].tag.b[0] = 1;
	}
	qiao_fields_root(&h.fields_root, set);
	CU_ASSERT_EQUAL_FATAL(qiao_head_encode(out, &h), QIAO_OK);
}

static void largest_payload(size_t n_fields, enum qiao_mask mask)
{
	struct qiao_buf head = QIAO_BUF, disclosure = QIAO_BUF, out = QIAO_BUF;
	struct qiao_fields set = QIAO_FIELDS;
	struct qiao_payload p = { .assurance = QIAO_ASSURANCE_ATTESTED,
				  .validity = 3,
				  .origin = QIAO_ORIGIN_RECORDED,
				  .at = { .chain = { { 1 } },
					  .height = QIAO_HEIGHT_MAX,
					  .tx_len = QIAO_TXID_MAX,
					  .index = QIAO_INDEX_MAX } };
	uint8_t masks[QIAO_FIELDS_MAX];

	memset(masks, (int)mask, sizeof(masks));
	fill_up(&set, n_fields);
	largest_head(&head, &set);
	CU_ASSERT_EQUAL(qiao_disclosure_encode(&disclosure, &set, masks),
			QIAO_OK);
	p.head_bytes = qiao_buf_slice(&head);
	p.disclosure_bytes = qiao_buf_slice(&disclosure);
	CU_ASSERT_EQUAL(qiao_payload_encode(&out, &p), QIAO_OK);
	CU_ASSERT_TRUE(out.n <= QIAO_PAYLOAD_MAX);
	qiao_fields_free(&set);
	qiao_buf_free(&head);
	qiao_buf_free(&disclosure);
	qiao_buf_free(&out);
}

static void the_largest_legal_record_fits_however_it_is_shown(void)
{
	static const size_t counts[] = { 2, 100, QIAO_FIELDS_MAX };
	static const enum qiao_mask masks[] = { QIAO_MASK_CLEAR,
						QIAO_MASK_COMMIT,
						QIAO_MASK_WITHHELD };

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			largest_payload(counts[i], masks[k]);
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
	{ "the largest legal record fits however it is shown",
	  the_largest_legal_record_fits_however_it_is_shown },
	{ "labels have the names of the specification",
	  labels_have_the_names_of_the_specification },
	{ NULL, NULL },
};

const struct test_suite payload_test_suite = { "record/payload", cases };
