/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole light client: one byte of options, then pieces with four bytes of
 * length in front, first a genesis block, which is its own anchor, then claims,
 * each of which it takes or leaves.
 */
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/fabric_block.h"
#include "gateway/verify/layer.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct qiao_layer rows;
static struct qiao_view view;

static struct qiao_slice piece(struct qiao_reader *r)
{
	return qiao_get(r, qiao_get_u32(r));
}

/* The anchor of a genesis block of the channel of our corpora. */
static struct qiao_conf *anchor_of(struct qiao_slice genesis)
{
	struct qiao_diags d = { .errors = 0 };
	char text[256], hash[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_conf *conf = NULL;
	struct qiao_fabric_block b;

	if (qiao_fabric_block_parse(&b, genesis, NULL) != QIAO_OK)
		return NULL;
	snprintf(text, sizeof(text),
		 "family = \"fabric\"; channel = \"madechannel\"; genesis = "
		 "\"g\"; genesis_hash = \"%s\";",
		 qiao_hex_encode(hash, qiao_slice_hash(&b.hash)));
	qiao_conf_parse(&conf, &d, "anchor", qiao_slice_str(text));
	qiao_diags_free(&d);
	return conf;
}

static qiao_err on_item(void *ctx, const struct qiao_proven *p)
{
	(void)ctx;
	QIAO_BUG_ON(p->tx >= p->txs);
	return QIAO_OK;
}

static void take(struct qiao_lightclient *lc, struct qiao_slice claim)
{
	struct qiao_header_trusted before = qiao_lc_fabric.head(lc), now, known;
	struct qiao_buf thin = QIAO_BUF;
	struct qiao_why why;
	size_t bad;
	qiao_err err = qiao_lc_fabric.advance(lc, &bad, &claim, 1, &view, &why);

	now = qiao_lc_fabric.head(lc);
	QIAO_BUG_ON(now.height < before.height ||
		    (err != QIAO_OK && now.height != before.height));
	QIAO_BUG_ON(qiao_lc_fabric.header(lc, &known, now.height, &view) !=
			    QIAO_OK ||
		    !qiao_hash_eq(&known.hash, &now.hash));
	QIAO_BUG_ON(err == QIAO_OK &&
		    qiao_lc_fabric.thin(&thin, claim, false) != QIAO_OK);
	qiao_buf_free(&thin);
	/* what was replayed a moment ago can be told again */
	if (err == QIAO_OK)
		err = qiao_lc_fabric.prove(
			lc, claim, (struct qiao_proven_sink){ NULL, on_item },
			&view, &why);
	QIAO_BUG_ON(err == QIAO_E_IO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(data, size));
	const struct qiao_hash network = { { 1 } };
	uint8_t options = qiao_get_u8(&r);
	struct qiao_lc_config cfg = { .anchor_blob = piece(&r),
				      .gaps = options & 1,
				      .orderer_role = options & 2,
				      .min_orderers = options >> 2 };
	struct qiao_conf *conf = anchor_of(cfg.anchor_blob);
	struct qiao_lightclient *lc = NULL;
	struct qiao_why why;

	view = qiao_layer_view(&rows);
	if (conf) {
		cfg.anchor = qiao_conf_root(conf);
		qiao_lc_fabric.open(&lc, &cfg, &network, &view, &why);
	}
	while (lc && r.left > 0 && r.err == QIAO_OK)
		take(lc, piece(&r));
	qiao_lc_fabric.free(lc);
	qiao_conf_free(conf);
	qiao_layer_clear(&rows);
	return 0;
}
