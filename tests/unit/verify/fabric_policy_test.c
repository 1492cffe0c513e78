/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_policy.h"
#include "gateway/verify/fabric_rules.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static void the_language_is_fabrics(void)
{
	/* clang-format off */
	static const struct { const char *text; size_t nodes, principals; } cases[] = {
		{ "AND('A.peer')", 2, 1 },
		{ "And('A.peer', 'B.peer')", 3, 2 },
		{ "and('A.member','B.admin','C.client')", 4, 3 },
		{ " OR ( 'A.orderer' , \"B.peer\" ) ", 3, 2 },
		{ "Or('A.peer')", 2, 1 }, { "or('A.peer')", 2, 1 },
		{ "OutOf(1,'A.peer')", 2, 1 }, { "OUTOF(1,'A.peer')", 2, 1 },
		{ "outof('2', 'A.peer', 'A.peer')", 3, 2 },
		{ "OutOf(2,'A.peer')", 2, 1 }, /* n + 1: never, as in Fabric */
		{ "AND('A.peer',OR('B.peer',OutOf(2,'C.peer','D.peer')))", 7, 4 },
		{ "AND('a.b-c.9.peer')", 2, 1 },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_fabric_sigpolicy p;
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(
			qiao_fabric_sigpolicy_parse(&p, cases[i].text, &why),
			QIAO_OK);
		CU_ASSERT_EQUAL(p.nodes, cases[i].nodes);
		CU_ASSERT_EQUAL(p.principals, cases[i].principals);
		qiao_fabric_sigpolicy_free(&p);
	}
}

static void a_principal_is_msp_and_role(void)
{
	struct qiao_fabric_sigpolicy p;

	CU_ASSERT_EQUAL(qiao_fabric_sigpolicy_parse(
				&p, "OR('a.b.peer','C.member')", NULL),
			QIAO_OK);
	CU_ASSERT_EQUAL(p.principal[0].msp.n, 3);
	CU_ASSERT_EQUAL(memcmp(p.principal[0].msp.p, "a.b", 3), 0);
	CU_ASSERT_EQUAL(p.principal[0].role, QIAO_FABRIC_PEER);
	CU_ASSERT_EQUAL(p.principal[1].role, QIAO_FABRIC_MEMBER);
	CU_ASSERT_EQUAL(p.node[0].n, 1);
	CU_ASSERT_EQUAL(p.node[0].children, 2);
	qiao_fabric_sigpolicy_free(&p);
}

static void a_wrong_text_is_refused_with_its_column(void)
{
	/* clang-format off */
	static const struct { const char *text, *column; } cases[] = {
		{ "", "column 1:" }, { "'A.peer'", "column 1:" }, { "AND", "column 4:" },
		{ "AND(", "column 5:" }, { "AND()", "column 5:" },
		{ "AND('A.peer'", "column 13:" }, { "AND('A.peer',)", "column 14:" },
		{ "AND('A.peer') x", "column 15:" }, { "AND('A.peer'))", "column 14:" },
		{ "AND('A.peer)", "column 5:" }, { "AND(A.peer)", "column 5:" },
		{ "AND('A')", "column 5:" }, { "AND('.peer')", "column 5:" },
		{ "AND('A.Peer')", "column 5:" }, { "AND('A.boss')", "column 5:" },
		{ "AND('A_B.peer')", "column 5:" }, { "AND('A B.peer')", "column 5:" },
		{ "NOT('A.peer')", "column 1:" }, { "ANDY('A.peer')", "column 4:" },
		{ "OutOf('A.peer')", "column " }, { "OutOf(1)", "column 8:" },
		{ "OutOf(0,'A.peer')", "column 18:" }, { "OutOf(-1,'A.peer')", "column 7:" },
		{ "OutOf(3,'A.peer')", "column 18:" }, { "OutOf(1.5,'A.peer')", "column " },
		{ "OutOf(99999999,'A.peer')", "column " },
		{ "AND(OutOf(0,'A.peer'))", "column " },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_fabric_sigpolicy p;
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(
			qiao_fabric_sigpolicy_parse(&p, cases[i].text, &why),
			QIAO_E_CONFIG);
		CU_ASSERT_PTR_NULL(p.node);
		if (!strstr(why.text, cases[i].column))
			printf("\n%s: %s\n", cases[i].text, why.text);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, cases[i].column));
	}
}

static qiao_err parse_nested(unsigned int gates)
{
	struct qiao_fabric_sigpolicy p;
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	for (unsigned int i = 0; i < gates; i++)
		qiao_buf_put_str(&b, "OR(");
	qiao_buf_put_str(&b, "'A.peer'");
	for (unsigned int i = 0; i < gates; i++)
		qiao_buf_put_u8(&b, ')');
	qiao_buf_put_u8(&b, 0);
	err = qiao_fabric_sigpolicy_parse(&p, (const char *)b.p, NULL);
	qiao_fabric_sigpolicy_free(&p);
	qiao_buf_free(&b);
	return err;
}

static void nesting_and_length_have_limits(void)
{
	struct qiao_fabric_sigpolicy p;
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(parse_nested(QIAO_FABRIC_POLICY_DEPTH_MAX), QIAO_OK);
	CU_ASSERT_EQUAL(parse_nested(QIAO_FABRIC_POLICY_DEPTH_MAX + 1),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(parse_nested(2000), QIAO_E_CONFIG);
	while (b.n <= QIAO_FABRIC_POLICY_TEXT_MAX)
		qiao_buf_put_str(&b, " ");
	qiao_buf_put_str(&b, "OR('A.peer')");
	qiao_buf_put_u8(&b, 0);
	CU_ASSERT_EQUAL(
		qiao_fabric_sigpolicy_parse(&p, (const char *)b.p, NULL),
		QIAO_E_CONFIG);
	qiao_buf_free(&b);
}

/* SignaturePolicyEnvelope, in hexadecimal */
static void envelopes_are_compiled_or_refused(void)
{
	/* clang-format off */
	static const struct { const char *name, *hex; qiao_err want; } cases[] = {
		{ "signed by 0", "1202" "0800" "1a00", QIAO_OK },
		{ "signed by a principal that is missing", "1202" "0801" "1a00", QIAO_E_CONFIG },
		{ "signed by -1", "120b" "08ffffffffffffffffff01" "1a00", QIAO_E_CONFIG },
		{ "no rule", "1a00", QIAO_E_CONFIG },
		{ "empty rule", "1200" "1a00", QIAO_E_CONFIG },
		{ "empty gate: nobody need sign", "1202" "1200", QIAO_OK },
		{ "version 1", "0801" "1202" "0800" "1a00", QIAO_E_CONFIG },
		{ "the last member of a oneof wins", "1204" "1200" "0800" "1a00", QIAO_OK },
		{ "a gate with an empty part", "1204" "1202" "1200", QIAO_E_CONFIG },
		{ "malformed", "12", QIAO_E_CONFIG },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_fabric_sigpolicy p;
		struct qiao_buf b = QIAO_BUF;
		qiao_err err;

		qiao_hex_decode_buf(&b, qiao_slice_str(cases[i].hex));
		err = qiao_fabric_sigpolicy_compile(&p, qiao_buf_slice(&b));
		if (err != cases[i].want)
			printf("\n%s: %s\n", cases[i].name, qiao_strerror(err));
		CU_ASSERT_EQUAL(err, cases[i].want);
		CU_ASSERT_EQUAL(p.nodes > 0, err == QIAO_OK);
		qiao_fabric_sigpolicy_free(&p);
		qiao_buf_free(&b);
	}
}

static void an_empty_policy_is_satisfied_by_nobody(void)
{
	static struct qiao_fabric_sigs sigs;
	struct qiao_fabric_signers nobody = { NULL, 0, 0 };
	struct qiao_fabric_sigpolicy p;
	struct qiao_fabric_msps m;

	memset(&p, 0, sizeof(p));
	qiao_fabric_msps_init(&m, &sigs);
	CU_ASSERT_EQUAL(qiao_fabric_sigpolicy_eval(&p, &m, &nobody),
			QIAO_E_BADSIG);
	qiao_fabric_msps_fini(&m);
}

static void a_rule_holds_from_its_height_on(void)
{
	/* clang-format off */
	static const struct { uint64_t height; int which; } cases[] = {
		{ 0, -1 }, { 9, -1 }, { 10, 0 }, { 19, 0 }, { 20, 1 }, { 99, 1 },
		{ 100, 2 }, { UINT64_MAX, 2 },
	};
	/* clang-format on */
	struct qiao_fabric_rules r = { NULL, 0 };
	struct qiao_why why;

	/* not in order of height */
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(&r, "cc", 10, "OR('A.peer')", &why),
		QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(&r, "cc", 20, "OR('B.peer')", &why),
		QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(&r, "cc", 100, "OR('C.peer')", &why),
		QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(&r, "dd", 0, "OR('D.peer')", &why),
		QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_fabric_rules_add(&r, "cc", 20, "OR('A.peer')", &why),
		QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_fabric_rules_add(&r, "", 0, "OR('A.peer')", &why),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_fabric_rules_add(&r, "ee", 0, "", &why),
			QIAO_E_CONFIG);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct qiao_fabric_sigpolicy *p = qiao_fabric_rules_find(
			&r, qiao_slice_str("cc"), cases[i].height);

		CU_ASSERT_PTR_EQUAL(
			p, cases[i].which < 0 ? NULL
					      : &r.rule[cases[i].which].policy);
	}
	CU_ASSERT_PTR_NULL(qiao_fabric_rules_find(&r, qiao_slice_str("c"), 50));
	qiao_fabric_rules_free(&r);
}

static void every_failed_allocation_is_said(void)
{
	long n = 0;
	qiao_err err;

	do {
		struct qiao_fabric_rules r = { NULL, 0 };

		qiao_fault_alloc_after = n++;
		err = qiao_fabric_rules_add(&r, "cc", 0, "OR('A.peer')", NULL);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		qiao_fabric_rules_free(&r);
	} while (err != QIAO_OK && n < 100);
	CU_ASSERT_EQUAL(err, QIAO_OK);
}

static const struct test_case cases[] = {
	{ "the language is Fabric's", the_language_is_fabrics },
	{ "a principal is MSP and role", a_principal_is_msp_and_role },
	{ "a wrong text is refused with its column",
	  a_wrong_text_is_refused_with_its_column },
	{ "nesting and length have limits", nesting_and_length_have_limits },
	{ "envelopes are compiled or refused",
	  envelopes_are_compiled_or_refused },
	{ "an empty policy is satisfied by nobody",
	  an_empty_policy_is_satisfied_by_nobody },
	{ "a rule holds from its height on", a_rule_holds_from_its_height_on },
	{ "every failed allocation is said", every_failed_allocation_is_said },
	{ NULL, NULL },
};

const struct test_suite fabric_policy_test_suite = { "verify/fabric_policy",
						     cases };
