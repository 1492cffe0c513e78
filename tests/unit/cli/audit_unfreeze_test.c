/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_unfreeze.h"

#include "gateway/audit/unfreeze.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

struct bench {
	struct qiao_hash network;
	struct qiao_buf statement;
	struct qiao_unfreeze_signed s;
	struct qiao_key *key[2];
};

static void bench_open(struct bench *b)
{
	struct qiao_unfreeze u = { .gateway = "gw",
				   .scope = QIAO_UNFREEZE_CHAIN,
				   .name = "city",
				   .frozen_at = 1764000000000,
				   .reason = "settled",
				   .at = 1764000000001 };

	memset(b, 0, sizeof(*b));
	memset(b->network.b, 7, sizeof(b->network.b));
	u.network = b->network;
	memset(u.chain[0].b, 8, sizeof(u.chain[0].b));
	CU_ASSERT_EQUAL_FATAL(qiao_unfreeze_encode(&b->statement, &u), QIAO_OK);
	b->s.statement = qiao_buf_slice(&b->statement);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(
			qiao_key_new(&b->key[i], QIAO_SCHEME_SECP256K1),
			QIAO_OK);
		CU_ASSERT_EQUAL(qiao_unfreeze_sign(&b->s, b->key[i]), QIAO_OK);
	}
}

static void bench_close(struct bench *b)
{
	qiao_key_free(b->key[0]);
	qiao_key_free(b->key[1]);
	qiao_buf_free(&b->statement);
}

static void put_hex(struct qiao_buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		qiao_buf_printf(out, "%02x", p[i]);
}

/* How the entry differs from the one that a daemon writes. */
enum lie {
	NONE,
	OTHER_NAME,
	OTHER_REASON,
	OTHER_SCOPE,
	OTHER_BYTES,
	NO_STATEMENT,
	ONE_SIGNER,
	SAME_PERSON,
	SAME_KEY,
	BAD_SIGNATURE,
	LIES,
};

static struct qiao_json *entry(struct bench *b, enum lie lie)
{
	struct qiao_buf t = QIAO_BUF;
	struct qiao_json *e = NULL;
	char key[QIAO_PUBKEY_TEXT_LEN];

	qiao_buf_printf(&t, "{\"name\":\"%s\",\"operators\":[",
			lie == OTHER_NAME ? "town" : "city");
	for (size_t i = 0; i < (lie == ONE_SIGNER ? 1u : 2u); i++) {
		size_t of = lie == SAME_KEY ? 0 : i;
		uint8_t sig[QIAO_SIG_LEN];

		memcpy(sig, b->s.by[of].sig.b, sizeof(sig));
		sig[9] ^= lie == BAD_SIGNATURE && i == 1;
		qiao_buf_printf(
			&t, "%s{\"id\":\"%s\",\"key\":\"%s\",\"signature\":\"",
			i ? "," : "", i && lie != SAME_PERSON ? "wang" : "li",
			qiao_pubkey_format(key, qiao_key_public(b->key[of])));
		put_hex(&t, sig, sizeof(sig));
		qiao_buf_put_str(&t, "\"}");
	}
	qiao_buf_printf(&t, "],\"reason\":\"%s\",\"scope\":\"%s\"",
			lie == OTHER_REASON ? "none" : "settled",
			lie == OTHER_SCOPE ? "route" : "chain");
	if (lie != NO_STATEMENT) {
		b->statement.p[b->statement.n - 1] ^= lie == OTHER_BYTES;
		qiao_buf_put_str(&t, ",\"statement\":\"");
		put_hex(&t, b->statement.p, b->statement.n);
		qiao_buf_put_str(&t, "\"");
		b->statement.p[b->statement.n - 1] ^= lie == OTHER_BYTES;
	}
	qiao_buf_put_str(&t, "}");
	CU_ASSERT_EQUAL_FATAL(qiao_json_parse(&e, qiao_buf_slice(&t), NULL),
			      QIAO_OK);
	qiao_buf_free(&t);
	return e;
}

static void every_lie_about_who_lifted_a_freeze_is_found(void)
{
	struct bench b;

	bench_open(&b);
	for (enum lie lie = NONE; lie < LIES; lie++) {
		struct qiao_json *e = entry(&b, lie);
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(qiao_audit_unfrozen(e, &b.network, "gw", &why),
				lie == NONE ? QIAO_OK : QIAO_E_PROOF);
		CU_ASSERT_EQUAL(why.text[0] != '\0', lie != NONE);
		qiao_json_free(e);
	}
	bench_close(&b);
}

static void a_statement_for_another_gateway_or_network_is_none(void)
{
	struct bench b;
	struct qiao_json *e;
	struct qiao_why why;

	bench_open(&b);
	e = entry(&b, NONE);
	CU_ASSERT_EQUAL(qiao_audit_unfrozen(e, &b.network, "other", &why),
			QIAO_E_PROOF);
	b.network.b[0]++;
	CU_ASSERT_EQUAL(qiao_audit_unfrozen(e, &b.network, "gw", &why),
			QIAO_E_PROOF);
	qiao_json_free(e);
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "every lie about who lifted a freeze is found",
	  every_lie_about_who_lifted_a_freeze_is_found },
	{ "a statement for another gateway or network is none",
	  a_statement_for_another_gateway_or_network_is_none },
	{ NULL, NULL },
};
const struct test_suite audit_unfreeze_test_suite = { "cli/audit_unfreeze",
						      cases };
