/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/pem.h"
#include "gateway/crypto/x509.h"
#include "tests/unit/crypto/vector.h"

#define DIR "tests/vectors/x509/"

static struct qiao_cert *load(const char *path)
{
	struct qiao_slice pem = read_vector(path);
	struct qiao_cert *c;

	CU_ASSERT_EQUAL_FATAL(qiao_cert_parse_pem(&c, pem, NULL), QIAO_OK);
	free((void *)(uintptr_t)pem.p);
	return c;
}

static struct qiao_slice crl_der(struct qiao_buf *out)
{
	struct qiao_slice pem = read_vector(DIR "quanzhou.crl.pem"), label;

	CU_ASSERT_EQUAL_FATAL(qiao_pem_decode(out, &label, pem), QIAO_OK);
	free((void *)(uintptr_t)pem.p);
	return qiao_buf_slice(out);
}

static void a_real_list_names_the_revoked_and_nobody_else(void)
{
	struct qiao_slice pem = read_vector(DIR "quanzhou.crl.pem");
	struct qiao_cert *ca = load(DIR "quanzhou-ca.pem");
	struct qiao_cert *user1 = load(DIR "quanzhou-user1.pem");
	struct qiao_cert *user2 = load(DIR "quanzhou-user2.pem");
	struct qiao_cert *other = load(DIR "audit-ca.pem");
	struct qiao_slice serial = qiao_cert_serial(user2);
	struct qiao_crl *crl;

	CU_ASSERT_EQUAL_FATAL(qiao_crl_parse(&crl, pem, NULL), QIAO_OK);
	CU_ASSERT_TRUE(qiao_crl_lists(crl, serial));
	CU_ASSERT_FALSE(qiao_crl_lists(crl, qiao_cert_serial(user1)));
	CU_ASSERT_FALSE(qiao_crl_lists(crl, qiao_cert_serial(ca)));
	CU_ASSERT_FALSE(qiao_crl_lists(crl, qiao_slice_of(NULL, 0)));
	CU_ASSERT_FALSE(
		qiao_crl_lists(crl, qiao_slice_of(serial.p, serial.n - 1)));
	CU_ASSERT(qiao_slice_eq(qiao_crl_aki(crl), qiao_cert_ski(ca)));
	CU_ASSERT(qiao_slice_eq(qiao_crl_issuer(crl), qiao_cert_subject(ca)));
	CU_ASSERT_EQUAL(qiao_crl_signed_by(crl, ca), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_crl_signed_by(crl, other), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(qiao_crl_signed_by(crl, user1), QIAO_E_BADSIG);
	qiao_crl_free(crl);
	qiao_cert_free(ca);
	qiao_cert_free(user1);
	qiao_cert_free(user2);
	qiao_cert_free(other);
	free((void *)(uintptr_t)pem.p);
}

static void der_reads_as_pem_does(void)
{
	struct qiao_buf buf = QIAO_BUF;
	struct qiao_slice der = crl_der(&buf);
	struct qiao_cert *user2 = load(DIR "quanzhou-user2.pem");
	struct qiao_crl *crl;

	CU_ASSERT_EQUAL_FATAL(qiao_crl_parse(&crl, der, NULL), QIAO_OK);
	CU_ASSERT_TRUE(qiao_crl_lists(crl, qiao_cert_serial(user2)));
	qiao_crl_free(crl);
	qiao_cert_free(user2);
	qiao_buf_free(&buf);
}

static void a_list_cut_anywhere_is_refused(void)
{
	struct qiao_buf buf = QIAO_BUF;
	struct qiao_slice der = crl_der(&buf);
	struct qiao_crl *crl;

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = qiao_memdup(qiao_slice_of(der.p, n));

		CU_ASSERT(qiao_crl_parse(&crl, qiao_slice_of(copy, n), NULL) !=
			  QIAO_OK);
		CU_ASSERT_PTR_NULL(crl);
		qiao_free(copy);
	}
	qiao_buf_put_u8(&buf, 0);
	CU_ASSERT_EQUAL(qiao_crl_parse(&crl, qiao_buf_slice(&buf), NULL),
			QIAO_E_TRAILING);
	qiao_buf_free(&buf);
}

static void no_changed_bit_keeps_the_signature(void)
{
	struct qiao_cert *ca = load(DIR "quanzhou-ca.pem");
	struct qiao_buf buf = QIAO_BUF;
	struct qiao_crl *crl;
	unsigned int accepted = 0;

	crl_der(&buf);
	for (size_t bit = 0; bit < buf.n * 8; bit++) {
		buf.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!qiao_crl_parse(&crl, qiao_buf_slice(&buf), NULL)) {
			accepted += !qiao_crl_signed_by(crl, ca);
			qiao_crl_free(crl);
		}
		buf.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CU_ASSERT_EQUAL(accepted, 0);
	qiao_buf_free(&buf);
	qiao_cert_free(ca);
}

static void what_is_no_list_is_refused_in_words(void)
{
	struct qiao_slice cert = read_vector(DIR "orderer1.pem");
	struct qiao_why why = { "" };
	struct qiao_crl *crl;

	CU_ASSERT_EQUAL(qiao_crl_parse(&crl, cert, &why), QIAO_E_MALFORMED);
	CU_ASSERT(why.text[0] != '\0');
	CU_ASSERT_EQUAL(qiao_crl_parse(&crl, qiao_slice_of(NULL, 0), &why),
			QIAO_E_TRUNCATED);
	CU_ASSERT_EQUAL(qiao_crl_parse(&crl,
				       qiao_slice_of(cert.p, QIAO_CRL_MAX + 1),
				       &why),
			QIAO_E_LIMIT);
	free((void *)(uintptr_t)cert.p);
}

static void parsing_without_memory_is_an_error(void)
{
	struct qiao_slice pem = read_vector(DIR "quanzhou.crl.pem");
	qiao_err err = QIAO_E_NOMEM;
	struct qiao_crl *crl;

	for (long n = 0; err != QIAO_OK && n < 50; n++) {
		qiao_fault_alloc_after = n;
		err = qiao_crl_parse(&crl, pem, NULL);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || (err == QIAO_E_NOMEM && !crl));
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_crl_free(crl);
	free((void *)(uintptr_t)pem.p);
}

static const struct test_case cases[] = {
	{ "a real list names the revoked and nobody else",
	  a_real_list_names_the_revoked_and_nobody_else },
	{ "DER reads as PEM does", der_reads_as_pem_does },
	{ "a list cut anywhere is refused", a_list_cut_anywhere_is_refused },
	{ "no changed bit keeps the signature",
	  no_changed_bit_keeps_the_signature },
	{ "what is no list is refused in words",
	  what_is_no_list_is_refused_in_words },
	{ "parsing without memory is an error",
	  parsing_without_memory_is_an_error },
	{ 0 },
};

const struct test_suite crl_test_suite = { "crypto/crl", cases };
