/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/facts.h"

#include "gateway/base/slice.h"

/* Positions are the numbers of docs/wire.md; "" where 0 means unknown. */
const char *const qiao_action_words[] = { "query", "forward", "verify",
					  "index", "lock",    "unlock",
					  "copy",  "revoke",  NULL };
const char *const qiao_share_words[] = { "unconditional", "conditional",
					 "never", NULL };
const char *const qiao_assurance_words[] = { "proven", "proven-redacted",
					     "endorsed", "attested", NULL };
const char *const qiao_origin_words[] = { "live", "recorded", NULL };
const char *const qiao_currency_words[] = { "scanned", "queried", NULL };
const char *const qiao_checks_words[] = { "error", "warn", "ok", NULL };
const char *const qiao_finality_words[] = { "pending", "final", NULL };
const char *const qiao_validity_words[] = { "replayed", "endorsed-only",
					    "final", NULL };
const char *const qiao_verdict_words[] = { "deny", "hold", "permit", NULL };
const char *const qiao_point_words[] = { "release", "accept", NULL };

/* The word of number i, the first of the list having number `first`. */
static const char *word_at(const char *const *words, unsigned int i,
			   unsigned int first)
{
	if (i < first)
		return "";
	for (i -= first; i && *words; i--)
		words++;
	return *words ? *words : "";
}

const char *qiao_share_word(unsigned int share)
{
	return word_at(qiao_share_words, share, 0);
}

const char *qiao_assurance_word(unsigned int a)
{
	return word_at(qiao_assurance_words, a, 1);
}

const char *qiao_origin_word(unsigned int o)
{
	return word_at(qiao_origin_words, o, 1);
}

const char *qiao_currency_word(unsigned int c)
{
	return word_at(qiao_currency_words, c, 1);
}

const char *qiao_checks_word(enum qiao_checks l)
{
	return word_at(qiao_checks_words, l, 0);
}

const char *qiao_finality_word(bool final)
{
	return qiao_finality_words[final];
}

const char *qiao_validity_word(unsigned int v)
{
	return word_at(qiao_validity_words, v, 1);
}

const char *qiao_verdict_name(enum qiao_verdict v)
{
	return word_at(qiao_verdict_words, v, 0);
}

const char *qiao_point_name(enum qiao_point p)
{
	return word_at(qiao_point_words, p, 0);
}

const char *qiao_show_name(enum qiao_show s)
{
	switch (s) {
	case QIAO_SHOW_WITHHELD:
		return "withheld";
	case QIAO_SHOW_COMMIT:
		return "commit";
	case QIAO_SHOW_CLEAR:
		return "clear";
	}
	return "withheld";
}

int qiao_word_find(const char *const *words, struct qiao_slice word)
{
	for (int i = 0; words[i]; i++)
		if (qiao_slice_is(word, words[i]))
			return i;
	return -1;
}

int64_t qiao_facts_int(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}
