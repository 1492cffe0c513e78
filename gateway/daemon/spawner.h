/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spawner: the process that main() begins as. It forks the relay process
 * before any library is initialised, stays single-threaded, and afterwards only
 * execs: an adapter of the configured list, or a policy check with limits.
 * NNG must not be forked and threads must not be forked, so nothing else in the
 * program forks.
 */
#ifndef GATEWAY_DAEMON_SPAWNER_H
#define GATEWAY_DAEMON_SPAWNER_H

#include "gateway/base/why.h"

#include <sys/types.h>

/*
 * In main(), before anything else. Returns 0 in the relay process, *channel
 * being its end of the socket; in the spawner it returns only when all is over,
 * with the exit code + 1.
 */
int qiao_spawner_split(int *channel, const char *config_path);

/* The relay process' side; thread-safe. */
struct qiao_spawner;
qiao_err qiao_spawner_attach(struct qiao_spawner **out, int channel);
/* Start the adapter of a chain (nickname) on a socket url. */
qiao_err qiao_spawner_start(struct qiao_spawner *s, pid_t *pid,
			    const char *chain, const char *url,
			    struct qiao_why *why);
void qiao_spawner_end(struct qiao_spawner *s, pid_t pid);
/* Check a policy folder in a process with limits; its findings in why. */
qiao_err qiao_spawner_check_policy(struct qiao_spawner *s, const char *dir,
				   struct qiao_why *why);
void qiao_spawner_free(struct qiao_spawner *s);

#endif
