/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_msp.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static struct qiao_fabric_sigs sigs;

static void put_field(struct qiao_buf *out, unsigned int number,
		      struct qiao_slice bytes)
{
	size_t n = bytes.n;

	qiao_buf_put_u8(out, (uint8_t)(number << 3 | 2));
	for (; n >= 0x80; n >>= 7)
		qiao_buf_put_u8(out, (uint8_t)(n | 0x80));
	qiao_buf_put_u8(out, (uint8_t)n);
	qiao_buf_put(out, bytes);
}

static void put_file(struct qiao_buf *out, const char *name)
{
	uint8_t piece[8192];
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "tests/vectors/x509/%s.pem", name);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(piece, 1, sizeof(piece), f);
	fclose(f);
	qiao_buf_put_mem(out, piece, n);
}

static void put_pem(struct qiao_buf *out, unsigned int number, const char *name)
{
	struct qiao_buf pem = QIAO_BUF;

	put_file(&pem, name);
	put_field(out, number, qiao_buf_slice(&pem));
	qiao_buf_free(&pem);
}

/* FabricOUIdentifier { 1 certificate, 2 name } */
static void put_ou(struct qiao_buf *out, unsigned int number, const char *pin,
		   const char *name)
{
	struct qiao_buf ou = QIAO_BUF;

	if (pin)
		put_pem(&ou, 1, pin);
	put_field(&ou, 2, qiao_slice_str(name));
	put_field(out, number, qiao_buf_slice(&ou));
	qiao_buf_free(&ou);
}

struct setup {
	const char *root, *root2, *intermediate, *admin, *crl;
	bool node_ous;
	const char *pin; /* certifier of client, peer, admin and orderer */
	const char *required, *required_pin;
	const char *hash_family;
	bool idemix;
};

static void put_node_ous(struct qiao_buf *fabric, const struct setup *s)
{
	static const char *const names[] = { "client", "peer", "admin",
					     "orderer" };
	struct qiao_buf ous = QIAO_BUF;

	qiao_buf_put_mem(&ous, "\x08\x01", 2);
	for (unsigned int i = 0; i < 4; i++)
		put_ou(&ous, 2 + i, s->pin, names[i]);
	put_field(fabric, 11, qiao_buf_slice(&ous));
	qiao_buf_free(&ous);
}

static struct qiao_buf make_config(const struct setup *s)
{
	struct qiao_buf fabric = QIAO_BUF, out = QIAO_BUF, crypto = QIAO_BUF;

	put_field(&fabric, 1, qiao_slice_str("OrgMSP"));
	if (s->root)
		put_pem(&fabric, 2, s->root);
	if (s->root2)
		put_pem(&fabric, 2, s->root2);
	if (s->intermediate)
		put_pem(&fabric, 3, s->intermediate);
	if (s->admin)
		put_pem(&fabric, 4, s->admin);
	if (s->crl)
		put_pem(&fabric, 5, s->crl);
	if (s->required)
		put_ou(&fabric, 7, s->required_pin, s->required);
	if (s->hash_family) {
		put_field(&crypto, 1, qiao_slice_str(s->hash_family));
		put_field(&fabric, 8, qiao_buf_slice(&crypto));
	}
	if (s->node_ous)
		put_node_ous(&fabric, s);
	if (s->idemix)
		qiao_buf_put_mem(&out, "\x08\x01", 2);
	put_field(&out, 2, qiao_buf_slice(&fabric));
	qiao_buf_free(&crypto);
	qiao_buf_free(&fabric);
	return out;
}

static struct qiao_buf make_identity(const char *msp, const char *pem)
{
	struct qiao_buf out = QIAO_BUF;

	put_field(&out, 1, qiao_slice_str(msp));
	put_pem(&out, 2, pem);
	return out;
}

#define IS(role) (1u << QIAO_FABRIC_##role)
#define DROPPED  (1u << 31)

static unsigned int roles_of(const struct qiao_fabric_identity *id)
{
	unsigned int roles = 0;

	if (!id)
		return DROPPED;
	for (unsigned int r = QIAO_FABRIC_MEMBER; r <= QIAO_FABRIC_ORDERER; r++)
		if (qiao_fabric_has_role(id, (enum qiao_fabric_role)r))
			roles |= 1u << r;
	return roles;
}

static void identities_have_the_roles_they_should(void)
{
	/* clang-format off */
	static const struct { const char *name; struct setup setup; const char *pem; unsigned int want; } cases[] = {
		{ "an orderer", { .root = "orderer-ca", .node_ous = true }, "orderer1",
		  IS(MEMBER) | IS(ORDERER) },
		{ "without roles", { .root = "orderer-ca" }, "orderer1", IS(MEMBER) },
		{ "pinned to its CA", { .root = "orderer-ca", .node_ous = true, .pin = "orderer-ca" },
		  "orderer1", IS(MEMBER) | IS(ORDERER) },
		{ "another root", { .root = "quanzhou-ca", .node_ous = true }, "orderer1", DROPPED },
		{ "one of two roots", { .root = "quanzhou-ca", .root2 = "orderer-ca", .node_ous = true },
		  "orderer1", IS(MEMBER) | IS(ORDERER) },
		{ "pinned to the other root", { .root = "quanzhou-ca", .root2 = "orderer-ca",
		  .node_ous = true, .pin = "quanzhou-ca" }, "orderer1", 0 },
		{ "a root twice", { .root = "orderer-ca", .root2 = "orderer-ca" }, "orderer1", IS(MEMBER) },
		{ "a CA", { .root = "orderer-ca" }, "orderer-ca", 0 },
		{ "a TLS certificate", { .root = "orderer-ca" }, "orderer1-tls", DROPPED },
		{ "not revoked", { .root = "quanzhou-ca", .node_ous = true, .crl = "quanzhou.crl" },
		  "quanzhou-user1", IS(MEMBER) | IS(CLIENT) },
		{ "revoked", { .root = "quanzhou-ca", .node_ous = true, .crl = "quanzhou.crl" },
		  "quanzhou-user2", 0 },
		{ "before the list", { .root = "quanzhou-ca", .node_ous = true },
		  "quanzhou-user2", IS(MEMBER) | IS(CLIENT) },
		{ "listed as administrator", { .root = "quanzhou-ca", .node_ous = true,
		  .admin = "quanzhou-user1" }, "quanzhou-user1", IS(MEMBER) | IS(CLIENT) | IS(ADMIN) },
		{ "another one listed", { .root = "quanzhou-ca", .admin = "quanzhou-user1" },
		  "quanzhou-user2", IS(MEMBER) },
		{ "below an intermediate", { .root = "audit-ca", .intermediate = "audit-ica",
		  .node_ous = true }, "audit-intuser", IS(MEMBER) | IS(CLIENT) },
		{ "intermediate not configured", { .root = "audit-ca", .node_ous = true },
		  "audit-intuser", DROPPED },
		{ "pinned to the intermediate", { .root = "audit-ca", .intermediate = "audit-ica",
		  .node_ous = true, .pin = "audit-ica" }, "audit-intuser", IS(MEMBER) | IS(CLIENT) },
		{ "pinned to the root above", { .root = "audit-ca", .intermediate = "audit-ica",
		  .node_ous = true, .pin = "audit-ca" }, "audit-intuser", 0 },
		{ "the intermediate itself", { .root = "audit-ca", .intermediate = "audit-ica" },
		  "audit-ica", 0 },
		{ "required OU", { .root = "quanzhou-ca", .required = "client",
		  .required_pin = "quanzhou-ca" }, "quanzhou-user1", IS(MEMBER) },
		{ "required OU missing", { .root = "quanzhou-ca", .required = "sales",
		  .required_pin = "quanzhou-ca" }, "quanzhou-user1", 0 },
		{ "required OU of another CA", { .root = "quanzhou-ca", .root2 = "orderer-ca",
		  .required = "client", .required_pin = "orderer-ca" }, "quanzhou-user1", 0 },
		{ "RSA root", { .root = "rsa" }, "leaf-rsa", IS(MEMBER) },
		{ "RSA root, roles", { .root = "rsa", .node_ous = true }, "leaf-rsa", 0 },
		{ "P-384 root", { .root = "p384" }, "leaf-p384", IS(MEMBER) },
		{ "SHA2 said", { .root = "p384", .hash_family = "SHA2" }, "leaf-p384", IS(MEMBER) },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf config = make_config(&cases[i].setup);
		struct qiao_buf who = make_identity("OrgMSP", cases[i].pem);
		const struct qiao_fabric_identity *id;
		struct qiao_fabric_msps m;
		struct qiao_why why = { "" };
		struct qiao_slice name;
		qiao_err err;

		qiao_fabric_msps_init(&m, &sigs);
		err = qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&config),
					   false, &why);
		CU_ASSERT_EQUAL(err, QIAO_OK);
		CU_ASSERT_EQUAL(
			qiao_fabric_identify(&m, &id, qiao_buf_slice(&who)),
			QIAO_OK);
		if (err != QIAO_OK || roles_of(id) != cases[i].want)
			printf("\n%s: %s %x\n", cases[i].name, why.text,
			       roles_of(id));
		CU_ASSERT_EQUAL(roles_of(id), cases[i].want);
		qiao_fabric_msps_fini(&m);
		qiao_buf_free(&config);
		qiao_buf_free(&who);
	}
}

static void a_definition_that_fabric_refuses_is_refused(void)
{
	/* clang-format off */
	static const struct { const char *name; struct setup setup; qiao_err want; } cases[] = {
		{ "no root", { .root = NULL }, QIAO_E_CONFIG },
		{ "a leaf as root", { .root = "orderer1" }, QIAO_E_CONFIG },
		{ "an intermediate as root", { .root = "audit-ica" }, QIAO_E_CONFIG },
		{ "an intermediate of another root", { .root = "quanzhou-ca",
		  .intermediate = "audit-ica" }, QIAO_E_CONFIG },
		{ "a leaf as intermediate", { .root = "orderer-ca", .intermediate = "orderer1" },
		  QIAO_E_CONFIG },
		{ "pinned to no CA", { .root = "orderer-ca", .node_ous = true, .pin = "quanzhou-ca" },
		  QIAO_E_CONFIG },
		{ "pinned to a leaf", { .root = "orderer-ca", .node_ous = true, .pin = "orderer1" },
		  QIAO_E_CONFIG },
		{ "required OU without certificate", { .root = "orderer-ca", .required = "x" },
		  QIAO_E_CONFIG },
		{ "administrator without chain", { .root = "orderer-ca", .admin = "quanzhou-user1" },
		  QIAO_E_CONFIG },
		{ "a certificate as list", { .root = "orderer-ca", .crl = "orderer1" }, QIAO_E_CONFIG },
		{ "Idemix", { .root = "orderer-ca", .idemix = true }, QIAO_E_UNSUPPORTED },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf config = make_config(&cases[i].setup);
		struct qiao_fabric_msps m;
		struct qiao_why why = { "" };
		struct qiao_slice name;
		qiao_err err;

		qiao_fabric_msps_init(&m, &sigs);
		err = qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&config),
					   false, &why);
		if (err != cases[i].want)
			printf("\n%s: %s\n", cases[i].name, why.text);
		CU_ASSERT_EQUAL(err, cases[i].want);
		CU_ASSERT_NOT_EQUAL(why.text[0], 0);
		qiao_fabric_msps_fini(&m);
		qiao_buf_free(&config);
	}
}

static void a_name_has_one_definition(void)
{
	const struct setup one = { .root = "orderer-ca" };
	const struct setup two = { .root = "quanzhou-ca" };
	struct qiao_buf a = make_config(&one), b = make_config(&two);
	struct qiao_buf who = make_identity("OtherMSP", "orderer1");
	const struct qiao_fabric_identity *id;
	struct qiao_fabric_msps m;
	struct qiao_slice name;
	struct qiao_why why;

	qiao_fabric_msps_init(&m, &sigs);
	CU_ASSERT_EQUAL(qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&a),
					     false, &why),
			QIAO_OK);
	CU_ASSERT(qiao_slice_is(name, "OrgMSP"));
	CU_ASSERT_EQUAL(qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&a),
					     false, &why),
			QIAO_OK);
	CU_ASSERT_EQUAL(m.n, 1);
	CU_ASSERT_EQUAL(qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&b),
					     false, &why),
			QIAO_E_CONFIG);
	/* the name in the identity chooses, the certificate fits or not */
	CU_ASSERT_EQUAL(qiao_fabric_identify(&m, &id, qiao_buf_slice(&who)),
			QIAO_OK);
	CU_ASSERT_PTR_NULL(id);
	qiao_fabric_msps_fini(&m);
	qiao_buf_free(&who);
	qiao_buf_free(&a);
	qiao_buf_free(&b);
}

static void two_forms_of_a_certificate_are_one_identity(void)
{
	const struct setup setup = { .root = "orderer-ca" };
	struct qiao_buf config = make_config(&setup), pem = QIAO_BUF;
	struct qiao_buf plain = make_identity("OrgMSP", "orderer1");
	struct qiao_buf wrapped = QIAO_BUF;
	const struct qiao_fabric_identity *a, *b, *again;
	struct qiao_fabric_msps m;
	struct qiao_slice name;

	qiao_buf_put_str(&pem, "text before\n");
	put_file(&pem, "orderer1");
	qiao_buf_put_str(&pem, "text after\n");
	put_field(&wrapped, 1, qiao_slice_str("OrgMSP"));
	put_field(&wrapped, 2, qiao_buf_slice(&pem));
	qiao_fabric_msps_init(&m, &sigs);
	CU_ASSERT_EQUAL(qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&config),
					     false, NULL),
			QIAO_OK);
	qiao_fabric_identify(&m, &a, qiao_buf_slice(&plain));
	qiao_fabric_identify(&m, &b, qiao_buf_slice(&wrapped));
	qiao_fabric_identify(&m, &again, qiao_buf_slice(&plain));
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_PTR_EQUAL(a, again);
	CU_ASSERT(qiao_hash_eq(&a->id, &b->id));
	qiao_fabric_msps_fini(&m);
	qiao_buf_free(&config);
	qiao_buf_free(&pem);
	qiao_buf_free(&plain);
	qiao_buf_free(&wrapped);
}

/* Names that nobody knows are kept too, and forgotten in time. */
static void memory_of_identities_is_bounded(void)
{
	const struct setup setup = { .root = "orderer-ca" };
	struct qiao_buf config = make_config(&setup);
	const struct qiao_fabric_identity *id;
	struct qiao_fabric_msps m;
	struct qiao_slice name;
	size_t most = 0;

	qiao_fabric_msps_init(&m, &sigs);
	CU_ASSERT_EQUAL(qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&config),
					     false, NULL),
			QIAO_OK);
	for (int i = 0; i < 10000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "stranger %d", i);
		CU_ASSERT_EQUAL(
			qiao_fabric_identify(&m, &id, qiao_slice_str(text)),
			QIAO_OK);
		CU_ASSERT_PTR_NULL(id);
		most = m.used > most ? m.used : most;
		qiao_fabric_msps_trim(&m);
	}
	CU_ASSERT(most <= QIAO_FABRIC_IDENTITIES_MAX + 1);
	qiao_fabric_msps_fini(&m);
	qiao_buf_free(&config);
}

static void every_failed_allocation_is_said(void)
{
	const struct setup setup = { .root = "audit-ca",
				     .intermediate = "audit-ica",
				     .admin = "audit-intuser",
				     .node_ous = true,
				     .required = "client",
				     .required_pin = "audit-ica" };
	struct qiao_buf config = make_config(&setup);
	struct qiao_buf who = make_identity("OrgMSP", "audit-intuser");
	long n = 0;
	qiao_err err;

	do {
		const struct qiao_fabric_identity *id = NULL;
		struct qiao_fabric_msps m;
		struct qiao_slice name;

		qiao_fabric_msps_init(&m, &sigs);
		qiao_fault_alloc_after = n++;
		err = qiao_fabric_msps_add(&m, &name, qiao_buf_slice(&config),
					   false, NULL);
		if (err == QIAO_OK)
			err = qiao_fabric_identify(&m, &id,
						   qiao_buf_slice(&who));
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(id != NULL, err == QIAO_OK);
		qiao_fabric_msps_fini(&m);
	} while (err != QIAO_OK && n < 1000);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_buf_free(&config);
	qiao_buf_free(&who);
}

static const struct test_case cases[] = {
	{ "identities have the roles they should",
	  identities_have_the_roles_they_should },
	{ "a definition that Fabric refuses is refused",
	  a_definition_that_fabric_refuses_is_refused },
	{ "a name has one definition", a_name_has_one_definition },
	{ "two forms of a certificate are one identity",
	  two_forms_of_a_certificate_are_one_identity },
	{ "memory of identities is bounded", memory_of_identities_is_bounded },
	{ "every failed allocation is said", every_failed_allocation_is_said },
	{ NULL, NULL },
};

const struct test_suite fabric_msp_test_suite = { "verify/fabric_msp", cases };
