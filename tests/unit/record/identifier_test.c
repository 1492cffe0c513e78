/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/check.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

/* 2026-11-20T02:00:00Z, the 20th in China */
#define NOW_MS INT64_C(1795140000000)

/* clang-format off */
static const struct {
	enum qiao_check check;
	const char *value;
	const char *want; /* NULL: passes */
} values[] = {
	{ QIAO_CHECK_NONE, "LIC-0001", NULL },
	{ QIAO_CHECK_NONE, "", NULL },

	{ QIAO_CHECK_USCI, "91350200776049653A", NULL },
	{ QIAO_CHECK_USCI, "91440300708461136T", NULL },
	{ QIAO_CHECK_USCI, "11100000000013338W", NULL },
	{ QIAO_CHECK_USCI, "11100000MB03271699", NULL },
	/* a genuine pilot code: computes to 9 */
	{ QIAO_CHECK_USCI, "91350203M0001QAY9B", "check-digit" },
	{ QIAO_CHECK_USCI, "91350203M0001QAY99", NULL },
	{ QIAO_CHECK_USCI, "91350200776049653B", "check-digit" },
	/* its own digit made right again, the inner one wrong */
	{ QIAO_CHECK_USCI, "91350200776049654D", "org-code-digit" },
	{ QIAO_CHECK_USCI, "91320100MA1TEST01X", "syntax" },
	{ QIAO_CHECK_USCI, "9135020077604965", "syntax" },
	{ QIAO_CHECK_USCI, "91350200776049653AA", "syntax" },
	{ QIAO_CHECK_USCI, "91350200776049653a", "syntax" },
	{ QIAO_CHECK_USCI, "91I50200776049653A", "syntax" },
	{ QIAO_CHECK_USCI, "91A50200776049653A", "area" },
	{ QIAO_CHECK_USCI, "", "syntax" },

	{ QIAO_CHECK_ORG_CODE, "77604965-3", NULL },
	{ QIAO_CHECK_ORG_CODE, "776049653", NULL },
	{ QIAO_CHECK_ORG_CODE, "M0001QAY9", NULL },
	{ QIAO_CHECK_ORG_CODE, "77604965-4", "check-digit" },
	{ QIAO_CHECK_ORG_CODE, "7760496513", "syntax" },
	{ QIAO_CHECK_ORG_CODE, "7760496-3", "syntax" },
	{ QIAO_CHECK_ORG_CODE, "7760496a-3", "syntax" },

	{ QIAO_CHECK_CITIZEN_ID, "11010519491231002X", NULL },
	{ QIAO_CHECK_CITIZEN_ID, "11010519491231002x", NULL },
	{ QIAO_CHECK_CITIZEN_ID, "440524188001010014", NULL },
	{ QIAO_CHECK_CITIZEN_ID, "440524188001010015", "check-digit" },
	{ QIAO_CHECK_CITIZEN_ID, "440524188001010041", "check-digit" },
	{ QIAO_CHECK_CITIZEN_ID, "110105491231002", "R_ID_OLD" },
	{ QIAO_CHECK_CITIZEN_ID, "1101051949123100", "syntax" },
	{ QIAO_CHECK_CITIZEN_ID, "1101051949123100XX", "syntax" },
	{ QIAO_CHECK_CITIZEN_ID, "11010519491231002A", "syntax" },
	{ QIAO_CHECK_CITIZEN_ID, "99010519491231002X", "area" },
	{ QIAO_CHECK_CITIZEN_ID, "110105194902310021", "date" },
	{ QIAO_CHECK_CITIZEN_ID, "110105202611210027", "future" },
	{ QIAO_CHECK_CITIZEN_ID, "110105202611200024", "check-digit" },

	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000000013338W011."
	  "11430000006122244L.20230000403.001.U", NULL },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000000013338W009."
	  "11330105002500287C.2025052201.002.0", NULL },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.000000016.001.9", NULL },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000000013661B006."
	  "113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
	  "check-digit" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000000013661B006."
	  "113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.D", NULL },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.3.11100000MB03271699022."
	  "340100.000000016.001.9", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.000000016.000.9", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.00000001a.001.9", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.0000-0016.001.9", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100..001.9", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.000000016.001.9.1", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "340100.000000016.001", "syntax" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271698022."
	  "340100.000000016.001.9", "check-digit" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.11100000MB03271699022."
	  "990100.000000016.001.9", "area" },
	{ QIAO_CHECK_CERT_ID, "1.2.156.3005.2.", "syntax" },
	{ QIAO_CHECK_CERT_ID, "", "syntax" },

	{ QIAO_CHECK_CERT_TYPE, "11100000000013338W011", NULL },
	{ QIAO_CHECK_CERT_TYPE, "11100000000013338W01", "syntax" },
	{ QIAO_CHECK_CERT_TYPE, "11100000000013338X011", "check-digit" },
	{ QIAO_CHECK_CERT_TYPE, "11100000000013338W01A", "syntax" },

	{ QIAO_CHECK_PATENT, "201710601862.3", NULL },
	{ QIAO_CHECK_PATENT, "ZL201710601862.3", NULL },
	{ QIAO_CHECK_PATENT, "95115608.X", NULL },
	{ QIAO_CHECK_PATENT, "201710601862.4", "check-digit" },
	{ QIAO_CHECK_PATENT, "95115608.1", "check-digit" },
	{ QIAO_CHECK_PATENT, "2017106018623", "syntax" },
	{ QIAO_CHECK_PATENT, "201740601862.3", "syntax" },
	{ QIAO_CHECK_PATENT, "202710601862.3", "future" },
	{ QIAO_CHECK_PATENT, "ZL", "syntax" },

	{ QIAO_CHECK_WORK_REG, "国作登字-2021-A-01233328", NULL },
	{ QIAO_CHECK_WORK_REG, "国作登字-2026-F-00000001", NULL },
	{ QIAO_CHECK_WORK_REG, "闽作登字-2027-F-00000001", "future" },
	{ QIAO_CHECK_WORK_REG, "国作登字-2021-a-01233328", "syntax" },
	{ QIAO_CHECK_WORK_REG, "国作登字-2021-A-0123332", "syntax" },
	{ QIAO_CHECK_WORK_REG, "作登字-2021-A-01233328", "syntax" },
	{ QIAO_CHECK_WORK_REG, "abc作登字-2021-A-01233328", "syntax" },
	{ QIAO_CHECK_WORK_REG, "国作登宇-2021-A-01233328", "syntax" },
	{ QIAO_CHECK_WORK_REG, "\xe5\x41\x41作登字-2021-A-01233328", "syntax" },

	{ QIAO_CHECK_DATE, "2024-02-29", NULL },
	{ QIAO_CHECK_DATE, "2023-02-29", "date" },
	{ QIAO_CHECK_DATE, "2024-2-29", "syntax" },
	{ QIAO_CHECK_DATE, "2024/02/29", "date" },
	{ QIAO_CHECK_DATE, "长期", "syntax" },
	{ QIAO_CHECK_VALID_TO, "长期", NULL },
	{ QIAO_CHECK_VALID_TO, "2024-02-29", NULL },
	{ QIAO_CHECK_VALID_TO, "永久", "syntax" },

	{ QIAO_CHECK_REGION, "350500", NULL },
	{ QIAO_CHECK_REGION, "100000", NULL },
	{ QIAO_CHECK_REGION, "990500", "area" },
	{ QIAO_CHECK_REGION, "35050", "syntax" },

	{ QIAO_CHECK_HEX32, "50010bcfedacc144a6981c426b009b35"
	  "b0f49d8636c60fd6776e537924faa35e", NULL },
	{ QIAO_CHECK_HEX32, "50010BCFEDACC144A6981C426B009B35"
	  "B0F49D8636C60FD6776E537924FAA35E", "syntax" },
	{ QIAO_CHECK_HEX32, "50010b", "syntax" },
	{ QIAO_CHECK_FINGERPRINT, "50010b", "syntax" },

	{ QIAO_CHECK_NOTARY_NO, "(2020)粤佛禅城第12345号", NULL },
	{ QIAO_CHECK_NOTARY_NO, "（2020）粤佛禅城第1号", NULL },
	{ QIAO_CHECK_NOTARY_NO, "2020粤佛禅城第1号", NULL },
	{ QIAO_CHECK_NOTARY_NO, "(2027)粤佛禅城第1号", "future" },
	{ QIAO_CHECK_NOTARY_NO, "(2020)粤佛禅城第号", "syntax" },
	{ QIAO_CHECK_NOTARY_NO, "(2020)粤佛禅城12号", "syntax" },
	{ QIAO_CHECK_NOTARY_NO, "(20)粤佛禅城第12号", "syntax" },
	{ QIAO_CHECK_NOTARY_NO, "号", "syntax" },

	{ QIAO_CHECK_INVOICE, "144031809110:12345678", NULL },
	{ QIAO_CHECK_INVOICE, "4403180911:12345678", NULL },
	{ QIAO_CHECK_INVOICE, "23442000000012345678", NULL },
	{ QIAO_CHECK_INVOICE, "12345678", "syntax" },
	{ QIAO_CHECK_INVOICE, "144031809110-12345678", "syntax" },
	{ QIAO_CHECK_INVOICE, "14403180911a:12345678", "syntax" },
	{ QIAO_CHECK_INVOICE_CODE, "144031809110", NULL },
	{ QIAO_CHECK_INVOICE_CODE, "1440318091", NULL },
	{ QIAO_CHECK_INVOICE_CODE, "14403180911", "syntax" },
	{ QIAO_CHECK_INVOICE_NUMBER, "12345678", NULL },
	{ QIAO_CHECK_INVOICE_NUMBER, "23442000000012345678", NULL },
	{ QIAO_CHECK_INVOICE_NUMBER, "123456789", "syntax" },

	{ QIAO_CHECK_RFC3161, "anything", "not-built" },
};
/* clang-format on */

static void every_value_gets_its_verdict(void)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *got = qiao_check_value(
			values[i].check, qiao_slice_str(values[i].value),
			NOW_MS);
		bool same = got && values[i].want
				    ? strcmp(got, values[i].want) == 0
				    : got == values[i].want;

		if (!same)
			fprintf(stderr, "%s \"%s\": %s\n",
				qiao_check_name(values[i].check),
				values[i].value, got ? got : "passes");
		CU_ASSERT_TRUE(same);
	}
}

static void a_value_cut_anywhere_never_passes_by_accident(void)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t n = strlen(values[i].value);

		if (values[i].want || values[i].check == QIAO_CHECK_NONE)
			continue;
		for (size_t cut = 0; cut < n; cut++)
			qiao_check_value(values[i].check,
					 qiao_slice_of(values[i].value, cut),
					 NOW_MS);
		CU_ASSERT_PTR_NOT_NULL(qiao_check_value(
			values[i].check, qiao_slice_of(values[i].value, n - 1),
			NOW_MS));
	}
}

/* Every check looks at every byte: one changed digit never passes. */
static void one_wrong_digit_is_always_found(void)
{
	static const struct {
		enum qiao_check check;
		const char *value;
	} good[] = {
		{ QIAO_CHECK_USCI, "91350200776049653A" },
		{ QIAO_CHECK_ORG_CODE, "77604965-3" },
		{ QIAO_CHECK_CITIZEN_ID, "440524188001010014" },
		{ QIAO_CHECK_PATENT, "201710601862.3" },
		{ QIAO_CHECK_CERT_ID,
		  "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001."
		  "9" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[128];
		size_t n = strlen(good[i].value);

		for (size_t at = 0; at < n; at++) {
			memcpy(text, good[i].value, n + 1);
			if (text[at] < '0' || text[at] > '8')
				continue;
			text[at]++;
			CU_ASSERT_PTR_NOT_NULL(qiao_check_value(
				good[i].check, qiao_slice_str(text), NOW_MS));
		}
	}
}

static void the_type_of_a_certificate_is_cut_out(void)
{
	struct qiao_slice id =
		qiao_slice_str("1.2.156.3005.2.11100000MB03271699022.340100."
			       "000000016.001.9");

	CU_ASSERT_TRUE(
		qiao_slice_is(qiao_cert_id_type(id), "11100000MB03271699022"));
	CU_ASSERT_EQUAL(qiao_cert_id_type(qiao_slice_str("LIC-1")).n, 0);
}

static void names_are_found_and_listed(void)
{
	enum qiao_check c;
	size_t n = 0;

	for (; qiao_check_name_at(n); n++) {
		CU_ASSERT_TRUE(qiao_check_find(&c, qiao_check_name_at(n)));
		CU_ASSERT_EQUAL(c, (enum qiao_check)n);
		CU_ASSERT_STRING_EQUAL(qiao_check_name(c),
				       qiao_check_name_at(n));
	}
	CU_ASSERT_EQUAL(n, QIAO_CHECK_RFC3161 + 1);
	CU_ASSERT_FALSE(qiao_check_find(&c, "USCI"));
	CU_ASSERT_EQUAL(c, QIAO_CHECK_NONE);
}

static const struct test_case cases[] = {
	{ "every value gets its verdict", every_value_gets_its_verdict },
	{ "a value cut anywhere never passes by accident",
	  a_value_cut_anywhere_never_passes_by_accident },
	{ "one wrong digit is always found", one_wrong_digit_is_always_found },
	{ "the type of a certificate is cut out",
	  the_type_of_a_certificate_is_cut_out },
	{ "names are found and listed", names_are_found_and_listed },
	{ NULL, NULL },
};

const struct test_suite identifier_test_suite = { "record/identifier", cases };
