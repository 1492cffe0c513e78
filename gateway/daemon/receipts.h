/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: the source side takes them, after its own light client agreed. */
#ifndef GATEWAY_DAEMON_RECEIPTS_H
#define GATEWAY_DAEMON_RECEIPTS_H

#include "gateway/daemon/statement.h"
#include "relay/items.h"

/*
 * One receipt of a peer: item number `item` of its message. QIAO_OK with the
 * answer in *reply, durable; any error is ours (store), and the peer asks
 * again.
 */
qiao_err qiao_receipts_take(struct qiao_daemon *d,
			    struct qiao_item_receipt_reply *reply,
			    const struct qiao_item_receipt *it,
			    const struct qiao_message *m, size_t item,
			    const char *peer);

/*
 * Does this proof of the chain show that `account` (NULL: anybody) delivered a
 * payload with this digest under this id, coming from `source`?
 * QIAO_E_NOTFOUND: its header is not followed yet. QIAO_E_PROOF: it does not.
 * QIAO_E_CONFLICT: the id is there with something else. Takes the chain's lock.
 * *height, *tx of the delivery.
 */
qiao_err qiao_delivery_prove(struct qiao_chain *c, struct qiao_slice proof,
			     const struct qiao_hash *id,
			     const struct qiao_hash *digest,
			     const struct qiao_hash *source,
			     const struct qiao_id16 *account, uint64_t *height,
			     struct qiao_why *why);

#endif
