/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/record/fieldtree.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

static struct qiao_head head_of(const struct qiao_json *c)
{
	struct qiao_head h = { .fields_root = vector_hash(c, "root") };
	int64_t n = 0;

	qiao_json_int(qiao_json_get(c, "fields"), &n);
	h.fields = (unsigned int)n;
	return h;
}

/* Parse and check against the head. */
static qiao_err judge(const struct qiao_json *c, struct qiao_why *why)
{
	struct qiao_buf b = vector_bytes(c, "bytes");
	struct qiao_head head = head_of(c);
	struct qiao_disclosure d;
	qiao_err err = qiao_disclosure_parse(&d, qiao_buf_slice(&b), why);

	if (err == QIAO_OK)
		err = qiao_disclosure_check(&d, &head, why);
	qiao_disclosure_free(&d);
	qiao_buf_free(&b);
	return err;
}

/* The licence of the vectors, as fieldtree.json has it. */
static struct qiao_fields licence(void)
{
	struct qiao_json *root = vectors_load("fieldtree.json");
	const struct qiao_json *list = qiao_json_get(
		qiao_json_at(qiao_json_get(root, "cases"), 0), "fields");
	struct qiao_fields set = QIAO_FIELDS;

	for (size_t i = 0; i < qiao_json_count(list); i++) {
		const struct qiao_json *f = qiao_json_at(list, i);
		struct qiao_buf salt = vector_bytes(f, "salt");

		qiao_fields_add_salted(
			&set, qiao_json_text(qiao_json_get(f, "name")),
			qiao_buf_slice(&salt),
			qiao_json_text(qiao_json_get(f, "value")));
		qiao_buf_free(&salt);
	}
	qiao_json_free(root);
	return set;
}

static uint8_t mask_of(struct qiao_slice name)
{
	if (qiao_slice_is(name, "clear"))
		return QIAO_MASK_CLEAR;
	if (qiao_slice_is(name, "commit"))
		return QIAO_MASK_COMMIT;
	return QIAO_MASK_WITHHELD;
}

static void check_encode(const struct qiao_json *c)
{
	const struct qiao_json *masks = qiao_json_get(c, "masks");
	struct qiao_buf want = vector_bytes(c, "bytes"), got = QIAO_BUF;
	struct qiao_fields set = licence();
	uint8_t mask[8];

	for (size_t i = 0; i < qiao_json_count(masks); i++)
		mask[i] = mask_of(qiao_json_text(qiao_json_at(masks, i)));
	CU_ASSERT_EQUAL(qiao_disclosure_encode(&got, &set, mask), QIAO_OK);
	CU_ASSERT_TRUE(
		qiao_slice_eq(qiao_buf_slice(&got), qiao_buf_slice(&want)));
	qiao_fields_free(&set);
	qiao_buf_free(&want);
	qiao_buf_free(&got);
}

static void vectors_are_valid_and_written_alike(void)
{
	struct qiao_json *root = vectors_load("disclosure.json");
	const struct qiao_json *cases = qiao_json_get(root, "cases");

	CU_ASSERT_TRUE(qiao_json_count(cases) > 0);
	for (size_t i = 0; i < qiao_json_count(cases); i++) {
		const struct qiao_json *c = qiao_json_at(cases, i);

		CU_ASSERT_EQUAL(judge(c, NULL), QIAO_OK);
		if (qiao_json_count(qiao_json_get(c, "masks")) > 0)
			check_encode(c);
	}
	qiao_json_free(root);
}

static void hostile_disclosures_are_refused_with_the_expected_error(void)
{
	struct qiao_json *root = vectors_load("disclosure.json");
	const struct qiao_json *bad = qiao_json_get(root, "refused");

	CU_ASSERT_TRUE(qiao_json_count(bad) > 20);
	for (size_t i = 0; i < qiao_json_count(bad); i++) {
		struct qiao_why why = { "" };

		CU_ASSERT_TRUE(vector_wants(qiao_json_at(bad, i),
					    judge(qiao_json_at(bad, i), &why)));
		CU_ASSERT_EQUAL(strncmp(why.text, "disclosure: ", 12), 0);
	}
	qiao_json_free(root);
}

static void a_disclosure_cut_anywhere_is_refused(void)
{
	struct qiao_json *root = vectors_load("disclosure.json");
	const struct qiao_json *c =
		qiao_json_at(qiao_json_get(root, "cases"), 2);
	struct qiao_buf b = vector_bytes(c, "bytes");
	struct qiao_disclosure d;

	for (size_t n = 0; n < b.n; n++) {
		CU_ASSERT_NOT_EQUAL(
			qiao_disclosure_parse(&d, qiao_slice_of(b.p, n), NULL),
			QIAO_OK);
		CU_ASSERT_PTR_NULL(d.e);
	}
	qiao_buf_free(&b);
	qiao_json_free(root);
}

/* Encode with masks, parse back. The bytes must outlive the disclosure. */
static struct qiao_disclosure disclose(struct qiao_buf *b,
				       const struct qiao_fields *set,
				       const uint8_t *mask)
{
	struct qiao_disclosure d;

	CU_ASSERT_EQUAL(qiao_disclosure_encode(b, set, mask), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_disclosure_parse(&d, qiao_buf_slice(b), NULL),
			QIAO_OK);
	return d;
}

static void withheld_fields_have_neither_name_nor_value(void)
{
	static const uint8_t mask[] = { QIAO_MASK_CLEAR, QIAO_MASK_COMMIT,
					QIAO_MASK_WITHHELD, 2 };
	struct qiao_fields set = licence();
	struct qiao_buf b = QIAO_BUF;
	struct qiao_disclosure d = disclose(&b, &set, mask);

	CU_ASSERT_TRUE(qiao_slice_eq(qiao_disclosure_find(&d, "cert_no")->value,
				     set.f[0].value));
	CU_ASSERT_EQUAL(qiao_disclosure_find(&d, "holder_name")->mask,
			QIAO_MASK_COMMIT);
	CU_ASSERT_EQUAL(qiao_disclosure_find(&d, "holder_name")->value.n, 0);
	CU_ASSERT_PTR_NULL(qiao_disclosure_find(&d, "legal_rep_id"));
	/* a mask that is not built withholds */
	CU_ASSERT_EQUAL(d.e[3].mask, QIAO_MASK_WITHHELD);
	for (size_t i = 1; i < set.n; i++)
		CU_ASSERT_PTR_NULL(bytes_find(b.p, b.n, set.f[i].value.p,
					      set.f[i].value.n));
	CU_ASSERT_STRING_EQUAL(qiao_mask_name(d.e[3].mask), "withheld");
	CU_ASSERT_STRING_EQUAL(qiao_mask_name(d.e[1].mask), "commit");
	CU_ASSERT_STRING_EQUAL(qiao_mask_name(d.e[0].mask), "clear");
	qiao_disclosure_free(&d);
	qiao_fields_free(&set);
	qiao_buf_free(&b);
}

static void salts_are_adopted_only_for_the_same_fields(void)
{
	static const uint8_t clear[] = { 3, 3, 3, 3 }, one[] = { 3, 3, 1, 3 };
	struct qiao_fields set = licence(), own = licence();
	struct qiao_buf b = QIAO_BUF, c = QIAO_BUF;
	struct qiao_disclosure d = disclose(&b, &set, clear);
	struct qiao_disclosure partial = disclose(&c, &set, one);
	struct qiao_hash seed = { { 7 } }, mine, theirs;

	qiao_fields_salt(&own, &seed);
	CU_ASSERT_EQUAL(qiao_fields_adopt(&own, &partial, NULL),
			QIAO_E_CONFLICT);
	CU_ASSERT_EQUAL(qiao_fields_adopt(&own, &d, NULL), QIAO_OK);
	qiao_fields_root(&mine, &own);
	qiao_fields_root(&theirs, &set);
	CU_ASSERT_TRUE(qiao_hash_eq(&mine, &theirs));
	qiao_fields_add(&own, qiao_slice_str("z"), qiao_slice_str(""));
	CU_ASSERT_EQUAL(qiao_fields_adopt(&own, &d, NULL), QIAO_E_CONFLICT);
	qiao_disclosure_free(&d);
	qiao_disclosure_free(&partial);
	qiao_fields_free(&set);
	qiao_fields_free(&own);
	qiao_buf_free(&b);
	qiao_buf_free(&c);
}

static void without_memory_nothing_is_parsed(void)
{
	static const uint8_t clear[] = { 3, 3, 3, 3 };
	struct qiao_fields set = licence();
	struct qiao_buf b = QIAO_BUF;
	struct qiao_disclosure d;

	qiao_disclosure_encode(&b, &set, clear);
	qiao_fault_alloc_after = 0;
	CU_ASSERT_EQUAL(qiao_disclosure_parse(&d, qiao_buf_slice(&b), NULL),
			QIAO_E_NOMEM);
	qiao_fault_alloc_after = -1;
	CU_ASSERT_EQUAL(d.n, 0);
	qiao_fields_free(&set);
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "vectors are valid and written alike",
	  vectors_are_valid_and_written_alike },
	{ "hostile disclosures are refused with the expected error",
	  hostile_disclosures_are_refused_with_the_expected_error },
	{ "a disclosure cut anywhere is refused",
	  a_disclosure_cut_anywhere_is_refused },
	{ "withheld fields have neither name nor value",
	  withheld_fields_have_neither_name_nor_value },
	{ "salts are adopted only for the same fields",
	  salts_are_adopted_only_for_the_same_fields },
	{ "without memory nothing is parsed",
	  without_memory_nothing_is_parsed },
	{ NULL, NULL },
};

const struct test_suite disclosure_test_suite = { "record/disclosure", cases };
