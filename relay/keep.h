/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a peer's message so that the peer cannot deny it later
 * (docs/wire.md 9.4). No payload and no proof is: they hold record values.
 */
#ifndef RELAY_KEEP_H
#define RELAY_KEEP_H

#include "gateway/store/in.h"
#include "relay/items.h"

/*
 * Keep a verified message in the transaction that writes the entries which name
 * it. Again: nothing happens.
 */
qiao_err qiao_message_keep(struct qiao_txn *txn, const struct qiao_message *m,
			   int64_t now_ms);

/*
 * A transfer of m came with the id of one that is known with another payload:
 * append the evidence against their common sender (docs/wire.md 9.5).
 * QIAO_E_NOTFOUND: the earlier one came from somebody else, or what was kept of
 * it is pruned.
 */
qiao_err qiao_peer_evidence(struct qiao_txn *txn, struct qiao_buf *out,
			    const struct qiao_item_transfer *it,
			    const struct qiao_message *m);

#endif
