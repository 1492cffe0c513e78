/* SPDX-License-Identifier: Apache-2.0 */
/* A Fabric light client with a view in memory, for tests. */
#ifndef TESTS_UNIT_VERIFY_FABRIC_CLIENT_H
#define TESTS_UNIT_VERIFY_FABRIC_CLIENT_H

#include "gateway/conf/conf.h"
#include "gateway/verify/lightclient.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

#define GENESIS_HASH \
	"ab5b5002737b200de60a9fd911077f7b80db62c316a404d5500ea2838b454ef4"
#define HEAD                                                         \
	"family = \"fabric\"; channel = \"certchannel\"; genesis = " \
	"\"raft/genesis.block\"; genesis_hash = \"" GENESIS_HASH "\"; "
#define ANCHOR                                                                      \
	HEAD "chaincode = ( { name = \"records\"; from = 0L; policy = \"" RECORDS_0 \
	     "\"; }, { name = \"records\"; from = 55L; policy = \"" RECORDS_55      \
	     "\"; } );"

/* A view in memory; a put after `fail_after` of them fails. */
struct memory {
	struct {
		char key[64];
		struct qiao_buf value;
	} row[512];
	size_t n;
	long fail_after; /* -1: never */
	bool fail_get;
};

static inline qiao_err memory_get(void *ctx, struct qiao_buf *out,
				  struct qiao_slice key)
{
	struct memory *m = ctx;

	if (m->fail_get)
		return QIAO_E_IO;
	for (size_t i = 0; i < m->n; i++)
		if (qiao_slice_is(key, m->row[i].key)) {
			qiao_buf_put(out, qiao_buf_slice(&m->row[i].value));
			return out->err;
		}
	return QIAO_E_NOTFOUND;
}

static inline qiao_err memory_put(void *ctx, struct qiao_slice key,
				  struct qiao_slice value)
{
	struct memory *m = ctx;
	size_t i = 0;

	if (m->fail_after >= 0 && m->fail_after-- == 0)
		return QIAO_E_FULL;
	while (i < m->n && !qiao_slice_is(key, m->row[i].key))
		i++;
	if (i == m->n) {
		qiao_str_copy(m->row[i].key, sizeof(m->row[i].key), key);
		m->n++;
	}
	qiao_buf_clear(&m->row[i].value);
	qiao_buf_put(&m->row[i].value, value);
	return m->row[i].value.err;
}

static inline void memory_free(struct memory *m)
{
	for (size_t i = 0; i < m->n; i++)
		qiao_buf_free(&m->row[i].value);
}

struct client {
	struct memory mem;
	struct qiao_view view;
	struct qiao_buf genesis;
	struct qiao_lc_config cfg;
	struct qiao_conf *conf;
	struct qiao_lightclient *lc;
	struct qiao_why why;
	char node[64]; /* whose blocks `follow` takes */
};

static inline qiao_err client_try(struct client *c)
{
	const struct qiao_hash network = { { 1 } };

	c->why.text[0] = 0;
	return qiao_lc_fabric.open(&c->lc, &c->cfg, &network, &c->view,
				   &c->why);
}

static inline void client_prepare_for(struct client *c, const char *network,
				      const char *anchor)
{
	struct qiao_diags d = { .errors = 0 };
	char path[64];

	memset(c, 0, sizeof(*c));
	c->mem.fail_after = -1;
	c->view = (struct qiao_view){ &c->mem, memory_get, memory_put };
	snprintf(path, sizeof(path), "%s/genesis.block", network);
	c->genesis = file_read(path);
	snprintf(c->node, sizeof(c->node), "%s/peer", network);
	CU_ASSERT_EQUAL_FATAL(
		qiao_conf_parse(&c->conf, &d, "anchor", qiao_slice_str(anchor)),
		QIAO_OK);
	c->cfg.anchor = qiao_conf_root(c->conf);
	c->cfg.anchor_blob = qiao_buf_slice(&c->genesis);
	c->cfg.min_orderers = 1; /* a recorded copy has one signature */
	qiao_diags_free(&d);
}

static inline void client_prepare(struct client *c, const char *anchor)
{
	client_prepare_for(c, "raft", anchor);
}

static inline void client_open(struct client *c)
{
	client_prepare(c, ANCHOR);
	CU_ASSERT_EQUAL_FATAL(client_try(c), QIAO_OK);
}

static inline void client_close(struct client *c)
{
	qiao_lc_fabric.free(c->lc);
	qiao_conf_free(c->conf);
	qiao_buf_free(&c->genesis);
	memory_free(&c->mem);
}

static inline uint64_t height_of(const struct client *c)
{
	return qiao_lc_fabric.head(c->lc).height;
}

static inline qiao_err take(struct client *c, const struct qiao_buf *b)
{
	struct qiao_slice claim = qiao_buf_slice(b);
	size_t bad = 99;

	return qiao_lc_fabric.advance(c->lc, &bad, &claim, 1, &c->view,
				      &c->why);
}

/* Advance to a height, in batches, thin or whole. */
static inline void follow(struct client *c, unsigned int to, size_t batch,
			  bool thin)
{
	struct qiao_buf raw[64] = { { .max = 0 } };
	struct qiao_slice claims[64];
	unsigned int next = (unsigned int)height_of(c) + 1;

	while (next <= to) {
		size_t n = 0, bad;
		qiao_err err;

		for (; n < batch && next <= to; n++, next++) {
			struct qiao_buf b = block_read(c->node, next);

			if (thin)
				CU_ASSERT_EQUAL(
					qiao_lc_fabric.thin(&raw[n],
							    qiao_buf_slice(&b)),
					QIAO_OK)
			else
				qiao_buf_put(&raw[n], qiao_buf_slice(&b));
			claims[n] = qiao_buf_slice(&raw[n]);
			qiao_buf_free(&b);
		}
		err = qiao_lc_fabric.advance(c->lc, &bad, claims, n, &c->view,
					     &c->why);
		CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
		for (size_t i = 0; i < n; i++)
			qiao_buf_free(&raw[i]);
	}
}

#endif
