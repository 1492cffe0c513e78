/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that the relay process consists of, built from the configuration
 * and taken down again.
 */
#ifndef GATEWAY_DAEMON_START_H
#define GATEWAY_DAEMON_START_H

#include "gateway/daemon/daemon.h"

/*
 * Keys, store, policy, chains, peers, routes; audit entry `start`. Opens no
 * socket and starts no thread of ours (the store has one). cfg and spawner are
 * borrowed; spawner may be NULL when no adapter is to be started. On failure
 * *out is NULL and why names place, cause, remedy; findings of the policy are
 * appended to `findings`.
 */
qiao_err qiao_daemon_open(struct qiao_daemon **out,
			  const struct qiao_config *cfg,
			  struct qiao_spawner *spawner,
			  struct qiao_buf *findings, struct qiao_why *why);
/* After qiao_daemon_run returned. NULL is fine. */
void qiao_daemon_close(struct qiao_daemon *d);

/*
 * Links, control socket, threads; then waits for signals (which every thread
 * has blocked) until SIGTERM, SIGINT or `qiao stop`. Everything has ended when
 * it returns. QIAO_OK, or why it could not begin.
 */
qiao_err qiao_daemon_run(struct qiao_daemon *d, struct qiao_why *why);
/* Ask it to return. Any thread. */
void qiao_daemon_stop(struct qiao_daemon *d);
/* A signed tree head when there are new entries. Any thread. */
qiao_err qiao_daemon_checkpoint(struct qiao_daemon *d);

/* "qiao-secret 1 <64 hex>", mode 0600. QIAO_E_KEY. */
qiao_err qiao_secret_load(struct qiao_hash *out, const char *path,
			  struct qiao_why *why);

#endif
