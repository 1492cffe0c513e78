/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/config.h"

#include <string.h>

#define SIGNATURE 1
#define IMPLICIT  3
#define ITEMS_MAX 10 /* of one kind in one group */

enum {
	ANY,
	ALL,
	MAJORITY
};
enum {
	MEMBER,
	ADMIN,
	CLIENT,
	PEER,
	ORDERER
}; /* MSPRole */

/* --- the tree --- */

static Fab__ConfigGroup *new_group(struct pool *p)
{
	Fab__ConfigGroup *g = pool_take(p, sizeof(*g));

	fab__config_group__init(g);
	g->groups = pool_take(p, ITEMS_MAX * sizeof(*g->groups));
	g->values = pool_take(p, ITEMS_MAX * sizeof(*g->values));
	g->policies = pool_take(p, ITEMS_MAX * sizeof(*g->policies));
	return g;
}

static Fab__ConfigGroup *put_group(struct pool *p, Fab__ConfigGroup *g,
				   const char *key)
{
	Fab__GroupEntry *e = pool_take(p, sizeof(*e));

	fab__group_entry__init(e);
	e->key = pool_printf(p, "%s", key);
	e->value = new_group(p);
	e->value->mod_policy = pool_printf(p, "Admins");
	g->groups[g->n_groups++] = e;
	return e->value;
}

static Fab__ConfigValue *put_value(struct pool *p, Fab__ConfigGroup *g,
				   const char *key, struct qiao_slice value)
{
	Fab__ValueEntry *e = pool_take(p, sizeof(*e));
	Fab__ConfigValue *v = pool_take(p, sizeof(*v));

	fab__value_entry__init(e);
	fab__config_value__init(v);
	e->key = pool_printf(p, "%s", key);
	e->value = v;
	v->value = pb(value);
	v->mod_policy = pool_printf(p, "Admins");
	g->values[g->n_values++] = e;
	return v;
}

static Fab__ConfigPolicy *put_policy(struct pool *p, Fab__ConfigGroup *g,
				     const char *key, int32_t type,
				     struct qiao_slice value)
{
	Fab__PolicyEntry *e = pool_take(p, sizeof(*e));
	Fab__ConfigPolicy *c = pool_take(p, sizeof(*c));

	fab__policy_entry__init(e);
	fab__config_policy__init(c);
	c->policy = pool_take(p, sizeof(*c->policy));
	fab__policy__init(c->policy);
	c->policy->type = type;
	c->policy->value = pb(value);
	c->mod_policy = pool_printf(p, "Admins");
	e->key = pool_printf(p, "%s", key);
	e->value = c;
	g->policies[g->n_policies++] = e;
	return c;
}

static void put_implicit(struct pool *p, Fab__ConfigGroup *g, const char *key,
			 const char *sub, int32_t rule)
{
	Fab__ImplicitMetaPolicy m = FAB__IMPLICIT_META_POLICY__INIT;

	m.sub_policy = pool_printf(p, "%s", sub);
	m.rule = rule;
	put_policy(p, g, key, IMPLICIT, pool_pack(p, &m));
}

/* --- signature policies --- */

static Fab__MSPPrincipal *role(struct pool *p, const char *msp, int32_t which)
{
	Fab__MSPPrincipal *out = pool_take(p, sizeof(*out));
	Fab__MSPRole r = FAB__MSPROLE__INIT;

	fab__mspprincipal__init(out);
	r.msp_identifier = pool_printf(p, "%s", msp);
	r.role = which;
	out->principal = pb(pool_pack(p, &r));
	return out;
}

static Fab__MSPPrincipal *person(struct pool *p, const struct identity *id)
{
	Fab__MSPPrincipal *out = pool_take(p, sizeof(*out));

	fab__mspprincipal__init(out);
	out->principal_classification = 2;
	out->principal = pb(id->serialized);
	return out;
}

/* need of the n principals */
static struct qiao_slice out_of(struct pool *p, size_t need,
				Fab__MSPPrincipal **principal, size_t n)
{
	Fab__SignaturePolicyEnvelope env = FAB__SIGNATURE_POLICY_ENVELOPE__INIT;
	Fab__SignaturePolicy rule = FAB__SIGNATURE_POLICY__INIT;
	Fab__NOutOf gate = FAB__NOUT_OF__INIT;
	Fab__SignaturePolicy *leaf =
		pool_list(p, n, sizeof(*leaf), (void ***)&gate.rules);

	for (size_t i = 0; i < n; i++) {
		fab__signature_policy__init(&leaf[i]);
		leaf[i].type_case = FAB__SIGNATURE_POLICY__TYPE_SIGNED_BY;
		leaf[i].signed_by = (int32_t)i;
	}
	gate.n = (int32_t)need;
	gate.n_rules = n;
	rule.type_case = FAB__SIGNATURE_POLICY__TYPE_N_OUT_OF;
	rule.n_out_of = &gate;
	env.rule = &rule;
	env.identities = principal;
	env.n_identities = n;
	return pool_pack(p, &env);
}

static void put_roles(struct pool *p, Fab__ConfigGroup *g, const char *key,
		      const char *msp, const int32_t *roles, size_t n)
{
	Fab__MSPPrincipal *principal[3];

	for (size_t i = 0; i < n; i++)
		principal[i] = role(p, msp, roles[i]);
	put_policy(p, g, key, SIGNATURE, out_of(p, 1, principal, n));
}

struct qiao_slice config_peers_policy(struct pool *p, const struct net *net,
				      size_t need)
{
	Fab__MSPPrincipal *principal[NET_PEERS];

	for (size_t i = 0; i < NET_PEERS; i++)
		principal[i] = role(p, net->org[i].msp, PEER);
	return out_of(p, need, principal, NET_PEERS);
}

size_t config_quorum(size_t n)
{
	size_t f = (n - 1) / 3;

	return (n + f + 2) / 2;
}

struct qiao_slice config_block_policy(struct pool *p, const struct net *net,
				      const struct node *orderer)
{
	Fab__MSPPrincipal *principal[NET_ORDERERS];

	for (size_t i = 0; i < net->orderers; i++)
		principal[i] = person(p, &orderer[i].signer);
	return out_of(p, config_quorum(net->orderers), principal,
		      net->orderers);
}

/* --- values --- */

static Fab__FabricOUIdentifier *unit(struct pool *p, const struct org *org,
				     const char *name)
{
	Fab__FabricOUIdentifier *out = pool_take(p, sizeof(*out));

	fab__fabric_ouidentifier__init(out);
	out->organizational_unit_identifier = pool_printf(p, "%s", name);
	if (org->pinned)
		out->certificate = pb(org->ca[org->first].pem);
	return out;
}

static ProtobufCBinaryData *roots(struct pool *p, const struct identity *ca,
				  const struct org *org)
{
	ProtobufCBinaryData *out = pool_take(p, 2 * sizeof(*out));

	for (size_t i = org->first; i < org->end; i++)
		out[i - org->first] = pb(ca[i].pem);
	return out;
}

struct qiao_slice config_msp(struct pool *p, const struct org *org)
{
	Fab__MSPConfig out = FAB__MSPCONFIG__INIT;
	Fab__FabricMSPConfig m = FAB__FABRIC_MSPCONFIG__INIT;
	Fab__FabricCryptoConfig crypto = FAB__FABRIC_CRYPTO_CONFIG__INIT;
	Fab__FabricNodeOUs ous = FAB__FABRIC_NODE_OUS__INIT;

	crypto.signature_hash_family = pool_printf(p, "SHA2");
	crypto.identity_identifier_hash_function = pool_printf(p, "SHA256");
	ous.enable = 1;
	ous.client = unit(p, org, "client");
	ous.peer = unit(p, org, "peer");
	ous.admin = unit(p, org, "admin");
	ous.orderer = unit(p, org, "orderer");
	m.name = pool_printf(p, "%s", org->msp);
	m.root_certs = roots(p, org->ca, org);
	m.n_root_certs = org->end - org->first;
	m.tls_root_certs = roots(p, org->tls_ca, org);
	m.n_tls_root_certs = org->end - org->first;
	m.crypto_config = &crypto;
	m.fabric_node_ous = &ous;
	out.config = pb(pool_pack(p, &m));
	return pool_pack(p, &out);
}

static struct qiao_slice raft_metadata(struct pool *p, const struct net *net,
				       const struct node *orderer)
{
	Fab__RaftConfig out = FAB__RAFT_CONFIG__INIT;
	Fab__RaftOptions options = FAB__RAFT_OPTIONS__INIT;
	Fab__RaftConsenter *c = pool_list(p, net->orderers, sizeof(*c),
					  (void ***)&out.consenters);

	out.n_consenters = net->orderers;
	for (size_t i = 0; i < net->orderers; i++) {
		fab__raft_consenter__init(&c[i]);
		c[i].host = pool_printf(p, "127.0.0.1");
		c[i].port = (uint32_t)orderer[i].port;
		c[i].client_tls_cert = pb(orderer[i].tls.pem);
		c[i].server_tls_cert = pb(orderer[i].tls.pem);
	}
	options.tick_interval = pool_printf(p, "500ms");
	options.election_tick = 10;
	options.heartbeat_tick = 1;
	options.max_inflight_blocks = 5;
	options.snapshot_interval_size = 16 * 1024 * 1024;
	out.options = &options;
	return pool_pack(p, &out);
}

struct qiao_slice config_consensus(struct pool *p, const struct net *net,
				   const struct node *orderer)
{
	Fab__ConsensusType out = FAB__CONSENSUS_TYPE__INIT;

	out.type = pool_printf(p, net->bft ? "BFT" : "etcdraft");
	if (!net->bft)
		out.metadata = pb(raft_metadata(p, net, orderer));
	return pool_pack(p, &out);
}

struct qiao_slice config_mapping(struct pool *p, const struct net *net,
				 const struct node *orderer)
{
	Fab__Orderers out = FAB__ORDERERS__INIT;
	Fab__Consenter *c = pool_list(p, net->orderers, sizeof(*c),
				      (void ***)&out.consenter_mapping);

	out.n_consenter_mapping = net->orderers;
	for (size_t i = 0; i < net->orderers; i++) {
		fab__consenter__init(&c[i]);
		c[i].id = (uint32_t)i + 1;
		c[i].host = pool_printf(p, "127.0.0.1");
		c[i].port = (uint32_t)orderer[i].port;
		c[i].msp_id = pool_printf(p, "%s", orderer[i].org->msp);
		c[i].identity = pb(orderer[i].signer.pem);
		c[i].client_tls_cert = pb(orderer[i].tls.pem);
		c[i].server_tls_cert = pb(orderer[i].tls.pem);
	}
	return pool_pack(p, &out);
}

struct qiao_slice config_batch(struct pool *p, uint32_t max_messages)
{
	Fab__BatchSize b = FAB__BATCH_SIZE__INIT;

	b.max_message_count = max_messages;
	b.absolute_max_bytes = 10 * 1024 * 1024;
	b.preferred_max_bytes = 2 * 1024 * 1024;
	return pool_pack(p, &b);
}

static void put_capability(struct pool *p, Fab__ConfigGroup *g,
			   const char *word)
{
	Fab__Capabilities out = FAB__CAPABILITIES__INIT;
	Fab__CapabilityEntry e = FAB__CAPABILITY_ENTRY__INIT;
	Fab__CapabilityEntry *list = &e;
	Fab__Capability empty = FAB__CAPABILITY__INIT;

	e.key = pool_printf(p, "%s", word);
	e.value = &empty;
	out.capabilities = &list;
	out.n_capabilities = 1;
	put_value(p, g, "Capabilities", pool_pack(p, &out));
}

static void put_endpoints(struct pool *p, Fab__ConfigGroup *g,
			  const struct net *net, const struct org *org)
{
	Fab__OrdererAddresses out = FAB__ORDERER_ADDRESSES__INIT;
	char *address[NET_ORDERERS];

	out.addresses = address;
	for (size_t i = 0; i < net->orderers; i++)
		if (net->orderer[i].org == org)
			address[out.n_addresses++] = pool_printf(
				p, "127.0.0.1:%d", net->orderer[i].port);
	put_value(p, g, "Endpoints", pool_pack(p, &out));
}

/* --- the first configuration --- */

static void put_org(struct pool *p, Fab__ConfigGroup *section,
		    const struct net *net, const struct org *org)
{
	const int32_t readers[3] = { ADMIN, org->orders ? ORDERER : PEER,
				     CLIENT };
	const int32_t app_writers[2] = { ADMIN, CLIENT };
	const int32_t peer[1] = { PEER };
	Fab__ConfigGroup *g = put_group(p, section, org->msp);

	if (org->orders)
		put_endpoints(p, g, net, org);
	put_value(p, g, "MSP", config_msp(p, org));
	put_roles(p, g, "Admins", org->msp, app_writers, 1);
	if (!org->orders)
		put_roles(p, g, "Endorsement", org->msp, peer, 1);
	put_roles(p, g, "Readers", org->msp, readers, 3);
	if (org->orders)
		put_roles(p, g, "Writers", org->msp, readers, 3);
	else
		put_roles(p, g, "Writers", org->msp, app_writers, 2);
}

static void put_application(struct pool *p, Fab__ConfigGroup *root,
			    const struct net *net)
{
	Fab__ConfigGroup *g = put_group(p, root, "Application");

	put_capability(p, g, "V2_5");
	put_implicit(p, g, "Admins", "Admins", MAJORITY);
	put_implicit(p, g, "Endorsement", "Endorsement", MAJORITY);
	put_implicit(p, g, "LifecycleEndorsement", "Endorsement", MAJORITY);
	put_implicit(p, g, "Readers", "Readers", ANY);
	put_implicit(p, g, "Writers", "Writers", ANY);
	for (size_t i = 0; i < NET_PEERS; i++)
		put_org(p, g, net, &net->org[i]);
}

static void put_orderer(struct pool *p, Fab__ConfigGroup *root,
			const struct net *net)
{
	Fab__ConfigGroup *g = put_group(p, root, "Orderer");
	Fab__BatchTimeout timeout = FAB__BATCH_TIMEOUT__INIT;

	timeout.timeout = pool_printf(p, "100ms");
	put_value(p, g, "BatchSize", config_batch(p, 50));
	put_value(p, g, "BatchTimeout", pool_pack(p, &timeout));
	put_capability(p, g, "V2_0");
	put_value(p, g, "ChannelRestrictions", qiao_slice_of(NULL, 0));
	put_value(p, g, "ConsensusType",
		  config_consensus(p, net, net->orderer));
	if (net->bft)
		put_value(p, g, "Orderers",
			  config_mapping(p, net, net->orderer));
	put_implicit(p, g, "Admins", "Admins", MAJORITY);
	if (net->bft)
		put_policy(p, g, "BlockValidation", SIGNATURE,
			   config_block_policy(p, net, net->orderer));
	else
		put_implicit(p, g, "BlockValidation", "Writers", ANY);
	put_implicit(p, g, "Readers", "Readers", ANY);
	put_implicit(p, g, "Writers", "Writers", ANY);
	for (size_t i = NET_PEERS; i < net->orgs; i++)
		put_org(p, g, net, &net->org[i]);
}

void config_make(struct config *c, const struct net *net)
{
	Fab__BlockDataHashingStructure width =
		FAB__BLOCK_DATA_HASHING_STRUCTURE__INIT;
	Fab__HashingAlgorithm hash = FAB__HASHING_ALGORITHM__INIT;
	struct pool *p = &c->pool;

	memset(c, 0, sizeof(*c));
	c->net = net;
	c->root = new_group(p);
	c->root->mod_policy = pool_printf(p, "Admins");
	width.width = UINT32_MAX;
	hash.name = pool_printf(p, "SHA256");
	put_value(p, c->root, "BlockDataHashingStructure",
		  pool_pack(p, &width));
	put_capability(p, c->root, net->bft ? "V3_0" : "V2_0");
	put_value(p, c->root, "HashingAlgorithm", pool_pack(p, &hash));
	put_implicit(p, c->root, "Admins", "Admins", MAJORITY);
	put_implicit(p, c->root, "Readers", "Readers", ANY);
	put_implicit(p, c->root, "Writers", "Writers", ANY);
	put_application(p, c->root, net);
	put_orderer(p, c->root, net);
}

void config_free(struct config *c)
{
	pool_free(&c->pool);
}

struct qiao_slice config_envelope(struct config *c, struct pool *p,
				  struct qiao_slice last_update)
{
	Fab__ConfigEnvelope out = FAB__CONFIG_ENVELOPE__INIT;
	Fab__Config config = FAB__CONFIG__INIT;

	config.sequence = c->sequence;
	config.channel_group = c->root;
	out.config = &config;
	if (last_update.n > 0)
		out.last_update = UNPACK(p, envelope, last_update);
	return pool_pack(p, &out);
}

/* --- changes --- */

static Fab__ConfigGroup *child(const Fab__ConfigGroup *g, const char *key)
{
	for (size_t i = 0; i < g->n_groups; i++)
		if (strcmp(g->groups[i]->key, key) == 0)
			return g->groups[i]->value;
	return NULL;
}

/* The same group in a set of a request: named, with the version it has now. */
static Fab__ConfigGroup *mirror(struct pool *p, Fab__ConfigGroup *set,
				const Fab__ConfigGroup *now, const char *key)
{
	Fab__ConfigGroup *g = child(set, key);

	if (g)
		return g;
	g = put_group(p, set, key);
	g->mod_policy = pool_printf(p, "%s", "");
	g->version = child(now, key)->version;
	return g;
}

static void change_value(Fab__ConfigGroup *now, Fab__ConfigGroup *write,
			 struct config *c, struct pool *p,
			 const struct change *change)
{
	for (size_t i = 0; i < now->n_values; i++) {
		Fab__ConfigValue *v = now->values[i]->value;

		if (strcmp(now->values[i]->key, change->key) != 0)
			continue;
		v->version++;
		v->value = pb(pool_copy(&c->pool, change->value));
		put_value(p, write, change->key, change->value)->version =
			v->version;
	}
}

static void change_policy(Fab__ConfigGroup *now, Fab__ConfigGroup *write,
			  struct config *c, struct pool *p,
			  const struct change *change)
{
	for (size_t i = 0; i < now->n_policies; i++) {
		Fab__ConfigPolicy *v = now->policies[i]->value;

		if (strcmp(now->policies[i]->key, change->key) != 0)
			continue;
		v->version++;
		v->policy->type = SIGNATURE;
		v->policy->value = pb(pool_copy(&c->pool, change->value));
		put_policy(p, write, change->key, SIGNATURE, change->value)
			->version = v->version;
	}
}

static void carry_out(struct config *c, struct pool *p, Fab__ConfigGroup *read,
		      Fab__ConfigGroup *write, const struct change *change)
{
	Fab__ConfigGroup *now = c->root;

	for (size_t i = 0; i < 2 && change->group[i]; i++) {
		read = mirror(p, read, now, change->group[i]);
		write = mirror(p, write, now, change->group[i]);
		now = child(now, change->group[i]);
	}
	if (change->policy)
		change_policy(now, write, c, p, change);
	else
		change_value(now, write, c, p, change);
}

static struct qiao_slice sign_request(struct config *c, struct pool *p,
				      struct qiao_slice update)
{
	const struct net *net = c->net;
	Fab__ConfigUpdateEnvelope out = FAB__CONFIG_UPDATE_ENVELOPE__INIT;
	size_t n = net->orgs - NET_PEERS;
	Fab__ConfigSignature *s =
		pool_list(p, n, sizeof(*s), (void ***)&out.signatures);

	out.config_update = pb(update);
	out.n_signatures = n;
	for (size_t i = 0; i < n; i++) {
		const struct identity *admin = &net->org[NET_PEERS + i].admin;
		struct tx_head head;
		struct qiao_slice part[2];

		tx_head_make(&head, p, TX_CONFIG_UPDATE, net->channel, NULL,
			     admin);
		part[0] = head.signature_header;
		part[1] = update;
		fab__config_signature__init(&s[i]);
		s[i].signature_header = pb(head.signature_header);
		s[i].signature = pb(pki_sign(p, admin, part, 2));
	}
	return pool_pack(p, &out);
}

struct qiao_slice config_change(struct config *c, struct pool *p,
				const struct change *change, size_t n)
{
	const struct identity *by = &c->net->org[NET_PEERS].admin;
	Fab__ConfigUpdate u = FAB__CONFIG_UPDATE__INIT;
	struct tx_head head;

	u.channel_id = pool_printf(p, "%s", c->net->channel);
	u.read_set = new_group(p);
	u.write_set = new_group(p);
	u.read_set->version = u.write_set->version = c->root->version;
	for (size_t i = 0; i < n; i++)
		carry_out(c, p, u.read_set, u.write_set, &change[i]);
	c->sequence++;
	tx_head_make(&head, p, TX_CONFIG_UPDATE, c->net->channel, NULL, by);
	return tx_envelope(
		p, by,
		tx_payload(p, &head, sign_request(c, p, pool_pack(p, &u))));
}
