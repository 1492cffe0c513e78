/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source side: statements of a verified block become decisions and, where
 * permitted, transfers in the outbox. Everything here happens inside the store
 * transaction that also takes the headers and the cursor: it is done once, or
 * not at all and then again.
 */
#ifndef GATEWAY_DAEMON_RELEASE_H
#define GATEWAY_DAEMON_RELEASE_H

#include "gateway/daemon/statement.h"

struct qiao_release {
	struct qiao_daemon *d;
	struct qiao_chain *chain;
	const struct qiao_rules *rules; /* NULL: everything is denied */
	/* statements of one block, in order, and what proves the block */
	struct qiao_statement *s;
	size_t n;
	struct qiao_slice proof;
	bool recorded; /* the adapter replays a recording */
	int64_t now_ms;
};

qiao_err qiao_release_block(struct qiao_release *r, struct qiao_txn *txn);

#endif
