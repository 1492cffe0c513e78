/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes that peers signed and that audit entries name, for the auditor:
 * nothing else reads them. One row for a message, however many transfers or
 * receipts it brought.
 */
#ifndef GATEWAY_STORE_MESSAGE_H
#define GATEWAY_STORE_MESSAGE_H

#include "gateway/store/store.h"

struct qiao_message_row {
	struct qiao_hash digest; /* of the envelope, docs/wire.md 1 */
	int64_t at;              /* when it came */
	struct qiao_slice envelope, signature;
	struct qiao_slice items; /* docs/wire.md 9.4; empty: none kept */
};

/* Known already: nothing happens. */
qiao_err qiao_store_message_put(struct qiao_txn *txn,
				const struct qiao_message_row *r);
/* Appends envelope and signature; QIAO_E_NOTFOUND. NULL: is it there? */
qiao_err qiao_store_message_get(struct qiao_txn *txn, struct qiao_buf *envelope,
				struct qiao_buf *signature,
				const struct qiao_hash *digest);
/* In the order in which they came. Row: struct qiao_message_row. */
qiao_err qiao_store_message_each(struct qiao_txn *txn, qiao_each_fn each,
				 void *ctx);

#endif
