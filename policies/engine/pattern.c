/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/pattern.h"

#include <string.h>

/* FNV-1a: only to tell most words apart without comparing them. */
struct qiao_word qiao_word_of(const char *s)
{
	struct qiao_word w = { .s = s, .hash = 2166136261u };

	for (; s[w.len]; w.len++)
		w.hash = (w.hash ^ (uint8_t)s[w.len]) * 16777619u;
	return w;
}

bool qiao_pat_parse(struct qiao_pat *out, const char *text)
{
	struct qiao_word w = qiao_word_of(text);
	const char *star = strchr(text, '*');

	*out = (struct qiao_pat){ QIAO_PAT_EXACT, w.hash, w.len, text };
	if (!star)
		return w.len > 0;
	if (w.len == 1) {
		out->kind = QIAO_PAT_ANY;
		return true;
	}
	if (star != text + w.len - 1 || w.len < 3 || star[-1] != '.')
		return false;
	out->kind = QIAO_PAT_PREFIX;
	out->len = w.len - 1;
	return true;
}

bool qiao_pat_match(const struct qiao_pat *p, const struct qiao_word *w)
{
	switch (p->kind) {
	case QIAO_PAT_EXACT:
		return p->hash == w->hash && p->len == w->len &&
		       memcmp(p->text, w->s, w->len) == 0;
	case QIAO_PAT_PREFIX:
		return w->len > p->len && memcmp(p->text, w->s, p->len) == 0;
	case QIAO_PAT_ANY:
		return true;
	}
	return false;
}

enum qiao_tri qiao_pats_match(const struct qiao_pats *ps,
			      const struct qiao_word *w)
{
	if (ps->n == 0)
		return QIAO_TRI_YES;
	if (w->len == 0)
		return QIAO_TRI_ERROR;
	for (size_t i = 0; i < ps->n; i++)
		if (qiao_pat_match(&ps->p[i], w))
			return QIAO_TRI_YES;
	return QIAO_TRI_NO;
}

uint64_t qiao_word_bits(const struct qiao_word *w)
{
	return w->len ? (uint64_t)1 << (w->hash >> 26) : UINT64_MAX;
}

uint64_t qiao_pat_bits(const struct qiao_pat *p)
{
	return p->kind == QIAO_PAT_EXACT ? (uint64_t)1 << (p->hash >> 26)
					 : UINT64_MAX;
}

bool qiao_pat_covers(const struct qiao_pat *a, const struct qiao_pat *b)
{
	switch (a->kind) {
	case QIAO_PAT_ANY:
		return true;
	case QIAO_PAT_EXACT:
		return b->kind == QIAO_PAT_EXACT && a->len == b->len &&
		       memcmp(a->text, b->text, a->len) == 0;
	case QIAO_PAT_PREFIX:
		return b->kind != QIAO_PAT_ANY && b->len >= a->len &&
		       (b->kind == QIAO_PAT_PREFIX || b->len > a->len) &&
		       memcmp(a->text, b->text, a->len) == 0;
	}
	return false;
}

bool qiao_pats_cover(const struct qiao_pats *a, const struct qiao_pats *b)
{
	if (a->n == 0)
		return true;
	if (b->n == 0)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		size_t j = 0;

		while (j < a->n && !qiao_pat_covers(&a->p[j], &b->p[i]))
			j++;
		if (j == a->n)
			return false;
	}
	return true;
}
