/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/mapping.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/merkle.h"
#include "gateway/record/refuse.h"
#include "gateway/record/rules.h"

#include <stdio.h>
#include <string.h>

/* One write on its way to a record. */
struct job {
	const struct qiao_record_env *env;
	const struct qiao_source_write *w;
	struct qiao_record *out;
	const struct qiao_map_rule *rule;
	const struct qiao_cat_type *type;
	const struct qiao_json *doc;
	struct qiao_buf text; /* of one converted value */
	qiao_err err;         /* QIAO_E_NOMEM, or QIAO_OK */
};

static void refuse(struct job *j, const char *code, const char *place,
		   const char *word)
{
	qiao_record_note(j->out, code, "mapping", place, word);
}

/* --- which rule ---------------------------------------------------------- */

static bool starts_with(struct qiao_slice key, const char *text)
{
	struct qiao_slice prefix = qiao_slice_str(text);

	return key.n >= prefix.n &&
	       qiao_slice_eq(qiao_slice_of(key.p, prefix.n), prefix);
}

static bool key_fits(const struct qiao_map_rule *r, struct qiao_slice space,
		     struct qiao_slice key)
{
	return qiao_slice_is(space, r->space) &&
	       starts_with(key, r->key_prefix);
}

static struct qiao_slice key_rest(const struct qiao_map_rule *r,
				  struct qiao_slice key)
{
	size_t n = strlen(r->key_prefix);

	return qiao_slice_of(key.p + n, key.n - n);
}

static const struct qiao_map_rule *rule_of_key(const struct qiao_mapping *m,
					       struct qiao_slice space,
					       struct qiao_slice key)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (key_fits(&m->rules[i], space, key))
			return &m->rules[i];
	return NULL;
}

struct qiao_slice qiao_mapping_key_id(const struct qiao_mapping *m,
				      struct qiao_slice space,
				      struct qiao_slice key)
{
	const struct qiao_map_rule *r = rule_of_key(m, space, key);

	if (!r || !r->key_is_id)
		return qiao_slice_of(NULL, 0);
	return key_rest(r, key);
}

/* Keys that are left out go before all rules. */
static bool hidden(const struct qiao_mapping *m, struct qiao_slice space,
		   struct qiao_slice key)
{
	for (size_t i = 0; i < m->n_ignore; i++) {
		const struct qiao_map_ignore *g = &m->ignore[i];

		if (!qiao_slice_is(space, g->space))
			continue;
		if (g->composite ? key.n > 0 && key.p[0] == 0
				 : g->key_prefix[0] &&
					   starts_with(key, g->key_prefix))
			return true;
	}
	return false;
}

/* A whole namespace: what no rule is for. */
static bool ignored(const struct qiao_mapping *m, struct qiao_slice space)
{
	for (size_t i = 0; i < m->n_ignore; i++)
		if (!m->ignore[i].composite && !m->ignore[i].key_prefix[0] &&
		    qiao_slice_is(space, m->ignore[i].space))
			return true;
	return false;
}

/* QIAO_OK: some rule is for this key. */
static qiao_err key_check(struct job *j)
{
	const struct qiao_mapping *m = j->env->mapping;

	if (hidden(m, j->w->space, j->w->key))
		return QIAO_E_NOTFOUND;
	if (rule_of_key(m, j->w->space, j->w->key))
		return QIAO_OK;
	if (ignored(m, j->w->space))
		return QIAO_E_NOTFOUND;
	refuse(j, "R_FIELD_CHECK", "key", "no-rule");
	return QIAO_E_DENIED;
}

static bool when_holds(const struct qiao_map_rule *r,
		       const struct qiao_json *doc)
{
	for (size_t i = 0; i < r->n_when; i++) {
		const struct qiao_json *v =
			qiao_json_path(doc, r->when[i].from);

		if (!qiao_slice_is(qiao_json_text(v), r->when[i].to))
			return false;
	}
	return true;
}

static qiao_err rule_pick(struct job *j)
{
	const struct qiao_mapping *m = j->env->mapping;

	for (size_t i = 0; i < m->n_rules && !j->rule; i++)
		if (key_fits(&m->rules[i], j->w->space, j->w->key) &&
		    when_holds(&m->rules[i], j->doc))
			j->rule = &m->rules[i];
	if (!j->rule) {
		refuse(j, "R_TYPE_UNKNOWN", "document", "no-rule");
		return QIAO_E_DENIED;
	}
	j->type = qiao_catalogue_type(j->env->cat, j->rule->type);
	if (j->type)
		return QIAO_OK;
	refuse(j, "R_TYPE_UNKNOWN", "type", "not-in-catalogue");
	return QIAO_E_DENIED;
}

/* --- who said it --------------------------------------------------------- */

static bool msp_may_issue(const struct job *j, const char *type)
{
	const struct qiao_mapping *m = j->env->mapping;

	for (size_t i = 0; i < m->n_issuers; i++) {
		const struct qiao_map_issuer *s = &m->issuers[i];

		if (s->msp[0] && strcmp(s->type, type) == 0 &&
		    qiao_slice_is(j->w->issuer, s->msp) &&
		    (!s->ou[0] || qiao_slice_is(j->w->issuer_ou, s->ou)))
			return true;
	}
	return false;
}

/* Is this the MSP of an issuer, all of it or the part the issuer names? */
static bool speaks_for(const struct qiao_org *org, const char *chain,
		       const struct qiao_map_issuer *s)
{
	for (size_t i = 0; i < org->n_ids; i++) {
		const struct qiao_org_id *id = &org->ids[i];

		if (id->kind == QIAO_ORG_ID_MSP &&
		    strcmp(id->chain, chain) == 0 &&
		    strcmp(id->value, s->msp) == 0 &&
		    (!id->ou[0] || !s->ou[0] || strcmp(id->ou, s->ou) == 0))
			return true;
	}
	return false;
}

bool qiao_mapping_org_may_issue(const struct qiao_record_env *env,
				const char *type, const char *org)
{
	const struct qiao_org *o = qiao_orgs_find(env->orgs, org);

	for (size_t i = 0; o && i < env->mapping->n_issuers; i++) {
		const struct qiao_map_issuer *s = &env->mapping->issuers[i];

		if (strcmp(s->type, type) != 0)
			continue;
		if (s->org[0] ? strcmp(s->org, org) == 0
			      : speaks_for(o, env->chain, s))
			return true;
	}
	return false;
}

/* False: there is no organisation to write into the head. */
static bool issuer_set(struct job *j, const char *type)
{
	const struct qiao_org *org;

	j->out->issuer_ok = msp_may_issue(j, type);
	if (!j->out->issuer_ok)
		refuse(j, "R_ISSUER_KEY", "issuer", "may-not-issue");
	org = qiao_orgs_of_msp(j->env->orgs, j->env->chain, j->w->issuer,
			       j->w->issuer_ou, j->w->height);
	if (!org) {
		j->out->issuer_ok = false;
		refuse(j, "R_ORG_UNKNOWN", "issuer", "unknown-organisation");
		return false;
	}
	qiao_str_copy(j->out->head.issuer, sizeof(j->out->head.issuer),
		      qiao_slice_str(org->org));
	return true;
}

/* --- values -------------------------------------------------------------- */

static bool bad_value(struct job *j, const char *what, const char *word)
{
	refuse(j, "R_FIELD_CHECK", what, word);
	return false;
}

static bool is_none(const struct qiao_map_value *v, struct qiao_slice text)
{
	for (size_t i = 0; i < v->n_none; i++)
		if (qiao_slice_is(text, v->none[i]))
			return true;
	return false;
}

/* False: there is a value map and it does not know this text. */
static bool translate(const struct qiao_map_value *v, struct qiao_slice *text)
{
	for (size_t i = 0; i < v->n_pairs; i++) {
		if (qiao_slice_is(*text, v->pairs[i].from)) {
			*text = qiao_slice_str(v->pairs[i].to);
			return true;
		}
	}
	return v->n_pairs == 0;
}

static bool is_scalar(const struct qiao_json *v)
{
	switch (qiao_json_kind(v)) {
	case QIAO_JSON_STRING:
	case QIAO_JSON_NUMBER:
	case QIAO_JSON_BOOL:
		return true;
	case QIAO_JSON_NULL:
	case QIAO_JSON_ARRAY:
	case QIAO_JSON_OBJECT:
		return false;
	}
	return false;
}

/*
 * The source text behind a value, translated. *there: it has one. False: the
 * record is refused.
 */
static bool text_get(struct job *j, bool *there, struct qiao_slice *text,
		     const struct qiao_map_value *v,
		     const struct qiao_json *node, const char *what)
{
	*there = false;
	if (v->constant) {
		*text = qiao_slice_str(v->constant);
		*there = true;
		return true;
	}
	if (node && qiao_json_kind(node) != QIAO_JSON_NULL) {
		if (!is_scalar(node))
			return bad_value(j, what, "not-a-scalar");
		*text = qiao_json_text(node);
		*there = !is_none(v, *text);
	}
	if (!*there)
		return !v->required || bad_value(j, what, "missing");
	return translate(v, text) || bad_value(j, what, "value-not-listed");
}

/* NULL for a constant, and when there is nothing at the path. */
static const struct qiao_json *node_of(const struct job *j,
				       const struct qiao_map_value *v)
{
	return v->path ? qiao_json_path(j->doc, v->path) : NULL;
}

static bool head_text(struct job *j, char *out, size_t size,
		      const struct qiao_map_value *v, const char *what)
{
	struct qiao_slice text = { NULL, 0 };
	bool there;

	if (!text_get(j, &there, &text, v, node_of(j, v), what))
		return false;
	if (!there || text.n == 0)
		return bad_value(j, what, "missing");
	if (!qiao_str_copy(out, size, text))
		return bad_value(j, what, "too-long");
	return true;
}

static bool head_time(struct job *j, struct qiao_when *out,
		      const struct qiao_map_value *v, const char *what,
		      bool end_of_day)
{
	struct qiao_slice text = { NULL, 0 };
	bool there, whole_day;
	const char *bad;

	if (!v->path && !v->constant)
		return true;
	if (!text_get(j, &there, &text, v, node_of(j, v), what))
		return false;
	if (!there)
		return true;
	bad = qiao_convert_time(&out->ms, &whole_day, &v->form, text);
	if (bad)
		return bad_value(j, what, bad);
	if (end_of_day && whole_day)
		out->ms += INT64_C(86400000) - 1;
	out->set = true;
	return true;
}

/* Digits without a leading zero, 1 or more. */
static bool version_set(struct job *j)
{
	uint64_t version = 0;
	char text[24];
	size_t n;

	if (!head_text(j, text, sizeof(text), &j->rule->version, "version"))
		return false;
	n = strlen(text);
	if (strspn(text, "0123456789") != n || text[0] == '0' || n > 19)
		return bad_value(j, "version", "not-a-version");
	for (size_t i = 0; i < n; i++)
		version = version * 10 + (uint64_t)(text[i] - '0');
	j->out->head.version = version;
	return true;
}

static bool id_set(struct job *j)
{
	struct qiao_head *h = &j->out->head;

	if (!head_text(j, h->id, sizeof(h->id), &j->rule->id, "id"))
		return false;
	if (j->rule->key_is_id &&
	    !qiao_slice_is(key_rest(j->rule, j->w->key), h->id))
		return bad_value(j, "id", "not-the-key");
	return true;
}

static bool head_set(struct job *j)
{
	const struct qiao_map_rule *r = j->rule;
	struct qiao_head *h = &j->out->head;

	h->network = j->env->network;
	h->type_version = j->type->version;
	h->share = r->share > j->type->share ? r->share : j->type->share;
	h->suite = QIAO_HASH_SHA256;
	qiao_str_copy(h->type, sizeof(h->type), qiao_slice_str(r->type));
	qiao_str_copy(h->region, sizeof(h->region), qiao_slice_str(r->region));
	return id_set(j) && version_set(j) &&
	       head_text(j, h->state, sizeof(h->state), &r->state, "state") &&
	       head_time(j, &h->issued, &r->issued, "issued", false) &&
	       head_time(j, &h->valid_from, &r->valid_from, "valid_from",
			 false) &&
	       head_time(j, &h->valid_to, &r->valid_to, "valid_to", true);
}

/* --- fields -------------------------------------------------------------- */

/* GB 11643: the small x is read, the capital one is written. */
static void citizen_id_write(struct qiao_buf *text)
{
	if (text->n == 18 && text->p[17] == 'x')
		text->p[17] = 'X';
}

static bool field_put(struct job *j, const char *name, const char *what,
		      struct qiao_slice value)
{
	qiao_err err =
		qiao_fields_add(&j->out->fields, qiao_slice_str(name), value);

	if (err == QIAO_E_NOMEM)
		j->err = err;
	else if (err != QIAO_OK)
		bad_value(j, what, "not-a-field");
	return err == QIAO_OK;
}

/* One leaf, when there is a value. */
static bool leaf_add(struct job *j, bool *there, const char *name,
		     const struct qiao_map_field *f,
		     const struct qiao_cat_field *c,
		     const struct qiao_json *node)
{
	struct qiao_slice text = { NULL, 0 };
	const char *bad;

	if (!text_get(j, there, &text, &f->from, node, f->name))
		return false;
	if (!*there)
		return true;
	qiao_buf_clear(&j->text);
	bad = qiao_convert(&j->text, &f->from.form, text);
	if (bad)
		return bad_value(j, f->name, bad);
	if (j->text.err == QIAO_E_NOMEM) {
		j->err = QIAO_E_NOMEM;
		return false;
	}
	if (c->check == QIAO_CHECK_CITIZEN_ID)
		citizen_id_write(&j->text);
	return field_put(j, name, f->name, qiao_buf_slice(&j->text));
}

/* name.0, name.1 ... and name.# with the count; one scalar is a list of one. */
static bool list_add(struct job *j, const struct qiao_map_field *f,
		     const struct qiao_cat_field *c,
		     const struct qiao_json *node)
{
	bool array = qiao_json_kind(node) == QIAO_JSON_ARRAY;
	size_t n = array ? qiao_json_count(node) : 1;
	char name[QIAO_NAME_MAX + 24], count[24];
	bool there;

	if (!node || qiao_json_kind(node) == QIAO_JSON_NULL)
		return !f->from.required || bad_value(j, f->name, "missing");
	if (n > QIAO_FIELDS_MAX)
		return bad_value(j, f->name, "too-many");
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s.%zu", f->name, i);
		if (!leaf_add(j, &there, name, f, c,
			      array ? qiao_json_at(node, i) : node))
			return false;
		if (!there)
			return bad_value(j, f->name, "element-missing");
	}
	snprintf(name, sizeof(name), "%s.#", f->name);
	snprintf(count, sizeof(count), "%zu", n);
	return field_put(j, name, f->name, qiao_slice_str(count));
}

static bool field_add(struct job *j, const struct qiao_map_field *f)
{
	const struct qiao_cat_field *c = qiao_cat_field(j->type, f->name);
	const struct qiao_json *node = node_of(j, &f->from);
	bool there;

	if (!c) { /* not in this catalogue: it never leaves, and is counted */
		j->out->unmapped += node != NULL;
		return true;
	}
	if (f->list)
		return list_add(j, f, c, node);
	return leaf_add(j, &there, f->name, f, c, node);
}

/* The nodes that a rule looks at, found once: documents can be long. */
struct used {
	const struct qiao_json **nodes;
	size_t n;
};

static bool used_find(const struct job *j, struct used *u)
{
	const struct qiao_map_rule *r = j->rule;
	const struct qiao_map_value *const head[] = {
		&r->id,     &r->version,    &r->state,
		&r->issued, &r->valid_from, &r->valid_to
	};
	const size_t n_head = sizeof(head) / sizeof(head[0]);

	u->nodes = qiao_calloc(n_head + r->n_when + r->n_fields,
			       sizeof(*u->nodes));
	if (!u->nodes)
		return false;
	for (size_t i = 0; i < n_head; i++)
		u->nodes[u->n++] = node_of(j, head[i]);
	for (size_t i = 0; i < r->n_when; i++)
		u->nodes[u->n++] = qiao_json_path(j->doc, r->when[i].from);
	for (size_t i = 0; i < r->n_fields; i++)
		u->nodes[u->n++] = node_of(j, &r->fields[i].from);
	return true;
}

/* Values that no rule looks at. The depth of a document is bounded. */
static size_t unused(const struct used *u, const struct qiao_json *node)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		if (u->nodes[i] == node)
			return 0;
	if (is_scalar(node))
		return 1;
	for (size_t i = 0; i < qiao_json_count(node); i++)
		n += unused(u, qiao_json_at(node, i));
	return n;
}

static bool unused_count(struct job *j)
{
	struct used u = { NULL, 0 };

	if (!used_find(j, &u)) {
		j->err = QIAO_E_NOMEM;
		return false;
	}
	j->out->unmapped += unused(&u, j->doc);
	qiao_free(u.nodes);
	return true;
}

static bool fields_set(struct job *j, const struct qiao_hash *seed)
{
	struct qiao_record *out = j->out;

	for (size_t i = 0; i < j->rule->n_fields; i++)
		if (!field_add(j, &j->rule->fields[i]))
			return false;
	if (!unused_count(j))
		return false;
	qiao_fields_salt(&out->fields, seed);
	qiao_fields_root(&out->head.fields_root, &out->fields);
	out->head.fields = (unsigned int)out->fields.n;
	return true;
}

/* --- the whole ----------------------------------------------------------- */

static qiao_err doc_parse(struct job *j, struct qiao_json **doc)
{
	qiao_err err = QIAO_E_LIMIT;

	*doc = NULL;
	if (j->w->value.n <= QIAO_RECORD_MAX)
		err = qiao_json_parse(doc, j->w->value, NULL);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err == QIAO_OK && qiao_json_kind(*doc) != QIAO_JSON_OBJECT)
		err = QIAO_E_MALFORMED;
	j->doc = *doc;
	if (err == QIAO_OK)
		return QIAO_OK;
	refuse(j, "R_FIELD_CHECK", "document",
	       err == QIAO_E_LIMIT ? "too-long" : "no-json-object");
	return QIAO_E_DENIED;
}

static qiao_err verdict(const struct job *j)
{
	if (j->err != QIAO_OK)
		return j->err;
	return j->out->refusal.code ? QIAO_E_DENIED : QIAO_OK;
}

static qiao_err doc_apply(struct job *j, const struct qiao_hash *seed)
{
	qiao_err err = rule_pick(j);
	bool has_issuer;

	if (err != QIAO_OK)
		return err;
	/* an unknown issuer is the first reason, and no reason to stop here */
	has_issuer = issuer_set(j, j->rule->type);
	if (head_set(j) && fields_set(j, seed) && has_issuer) {
		j->out->complete = true;
		qiao_record_check(j->out, j->env->cat, j->env->now_ms);
	}
	return verdict(j);
}

qiao_err qiao_mapping_apply(struct qiao_record *out,
			    const struct qiao_record_env *env,
			    const struct qiao_source_write *w,
			    const struct qiao_hash *seed)
{
	struct job j = { .env = env, .w = w, .out = out };
	struct qiao_json *doc = NULL;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = key_check(&j);
	if (err == QIAO_OK)
		err = doc_parse(&j, &doc);
	if (err == QIAO_OK)
		err = doc_apply(&j, seed);
	qiao_json_free(doc);
	qiao_buf_free(&j.text);
	if (!out->complete)
		qiao_record_keep_refusal(out);
	return err;
}

/* --- deletes ------------------------------------------------------------- */

/* The rule that made the record, by key and type. */
static void delete_rule_pick(struct job *j, const struct qiao_head *last)
{
	const struct qiao_mapping *m = j->env->mapping;

	for (size_t i = 0; i < m->n_rules && !j->rule; i++)
		if (key_fits(&m->rules[i], j->w->space, j->w->key) &&
		    strcmp(m->rules[i].type, last->type) == 0)
			j->rule = &m->rules[i];
	if (!j->rule ||
	    (j->rule->key_is_id &&
	     !qiao_slice_is(key_rest(j->rule, j->w->key), last->id)))
		refuse(j, "R_FIELD_CHECK", "id", "not-the-key");
	else if (!j->rule->on_delete[0])
		refuse(j, "R_STATE", "on_delete", "no-state");
}

static void delete_head(struct job *j, const struct qiao_head *last)
{
	struct qiao_head *h = &j->out->head;
	char issuer[sizeof(h->issuer)];

	memcpy(issuer, h->issuer, sizeof(issuer));
	*h = *last;
	memcpy(h->issuer, issuer, sizeof(issuer));
	h->network = j->env->network;
	h->version = last->version + 1;
	h->fields = 0;
	qiao_merkle_root(&h->fields_root, NULL, 0);
	qiao_str_copy(h->state, sizeof(h->state),
		      qiao_slice_str(j->rule->on_delete));
}

static void delete_apply(struct job *j, const struct qiao_head *last)
{
	struct qiao_refusal move;

	delete_rule_pick(j, last);
	if (j->out->refusal.code || !issuer_set(j, last->type))
		return;
	delete_head(j, last);
	j->out->complete = true;
	if (qiao_record_move(&move, j->env->cat, &j->out->head, last->state) !=
	    QIAO_OK)
		qiao_refuse(&j->out->refusal, move.code, "%s", move.why.text);
	qiao_record_check(j->out, j->env->cat, j->env->now_ms);
}

qiao_err qiao_mapping_delete(struct qiao_record *out,
			     const struct qiao_record_env *env,
			     const struct qiao_source_write *w,
			     const struct qiao_head *last)
{
	struct job j = { .env = env, .w = w, .out = out };
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = key_check(&j);
	if (err != QIAO_OK)
		return err;
	delete_apply(&j, last);
	if (!out->complete)
		qiao_record_keep_refusal(out);
	return verdict(&j);
}
