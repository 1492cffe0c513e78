/* SPDX-License-Identifier: Apache-2.0 */
/* Orderers whose keys we have sign two blocks for one height. */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/verify/fabric_block.h"
#include "gateway/wire/evidence.h"
#include "tests/unit/verify/fabric_client.h"

/* A client of a made channel, before its first block. */
static void made_open(struct client *c, const char *genesis)
{
	struct qiao_diags d = { .errors = 0 };
	char path[64], text[256], hash[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_fabric_block b;

	client_prepare(c, ANCHOR);
	qiao_conf_free(c->conf);
	qiao_buf_free(&c->genesis);
	snprintf(path, sizeof(path), "made/%s.block", genesis);
	c->genesis = file_read(path);
	c->cfg.anchor_blob = qiao_buf_slice(&c->genesis);
	CU_ASSERT_EQUAL(qiao_fabric_block_parse(&b, c->cfg.anchor_blob, NULL),
			QIAO_OK);
	snprintf(text, sizeof(text),
		 "family = \"fabric\"; channel = \"madechannel\"; genesis = "
		 "\"g\"; genesis_hash = \"%s\";",
		 qiao_hex_encode(hash, qiao_slice_hash(&b.hash)));
	CU_ASSERT_EQUAL_FATAL(
		qiao_conf_parse(&c->conf, &d, "anchor", qiao_slice_str(text)),
		QIAO_OK);
	qiao_diags_free(&d);
	c->cfg.anchor = qiao_conf_root(c->conf);
	CU_ASSERT_EQUAL_FATAL(client_try(c), QIAO_OK);
}

static struct qiao_buf made_claim(const char *name)
{
	struct qiao_buf whole, thin = QIAO_BUF;
	char path[64];

	snprintf(path, sizeof(path), "made/%s.block", name);
	whole = file_read(path);
	CU_ASSERT_EQUAL(
		qiao_lc_fabric.thin(&thin, qiao_buf_slice(&whole), true),
		QIAO_OK);
	qiao_buf_free(&whole);
	return thin;
}

/* What a third party finds in the evidence, with the anchor and without. */
static void judge_evidence(struct client *c, struct qiao_slice trust,
			   struct qiao_slice a, struct qiao_slice b,
			   bool at_genesis)
{
	struct qiao_evidence_chain *e = qiao_calloc(1, sizeof(*e));
	struct qiao_buf file = QIAO_BUF;
	bool anchored;

	e->network.b[0] = 1;
	e->chain = qiao_lc_fabric.identity(c->lc);
	snprintf(e->family, sizeof(e->family), "fabric");
	e->height = at_genesis ? 1 : 2;
	e->trust = trust;
	e->side[0].n = e->side[1].n = 1;
	e->side[0].claim[0] = a;
	e->side[1].claim[0] = b;
	qiao_evidence_chain_encode(&file, e);
	CU_ASSERT_EQUAL(qiao_evidence_chain_parse(e, qiao_buf_slice(&file)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_lc_fabric.evidence(&anchored, NULL, e, &c->why),
			QIAO_OK);
	CU_ASSERT_EQUAL(anchored, false);
	CU_ASSERT_EQUAL(qiao_lc_fabric.evidence(&anchored, &c->cfg, e, &c->why),
			QIAO_OK);
	CU_ASSERT_EQUAL(anchored, at_genesis);
	e->side[1].claim[0] = e->side[0].claim[0];
	CU_ASSERT_EQUAL(qiao_lc_fabric.evidence(&anchored, NULL, e, &c->why),
			QIAO_E_NOTFOUND);
	qiao_buf_free(&file);
	qiao_free(e);
}

struct row {
	const char *genesis, *first; /* first: accepted before, or NULL */
	const char *a, *b;
	qiao_err want;
};

static void try_pair(const struct row *r, bool accept_a)
{
	struct qiao_buf raw[2] = { made_claim(r->a), made_claim(r->b) };
	struct qiao_slice a = qiao_buf_slice(&raw[0]);
	struct qiao_slice b = qiao_buf_slice(&raw[1]);
	struct qiao_buf trust = QIAO_BUF;
	size_t na = 1, nb = 1;
	struct client c;
	qiao_err err;

	made_open(&c, r->genesis);
	if (r->first) {
		struct qiao_buf first = made_claim(r->first);

		CU_ASSERT_EQUAL(take(&c, &first), QIAO_OK);
		qiao_buf_free(&first);
	}
	if (accept_a)
		CU_ASSERT_EQUAL(take(&c, &raw[0]), QIAO_OK);
	err = qiao_lc_fabric.conflict(c.lc, &trust, &a, &na, &b, &nb, &c.view,
				      &c.why);
	if (err != r->want)
		printf("\n%s, %s: %s\n", r->a, r->b, c.why.text);
	CU_ASSERT_EQUAL(err, r->want);
	if (err == QIAO_OK)
		judge_evidence(&c, qiao_buf_slice(&trust), a, b, !r->first);
	else
		CU_ASSERT_EQUAL(trust.n, 0);
	qiao_buf_free(&trust);
	qiao_buf_free(&raw[0]);
	qiao_buf_free(&raw[1]);
	client_close(&c);
}

static void two_signed_headers_of_a_height_are_a_conflict(void)
{
	/* clang-format off */
	static const struct row rows[] = {
		{ "genesis", NULL, "good", "identities", QIAO_OK },
		{ "genesis", NULL, "good", "config", QIAO_OK },
		{ "genesis", NULL, "good", "good", QIAO_E_NOTFOUND },
		/* signed by nobody who may; under a configuration to come */
		{ "genesis", NULL, "good", "peer_signs", QIAO_E_NOTFOUND },
		{ "genesis", NULL, "good", "no_signer", QIAO_E_NOTFOUND },
		{ "genesis", NULL, "good", "unknown_config_named", QIAO_E_NOTFOUND },
		{ "genesis", NULL, "good", "config_next", QIAO_E_NOTFOUND },
		{ "genesis", NULL, "good", "genesis", QIAO_E_NOTFOUND },
		{ "bft4_genesis", NULL, "bft4_three", "bft4_both_forms", QIAO_OK },
		{ "bft4_genesis", NULL, "bft4_three", "bft4_rotated", QIAO_OK },
		{ "bft4_genesis", NULL, "bft4_three", "bft4_two", QIAO_E_NOTFOUND },
		{ "bft4_genesis", "bft4_rotated", "bft4_rotated_new", "bft4_rotated_old", QIAO_E_NOTFOUND },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		try_pair(&rows[i], false);
		try_pair(&rows[i], true);
	}
}

/*
 * One key could freeze a channel of many orderers: a contradiction needs as
 * many signers as a header, itself or above it. What we accepted has them.
 */
static void a_contradiction_needs_as_many_signers_as_a_header(void)
{
	/* clang-format off */
	static const struct { unsigned int min; bool accepted; qiao_err want; } cases[] = {
		{ 1, false, QIAO_OK }, { 2, false, QIAO_E_NOTFOUND },
		{ 2, true, QIAO_E_NOTFOUND },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf raw[2] = { made_claim("good"),
					   made_claim("identities") };
		struct qiao_slice a = qiao_buf_slice(&raw[0]);
		struct qiao_slice b = qiao_buf_slice(&raw[1]);
		struct qiao_buf trust = QIAO_BUF;
		size_t na = 1, nb = 1;
		struct client c;

		made_open(&c, "genesis");
		if (cases[i].accepted)
			CU_ASSERT_EQUAL(take(&c, &raw[0]), QIAO_OK);
		qiao_lc_fabric.free(c.lc);
		c.cfg.min_orderers = cases[i].min;
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_lc_fabric.conflict(c.lc, &trust, &a, &na,
							&b, &nb, &c.view,
							&c.why),
				cases[i].want);
		qiao_buf_free(&trust);
		qiao_buf_free(&raw[0]);
		qiao_buf_free(&raw[1]);
		client_close(&c);
	}
}

/* As in a batch, an orderer above vouches for those below. */
static void a_run_of_claims_may_show_a_contradiction(void)
{
	/* clang-format off */
	static const struct { const char *a[2]; size_t na; qiao_err want; } cases[] = {
		{ { "fork_weak", "fork_above" }, 1, QIAO_E_NOTFOUND },
		{ { "fork_weak", "fork_above" }, 2, QIAO_OK },
		/* it leads to another block */
		{ { "good", "fork_above" }, 2, QIAO_E_NOTFOUND },
		{ { "fork_weak", "fork_weak" }, 2, QIAO_E_NOTFOUND },
		{ { NULL, NULL }, 0, QIAO_E_NOTFOUND },
	};
	/* clang-format on */
	struct qiao_buf firm = made_claim("fork_firm");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_buf raw[2] = { { .max = 0 } };
		struct qiao_slice a[2], b = qiao_buf_slice(&firm);
		struct qiao_buf trust = QIAO_BUF;
		size_t na = cases[i].na, nb = 1;
		struct client c;

		for (size_t k = 0; k < na; k++) {
			raw[k] = made_claim(cases[i].a[k]);
			a[k] = qiao_buf_slice(&raw[k]);
		}
		made_open(&c, "genesis");
		qiao_lc_fabric.free(c.lc);
		c.cfg.min_orderers = 2;
		CU_ASSERT_EQUAL_FATAL(client_try(&c), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_lc_fabric.conflict(c.lc, &trust, a, &na,
							&b, &nb, &c.view,
							&c.why),
				cases[i].want);
		if (cases[i].want == QIAO_OK)
			CU_ASSERT(na == 1 && nb == 1 && trust.n > 0);
		qiao_buf_free(&trust);
		qiao_buf_free(&raw[0]);
		qiao_buf_free(&raw[1]);
		client_close(&c);
	}
	qiao_buf_free(&firm);
}

static const struct test_case cases[] = {
	{ "two signed headers of a height are a conflict",
	  two_signed_headers_of_a_height_are_a_conflict },
	{ "a contradiction needs as many signers as a header",
	  a_contradiction_needs_as_many_signers_as_a_header },
	{ "a run of claims may show a contradiction",
	  a_run_of_claims_may_show_a_contradiction },
	{ NULL, NULL },
};

const struct test_suite fabric_conflict_test_suite = { "verify/fabric_conflict",
						       cases };
