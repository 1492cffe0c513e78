/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the reference contract: what is believed and what is not. */
#include "gateway/verify/fabric_delivery.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "tests/unit/suite.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

/* What can be wrong with an entry; 0 is a good one. */
enum wrong {
	GOOD,
	OTHER_ID,
	OTHER_DIGEST,
	OTHER_TX,
	OTHER_SUBMITTER,
	SHORT_SUBMITTER,
	OTHER_KIND,
	ELEMENT_TOO_MANY,
};

struct fixture {
	struct qiao_cert *cert;
	struct qiao_fabric_msp msp;
	struct qiao_fabric_identity creator;
	struct qiao_hash id, tx, source;
	struct qiao_buf key, value;
};

static void set_up(struct fixture *f)
{
	struct qiao_buf pem = file_read("../x509/leaf-p384.pem");
	struct qiao_why why;

	memset(f, 0, sizeof(*f));
	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_pem(&f->cert, qiao_buf_slice(&pem), &why),
		QIAO_OK);
	qiao_buf_free(&pem);
	f->msp.name = qiao_slice_str("CityMSP");
	f->creator.msp = &f->msp;
	f->creator.cert = f->cert;
	memset(f->id.b, 0xab, sizeof(f->id.b));
	memset(f->tx.b, 0xcd, sizeof(f->tx.b));
	memset(f->source.b, 0xef, sizeof(f->source.b));
}

static void tear_down(struct fixture *f)
{
	qiao_cert_free(f->cert);
	qiao_buf_free(&f->key);
	qiao_buf_free(&f->value);
}

/* By hand, as the contract's tests have it: [MSP id, public key]. */
static void account(uint8_t out[16], const struct fixture *f)
{
	struct qiao_slice spki = qiao_cert_spki(f->cert);
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h;

	qiao_buf_put_mem(&b,
			 "\x92\xa7"
			 "CityMSP\xc4",
			 10);
	qiao_buf_put_u8(&b, (uint8_t)spki.n);
	qiao_buf_put(&b, spki);
	qiao_sha256_tagged(&h, "qiao/fabric/account/1", qiao_buf_slice(&b));
	memcpy(out, h.b, 16);
	qiao_buf_free(&b);
}

static void make(struct fixture *f, uint64_t kind, enum wrong wrong)
{
	static const char *const space[] = {
		[2] = "entry", [3] = "usage", [4] = "anchor"
	};
	const struct qiao_slice payload = qiao_slice_str("payload");
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_hash digest, id = f->id, tx = f->tx;
	uint8_t submitter[16];

	account(submitter, f);
	qiao_sha256_tagged(&digest, "qiao/payload/1", payload);
	id.b[3] ^= wrong == OTHER_ID;
	tx.b[3] ^= wrong == OTHER_TX;
	digest.b[3] ^= wrong == OTHER_DIGEST;
	submitter[3] ^= wrong == OTHER_SUBMITTER;
	qiao_buf_clear(&f->key);
	qiao_buf_printf(&f->key, "%s/%s", space[kind],
			qiao_hex_encode(hex, qiao_slice_hash(&f->id)));
	qiao_buf_clear(&f->value);
	qiao_mp_put_array(&f->value, wrong == ELEMENT_TOO_MANY ? 8 : 7);
	qiao_mp_put_uint(&f->value, wrong == OTHER_KIND ? kind % 3 + 2 : kind);
	qiao_mp_put_hash(&f->value, &id);
	qiao_mp_put_hash(&f->value, &digest);
	qiao_mp_put_hash(&f->value, &f->source);
	qiao_mp_put_bin(
		&f->value,
		qiao_slice_of(submitter, wrong == SHORT_SUBMITTER ? 15 : 16));
	qiao_mp_put_bin(&f->value, payload);
	qiao_mp_put_hash(&f->value, &tx);
	if (wrong == ELEMENT_TOO_MANY)
		qiao_mp_put_nil(&f->value);
}

static struct qiao_proven read_write(struct fixture *f)
{
	struct qiao_proven p = { .kind = QIAO_PROVEN_WRITE,
				 .tx_id = qiao_slice_hash(&f->tx),
				 .key = qiao_buf_slice(&f->key),
				 .value = qiao_buf_slice(&f->value) };

	CU_ASSERT_EQUAL(qiao_fabric_delivery_read(&p, &f->creator), QIAO_OK);
	return p;
}

static void good_entries_count(void)
{
	/* clang-format off */
	static const struct { uint64_t kind; enum qiao_proven_kind want; } t[] = {
		{ 2, QIAO_PROVEN_DELIVERED }, { 3, QIAO_PROVEN_USAGE },
		{ 4, QIAO_PROVEN_OTHER },
	};
	/* clang-format on */
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < 3; i++) {
		struct qiao_proven p;

		make(&f, t[i].kind, GOOD);
		p = read_write(&f);
		CU_ASSERT_EQUAL(p.kind, t[i].want);
		CU_ASSERT_FALSE(p.doubted);
		if (t[i].want == QIAO_PROVEN_OTHER)
			continue;
		CU_ASSERT(qiao_hash_eq(&p.id, &f.id));
		CU_ASSERT(qiao_hash_eq(&p.source, &f.source));
		CU_ASSERT(qiao_slice_is(p.value, "payload"));
		CU_ASSERT_EQUAL(p.issuer_key.n, 16);
	}
	tear_down(&f);
}

static void wrong_entries_are_doubted(void)
{
	struct fixture f;

	set_up(&f);
	for (int w = OTHER_ID; w <= ELEMENT_TOO_MANY; w++) {
		for (uint64_t kind = 2; kind <= 4; kind++) {
			struct qiao_proven p;

			make(&f, kind, (enum wrong)w);
			p = read_write(&f);
			CU_ASSERT_EQUAL(p.kind, QIAO_PROVEN_OTHER);
			CU_ASSERT_TRUE(p.doubted);
		}
	}
	tear_down(&f);
}

static void cut_entries_are_doubted(void)
{
	struct fixture f;
	size_t whole;

	set_up(&f);
	make(&f, 2, GOOD);
	whole = f.value.n;
	for (size_t n = 0; n < whole; n++) {
		struct qiao_proven p;

		f.value.n = n;
		p = read_write(&f);
		CU_ASSERT_EQUAL(p.kind, QIAO_PROVEN_OTHER);
		CU_ASSERT_TRUE(p.doubted);
	}
	tear_down(&f);
}

static void what_the_copy_doubts_is_no_delivery(void)
{
	struct fixture f;
	struct qiao_proven p;

	set_up(&f);
	make(&f, 2, GOOD);
	p = (struct qiao_proven){ .kind = QIAO_PROVEN_WRITE,
				  .doubted = true,
				  .tx_id = qiao_slice_hash(&f.tx),
				  .key = qiao_buf_slice(&f.key),
				  .value = qiao_buf_slice(&f.value) };
	CU_ASSERT_EQUAL(qiao_fabric_delivery_read(&p, &f.creator), QIAO_OK);
	CU_ASSERT_EQUAL(p.kind, QIAO_PROVEN_OTHER);
	tear_down(&f);
}

static void other_keys_of_the_contract(void)
{
	/* clang-format off */
	static const struct { const char *key; enum qiao_proven_kind want; } t[] = {
		{ "setup", QIAO_PROVEN_OTHER }, { "held/x", QIAO_PROVEN_OTHER },
		{ "entry", QIAO_PROVEN_OTHER }, { "", QIAO_PROVEN_OTHER },
		{ "anchored/x", QIAO_PROVEN_OTHER },
		{ "record/licence.business/1", QIAO_PROVEN_WRITE },
	};
	/* clang-format on */
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct qiao_proven p;

		qiao_buf_clear(&f.key);
		qiao_buf_put_str(&f.key, t[i].key);
		p = read_write(&f);
		CU_ASSERT_EQUAL(p.kind, t[i].want);
		CU_ASSERT_FALSE(p.doubted);
	}
	tear_down(&f);
}

static const struct test_case cases[] = {
	{ "good entries are deliveries, usage records, anchors",
	  good_entries_count },
	{ "one that is wrong in any element is doubted",
	  wrong_entries_are_doubted },
	{ "one that is cut anywhere is doubted", cut_entries_are_doubted },
	{ "what the served copy calls invalid is no delivery",
	  what_the_copy_doubts_is_no_delivery },
	{ "books of the contract mean nothing, its records stay writes",
	  other_keys_of_the_contract },
	{ NULL, NULL },
};

const struct test_suite fabric_delivery_test_suite = { "verify/fabric_delivery",
						       cases };
