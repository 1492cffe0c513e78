/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers that arrive: checked as a message, then durably ours. */
#ifndef GATEWAY_DAEMON_ARRIVAL_H
#define GATEWAY_DAEMON_ARRIVAL_H

#include "gateway/daemon/daemon.h"
#include "relay/items.h"

struct qiao_arrival {
	size_t n; /* replies: one for each transfer, in order */
	struct qiao_item_transfer_reply *reply;
};

/*
 * An error refuses the whole message and takes nothing. After QIAO_OK what is
 * TAKEN is on the disk. End with fini in every case.
 */
qiao_err qiao_arrival_take(struct qiao_arrival *out, struct qiao_daemon *d,
			   const struct qiao_message *m, struct qiao_why *why);
void qiao_arrival_fini(struct qiao_arrival *a);

/* The route by which transfers of this source come to this chain, or NULL. */
struct qiao_route *qiao_route_in(struct qiao_daemon *d,
				 const struct qiao_hash *source,
				 const struct qiao_hash *destination,
				 const char *peer);

#endif
