/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/catalogue.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/record/load.h"
#include "gateway/record/moves.h"

#include <stdlib.h>
#include <string.h>

struct exception {
	enum qiao_check check;
	const char *value;
};

struct qiao_catalogue {
	struct qiao_pool pool;
	const char *id;
	int64_t version;
	size_t n;
	struct qiao_cat_type *types;
	size_t n_exceptions;
	struct exception *exceptions;
};

static const char *const share_words[] = { "unconditional", "conditional",
					   "never", NULL };
static const char *const class_words[] = { "secret",   "sensitive", "personal",
					   "internal", "public",    NULL };
static const char *const severity_words[] = { "error", "warn", NULL };

/* clang-format off */
static const struct qiao_ckey root_keys[] = {
	{ "format", QIAO_C_INT, true },
	{ "id", QIAO_C_STR, true },
	{ "version", QIAO_C_INT, true },
	{ "records", QIAO_C_LIST, true },
	{ "exceptions", QIAO_C_LIST, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey type_keys[] = {
	{ "type", QIAO_C_STR, true },
	{ "title", QIAO_C_STR, false },
	{ "version", QIAO_C_INT, false },
	{ "share", QIAO_C_STR, true },
	{ "basis", QIAO_C_STR, false },
	{ "id_kind", QIAO_C_STR, true },
	{ "id_severity", QIAO_C_STR, false },
	{ "states", QIAO_C_ARRAY, true },
	{ "moves", QIAO_C_LIST, false },
	{ "cert_types", QIAO_C_ARRAY, false },
	{ "fields", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey move_keys[] = {
	{ "from", QIAO_C_STR, true },
	{ "to", QIAO_C_ARRAY, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey field_keys[] = {
	{ "name", QIAO_C_STR, true },
	{ "zh", QIAO_C_STR, false },
	{ "class", QIAO_C_STR, true },
	{ "check", QIAO_C_STR, false },
	{ "severity", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey exception_keys[] = {
	{ "check", QIAO_C_STR, true },
	{ "value", QIAO_C_STR, true },
	{ "basis", QIAO_C_STR, true },
	{ NULL, 0, false },
};
/* clang-format on */

const char *qiao_field_class_name(enum qiao_field_class c)
{
	return (size_t)c <= QIAO_CLASS_PUBLIC ? class_words[c] : "secret";
}

static enum qiao_check check_get(const struct qiao_load *l,
				 const struct qiao_cnode *group,
				 const char *where, const char *name)
{
	const char *words[QIAO_CHECK_RFC3161 + 2];

	for (size_t i = 0; i <= QIAO_CHECK_RFC3161 + 1; i++)
		words[i] = qiao_check_name_at(i);
	return (enum qiao_check)qiao_load_word(l, group, where, name, words,
					       QIAO_CHECK_NONE);
}

static int compare_fields(const void *a, const void *b)
{
	const struct qiao_cat_field *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void field_load(const struct qiao_load *l, struct qiao_cat_field *f,
		       const struct qiao_cnode *n)
{
	static const char where[] = "catalogue.records[].fields[]";
	const struct qiao_cnode *name = qiao_cnode_get(n, "name");

	f->name = "";
	f->zh = "";
	if (!qiao_conf_check(l->c, l->d, n, where, field_keys))
		return;
	qiao_load_name_check(l, name, QIAO_NAME_MAX);
	if (strchr(qiao_cnode_str(name, ""), '-'))
		qiao_conf_error(l->c, l->d, name, "E109",
				"a field's name has no dash");
	f->name = qiao_load_str(l, n, "name", "");
	f->zh = qiao_load_str(l, n, "zh", "");
	f->class_ = (enum qiao_field_class)qiao_load_word(
		l, n, where, "class", class_words, QIAO_CLASS_SECRET);
	f->check = check_get(l, n, where, "check");
	f->warn_only =
		qiao_load_word(l, n, where, "severity", severity_words, 0) == 1;
}

static void fields_load(const struct qiao_load *l, struct qiao_cat_type *t,
			const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);
	struct qiao_cat_field *f = qiao_pool_take(l->pool, n, sizeof(*f));

	if (!f)
		return;
	for (size_t i = 0; i < n; i++)
		field_load(l, &f[i], qiao_cnode_at(list, i));
	qsort(f, n, sizeof(*f), compare_fields);
	for (size_t i = 1; i < n; i++)
		if (f[i].name[0] && strcmp(f[i - 1].name, f[i].name) == 0)
			qiao_conf_error(l->c, l->d, list, "E104",
					"field \"%s\" stands twice in \"%s\"",
					f[i].name, t->type);
	t->fields = f;
	t->n_fields = n;
}

static int state_get(const struct qiao_load *l, const struct qiao_cat_type *t,
		     const struct qiao_cnode *n)
{
	const char *name = qiao_cnode_str(n, "");
	int at = qiao_cat_state(t, name);

	if (at < 0)
		qiao_conf_error(l->c, l->d, n, "E112",
				"\"%s\" has no state \"%s\"", t->type, name);
	return at;
}

static void move_load(const struct qiao_load *l, const struct qiao_cat_type *t,
		      bool *moves, const struct qiao_cnode *n)
{
	const struct qiao_cnode *to;
	int from;

	if (!qiao_conf_check(l->c, l->d, n, "catalogue.records[].moves[]",
			     move_keys))
		return;
	from = state_get(l, t, qiao_cnode_get(n, "from"));
	to = qiao_cnode_get(n, "to");
	for (size_t i = 0; i < qiao_cnode_count(to); i++) {
		int at = state_get(l, t, qiao_cnode_at(to, i));

		if (from >= 0 && at >= 0)
			moves[(size_t)from * t->n_states + (size_t)at] = true;
	}
}

static void states_load(const struct qiao_load *l, struct qiao_cat_type *t,
			const struct qiao_cnode *g)
{
	const struct qiao_cnode *list = qiao_cnode_get(g, "states");
	const struct qiao_cnode *moves = qiao_cnode_get(g, "moves");
	bool *table;

	t->states = qiao_load_array(l, &t->n_states, list);
	for (size_t i = 0; i < t->n_states; i++) {
		const struct qiao_cnode *n = qiao_cnode_at(list, i);

		qiao_load_name_check(l, n, QIAO_NAME_MAX);
		if ((size_t)qiao_cat_state(t, t->states[i]) < i)
			qiao_conf_error(l->c, l->d, n, "E104",
					"state \"%s\" stands twice",
					t->states[i]);
	}
	table = qiao_pool_take(l->pool, t->n_states * t->n_states,
			       sizeof(*table));
	if (!table)
		return;
	t->moves = table;
	if (!moves)
		qiao_moves_default(table, t);
	for (size_t i = 0; i < qiao_cnode_count(moves); i++)
		move_load(l, t, table, qiao_cnode_at(moves, i));
}

static void cert_types_load(const struct qiao_load *l, struct qiao_cat_type *t,
			    const struct qiao_cnode *list)
{
	t->cert_types = qiao_load_array(l, &t->n_cert_types, list);
	for (size_t i = 0; i < t->n_cert_types; i++) {
		const char *bad =
			qiao_check_value(QIAO_CHECK_CERT_TYPE,
					 qiao_slice_str(t->cert_types[i]), 0);

		if (bad)
			qiao_conf_error(l->c, l->d, qiao_cnode_at(list, i),
					"E105",
					"\"%s\" is no certificate type (%s)",
					t->cert_types[i], bad);
	}
}

static void type_load(const struct qiao_load *l, struct qiao_cat_type *t,
		      const struct qiao_cnode *g)
{
	static const char where[] = "catalogue.records[]";

	t->type = "";
	if (!qiao_conf_check(l->c, l->d, g, where, type_keys))
		return;
	qiao_load_name_check(l, qiao_cnode_get(g, "type"), QIAO_TYPE_MAX);
	t->type = qiao_load_str(l, g, "type", "");
	t->title = qiao_load_str(l, g, "title", t->type);
	t->basis = qiao_load_str(l, g, "basis", "");
	t->version = qiao_load_uint(l, g, "version", 1, 1);
	t->share = (enum qiao_share)qiao_load_word(
		l, g, where, "share", share_words, QIAO_SHARE_NEVER);
	t->id_kind = check_get(l, g, where, "id_kind");
	t->id_warn_only = qiao_load_word(l, g, where, "id_severity",
					 severity_words, 0) == 1;
	states_load(l, t, g);
	cert_types_load(l, t, qiao_cnode_get(g, "cert_types"));
	fields_load(l, t, qiao_cnode_get(g, "fields"));
}

static int compare_types(const void *a, const void *b)
{
	const struct qiao_cat_type *x = a, *y = b;

	return strcmp(x->type, y->type);
}

static void types_load(const struct qiao_load *l, struct qiao_catalogue *cat,
		       const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);

	cat->types = qiao_pool_take(l->pool, n, sizeof(*cat->types));
	if (!cat->types)
		return;
	cat->n = n;
	for (size_t i = 0; i < n; i++)
		type_load(l, &cat->types[i], qiao_cnode_at(list, i));
	qsort(cat->types, n, sizeof(*cat->types), compare_types);
	for (size_t i = 1; i < n; i++)
		if (cat->types[i].type[0] &&
		    strcmp(cat->types[i - 1].type, cat->types[i].type) == 0)
			qiao_conf_error(l->c, l->d, list, "E104",
					"record type \"%s\" stands twice",
					cat->types[i].type);
}

static void exception_load(const struct qiao_load *l, struct exception *e,
			   const struct qiao_cnode *g)
{
	static const char where[] = "catalogue.exceptions[]";

	e->value = "";
	if (!qiao_conf_check(l->c, l->d, g, where, exception_keys))
		return;
	e->check = check_get(l, g, where, "check");
	e->value = qiao_load_str(l, g, "value", "");
	if (e->check == QIAO_CHECK_CITIZEN_ID || e->check == QIAO_CHECK_NONE)
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "check"), "E105",
				"no exception is possible for \"%s\"",
				qiao_check_name(e->check));
}

static void exceptions_load(const struct qiao_load *l,
			    struct qiao_catalogue *cat,
			    const struct qiao_cnode *list)
{
	size_t n = qiao_cnode_count(list);

	cat->exceptions = qiao_pool_take(l->pool, n, sizeof(*cat->exceptions));
	if (!cat->exceptions)
		return;
	cat->n_exceptions = n;
	for (size_t i = 0; i < n; i++)
		exception_load(l, &cat->exceptions[i], qiao_cnode_at(list, i));
}

static void catalogue_load(const struct qiao_load *l,
			   struct qiao_catalogue *cat)
{
	const struct qiao_cnode *g = qiao_load_root(l, "catalogue", root_keys);

	if (!g)
		return;
	cat->id = qiao_load_str(l, g, "id", "");
	cat->version = qiao_conf_int(g, "version", 0);
	types_load(l, cat, qiao_cnode_get(g, "records"));
	exceptions_load(l, cat, qiao_cnode_get(g, "exceptions"));
}

qiao_err qiao_catalogue_parse(struct qiao_catalogue **out, struct qiao_diags *d,
			      const struct qiao_conf *c)
{
	struct qiao_catalogue *cat = qiao_calloc(1, sizeof(*cat));
	unsigned int before = d->errors;
	qiao_err err = QIAO_OK;

	*out = NULL;
	if (!cat)
		return QIAO_E_NOMEM;
	catalogue_load(&(struct qiao_load){ c, d, &cat->pool }, cat);
	if (cat->pool.failed || d->text.err != QIAO_OK)
		err = QIAO_E_NOMEM;
	else if (d->errors != before)
		err = QIAO_E_CONFIG;
	if (err == QIAO_OK)
		*out = cat;
	else
		qiao_catalogue_free(cat);
	return err;
}

void qiao_catalogue_free(struct qiao_catalogue *cat)
{
	if (!cat)
		return;
	qiao_pool_free(&cat->pool);
	qiao_free(cat);
}

const char *qiao_catalogue_id(const struct qiao_catalogue *cat)
{
	return cat->id;
}

int64_t qiao_catalogue_version(const struct qiao_catalogue *cat)
{
	return cat->version;
}

size_t qiao_catalogue_count(const struct qiao_catalogue *cat)
{
	return cat->n;
}

const struct qiao_cat_type *qiao_catalogue_at(const struct qiao_catalogue *cat,
					      size_t i)
{
	return i < cat->n ? &cat->types[i] : NULL;
}

const struct qiao_cat_type *qiao_catalogue_type(
	const struct qiao_catalogue *cat, const char *type)
{
	struct qiao_cat_type key = { .type = type };

	if (cat->n == 0)
		return NULL;
	return bsearch(&key, cat->types, cat->n, sizeof(key), compare_types);
}

static const struct qiao_cat_field *field_find(const struct qiao_cat_type *t,
					       const char *name)
{
	struct qiao_cat_field key = { .name = name };

	if (t->n_fields == 0)
		return NULL;
	return bsearch(&key, t->fields, t->n_fields, sizeof(key),
		       compare_fields);
}

/* "author" of "author.0" and "author.#"; false: no element of a list. */
static bool list_of(char list[QIAO_NAME_MAX + 1], const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t digits;

	if (!dot)
		return false;
	digits = strspn(dot + 1, "0123456789");
	if (strcmp(dot + 1, "#") != 0 && (digits == 0 || dot[1 + digits]))
		return false;
	return qiao_str_copy(list, QIAO_NAME_MAX + 1,
			     qiao_slice_of(name, (size_t)(dot - name)));
}

const struct qiao_cat_field *qiao_cat_field(const struct qiao_cat_type *t,
					    const char *name)
{
	const struct qiao_cat_field *f = field_find(t, name);
	char list[QIAO_NAME_MAX + 1];

	if (f || !list_of(list, name))
		return f;
	return field_find(t, list);
}

int qiao_cat_state(const struct qiao_cat_type *t, const char *state)
{
	for (size_t i = 0; i < t->n_states; i++)
		if (strcmp(t->states[i], state) == 0)
			return (int)i;
	return -1;
}

bool qiao_cat_move_ok(const struct qiao_cat_type *t, const char *from,
		      const char *to)
{
	int a = qiao_cat_state(t, from), b = qiao_cat_state(t, to);

	if (a < 0 || b < 0)
		return false;
	return a == b || t->moves[(size_t)a * t->n_states + (size_t)b];
}

bool qiao_cat_move_restricts(const struct qiao_cat_type *t, const char *from,
			     const char *to)
{
	int a = qiao_cat_state(t, from), b = qiao_cat_state(t, to);

	if (a == b || !qiao_cat_move_ok(t, from, to))
		return false;
	if (strcmp(to, "suspended") == 0 || strcmp(to, "disputed") == 0)
		return true;
	for (size_t i = 0; i < t->n_states; i++)
		if (i != (size_t)b && t->moves[(size_t)b * t->n_states + i])
			return false;
	return true;
}

bool qiao_catalogue_excepts(const struct qiao_catalogue *cat,
			    enum qiao_check check, struct qiao_slice value)
{
	for (size_t i = 0; i < cat->n_exceptions; i++)
		if (cat->exceptions[i].check == check &&
		    qiao_slice_is(value, cat->exceptions[i].value))
			return true;
	return false;
}
