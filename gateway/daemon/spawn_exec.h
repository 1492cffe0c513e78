/* SPDX-License-Identifier: Apache-2.0 */
/* fork and exec, with limits. For the spawner process only. */
#ifndef GATEWAY_DAEMON_SPAWN_EXEC_H
#define GATEWAY_DAEMON_SPAWN_EXEC_H

#include "gateway/daemon/config.h"

#include <sys/types.h>

/* A sanitiser maps terabytes and looks into the process by itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QIAO_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QIAO_SANITIZED 1
#endif
#endif
#ifndef QIAO_SANITIZED
#define QIAO_SANITIZED 0
#endif

/*
 * Both give a pid, the leader of a process group of its own, or -1 and why.
 * The new process dies with this one. life: becomes its standard input.
 */
pid_t qiao_spawn_adapter(const struct qiao_config *cfg,
			 const struct qiao_config_chain *chain, const char *url,
			 int life, struct qiao_why *why);
/* `qiaod --check-policy DIR`; *out reads what it prints, and never blocks. */
pid_t qiao_spawn_check(const char *dir, int *out, struct qiao_why *why);

#endif
