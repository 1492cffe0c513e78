/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads of the relay process. Each runs until d->stopping, sleeps no
 * longer than a second at a time, and returns NULL.
 */
#ifndef GATEWAY_DAEMON_THREADS_H
#define GATEWAY_DAEMON_THREADS_H

/* One for each chain with an adapter: looks, verifies, decides, queues. */
void *qiao_follower(void *chain);
/* One for each chain with an adapter that some route delivers to. */
void *qiao_deliverer(void *chain);
/* One for each peer: headers, transfers, receipts that are due. */
void *qiao_sender(void *link_peer);

#endif
