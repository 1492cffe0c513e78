/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the threads of the relay process share. Built by start.c, then constant
 * except for what a lock is named for. Lock order: chain -> policy, freeze
 * -> store writer; a function that runs in a store transaction takes no lock.
 */
#ifndef GATEWAY_DAEMON_DAEMON_H
#define GATEWAY_DAEMON_DAEMON_H

#include "adapters/host/host.h"
#include "gateway/audit/log.h"
#include "gateway/base/workers.h"
#include "gateway/daemon/bell.h"
#include "gateway/daemon/config.h"
#include "gateway/record/mapping.h"
#include "gateway/store/store.h"
#include "gateway/verify/lightclient.h"
#include "policies/engine/engine.h"
#include "relay/peer.h"
#include "relay/transport.h"

#include <pthread.h>
#include <stdatomic.h>

struct qiao_daemon;
struct qiao_spawner;

/* A chain that this gateway follows: by its own adapter, or through a peer. */
struct qiao_chain {
	struct qiao_daemon *d;
	const struct qiao_config_chain *cfg;
	int64_t number; /* in the store */
	struct qiao_hash identity;
	const struct qiao_lightclient_api *api;
	struct qiao_host *host; /* NULL: no adapter of ours */

	struct qiao_conf *anchor; /* parsed, lives as long as the chain */
	struct qiao_buf anchor_blob;
	/* the rest under lock */
	pthread_mutex_t lock;
	struct qiao_lightclient *lc;
	atomic_uint refusals; /* of copies, in a row */
	atomic_bool frozen;
	_Atomic int64_t accepted_ms;   /* when the newest header was accepted */
	_Atomic int64_t accepted_mono; /* the same moment, monotonic */
	_Atomic uint64_t next; /* headers below this height are trusted */
	struct qiao_bell bell; /* a transfer waits for the deliverer */
};

/* A mapping belongs to a policy: both are exchanged together. */
struct qiao_rules {
	atomic_int refs;
	struct qiao_policy *policy;
	size_t n; /* parallel to d->chains; NULL where a chain has none */
	struct qiao_mapping *mapping[QIAO_CHAINS_MAX];
	struct qiao_hash mapping_sha256[QIAO_CHAINS_MAX]; /* of its bytes */
	struct qiao_hash sources; /* qiao_rules_source_digest */
};

struct qiao_route {
	const struct qiao_config_route *cfg;
	struct qiao_chain *from, *to;
	struct qiao_link_peer *peer;
	atomic_bool frozen;
};

/* A peer and the thread that sends to it. */
struct qiao_link_peer {
	struct qiao_daemon *d;
	struct qiao_peer *peer;     /* of d->peers */
	struct qiao_dialer *dialer; /* NULL: it dials us only */
	struct qiao_bell bell;      /* something may be due */
	/*
	 * Of the sending thread, by chain: the next height that the peer
	 * needs, as it said last; 0: it was not asked since the start.
	 */
	uint64_t needs[QIAO_CHAINS_MAX];
	pthread_mutex_t lock;
	/* for status, under lock */
	char last[384]; /* the newest failure in words, or "" */
	int64_t heard_ms;
	/* headers.c, under lock: doubtful headers that it may still show us */
	unsigned int doubts_left;
	int64_t doubts_at; /* monotonic; 0: never counted */
};

struct qiao_daemon {
	const struct qiao_config *cfg;
	struct qiao_key *key;
	uint8_t salt_key[32], pseudonym_key[32];
	struct qiao_store *store;
	struct qiao_audit_log log;
	size_t n_chains, n_routes, n_links;
	/* threads for signatures, lent to the light clients; or none */
	struct qiao_workers *workers;
	struct qiao_parallel parallel;
	struct qiao_chain *chains;
	struct qiao_route *routes;
	struct qiao_link_peer *links; /* parallel to the peers table */
	struct qiao_peers *peers;
	struct qiao_listener *listener;
	struct qiao_capture *capture;

	struct qiao_spawner *spawner;

	/* a freeze, or its end: row and flag together */
	pthread_mutex_t freeze_lock;
	struct qiao_unstored *unstored; /* freezes that the store refused */

	pthread_mutex_t rules_lock;
	struct qiao_rules *rules; /* NULL until loaded: everything is denied */
	int64_t rules_at;         /* when these were loaded */
	/* why the newest try failed, the rules stayed as they were; or "" */
	char rules_problem[384];

	atomic_bool stopping;
	int64_t started_ms;
};

/* One reference; NULL when nothing is loaded. End with release. */
struct qiao_rules *qiao_rules_take(struct qiao_daemon *d);
void qiao_rules_release(struct qiao_rules *r); /* NULL is fine */

struct qiao_chain *qiao_chain_by_identity(struct qiao_daemon *d,
					  const struct qiao_hash *identity);
struct qiao_chain *qiao_chain_by_name(struct qiao_daemon *d, const char *name);
size_t qiao_chain_index(const struct qiao_chain *c);
struct qiao_link_peer *qiao_link_by_id(struct qiao_daemon *d, const char *id);
/*
 * The store did not take `what` of a chain or peer (`of`, its name); it is
 * tried again. Says so once, with cause and remedy.
 */
void qiao_store_refused(const char *of, const char *name, const char *what,
			qiao_err err);
/* A route with this peer begins or ends at the chain. */
bool qiao_link_concerns(const struct qiao_link_peer *l,
			const struct qiao_chain *c);
#define QIAO_CLOCK_BACK_MS 2000 /* further back is a step, not a race */
/*
 * The clock may be relied on (configuration `clock.source`), and is not before
 * the moment at which some header was accepted.
 */
bool qiao_daemon_clock_ok(const struct qiao_daemon *d);

#endif
