/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of requests and facts, as policy files and audit entries spell
 * them. A number outside its list has the word "", which means: not there.
 */
#ifndef POLICIES_ENGINE_FACTS_H
#define POLICIES_ENGINE_FACTS_H

#include "policies/engine/engine.h"

/* All words of a list; each ends with NULL. */
extern const char *const qiao_action_words[];
extern const char *const qiao_share_words[];
extern const char *const qiao_assurance_words[];
extern const char *const qiao_origin_words[];
extern const char *const qiao_currency_words[];
extern const char *const qiao_checks_words[];
extern const char *const qiao_finality_words[];
extern const char *const qiao_validity_words[];
extern const char *const qiao_verdict_words[];
extern const char *const qiao_point_words[];

const char *qiao_share_word(unsigned int share);
const char *qiao_assurance_word(unsigned int a);
const char *qiao_origin_word(unsigned int o);
const char *qiao_currency_word(unsigned int c);
const char *qiao_checks_word(enum qiao_checks l);
const char *qiao_finality_word(bool final);
const char *qiao_validity_word(unsigned int v);

/* Position of a word in such a list, or -1. */
int qiao_word_find(const char *const *words, struct qiao_slice word);
/* An unsigned number where signed ones are compared: the largest if too large.
 */
int64_t qiao_facts_int(uint64_t v);

#endif
