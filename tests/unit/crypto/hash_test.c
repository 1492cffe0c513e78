/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/hash.h"
#include "tests/unit/crypto/vector.h"

#include <pthread.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *text, *digest;
} nist[] = { /* FIPS 180-2, appendix B, and the empty message */
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static const struct {
	const char *key, *text, *mac;
} rfc4231[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665", "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "", "", /* as of any HMAC: python3 -m hmac */
	  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};
/* clang-format on */

static void the_nist_vectors_hold(void)
{
	for (size_t i = 0; i < sizeof(nist) / sizeof(nist[0]); i++) {
		struct qiao_hash want = hash_of_hex(nist[i].digest), got;

		qiao_sha256(&got, qiao_slice_str(nist[i].text));
		CU_ASSERT(qiao_hash_eq(&got, &want));
	}
}

/* FIPS 202; the values are NIST's examples. */
static void sha3_is_nists(void)
{
	const struct qiao_slice parts[] = { { NULL, 0 },
					    qiao_slice_str("a"),
					    qiao_slice_str("bc") };
	struct qiao_hash want, got;

	qiao_sha3_256_list(&got, parts, 1);
	want = hash_of_hex("a7ffc6f8bf1ed76651c14756a061d662"
			   "f580ff4de43b49fa82d80a4b80f8434a");
	CU_ASSERT(qiao_hash_eq(&got, &want));
	qiao_sha3_256_list(&got, parts, 3);
	want = hash_of_hex("3a985da74fe225b2045c172d6bd390bd"
			   "855f086e3e9d525b46bfe24511431532");
	CU_ASSERT(qiao_hash_eq(&got, &want));
}

static void pieces_and_streams_hash_as_if_joined(void)
{
	const struct qiao_slice whole = qiao_slice_str(nist[2].text);

	for (size_t cut = 0; cut <= whole.n; cut++) {
		const struct qiao_slice parts[] = {
			{ whole.p, cut },
			{ NULL, 0 },
			{ whole.p + cut, whole.n - cut },
		};
		struct qiao_hash want = hash_of_hex(nist[2].digest), got;
		struct qiao_sha256_ctx *c = qiao_sha256_new();

		qiao_sha256_list(&got, parts, 3);
		CU_ASSERT(qiao_hash_eq(&got, &want));
		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		qiao_sha256_add(c, parts[0]);
		qiao_sha256(&got, parts[0]); /* streams do not disturb */
		qiao_sha256_add(c, parts[2]);
		qiao_sha256_end(c, &got);
		CU_ASSERT(qiao_hash_eq(&got, &want));
	}
}

static void a_tag_is_set_off_by_a_zero_byte(void)
{
	struct qiao_hash want, got;

	qiao_sha256(&want, qiao_slice_of("qiao/x/1\0abc", 12));
	qiao_sha256_tagged(&got, "qiao/x/1", qiao_slice_str("abc"));
	CU_ASSERT(qiao_hash_eq(&got, &want));
	qiao_sha256_tagged(&got, "qiao/x/1a", qiao_slice_str("bc"));
	CU_ASSERT_FALSE(qiao_hash_eq(&got, &want));
}

static void the_hmac_vectors_hold(void)
{
	for (size_t i = 0; i < sizeof(rfc4231) / sizeof(rfc4231[0]); i++) {
		struct qiao_hash want = hash_of_hex(rfc4231[i].mac), got;
		uint8_t key[64];

		qiao_hmac_sha256(&got, unhex(key, sizeof(key), rfc4231[i].key),
				 qiao_slice_str(rfc4231[i].text));
		CU_ASSERT(qiao_hash_eq(&got, &want));
	}
}

static void a_stream_without_memory_is_null(void)
{
	qiao_fault_alloc_after = 0;
	CU_ASSERT_PTR_NULL(qiao_sha256_new());
	qiao_fault_alloc_after = -1;
}

static void random_bytes_differ_and_reach_every_byte(void)
{
	uint8_t a[300] = { 0 }, b[300] = { 0 }, seen[300] = { 0 };

	for (int i = 0; i < 64; i++) {
		qiao_random(a, sizeof(a));
		for (size_t j = 0; j < sizeof(a); j++)
			seen[j] |= a[j];
	}
	CU_ASSERT_PTR_NULL(memchr(seen, 0, sizeof(seen)));
	qiao_random(b, sizeof(b));
	CU_ASSERT(memcmp(a, b, sizeof(a)) != 0);
	qiao_random(b, 0);
}

static void *hash_a_lot(void *ok)
{
	struct qiao_hash want = hash_of_hex(nist[1].digest), got;

	for (int i = 0; i < 2000; i++) {
		qiao_sha256(&got, qiao_slice_str("abc"));
		if (!qiao_hash_eq(&got, &want))
			*(bool *)ok = false;
	}
	return NULL;
}

static void threads_hash_on_their_own(void)
{
	pthread_t t[4];
	bool ok[4] = { true, true, true, true };

	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_FATAL(
			pthread_create(&t[i], NULL, hash_a_lot, &ok[i]) == 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		CU_ASSERT_TRUE(ok[i]);
	}
}

static const struct test_case cases[] = {
	{ "the NIST vectors hold", the_nist_vectors_hold },
	{ "SHA3-256 is NIST's", sha3_is_nists },
	{ "pieces and streams hash as if joined",
	  pieces_and_streams_hash_as_if_joined },
	{ "a tag is set off by a zero byte", a_tag_is_set_off_by_a_zero_byte },
	{ "the HMAC vectors hold", the_hmac_vectors_hold },
	{ "a stream without memory is NULL", a_stream_without_memory_is_null },
	{ "random bytes differ and reach every byte",
	  random_bytes_differ_and_reach_every_byte },
	{ "threads hash on their own", threads_hash_on_their_own },
	{ 0 },
};

const struct test_suite hash_test_suite = { "crypto/hash", cases };
