/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/crypto/cert.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/pem.h"
#include "gateway/crypto/x509.h"
#include "tests/unit/crypto/vector.h"

#include <pthread.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct qiao_slice read_cert(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "tests/vectors/x509/%s.pem", name);
	return read_vector(path);
}

static struct qiao_cert *load(const char *name)
{
	struct qiao_slice pem = read_cert(name);
	struct qiao_why why = { "" };
	struct qiao_cert *c;

	if (qiao_cert_parse_pem(&c, pem, &why) != QIAO_OK)
		printf("%s: %s\n", name, why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	free((void *)(uintptr_t)pem.p);
	return c;
}

static struct qiao_slice load_der(struct qiao_buf *out, const char *name)
{
	struct qiao_slice pem = read_cert(name), label;

	CU_ASSERT_EQUAL_FATAL(qiao_pem_decode(out, &label, pem), QIAO_OK);
	free((void *)(uintptr_t)pem.p);
	return qiao_buf_slice(out);
}

/* clang-format off */
#define CA QIAO_CERT_KEY_P256, true
#define LEAF QIAO_CERT_KEY_P256, false
static const struct {
	const char *file, *name;
	enum qiao_cert_key key;
	bool ca;
	const char *serial, *ou; /* ou: the first; NULL: none */
	const char *ski, *aki;
} facts[] = {
	{ "orderer-ca", "CN=ca.orderer.test", CA, "00926d3e897361a6addb3d5d320f71c9eb", NULL,
	  "51b9bd7ab4f30a7860e508c666cf8848cad720480115f055345548 32e839664c", "" },
	{ "orderer1", "CN=orderer1.orderer.test", LEAF, "00f2768fc04b31d92a0ef2da3b5327eaa8", "orderer",
	  "", "51b9bd7ab4f30a7860e508c666cf8848cad720480115f055345548 32e839664c" },
	{ "quanzhou-user2", "CN=User2@quanzhou.test", LEAF, "00d3b8c45a5003cec79fd0ffe640e0babd", "client",
	  "", "85dcdf2db05b97e1afd80c952ad32c99071274efd990255023 98145fe4d4d939" },
	{ "audit-ica", "CN=ica.audit.test", CA, "46fe59b371810e7435ac3e2c3b2aecc22bc02ba9", NULL, NULL, NULL },
	{ "audit-intuser", "CN=IntUser@audit.test", LEAF, "3d662c7dc675ac8baf50dc8834b693903178514a", "client", NULL, NULL },
	{ "p224", "CN=p224.test", QIAO_CERT_KEY_P224, true, NULL, "peer", NULL, NULL },
	{ "p384", "CN=p384.test", QIAO_CERT_KEY_P384, true, NULL, "peer", NULL, NULL },
	{ "p521", "CN=p521.test", QIAO_CERT_KEY_P521, true, NULL, "peer", NULL, NULL },
	{ "ed25519", "CN=ed25519.test", QIAO_CERT_KEY_ED25519, true, NULL, NULL, NULL, NULL },
	{ "rsa", "CN=rsa.test", QIAO_CERT_KEY_OTHER, true, NULL, NULL, NULL, NULL },
	{ "secp256k1", "CN=secp256k1.test", QIAO_CERT_KEY_OTHER, true, NULL, "peer", NULL, NULL },
	{ "explicit", "CN=explicit.test", QIAO_CERT_KEY_OTHER, true, NULL, NULL, NULL, NULL },
};
/* clang-format on */

static bool is_hex(struct qiao_slice s, const char *hex)
{
	char want[128], got[128];
	size_t n = 0;

	for (; *hex; hex++)
		if (*hex != ' ')
			want[n++] = *hex;
	want[n] = '\0';
	return s.n < 64 && strcmp(qiao_hex_encode(got, s), want) == 0;
}

static void facts_of_real_certificates_are_read(void)
{
	for (size_t i = 0; i < COUNT(facts); i++) {
		struct qiao_cert *c = load(facts[i].file);
		char name[64];

		CU_ASSERT_STRING_EQUAL(
			qiao_cert_describe(name, sizeof(name), c),
			facts[i].name);
		CU_ASSERT_EQUAL(qiao_cert_key(c), facts[i].key);
		CU_ASSERT_EQUAL(qiao_cert_is_ca(c), facts[i].ca);
		if (facts[i].serial)
			CU_ASSERT(is_hex(qiao_cert_serial(c), facts[i].serial));
		if (facts[i].ski)
			CU_ASSERT(is_hex(qiao_cert_ski(c), facts[i].ski));
		if (facts[i].aki)
			CU_ASSERT(is_hex(qiao_cert_aki(c), facts[i].aki));
		CU_ASSERT_EQUAL(qiao_cert_ou_count(c) > 0, facts[i].ou != NULL);
		if (facts[i].ou)
			CU_ASSERT(
				qiao_slice_is(qiao_cert_ou(c, 0), facts[i].ou));
		qiao_cert_free(c);
	}
}

static void every_ou_is_given_in_order(void)
{
	struct qiao_cert *c = load("p384");

	CU_ASSERT_EQUAL(qiao_cert_ou_count(c), 2);
	CU_ASSERT(qiao_slice_is(qiao_cert_ou(c, 0), "peer"));
	CU_ASSERT(qiao_slice_is(qiao_cert_ou(c, 1), "second"));
	CU_ASSERT_EQUAL(qiao_cert_ou(c, 2).n, 0);
	qiao_cert_free(c);
}

static void dates_are_milliseconds_of_utc(void)
{
	struct qiao_cert *c = load("orderer1");
	int64_t want;

	CU_ASSERT_TRUE(qiao_time_parse(
		&want, qiao_slice_str("2026-11-20T16:05:00Z"), 0));
	CU_ASSERT_EQUAL(qiao_cert_not_before_ms(c), want);
	CU_ASSERT_TRUE(qiao_time_parse(
		&want, qiao_slice_str("2036-11-17T16:05:00Z"), 0));
	CU_ASSERT_EQUAL(qiao_cert_not_after_ms(c), want);
	qiao_cert_free(c);
}

static void facts_that_chain_rules_need_are_read(void)
{
	struct qiao_cert *c = load("facts"), *ca = load("orderer-ca");
	char name[64];

	CU_ASSERT_TRUE(qiao_cert_is_ca(c));
	CU_ASSERT_EQUAL(qiao_cert_path_len(c), 2);
	CU_ASSERT_FALSE(qiao_cert_usage_signs_certs(c));
	CU_ASSERT_FALSE(qiao_cert_usage_serves(c));
	CU_ASSERT_TRUE(qiao_cert_has_unknown_critical(c));
	CU_ASSERT(strncmp(qiao_cert_describe(name, sizeof(name), c), "serial ",
			  7) == 0);
	CU_ASSERT_EQUAL(qiao_cert_path_len(ca), -1);
	CU_ASSERT_TRUE(qiao_cert_usage_signs_certs(ca));
	CU_ASSERT_FALSE(qiao_cert_has_unknown_critical(ca));
	qiao_cert_free(c);
	qiao_cert_free(ca);
	c = load("orderer1");
	CU_ASSERT_FALSE(qiao_cert_usage_signs_certs(c));
	CU_ASSERT_TRUE(qiao_cert_usage_serves(c));
	qiao_cert_free(c);
}

static void a_name_of_a_leaf_is_the_name_of_its_ca(void)
{
	struct qiao_cert *ca = load("orderer-ca"), *c = load("orderer1");
	struct qiao_buf der = QIAO_BUF;

	CU_ASSERT(qiao_slice_eq(qiao_cert_issuer(c), qiao_cert_subject(ca)));
	CU_ASSERT(qiao_slice_eq(qiao_cert_issuer(ca), qiao_cert_subject(ca)));
	CU_ASSERT_FALSE(
		qiao_slice_eq(qiao_cert_subject(c), qiao_cert_subject(ca)));
	CU_ASSERT(qiao_slice_eq(qiao_cert_der(c), load_der(&der, "orderer1")));
	/* SEQUENCE { SEQUENCE { ecPublicKey, P-256 }, 65 bytes } */
	CU_ASSERT_EQUAL(qiao_cert_spki(c).n, 91);
	qiao_buf_free(&der);
	qiao_cert_free(ca);
	qiao_cert_free(c);
}

static void issuers_signed_and_others_did_not(void)
{
	/* clang-format off */
	static const struct {
		const char *c, *issuer;
		qiao_err want;
	} rows[] = {
		{ "orderer1", "orderer-ca", QIAO_OK },
		{ "orderer-ca", "orderer-ca", QIAO_OK },
		{ "quanzhou-user2", "quanzhou-ca", QIAO_OK },
		{ "audit-ica", "audit-ca", QIAO_OK },
		{ "audit-intuser", "audit-ica", QIAO_OK },
		{ "p224", "p224", QIAO_OK },
		{ "p384", "p384", QIAO_OK },
		{ "p521", "p521", QIAO_OK },
		{ "rsa", "rsa", QIAO_OK },
		{ "ed25519", "ed25519", QIAO_OK },
		{ "leaf-rsa", "rsa", QIAO_OK },
		{ "leaf-p384", "p384", QIAO_OK },
		{ "leaf-ed25519", "ed25519", QIAO_OK },
		{ "facts", "facts", QIAO_OK }, /* the right to issue is not asked */
		{ "orderer1-tls", "orderer-ca", QIAO_E_BADSIG },
		{ "orderer1", "quanzhou-ca", QIAO_E_BADSIG },
		{ "audit-intuser", "audit-ca", QIAO_E_BADSIG },
		{ "orderer1", "orderer1", QIAO_E_BADSIG },
		{ "orderer1", "rsa", QIAO_E_BADSIG },
		{ "leaf-rsa", "p384", QIAO_E_BADSIG },
		{ "leaf-ed25519", "rsa", QIAO_E_BADSIG },
		{ "leaf-p384", "ed25519", QIAO_E_BADSIG },
		/* Go cannot read these keys */
		{ "secp256k1", "secp256k1", QIAO_E_BADSIG },
		{ "explicit", "explicit", QIAO_E_BADSIG },
		{ "sha1", "p256", QIAO_E_UNSUPPORTED },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct qiao_cert *c = load(rows[i].c),
				 *ca = load(rows[i].issuer);
		qiao_err got = qiao_cert_signed_by(c, ca);

		if (got != rows[i].want)
			printf("%s by %s: %s\n", rows[i].c, rows[i].issuer,
			       qiao_errname(got));
		CU_ASSERT_EQUAL(got, rows[i].want);
		qiao_cert_free(c);
		qiao_cert_free(ca);
	}
}

static void keys_that_go_cannot_read_are_refused(void)
{
	struct qiao_slice pem = read_cert("compressed");
	struct qiao_why why;
	struct qiao_cert *c;

	CU_ASSERT_EQUAL(qiao_cert_parse_pem(&c, pem, &why), QIAO_E_KEY);
	CU_ASSERT_PTR_NULL(c);
	free((void *)(uintptr_t)pem.p);
}

static void a_point_off_its_curve_is_refused(void)
{
	struct qiao_buf der = QIAO_BUF;
	struct qiao_cert *c = load("p384");
	size_t last = (size_t)(qiao_cert_spki(c).p - qiao_cert_der(c).p) +
		      qiao_cert_spki(c).n - 1;

	qiao_cert_free(c);
	load_der(&der, "p384");
	der.p[last] ^= 1;
	CU_ASSERT_EQUAL(qiao_cert_parse_der(&c, qiao_buf_slice(&der), NULL),
			QIAO_E_KEY);
	qiao_buf_free(&der);
}

static void a_certificate_cut_anywhere_is_refused(void)
{
	static const char *const names[] = { "orderer1", "facts", "rsa" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct qiao_buf der = QIAO_BUF;
		struct qiao_slice whole = load_der(&der, names[i]);

		for (size_t n = 0; n < whole.n; n++) {
			uint8_t *copy = qiao_memdup(qiao_slice_of(whole.p, n));
			struct qiao_cert *c;

			CU_ASSERT(qiao_cert_parse_der(&c,
						      qiao_slice_of(copy, n),
						      NULL) != QIAO_OK);
			CU_ASSERT_PTR_NULL(c);
			qiao_free(copy);
		}
		qiao_buf_free(&der);
	}
}

/*
 * A certificate is a signer's identity: if its bytes could change and keep the
 * CA's signature, one signer would count twice (SEC-12).
 */
static void no_changed_byte_keeps_the_signature(void)
{
	struct qiao_cert *ca = load("orderer-ca"), *c;
	struct qiao_buf der = QIAO_BUF;
	unsigned int accepted = 0;

	load_der(&der, "orderer1");
	for (size_t bit = 0; bit < der.n * 8; bit++) {
		der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!qiao_cert_parse_der(&c, qiao_buf_slice(&der), NULL)) {
			accepted += !qiao_cert_signed_by(c, ca);
			qiao_cert_free(c);
		}
		der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CU_ASSERT_EQUAL(accepted, 0);
	qiao_buf_free(&der);
	qiao_cert_free(ca);
}

static void other_encodings_of_a_certificate_are_refused(void)
{
	struct qiao_buf der = QIAO_BUF, out = QIAO_BUF;
	struct qiao_slice good = load_der(&der, "orderer1");
	struct qiao_cert *c;
	static const struct {
		const char *head; /* in place of 30 82 xx xx, then length */
		size_t more;      /* bytes appended */
		qiao_err want;
	} rows[] = {
		{ "3082", 0, QIAO_OK },
		{ "3082", 1, QIAO_E_TRAILING },
		{ "308300", 0, QIAO_E_NONCANON },
		{ "30840000", 0, QIAO_E_NONCANON },
		{ "3182", 0, QIAO_E_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t head[8];

		qiao_buf_clear(&out);
		qiao_buf_put(&out, unhex(head, sizeof(head), rows[i].head));
		qiao_buf_put_mem(&out, good.p + 2, good.n - 2);
		qiao_buf_put_mem(&out, "\0", rows[i].more);
		CU_ASSERT_EQUAL(
			qiao_cert_parse_der(&c, qiao_buf_slice(&out), NULL),
			rows[i].want);
		qiao_cert_free(c);
	}
	/* one more element inside the outer sequence: 02 01 00 */
	qiao_buf_clear(&out);
	qiao_buf_put(&out, good);
	qiao_buf_put_mem(&out, "\2\1", 3);
	out.p[3] = (uint8_t)(out.p[3] + 3);
	CU_ASSERT_EQUAL(qiao_cert_parse_der(&c, qiao_buf_slice(&out), NULL),
			QIAO_E_TRAILING);
	qiao_buf_free(&der);
	qiao_buf_free(&out);
}

static void pem_is_read_as_fabric_reads_it(void)
{
	struct qiao_slice pem = read_cert("orderer1"), body;
	struct qiao_buf text = QIAO_BUF;
	struct qiao_cert *c, *plain = load("orderer1");

	body = qiao_slice_of(pem.p + 28, pem.n - 28 - 26);
	qiao_buf_put_str(&text, "x: y\n-----BEGIN ANY LABEL-----\n");
	qiao_buf_put(&text, body);
	qiao_buf_put_str(&text, "-----END ANY LABEL-----\nmore\n");
	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_pem(&c, qiao_buf_slice(&text), NULL), QIAO_OK);
	CU_ASSERT(qiao_slice_eq(qiao_cert_der(c), qiao_cert_der(plain)));
	qiao_cert_free(c);
	CU_ASSERT_EQUAL(qiao_cert_parse_pem(&c, body, NULL), QIAO_E_MALFORMED);
	CU_ASSERT_EQUAL(qiao_cert_parse_pem(&c, qiao_slice_of(NULL, 0), NULL),
			QIAO_E_MALFORMED);
	qiao_buf_free(&text);
	qiao_cert_free(plain);
	free((void *)(uintptr_t)pem.p);
}

static void too_long_input_is_refused_before_it_is_copied(void)
{
	uint8_t *big = calloc(1, QIAO_CERT_MAX + 1);
	struct qiao_cert *c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	CU_ASSERT_EQUAL(
		qiao_cert_parse_der(&c, qiao_slice_of(big, QIAO_CERT_MAX + 1),
				    NULL),
		QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(
		qiao_cert_parse_pem(&c, qiao_slice_of(big, QIAO_CERT_MAX + 1),
				    NULL),
		QIAO_E_LIMIT);
	free(big);
}

static void parsing_without_memory_is_an_error_and_leaks_nothing(void)
{
	struct qiao_slice pem = read_cert("p384");
	qiao_err err = QIAO_E_NOMEM;
	struct qiao_cert *c;
	struct qiao_why why;

	for (long n = 0; err != QIAO_OK && n < 50; n++) {
		qiao_fault_alloc_after = n;
		err = qiao_cert_parse_pem(&c, pem, &why);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || (err == QIAO_E_NOMEM && !c));
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_cert_free(c);
	free((void *)(uintptr_t)pem.p);
}

/* clang-format off */
/* Raft block 25 of the recorded network, signed by orderer1. */
#define BLOCK25_DIGEST "0e58d33a7fe5bc02b26793ed5786c3c34c3fdc139ca92da75060c8f7aee327fc"
#define BLOCK25_SIG "304402200b19fa894eaa6b8b27b5cc406ef246e9c74ed93a171d342b5a253175c84747060220" \
	"452300577b49e3567e92e37d9edf1299ca1bd83bc25b15870fa7bf40b5ba68ea"

/* "a message" signed with openssl dgst -sha256 */
static const struct {
	const char *cert, *sig;
} signatures[] = {
	{ "p224", "303d021c125b049b828a5a8d9547df10ee7bce71aa94771ef2690a42275f6e48021d00a1b44c9918f5"
	  "2d7c6cfefc57c0b660871259adbea0c0b65515e6bae6" },
	{ "p256", "304502200b17e66d694b6e2edbc689bcbee95f9c9b45976879598f65a2bfcbb18b7ec3d8022100eb5e"
	  "30f24d1fe5559efb3acbb8a2f1bc6b83b6d2dc6835a937b6af77001c9d73" },
	{ "p384", "30650230614a238362d2bd8590d1ef860c65bdae0fa8293bbb505735aae227588cde6ea373c6e080d1"
	  "5d1f1f59e5370378f9649c023100e0f48780fca56d6ef2cbbf6aa045f589c5a8068c0f8028bf8f58533e2961bff9e15bd1d1ee52"
	  "f00ddf9098c2e88c1439" },
	{ "p521", "308187024201f061f6d8af9918d6d02640996598b25d7c616a650f35054e68f133281d1568c7ad34a6"
	  "b0cc5f9dd0ebcef8f9b2c31e6fce0a59773e808c814d8354e3d31643b75e02416dcefec0fddcd2e226adb6ac5a651914d7fca541"
	  "5d6bb5c0e0ac0f1a648bf019463ccc94da9e515066f8768e07b8b6138aac996f677ef9caf7492c09b5585d2fe9" },
};
/* clang-format on */

static void a_real_block_signature_verifies_and_no_changed_bit_does(void)
{
	struct qiao_cert *c = load("orderer1"), *other = load("orderer-ca");
	struct qiao_hash digest = hash_of_hex(BLOCK25_DIGEST);
	uint8_t der[80];
	struct qiao_slice sig = unhex(der, sizeof(der), BLOCK25_SIG);

	CU_ASSERT_EQUAL(qiao_cert_verify_digest(c, &digest, sig), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_cert_verify_digest(other, &digest, sig),
			QIAO_E_BADSIG);
	for (size_t bit = 0; bit < sig.n * 8; bit++) {
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_EQUAL(qiao_cert_verify_digest(c, &digest, sig),
				QIAO_E_BADSIG);
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < sig.n; n++)
		CU_ASSERT_EQUAL(qiao_cert_verify_digest(c, &digest,
							qiao_slice_of(der, n)),
				QIAO_E_BADSIG);
	for (size_t bit = 0; bit < 256; bit++) {
		digest.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_EQUAL(qiao_cert_verify_digest(c, &digest, sig),
				QIAO_E_BADSIG);
		digest.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	qiao_cert_free(c);
	qiao_cert_free(other);
}

static void bytes_that_fabric_ignores_are_ignored(void)
{
	struct qiao_cert *c = load("orderer1");
	struct qiao_hash digest = hash_of_hex(BLOCK25_DIGEST);
	uint8_t der[96];

	/* after the SEQUENCE; an INTEGER inside it, after s */
	CU_ASSERT_EQUAL(qiao_cert_verify_digest(
				c, &digest,
				unhex(der, sizeof(der), BLOCK25_SIG "0000ff")),
			QIAO_OK);
	unhex(der, sizeof(der), BLOCK25_SIG "020107");
	der[1] = 0x47;
	CU_ASSERT_EQUAL(
		qiao_cert_verify_digest(c, &digest, qiao_slice_of(der, 0x49)),
		QIAO_OK);
	/* 30 44 written as 30 81 44 */
	der[0] = 0x30;
	der[1] = 0x81;
	unhex(der + 2, sizeof(der) - 2, &BLOCK25_SIG[2]);
	CU_ASSERT_EQUAL(
		qiao_cert_verify_digest(c, &digest, qiao_slice_of(der, 0x47)),
		QIAO_E_BADSIG);
	qiao_cert_free(c);
}

/* The limit is that of the key's own curve. */
static void low_s_verifies_and_high_s_does_not_on_every_curve(void)
{
	for (size_t i = 0; i < COUNT(signatures); i++) {
		struct qiao_cert *c = load(signatures[i].cert);
		struct qiao_slice msg = qiao_slice_str("a message");
		uint8_t der[QIAO_ECDSA_DER_MAX];
		struct qiao_ecdsa sig;
		size_t n;

		CU_ASSERT_TRUE_FATAL(qiao_ecdsa_parse(
			&sig, c->curve,
			unhex(der, sizeof(der), signatures[i].sig)));
		if (!qiao_ecdsa_is_low(&sig, c->curve))
			qiao_ecdsa_negate(&sig, c->curve);
		n = qiao_ecdsa_encode(der, &sig, c->curve);
		CU_ASSERT_EQUAL(qiao_cert_verify(c, msg, qiao_slice_of(der, n)),
				QIAO_OK);
		CU_ASSERT_EQUAL(qiao_cert_verify(c, qiao_slice_str("A message"),
						 qiao_slice_of(der, n)),
				QIAO_E_BADSIG);
		qiao_ecdsa_negate(&sig, c->curve);
		n = qiao_ecdsa_encode(der, &sig, c->curve);
		CU_ASSERT_EQUAL(qiao_cert_verify(c, msg, qiao_slice_of(der, n)),
				QIAO_E_BADSIG);
		qiao_cert_free(c);
	}
}

static void numbers_out_of_range_are_bad_signatures(void)
{
	/* clang-format off */
	static const char *const bad[] = {
		"", "3000", "3006020100020100", "3006020101020100", "3006020100020101",
		"3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101",
		"3026020101022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"3026020101022100ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"3006020101020101",
	};
	/* clang-format on */
	struct qiao_cert *c = load("orderer1");

	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t der[64];

		CU_ASSERT_EQUAL(
			qiao_cert_verify(c, qiao_slice_str("m"),
					 unhex(der, sizeof(der), bad[i])),
			QIAO_E_BADSIG);
	}
	qiao_cert_free(c);
}

static void other_kinds_of_keys_verify_nothing(void)
{
	static const struct {
		const char *name;
		qiao_err want;
	} rows[] = {
		{ "rsa", QIAO_E_BADSIG },
		{ "secp256k1", QIAO_E_BADSIG },
		{ "explicit", QIAO_E_BADSIG },
		{ "ed25519", QIAO_E_BADSIG }, /* an ECDSA signature */
	};
	uint8_t der[128];
	struct qiao_slice sig = unhex(der, sizeof(der), signatures[1].sig);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct qiao_cert *c = load(rows[i].name);

		CU_ASSERT_EQUAL(qiao_cert_verify(c, qiao_slice_str("m"), sig),
				rows[i].want);
		qiao_cert_free(c);
	}
}

/* The same certificate with the other S of the CA's signature. */
static struct qiao_cert *with_other_s(const char *name)
{
	struct qiao_cert *c = load(name), *other;
	const struct qiao_curve *curve = qiao_curve(QIAO_CURVE_P256);
	uint8_t sig[QIAO_ECDSA_DER_MAX], head[4] = { 0x30, 0x82, 0, 0 };
	struct qiao_buf der = QIAO_BUF;
	struct qiao_ecdsa rs;
	size_t n;

	CU_ASSERT_TRUE_FATAL(qiao_ecdsa_parse(&rs, curve, c->parts.sig));
	qiao_ecdsa_negate(&rs, curve);
	n = qiao_ecdsa_encode(sig, &rs, curve);
	qiao_buf_put_mem(&der, head, 4);
	qiao_buf_put(&der, c->parts.tbs);
	qiao_buf_put(&der, c->parts.alg);
	qiao_buf_put_u8(&der, 3);
	qiao_buf_put_u8(&der, (uint8_t)(n + 1));
	qiao_buf_put_u8(&der, 0);
	qiao_buf_put_mem(&der, sig, n);
	der.p[2] = (uint8_t)((der.n - 4) >> 8);
	der.p[3] = (uint8_t)(der.n - 4);
	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_der(&other, qiao_buf_slice(&der), NULL),
		QIAO_OK);
	qiao_buf_free(&der);
	qiao_cert_free(c);
	return other;
}

static void both_forms_of_a_certificate_become_one(void)
{
	static const char *const rows[][2] = {
		{ "orderer1", "orderer-ca" },
		{ "orderer-ca", NULL },
		{ "audit-ica", "audit-ca" },
		{ "quanzhou-user1", "quanzhou-ca" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct qiao_cert *a = load(rows[i][0]);
		struct qiao_cert *b = with_other_s(rows[i][0]);
		struct qiao_cert *ca = rows[i][1] ? load(rows[i][1]) : NULL;
		struct qiao_buf x = QIAO_BUF, y = QIAO_BUF;

		CU_ASSERT_EQUAL(qiao_cert_signed_by(a, ca ? ca : a), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_cert_signed_by(b, ca ? ca : b), QIAO_OK);
		CU_ASSERT_FALSE(
			qiao_slice_eq(qiao_cert_der(a), qiao_cert_der(b)));
		CU_ASSERT_EQUAL(qiao_cert_sanitise(&x, a, ca), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_cert_sanitise(&y, b, ca), QIAO_OK);
		CU_ASSERT(
			qiao_slice_eq(qiao_buf_slice(&x), qiao_buf_slice(&y)));
		/* the low one of the two was right already */
		CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&x), qiao_cert_der(a)) ||
			  qiao_slice_eq(qiao_buf_slice(&x), qiao_cert_der(b)));
		qiao_buf_free(&x);
		qiao_buf_free(&y);
		qiao_cert_free(a);
		qiao_cert_free(b);
		qiao_cert_free(ca);
	}
}

static void sanitising_needs_the_key_of_the_issuer(void)
{
	struct qiao_cert *c = load("orderer1"), *rsa = load("rsa");
	struct qiao_cert *leaf = load("leaf-p384"), *p224 = load("p224");
	struct qiao_buf out = QIAO_BUF;

	CU_ASSERT_EQUAL(qiao_cert_sanitise(&out, c, rsa), QIAO_E_KEY);
	CU_ASSERT_EQUAL(qiao_cert_sanitise(&out, leaf, p224), QIAO_E_BADSIG);
	CU_ASSERT_EQUAL(out.n, 0);
	/* not signed with ECDSA: as it is */
	CU_ASSERT_EQUAL(qiao_cert_sanitise(&out, rsa, NULL), QIAO_OK);
	CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&out), qiao_cert_der(rsa)));
	qiao_buf_free(&out);
	qiao_cert_free(c);
	qiao_cert_free(rsa);
	qiao_cert_free(leaf);
	qiao_cert_free(p224);
}

static void *verify_a_lot(void *arg)
{
	struct qiao_hash digest = hash_of_hex(BLOCK25_DIGEST);
	const struct qiao_cert *c = arg;
	uintptr_t bad = 0;
	uint8_t der[80];
	struct qiao_slice sig = unhex(der, sizeof(der), BLOCK25_SIG);

	for (int i = 0; i < 200; i++)
		bad += qiao_cert_verify_digest(c, &digest, sig) != QIAO_OK;
	return (void *)bad;
}

static void threads_share_a_certificate(void)
{
	struct qiao_cert *c = load("orderer1");
	pthread_t t[4];
	void *bad;

	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_FATAL(pthread_create(&t[i], NULL, verify_a_lot, c) ==
				0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], &bad);
		CU_ASSERT_PTR_NULL(bad);
	}
	qiao_cert_free(c);
}

static const struct test_case cases[] = {
	{ "facts of real certificates are read",
	  facts_of_real_certificates_are_read },
	{ "every OU is given in order", every_ou_is_given_in_order },
	{ "dates are milliseconds of UTC", dates_are_milliseconds_of_utc },
	{ "facts that chain rules need are read",
	  facts_that_chain_rules_need_are_read },
	{ "the issuer name of a leaf is the name of its CA",
	  a_name_of_a_leaf_is_the_name_of_its_ca },
	{ "issuers signed and others did not",
	  issuers_signed_and_others_did_not },
	{ "keys that Go cannot read are refused",
	  keys_that_go_cannot_read_are_refused },
	{ "a point off its curve is refused",
	  a_point_off_its_curve_is_refused },
	{ "a certificate cut anywhere is refused",
	  a_certificate_cut_anywhere_is_refused },
	{ "SEC-12: no changed bit keeps the CA's signature",
	  no_changed_byte_keeps_the_signature },
	{ "SEC-12: other encodings of a certificate are refused",
	  other_encodings_of_a_certificate_are_refused },
	{ "PEM is read as Fabric reads it", pem_is_read_as_fabric_reads_it },
	{ "too long input is refused before it is copied",
	  too_long_input_is_refused_before_it_is_copied },
	{ "parsing without memory is an error and leaks nothing",
	  parsing_without_memory_is_an_error_and_leaks_nothing },
	{ "a real block signature verifies and no changed bit does",
	  a_real_block_signature_verifies_and_no_changed_bit_does },
	{ "bytes that Fabric ignores are ignored",
	  bytes_that_fabric_ignores_are_ignored },
	{ "low S verifies and high S does not, on every curve",
	  low_s_verifies_and_high_s_does_not_on_every_curve },
	{ "numbers out of range are bad signatures",
	  numbers_out_of_range_are_bad_signatures },
	{ "other kinds of keys verify nothing",
	  other_kinds_of_keys_verify_nothing },
	{ "SEC-12: both forms of a certificate become one",
	  both_forms_of_a_certificate_become_one },
	{ "sanitising needs the key of the issuer",
	  sanitising_needs_the_key_of_the_issuer },
	{ "threads share a certificate", threads_share_a_certificate },
	{ 0 },
};

const struct test_suite x509_test_suite = { "crypto/x509", cases };
