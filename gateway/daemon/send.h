/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers that are due for one peer: taken, sent, the replies applied. */
#ifndef GATEWAY_DAEMON_SEND_H
#define GATEWAY_DAEMON_SEND_H

#include "gateway/daemon/daemon.h"

/* *more is set when rows moved. */
qiao_err qiao_send_transfers(struct qiao_link_peer *l, bool *more);

#endif
