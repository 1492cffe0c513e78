/* SPDX-License-Identifier: Apache-2.0 */
/* A Fabric light client with a view in memory, for tests. */
#ifndef TESTS_UNIT_VERIFY_FABRIC_CLIENT_H
#define TESTS_UNIT_VERIFY_FABRIC_CLIENT_H

#include "gateway/conf/conf.h"
#include "gateway/verify/layer.h"
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

/* A view in memory; the puts and gets after so many of them fail. */
struct memory {
	struct qiao_layer rows;
	long fail_after; /* puts; -1: never */
	long fail_gets;  /* gets and nexts; -1: never */
};

static inline qiao_err memory_get(void *ctx, struct qiao_buf *out,
				  struct qiao_slice key)
{
	struct memory *m = ctx;
	const struct qiao_view rows = qiao_layer_view(&m->rows);

	if (m->fail_gets >= 0 && m->fail_gets-- == 0)
		return QIAO_E_IO;
	return rows.get(rows.ctx, out, key);
}

static inline qiao_err memory_put(void *ctx, struct qiao_slice key,
				  struct qiao_slice value)
{
	struct memory *m = ctx;
	const struct qiao_view rows = qiao_layer_view(&m->rows);

	if (m->fail_after >= 0 && m->fail_after-- == 0)
		return QIAO_E_FULL;
	return rows.put(rows.ctx, key, value);
}

static inline qiao_err memory_next(void *ctx, struct qiao_buf *key,
				   struct qiao_buf *value,
				   struct qiao_slice from)
{
	struct memory *m = ctx;
	const struct qiao_view rows = qiao_layer_view(&m->rows);

	if (m->fail_gets >= 0 && m->fail_gets-- == 0)
		return QIAO_E_IO;
	return rows.next(rows.ctx, key, value, from);
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
	c->mem.fail_after = c->mem.fail_gets = -1;
	c->view = (struct qiao_view){ &c->mem, memory_get, memory_put,
				      memory_next };
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
	qiao_layer_clear(&c->mem.rows);
}

/* Write the row again with one byte changed. */
static inline void row_flip(struct client *c, const char *key, size_t at,
			    uint8_t bits)
{
	const struct qiao_view v = qiao_layer_view(&c->mem.rows);
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL_FATAL(v.get(v.ctx, &b, qiao_slice_str(key)), QIAO_OK);
	CU_ASSERT_FATAL(at < b.n);
	b.p[at] ^= bits;
	CU_ASSERT_EQUAL(v.put(v.ctx, qiao_slice_str(key), qiao_buf_slice(&b)),
			QIAO_OK);
	qiao_buf_free(&b);
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
							    qiao_buf_slice(&b),
							    false),
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
