/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/config.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/config_check.h"
#include "gateway/daemon/options.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_OPTIONS_MAX 24

struct loader {
	struct qiao_config *cfg;
	const struct qiao_conf *file;
	struct qiao_diags *d;
	qiao_err err; /* only QIAO_E_NOMEM; findings are in d */
};

static void read_group(struct loader *l, const struct qiao_cnode *group,
		       const char *where, const struct qiao_option *table,
		       void *base);

#define COMPLAIN(l, node, code, ...) \
	qiao_conf_error((l)->file, (l)->d, node, code, __VA_ARGS__)

static unsigned int node_types(enum qiao_option_kind kind)
{
	switch (kind) {
	case QIAO_OPT_BOOL:
		return QIAO_C_BOOL;
	case QIAO_OPT_INT:
		return QIAO_C_INT;
	case QIAO_OPT_DURATION:
		return QIAO_C_DURATION;
	case QIAO_OPT_WORDS:
		return QIAO_C_ARRAY;
	case QIAO_OPT_GROUP:
		return QIAO_C_GROUP;
	case QIAO_OPT_LIST:
		return QIAO_C_LIST;
	case QIAO_OPT_NAME:
	case QIAO_OPT_TEXT:
	case QIAO_OPT_URL:
	case QIAO_OPT_FILE:
	case QIAO_OPT_PLACE:
	case QIAO_OPT_PROGRAM:
	case QIAO_OPT_HASH:
	case QIAO_OPT_KEY:
	case QIAO_OPT_KEY_ID:
	case QIAO_OPT_TIME:
	case QIAO_OPT_CHOICE:
		return QIAO_C_STR;
	}
	return QIAO_C_STR;
}

static bool name_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

	return n > 0 && n <= QIAO_NAME_MAX && s[n] == '\0';
}

static void put_text(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, char *out, const char *text)
{
	if (text[0] == '\0')
		COMPLAIN(l, n, "E105", "\"%s\" is empty; remove it", o->name);
	else if (!qiao_str_copy(out, o->size, qiao_slice_str(text)))
		COMPLAIN(l, n, "E105", "\"%s\" is longer than %zu bytes",
			 o->name, o->size - 1);
}

static void put_path(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, char *out, const char *text)
{
	char path[2 * QIAO_PATH_LEN];

	if (text[0] == '/' || text[0] == '\0') {
		put_text(l, o, n, out, text);
		return;
	}
	if (strlen(text) >= QIAO_PATH_LEN) {
		COMPLAIN(l, n, "E105", "the path is longer than %d bytes",
			 QIAO_PATH_LEN - 1);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", l->cfg->dir, text);
	put_text(l, o, n, out, path);
}

static void put_name(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, char *out, const char *text)
{
	if (name_ok(text))
		put_text(l, o, n, out, text);
	else
		COMPLAIN(l, n, "E105",
			 "\"%s\" must be 1 to %d of a-z 0-9 . - _", o->name,
			 QIAO_NAME_MAX);
}

static void put_url(struct loader *l, const struct qiao_option *o,
		    const struct qiao_cnode *n, char *out, const char *text)
{
	const char *host = strstr(text, "://"), *port = strrchr(text, ':');

	if ((strncmp(text, "tls+tcp://", 10) != 0 &&
	     strncmp(text, "tcp://", 6) != 0) ||
	    !host || port <= host + 3 || port[1] == '\0' ||
	    strspn(port + 1, "0123456789") != strlen(port + 1))
		COMPLAIN(l, n, "E105",
			 "\"%s\" must be like \"tls+tcp://host:17401\"",
			 o->name);
	else
		put_text(l, o, n, out, text);
}

static void put_program(struct loader *l, const struct qiao_option *o,
			const struct qiao_cnode *n, char *out, const char *text)
{
	if (strchr(text, '/'))
		put_path(l, o, n, out, text);
	else
		put_text(l, o, n, out, text);
}

static void put_hash(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, void *out, const char *text)
{
	struct qiao_hash h;

	if (!qiao_hex_decode(h.b, sizeof(h.b), qiao_slice_str(text)))
		COMPLAIN(l, n, "E105", "\"%s\" must be 64 hex digits", o->name);
	else if (qiao_hash_is_zero(&h))
		COMPLAIN(l, n, "E105", "\"%s\" is zero; make a random one",
			 o->name);
	else
		memcpy(out, &h, sizeof(h));
}

static void put_key(struct loader *l, const struct qiao_option *o,
		    const struct qiao_cnode *n, void *out, const char *text)
{
	qiao_err err = qiao_pubkey_read(out, text);

	if (err == QIAO_E_UNSUPPORTED)
		COMPLAIN(l, n, "E190",
			 "\"%s\": this kind of key: not built yet", o->name);
	else if (err != QIAO_OK)
		COMPLAIN(l, n, "E105",
			 "\"%s\" must be a public key, \"secp256k1:<66 hex "
			 "digits>\" or \"p256:...\", as \"qiao key show\" "
			 "prints it",
			 o->name);
}

static void put_key_id(struct loader *l, const struct qiao_option *o,
		       const struct qiao_cnode *n, uint8_t *base,
		       const char *text)
{
	bool ok = qiao_hex_decode(base + o->at, o->size, qiao_slice_str(text));

	if (!ok)
		COMPLAIN(l, n, "E105", "\"%s\" must be %zu hex digits", o->name,
			 2 * o->size);
	memcpy(base + o->count_at, &ok, sizeof(ok));
}

static void put_number(struct loader *l, const struct qiao_option *o,
		       const struct qiao_cnode *n, void *out, int64_t v)
{
	unsigned int u = (unsigned int)v;

	if (n && (v < o->min || v > o->max)) {
		int64_t unit = o->kind == QIAO_OPT_DURATION ? 1000 : 1;

		COMPLAIN(l, n, "E105",
			 "\"%s\" must be from %" PRId64 " to %" PRId64 "%s",
			 o->name, o->min / unit, o->max / unit,
			 unit > 1 ? " seconds" : "");
	} else if (o->size == sizeof(v)) {
		memcpy(out, &v, sizeof(v));
	} else {
		memcpy(out, &u, sizeof(u));
	}
}

static void put_time(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, void *out, const char *text)
{
	int64_t ms = o->value;

	if (n && !qiao_time_parse(&ms, qiao_slice_str(text), 0)) {
		COMPLAIN(l, n, "E107",
			 "\"%s\" must be like \"2026-11-20T10:00:00+08:00\" or "
			 "\"2026-11-20\"",
			 o->name);
		ms = o->value;
	}
	memcpy(out, &ms, sizeof(ms));
}

static void put_choice(struct loader *l, const struct qiao_option *o,
		       const struct qiao_cnode *n, void *out, const char *text)
{
	char list[128] = "";
	size_t used = 0;

	for (int i = 0; o->words[i]; i++) {
		if (strcmp(o->words[i], text) == 0) {
			memcpy(out, &i, sizeof(i));
			return;
		}
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%s", i ? ", " : "", o->words[i]);
	}
	for (int i = 0; o->later && o->later[i]; i++) {
		if (strcmp(o->later[i], text) == 0) {
			COMPLAIN(l, n, "E190",
				 "%s = \"%s\": not built yet; use one of %s",
				 o->name, text, list);
			return;
		}
	}
	COMPLAIN(l, n, "E105", "\"%s\" must be one of %s", o->name, list);
}

static void put_words(struct loader *l, const struct qiao_option *o,
		      const struct qiao_cnode *n, uint8_t *base)
{
	size_t count = qiao_cnode_count(n);

	if (count > (size_t)o->max) {
		COMPLAIN(l, n, "E105", "\"%s\" has more than %" PRId64 " words",
			 o->name, o->max);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct qiao_cnode *w = qiao_cnode_at(n, i);

		put_text(l, o, w, (char *)base + o->at + i * o->size,
			 qiao_cnode_str(w, ""));
	}
	memcpy(base + o->count_at, &count, sizeof(count));
}

/* An element has been named before: its first option is what names it. */
static void refuse_twins(struct loader *l, const struct qiao_option *o,
			 const struct qiao_cnode *list)
{
	const char *name = o->members[0].name;

	if (o->members[0].kind != QIAO_OPT_NAME)
		return;
	for (size_t i = 1; i < qiao_cnode_count(list); i++) {
		const struct qiao_cnode *n =
			qiao_cnode_get(qiao_cnode_at(list, i), name);
		const char *s = qiao_cnode_str(n, "");

		for (size_t k = 0; k < i; k++) {
			if (strcmp(s, qiao_conf_str(qiao_cnode_at(list, k),
						    name, "\n")) != 0)
				continue;
			COMPLAIN(l, n, "E104", "%s \"%s\" is given twice", name,
				 s);
			break;
		}
	}
}

static void put_list(struct loader *l, const struct qiao_option *o,
		     const struct qiao_cnode *n, uint8_t *base,
		     const char *where)
{
	size_t count = qiao_cnode_count(n);
	uint8_t *elements = base + o->at;
	char inside[64];

	if (count < (size_t)o->min || count > (size_t)o->max) {
		COMPLAIN(l, n, "E105",
			 "\"%s\" must have from %" PRId64 " to %" PRId64
			 " elements",
			 o->name, o->min, o->max);
		return;
	}
	if (o->allocated) {
		elements = qiao_calloc(count, o->size);
		if (!elements) {
			l->err = QIAO_E_NOMEM;
			return;
		}
		memcpy(base + o->at, &elements, sizeof(elements));
	}
	memcpy(base + o->count_at, &count, sizeof(count));
	snprintf(inside, sizeof(inside), "%s%s%s[]", where, where[0] ? "." : "",
		 o->name);
	for (size_t i = 0; i < count; i++)
		read_group(l, qiao_cnode_at(n, i), inside, o->members,
			   elements + i * o->size);
	refuse_twins(l, o, n);
}

static void put_group(struct loader *l, const struct qiao_option *o,
		      const struct qiao_cnode *n, void *base, const char *where)
{
	char inside[64];

	snprintf(inside, sizeof(inside), "%s%s%s", where, where[0] ? "." : "",
		 o->name);
	read_group(l, n, inside, o->members, base);
}

static void put_default(struct loader *l, const struct qiao_option *o,
			uint8_t *base)
{
	switch (o->kind) {
	case QIAO_OPT_BOOL: {
		bool v = o->value != 0;

		memcpy(base + o->at, &v, sizeof(v));
		break;
	}
	case QIAO_OPT_INT:
	case QIAO_OPT_DURATION:
		put_number(l, o, NULL, base + o->at, o->value);
		break;
	case QIAO_OPT_TIME:
		put_time(l, o, NULL, base + o->at, "");
		break;
	case QIAO_OPT_NAME:
	case QIAO_OPT_TEXT:
	case QIAO_OPT_PLACE:
		if (o->def)
			qiao_str_copy((char *)base + o->at, o->size,
				      qiao_slice_str(o->def));
		break;
	case QIAO_OPT_URL:
	case QIAO_OPT_FILE:
	case QIAO_OPT_PROGRAM:
	case QIAO_OPT_HASH:
	case QIAO_OPT_KEY:
	case QIAO_OPT_KEY_ID:
	case QIAO_OPT_CHOICE:
	case QIAO_OPT_WORDS:
	case QIAO_OPT_GROUP:
	case QIAO_OPT_LIST:
		break; /* stays zero */
	}
}

static void put_option(struct loader *l, const struct qiao_option *o,
		       const struct qiao_cnode *n, uint8_t *base,
		       const char *where)
{
	const char *s = qiao_cnode_str(n, "");
	bool yes = qiao_cnode_bool(n, false);
	uint8_t *out = base + o->at;

	switch (o->kind) {
	case QIAO_OPT_NAME:
		put_name(l, o, n, (char *)out, s);
		break;
	case QIAO_OPT_TEXT:
		put_text(l, o, n, (char *)out, s);
		break;
	case QIAO_OPT_URL:
		put_url(l, o, n, (char *)out, s);
		break;
	case QIAO_OPT_FILE:
	case QIAO_OPT_PLACE:
		put_path(l, o, n, (char *)out, s);
		break;
	case QIAO_OPT_PROGRAM:
		put_program(l, o, n, (char *)out, s);
		break;
	case QIAO_OPT_HASH:
		put_hash(l, o, n, out, s);
		break;
	case QIAO_OPT_KEY:
		put_key(l, o, n, out, s);
		break;
	case QIAO_OPT_KEY_ID:
		put_key_id(l, o, n, base, s);
		break;
	case QIAO_OPT_TIME:
		put_time(l, o, n, out, s);
		break;
	case QIAO_OPT_BOOL:
		memcpy(out, &yes, sizeof(yes));
		break;
	case QIAO_OPT_INT:
		put_number(l, o, n, out, qiao_cnode_int(n, o->value));
		break;
	case QIAO_OPT_DURATION:
		put_number(l, o, n, out, qiao_cnode_ms(n, o->value));
		break;
	case QIAO_OPT_CHOICE:
		put_choice(l, o, n, out, s);
		break;
	case QIAO_OPT_WORDS:
		put_words(l, o, n, base);
		break;
	case QIAO_OPT_GROUP:
		put_group(l, o, n, base, where);
		break;
	case QIAO_OPT_LIST:
		put_list(l, o, n, base, where);
		break;
	}
}

static void read_group(struct loader *l, const struct qiao_cnode *group,
		       const char *where, const struct qiao_option *table,
		       void *base)
{
	struct qiao_ckey keys[GROUP_OPTIONS_MAX] = { { .name = NULL } };

	for (size_t i = 0; table[i].name && i < GROUP_OPTIONS_MAX - 1; i++)
		keys[i] = (struct qiao_ckey){ table[i].name,
					      node_types(table[i].kind),
					      table[i].required };
	qiao_conf_check(l->file, l->d, group, where, keys);
	if (qiao_cnode_type(group) != QIAO_C_GROUP)
		return;
	for (const struct qiao_option *o = table; o->name; o++) {
		const struct qiao_cnode *n = qiao_cnode_get(group, o->name);

		put_default(l, o, base);
		/* of a wrong type: said already */
		if (n && (qiao_cnode_type(n) & node_types(o->kind) ||
			  (o->kind == QIAO_OPT_DURATION &&
			   qiao_cnode_ms(n, -1) >= 0)))
			put_option(l, o, n, base, where);
	}
}

qiao_err qiao_options_read(void *base, const struct qiao_option *table,
			   const struct qiao_conf *file, struct qiao_diags *d)
{
	struct loader l = { .file = file, .d = d };
	unsigned int before = d->errors;

	read_group(&l, qiao_conf_root(file), "", table, base);
	return l.err != QIAO_OK     ? l.err
	       : d->errors > before ? QIAO_E_CONFIG
				    : QIAO_OK;
}

static bool find_folder(struct qiao_config *c, const char *path)
{
	char real[PATH_MAX];
	char *slash = realpath(path, real) ? strrchr(real, '/') : NULL;
	bool ok = slash &&
		  qiao_str_copy(c->path, sizeof(c->path), qiao_slice_str(real));

	if (ok) {
		size_t n = (size_t)(slash - real);

		ok = qiao_str_copy(c->dir, sizeof(c->dir),
				   qiao_slice_of(real, n ? n : 1));
	}
	return ok;
}

static qiao_err load(struct qiao_config **out, struct qiao_diags *d,
		     const char *path, bool files)
{
	unsigned int before = d->errors;
	struct qiao_config *c = qiao_calloc(1, sizeof(*c));
	struct qiao_conf *file = NULL;
	struct loader l = { .cfg = c, .d = d };
	qiao_err err = c ? QIAO_OK : QIAO_E_NOMEM;

	*out = NULL;
	if (err == QIAO_OK)
		err = qiao_conf_load(&file, d, path);
	if (err == QIAO_OK && !find_folder(c, path)) {
		qiao_diag(d, path, 1, 1, "E100",
			  "the path of this file is longer than %d bytes",
			  QIAO_PATH_LEN - 1);
		err = QIAO_E_CONFIG;
	}
	if (err == QIAO_OK) {
		l.file = file;
		read_group(&l, qiao_conf_root(file), "", qiao_options, c);
		qiao_config_cross_check(c, file, d);
		if (files)
			qiao_config_check_files(c, file, d);
		err = l.err != QIAO_OK     ? l.err
		      : d->errors > before ? QIAO_E_CONFIG
					   : QIAO_OK;
	}
	qiao_conf_free(file);
	if (err != QIAO_OK)
		qiao_config_free(c);
	else
		*out = c;
	return err;
}

qiao_err qiao_config_load(struct qiao_config **out, struct qiao_diags *d,
			  const char *path)
{
	return load(out, d, path, false);
}

qiao_err qiao_config_load_to_run(struct qiao_config **out, struct qiao_diags *d,
				 const char *path)
{
	return load(out, d, path, true);
}

void qiao_config_free(struct qiao_config *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->routes && i < c->n_routes; i++)
		qiao_free(c->routes[i].deliver);
	qiao_free(c->routes);
	qiao_free(c->peers);
	qiao_free(c->chains);
	qiao_free(c);
}
