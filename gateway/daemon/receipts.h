/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: the source side takes them, after its own light client agreed. */
#ifndef GATEWAY_DAEMON_RECEIPTS_H
#define GATEWAY_DAEMON_RECEIPTS_H

#include "gateway/daemon/daemon.h"
#include "relay/items.h"

/*
 * The receipts of a peer's message, in one transaction. *reply: room for m->n;
 * *n of them are filled, one for each receipt, in order. QIAO_E_MALFORMED and
 * its kin: nothing is taken, why says which item. QIAO_OK: what is answered as
 * taken is on the disk. Any other error is ours (store), and the peer asks
 * again. Takes the destination chains' locks.
 */
qiao_err qiao_receipts_take(struct qiao_daemon *d,
			    struct qiao_item_receipt_reply *reply, size_t *n,
			    const struct qiao_message *m, const char *peer,
			    struct qiao_why *why);

#endif
