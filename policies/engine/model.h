/* SPDX-License-Identifier: Apache-2.0 */
/* A policy in memory: what parse.c makes, check.c judges, decide.c uses. */
#ifndef POLICIES_ENGINE_MODEL_H
#define POLICIES_ENGINE_MODEL_H

#include "policies/engine/arena.h"
#include "policies/engine/attr.h"
#include "policies/engine/engine.h"
#include "policies/engine/pattern.h"

#include <stdatomic.h>

enum qiao_layer { /* canonical order */
	QIAO_LAYER_GUARDRAIL,
	QIAO_LAYER_OWNER,
	QIAO_LAYER_RECIPIENT,
};

enum qiao_effect {
	QIAO_EFFECT_DENY,
	QIAO_EFFECT_HOLD,
	QIAO_EFFECT_PERMIT,
};

enum qiao_op {
	QIAO_OP_EQ,
	QIAO_OP_NE,
	QIAO_OP_IN,
	QIAO_OP_NOT_IN,
	QIAO_OP_GT,
	QIAO_OP_GE,
	QIAO_OP_LT,
	QIAO_OP_LE,
	QIAO_OP_EXISTS,
	QIAO_OP_PREFIX,
};

struct qiao_cond {
	const struct qiao_attr *attr;
	enum qiao_op op;
	size_t n_words; /* of a string attribute */
	const char *const *words;
	int64_t number;
	bool flag;
};

struct qiao_conds {
	size_t n;
	const struct qiao_cond *c;
};

enum qiao_do {
	QIAO_DO_WITHHOLD,
	QIAO_DO_COMMIT,
	QIAO_DO_KEEP,
	QIAO_DO_RECEIPT,
};

struct qiao_obligation {
	enum qiao_do kind;
	struct qiao_pats fields;
	int64_t within_ms; /* receipt */
};

/* From included, to excluded. */
struct qiao_window {
	int64_t from, to;
	bool set;
};

/* The `policy` group of one file. */
struct qiao_ruleset {
	const char *file;
	const char *id, *owner;
	int64_t version;
	enum qiao_layer layer;
	enum qiao_point point;
	struct qiao_pats chains, types; /* scope */
	int offset_min;
	struct qiao_window window;
	unsigned int line, col;
	struct qiao_ruleset *next;
};

struct qiao_rule {
	const struct qiao_ruleset *set;
	size_t position; /* in its file */
	size_t index;    /* in qiao_policy.all */
	const char *id, *title, *basis;
	const char *label; /* "policy/rule@version" */
	enum qiao_effect effect;
	enum qiao_reason reason; /* deny, hold */
	struct qiao_pats from_chain, from_org, to_chain, to_org;
	struct qiao_pats type, state, action, purpose;
	struct qiao_conds when, unless;
	bool need_duty, need_final;
	const char *duty_basis;
	int64_t max_age_ms; /* of the proof; -1: any */
	size_t n_obligations;
	const struct qiao_obligation *obligations;
	struct qiao_window window;
	bool timed; /* means nothing without a good clock */
	/* permits of the same file that replace this one when satisfied */
	size_t n_overridden_by;
	const struct qiao_rule **overridden_by;
	size_t n_overrides; /* by name, as written */
	const char *const *overrides;
	unsigned int line, col;
	/* while loading */
	size_t pending; /* rules that replace this one, not yet looked at */
	struct qiao_rule *next;
};

struct qiao_rule_list {
	size_t n;
	struct qiao_rule **r; /* canonical order */
};

/*
 * A rule that can be about a type, and which words its target can match at all:
 * a bit for each value of six bits of their hash. Most rules are passed over
 * without a look at them.
 */
struct qiao_candidate {
	const struct qiao_rule *r;
	uint64_t to_org, purpose;
};

struct qiao_candidates {
	size_t n;
	struct qiao_candidate *c; /* canonical order */
};

struct qiao_policy {
	atomic_uint refs;
	struct qiao_arena arena;
	struct qiao_catalogue *cat;
	struct qiao_orgs *orgs;
	struct qiao_policy_info info;
	struct qiao_ruleset *sets;
	struct qiao_rule_list all;
	/* [point * number of types + type of the catalogue] */
	struct qiao_candidates *index;
};

/* What a loader carries from file to file. */
struct qiao_loader {
	struct qiao_policy *p;
	struct qiao_diags *d;
	const struct qiao_conf *c; /* the file being read */
	struct qiao_ruleset *set;
	struct qiao_rule *rules; /* newest first */
	size_t n_rules;
	/* types of the catalogue, and which of them the rule at hand is about
	 */
	size_t n_types;
	struct qiao_word *types;
	bool *fits;
	size_t n_orgs;
	struct qiao_word *orgs;
	int64_t now_ms;
};

/* parse.c: one file of kind policy + rules. Findings go to l->d. */
void qiao_ruleset_parse(struct qiao_loader *l);
/*
 * check.c: the names of a rule, against catalogue, orgs and scope; then, when
 * its effect is known, what that demands. node: the rule.
 */
void qiao_rule_check(struct qiao_loader *l, const struct qiao_rule *r,
		     const struct qiao_cnode *node);
void qiao_effect_check(struct qiao_loader *l, const struct qiao_rule *r,
		       const struct qiao_cnode *node);
void qiao_ruleset_check(struct qiao_loader *l, const struct qiao_ruleset *s,
			const struct qiao_cnode *group);
/* conflict.c: ids and overrides of the file just read; sets overridden_by */
void qiao_overrides_check(struct qiao_loader *l);
/* conflict.c: rules of all files against each other */
void qiao_policy_check_all(struct qiao_loader *l);

#endif
