/* SPDX-License-Identifier: Apache-2.0 */
/* What peers ask of us: a message in, a signed reply out. */
#ifndef GATEWAY_DAEMON_MESSAGE_H
#define GATEWAY_DAEMON_MESSAGE_H

#include "gateway/daemon/daemon.h"
#include "relay/envelope.h"

/*
 * Fits struct qiao_listener_options.handle; ctx is the daemon. An empty reply:
 * the bytes were no message at all.
 */
void qiao_message_handle(void *ctx, struct qiao_buf *reply,
			 struct qiao_slice request);

/*
 * Sign items as a message to a peer. reply_to NULL: a request. *digest (may be
 * NULL) is what its reply must name. audit_size 0: as the log stands now.
 */
qiao_err qiao_message_sign(struct qiao_daemon *d, struct qiao_buf *out,
			   struct qiao_hash *digest, const char *peer,
			   unsigned int kind, const struct qiao_slice *items,
			   size_t n, const struct qiao_hash *reply_to,
			   uint64_t audit_size);

#endif
