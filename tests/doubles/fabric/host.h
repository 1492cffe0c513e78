/* SPDX-License-Identifier: Apache-2.0 */
/* All nodes of the channel as gRPC servers of one process, and their faults. */
#ifndef TESTS_DOUBLES_FABRIC_HOST_H
#define TESTS_DOUBLES_FABRIC_HOST_H

#include "tests/doubles/fabric/ledger.h"
#include "tests/doubles/fabric/server.h"

#include <stdatomic.h>

struct station {
	struct host *host;
	struct node *node;
	size_t index; /* among the peers, or among the orderers */
	bool peer;
	/* below: under the ledger's lock */
	struct server *server;    /* NULL: stopped; the main thread only */
	unsigned int certificate; /* generation that handshakes were given */
	enum lie lie;
	bool stalled;
	atomic_bool stop;   /* wanted, by whoever cannot do it */
	uint64_t die_at;    /* stop when this block is asked for */
	struct block *fork; /* served in place of the genuine one */
	unsigned int mute;  /* so many answers are lost after the work */
};

struct host {
	struct ledger ledger;
	struct net net;
	struct station station[NET_NODES];
	size_t stations;
	const char *dir;
	bool mutual;
	const char *client_roots; /* of all organisations, PEM */
	unsigned int generation;  /* of certificates, from 1 */
	int64_t clock_ms;         /* how wrong the nodes' clock is */
	bool hold;                /* what is submitted waits */
	atomic_bool end;
};

void host_roots(struct host *h); /* the authorities changed */
struct station *host_find(struct host *h, const char *name);
bool host_start(struct station *s);
void host_stop(struct station *s);
/* What `serve` of every station's server is. */
void host_serve(struct call *c);
/* Wait while it stands still; false: the client is gone. The lock is held. */
bool host_pause(struct station *s, struct call *c);

/* HTTP-like statuses of Deliver and Broadcast. */
enum status {
	STATUS_OK = 200,
	STATUS_BAD_REQUEST = 400,
	STATUS_FORBIDDEN = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_UNAVAILABLE = 503,
};

/* --- auth.c: may they? The lock is held. --- */

struct request {
	Fab__ChannelHeader *ch;
	Fab__SignatureHeader *sh;
	struct qiao_slice channel_header, signature_header;
	struct qiao_slice body; /* Payload.data or Proposal.payload */
};
/* why: a sentence as Fabric says it */
enum status auth_deliver(struct request *out, const char **why,
			 struct station *s, struct call *c,
			 struct qiao_slice envelope);
enum status auth_broadcast(struct request *out, const char **why,
			   struct station *s, struct call *c,
			   struct qiao_slice envelope);
/* NULL: it may; else why not */
const char *auth_proposal(struct request *out, struct station *s,
			  struct call *c, const Fab__SignedProposal *proposal);
const char *auth_reader(struct station *s, struct call *c,
			struct qiao_slice identity, struct qiao_slice signed_,
			struct qiao_slice signature);

/* --- the services --- */

void deliver_serve(struct call *c, struct station *s, bool filtered);
void broadcast_serve(struct call *c, struct station *s);
void endorser_serve(struct call *c, struct station *s);
/* method: Endorse, Submit, CommitStatus, Evaluate */
void gateway_serve(struct call *c, struct station *s, const char *method);

#endif
