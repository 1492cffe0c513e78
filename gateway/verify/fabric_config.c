/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_config.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

static const char root_path[] = "/Channel/";

/* A value's message, checked; false if absent or malformed. */
static bool value_message(struct qiao_slice *out,
			  const struct qiao_fabric_group *g, const char *name,
			  const struct qiao_pb_message *schema)
{
	const struct qiao_fabric_value *v = qiao_fabric_value_at(g, name);

	if (!v || qiao_pb_check(schema, v->value) != QIAO_OK)
		return false;
	*out = v->value;
	return true;
}

/* Every capability of a group must be one we know. Bit i: words[i] is set. */
static qiao_err read_capabilities(unsigned int *set,
				  const struct qiao_fabric_group *g,
				  const char *const *words,
				  struct qiao_why *why)
{
	struct qiao_slice in, entry;
	struct qiao_pb_iter it;
	char text[64];

	*set = 0;
	if (!qiao_fabric_value_at(g, "Capabilities"))
		return QIAO_OK;
	if (!value_message(&in, g, "Capabilities", &qiao_pb_capabilities))
		return qiao_fail(why, QIAO_E_CONFIG, "Capabilities malformed");
	it = qiao_pb_iter(in, 1);
	while (qiao_pb_each(&it, &entry)) {
		struct qiao_slice word = qiao_pb_bytes(entry, 1);
		size_t i = 0;

		while (words[i] && !qiao_slice_is(word, words[i]))
			i++;
		if (!words[i])
			return qiao_fail(
				why, QIAO_E_UNSUPPORTED,
				"capability %s: not built",
				qiao_str_escape(text, sizeof(text), word));
		*set |= 1u << i;
	}
	return QIAO_OK;
}

/*
 * The rules of identities are those of channel capability V1_4_3 on, the rules
 * of transactions those of application capability V2_0 on.
 */
static qiao_err check_capabilities(struct qiao_fabric_config *c,
				   struct qiao_why *why)
{
	static const char *const channel[] = { "V1_4_3", "V2_0", "V3_0",
					       "V1_1",   "V1_3", "V1_4_2",
					       NULL };
	static const char *const orderer[] = { "V1_1", "V1_4_2", "V2_0", NULL };
	static const char *const application[] = { "V2_0", "V2_5", "V1_1",
						   "V1_2", "V1_3", "V1_4_2",
						   NULL };
	unsigned int set;
	qiao_err err = read_capabilities(&set, &c->root, channel, why);

	if (err != QIAO_OK)
		return err;
	c->v3 = set & 4;
	if (!(set & 7))
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "channel capability below V1_4_3: not built");
	err = read_capabilities(&set, qiao_fabric_group_at(&c->root, "Orderer"),
				orderer, why);
	if (err != QIAO_OK)
		return err;
	err = read_capabilities(&set,
				qiao_fabric_group_at(&c->root, "Application"),
				application, why);
	if (err != QIAO_OK)
		return err;
	if (!(set & 3))
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "application capability below V2_0 (or a "
				 "system channel): not built");
	return QIAO_OK;
}

static qiao_err check_consensus(struct qiao_fabric_config *c,
				struct qiao_why *why)
{
	struct qiao_slice in, type;
	char text[64];

	if (!value_message(&in, qiao_fabric_group_at(&c->root, "Orderer"),
			   "ConsensusType", &qiao_pb_consensus_type))
		return qiao_fail(why, QIAO_E_CONFIG, "no ConsensusType");
	type = qiao_pb_bytes(in, 1);
	c->bft = qiao_slice_is(type, "BFT");
	if (!c->bft) /* etcdraft.ConfigMetadata; a malformed one lists nobody */
		c->raft_nodes = qiao_pb_count(qiao_pb_bytes(in, 2), 1);
	if (!c->bft && !qiao_slice_is(type, "etcdraft"))
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "consensus %s: not built, only etcdraft and "
				 "BFT are",
				 qiao_str_escape(text, sizeof(text), type));
	return QIAO_OK;
}

/* The header hash and the flat data hash that we compute. */
static qiao_err check_hashing(const struct qiao_fabric_config *c,
			      struct qiao_why *why)
{
	struct qiao_slice in;

	if (value_message(&in, &c->root, "HashingAlgorithm",
			  &qiao_pb_hashing_algorithm) &&
	    !qiao_slice_is(qiao_pb_bytes(in, 1), "SHA256"))
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "hashing algorithm other than SHA256");
	if (value_message(&in, &c->root, "BlockDataHashingStructure",
			  &qiao_pb_hashing_structure) &&
	    (uint32_t)qiao_pb_uint(in, 1) != UINT32_MAX)
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "data hash that is not flat");
	return QIAO_OK;
}

/* Organisations of a section: each group below it with an MSP value. */
static qiao_err load_msps(struct qiao_fabric_config *c, const char *section,
			  struct qiao_why *why)
{
	struct qiao_fabric_group *g = qiao_fabric_group_at(&c->root, section);

	for (size_t i = 0; g && i < g->n_groups; i++) {
		const struct qiao_fabric_value *v =
			qiao_fabric_value_at(&g->groups[i], "MSP");
		qiao_err err;

		if (!v)
			return qiao_fail(why, QIAO_E_CONFIG,
					 "an organisation without MSP");
		err = qiao_fabric_msps_add(&c->msps, &g->groups[i].msp,
					   v->value, c->v3, why);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

static qiao_err load_tree(struct qiao_fabric_config *c, struct qiao_slice data,
			  struct qiao_why *why)
{
	struct qiao_slice config, group;
	qiao_err err = qiao_pb_check(&qiao_pb_config_envelope, data);

	if (err != QIAO_OK || !qiao_pb_message(&c->arena, &config, data, 1) ||
	    !qiao_pb_message(&c->arena, &group, config, 2))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "ConfigEnvelope is malformed");
	qiao_pb_message(&c->arena, &c->last_update, data, 2);
	c->sequence = qiao_pb_uint(config, 1);
	c->root.name = qiao_slice_of(root_path + 1, sizeof(root_path) - 3);
	err = qiao_fabric_group_parse(&c->root, &c->arena, &c->items, group, 0);
	if (err == QIAO_E_NOMEM || c->arena.err != QIAO_OK)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	if (err == QIAO_E_UNSUPPORTED)
		return qiao_fail(why, err,
				 "a policy of more than %d parts or %d gates "
				 "in gates: not built",
				 QIAO_FABRIC_POLICY_NODES_MAX,
				 QIAO_FABRIC_POLICY_DEPTH_MAX);
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the tree of groups is malformed or "
				 "over a limit");
	return QIAO_OK;
}

static qiao_err load(struct qiao_fabric_config *c, struct qiao_why *why)
{
	struct qiao_fabric_block b;
	struct qiao_fabric_header h;
	struct qiao_slice entry;
	qiao_err err = qiao_fabric_block_parse(
		&b, qiao_slice_of(c->bytes, c->bytes_n), why);

	c->height = b.number;
	c->hash = b.hash;
	if (err == QIAO_OK)
		err = qiao_fabric_block_check_data(&b, why);
	if (err != QIAO_OK)
		return err == QIAO_E_STATE ? QIAO_E_CONFIG : err;
	if (!qiao_fabric_block_is_config(&b))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "not a configuration block");
	entry = qiao_pb_bytes(b.data, 1);
	if (qiao_fabric_header_parse(&h, &c->arena, qiao_pb_bytes(entry, 1)) !=
	    QIAO_FABRIC_HEADER_OK)
		return qiao_fail(why, QIAO_E_CONFIG, "header is malformed");
	c->channel = h.channel;
	if (c->channel.n == 0 || c->channel.n > 249) /* Fabric's MaxLength */
		return qiao_fail(why, QIAO_E_CHANNEL, "no usable channel id");
	return load_tree(c, h.data, why);
}

static qiao_err check(struct qiao_fabric_config *c, struct qiao_why *why)
{
	qiao_err err = check_consensus(c, why);

	if (err == QIAO_OK)
		err = check_capabilities(c, why);
	if (err == QIAO_OK)
		err = check_hashing(c, why);
	if (err == QIAO_OK)
		err = load_msps(c, "Orderer", why);
	if (err == QIAO_OK)
		err = load_msps(c, "Application", why);
	if (err == QIAO_OK)
		err = qiao_fabric_consenters_load(c, why);
	return err;
}

qiao_err qiao_fabric_config_load(struct qiao_fabric_config **out,
				 struct qiao_slice block,
				 struct qiao_fabric_sigs *sigs,
				 struct qiao_why *why)
{
	struct qiao_fabric_config *c;
	struct qiao_why inner = { "" };
	qiao_err err;

	*out = NULL;
	c = qiao_calloc(1, sizeof(*c));
	if (!c)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	qiao_fabric_msps_init(&c->msps, sigs);
	c->bytes = qiao_memdup(block);
	c->bytes_n = block.n;
	if (c->bytes)
		err = load(c, &inner);
	else
		err = qiao_fail(&inner, QIAO_E_NOMEM, "out of memory");
	if (err == QIAO_OK)
		err = check(c, &inner);
	if (err == QIAO_OK) {
		*out = c;
		return QIAO_OK;
	}
	qiao_fail(why, err, "configuration of block %llu: %s",
		  (unsigned long long)c->height, inner.text);
	qiao_fabric_config_free(c);
	return err;
}

void qiao_fabric_config_free(struct qiao_fabric_config *c)
{
	if (!c)
		return;
	qiao_fabric_consenters_fini(c);
	qiao_fabric_msps_fini(&c->msps);
	qiao_fabric_group_fini(&c->root);
	qiao_pb_arena_free(&c->arena);
	qiao_free(c->bytes);
	qiao_free(c);
}

static const struct qiao_fabric_policy *find(
	const struct qiao_fabric_config *c, struct qiao_slice path,
	const struct qiao_fabric_group **owner)
{
	size_t n = sizeof(root_path) - 1;

	if (path.n <= n || memcmp(path.p, root_path, n) != 0)
		return NULL;
	return qiao_fabric_policy_below(
		&c->root, qiao_slice_of(path.p + n, path.n - n), owner);
}

bool qiao_fabric_config_has_policy(const struct qiao_fabric_config *c,
				   struct qiao_slice path)
{
	const struct qiao_fabric_group *owner;

	return find(c, path, &owner) != NULL;
}

qiao_err qiao_fabric_config_satisfied(struct qiao_fabric_config *c,
				      struct qiao_slice path,
				      const struct qiao_fabric_signers *s)
{
	const struct qiao_fabric_group *owner;
	const struct qiao_fabric_policy *p = find(c, path, &owner);

	if (!p)
		return QIAO_E_BADSIG;
	return qiao_fabric_policy_satisfied(c, owner, p, s);
}

const struct qiao_fabric_group *qiao_fabric_config_org(
	const struct qiao_fabric_config *c, struct qiao_slice msp)
{
	struct qiao_fabric_group *g =
		qiao_fabric_group_at(&c->root, "Application");

	for (size_t i = 0; g && i < g->n_groups; i++)
		if (qiao_slice_eq(g->groups[i].msp, msp))
			return &g->groups[i];
	return NULL;
}
