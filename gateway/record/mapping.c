/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/mapping.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/record/rules.h"

#include <stdio.h>
#include <string.h>

/* What is loaded, and what it is checked against. */
struct loader {
	struct qiao_load l;
	const struct qiao_catalogue *cat;
	const struct qiao_orgs *orgs;
	int offset_min;
};

#define STR_OR_GROUP (QIAO_C_STR | QIAO_C_GROUP)
/* clang-format off */
static const struct qiao_ckey root_keys[] = {
	{ "format", QIAO_C_INT, true },
	{ "id", QIAO_C_STR, true },
	{ "version", QIAO_C_INT, true },
	{ "timezone", QIAO_C_STR, false },
	{ "ignore", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "issuers", QIAO_C_LIST, true },
	{ "records", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey issuer_keys[] = {
	{ "type", QIAO_C_STR, true },
	{ "msp", QIAO_C_STR, false },
	{ "ou", QIAO_C_STR, false },
	{ "org", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey ignore_keys[] = {
	{ "space", QIAO_C_STR, true },
	{ "key_prefix", QIAO_C_STR, false },
	{ "composite", QIAO_C_BOOL, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey rule_keys[] = {
	{ "title", QIAO_C_STR, false },
	{ "space", QIAO_C_STR, true },
	{ "key_prefix", QIAO_C_STR, false },
	{ "key_is_id", QIAO_C_BOOL, false },
	{ "when", QIAO_C_LIST, false },
	{ "type", QIAO_C_STR, true },
	{ "id", STR_OR_GROUP, true },
	{ "version", STR_OR_GROUP, true },
	{ "state", STR_OR_GROUP, true },
	{ "issued", STR_OR_GROUP, false },
	{ "valid_from", STR_OR_GROUP, false },
	{ "valid_to", STR_OR_GROUP, false },
	{ "region", QIAO_C_STR, false },
	{ "share", QIAO_C_STR, false },
	{ "on_delete", QIAO_C_STR, false },
	{ "fields", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey when_keys[] = {
	{ "path", QIAO_C_STR, true },
	{ "value", QIAO_C_STR, true },
	{ NULL, 0, false },
};
/* name and list for fields only */
static const struct qiao_ckey field_keys[] = {
	{ "path", QIAO_C_STR, false },
	{ "value", QIAO_C_STR, false },
	{ "as", QIAO_C_STR, false },
	{ "format", QIAO_C_STR, false },
	{ "map", QIAO_C_LIST, false },
	{ "none", QIAO_C_ARRAY, false },
	{ "required", QIAO_C_BOOL, false },
	{ "name", QIAO_C_STR, true },
	{ "list", QIAO_C_BOOL, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey value_keys[] = {
	{ "path", QIAO_C_STR, false },
	{ "value", QIAO_C_STR, false },
	{ "format", QIAO_C_STR, false },
	{ "map", QIAO_C_LIST, false },
	{ "none", QIAO_C_ARRAY, false },
	{ "required", QIAO_C_BOOL, false },
	{ NULL, 0, false },
};
/* clang-format on */

static const char *const share_words[] = { "unconditional", "conditional",
					   "never", NULL };

/* [ "active", "valid" ] pairs */
static void pairs_load(const struct loader *m, struct qiao_map_value *v,
		       const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_map_pair *p = qiao_pool_take(m->l.pool, n, sizeof(*p));

	if (!p)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct qiao_cnode *pair = qiao_cnode_at(list, i);
		const char *from = qiao_cnode_str(qiao_cnode_at(pair, 0), NULL);
		const char *to = qiao_cnode_str(qiao_cnode_at(pair, 1), NULL);

		if (!from || !to || qiao_cnode_count(pair) != 2 ||
		    qiao_cnode_type(pair) != QIAO_C_ARRAY)
			qiao_conf_error(m->l.c, m->l.d, pair, "E103",
					"a pair of the value map is [ \"in the "
					"source\", \"in the record\" ]");
		p[i].from = qiao_pool_str(m->l.pool, from ? from : "");
		p[i].to = qiao_pool_str(m->l.pool, to ? to : "");
	}
	v->pairs = p;
	v->n_pairs = n;
}

/* The members that all values share; n is a group that was checked. */
static void value_load(const struct loader *m, struct qiao_map_value *v,
		       const struct qiao_cnode *n, const char *where)
{
	v->path = qiao_load_str(&m->l, n, "path", NULL);
	v->constant = qiao_load_str(&m->l, n, "value", NULL);
	v->form.offset_min = m->offset_min;
	v->form.as = (enum qiao_as)qiao_load_word(&m->l, n, where, "as",
						  qiao_as_words, QIAO_AS_TEXT);
	v->form.time = (enum qiao_time_form)qiao_load_word(
		&m->l, n, where, "format", qiao_time_form_words, QIAO_FORM_ISO);
	v->none = qiao_load_array(&m->l, &v->n_none, qiao_cnode_get(n, "none"));
	v->required = qiao_conf_bool(n, "required", false);
	if (qiao_cnode_get(n, "map"))
		pairs_load(m, v, qiao_cnode_get(n, "map"));
	if (!v->path == !v->constant)
		qiao_conf_error(m->l.c, m->l.d, n, "E102",
				"%s needs a path or a value, one of the two",
				where);
}

/* A member of the head: a path, or a group for more. */
static void head_value_load(const struct loader *m, struct qiao_map_value *v,
			    const struct qiao_cnode *rule, const char *name)
{
	const struct qiao_cnode *n = qiao_cnode_get(rule, name);
	char where[64];

	snprintf(where, sizeof(where), "mapping.records[].%s", name);
	v->form.offset_min = m->offset_min;
	if (qiao_cnode_type(n) == QIAO_C_STR)
		v->path = qiao_load_str(&m->l, rule, name, "");
	else if (n && qiao_conf_check(m->l.c, m->l.d, n, where, value_keys))
		value_load(m, v, n, where);
}

static void state_check(const struct loader *m, const struct qiao_cat_type *t,
			const char *state, const struct qiao_cnode *n)
{
	if (qiao_cat_state(t, state) < 0)
		qiao_conf_error(m->l.c, m->l.d, n, "E112",
				"\"%s\" has no state \"%s\" in the catalogue",
				t->type, state);
}

static void states_check(const struct loader *m, const struct qiao_cat_type *t,
			 const struct qiao_map_rule *r,
			 const struct qiao_cnode *g)
{
	const struct qiao_cnode *state = qiao_cnode_get(g, "state");
	const struct qiao_cnode *map = qiao_cnode_get(state, "map");

	if (qiao_cnode_type(state) == QIAO_C_GROUP && r->state.constant)
		state_check(m, t, r->state.constant, state);
	for (size_t i = 0; i < r->state.n_pairs; i++)
		state_check(m, t, r->state.pairs[i].to, qiao_cnode_at(map, i));
	if (r->on_delete[0])
		state_check(m, t, r->on_delete, qiao_cnode_get(g, "on_delete"));
}

static void field_name_check(const struct loader *m,
			     const struct qiao_cat_type *t,
			     const struct qiao_map_field *f,
			     const struct qiao_cnode *n)
{
	const struct qiao_cat_field *c = t ? qiao_cat_field(t, f->name) : NULL;

	if (t && (!c || strcmp(c->name, f->name) != 0))
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(n, "name"),
				"E115",
				"\"%s\" has no field \"%s\" in the "
				"catalogue",
				t->type, f->name);
	if (f->list && f->from.constant)
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(n, "list"),
				"E105", "a constant is no list");
}

static void fields_load(const struct loader *m, struct qiao_map_rule *r,
			const struct qiao_cat_type *t,
			const struct qiao_cnode *list)
{
	static const char where[] = "mapping.records[].fields[]";
	size_t n = qiao_cnode_count(list);
	struct qiao_map_field *f = qiao_pool_take(m->l.pool, n, sizeof(*f));

	if (!f)
		return;
	r->fields = f;
	r->n_fields = n;
	for (size_t i = 0; i < n; i++) {
		const struct qiao_cnode *g = qiao_cnode_at(list, i);

		f[i].name = "";
		if (!qiao_conf_check(m->l.c, m->l.d, g, where, field_keys))
			continue;
		f[i].name = qiao_load_str(&m->l, g, "name", "");
		f[i].list = qiao_conf_bool(g, "list", false);
		value_load(m, &f[i].from, g, where);
		field_name_check(m, t, &f[i], g);
		for (size_t j = 0; j < i; j++)
			if (strcmp(f[j].name, f[i].name) == 0)
				qiao_conf_error(m->l.c, m->l.d, g, "E104",
						"field \"%s\" stands twice",
						f[i].name);
	}
}

static void when_load(const struct loader *m, struct qiao_map_rule *r,
		      const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_map_pair *p = qiao_pool_take(m->l.pool, n, sizeof(*p));

	if (!p)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct qiao_cnode *g = qiao_cnode_at(list, i);

		qiao_conf_check(m->l.c, m->l.d, g, "mapping.records[].when[]",
				when_keys);
		p[i].from = qiao_load_str(&m->l, g, "path", "");
		p[i].to = qiao_load_str(&m->l, g, "value", "");
	}
	r->when = p;
	r->n_when = n;
}

static void head_values_load(const struct loader *m, struct qiao_map_rule *r,
			     const struct qiao_cnode *g)
{
	head_value_load(m, &r->id, g, "id");
	head_value_load(m, &r->version, g, "version");
	head_value_load(m, &r->state, g, "state");
	head_value_load(m, &r->issued, g, "issued");
	head_value_load(m, &r->valid_from, g, "valid_from");
	head_value_load(m, &r->valid_to, g, "valid_to");
	r->region = qiao_load_str(&m->l, g, "region", "");
	r->on_delete = qiao_load_str(&m->l, g, "on_delete", "");
	r->share = (enum qiao_share)qiao_load_word(
		&m->l, g, "mapping.records[]", "share", share_words,
		QIAO_SHARE_UNCONDITIONAL);
	if (r->region[0] &&
	    qiao_check_value(QIAO_CHECK_REGION, qiao_slice_str(r->region), 0))
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(g, "region"),
				"E105",
				"region must be six digits of GB/T 2260");
	/* one id or version for all would make all of them one record */
	if (r->id.constant || r->version.constant)
		qiao_conf_error(m->l.c, m->l.d, g, "E105",
				"id and version come from the document: write "
				"a path");
}

static void rule_load(const struct loader *m, struct qiao_map_rule *r,
		      const struct qiao_cnode *g)
{
	const struct qiao_cat_type *t;

	*r = (struct qiao_map_rule){ .space = "",
				     .key_prefix = "",
				     .type = "",
				     .region = "",
				     .on_delete = "" };
	if (!qiao_conf_check(m->l.c, m->l.d, g, "mapping.records[]", rule_keys))
		return;
	r->space = qiao_load_str(&m->l, g, "space", "");
	r->key_prefix = qiao_load_str(&m->l, g, "key_prefix", "");
	r->key_is_id = qiao_conf_bool(g, "key_is_id", true);
	r->type = qiao_load_str(&m->l, g, "type", "");
	when_load(m, r, qiao_cnode_get(g, "when"));
	head_values_load(m, r, g);
	t = qiao_catalogue_type(m->cat, r->type);
	if (t)
		states_check(m, t, r, g);
	else
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(g, "type"),
				"E110", "the catalogue has no type \"%s\"",
				r->type);
	fields_load(m, r, t, qiao_cnode_get(g, "fields"));
}

static void rules_load(const struct loader *m, struct qiao_mapping *map,
		       const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_map_rule *r = qiao_pool_take(m->l.pool, n, sizeof(*r));

	if (!r)
		return;
	for (size_t i = 0; i < n; i++)
		rule_load(m, &r[i], qiao_cnode_at(list, i));
	map->rules = r;
	map->n_rules = n;
}

static void issuer_load(const struct loader *m, struct qiao_map_issuer *s,
			const struct qiao_cnode *g)
{
	*s = (struct qiao_map_issuer){ "", "", "", "" };
	if (!qiao_conf_check(m->l.c, m->l.d, g, "mapping.issuers[]",
			     issuer_keys))
		return;
	s->type = qiao_load_str(&m->l, g, "type", "");
	s->msp = qiao_load_str(&m->l, g, "msp", "");
	s->ou = qiao_load_str(&m->l, g, "ou", "");
	s->org = qiao_load_str(&m->l, g, "org", "");
	if (!qiao_catalogue_type(m->cat, s->type))
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(g, "type"),
				"E110", "the catalogue has no type \"%s\"",
				s->type);
	if (!s->msp[0] == !s->org[0])
		qiao_conf_error(m->l.c, m->l.d, g, "E102",
				"an issuer is an msp or an org, one of the "
				"two");
	if (s->ou[0] && !s->msp[0])
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(g, "ou"), "E101",
				"only an MSP has an ou");
	if (s->org[0] && !qiao_orgs_find(m->orgs, s->org))
		qiao_conf_error(m->l.c, m->l.d, qiao_cnode_get(g, "org"),
				"E108", "unknown organisation \"%s\"", s->org);
}

static void issuers_load(const struct loader *m, struct qiao_mapping *map,
			 const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_map_issuer *s = qiao_pool_take(m->l.pool, n, sizeof(*s));

	if (!s)
		return;
	for (size_t i = 0; i < n; i++)
		issuer_load(m, &s[i], qiao_cnode_at(list, i));
	map->issuers = s;
	map->n_issuers = n;
}

static void ignore_keys_load(const struct loader *m, struct qiao_map_ignore *g,
			     const struct qiao_cnode *n)
{
	if (!qiao_conf_check(m->l.c, m->l.d, n, "mapping.ignore[]",
			     ignore_keys))
		return;
	g->space = qiao_load_str(&m->l, n, "space", "");
	g->key_prefix = qiao_load_str(&m->l, n, "key_prefix", "");
	g->composite = qiao_conf_bool(n, "composite", false);
	if (!g->key_prefix[0] == !g->composite)
		qiao_conf_error(m->l.c, m->l.d, n, "E102",
				"what is ignored needs a key_prefix or "
				"composite = true, one of the two; for a whole "
				"namespace write its name alone");
}

/* A rule whose every key is left out would be a rule for nothing. */
static void ignore_check(const struct loader *m, const struct qiao_mapping *map,
			 const struct qiao_map_ignore *g,
			 const struct qiao_cnode *n)
{
	for (size_t i = 0; i < map->n_rules && g->key_prefix[0]; i++) {
		const struct qiao_map_rule *r = &map->rules[i];

		if (strcmp(r->space, g->space) == 0 &&
		    strncmp(r->key_prefix, g->key_prefix,
			    strlen(g->key_prefix)) == 0)
			qiao_conf_error(m->l.c, m->l.d, n, "E105",
					"this would ignore every record of the "
					"rule for key_prefix \"%s\"",
					r->key_prefix);
	}
}

/* After the rules. A name, or a group for some keys of a namespace. */
static void ignore_load(const struct loader *m, struct qiao_mapping *map,
			const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_map_ignore *g = qiao_pool_take(m->l.pool, n, sizeof(*g));

	if (!g)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct qiao_cnode *e = qiao_cnode_at(list, i);

		g[i] = (struct qiao_map_ignore){ "", false, "" };
		if (qiao_cnode_type(e) == QIAO_C_STR) {
			g[i].space =
				qiao_pool_str(m->l.pool, qiao_cnode_str(e, ""));
			continue;
		}
		ignore_keys_load(m, &g[i], e);
		ignore_check(m, map, &g[i], e);
	}
	map->ignore = g;
	map->n_ignore = n;
}

/* "+08:00" */
static int offset_load(const struct loader *m, const struct qiao_cnode *n)
{
	const char *s = qiao_cnode_str(n, "+08:00");
	unsigned int h, min;
	char sign, end;

	if (sscanf(s, "%c%2u:%2u%c", &sign, &h, &min, &end) == 3 &&
	    strlen(s) == 6 && (sign == '+' || sign == '-') && h <= 14 &&
	    min <= 59)
		return (int)(h * 60 + min) * (sign == '-' ? -1 : 1);
	qiao_conf_error(m->l.c, m->l.d, n, "E107",
			"timezone must be an offset like \"+08:00\"");
	return 0;
}

static void mapping_load(struct loader *m, struct qiao_mapping *map)
{
	const struct qiao_cnode *g =
		qiao_load_root(&m->l, "mapping", root_keys);

	if (!g)
		return;
	m->offset_min = offset_load(m, qiao_cnode_get(g, "timezone"));
	issuers_load(m, map, qiao_cnode_get(g, "issuers"));
	rules_load(m, map, qiao_cnode_get(g, "records"));
	ignore_load(m, map, qiao_cnode_get(g, "ignore"));
}

qiao_err qiao_mapping_parse(struct qiao_mapping **out, struct qiao_diags *d,
			    const struct qiao_conf *c,
			    const struct qiao_catalogue *cat,
			    const struct qiao_orgs *orgs)
{
	struct qiao_mapping *map = qiao_calloc(1, sizeof(*map));
	unsigned int before = d->errors;
	struct loader m = { { c, d, NULL }, cat, orgs, 0 };
	qiao_err err = QIAO_OK;

	*out = NULL;
	if (!map)
		return QIAO_E_NOMEM;
	m.l.pool = &map->pool;
	mapping_load(&m, map);
	if (map->pool.failed || d->text.err != QIAO_OK)
		err = QIAO_E_NOMEM;
	else if (d->errors != before)
		err = QIAO_E_CONFIG;
	if (err == QIAO_OK)
		*out = map;
	else
		qiao_mapping_free(map);
	return err;
}

void qiao_mapping_free(struct qiao_mapping *m)
{
	if (!m)
		return;
	qiao_pool_free(&m->pool);
	qiao_free(m);
}
