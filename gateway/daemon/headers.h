/* SPDX-License-Identifier: Apache-2.0 */
/* Header claims to and from peers: each side follows the other's chains. */
#ifndef GATEWAY_DAEMON_HEADERS_H
#define GATEWAY_DAEMON_HEADERS_H

#include "gateway/daemon/daemon.h"
#include "relay/items.h"

/*
 * A request item of a peer (docs/wire.md 7.2): follow its claims, answer with
 * what is needed next. Only chains without an adapter of ours are followed so.
 * The reply's sentence borrows from *why.
 *
 * Whoever may send could make us check signatures for ever: a peer is heard
 * about the chains of its routes only, and has QIAO_HEADER_DOUBTS of claims
 * that differ from ours or are refused, one of them back every
 * QIAO_HEADER_DOUBT_MS. Claims that we have, and good new ones, cost nothing.
 */
#define QIAO_HEADER_DOUBTS   32
#define QIAO_HEADER_DOUBT_MS 2000
qiao_err qiao_headers_take(struct qiao_daemon *d, const char *peer,
			   struct qiao_item_headers_reply *reply,
			   const struct qiao_item_headers *item,
			   struct qiao_why *why);

/*
 * The claims that a peer needs next of a chain of ours: appends the encoded
 * item. *n claims; 0: it has all (an asking item, when `ask`).
 */
qiao_err qiao_headers_offer(struct qiao_link_peer *l, struct qiao_buf *item,
			    size_t *n, struct qiao_chain *c, bool ask);
/*
 * The peer's reply item: remember what it needs next, until this process ends;
 * the next one asks. Both of the sending thread.
 */
qiao_err qiao_headers_replied(struct qiao_link_peer *l,
			      const struct qiao_item_headers_reply *reply);

/* Gossip (7.5): newest trusted headers of a chain, and a peer's against ours.
 */
qiao_err qiao_headers_gossip(struct qiao_daemon *d,
			     struct qiao_item_status *out,
			     struct qiao_chain *c);
void qiao_headers_compare(struct qiao_daemon *d,
			  const struct qiao_item_status *item,
			  const char *peer);

#endif
