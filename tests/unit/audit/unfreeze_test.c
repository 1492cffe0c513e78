/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/audit/unfreeze.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "tests/unit/suite.h"

#include <string.h>

static struct qiao_unfreeze statement(void)
{
	struct qiao_unfreeze u = { .gateway = "province-gw",
				   .scope = QIAO_UNFREEZE_CHAIN,
				   .name = "city",
				   .frozen_at = 1764000000000,
				   .reason = "two nodes shared one key",
				   .at = 1764003600000 };

	memset(u.network.b, 1, sizeof(u.network.b));
	memset(u.chain[0].b, 2, sizeof(u.chain[0].b));
	memset(u.evidence.b, 3, sizeof(u.evidence.b));
	return u;
}

/* docs/wire.md 9.6 */
#define VECTOR                                                           \
	"9a01c420010101010101010101010101010101010101010101010101010101" \
	"0101010101ab70726f76696e63652d677701a46369747991c4200202020202" \
	"020202020202020202020202020202020202020202020202020202cf000001" \
	"9ab697e800c420030303030303030303030303030303030303030303030303" \
	"0303030303030303b874776f206e6f64657320736861726564206f6e65206b" \
	"6579cf0000019ab6ced680"

static void the_bytes_are_those_of_the_document(void)
{
	struct qiao_unfreeze u = statement(), back;
	struct qiao_buf b = QIAO_BUF;
	char hex[1024];

	CU_ASSERT_EQUAL(qiao_unfreeze_encode(&b, &u), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(qiao_hex_encode(hex, qiao_buf_slice(&b)),
			       VECTOR);
	CU_ASSERT_EQUAL(qiao_unfreeze_parse(&back, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT_TRUE(qiao_unfreeze_same(&u, &back));
	CU_ASSERT_STRING_EQUAL(back.reason, u.reason);
	CU_ASSERT_EQUAL(back.at, u.at);
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_unfreeze_parse(&back, qiao_slice_of(b.p, n)),
			QIAO_OK);
	qiao_buf_put_u8(&b, 0);
	CU_ASSERT_NOT_EQUAL(qiao_unfreeze_parse(&back, qiao_buf_slice(&b)),
			    QIAO_OK);
	CU_ASSERT_EQUAL(back.scope, 0);
	qiao_buf_free(&b);
}

static void what_says_too_little_is_not_written(void)
{
	for (int i = 0; i < 8; i++) {
		struct qiao_unfreeze u = statement();
		struct qiao_buf b = QIAO_BUF;

		if (i == 0)
			u.reason[0] = '\0';
		else if (i == 1)
			u.name[0] = '\0';
		else if (i == 2)
			u.gateway[0] = '\0';
		else if (i == 3)
			u.frozen_at = 0;
		else if (i == 4)
			u.scope = 3;
		else if (i == 5)
			u.scope = QIAO_UNFREEZE_ROUTE; /* one chain only */
		else if (i == 6)
			memset(&u.network, 0, sizeof(u.network));
		else
			memset(&u.chain, 0, sizeof(u.chain));
		CU_ASSERT_EQUAL(qiao_unfreeze_encode(&b, &u), QIAO_E_MALFORMED);
		CU_ASSERT_EQUAL(b.n, 0);
		qiao_buf_free(&b);
	}
}

static void a_statement_is_of_one_freeze(void)
{
	struct qiao_unfreeze a = statement(), b = statement();

	b.at++;
	b.reason[0] = 'T';
	CU_ASSERT_TRUE(qiao_unfreeze_same(&a, &b));
	b = a;
	b.frozen_at++;
	CU_ASSERT_FALSE(qiao_unfreeze_same(&a, &b));
	b = a;
	b.evidence.b[0]++;
	CU_ASSERT_FALSE(qiao_unfreeze_same(&a, &b));
	b = a;
	b.chain[0].b[0]++;
	CU_ASSERT_FALSE(qiao_unfreeze_same(&a, &b));
	b = a;
	b.gateway[0] = 'x';
	CU_ASSERT_FALSE(qiao_unfreeze_same(&a, &b));
	b = a;
	b.network.b[0]++;
	CU_ASSERT_FALSE(qiao_unfreeze_same(&a, &b));
}

static void two_keys_sign_and_none_signs_twice(void)
{
	struct qiao_unfreeze u = statement();
	struct qiao_unfreeze_signed s = { .n = 0 }, back;
	struct qiao_buf b = QIAO_BUF, out = QIAO_BUF;
	struct qiao_key *k[3];

	CU_ASSERT_EQUAL(qiao_unfreeze_encode(&b, &u), QIAO_OK);
	s.statement = qiao_buf_slice(&b);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(
			qiao_key_new(&k[i], i ? QIAO_SCHEME_P256
					      : QIAO_SCHEME_SECP256K1),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, k[0]), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, k[0]), QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, k[1]), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_sign(&s, k[2]), QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_encode(&out, &s), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_parse(&back, qiao_buf_slice(&out)),
			QIAO_OK);
	CU_ASSERT_EQUAL(back.n, 2);
	CU_ASSERT_EQUAL(qiao_unfreeze_check(&back, 0, qiao_key_public(k[0])),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_check(&back, 1, qiao_key_public(k[1])),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_check(&back, 1, qiao_key_public(k[0])),
			QIAO_E_KEY);
	CU_ASSERT_EQUAL(qiao_unfreeze_check(&back, 2, qiao_key_public(k[1])),
			QIAO_E_KEY);
	back.by[0].sig.b[5] ^= 1;
	CU_ASSERT_EQUAL(qiao_unfreeze_check(&back, 0, qiao_key_public(k[0])),
			QIAO_E_BADSIG);
	for (size_t n = 0; n < out.n; n++)
		CU_ASSERT_NOT_EQUAL(qiao_unfreeze_signed_parse(
					    &back, qiao_slice_of(out.p, n)),
				    QIAO_OK);
	/* the same key in both places is one signer */
	s.by[1] = s.by[0];
	qiao_buf_clear(&out);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_encode(&out, &s), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_parse(&back, qiao_buf_slice(&out)),
			QIAO_E_MALFORMED);
	s.n = 0;
	qiao_buf_clear(&out);
	CU_ASSERT_EQUAL(qiao_unfreeze_signed_encode(&out, &s), QIAO_OK);
	CU_ASSERT_NOT_EQUAL(
		qiao_unfreeze_signed_parse(&back, qiao_buf_slice(&out)),
		QIAO_OK);
	for (size_t i = 0; i < 3; i++)
		qiao_key_free(k[i]);
	qiao_buf_free(&b);
	qiao_buf_free(&out);
}

static const struct test_case cases[] = {
	{ "the bytes are those of the document",
	  the_bytes_are_those_of_the_document },
	{ "what says too little is not written",
	  what_says_too_little_is_not_written },
	{ "a statement is of one freeze", a_statement_is_of_one_freeze },
	{ "two keys sign, and none signs twice",
	  two_keys_sign_and_none_signs_twice },
	{ NULL, NULL },
};
const struct test_suite unfreeze_test_suite = { "audit/unfreeze", cases };
