/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's side: a unix socket in gateway.run, for the user that runs the
 * daemon and for root. One thread, one request at a time, each with a deadline.
 */
#ifndef GATEWAY_DAEMON_CONTROL_H
#define GATEWAY_DAEMON_CONTROL_H

#include "gateway/daemon/daemon.h"

struct qiao_control;
/* Listens at RUN/control.sock, mode 0600, and starts the thread. */
qiao_err qiao_control_open(struct qiao_control **out, struct qiao_daemon *d,
			   struct qiao_why *why);
void qiao_control_close(struct qiao_control *c); /* NULL is fine */

#endif
