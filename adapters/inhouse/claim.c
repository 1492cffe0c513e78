/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/claim.h"

#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"

/* [leaf bin, ...] goes into the proof as it stands, once it is that. */
static struct qiao_slice bins_take(struct qiao_mp *m, size_t *n)
{
	struct qiao_mp look = *m;

	*n = qiao_mp_array(&look, QIAO_LEAVES_MAX);
	for (size_t i = 0; i < *n; i++)
		qiao_mp_bin(&look, QIAO_LEAF_MAX);
	if (look.r.err != QIAO_OK)
		qiao_mp_fail(m, look.r.err);
	return qiao_mp_raw(m);
}

qiao_err qiao_inhouse_claim(struct qiao_buf *claim, struct qiao_buf *proof,
			    struct qiao_buf *openings, uint64_t height,
			    struct qiao_slice block, struct qiao_why *why)
{
	struct qiao_slice c, leaves, opened;
	struct qiao_mp m;
	size_t n;
	qiao_err err = qiao_mp_open(&m, block);

	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 3);
		c = qiao_mp_bin(&m, QIAO_QUORUM_CLAIM_MAX);
		leaves = bins_take(&m, &n);
		opened = qiao_mp_raw(&m);
		err = qiao_mp_finish(&m);
	}
	if (err != QIAO_OK)
		return qiao_fail(
			why, err,
			"the answer of the ledger for block %llu is no "
			"block; does its version fit?",
			(unsigned long long)height);
	qiao_buf_put(claim, c);
	qiao_mp_put_array(proof, 3);
	qiao_mp_put_uint(proof, 1);
	qiao_mp_put_uint(proof, height);
	qiao_mp_put_raw(proof, leaves);
	qiao_buf_put(openings, opened);
	if (claim->err != QIAO_OK)
		return claim->err;
	return proof->err != QIAO_OK ? proof->err : openings->err;
}
