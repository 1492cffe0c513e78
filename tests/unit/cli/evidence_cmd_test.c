/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/file.h"
#include "gateway/cli/cli.h"
#include "tests/unit/cli/capture.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/verify/quorum_chain.h"

struct bench {
	struct fixture f;
	struct chain chain, other;
	char file[320], anchor[320], stranger[320];
};

static void put(const char *path, struct qiao_slice bytes)
{
	CU_ASSERT_EQUAL_FATAL(qiao_file_write(path, bytes, 0600, NULL),
			      QIAO_OK);
}

static void put_anchor(const char *path, const struct chain *c)
{
	struct qiao_buf text = QIAO_BUF;

	anchor_print(&text, c);
	put(path, qiao_buf_slice(&text));
	qiao_buf_free(&text);
}

/* Two headers at height 1 of one chain, both signed by its validators. */
static void bench_open(struct bench *b, unsigned long mask, const char *tail)
{
	struct qiao_evidence_chain *e = calloc(1, sizeof(*e));
	struct qiao_buf claim[2] = { QIAO_BUF, QIAO_BUF }, out = QIAO_BUF;
	struct qiao_slice none = { NULL, 0 };
	struct client k;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	fixture_dir(&b->f);
	chain_new(&b->chain, 4, false);
	chain_new(&b->other, 4, false);
	CU_ASSERT_EQUAL_FATAL(client_open(&k, &b->chain), QIAO_OK);
	e->network.b[0] = 1;
	e->chain = qiao_lc_quorum.identity(k.lc);
	client_free(&k);
	snprintf(e->family, sizeof(e->family), "quorum");
	e->height = 1;
	e->trust = qiao_buf_slice(&b->chain.v.set);
	for (size_t i = 0; i < 2; i++) {
		struct qiao_inhouse_header h = chain_next(&b->chain);

		h.time_ms += (int64_t)i;
		claim_sign(&claim[i], &b->chain.v, &h, i ? mask : ALL, none);
		e->side[i].n = 1;
		e->side[i].claim[0] = qiao_buf_slice(&claim[i]);
	}
	qiao_evidence_chain_encode(&out, e);
	qiao_buf_put_str(&out, tail);
	snprintf(b->file, sizeof(b->file), "%s/evidence", b->f.dir);
	snprintf(b->anchor, sizeof(b->anchor), "%s/anchor", b->f.dir);
	snprintf(b->stranger, sizeof(b->stranger), "%s/stranger", b->f.dir);
	put(b->file, qiao_buf_slice(&out));
	put_anchor(b->anchor, &b->chain);
	put_anchor(b->stranger, &b->other);
	bufs_free(claim, 2);
	qiao_buf_free(&out);
	free(e);
}

static void bench_close(struct bench *b)
{
	unlink(b->file);
	unlink(b->anchor);
	unlink(b->stranger);
	chain_free(&b->chain);
	chain_free(&b->other);
	fixture_close(&b->f);
}

static int run(const char *file, const char *anchor, const char *word)
{
	const char *argv[] = { "evidence", file, anchor ? "--anchor" : NULL,
			       anchor, NULL };
	static struct output o;

	capture(&o, qiao_cmd_evidence, argv);
	if (!strstr(o.out, word) && !strstr(o.err, word))
		CU_FAIL(o.out);
	return o.code;
}

static void two_headers_convict_a_chain_that_never_changed_its_set(void)
{
	struct bench b;

	bench_open(&b, ALL, "");
	CU_ASSERT_EQUAL(run(b.file, b.anchor, "shown: "), 0);
	CU_ASSERT_EQUAL(run(b.file, NULL, "provided that"), 3);
	CU_ASSERT_EQUAL(run(b.file, b.stranger, "another chain"), 2);
	CU_ASSERT_EQUAL(run(b.file, b.file, "evidence"), 64);
	bench_close(&b);
}

static void what_is_no_evidence_is_said_to_be_none(void)
{
	struct bench b;

	bench_open(&b, 1, "");
	CU_ASSERT_EQUAL(run(b.file, b.anchor, "not signed"), 2);
	CU_ASSERT_EQUAL(run(b.anchor, NULL, "no evidence"), 2);
	bench_close(&b);
	bench_open(&b, ALL, "x");
	CU_ASSERT_EQUAL(run(b.file, b.anchor, "no evidence"), 2);
	CU_ASSERT_EQUAL(run("no/such/file", NULL, "no/such/file"), 64);
	bench_close(&b);
}

static void without_its_keys_nothing_is_said_of_a_peer(void)
{
	CU_ASSERT_EQUAL(run("tests/fuzz/corpora/evidence/peer", NULL,
			    "give the keys of gateway gw.nanjing"),
			3);
}

static const struct test_case cases[] = {
	{ "two headers convict a chain that never changed its set",
	  two_headers_convict_a_chain_that_never_changed_its_set },
	{ "what is no evidence is said to be none",
	  what_is_no_evidence_is_said_to_be_none },
	{ "without its keys nothing is said of a peer",
	  without_its_keys_nothing_is_said_of_a_peer },
	{ NULL, NULL },
};

const struct test_suite evidence_cmd_test_suite = { "cli/evidence", cases };
