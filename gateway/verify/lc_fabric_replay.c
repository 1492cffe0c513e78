/* SPDX-License-Identifier: Apache-2.0 */
/* One block after the other through the ledger. */
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_tx.h"
#include "gateway/verify/lc_fabric.h"

static qiao_err note_code(void *ctx, const struct qiao_fabric_tx *tx)
{
	struct qiao_buf *codes = ctx;

	qiao_buf_put_u8(codes, (uint8_t)tx->code);
	return codes->err;
}

qiao_err qiao_fabric_replay(struct qiao_fabric_ledger *ledger,
			    struct qiao_buf *codes, struct qiao_layer *state,
			    const struct qiao_fabric_block *b,
			    struct qiao_fabric_config *c)
{
	const struct qiao_view view = qiao_layer_view(state);
	qiao_err err = QIAO_E_UNSUPPORTED;

	qiao_fabric_ledger_begin(ledger, b->number, &view);
	if (!b->thin)
		err = qiao_fabric_txs_replay(
			b, c, ledger,
			(struct qiao_fabric_tx_sink){ codes, note_code });
	if (err == QIAO_OK)
		err = qiao_fabric_ledger_end(ledger, &view);
	if (err == QIAO_OK)
		return err;
	qiao_fabric_ledger_forget(ledger);
	if (err == QIAO_E_UNSUPPORTED)
		qiao_buf_clear(codes);
	return err;
}
