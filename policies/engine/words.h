/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a policy file as words, kept in the policy's memory. */
#ifndef POLICIES_ENGINE_WORDS_H
#define POLICIES_ENGINE_WORDS_H

#include "policies/engine/model.h"

#define TEXT_MAX 256 /* of a word of an officer's, shown in a finding */

/* A finding at a node of the file at hand. */
void qiao_parse_finding(struct qiao_loader *l, const struct qiao_cnode *n,
			const char *code, const char *text);
/* A copy; "" when there is no memory, which the arena remembers. */
const char *qiao_parse_keep(struct qiao_loader *l, const char *s);
/* E105: the string at n is none of words. where: "rule[].effect". */
void qiao_parse_bad_word(struct qiao_loader *l, const struct qiao_cnode *n,
			 const char *where, const char *const *words);
/*
 * Position in words of the string member `name` of g; def when it is absent; -1
 * (said) when it is none of them.
 */
int qiao_parse_word(struct qiao_loader *l, const struct qiao_cnode *g,
		    const char *where, const char *name,
		    const char *const *words, int def);
/* Copies of an array of strings. */
const char *const *qiao_parse_words(struct qiao_loader *l,
				    const struct qiao_cnode *array, size_t *n);
/* The patterns of an array member; illegal ones are said (E109) and kept. */
struct qiao_pats qiao_parse_pats(struct qiao_loader *l,
				 const struct qiao_cnode *g, const char *name);
/* condition.c: the conditions under `when` or `unless` of a rule. */
struct qiao_conds qiao_parse_conds(struct qiao_loader *l, struct qiao_rule *r,
				   const struct qiao_cnode *rule,
				   const char *name);

#endif
