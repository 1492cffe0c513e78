/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-fabric-headers: how fast a Fabric client gets to the head of the
 * recorded Raft channel from its genesis block with headers alone: every one of
 * them, and from configuration to configuration (docs/light-client-fabric.md
 * 3). Heights that are left out count for the second, for they need not be
 * fetched.
 */
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/fabric_block.h"
#include "gateway/verify/layer.h"
#include "tests/bench/measure.h"

#include <stdio.h>
#include <string.h>

#define DIR_   "tests/vectors/fabric/raft/"
#define BLOCKS 276
#define ROUNDS 5

static const char anchor[] =
	"family = \"fabric\"; channel = \"certchannel\"; genesis = \"g\"; "
	"genesis_hash = \"ab5b5002737b200de60a9fd911077f7b80db62c316a404d5500e"
	"a2838b454ef4\";";

static struct qiao_buf genesis, thin[BLOCKS];
static bool is_config[BLOCKS];

static bool file_get(struct qiao_buf *b, const char *path)
{
	uint8_t piece[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		return false;
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		qiao_buf_put_mem(b, piece, n);
	fclose(f);
	return b->err == QIAO_OK;
}

static bool read_headers(void)
{
	if (!file_get(&genesis, DIR_ "genesis.block"))
		return false;
	for (unsigned int i = 1; i < BLOCKS; i++) {
		struct qiao_buf whole = QIAO_BUF;
		struct qiao_fabric_block b;
		char path[128];

		snprintf(path, sizeof(path), DIR_ "peer/block_%04u.pb", i);
		if (!file_get(&whole, path) ||
		    qiao_fabric_block_parse(&b, qiao_buf_slice(&whole), NULL) !=
			    QIAO_OK ||
		    qiao_lc_fabric.thin(&thin[i], qiao_buf_slice(&whole),
					true) != QIAO_OK)
			return false;
		is_config[i] = qiao_fabric_block_is_config(&b);
		qiao_buf_free(&whole);
	}
	return true;
}

/* Heights a second, from the genesis block to the head; 0: refused. */
static double reach(const struct qiao_cnode *root, bool gaps)
{
	const struct qiao_hash network = { { 1 } };
	struct qiao_lc_config cfg = { .anchor = root,
				      .anchor_blob = qiao_buf_slice(&genesis),
				      .min_orderers = 1,
				      .gaps = gaps };
	struct qiao_slice claims[BLOCKS];
	struct qiao_lightclient *lc;
	struct qiao_layer memory;
	struct qiao_view view;
	struct qiao_why why = { "" };
	int64_t start;
	double rate = 0;
	size_t n = 0, bad;

	for (size_t i = 1; i < BLOCKS; i++)
		if (!gaps || is_config[i] || i == BLOCKS - 1)
			claims[n++] = qiao_buf_slice(&thin[i]);
	qiao_layer_init(&memory, NULL);
	view = qiao_layer_view(&memory);
	if (qiao_lc_fabric.open(&lc, &cfg, &network, &view, &why) == QIAO_OK) {
		start = measure_ns();
		if (qiao_lc_fabric.advance(lc, &bad, claims, n, &view, &why) ==
		    QIAO_OK)
			rate = measure_rate(BLOCKS - 1, start);
	}
	if (rate <= 0)
		fprintf(stderr, "fabric-headers: %s\n", why.text);
	qiao_lc_fabric.free(lc);
	qiao_layer_clear(&memory);
	return rate;
}

int main(void)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *conf;
	double every = 0, skipping = 0;

	if (!read_headers() ||
	    qiao_conf_parse(&conf, &d, "anchor", qiao_slice_str(anchor)) !=
		    QIAO_OK)
		return 1;
	for (int i = 0; i < ROUNDS; i++) {
		double a = reach(qiao_conf_root(conf), false);
		double b = reach(qiao_conf_root(conf), true);

		if (a <= 0 || b <= 0)
			return 1;
		every = a > every ? a : every;
		skipping = b > skipping ? b : skipping;
	}
	printf("fabric-headers: headers=%d headers_per_s=%.0f "
	       "skipping_per_s=%.0f ratio=%.1f\n",
	       BLOCKS - 1, every, skipping, skipping / every);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	for (size_t i = 0; i < BLOCKS; i++)
		qiao_buf_free(&thin[i]);
	qiao_buf_free(&genesis);
	return 0;
}
