/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/keep.h"

#include "gateway/base/slice.h"
#include "gateway/store/message.h"
#include "gateway/wire/evidence.h"

#include <string.h>

/* Refusals and receipts are short and name digests alone; proofs do not. */
static bool holds_no_value(const struct qiao_message *m, struct qiao_slice item)
{
	struct qiao_item_transfer_reply reply;
	struct qiao_item_receipt receipt;

	if (m->env.kind == QIAO_KIND_TRANSFERS)
		return m->env.has_reply_to &&
		       qiao_item_transfer_reply_parse(&reply, item) == QIAO_OK;
	return m->env.kind == QIAO_KIND_RECEIPTS &&
	       qiao_item_receipt_parse(&receipt, item) == QIAO_OK;
}

/* A transfer is bound by its `queued` entry, its items need not be kept. */
static void put_items(struct qiao_buf *out, const struct qiao_message *m)
{
	struct qiao_hash leaf;

	if (m->env.kind == QIAO_KIND_TRANSFERS && !m->env.has_reply_to)
		return;
	qiao_mp_put_array(out, m->n);
	for (size_t i = 0; i < m->n; i++) {
		bool open = holds_no_value(m, m->items[i]);

		qiao_mp_put_array(out, 2);
		qiao_mp_put_uint(out, open ? 0 : 1);
		qiao_merkle_leaf(&leaf, m->items[i]);
		qiao_mp_put_bin(out,
				open ? m->items[i] : qiao_slice_hash(&leaf));
	}
}

qiao_err qiao_message_keep(struct qiao_txn *txn, const struct qiao_message *m,
			   int64_t now_ms)
{
	struct qiao_message_row row = { .digest = m->digest,
					.at = now_ms,
					.envelope = m->signed_bytes,
					.signature = m->signature };
	struct qiao_buf items = QIAO_BUF;
	qiao_err err = qiao_store_message_get(txn, NULL, NULL, &m->digest);

	if (err != QIAO_E_NOTFOUND)
		return err;
	put_items(&items, m);
	row.items = qiao_buf_slice(&items);
	err = items.err;
	if (err == QIAO_OK)
		err = qiao_store_message_put(txn, &row);
	qiao_buf_free(&items);
	return err;
}

static qiao_err earlier_read(struct qiao_txn *txn, struct qiao_in_row *row,
			     struct qiao_buf *envelope, struct qiao_buf *sig,
			     const struct qiao_item_transfer *it,
			     const struct qiao_message *m)
{
	qiao_err err = qiao_store_in_get(txn, row, &it->transfer);

	if (err != QIAO_OK)
		return err;
	if (strcmp(row->peer, m->env.sender) != 0 ||
	    qiao_hash_eq(&row->digest, &it->digest))
		err = QIAO_E_NOTFOUND;
	if (err == QIAO_OK)
		err = qiao_store_message_get(txn, envelope, sig,
					     &row->envelope);
	if (err != QIAO_OK)
		qiao_in_row_free(row);
	return err;
}

qiao_err qiao_peer_evidence(struct qiao_txn *txn, struct qiao_buf *out,
			    const struct qiao_item_transfer *it,
			    const struct qiao_message *m)
{
	struct qiao_buf envelope = QIAO_BUF, sig = QIAO_BUF;
	struct qiao_evidence_peer e = { .network = m->env.network,
					.transfer = it->transfer };
	struct qiao_in_row row;
	qiao_err err = earlier_read(txn, &row, &envelope, &sig, it, m);

	if (err == QIAO_OK) {
		qiao_str_copy(e.gateway, sizeof(e.gateway),
			      qiao_slice_str(m->env.sender));
		e.said[0].envelope = qiao_buf_slice(&envelope);
		e.said[0].signature = qiao_buf_slice(&sig);
		e.said[1].envelope = m->signed_bytes;
		e.said[1].signature = m->signature;
		e.said[1].queued = it->queued;
		err = qiao_queued_parse(&e.said[0].queued, row.audit);
		if (err == QIAO_OK) {
			qiao_evidence_peer_encode(out, &e);
			err = out->err;
		}
		qiao_in_row_free(&row);
	}
	qiao_buf_free(&envelope);
	qiao_buf_free(&sig);
	return err;
}
