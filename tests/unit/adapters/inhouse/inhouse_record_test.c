/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/claim.h"
#include "adapters/inhouse/record.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"
#include "gateway/record/fieldtree.h"
#include "gateway/record/head.h"
#include "tests/unit/suite.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct qiao_inhouse_field field(const char *name, const char *value)
{
	return (struct qiao_inhouse_field){ qiao_slice_str(name),
					    qiao_slice_str(value) };
}

static void fields_are_sorted_salted_and_read_again(void)
{
	struct qiao_inhouse_field f[] = { field("b", "2"), field("a.1", "1"),
					  field("a.#", "3"), field("c_", "") };
	struct qiao_buf one = QIAO_BUF, two = QIAO_BUF;
	struct qiao_hash root, again;
	size_t n;

	CU_ASSERT_EQUAL(qiao_inhouse_fields_put(&one, &root, f, COUNT(f)),
			QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_inhouse_fields_root(&again, &n, qiao_buf_slice(&one)),
		QIAO_OK);
	CU_ASSERT_EQUAL(n, COUNT(f));
	CU_ASSERT_TRUE(qiao_hash_eq(&root, &again));
	CU_ASSERT_TRUE(qiao_slice_is(f[0].name, "a.#"));
	/* other salts, another root */
	CU_ASSERT_EQUAL(qiao_inhouse_fields_put(&two, &again, f, COUNT(f)),
			QIAO_OK);
	CU_ASSERT_FALSE(qiao_hash_eq(&root, &again));
	n = one.n;
	for (one.n = 0; one.n < n; one.n++) {
		size_t count;

		CU_ASSERT_NOT_EQUAL(
			qiao_inhouse_fields_root(&again, &count,
						 qiao_buf_slice(&one)),
			QIAO_OK);
	}
	qiao_buf_free(&one);
	qiao_buf_free(&two);
}

static void fields_that_are_none_are_refused(void)
{
	static const struct {
		const char *a, *b;
		qiao_err want;
	} cases[] = {
		{ "a", "b", QIAO_OK },
		{ "a", "a", QIAO_E_MALFORMED },
		{ "", "b", QIAO_E_MALFORMED },
		{ "A", "b", QIAO_E_MALFORMED },
		{ "a b", "b", QIAO_E_MALFORMED },
		{ "0123456789012345678901234567890123456789012345678901234567890"
		  "1234",
		  "b", QIAO_E_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qiao_inhouse_field f[] = { field(cases[i].a, "1"),
						  field(cases[i].b, "2") };
		struct qiao_buf b = QIAO_BUF;
		struct qiao_hash root;

		CU_ASSERT_EQUAL(qiao_inhouse_fields_put(&b, &root, f, 2),
				cases[i].want);
		qiao_buf_free(&b);
	}
}

/* Two implementations of docs/wire.md 3 and 4 that share no code. */
static void the_gateway_reads_the_head_that_an_issuer_writes(void)
{
	struct qiao_inhouse_head in = { .network = { { 7 } },
					.type = "licence.business",
					.type_version = 3,
					.id = "LIC-1",
					.org = "nanjing.market",
					.state = "valid",
					.version = 2,
					.issued = 1700000000000,
					.region = "350500",
					.sharing = 1,
					.field_count = 2 };
	struct qiao_inhouse_field f[] = { field("b", "2"), field("a", "1") };
	struct qiao_buf openings = QIAO_BUF, b = QIAO_BUF;
	struct qiao_inhouse_head_view v;
	struct qiao_head h;
	struct qiao_why why;

	CU_ASSERT_EQUAL(
		qiao_inhouse_fields_put(&openings, &in.fields_root, f, 2),
		QIAO_OK);
	qiao_inhouse_head_put(&b, &in);
	CU_ASSERT_EQUAL_FATAL(qiao_head_parse(&h, qiao_buf_slice(&b), &why),
			      QIAO_OK);
	CU_ASSERT_TRUE(qiao_hash_eq(&h.fields_root, &in.fields_root));
	CU_ASSERT_EQUAL(h.version, 2);
	CU_ASSERT_EQUAL(qiao_inhouse_head_read(&v, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(v.org, "nanjing.market"));
	CU_ASSERT_EQUAL(v.field_count, 2);
	CU_ASSERT_TRUE(qiao_hash_eq(&v.fields_root, &in.fields_root));
	for (size_t n = b.n; n-- > 0;)
		CU_ASSERT_NOT_EQUAL(
			qiao_inhouse_head_read(&v, qiao_slice_of(b.p, n)),
			QIAO_OK);
	qiao_buf_free(&b);
	qiao_buf_free(&openings);
}

static void a_block_becomes_claim_proof_openings(void)
{
	struct qiao_buf in = QIAO_BUF, c = QIAO_BUF, p = QIAO_BUF, o = QIAO_BUF;
	struct qiao_why why;
	struct qiao_mp m;
	size_t n;

	qiao_mp_put_array(&in, 3);
	qiao_mp_put_bin(&in, qiao_slice_str("claim"));
	qiao_mp_put_array(&in, 2);
	qiao_mp_put_bin(&in, qiao_slice_str("leaf 0"));
	qiao_mp_put_bin(&in, qiao_slice_str("leaf 1"));
	qiao_mp_put_array(&in, 2);
	qiao_mp_put_nil(&in);
	qiao_mp_put_nil(&in);
	CU_ASSERT_EQUAL(
		qiao_inhouse_claim(&c, &p, &o, 300, qiao_buf_slice(&in), &why),
		QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&c), "claim"));
	qiao_mp_open(&m, qiao_buf_slice(&p));
	qiao_mp_array_of(&m, 3);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 1), 1);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 300), 300);
	qiao_mp_array_of(&m, 2);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_bin(&m, 99), "leaf 0"));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_bin(&m, 99), "leaf 1"));
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	CU_ASSERT_EQUAL(o.n, 3);
	n = in.n;
	for (in.n = 0; in.n < n; in.n++)
		CU_ASSERT_NOT_EQUAL(qiao_inhouse_claim(&c, &p, &o, 300,
						       qiao_buf_slice(&in),
						       &why),
				    QIAO_OK);
	qiao_buf_free(&in);
	qiao_buf_free(&c);
	qiao_buf_free(&p);
	qiao_buf_free(&o);
}

static void leaves_that_are_no_bytes_are_no_block(void)
{
	struct qiao_buf in = QIAO_BUF, c = QIAO_BUF, p = QIAO_BUF, o = QIAO_BUF;
	struct qiao_why why;

	qiao_mp_put_array(&in, 3);
	qiao_mp_put_bin(&in, qiao_slice_str("claim"));
	qiao_mp_put_array(&in, 1);
	qiao_mp_put_uint(&in, 7);
	qiao_mp_put_array(&in, 0);
	CU_ASSERT_EQUAL(
		qiao_inhouse_claim(&c, &p, &o, 1, qiao_buf_slice(&in), &why),
		QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(c.n + p.n + o.n, 0);
	qiao_buf_free(&in);
}

/* Fields and a block, written and read with the n-th allocation failing. */
static qiao_err write_and_read(void)
{
	struct qiao_inhouse_field f[] = { field("b", "2"), field("a", "1") };
	struct qiao_buf c = QIAO_BUF, p = QIAO_BUF, o = QIAO_BUF;
	struct qiao_buf openings = QIAO_BUF, block = QIAO_BUF;
	struct qiao_hash root;
	qiao_err err;

	err = qiao_inhouse_fields_put(&openings, &root, f, 2);
	qiao_mp_put_array(&block, 3);
	qiao_mp_put_bin(&block, qiao_slice_str("claim"));
	qiao_mp_put_array(&block, 1);
	qiao_mp_put_bin(&block, qiao_slice_str("leaf"));
	qiao_mp_put_array(&block, 1);
	qiao_mp_put_raw(&block, qiao_buf_slice(&openings));
	if (err == QIAO_OK)
		err = block.err;
	if (err == QIAO_OK)
		err = qiao_inhouse_claim(&c, &p, &o, 1, qiao_buf_slice(&block),
					 NULL);
	qiao_buf_free(&openings);
	qiao_buf_free(&block);
	qiao_buf_free(&c);
	qiao_buf_free(&p);
	qiao_buf_free(&o);
	return err;
}

static void the_nth_allocation_may_fail(void)
{
	qiao_err err = QIAO_E_NOMEM;
	long n = 0;

	while (err != QIAO_OK && n < 100) {
		qiao_fault_alloc_after = n++;
		err = write_and_read();
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	CU_ASSERT(n > 4);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "fields are sorted, salted and read again", fields_are_sorted_salted_and_read_again },
	{ "fields that are none are refused", fields_that_are_none_are_refused },
	{ "the gateway reads the head that an issuer writes", the_gateway_reads_the_head_that_an_issuer_writes },
	{ "a block becomes claim, proof, openings", a_block_becomes_claim_proof_openings },
	{ "the n-th allocation may fail", the_nth_allocation_may_fail },
	{ "leaves that are no bytes are no block", leaves_that_are_no_bytes_are_no_block },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite inhouse_record_test_suite = { "adapters/inhouse/record",
						      cases };
