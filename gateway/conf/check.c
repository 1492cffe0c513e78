/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX     96 /* longer words get no suggestion */
#define DISTANCE_MAX 2

static const struct {
	unsigned int type;
	const char *name;
} types[] = {
	{ QIAO_C_STR, "a string" },
	{ QIAO_C_INT, "a whole number" },
	{ QIAO_C_BOOL, "true or false" },
	{ QIAO_C_GROUP, "a group { }" },
	{ QIAO_C_LIST, "a list ( )" },
	{ QIAO_C_ARRAY, "an array [ ] of strings" },
	{ QIAO_C_DURATION, "a duration" },
	{ QIAO_C_FLOAT, "a number with a point" },
};

/* "a string or a list ( )" */
static char *types_name(char *out, size_t size, unsigned int bits)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!(types[i].type & bits) || n >= size)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%s",
				      n ? " or " : "", types[i].name);
	}
	return out;
}

void qiao_conf_error(const struct qiao_conf *c, struct qiao_diags *d,
		     const struct qiao_cnode *n, const char *code,
		     const char *fmt, ...)
{
	unsigned int line, col;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	qiao_conf_pos(c, n, &line, &col);
	qiao_diag(d, qiao_conf_file(c), line, col, code, "%s", text);
}

/* --- did you mean -------------------------------------------------------- */

static char lower(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's, ignoring ASCII case; SIZE_MAX for a long word. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	if (n > WORD_MAX || strlen(a) > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t swap = diagonal + (lower(a[i]) != lower(b[j]));

			diagonal = row[j + 1];
			row[j + 1] = least(swap, row[j] + 1, diagonal + 1);
		}
	}
	return row[n];
}

/* Half of a short word changed is another word. */
static bool is_nearer(const char *word, const char *other, size_t *best)
{
	size_t n = distance(word, other);

	if (n >= *best || n * 2 > strlen(word))
		return false;
	*best = n;
	return true;
}

const char *qiao_conf_did_you_mean(const char *word, const char *const *words)
{
	size_t best = DISTANCE_MAX + 1;
	const char *found = NULL;

	for (; *words; words++)
		if (is_nearer(word, *words, &best))
			found = *words;
	return found;
}

static const char *nearest_key(const char *word, const struct qiao_ckey *keys)
{
	size_t best = DISTANCE_MAX + 1;
	const char *found = NULL;

	for (; keys->name; keys++)
		if (is_nearer(word, keys->name, &best))
			found = keys->name;
	return found;
}

/* --- a group against its table ------------------------------------------- */

struct check {
	const struct qiao_conf *c;
	struct qiao_diags *d;
	const char *where, *dot; /* "rule[]" "."; the root has neither */
	const struct qiao_ckey *keys;
};

static void unknown(const struct check *k, const struct qiao_cnode *n)
{
	const char *name = qiao_cnode_name(n);
	const char *near = nearest_key(name, k->keys);

	qiao_conf_error(k->c, k->d, n, "E101",
			"unknown setting \"%s\"%s%s%s%s%s", name,
			*k->where ? " in " : "", k->where,
			near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
}

static void type_check(const struct check *k, const struct qiao_cnode *n,
		       const struct qiao_ckey *key)
{
	unsigned int type = qiao_cnode_type(n);
	char want[160], got[64];

	if (type & key->types)
		return;
	if (type == QIAO_C_STR && key->types & QIAO_C_DURATION) {
		if (qiao_cnode_ms(n, -1) < 0)
			qiao_conf_error(k->c, k->d, n, "E107",
					"%s%s%s must be a duration like "
					"\"30s\", \"10m\", \"8h\", \"30d\"",
					k->where, k->dot, key->name);
		return;
	}
	qiao_conf_error(k->c, k->d, n, "E103", "%s%s%s must be %s, not %s",
			k->where, k->dot, key->name,
			types_name(want, sizeof(want), key->types),
			types_name(got, sizeof(got), type));
}

/* Absent means any; empty would mean none, and is a slip. */
static void array_check(const struct check *k, const struct qiao_cnode *n)
{
	const struct qiao_cnode *first = qiao_cnode_at(n, 0);

	if (qiao_cnode_type(n) != QIAO_C_ARRAY)
		return;
	if (!first)
		qiao_conf_error(k->c, k->d, n, "E106",
				"%s%s%s is empty; name something or remove it",
				k->where, k->dot, qiao_cnode_name(n));
	else if (qiao_cnode_type(first) != QIAO_C_STR)
		qiao_conf_error(k->c, k->d, first, "E103",
				"%s%s%s must hold strings", k->where, k->dot,
				qiao_cnode_name(n));
}

static void member_check(const struct check *k, const struct qiao_cnode *n)
{
	const struct qiao_ckey *key = k->keys;

	while (key->name && strcmp(key->name, qiao_cnode_name(n)) != 0)
		key++;
	if (!key->name) {
		unknown(k, n);
		return;
	}
	type_check(k, n, key);
	if (key->types & QIAO_C_ARRAY)
		array_check(k, n);
}

bool qiao_conf_check(const struct qiao_conf *c, struct qiao_diags *d,
		     const struct qiao_cnode *group, const char *where,
		     const struct qiao_ckey *keys)
{
	struct check k = { c, d, where, *where ? "." : "", keys };
	unsigned int before = d->errors;

	if (qiao_cnode_type(group) != QIAO_C_GROUP) {
		qiao_conf_error(c, d, group, "E103", "%s must be a group { }",
				where);
		return false;
	}
	for (size_t i = 0; i < qiao_cnode_count(group); i++)
		member_check(&k, qiao_cnode_at(group, i));
	for (; keys->name; keys++)
		if (keys->required && !qiao_cnode_get(group, keys->name))
			qiao_conf_error(c, d, group, "E102",
					"%s%s\"%s\" is missing", where,
					*where ? ": " : "", keys->name);
	return d->errors == before;
}
