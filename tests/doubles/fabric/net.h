/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is in the channel: organisations with their authorities, the nodes and
 * users with their certificates. Made anew by every start.
 */
#ifndef TESTS_DOUBLES_FABRIC_NET_H
#define TESTS_DOUBLES_FABRIC_NET_H

#include "tests/doubles/fabric/pki.h"

#define NET_PEERS    3 /* one of each organisation of the application */
#define NET_ORDERERS 4
#define NET_NODES    (NET_PEERS + NET_ORDERERS)

/* An authority of identities and one of TLS, each maybe being replaced. */
struct org {
	const char *msp;
	bool orders;
	struct identity ca[2], tls_ca[2];
	size_t first, end; /* which of them the configuration lists */
	bool pinned;       /* NodeOUs name their certifier */
	struct identity admin, client;
};

struct node {
	const char *name;
	struct org *org;
	struct identity signer, tls;
	int port;
};

struct net {
	struct pool pool;
	const char *channel;
	bool bft;
	size_t need; /* organisations whose endorsement a chaincode needs */
	struct org org[NET_PEERS + NET_ORDERERS];
	size_t orgs; /* the first NET_PEERS are the application's */
	struct node peer[NET_PEERS];
	struct node orderer[NET_ORDERERS];
	size_t orderers;
};

enum role {
	ROLE_NONE,
	ROLE_CLIENT,
	ROLE_PEER,
	ROLE_ADMIN,
	ROLE_ORDERER
};

void net_make(struct net *n, bool bft);
void net_free(struct net *n);

/* Who a SerializedIdentity is; cert is to be freed, also for ROLE_NONE. */
enum role net_identify(const struct net *n, struct pool *p, X509 **cert,
		       const struct org **org, struct qiao_slice serialized);

/* Nodes of the organisation whose certificates `config_rotate_*` replaces. */
struct org *net_rotating_org(struct net *n);
void net_rotate_authority(struct net *n); /* make the second one */
/* Certificates under the second authority for its nodes and admin... */
void net_rotate_nodes(struct net *n, struct node out[NET_ORDERERS],
		      struct identity *admin);
/* ...put in force; what they replace is freed */
void net_take_nodes(struct net *n, const struct node node[NET_ORDERERS],
		    const struct identity *admin);

/* Write what gateways need: roots, users with keys, the nodes' addresses. */
bool net_write(const struct net *n, const char *dir);
/* The roots alone, after one changed. */
bool net_write_roots(const struct net *n, const char *dir);

#endif
