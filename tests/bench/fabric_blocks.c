/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-fabric-blocks: the recorded Raft channel through the light client from
 * its genesis: every block followed and its transactions judged; against bare
 * P-256 verifies of OpenSSL, three a transaction. One line.
 */
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/lightclient.h"
#include "tests/bench/measure.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIR_     "tests/vectors/fabric/raft/"
#define BLOCKS   276
#define ROUNDS   3
#define VERIFIES 4000
#define ROWS_MAX 1024

/* clang-format off */
static const char anchor[] =
"family = \"fabric\"; channel = \"certchannel\"; genesis = \"genesis.block\";"
"genesis_hash = "
"\"ab5b5002737b200de60a9fd911077f7b80db62c316a404d5500ea2838b454ef4\";"
"chaincode = ( { name = \"records\"; from = 0L; policy = "
"\"OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')\"; },"
"{ name = \"records\"; from = 55L; policy = "
"\"AND('AuditMSP.peer',OR('NanjingMSP.peer','QuanzhouMSP.peer'))\"; } );";
/* clang-format on */

struct memory {
	struct {
		struct qiao_buf key, value;
	} row[ROWS_MAX];
	size_t n;
};

/* Newest first: what is asked for is mostly what was written last. */
static size_t find(const struct memory *m, struct qiao_slice key)
{
	for (size_t i = m->n; i > 0; i--)
		if (qiao_slice_eq(qiao_buf_slice(&m->row[i - 1].key), key))
			return i - 1;
	return m->n;
}

static qiao_err get(void *ctx, struct qiao_buf *out, struct qiao_slice key)
{
	struct memory *m = ctx;
	size_t i = find(m, key);

	if (i == m->n)
		return QIAO_E_NOTFOUND;
	qiao_buf_put(out, qiao_buf_slice(&m->row[i].value));
	return out->err;
}

static qiao_err put(void *ctx, struct qiao_slice key, struct qiao_slice value)
{
	struct memory *m = ctx;
	size_t i = find(m, key);

	if (i == ROWS_MAX)
		return QIAO_E_FULL;
	if (i == m->n) {
		qiao_buf_put(&m->row[i].key, key);
		m->n++;
	}
	qiao_buf_clear(&m->row[i].value);
	qiao_buf_put(&m->row[i].value, value);
	return m->row[i].value.err;
}

static void memory_clear(struct memory *m)
{
	for (size_t i = 0; i < m->n; i++) {
		qiao_buf_free(&m->row[i].key);
		qiao_buf_free(&m->row[i].value);
	}
	memset(m, 0, sizeof(*m));
}

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

struct count {
	size_t txs;
	uint32_t last;
	bool any;
};

static qiao_err count_item(void *ctx, const struct qiao_proven *p)
{
	struct count *c = ctx;

	if (!c->any || p->tx != c->last)
		c->txs++;
	c->any = true;
	c->last = p->tx;
	return QIAO_OK;
}

static struct qiao_buf genesis, block[BLOCKS];

static bool read_blocks(void)
{
	char path[128];

	if (!file_get(&genesis, DIR_ "genesis.block"))
		return false;
	for (unsigned int i = 1; i < BLOCKS; i++) {
		snprintf(path, sizeof(path), DIR_ "peer/block_%04u.pb", i);
		if (!file_get(&block[i], path))
			return false;
	}
	return true;
}

static bool follow(struct qiao_lightclient *lc, const struct qiao_view *view,
		   size_t *txs, struct qiao_why *why)
{
	for (size_t i = 1; i < BLOCKS; i++) {
		struct qiao_slice claim = qiao_buf_slice(&block[i]);
		struct count c = { 0 };
		size_t bad;

		if (qiao_lc_fabric.advance(lc, &bad, &claim, 1, view, why) !=
			    QIAO_OK ||
		    qiao_lc_fabric.prove(
			    lc, claim,
			    (struct qiao_proven_sink){ &c, count_item }, view,
			    why) != QIAO_OK)
			return false;
		*txs += c.txs;
	}
	return true;
}

/* One client from the genesis on. */
static bool channel(struct memory *m, const struct qiao_cnode *root,
		    size_t *txs)
{
	struct qiao_view view = { m, get, put, NULL };
	const struct qiao_hash network = { { 1 } };
	struct qiao_lc_config cfg = { .anchor = root,
				      .anchor_blob = qiao_buf_slice(&genesis),
				      .min_orderers = 1 };
	struct qiao_lightclient *lc;
	struct qiao_why why = { "" };
	bool ok = qiao_lc_fabric.open(&lc, &cfg, &network, &view, &why) ==
			  QIAO_OK &&
		  follow(lc, &view, txs, &why);

	if (!ok)
		fprintf(stderr, "fabric-blocks: %s\n", why.text);
	qiao_lc_fabric.free(lc);
	memory_clear(m);
	return ok;
}

/* Verifies a second of OpenSSL by itself, one core. */
static double bare_verifies(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	uint8_t sig[80], digest[32] = { 7 };
	size_t n = sizeof(sig), good = 0;
	int64_t start;

	EVP_PKEY_sign_init(c);
	EVP_PKEY_sign(c, sig, &n, digest, sizeof(digest));
	EVP_PKEY_verify_init(c);
	start = measure_ns();
	for (size_t i = 0; i < VERIFIES; i++)
		good += EVP_PKEY_verify(c, sig, n, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	return good == VERIFIES ? measure_rate(VERIFIES, start) : 0;
}

int main(void)
{
	static struct memory m;
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *conf;
	double best = 0, bare;
	size_t txs = 0;

	if (!read_blocks() ||
	    qiao_conf_parse(&conf, &d, "anchor", qiao_slice_str(anchor)) !=
		    QIAO_OK)
		return 1;
	bare = bare_verifies();
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = measure_ns();
		double rate;

		txs = 0;
		if (!channel(&m, qiao_conf_root(conf), &txs))
			return 1;
		rate = measure_rate(txs, start);
		best = rate > best ? rate : best;
	}
	printf("fabric-blocks: blocks=%d txs=%zu txs_per_s=%.0f "
	       "p256_per_s=%.0f bound_per_s=%.0f ratio=%.2f\n",
	       BLOCKS - 1, txs, best, bare, bare / 3, best / (bare / 3));
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	for (size_t i = 0; i < BLOCKS; i++)
		qiao_buf_free(&block[i]);
	qiao_buf_free(&genesis);
	return 0;
}
