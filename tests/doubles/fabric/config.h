/* SPDX-License-Identifier: Apache-2.0 */
/* The channel's configuration: the first one, and signed changes of it. */
#ifndef TESTS_DOUBLES_FABRIC_CONFIG_H
#define TESTS_DOUBLES_FABRIC_CONFIG_H

#include "tests/doubles/fabric/tx.h"

struct config {
	struct pool pool;
	Fab__ConfigGroup *root;
	uint64_t sequence;
	const struct net *net;
};

void config_make(struct config *c, const struct net *net);
void config_free(struct config *c);
/* ConfigEnvelope of what is in force; last_update: an Envelope, or empty. */
struct qiao_slice config_envelope(struct config *c, struct pool *p,
				  struct qiao_slice last_update);

struct change {
	const char *group[2]; /* below Channel; [1] may be NULL */
	const char *key;
	bool policy; /* value is a SignaturePolicyEnvelope */
	struct qiao_slice value;
};
/*
 * Carry the changes out; returns the request for it (Envelope of a
 * CONFIG_UPDATE), signed by the administrators of all ordering organisations.
 */
struct qiao_slice config_change(struct config *c, struct pool *p,
				const struct change *change, size_t n);

/* Values as the network is now, for changes; orderer: NULL, those in force. */
struct qiao_slice config_msp(struct pool *p, const struct org *org);
struct qiao_slice config_consensus(struct pool *p, const struct net *net,
				   const struct node *orderer);
struct qiao_slice config_mapping(struct pool *p, const struct net *net,
				 const struct node *orderer);
struct qiao_slice config_block_policy(struct pool *p, const struct net *net,
				      const struct node *orderer);
struct qiao_slice config_batch(struct pool *p, uint32_t max_messages);

/* SignaturePolicyEnvelope: peers of so many of the application's orgs */
struct qiao_slice config_peers_policy(struct pool *p, const struct net *net,
				      size_t need);
/* Signatures that a quorum of n BFT orderers gives. */
size_t config_quorum(size_t n);

#endif
