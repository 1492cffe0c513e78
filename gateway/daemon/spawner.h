/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spawner: the process that main() begins as. It forks the relay process
 * before any library is initialised, stays single-threaded, and afterwards only
 * execs: an adapter of the configured list, or a policy check with limits.
 * NNG must not be forked and threads must not be forked, so nothing else in the
 * program forks.
 *
 * Whoever dies takes the others along: the relay and the adapters are killed by
 * the kernel when the spawner is gone (PR_SET_PDEATHSIG), and by the spawner
 * when the relay is gone.
 */
#ifndef GATEWAY_DAEMON_SPAWNER_H
#define GATEWAY_DAEMON_SPAWNER_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

#include <sys/types.h>

/*
 * In main(), before anything else. Returns 0 in the relay process, *channel
 * being its end of the socket; in the spawner it returns only when all is over,
 * with the exit code + 1. SIGTERM, SIGINT and SIGHUP are passed to the relay.
 */
int qiao_spawner_split(int *channel, const char *config_path);

/* The relay process' side; thread-safe. Takes over the channel. */
struct qiao_spawner;
qiao_err qiao_spawner_attach(struct qiao_spawner **out, int channel);
/* Start the adapter of a chain (nickname) on a socket url. */
qiao_err qiao_spawner_start(struct qiao_spawner *s, pid_t *pid,
			    const char *chain, const char *url,
			    struct qiao_why *why);
/* SIGTERM, and SIGKILL two seconds later. A pid that is not ours: nothing. */
void qiao_spawner_end(struct qiao_spawner *s, pid_t pid);
/*
 * Check a policy folder, one below gateway.data, in a process with limits on
 * time and memory. QIAO_E_CONFIG: it has errors. QIAO_E_TIMEOUT, QIAO_E_IO: the
 * check did not end well. What it printed is appended to findings in every
 * case. Blocks until it ended.
 */
qiao_err qiao_spawner_check_policy(struct qiao_spawner *s,
				   struct qiao_buf *findings, const char *dir,
				   struct qiao_why *why);
/* Processes started so far that ended by themselves. */
unsigned int qiao_spawner_exits(struct qiao_spawner *s);
void qiao_spawner_free(struct qiao_spawner *s); /* NULL is fine */

#endif
