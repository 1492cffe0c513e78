/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/pem.h"
#include "tests/unit/crypto/vector.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define B        "-----BEGIN A-----\n"
#define E        "-----END A-----\n"

/* Verdicts of Go's encoding/pem as Fabric 2.5 and 3.0 were built with. */
/* clang-format off */
static const struct {
	const char *name, *text;
	const char *bytes; /* NULL: no block */
} rows[] = {
	{ "plain", B "QUJD\n" E, "ABC" },
	{ "text around", "hello\n" B "QUJD\n" E "good bye", "ABC" },
	{ "no line end at the end", B "QUJD\n-----END A-----", "ABC" },
	{ "carriage returns", "-----BEGIN A-----\r\nQUJD\r\n-----END A-----\r\n", "ABC" },
	{ "one and two bytes", B "QQ==\n" E, "A" },
	{ "two bytes", B "QUI=\n" E, "AB" },
	{ "bits under the padding", B "QUJ=\n" E, "AB" },
	{ "blanks in the base64", B " Q\tU \n\nJ\r\nD \n" E, "ABC" },
	{ "headers", B "Proc-Type: 4\nX:\n\nQUJD\n" E, "ABC" },
	{ "blanks after the lines", "-----BEGIN A----- \t\nQUJD\n-----END A----- \n", "ABC" },
	{ "empty label", "-----BEGIN -----\nQUJD\n-----END -----\n", "ABC" },
	{ "first of two", B "QUJD\n" E B "QQ==\n" E, "ABC" },
	{ "second, the first has another end", B "QQ==\n-----END B-----\n" B "QUJD\n" E, "ABC" },
	{ "second, the first is not base64", B "Q!==\n" E B "QUJD\n" E, "ABC" },
	{ "second begin, inside the first", B B "QUJD\n" E, "ABC" },
	{ "empty block", B E, "" },
	{ "nothing", "", NULL },
	{ "only base64", "QUJD", NULL },
	{ "begin not at the start of a line", " " B "QUJD\n" E, NULL },
	{ "begin alone", B, NULL },
	{ "no end", B "QUJD\n", NULL },
	{ "end on the same line", B "QUJD-----END A-----\n", NULL },
	{ "end with more on its line", B "QUJD\n-----END A-----x\n", NULL },
	{ "other label at the end", B "QUJD\n-----END B-----\n", NULL },
	{ "longer label at the end", B "QUJD\n-----END AA-----\n", NULL },
	{ "four dashes", "-----BEGIN A----\nQUJD\n-----END A-----\n", NULL },
	{ "no padding", B "QQ\n" E, NULL },
	{ "half the padding", B "QQ=\n" E, NULL },
	{ "too much padding", B "QUJD====\n" E, NULL },
	{ "more after the padding", B "QQ==QQ==\n" E, NULL },
	{ "one digit", B "Q===\n" E, NULL },
	{ "url alphabet", B "__-_\n" E, NULL },
};
/* clang-format on */

static void blocks_are_found_as_go_finds_them(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct qiao_buf out = QIAO_BUF;
		struct qiao_slice label;
		qiao_err err = qiao_pem_decode(&out, &label,
					       qiao_slice_str(rows[i].text));

		if (!err != (rows[i].bytes != NULL))
			printf("%s: %s\n", rows[i].name, qiao_errname(err));
		if (rows[i].bytes) {
			CU_ASSERT_EQUAL(err, QIAO_OK);
			CU_ASSERT(qiao_slice_is(qiao_buf_slice(&out),
						rows[i].bytes));
		} else {
			CU_ASSERT_EQUAL(err, QIAO_E_MALFORMED);
			CU_ASSERT_EQUAL(out.n, 0);
		}
		qiao_buf_free(&out);
	}
}

static void a_block_cut_before_its_end_line_is_none(void)
{
	const struct qiao_slice text = qiao_slice_str(B "QUJD\n" E);

	for (size_t n = 0; n < text.n - 1; n++) {
		struct qiao_buf out = QIAO_BUF;
		struct qiao_slice label;
		void *copy = qiao_memdup(qiao_slice_of(text.p, n));

		CU_ASSERT_EQUAL(
			qiao_pem_decode(&out, &label, qiao_slice_of(copy, n)),
			QIAO_E_MALFORMED);
		qiao_buf_free(&out);
		qiao_free(copy);
	}
}

static void the_label_is_given_and_limits_hold(void)
{
	struct qiao_buf out = { .max = 2 };
	struct qiao_slice label;

	CU_ASSERT_EQUAL(
		qiao_pem_decode(&out, &label, qiao_slice_str(B "QUJD\n" E)),
		QIAO_E_LIMIT);
	qiao_buf_free(&out);
	out.max = 0;
	CU_ASSERT_EQUAL(
		qiao_pem_decode(
			&out, &label,
			qiao_slice_str("-----BEGIN X509 CRL-----\nQUJD\n"
				       "-----END X509 CRL-----\n")),
		QIAO_OK);
	CU_ASSERT(qiao_slice_is(label, "X509 CRL"));
	qiao_buf_free(&out);
}

/* Takes minutes when every begin looks for an end again. */
static void many_begins_take_linear_time(void)
{
	const size_t n = 4 << 20;
	uint8_t *text = malloc(n);
	struct qiao_buf out = QIAO_BUF;
	struct qiao_slice label;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)("-----BEGIN A-----\n"[i % 18]);
	memcpy(text + n - 18, "\n-----END B-----\n\n", 18);
	CU_ASSERT_EQUAL(qiao_pem_decode(&out, &label, qiao_slice_of(text, n)),
			QIAO_E_MALFORMED);
	qiao_buf_free(&out);
	free(text);
}

static const struct test_case cases[] = {
	{ "blocks are found as Go finds them",
	  blocks_are_found_as_go_finds_them },
	{ "a block cut before its end line is none",
	  a_block_cut_before_its_end_line_is_none },
	{ "the label is given and limits hold",
	  the_label_is_given_and_limits_hold },
	{ "many begins take linear time", many_begins_take_linear_time },
	{ 0 },
};

const struct test_suite pem_test_suite = { "crypto/pem", cases };
