/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel's configuration: the tree in a configuration block, its policies
 * and its MSPs. Immutable once loaded, but for the memory of identities inside
 * its MSPs.
 */
#ifndef GATEWAY_VERIFY_FABRIC_CONFIG_H
#define GATEWAY_VERIFY_FABRIC_CONFIG_H

#include "gateway/verify/fabric_block.h"
#include "gateway/verify/fabric_policy.h"

/* common.Policy.type */
#define QIAO_FABRIC_POLICY_SIGNATURE 1
#define QIAO_FABRIC_POLICY_IMPLICIT  3

struct qiao_fabric_value {
	struct qiao_slice name;
	uint64_t version;
	struct qiao_slice value;
	struct qiao_slice mod_policy;
	bool unknown; /* has fields that are not known */
};

struct qiao_fabric_policy {
	struct qiao_slice name;
	uint64_t version;
	struct qiao_slice mod_policy;
	struct qiao_slice policy; /* common.Policy */
	int32_t type;
	bool unknown;
	struct qiao_fabric_sigpolicy signature;
	struct qiao_slice sub_policy; /* IMPLICIT */
	uint32_t rule; /* 0 any, 1 all, 2 majority; another: nobody satisfies */
};

struct qiao_fabric_group {
	struct qiao_slice name;
	uint64_t version;
	struct qiao_slice mod_policy;
	struct qiao_fabric_group *groups;
	size_t n_groups;
	struct qiao_fabric_value *values;
	size_t n_values;
	struct qiao_fabric_policy *policies;
	size_t n_policies;
	bool unknown;
	struct qiao_slice msp; /* name of the MSP that its MSP value defines */
};

/* An orderer that may sign by number (common.Consenter, v3). */
struct qiao_fabric_consenter {
	uint32_t id;
	struct qiao_buf identity; /* SerializedIdentity */
};

struct qiao_fabric_config {
	uint64_t height;       /* of the block that brought it */
	struct qiao_hash hash; /* of that block's header */
	uint64_t sequence;
	struct qiao_slice channel;
	bool v3;           /* channel capability V3_0 */
	bool bft;          /* consensus type BFT, else etcdraft */
	size_t raft_nodes; /* that etcdraft lists */
	struct qiao_fabric_consenter *consenter; /* as listed; ids may repeat */
	size_t consenters;
	struct qiao_fabric_group root; /* "Channel" */
	struct qiao_fabric_msps msps;
	struct qiao_slice
		last_update; /* Envelope that asked for it; or empty */
	uint8_t *bytes;      /* the block; slices borrow from it */
	size_t bytes_n;
	struct qiao_pb_arena arena;
	size_t items;
};

/*
 * Load the configuration in a configuration block (copied). Checks what makes
 * it usable, not who signed it. QIAO_E_CONFIG: not a configuration block, or
 * one that Fabric would refuse; QIAO_E_UNSUPPORTED: consensus other than
 * etcdraft and BFT, capabilities or MSPs that are not built; QIAO_E_LIMIT. *out
 * is NULL then.
 */
qiao_err qiao_fabric_config_load(struct qiao_fabric_config **out,
				 struct qiao_slice block,
				 struct qiao_fabric_sigs *sigs,
				 struct qiao_why *why);
void qiao_fabric_config_free(struct qiao_fabric_config *c); /* NULL is fine */

/* Members by name; NULL when absent (or g is NULL). */
struct qiao_fabric_group *qiao_fabric_group_at(
	const struct qiao_fabric_group *g, const char *name);
const struct qiao_fabric_value *qiao_fabric_value_at(
	const struct qiao_fabric_group *g, const char *name);

/*
 * Is the policy at a path such as "/Channel/Orderer/BlockValidation" satisfied
 * by these signers? A path that leads nowhere is not. QIAO_OK, QIAO_E_BADSIG,
 * QIAO_E_NOMEM.
 */
qiao_err qiao_fabric_config_satisfied(struct qiao_fabric_config *c,
				      struct qiao_slice path,
				      const struct qiao_fabric_signers *s);
bool qiao_fabric_config_has_policy(const struct qiao_fabric_config *c,
				   struct qiao_slice path);

/* The first consenter of this number; NULL. */
const struct qiao_fabric_consenter *qiao_fabric_consenter_find(
	const struct qiao_fabric_config *c, uint32_t id);
/* Between fabric_config.c and fabric_consenter.c; errors as of loading. */
qiao_err qiao_fabric_consenters_load(struct qiao_fabric_config *c,
				     struct qiao_why *why);
void qiao_fabric_consenters_fini(struct qiao_fabric_config *c);

/* The application organisation whose MSP has this name, or NULL. */
const struct qiao_fabric_group *qiao_fabric_config_org(
	const struct qiao_fabric_config *c, struct qiao_slice msp);

/*
 * Parse one ConfigGroup message into g (whose name is set by the caller); for
 * the configuration itself and for the sets of an update.
 */
qiao_err qiao_fabric_group_parse(struct qiao_fabric_group *g,
				 struct qiao_pb_arena *a, size_t *items,
				 struct qiao_slice in, unsigned int depth);
void qiao_fabric_group_fini(struct qiao_fabric_group *g);

/* Policy by relative path below g, "Org/Admins"; NULL. */
const struct qiao_fabric_policy *qiao_fabric_policy_below(
	const struct qiao_fabric_group *g, struct qiao_slice path,
	const struct qiao_fabric_group **owner);
qiao_err qiao_fabric_policy_satisfied(struct qiao_fabric_config *c,
				      const struct qiao_fabric_group *owner,
				      const struct qiao_fabric_policy *p,
				      const struct qiao_fabric_signers *s);

#endif
