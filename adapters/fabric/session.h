/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made from files: the identity, and a link to each server. Files that
 * change are read again, so certificates are renewed without a restart; whoever
 * still uses the old ones keeps them until it is done.
 */
#ifndef ADAPTERS_FABRIC_SESSION_H
#define ADAPTERS_FABRIC_SESSION_H

#include "adapters/fabric/config.h"
#include "adapters/fabric/message.h"
#include "adapters/fabric/rpc.h"

#include <pthread.h>

struct fabric_session {
	const struct fabric_config *cfg;
	struct fabric_identity *identity;
	bool has_tls;
	struct qiao_hash tls_hash; /* of our TLS certificate's DER */
	int64_t tls_not_after_ms;
	struct fabric_link *link[FABRIC_SOURCES_MAX];
	size_t users; /* under the lock of the sessions */
};

struct fabric_sessions {
	const struct fabric_config *cfg;
	pthread_mutex_t lock;
	struct fabric_session *now;
	_Atomic size_t gateway; /* who takes proposals now: a peer's index */
	struct qiao_hash files; /* of what stat says of them */
	int64_t look_at_ms;     /* monotonic */
};

/* Reads all files. cfg is borrowed until close. */
qiao_err fabric_sessions_open(struct fabric_sessions *s,
			      const struct fabric_config *cfg,
			      struct qiao_why *why);
void fabric_sessions_close(struct fabric_sessions *s);

/*
 * The newest. Looks for changed files at most once a second; when they cannot
 * be used (one of two was changed so far) it says so in the log and keeps what
 * it has. To be released.
 */
struct fabric_session *fabric_session_take(struct fabric_sessions *s);
void fabric_session_release(struct fabric_sessions *s,
			    struct fabric_session *session);

struct fabric_asker fabric_session_asker(const struct fabric_session *session);

#endif
