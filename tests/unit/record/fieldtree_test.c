/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/record/fieldtree.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

/* Added last first, so that the order is the set's own doing. */
static struct qiao_fields fields_of(const struct qiao_json *list)
{
	struct qiao_fields set = QIAO_FIELDS;

	for (size_t i = qiao_json_count(list); i-- > 0;) {
		const struct qiao_json *f = qiao_json_at(list, i);
		struct qiao_buf salt = vector_bytes(f, "salt");

		CU_ASSERT_EQUAL(
			qiao_fields_add_salted(
				&set, qiao_json_text(qiao_json_get(f, "name")),
				qiao_buf_slice(&salt),
				qiao_json_text(qiao_json_get(f, "value"))),
			QIAO_OK);
		qiao_buf_free(&salt);
	}
	return set;
}

static void check_leaves(const struct qiao_fields *set,
			 const struct qiao_json *list)
{
	CU_ASSERT_EQUAL_FATAL(set->n, qiao_json_count(list));
	for (size_t i = 0; i < set->n; i++) {
		const struct qiao_field *f = &set->f[i];
		struct qiao_hash got,
			want = vector_hash(qiao_json_at(list, i), "leaf");

		qiao_field_leaf(&got, qiao_slice_str(f->name),
				qiao_slice_of(f->salt, QIAO_SALT_LEN),
				f->value);
		CU_ASSERT_TRUE(qiao_hash_eq(&got, &want));
	}
}

static void check_tree(const struct qiao_json *c)
{
	const struct qiao_json *list = qiao_json_get(c, "fields");
	struct qiao_fields set = fields_of(list);
	struct qiao_hash root, want = vector_hash(c, "root");

	if (qiao_json_kind(qiao_json_get(c, "seed")) == QIAO_JSON_STRING) {
		struct qiao_hash seed = vector_hash(c, "seed");

		for (size_t i = 0; i < set.n; i++)
			memset(set.f[i].salt, 0, QIAO_SALT_LEN);
		qiao_fields_salt(&set, &seed);
	}
	check_leaves(&set, list);
	qiao_fields_root(&root, &set);
	CU_ASSERT_TRUE(qiao_hash_eq(&root, &want));
	qiao_fields_free(&set);
}

static void vectors_give_their_leaves_and_roots(void)
{
	struct qiao_json *root = vectors_load("fieldtree.json");
	const struct qiao_json *cases = qiao_json_get(root, "cases");

	CU_ASSERT_TRUE(qiao_json_count(cases) > 0);
	for (size_t i = 0; i < qiao_json_count(cases); i++)
		check_tree(qiao_json_at(cases, i));
	qiao_json_free(root);
}

/* The specification's own example, not made by make.py. */
static void the_example_of_the_specification_has_its_root(void)
{
	static const char *const rows[][3] = {
		{ "legal_rep_name", "348659f5b63c842afda02703ba239077",
		  "张三" },
		{ "legal_rep_id", "9dcf1e7d248899c42984dabd7a00fdfe",
		  "350500199001010015" },
		{ "holder_name", "a15bc089a3dab31e303537de9d038697",
		  "泉州示例商贸有限公司" },
		{ "cert_no", "0e991c7f51041e4af85d4e6d6e0607a5",
		  "91350500MA2XN1F86K" },
	};
	struct qiao_fields set = QIAO_FIELDS;
	struct qiao_hash root, want;

	for (size_t i = 0; i < 4; i++) {
		uint8_t salt[QIAO_SALT_LEN];

		CU_ASSERT_TRUE(qiao_hex_decode(salt, sizeof(salt),
					       qiao_slice_str(rows[i][1])));
		CU_ASSERT_EQUAL(
			qiao_fields_add_salted(&set, qiao_slice_str(rows[i][0]),
					       qiao_slice_of(salt, 16),
					       qiao_slice_str(rows[i][2])),
			QIAO_OK);
	}
	qiao_fields_root(&root, &set);
	qiao_hex_decode(want.b, 32,
			qiao_slice_str("242c5330b6190e7254fc9defeb113089074d509"
				       "54a6d9597d22e6c8d4a7edd7d"));
	CU_ASSERT_TRUE(qiao_hash_eq(&root, &want));
	qiao_fields_free(&set);
}

static void a_bad_name_a_second_one_and_a_limit_are_refused(void)
{
	static const char *const names[] = { "",  "A",  "a-b", "a b",
					     "é", "a/", NULL };
	static uint8_t big[QIAO_FIELD_VALUE_MAX + 1];
	struct qiao_fields set = QIAO_FIELDS;
	struct qiao_slice v = qiao_slice_str("v");

	for (size_t i = 0; names[i]; i++)
		CU_ASSERT_EQUAL(
			qiao_fields_add(&set, qiao_slice_str(names[i]), v),
			QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str("a.#"), v),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str("a.#"), v),
			QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str("b"),
					qiao_slice_of(big, sizeof(big))),
			QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str("b"),
					qiao_slice_of(big, sizeof(big) - 1)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str("c"),
					qiao_slice_of(big, sizeof(big) - 1)),
			QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(set.n, 2);
	CU_ASSERT_PTR_NOT_NULL(qiao_fields_find(&set, "b"));
	CU_ASSERT_PTR_NULL(qiao_fields_find(&set, "a"));
	CU_ASSERT_PTR_NULL(qiao_fields_find(&set, "c"));
	qiao_fields_free(&set);
}

static void the_257th_field_is_refused(void)
{
	struct qiao_fields set = QIAO_FIELDS;
	char name[16];

	for (int i = 0; i < QIAO_FIELDS_MAX; i++) {
		snprintf(name, sizeof(name), "f%d", (i * 37) % 256);
		CU_ASSERT_EQUAL(qiao_fields_add(&set, qiao_slice_str(name),
						qiao_slice_str("")),
				QIAO_OK);
	}
	CU_ASSERT_EQUAL(
		qiao_fields_add(&set, qiao_slice_str("g"), qiao_slice_str("")),
		QIAO_E_LIMIT);
	for (size_t i = 1; i < set.n; i++)
		CU_ASSERT_TRUE(strcmp(set.f[i - 1].name, set.f[i].name) < 0);
	qiao_fields_free(&set);
}

static void without_memory_the_set_is_unchanged(void)
{
	struct qiao_fields set = QIAO_FIELDS;

	qiao_fields_add(&set, qiao_slice_str("a"), qiao_slice_str("v"));
	qiao_fault_alloc_after = 0;
	CU_ASSERT_EQUAL(
		qiao_fields_add(&set, qiao_slice_str("b"), qiao_slice_str("v")),
		QIAO_E_NOMEM);
	qiao_fault_alloc_after = -1;
	CU_ASSERT_EQUAL(set.n, 1);
	CU_ASSERT_EQUAL(
		qiao_fields_add(&set, qiao_slice_str("b"), qiao_slice_str("v")),
		QIAO_OK);
	qiao_fields_free(&set);
}

static const struct test_case cases[] = {
	{ "vectors give their leaves and roots",
	  vectors_give_their_leaves_and_roots },
	{ "the example of the specification has its root",
	  the_example_of_the_specification_has_its_root },
	{ "a bad name, a second one and a limit are refused",
	  a_bad_name_a_second_one_and_a_limit_are_refused },
	{ "the 257th field is refused", the_257th_field_is_refused },
	{ "without memory the set is unchanged",
	  without_memory_the_set_is_unchanged },
	{ NULL, NULL },
};

const struct test_suite fieldtree_test_suite = { "record/fieldtree", cases };
