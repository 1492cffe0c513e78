/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_lifecycle.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

static const struct qiao_pb_member application_policy[] = {
	{ 1, QIAO_PB_MESSAGE, NULL },
	{ 2, QIAO_PB_STRING, NULL },
	{ 0, QIAO_PB_UINT, NULL },
};
static const struct qiao_pb_member state_data[] = {
	{ 1, QIAO_PB_UINT, NULL },
	{ 2, QIAO_PB_BYTES, NULL },
	{ 3, QIAO_PB_STRING, NULL },
	{ 0, QIAO_PB_UINT, NULL },
};

qiao_err qiao_fabric_application_compile(struct qiao_fabric_application *out,
					 struct qiao_slice bytes)
{
	struct qiao_slice member;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = qiao_pb_check(&qiao_pb_application_policy, bytes);
	if (err != QIAO_OK)
		return err == QIAO_E_LIMIT ? QIAO_E_UNSUPPORTED : QIAO_OK;
	switch (qiao_pb_oneof(&out->arena, &member, bytes,
			      application_policy)) {
	case 1:
		err = qiao_fabric_sigpolicy_compile(&out->signatures, member);
		break;
	case 2:
		out->kind = QIAO_FABRIC_BY_REFERENCE;
		out->reference = member;
		return QIAO_OK;
	default:
		return QIAO_OK;
	}
	if (out->arena.err != QIAO_OK)
		return out->arena.err;
	if (err == QIAO_OK)
		out->kind = QIAO_FABRIC_BY_SIGNATURES;
	if (err == QIAO_E_LIMIT)
		return QIAO_E_UNSUPPORTED;
	return err == QIAO_E_CONFIG ? QIAO_OK : err;
}

void qiao_fabric_application_free(struct qiao_fabric_application *a)
{
	qiao_fabric_sigpolicy_free(&a->signatures);
	qiao_pb_arena_free(&a->arena);
	memset(a, 0, sizeof(*a));
}

/* A path without '/' in front is relative to the channel. */
static qiao_err check_reference(struct qiao_slice path,
				struct qiao_fabric_config *c,
				const struct qiao_fabric_signers *s)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	if (path.n == 0)
		return QIAO_E_BADSIG;
	if (path.p[0] == '/')
		return qiao_fabric_config_satisfied(c, path, s);
	qiao_buf_put_str(&b, "/Channel/");
	qiao_buf_put(&b, path);
	err = b.err;
	if (err == QIAO_OK)
		err = qiao_fabric_config_satisfied(c, qiao_buf_slice(&b), s);
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_fabric_application_satisfied(
	const struct qiao_fabric_application *a, struct qiao_fabric_config *c,
	const struct qiao_fabric_signers *s)
{
	switch (a->kind) {
	case QIAO_FABRIC_BY_NOBODY:
		return QIAO_E_BADSIG;
	case QIAO_FABRIC_BY_SIGNATURES:
		return qiao_fabric_sigpolicy_eval(&a->signatures, &c->msps, s);
	case QIAO_FABRIC_BY_REFERENCE:
		return check_reference(a->reference, c, s);
	}
	return QIAO_E_BADSIG;
}

qiao_err qiao_fabric_application_check(struct qiao_slice bytes,
				       struct qiao_fabric_config *c,
				       const struct qiao_fabric_signers *s)
{
	struct qiao_fabric_application a;
	qiao_err err = qiao_fabric_application_compile(&a, bytes);

	if (err == QIAO_OK)
		err = qiao_fabric_application_satisfied(&a, c, s);
	qiao_fabric_application_free(&a);
	return err;
}

/* "namespaces/" WHAT "/" NAME [ "/" FIELD ] in _lifecycle */
static qiao_err get_row(struct qiao_fabric_ledger *l,
			struct qiao_fabric_state *out, const char *what,
			struct qiao_slice name, const char *field)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_fabric_key key = { .space = qiao_slice_str("_lifecycle") };
	qiao_err err;

	qiao_buf_put_str(&b, "namespaces/");
	qiao_buf_put_str(&b, what);
	qiao_buf_put_u8(&b, '/');
	qiao_buf_put(&b, name);
	qiao_buf_put_str(&b, field);
	key.key = qiao_buf_slice(&b);
	err = b.err;
	if (err == QIAO_OK)
		err = qiao_fabric_state_before(l, out, &key);
	qiao_buf_free(&b);
	return err;
}

/* lifecycle.StateData of a field that holds a message. */
static qiao_err field_message(struct qiao_slice *out,
			      const struct qiao_fabric_state *row,
			      const struct qiao_pb_message *schema)
{
	struct qiao_pb_arena none = { NULL, QIAO_OK };

	if (qiao_pb_check(&qiao_pb_state_data, row->value) != QIAO_OK)
		return QIAO_E_UNSUPPORTED;
	switch (qiao_pb_oneof(&none, out, row->value, state_data)) {
	case 0: /* not set: an empty message */
	case 2:
		break;
	default:
		return QIAO_E_UNSUPPORTED;
	}
	return qiao_pb_check(schema, *out) == QIAO_OK ? QIAO_OK
						      : QIAO_E_UNSUPPORTED;
}

static qiao_err read_info(struct qiao_fabric_definition *d)
{
	struct qiao_slice info, plugin, policy;
	qiao_err err = field_message(&info, &d->info, &qiao_pb_validation_info);

	if (err != QIAO_OK)
		return err;
	plugin = qiao_pb_bytes(info, 1);
	policy = qiao_pb_bytes(info, 2);
	if (plugin.n == 0 || policy.n == 0)
		return QIAO_OK; /* no definition: code 25 */
	if (!qiao_slice_is(plugin, "vscc"))
		return QIAO_E_UNSUPPORTED;
	d->defined = true;
	return qiao_fabric_application_compile(&d->policy, policy);
}

static qiao_err load(struct qiao_fabric_definition *d,
		     struct qiao_fabric_ledger *l, struct qiao_slice name)
{
	struct qiao_fabric_state metadata = { .exists = false };
	qiao_err err = get_row(l, &metadata, "metadata", name, "");
	bool exists = metadata.exists;

	if (err == QIAO_OK && exists &&
	    (qiao_pb_check(&qiao_pb_state_metadata, metadata.value) !=
		     QIAO_OK ||
	     !qiao_slice_is(qiao_pb_bytes(metadata.value, 1),
			    "ChaincodeDefinition")))
		err = QIAO_E_UNSUPPORTED;
	qiao_fabric_state_fini(&metadata);
	if (err != QIAO_OK || !exists)
		return err;
	err = get_row(l, &d->info, "fields", name, "/ValidationInfo");
	if (err == QIAO_OK)
		err = get_row(l, &d->package, "fields", name, "/Collections");
	if (err == QIAO_OK)
		err = field_message(&d->collections, &d->package,
				    &qiao_pb_collection_package);
	return err == QIAO_OK ? read_info(d) : err;
}

static void definition_free(struct qiao_fabric_definition *d)
{
	if (!d)
		return;
	qiao_buf_free(&d->name);
	qiao_fabric_application_free(&d->policy);
	qiao_fabric_state_fini(&d->info);
	qiao_fabric_state_fini(&d->package);
	qiao_free(d);
}

qiao_err qiao_fabric_definition_find(struct qiao_fabric_ledger *l,
				     const struct qiao_fabric_definition **out,
				     struct qiao_slice chaincode)
{
	struct qiao_fabric_definition *d;
	qiao_err err;

	for (size_t i = 0; i < QIAO_FABRIC_DEFINITIONS; i++) {
		*out = l->definition[i];
		if (*out &&
		    qiao_slice_eq(qiao_buf_slice(&(*out)->name), chaincode))
			return QIAO_OK;
	}
	*out = NULL;
	d = qiao_calloc(1, sizeof(*d));
	if (!d)
		return QIAO_E_NOMEM;
	qiao_buf_put(&d->name, chaincode);
	err = d->name.err;
	if (err == QIAO_OK)
		err = load(d, l, chaincode);
	if (err != QIAO_OK) {
		definition_free(d);
		return err;
	}
	definition_free(l->definition[l->oldest]);
	l->definition[l->oldest] = d;
	l->oldest = (l->oldest + 1) % QIAO_FABRIC_DEFINITIONS;
	*out = d;
	return QIAO_OK;
}

void qiao_fabric_definitions_forget(struct qiao_fabric_ledger *l)
{
	for (size_t i = 0; i < QIAO_FABRIC_DEFINITIONS; i++) {
		definition_free(l->definition[i]);
		l->definition[i] = NULL;
	}
}

/* peer.StaticCollectionConfig */
#define COLLECTION_NAME   1
#define COLLECTION_BTL    5
#define COLLECTION_POLICY 8

qiao_err qiao_fabric_collection_find(const struct qiao_fabric_definition *d,
				     struct qiao_slice *policy,
				     uint64_t *block_to_live,
				     struct qiao_slice name)
{
	struct qiao_pb_iter it = qiao_pb_iter(d->collections, 1);
	struct qiao_slice config;

	while (qiao_pb_each(&it, &config)) {
		struct qiao_slice c = qiao_pb_bytes(config, 1);

		if (qiao_pb_count(config, 1) == 0 ||
		    !qiao_slice_eq(qiao_pb_bytes(c, COLLECTION_NAME), name))
			continue;
		*policy = qiao_pb_bytes(c, COLLECTION_POLICY);
		*block_to_live = qiao_pb_uint(c, COLLECTION_BTL);
		return QIAO_OK;
	}
	*policy = qiao_slice_of(NULL, 0);
	*block_to_live = 0;
	return QIAO_E_NOTFOUND;
}
