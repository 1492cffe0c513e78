/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/scheme.h"
#include "gateway/crypto/sig.h"
#include "tests/unit/crypto/vector.h"

#include <pthread.h>
#include <string.h>

/* clang-format off */
#define ORDER_K1 "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define HALF_K1  "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define ORDER_R1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define HALF_R1  "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8"
#define ZERO     "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE      "0000000000000000000000000000000000000000000000000000000000000001"
#define FF       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

#define G_K1 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define PUB_R1 "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define R_K1 "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
#define S_K1 "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
/* order - S_K1 */
#define HIGH_S_K1 "dbbd3162d46e9f9bef7feb87c16dc13b4f6568a87f4e83f728e2443ba586675c"
#define R_R1 "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define HIGH_S_R1 "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
/* order - HIGH_S_R1 */
#define S_R1 "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"

/*
 * secp256k1: private key 1, the widely published deterministic signature.
 * P-256: RFC 6979 A.2.5, SHA-256; that of "sample" has a high S.
 */
static const struct {
	const char *name;
	unsigned int scheme;
	const char *pub, *message, *sig;
	qiao_err want;
} vectors[] = {
	{ "secp256k1", 1, G_K1, "Satoshi Nakamoto", R_K1 S_K1, QIAO_OK },
	{ "secp256k1 other message", 1, G_K1, "Satoshi", R_K1 S_K1, QIAO_E_BADSIG },
	{ "secp256k1 high S", 1, G_K1, "Satoshi Nakamoto", R_K1 HIGH_S_K1, QIAO_E_BADSIG },
	{ "secp256k1 one byte short", 1, G_K1, "Satoshi Nakamoto",
	  R_K1 "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9", QIAO_E_BADSIG },
	{ "secp256k1 one byte more", 1, G_K1, "Satoshi Nakamoto", R_K1 S_K1 "00", QIAO_E_BADSIG },
	{ "secp256k1 empty", 1, G_K1, "Satoshi Nakamoto", "", QIAO_E_BADSIG },
	{ "secp256k1 r 0", 1, G_K1, "Satoshi Nakamoto", ZERO S_K1, QIAO_E_BADSIG },
	{ "secp256k1 s 0", 1, G_K1, "Satoshi Nakamoto", R_K1 ZERO, QIAO_E_BADSIG },
	{ "secp256k1 both 0", 1, G_K1, "Satoshi Nakamoto", ZERO ZERO, QIAO_E_BADSIG },
	{ "secp256k1 r = n", 1, G_K1, "Satoshi Nakamoto", ORDER_K1 S_K1, QIAO_E_BADSIG },
	{ "secp256k1 s = n", 1, G_K1, "Satoshi Nakamoto", R_K1 ORDER_K1, QIAO_E_BADSIG },
	{ "secp256k1 s = n/2", 1, G_K1, "Satoshi Nakamoto", R_K1 HALF_K1, QIAO_E_BADSIG },
	{ "secp256k1 all ff", 1, G_K1, "Satoshi Nakamoto", FF FF, QIAO_E_BADSIG },
	{ "p256 test", 2, PUB_R1, "test",
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
	  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083", QIAO_OK },
	{ "p256 sample, low S", 2, PUB_R1, "sample", R_R1 S_R1, QIAO_OK },
	{ "p256 sample, high S", 2, PUB_R1, "sample", R_R1 HIGH_S_R1, QIAO_E_BADSIG },
	{ "p256 other message", 2, PUB_R1, "Sample", R_R1 S_R1, QIAO_E_BADSIG },
	{ "p256 r 0", 2, PUB_R1, "sample", ZERO S_R1, QIAO_E_BADSIG },
	{ "p256 s 0", 2, PUB_R1, "sample", R_R1 ZERO, QIAO_E_BADSIG },
	{ "p256 r = n", 2, PUB_R1, "sample", ORDER_R1 S_R1, QIAO_E_BADSIG },
	{ "p256 s = n", 2, PUB_R1, "sample", R_R1 ORDER_R1, QIAO_E_BADSIG },
	{ "p256 s = n/2", 2, PUB_R1, "sample", R_R1 HALF_R1, QIAO_E_BADSIG },
	{ "p256 all ff", 2, PUB_R1, "sample", FF FF, QIAO_E_BADSIG },
	{ "p256 short", 2, PUB_R1, "sample", R_R1, QIAO_E_BADSIG },
};

static const struct {
	const char *name;
	unsigned int scheme;
	const char *hex;
	qiao_err want;
} keys[] = {
	{ "secp256k1", 1, G_K1, QIAO_OK },
	{ "p256", 2, PUB_R1, QIAO_OK },
	{ "secp256k1 off the curve", 1,
	  "020000000000000000000000000000000000000000000000000000000000000005", QIAO_E_KEY },
	{ "p256 off the curve", 2,
	  "030000000000000000000000000000000000000000000000000000000000000001", QIAO_E_KEY },
	{ "scheme 0", 0, G_K1, QIAO_E_KEY },
	{ "scheme sm2", 3, G_K1, QIAO_E_UNSUPPORTED },
	{ "scheme ed25519", 4, ONE, QIAO_E_UNSUPPORTED },
	{ "scheme 5", 5, G_K1, QIAO_E_KEY },
	{ "scheme huge", 0xffffffff, G_K1, QIAO_E_KEY },
	{ "empty", 1, "", QIAO_E_KEY },
	{ "short", 1, ZERO, QIAO_E_KEY },
	{ "long", 1, G_K1 "00", QIAO_E_KEY },
	{ "zeroed", 1, "00" ZERO, QIAO_E_KEY },
	{ "zeroed p256", 2, "00" ZERO, QIAO_E_KEY },
	{ "prefix 04", 1, "04" "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", QIAO_E_KEY },
	{ "prefix 04 p256", 2, "04" "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6", QIAO_E_KEY },
	{ "prefix 06 p256", 2, "06" "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6", QIAO_E_KEY },
	{ "x = p of secp256k1", 1,
	  "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", QIAO_E_KEY },
	{ "x = p of p256", 2,
	  "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", QIAO_E_KEY },
	{ "x all ff", 1, "02" FF, QIAO_E_KEY },
	{ "x all ff p256", 2, "03" FF, QIAO_E_KEY },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct qiao_pubkey pubkey(unsigned int scheme, const char *hex)
{
	uint8_t bytes[64];
	struct qiao_pubkey k;

	CU_ASSERT_EQUAL_FATAL(
		qiao_pubkey_parse(&k, scheme, unhex(bytes, sizeof(bytes), hex)),
		QIAO_OK);
	return k;
}

static void published_signatures_verify_and_variants_do_not(void)
{
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct qiao_pubkey k =
			pubkey(vectors[i].scheme, vectors[i].pub);
		uint8_t sig[80];
		struct qiao_hash digest;
		qiao_err got;

		qiao_sha256(&digest, qiao_slice_str(vectors[i].message));
		got = qiao_sig_verify_digest(
			&k, &digest, unhex(sig, sizeof(sig), vectors[i].sig));
		if (got != vectors[i].want)
			printf("%s: %s\n", vectors[i].name, qiao_errname(got));
		CU_ASSERT_EQUAL(got, vectors[i].want);
	}
}

static void keys_are_points_of_their_curve(void)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		uint8_t bytes[64];
		struct qiao_pubkey k;
		qiao_err got = qiao_pubkey_parse(
			&k, keys[i].scheme,
			unhex(bytes, sizeof(bytes), keys[i].hex));

		if (got != keys[i].want)
			printf("%s: %s\n", keys[i].name, qiao_errname(got));
		CU_ASSERT_EQUAL(got, keys[i].want);
		CU_ASSERT(got == QIAO_OK || k.scheme == 0);
	}
}

static void a_key_cut_anywhere_is_refused(void)
{
	uint8_t bytes[64];
	struct qiao_slice whole = unhex(bytes, sizeof(bytes), G_K1);
	struct qiao_pubkey k;

	for (size_t n = 0; n < whole.n; n++)
		for (unsigned int scheme = 1; scheme <= 2; scheme++)
			CU_ASSERT_EQUAL(
				qiao_pubkey_parse(&k, scheme,
						  qiao_slice_of(bytes, n)),
				QIAO_E_KEY);
}

/* A zeroed struct is what a failed parse leaves. */
static void a_zeroed_key_verifies_nothing(void)
{
	struct qiao_pubkey zero = { .scheme = 0 };
	uint8_t sig[64];
	struct qiao_hash digest;

	qiao_sha256(&digest, qiao_slice_str("Satoshi Nakamoto"));
	unhex(sig, sizeof(sig), R_K1 S_K1);
	for (unsigned int scheme = 0; scheme < 256; scheme++) {
		zero.scheme = (uint8_t)scheme;
		CU_ASSERT(qiao_sig_verify_digest(
				  &zero, &digest,
				  qiao_slice_of(sig, sizeof(sig))) != QIAO_OK);
	}
}

static void every_changed_bit_of_a_signature_is_refused(void)
{
	for (unsigned int scheme = 1; scheme <= 2; scheme++) {
		struct qiao_slice msg = qiao_slice_str("record");
		struct qiao_key *k;
		struct qiao_sig sig;

		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&k, scheme), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_key_sign(k, &sig, "qiao/t/1", msg),
				QIAO_OK);
		for (size_t bit = 0; bit <= 512; bit++) {
			if (bit < 512)
				sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CU_ASSERT_EQUAL(
				qiao_sig_verify(qiao_key_public(k), "qiao/t/1",
						msg, qiao_slice_of(sig.b, 64)),
				bit < 512 ? QIAO_E_BADSIG : QIAO_OK);
			if (bit < 512)
				sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		qiao_key_free(k);
	}
}

static void a_signature_is_good_for_its_tag_message_and_key_only(void)
{
	struct qiao_slice msg = qiao_slice_str("record");

	for (unsigned int scheme = 1; scheme <= 2; scheme++) {
		struct qiao_key *k, *other;
		struct qiao_slice s;
		struct qiao_sig sig;

		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&k, scheme), QIAO_OK);
		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&other, 3 - scheme),
				      QIAO_OK);
		qiao_key_sign(k, &sig, "qiao/t/1", msg);
		s = qiao_slice_of(sig.b, sizeof(sig.b));
		CU_ASSERT(!qiao_sig_verify(qiao_key_public(k), "qiao/t/1", msg,
					   s));
		CU_ASSERT(qiao_sig_verify(qiao_key_public(k), "qiao/t/2", msg,
					  s));
		CU_ASSERT(qiao_sig_verify(qiao_key_public(k), "qiao/t/1",
					  qiao_slice_str("recorD"), s));
		CU_ASSERT(qiao_sig_verify(qiao_key_public(other), "qiao/t/1",
					  msg, s));
		qiao_key_free(k);
		qiao_key_free(other);
	}
}

/* High S comes out of OpenSSL half of the time. */
static void our_own_signatures_are_low(void)
{
	struct qiao_key *k;
	struct qiao_sig sig;

	for (unsigned int scheme = 1; scheme <= 2; scheme++) {
		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&k, scheme), QIAO_OK);
		for (int i = 0; i < 64; i++) {
			qiao_key_sign(k, &sig, "t", qiao_slice_str("m"));
			CU_ASSERT(sig.b[32] < 0x80);
			CU_ASSERT(!qiao_sig_verify(qiao_key_public(k), "t",
						   qiao_slice_str("m"),
						   qiao_slice_of(sig.b, 64)));
		}
		qiao_key_free(k);
	}
}

static void key_ids_bind_scheme_and_key(void)
{
	struct qiao_pubkey a = pubkey(1, G_K1), b = pubkey(2, PUB_R1);
	struct qiao_id16 id = qiao_pubkey_id(&a);
	char hex[QIAO_HEX_LEN(16)];

	qiao_hex_encode(hex, qiao_slice_of(id.b, sizeof(id.b)));
	/* made with Python's hashlib */
	CU_ASSERT_STRING_EQUAL(hex, "d4bddcce80f97e6c4ff5138616c7a009");
	CU_ASSERT_TRUE(qiao_pubkey_eq(&a, &a));
	CU_ASSERT_FALSE(qiao_pubkey_eq(&a, &b));
	b = a;
	b.scheme = 2;
	CU_ASSERT_FALSE(qiao_pubkey_eq(&a, &b));
	CU_ASSERT(memcmp(qiao_pubkey_id(&b).b, id.b, 16) != 0);
}

static void the_text_form_reads_back(void)
{
	struct qiao_pubkey k = pubkey(1, G_K1), back;
	char text[QIAO_PUBKEY_TEXT_LEN];

	CU_ASSERT_STRING_EQUAL(qiao_pubkey_format(text, &k), "secp256k1:" G_K1);
	CU_ASSERT_EQUAL(qiao_pubkey_read(&back, text), QIAO_OK);
	CU_ASSERT_TRUE(qiao_pubkey_eq(&k, &back));
	k = pubkey(2, PUB_R1);
	CU_ASSERT_STRING_EQUAL(qiao_pubkey_format(text, &k), "p256:" PUB_R1);
	CU_ASSERT_EQUAL(qiao_pubkey_read(&back, text), QIAO_OK);
	CU_ASSERT_TRUE(qiao_pubkey_eq(&k, &back));
}

static void wrong_text_forms_are_refused(void)
{
	static const struct {
		const char *text;
		qiao_err want;
	} bad[] = {
		{ "", QIAO_E_KEY },
		{ ":", QIAO_E_KEY },
		{ G_K1, QIAO_E_KEY },
		{ ":" G_K1, QIAO_E_KEY },
		{ "secp256k1", QIAO_E_KEY },
		{ "secp256k1:", QIAO_E_KEY },
		{ "secp256k1:" G_K1 "00", QIAO_E_KEY },
		{ "secp256k1: " G_K1, QIAO_E_KEY },
		{ "secp256r1:" G_K1, QIAO_E_KEY },
		{ "SECP256K1:" G_K1, QIAO_E_KEY },
		{ "p256:" G_K1 "\n", QIAO_E_KEY },
		{ "sm2:" G_K1, QIAO_E_UNSUPPORTED },
		{ "ed25519:" ONE, QIAO_E_UNSUPPORTED },
	};
	struct qiao_pubkey k;

	for (size_t i = 0; i < COUNT(bad); i++)
		CU_ASSERT_EQUAL(qiao_pubkey_read(&k, bad[i].text), bad[i].want);
}

/* SEC-20: misuse of the library is reported and the process lives. */
static void an_illegal_argument_does_not_stop_the_process(void)
{
	const secp256k1_context *ctx = qiao_secp256k1_context();
	secp256k1_ecdsa_signature sig;
	secp256k1_pubkey zero;
	struct qiao_hash digest = { .b = { 1 } };
	uint8_t bytes[64];

	unhex(bytes, sizeof(bytes), R_K1 S_K1);
	memset(&zero, 0, sizeof(zero));
	CU_ASSERT(secp256k1_ecdsa_signature_parse_compact(ctx, &sig, bytes));
	CU_ASSERT_FALSE(secp256k1_ecdsa_verify(ctx, &sig, digest.b, &zero));
}

static void *verify_a_lot(void *ok)
{
	struct qiao_pubkey k1 = { .scheme = 1 }, r1 = { .scheme = 2 };
	uint8_t sig_k1[64], sig_r1[64];
	struct qiao_hash nakamoto, sample;

	unhex(k1.b, sizeof(k1.b), G_K1);
	unhex(r1.b, sizeof(r1.b), PUB_R1);
	unhex(sig_k1, 64, R_K1 S_K1);
	unhex(sig_r1, 64, R_R1 S_R1);
	qiao_sha256(&nakamoto, qiao_slice_str("Satoshi Nakamoto"));
	qiao_sha256(&sample, qiao_slice_str("sample"));
	for (int i = 0; i < 200; i++)
		if (qiao_sig_verify_digest(&k1, &nakamoto,
					   qiao_slice_of(sig_k1, 64)) ||
		    qiao_sig_verify_digest(&r1, &sample,
					   qiao_slice_of(sig_r1, 64)))
			*(bool *)ok = false;
	return NULL;
}

static void threads_verify_at_once(void)
{
	bool ok[4] = { true, true, true, true };
	pthread_t t[4];

	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_FATAL(
			pthread_create(&t[i], NULL, verify_a_lot, &ok[i]) == 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		CU_ASSERT_TRUE(ok[i]);
	}
}

static const struct test_case cases[] = {
	{ "published signatures verify and variants do not",
	  published_signatures_verify_and_variants_do_not },
	{ "keys are points of their curve", keys_are_points_of_their_curve },
	{ "a key cut anywhere is refused", a_key_cut_anywhere_is_refused },
	{ "a zeroed key verifies nothing", a_zeroed_key_verifies_nothing },
	{ "every changed bit of a signature is refused",
	  every_changed_bit_of_a_signature_is_refused },
	{ "a signature is good for its tag, message and key only",
	  a_signature_is_good_for_its_tag_message_and_key_only },
	{ "our own signatures are low", our_own_signatures_are_low },
	{ "key ids bind scheme and key", key_ids_bind_scheme_and_key },
	{ "the text form reads back", the_text_form_reads_back },
	{ "wrong text forms are refused", wrong_text_forms_are_refused },
	{ "SEC-20: an illegal argument does not stop the process",
	  an_illegal_argument_does_not_stop_the_process },
	{ "threads verify at once", threads_verify_at_once },
	{ 0 },
};

const struct test_suite sig_test_suite = { "crypto/sig", cases };
