/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_update.h"

#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

/*
 * Four trees are walked side by side: the old configuration, what the request
 * read, what it writes, and the new configuration. Any of the first three may
 * lack a branch.
 */
struct update {
	struct qiao_fabric_config *old;
	const struct qiao_fabric_config *next;
	struct qiao_fabric_group read, write;
	struct qiao_fabric_signers signers;
	struct qiao_pb_arena arena;
	size_t items;
	size_t changed;       /* elements that the request changes */
	bool fill_mod_policy; /* an empty one becomes "Admins" */
	struct qiao_why *why;
};

/* What a group, a value and a policy have in common. */
struct element {
	bool is;
	uint64_t version;
	struct qiao_slice mod_policy;
	bool unknown;
};

static struct element group_element(const struct qiao_fabric_group *g)
{
	if (!g)
		return (struct element){ .is = false };
	return (struct element){ true, g->version, g->mod_policy, g->unknown };
}

static const struct qiao_fabric_group *group_in(
	const struct qiao_fabric_group *g, struct qiao_slice name)
{
	for (size_t i = 0; g && i < g->n_groups; i++)
		if (qiao_slice_eq(g->groups[i].name, name))
			return &g->groups[i];
	return NULL;
}

static const struct qiao_fabric_value *value_in(
	const struct qiao_fabric_group *g, struct qiao_slice name)
{
	for (size_t i = 0; g && i < g->n_values; i++)
		if (qiao_slice_eq(g->values[i].name, name))
			return &g->values[i];
	return NULL;
}

static const struct qiao_fabric_policy *policy_in(
	const struct qiao_fabric_group *g, struct qiao_slice name)
{
	for (size_t i = 0; g && i < g->n_policies; i++)
		if (qiao_slice_eq(g->policies[i].name, name))
			return &g->policies[i];
	return NULL;
}

static struct element value_element(const struct qiao_fabric_value *v)
{
	if (!v)
		return (struct element){ .is = false };
	return (struct element){ true, v->version, v->mod_policy, v->unknown };
}

static struct element policy_element(const struct qiao_fabric_policy *p)
{
	if (!p)
		return (struct element){ .is = false };
	return (struct element){ true, p->version, p->mod_policy, p->unknown };
}

static qiao_err refuse(const struct update *u, struct qiao_slice name,
		       const char *what)
{
	char text[96];

	return qiao_fail(u->why, QIAO_E_CONFIG,
			 "configuration of block %llu: %s %s",
			 (unsigned long long)u->next->height,
			 qiao_str_escape(text, sizeof(text), name), what);
}

/* The request read what still stands. */
static qiao_err check_read(const struct update *u,
			   const struct qiao_fabric_group *read,
			   const struct qiao_fabric_group *old)
{
	static const char stale[] = "was read at another version";
	qiao_err err = QIAO_OK;

	if (!old || read->version != old->version)
		return refuse(u, read->name, stale);
	for (size_t i = 0; i < read->n_values; i++) {
		const struct qiao_fabric_value *v =
			value_in(old, read->values[i].name);

		if (!v || v->version != read->values[i].version)
			return refuse(u, read->values[i].name, stale);
	}
	for (size_t i = 0; i < read->n_policies; i++) {
		const struct qiao_fabric_policy *p =
			policy_in(old, read->policies[i].name);

		if (!p || p->version != read->policies[i].version)
			return refuse(u, read->policies[i].name, stale);
	}
	for (size_t i = 0; err == QIAO_OK && i < read->n_groups; i++)
		err = check_read(u, &read->groups[i],
				 group_in(old, read->groups[i].name));
	return err;
}

static bool is_changed(struct element write, struct element read)
{
	return write.is && !(read.is && read.version == write.version);
}

static bool is_id_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* A name of a configuration element: at most 249 characters, not . or .. */
static bool is_config_id(struct qiao_slice s)
{
	if (s.n == 0 || s.n > 249 || qiao_slice_is(s, ".") ||
	    qiao_slice_is(s, ".."))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_id_char(s.p[i]))
			return false;
	return true;
}

static bool is_mod_policy(struct qiao_slice s)
{
	size_t from = s.n > 0 && s.p[0] == '/';

	if (s.n == 0)
		return false;
	for (size_t i = from; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '/')
			continue;
		if (!is_config_id(qiao_slice_of(s.p + from, i - from)))
			return false;
		from = i + 1;
	}
	return true;
}

/* mod_policy is relative to `at`, the old group, unless it starts with '/'. */
static qiao_err check_mod_policy(struct update *u,
				 const struct qiao_fabric_group *at,
				 struct qiao_slice mod_policy)
{
	const struct qiao_fabric_group *owner;
	const struct qiao_fabric_policy *p;

	if (mod_policy.n > 0 && mod_policy.p[0] == '/')
		return qiao_fabric_config_satisfied(u->old, mod_policy,
						    &u->signers);
	p = qiao_fabric_policy_below(at, mod_policy, &owner);
	return p ? qiao_fabric_policy_satisfied(u->old, owner, p, &u->signers)
		 : QIAO_E_BADSIG;
}

static qiao_err check_change(struct update *u, struct qiao_slice name,
			     struct element write, struct element read,
			     struct element old,
			     const struct qiao_fabric_group *at)
{
	qiao_err err;

	if (!is_config_id(name))
		return refuse(u, name, "is no name of a configuration element");
	if (!is_changed(write, read))
		return QIAO_OK;
	u->changed++;
	if (!is_mod_policy(write.mod_policy))
		return refuse(u, name, "has no usable mod_policy");
	if (!old.is)
		return write.version == 0
			       ? QIAO_OK
			       : refuse(u, name, "is new and not at version 0");
	if (write.version != old.version + 1)
		return refuse(u, name, "does not get the next version");
	err = check_mod_policy(u, at, old.mod_policy);
	if (err == QIAO_E_BADSIG)
		return refuse(u, name,
			      "was changed without the signatures that its "
			      "mod_policy demands");
	return err;
}

/* Every element that the request changes is authorised. */
static qiao_err check_write(struct update *u,
			    const struct qiao_fabric_group *write,
			    const struct qiao_fabric_group *read,
			    const struct qiao_fabric_group *old)
{
	qiao_err err =
		check_change(u, write->name, group_element(write),
			     group_element(read), group_element(old), old);

	for (size_t i = 0; err == QIAO_OK && i < write->n_values; i++) {
		struct qiao_slice name = write->values[i].name;

		err = check_change(u, name, value_element(&write->values[i]),
				   value_element(value_in(read, name)),
				   value_element(value_in(old, name)), old);
	}
	for (size_t i = 0; err == QIAO_OK && i < write->n_policies; i++) {
		struct qiao_slice name = write->policies[i].name;

		err = check_change(u, name, policy_element(&write->policies[i]),
				   policy_element(policy_in(read, name)),
				   policy_element(policy_in(old, name)), old);
	}
	for (size_t i = 0; err == QIAO_OK && i < write->n_groups; i++) {
		struct qiao_slice name = write->groups[i].name;

		err = check_write(u, &write->groups[i], group_in(read, name),
				  group_in(old, name));
	}
	return err;
}

/*
 * Fabric compares with proto.Equal, which counts unknown fields; it drops those
 * of a group, and keeps those of a value or policy, that it lays over the old
 * one. None is taken here, so that there is nothing to compare. Channels made
 * by 1.0 have elements without mod_policy; Fabric fills them in.
 */
static bool same_element(const struct update *u, struct element next,
			 struct element want)
{
	if (want.mod_policy.n == 0 && u->fill_mod_policy)
		want.mod_policy = qiao_slice_str("Admins");
	return next.is && want.is && !next.unknown &&
	       next.version == want.version &&
	       qiao_slice_eq(next.mod_policy, want.mod_policy);
}

static bool same_value(const struct update *u,
		       const struct qiao_fabric_value *next,
		       const struct qiao_fabric_value *want)
{
	return same_element(u, value_element(next), value_element(want)) &&
	       !want->unknown && qiao_slice_eq(next->value, want->value);
}

static bool same_policy(const struct update *u,
			const struct qiao_fabric_policy *next,
			const struct qiao_fabric_policy *want)
{
	return same_element(u, policy_element(next), policy_element(want)) &&
	       !want->unknown && next->type == want->type &&
	       qiao_slice_eq(qiao_pb_bytes(next->policy, 2),
			     qiao_pb_bytes(want->policy, 2));
}

struct branch {
	const struct qiao_fabric_group *old, *read, *write, *next;
	const struct qiao_fabric_group *want; /* whose members count */
};

static bool same_values(const struct update *u, const struct branch *b)
{
	if (b->next->n_values != b->want->n_values)
		return false;
	for (size_t i = 0; i < b->want->n_values; i++) {
		struct qiao_slice name = b->want->values[i].name;
		const struct qiao_fabric_value *w = value_in(b->write, name);

		if (!is_changed(value_element(w),
				value_element(value_in(b->read, name))))
			w = value_in(b->old, name);
		if (!same_value(u, value_in(b->next, name), w))
			return false;
	}
	return true;
}

static bool same_policies(const struct update *u, const struct branch *b)
{
	if (b->next->n_policies != b->want->n_policies)
		return false;
	for (size_t i = 0; i < b->want->n_policies; i++) {
		struct qiao_slice name = b->want->policies[i].name;
		const struct qiao_fabric_policy *w = policy_in(b->write, name);

		if (!is_changed(policy_element(w),
				policy_element(policy_in(b->read, name))))
			w = policy_in(b->old, name);
		if (!same_policy(u, policy_in(b->next, name), w))
			return false;
	}
	return true;
}

/* The new tree is the old one with the changed elements laid over it. */
static bool same_tree(const struct update *u, struct branch b)
{
	b.want = is_changed(group_element(b.write), group_element(b.read))
			 ? b.write
			 : b.old;
	if (!b.want || !b.next ||
	    !same_element(u, group_element(b.next), group_element(b.want)) ||
	    !same_values(u, &b) || !same_policies(u, &b) ||
	    b.next->n_groups != b.want->n_groups)
		return false;
	for (size_t i = 0; i < b.want->n_groups; i++) {
		struct qiao_slice name = b.want->groups[i].name;
		struct branch below = { .old = group_in(b.old, name),
					.read = group_in(b.read, name),
					.write = group_in(b.write, name),
					.next = group_in(b.next, name) };

		if (!same_tree(u, below))
			return false;
	}
	return true;
}

/* An organisation keeps the name of its MSP; a section stays. */
static qiao_err check_orgs(const struct update *u, const char *section)
{
	const struct qiao_fabric_group *old =
		qiao_fabric_group_at(&u->old->root, section);
	const struct qiao_fabric_group *next =
		qiao_fabric_group_at(&u->next->root, section);

	if (old && !next)
		return refuse(u, old->name, "was removed");
	for (size_t i = 0; old && i < old->n_groups; i++) {
		const struct qiao_fabric_group *org =
			group_in(next, old->groups[i].name);

		if (org && !qiao_slice_eq(org->msp, old->groups[i].msp))
			return refuse(u, org->name, "changed its MSP");
	}
	return QIAO_OK;
}

static qiao_err take_signatures(struct update *u, struct qiao_slice envelope,
				struct qiao_slice request)
{
	struct qiao_pb_iter it = qiao_pb_iter(envelope, 2);
	struct qiao_slice one;
	size_t n = 0;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &one)) {
		const struct qiao_slice parts[2] = { qiao_pb_bytes(one, 1),
						     request };

		if (qiao_pb_check(&qiao_pb_signature_header, parts[0]) !=
			    QIAO_OK ||
		    ++n > QIAO_SIGNATURES_MAX)
			return refuse(u, u->next->channel,
				      "has malformed or too many signatures");
		err = qiao_fabric_signers_take(&u->signers, &u->old->msps,
					       qiao_pb_bytes(parts[0], 1),
					       parts, 2, qiao_pb_bytes(one, 2));
	}
	return err;
}

static qiao_err parse_set(struct update *u, struct qiao_fabric_group *g,
			  struct qiao_slice request, uint32_t field)
{
	struct qiao_slice in;
	qiao_err err = QIAO_OK;

	g->name = u->old->root.name;
	if (qiao_pb_message(&u->arena, &in, request, field))
		err = qiao_fabric_group_parse(g, &u->arena, &u->items, in, 0);
	else
		return refuse(u, g->name, "is missing from the request");
	if (err == QIAO_E_CONFIG)
		return refuse(u, g->name, "of the request is malformed");
	if (err == QIAO_E_LIMIT || err == QIAO_E_UNSUPPORTED)
		return qiao_fail(u->why, err,
				 "configuration of block %llu: its request is "
				 "over a limit",
				 (unsigned long long)u->next->height);
	return err;
}

/* ConfigUpdate: channel, read set, write set. */
static qiao_err read_request(struct update *u, struct qiao_slice request)
{
	qiao_err err;

	if (qiao_pb_check(&qiao_pb_config_update, request) != QIAO_OK ||
	    !qiao_slice_eq(qiao_pb_bytes(request, 1), u->old->channel))
		return refuse(u, u->old->channel,
			      "is not what the request is for");
	err = parse_set(u, &u->read, request, 2);
	return err == QIAO_OK ? parse_set(u, &u->write, request, 3) : err;
}

/* last_update: Envelope of type CONFIG_UPDATE, with a ConfigUpdateEnvelope. */
static qiao_err open_request(struct update *u)
{
	struct qiao_slice payload, request;
	struct qiao_fabric_header h;
	qiao_err err;

	payload = qiao_pb_bytes(u->next->last_update, 1);
	if (qiao_fabric_header_parse(&h, &u->arena, payload) !=
		    QIAO_FABRIC_HEADER_OK ||
	    h.type != QIAO_FABRIC_TYPE_CONFIG_UPDATE ||
	    qiao_pb_check(&qiao_pb_config_update_envelope, h.data) != QIAO_OK)
		return refuse(u, u->next->channel,
			      "carries no request that asked for the change");
	request = qiao_pb_bytes(h.data, 1);
	err = read_request(u, request);
	return err == QIAO_OK ? take_signatures(u, h.data, request) : err;
}

static qiao_err check(struct update *u)
{
	qiao_err err = open_request(u);

	if (err == QIAO_OK)
		err = u->arena.err;
	if (err == QIAO_OK)
		err = check_read(u, &u->read, &u->old->root);
	if (err == QIAO_OK)
		err = check_write(u, &u->write, &u->read, &u->old->root);
	if (err != QIAO_OK)
		return err;
	if (u->changed == 0)
		return refuse(u, u->old->root.name, "is not changed");
	if (!same_tree(u, (struct branch){ &u->old->root, &u->read, &u->write,
					   &u->next->root, NULL }))
		return refuse(u, u->old->root.name,
			      "is not what its signed request asks for");
	err = check_orgs(u, "Orderer");
	return err == QIAO_OK ? check_orgs(u, "Application") : err;
}

qiao_err qiao_fabric_update_check(struct qiao_fabric_config *old,
				  const struct qiao_fabric_config *next,
				  struct qiao_why *why)
{
	struct update u = { .old = old, .next = next, .why = why };
	qiao_err err;

	u.fill_mod_policy = qiao_fabric_value_at(
		qiao_fabric_group_at(&old->root, "Orderer"), "Capabilities");
	qiao_fabric_msps_trim(&old->msps);
	err = check(&u);
	if (err == QIAO_E_NOMEM)
		qiao_fail(why, err, "out of memory");
	qiao_fabric_signers_free(&u.signers);
	qiao_fabric_group_fini(&u.read);
	qiao_fabric_group_fini(&u.write);
	qiao_pb_arena_free(&u.arena);
	return err;
}
