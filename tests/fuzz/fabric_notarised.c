/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed answer: one byte, odd for a prepared transaction, which is all that
 * follows; else pieces with four bytes of length in front, the proposal and
 * then responses. The question and the configuration stay the same.
 */
#include "gateway/base/buf.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_answer.h"

#include <stdio.h>

#define GENESIS "tests/vectors/fabric/raft/genesis.block"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct qiao_fabric_sigs sigs;

static struct qiao_fabric_config *config(void)
{
	static struct qiao_fabric_config *c;
	struct qiao_buf b = QIAO_BUF;
	uint8_t piece[4096];
	size_t n;
	FILE *f;

	if (c)
		return c;
	f = fopen(GENESIS, "rb");
	QIAO_BUG_ON(!f); /* start it in the project's folder */
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		qiao_buf_put_mem(&b, piece, n);
	fclose(f);
	QIAO_BUG_ON(qiao_fabric_config_load(&c, qiao_buf_slice(&b), &sigs,
					    NULL) != QIAO_OK);
	qiao_buf_free(&b);
	return c;
}

static struct qiao_slice piece(struct qiao_reader *r)
{
	return qiao_get(r, qiao_get_u32(r));
}

static void check(const struct qiao_fabric_answer *a, qiao_err err)
{
	QIAO_BUG_ON(err == QIAO_OK && (a->orgs < 2 || a->orgs > 3));
	QIAO_BUG_ON(err != QIAO_OK && (a->orgs || a->payload.p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(data, size));
	const struct qiao_slice args[2] = { qiao_slice_str("GetRecord"),
					    qiao_slice_str("CPR-0001") };
	uint8_t nonce[24];
	struct qiao_fabric_question q = {
		.channel = qiao_slice_str("certchannel"),
		.chaincode = qiao_slice_str("records"),
		.args = args,
		.n_args = 2,
		.nonce = qiao_slice_of(nonce, sizeof(nonce)),
		.orgs = 2,
	};
	struct qiao_slice proposal, response[4];
	struct qiao_fabric_answer a;
	size_t n = 0;

	if (qiao_get_u8(&r) & 1) {
		qiao_hex_decode(nonce, sizeof(nonce),
				qiao_slice_str("befbc5e71cf7202b1972b30ff105845"
					       "a328e3d234f8af689"));
		check(&a,
		      qiao_fabric_answer_check_prepared(
			      &a, &q, qiao_get(&r, r.left), config(), NULL));
		return 0;
	}
	qiao_hex_decode(nonce, sizeof(nonce),
			qiao_slice_str("3b20e0d290e8b0d5686ea028bac0e96939d579a"
				       "4d7095ab9"));
	proposal = piece(&r);
	while (n < 4 && r.left > 0)
		response[n++] = piece(&r);
	check(&a, qiao_fabric_answer_check(&a, &q, proposal, response, n,
					   config(), NULL));
	return 0;
}
