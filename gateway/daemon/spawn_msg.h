/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between spawner and relay process over their socketpair (SEQPACKET:
 * one packet, one message). The spawner trusts the relay, which talks to the
 * world, with nothing beyond what these say. Private to spawner.c, spawn_*.c.
 */
#ifndef GATEWAY_DAEMON_SPAWN_MSG_H
#define GATEWAY_DAEMON_SPAWN_MSG_H

#include "gateway/base/buf.h"
#include "gateway/include/qiao/limits.h"

#include <sys/types.h>

#define QIAO_SPAWN_TEXT_MAX QIAO_KIB(32) /* what a policy check printed */
#define QIAO_SPAWN_MSG_MAX  (QIAO_SPAWN_TEXT_MAX + QIAO_KIB(2))

enum qiao_spawn_op {
	QIAO_SPAWN_START = 1,  /* name: chain; path: url of its socket */
	QIAO_SPAWN_END = 2,    /* pid; not answered */
	QIAO_SPAWN_CHECK = 3,  /* path: folder */
	QIAO_SPAWN_REPLY = 4,  /* to number: err, pid, text */
	QIAO_SPAWN_EXITED = 5, /* pid, status as of waitpid, name: chain */
};

struct qiao_spawn_msg {
	enum qiao_spawn_op op;
	uint64_t number; /* of a request; its reply has the same */
	int64_t pid;
	int64_t status; /* REPLY: a qiao_err; EXITED: of waitpid */
	char name[QIAO_NAME_MAX + 1];
	char path[QIAO_PATH_LEN];
	struct qiao_slice text; /* borrowed */
};

/* One packet. QIAO_E_CLOSED: the other side is gone. Blocks. */
qiao_err qiao_spawn_send(int fd, const struct qiao_spawn_msg *m);
/* out->text borrows from store, which is cleared first. */
qiao_err qiao_spawn_receive(int fd, struct qiao_spawn_msg *out,
			    struct qiao_buf *store);

#endif
