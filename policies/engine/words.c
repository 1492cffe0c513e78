/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/words.h"

#include "gateway/base/slice.h"
#include "policies/engine/facts.h"

#include <stdio.h>

#define ARRAY_STR_MAX 4096 /* of one setting; more is a slip */

void qiao_parse_finding(struct qiao_loader *l, const struct qiao_cnode *n,
			const char *code, const char *text)
{
	qiao_conf_error(l->c, l->d, n, code, "%s", text);
}

/* "permit, deny, hold" */
static void list_words(char *out, size_t size, const char *const *words)
{
	size_t n = 0;

	out[0] = '\0';
	for (; *words && n < size; words++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
				      *words);
}

const char *qiao_parse_keep(struct qiao_loader *l, const char *s)
{
	const char *copy = qiao_arena_str(&l->p->arena, s);

	return copy ? copy : "";
}

void qiao_parse_bad_word(struct qiao_loader *l, const struct qiao_cnode *n,
			 const char *where, const char *const *words)
{
	const char *word = qiao_cnode_str(n, "");
	const char *near = qiao_conf_did_you_mean(word, words);
	char all[256], safe[TEXT_MAX];

	list_words(all, sizeof(all), words);
	qiao_str_escape(safe, sizeof(safe), qiao_slice_str(word));
	qiao_conf_error(l->c, l->d, n, "E105",
			"%s = \"%s\" is not one of %s%s%s%s", where, safe, all,
			near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
}

int qiao_parse_word(struct qiao_loader *l, const struct qiao_cnode *g,
		    const char *where, const char *name,
		    const char *const *words, int def)
{
	const struct qiao_cnode *n = qiao_cnode_get(g, name);
	char path[96];
	int i;

	if (qiao_cnode_type(n) != QIAO_C_STR)
		return def;
	i = qiao_word_find(words, qiao_slice_str(qiao_cnode_str(n, "")));
	if (i >= 0)
		return i;
	snprintf(path, sizeof(path), "%s.%s", where, name);
	qiao_parse_bad_word(l, n, path, words);
	return -1;
}

const char *const *qiao_parse_words(struct qiao_loader *l,
				    const struct qiao_cnode *array, size_t *n)
{
	size_t count = qiao_cnode_count(array);
	const char **w = qiao_arena_take(&l->p->arena, count, sizeof(*w));

	*n = 0;
	for (size_t i = 0; w && i < count; i++) {
		const struct qiao_cnode *e = qiao_cnode_at(array, i);

		if (qiao_cnode_type(e) == QIAO_C_STR)
			w[(*n)++] = qiao_parse_keep(l, qiao_cnode_str(e, ""));
	}
	return w;
}

struct qiao_pats qiao_parse_pats(struct qiao_loader *l,
				 const struct qiao_cnode *g, const char *name)
{
	const struct qiao_cnode *array = qiao_cnode_get(g, name);
	size_t n = qiao_cnode_count(array);
	struct qiao_pats out = { 0, NULL };
	struct qiao_pat *p;
	char safe[TEXT_MAX];

	if (n == 0 || qiao_cnode_type(array) != QIAO_C_ARRAY)
		return out;
	if (n > ARRAY_STR_MAX) {
		qiao_parse_finding(l, array, "E106",
				   "more words than one setting takes");
		return out;
	}
	p = qiao_arena_take(&l->p->arena, n, sizeof(*p));
	out.p = p;
	for (size_t i = 0; p && i < n; i++) {
		const struct qiao_cnode *e = qiao_cnode_at(array, i);
		const char *word = qiao_parse_keep(l, qiao_cnode_str(e, ""));

		/* an illegal one stays in, so that the target is not wider */
		if (!qiao_pat_parse(&p[out.n++], word)) {
			qiao_str_escape(safe, sizeof(safe),
					qiao_slice_str(word));
			qiao_conf_error(l->c, l->d, e, "E109",
					"illegal pattern \"%s\"; write a whole "
					"name, \"*\" or \"prefix.*\"",
					safe);
		}
	}
	return out;
}
