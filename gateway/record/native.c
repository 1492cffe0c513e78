/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/native.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/record/refuse.h"

#include <string.h>

#define MP_NIL 0xc0

static bool refuse(struct qiao_record *out, const char *code, const char *place,
		   const char *word)
{
	qiao_record_note(out, code, "native", place, word);
	return false;
}

static bool head_set(struct qiao_record *out, const struct qiao_record_env *env,
		     struct qiao_slice head)
{
	if (qiao_head_parse(&out->head, head, NULL) != QIAO_OK)
		return refuse(out, "R_FIELD_CHECK", "head", "malformed");
	if (!qiao_hash_eq(&out->head.network, &env->network))
		return refuse(out, "R_FIELD_CHECK", "head", "other-network");
	return true;
}

static void issuer_check(struct qiao_record *out,
			 const struct qiao_record_env *env,
			 const struct qiao_source_head *in)
{
	const struct qiao_head *h = &out->head;
	const struct qiao_org *org = qiao_orgs_of_key(
		env->orgs, env->chain, in->issuer_key, in->height);

	if (!org)
		refuse(out, "R_ORG_UNKNOWN", "issuer", "unknown-organisation");
	else if (strcmp(org->org, h->issuer) != 0)
		refuse(out, "R_ISSUER_KEY", "issuer", "not-the-signer");
	else if (!env->mapping ||
		 !qiao_mapping_org_may_issue(env, h->type, org->org))
		refuse(out, "R_ISSUER_KEY", "issuer", "may-not-issue");
	else
		out->issuer_ok = true;
}

/* [name, salt, value], names ascending: one encoding */
static qiao_err opening_get(struct qiao_fields *set, struct qiao_mp *m,
			    struct qiao_slice *last)
{
	struct qiao_slice name, salt, value;

	qiao_mp_array_of(m, 3);
	name = qiao_mp_str(m, QIAO_NAME_MAX);
	salt = qiao_mp_bin(m, QIAO_SALT_LEN);
	value = qiao_mp_bin(m, QIAO_FIELD_VALUE_MAX);
	if (last->p && qiao_slice_cmp(*last, name) >= 0)
		qiao_mp_fail(m, QIAO_E_NONCANON);
	if (m->r.err != QIAO_OK)
		return m->r.err;
	*last = name;
	return qiao_fields_add_salted(set, name, salt, value);
}

static qiao_err openings_get(struct qiao_fields *set, struct qiao_slice in)
{
	struct qiao_slice last = { NULL, 0 };
	struct qiao_mp m;
	qiao_err err = QIAO_OK;
	size_t n;

	qiao_mp_open(&m, in);
	n = qiao_mp_array(&m, QIAO_FIELDS_MAX);
	for (size_t i = 0; i < n && err == QIAO_OK; i++)
		err = opening_get(set, &m, &last);
	return err == QIAO_OK ? qiao_mp_finish(&m) : err;
}

/* QIAO_E_NOMEM, or QIAO_OK with or without a refusal. */
static qiao_err fields_set(struct qiao_record *out, struct qiao_slice openings)
{
	bool none =
		openings.n == 0 || (openings.n == 1 && openings.p[0] == MP_NIL);
	struct qiao_hash root;
	qiao_err err = none ? QIAO_OK : openings_get(&out->fields, openings);

	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK) {
		refuse(out, "R_FIELD_CHECK", "openings", "malformed");
		return QIAO_OK;
	}
	qiao_fields_root(&root, &out->fields);
	if (out->fields.n == out->head.fields &&
	    qiao_hash_eq(&root, &out->head.fields_root))
		out->complete = true;
	else
		refuse(out, "R_FIELD_CHECK", "openings",
		       none ? "not-given" : "other-fields");
	return QIAO_OK;
}

qiao_err qiao_native_apply(struct qiao_record *out,
			   const struct qiao_record_env *env,
			   const struct qiao_source_head *in)
{
	qiao_err err = QIAO_OK;

	memset(out, 0, sizeof(*out));
	if (head_set(out, env, in->head)) {
		issuer_check(out, env, in);
		err = fields_set(out, in->openings);
	}
	if (out->complete)
		qiao_record_check(out, env->cat, env->now_ms);
	else
		qiao_record_keep_refusal(out);
	if (err != QIAO_OK)
		return err;
	return out->refusal.code ? QIAO_E_DENIED : QIAO_OK;
}
