/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a peer and its verified reply. */
#ifndef GATEWAY_DAEMON_EXCHANGE_H
#define GATEWAY_DAEMON_EXCHANGE_H

#include "gateway/daemon/daemon.h"
#include "relay/envelope.h"

#define QIAO_CALL_MS 15000 /* how long a peer may take to answer */

/* A request, its bytes item after item, and the verified reply. */
struct qiao_exchange {
	struct qiao_link_peer *l;
	unsigned int kind;
	struct qiao_buf items;
	size_t at[QIAO_ITEMS_MAX + 1];
	size_t n;
	uint64_t audit_size;
	struct qiao_buf request, reply;
	struct qiao_message m;
};

struct qiao_exchange *qiao_exchange_new(
	struct qiao_link_peer *l, unsigned int kind); /* NULL: no memory */
void qiao_exchange_free(struct qiao_exchange *x);     /* NULL is fine */
/* The item appended to x->items is complete. */
void qiao_exchange_item(struct qiao_exchange *x);
/*
 * Sign, send, wait, verify: then x->m is the reply, of the kind that was asked.
 * A refusal is QIAO_E_DENIED, its sentence kept in the peer's status.
 */
qiao_err qiao_exchange_call(struct qiao_exchange *x);

#endif
