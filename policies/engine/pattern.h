/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of rule targets: a whole name, "*", or "prefix.*". Nothing else, so
 * that a person sees at once what a rule is about and a checker can compare two
 * of them.
 */
#ifndef POLICIES_ENGINE_PATTERN_H
#define POLICIES_ENGINE_PATTERN_H

#include "gateway/include/qiao/types.h"

enum qiao_pat_kind {
	QIAO_PAT_EXACT,
	QIAO_PAT_PREFIX, /* text is "prefix." */
	QIAO_PAT_ANY,
};

struct qiao_pat {
	enum qiao_pat_kind kind;
	uint32_t hash; /* of text */
	size_t len;
	const char *text;
};

/* Any of them; none at all: the rule does not look at this. */
struct qiao_pats {
	size_t n;
	const struct qiao_pat *p;
};

/* A word to be matched, hashed once per decision. */
struct qiao_word {
	const char *s;
	size_t len;
	uint32_t hash;
};

/* What a rule's look at something gives. */
enum qiao_tri {
	QIAO_TRI_NO,
	QIAO_TRI_YES,
	QIAO_TRI_ERROR, /* what it looks at is not there */
};

struct qiao_word qiao_word_of(const char *s);
/* False for an illegal one. Borrows text. */
bool qiao_pat_parse(struct qiao_pat *out, const char *text);
bool qiao_pat_match(const struct qiao_pat *p, const struct qiao_word *w);
/* Error only if there are patterns and the word is "". */
enum qiao_tri qiao_pats_match(const struct qiao_pats *ps,
			      const struct qiao_word *w);
/*
 * Bits of the words that patterns can match, and of a word; without a common
 * bit there is surely no match. A missing word has all: it is an error.
 */
uint64_t qiao_pat_bits(const struct qiao_pat *p);
uint64_t qiao_word_bits(const struct qiao_word *w);
/* Does every word that b matches match a too? */
bool qiao_pat_covers(const struct qiao_pat *a, const struct qiao_pat *b);
bool qiao_pats_cover(const struct qiao_pats *a, const struct qiao_pats *b);

#endif
