/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/load.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#define FORMAT 1

struct qiao_pool_block {
	struct qiao_pool_block *next;
	alignas(max_align_t) unsigned char data[];
};

void *qiao_pool_take(struct qiao_pool *p, size_t n, size_t size)
{
	struct qiao_pool_block *b = NULL;

	if (size == 0 || n <= (SIZE_MAX - sizeof(*b)) / size)
		b = qiao_calloc(1, sizeof(*b) + n * size);
	if (!b) {
		p->failed = true;
		return NULL;
	}
	b->next = p->blocks;
	p->blocks = b;
	return b->data;
}

const char *qiao_pool_str(struct qiao_pool *p, const char *s)
{
	size_t n;
	char *copy;

	if (!s)
		return NULL;
	n = strlen(s) + 1;
	copy = qiao_pool_take(p, n, 1);
	if (!copy)
		return "";
	memcpy(copy, s, n);
	return copy;
}

void qiao_pool_free(struct qiao_pool *p)
{
	while (p->blocks) {
		struct qiao_pool_block *next = p->blocks->next;

		qiao_free(p->blocks);
		p->blocks = next;
	}
	p->failed = false;
}

const struct qiao_cnode *qiao_load_root(const struct qiao_load *l,
					const char *kind,
					const struct qiao_ckey *keys)
{
	const struct qiao_cnode *root = qiao_conf_root(l->c);
	const struct qiao_cnode *g = qiao_cnode_get(root, kind);
	const struct qiao_cnode *format;

	if (!g || qiao_cnode_count(root) != 1) {
		qiao_conf_error(l->c, l->d, root, "E100",
				"this file must hold %s = { ... }; and "
				"nothing else",
				kind);
		return NULL;
	}
	if (!qiao_conf_check(l->c, l->d, g, kind, keys))
		return NULL;
	format = qiao_cnode_get(g, "format");
	if (qiao_cnode_int(format, 0) != FORMAT) {
		qiao_conf_error(l->c, l->d, format, "E105",
				"%s.format must be %d, the only one this "
				"program reads",
				kind, FORMAT);
		return NULL;
	}
	return g;
}

const char *qiao_load_str(const struct qiao_load *l,
			  const struct qiao_cnode *group, const char *name,
			  const char *def)
{
	return qiao_pool_str(l->pool, qiao_conf_str(group, name, def));
}

const char *const *qiao_load_array(const struct qiao_load *l, size_t *n,
				   const struct qiao_cnode *node)
{
	const char **out;

	*n = qiao_cnode_count(node);
	if (*n == 0)
		return NULL;
	out = qiao_pool_take(l->pool, *n, sizeof(*out));
	if (!out) {
		*n = 0;
		return NULL;
	}
	for (size_t i = 0; i < *n; i++)
		out[i] = qiao_pool_str(
			l->pool, qiao_cnode_str(qiao_cnode_at(node, i), ""));
	return out;
}

static void word_error(const struct qiao_load *l, const struct qiao_cnode *n,
		       const char *where, const char *name,
		       const char *const *words)
{
	const char *got = qiao_cnode_str(n, "");
	const char *near = qiao_conf_did_you_mean(got, words);
	char list[320] = "";
	size_t len = 0;

	for (size_t i = 0; words[i] && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i ? ", " : "", words[i]);
	qiao_conf_error(l->c, l->d, n, "E105",
			"%s.%s = \"%s\" is not one of %s%s%s%s", where, name,
			got, list, near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
}

unsigned int qiao_load_word(const struct qiao_load *l,
			    const struct qiao_cnode *group, const char *where,
			    const char *name, const char *const *words,
			    unsigned int def)
{
	const struct qiao_cnode *n = qiao_cnode_get(group, name);
	const char *got = qiao_cnode_str(n, NULL);

	if (!got)
		return def;
	for (unsigned int i = 0; words[i]; i++)
		if (strcmp(words[i], got) == 0)
			return i;
	word_error(l, n, where, name, words);
	return def;
}

void qiao_load_name_check(const struct qiao_load *l, const struct qiao_cnode *n,
			  size_t max)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const char *s = qiao_cnode_str(n, "");
	size_t len = strlen(s);

	if (len > 0 && len <= max && strspn(s, allowed) == len)
		return;
	qiao_conf_error(l->c, l->d, n, "E109",
			"\"%s\" is no name: write 1 to %zu of a-z 0-9 . _ -", s,
			max);
}

uint64_t qiao_load_uint(const struct qiao_load *l,
			const struct qiao_cnode *group, const char *name,
			int64_t min, uint64_t def)
{
	const struct qiao_cnode *n = qiao_cnode_get(group, name);
	int64_t v = qiao_cnode_int(n, min);

	if (!n)
		return def;
	if (v >= min)
		return (uint64_t)v;
	qiao_conf_error(l->c, l->d, n, "E103", "%s must be %" PRId64 " or more",
			name, min);
	return def;
}

bool qiao_load_groups(const struct qiao_load *l, const struct qiao_cnode *list,
		      const char *where)
{
	bool ok = true;

	for (size_t i = 0; i < qiao_cnode_count(list); i++) {
		const struct qiao_cnode *n = qiao_cnode_at(list, i);

		if (qiao_cnode_type(n) == QIAO_C_GROUP)
			continue;
		qiao_conf_error(l->c, l->d, n, "E103", "%s must be a group { }",
				where);
		ok = false;
	}
	return ok;
}
