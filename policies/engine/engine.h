/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy engine: may this record go there (point `release`, at the source),
 * may it come in here (point `accept`, at the destination)?
 *
 * A decision is a pure function of policy, request and facts: no clock, no
 * disk, no network, no allocation. The same three give the same decision years
 * later, which is what the offline verifier asks for (decision_json.h).
 *
 * Deny beats hold beats permit; nothing is permitted unless a rule says so; the
 * order of files and rules means nothing; an error in a permit is no permit, in
 * a deny or hold it applies; the catalogue's field floors cannot be lowered.
 * docs/policy.md has the language, docs/reasons.md the reason codes.
 */
#ifndef POLICIES_ENGINE_ENGINE_H
#define POLICIES_ENGINE_ENGINE_H

#include "gateway/conf/folder.h"
#include "gateway/record/record.h"
#include "policies/engine/reasons.h"

/* --- a loaded policy --------------------------------------------------------
 * Immutable, usable by any number of threads at once. Counted: load gives one
 * reference, each decision's strings live as long as somebody holds one.
 */
struct qiao_policy;

/*
 * Files of one folder (qiao_conf_folder_read) in any order; each holds exactly
 * one of `catalogue`, `orgs`, `policy` + `rules`, `tests`; exactly one
 * catalogue and one orgs. Everything wrong goes to d, several findings per run;
 * any error refuses the whole (QIAO_E_CONFIG, *out NULL). What the language has
 * and this program has not is refused by name (E190 "not built yet"), never
 * ignored. `now_ms` is only for the warning about rules that expire soon (0: no
 * such warning). Expected errors: QIAO_E_CONFIG, QIAO_E_NOMEM.
 */
qiao_err qiao_policy_load(struct qiao_policy **out, struct qiao_diags *d,
			  const struct qiao_conf_file *files, size_t n,
			  int64_t now_ms);
struct qiao_policy *qiao_policy_ref(struct qiao_policy *p); /* returns p */
void qiao_policy_unref(struct qiao_policy *p);              /* NULL is fine */

struct qiao_policy_info {
	uint64_t seq; /* 0: a plain folder, unsigned */
	/* over the lines "name sha256-in-hex\n", sorted by name */
	struct qiao_hash sha256;
	bool is_unsigned;
	size_t policies, rules, tests;
};
void qiao_policy_info(const struct qiao_policy *p,
		      struct qiao_policy_info *out);
/* Borrowed: what the folder's catalogue and orgs files say. */
const struct qiao_catalogue *qiao_policy_catalogue(const struct qiao_policy *p);
const struct qiao_orgs *qiao_policy_orgs(const struct qiao_policy *p);
/*
 * Could this policy at all accept records of this type from this chain (chain
 * nicknames)? For doctor: a route without accept rule is an error.
 */
bool qiao_policy_may_accept(const struct qiao_policy *p, const char *from_chain,
			    const char *to_chain, const char *record_type);

/* --- what is asked ----------------------------------------------------------
 * Strings are borrowed for the call. "" means: not there; a rule that looks at
 * it has an error (see above). No string may be NULL.
 */
enum qiao_point {
	QIAO_POINT_RELEASE = 0,
	QIAO_POINT_ACCEPT = 1,
};

struct qiao_policy_request {
	enum qiao_point point;
	/* query forward verify index lock unlock copy revoke */
	const char *action;
	const char *purpose;
	const char *from_chain, *from_org; /* nickname; issuer of the record */
	const char *to_chain, *to_org;
	bool onward; /* the receiver asks for somebody else */
	/*
	 * The new state of a record that the receiver already holds. Safety
	 * traffic: when no rule permits it, the head still goes, without any
	 * field, unless a guardrail denies.
	 */
	bool state_change_to_holder;
	/*
	 * Statutory duty under which the receiver asks: its basis and case
	 * number, both "" when none. A duty without a case is none. The case
	 * goes into the audit record as it stands: give a pseudonym ("h:...").
	 */
	const char *duty_basis, *duty_case;
	/* the record's head; type "" when mapping made no record of it */
	const char *record_type, *record_state;
	uint64_t record_version;   /* 0: not there */
	unsigned int record_class; /* sharing class of the head, wire.md 4 */
	/* names of the fields, at most QIAO_FIELDS_MAX, as in the field tree */
	const char *const *fields;
	size_t n_fields;
	/*
	 * Accept: which of them arrived in clear, parallel to fields. NULL:
	 * none did. Release: NULL.
	 */
	const bool *in_clear;
};

/* Zero is the worst; the numbers are those of enum qiao_finding_level. */
enum qiao_checks {
	QIAO_CHECKS_ERROR = 0,
	QIAO_CHECKS_WARN = 1,
	QIAO_CHECKS_OK = 2,
};

/*
 * What the gateway has established by itself: docs/wire.md 9.2 `facts`, and the
 * instant of the decision, which is the audit entry's `at`. Numbers of wire.md
 * 5 and 7.3; 0 means unknown, which is never good.
 */
struct qiao_policy_facts {
	int64_t at_ms;
	bool proof_verified;
	uint64_t proof_height;
	struct qiao_hash proof_block;
	int64_t proof_age_s; /* -1: unknown */
	bool proof_final;
	unsigned int proof_validity; /* 1 replayed 2 endorsed-only 3 final */
	/* 1 proven 2 proven-redacted 3 endorsed 4 attested */
	unsigned int assurance;
	unsigned int origin;   /* 1 live 2 recorded */
	unsigned int currency; /* 1 scanned 2 queried */
	bool issuer_ok;        /* the signer may issue this type for from_org */
	enum qiao_checks checks;
	const char *const *checks_text; /* codes of what was found */
	size_t n_checks_text;
	bool replay;   /* version not above the last seen, with other bytes */
	bool state_ok; /* the move from the last state is legal */
	bool clock_ok;
	bool allow_endorsed_only; /* of the source chain's configuration */
	bool allow_recorded;      /* of the route's */
};

/* --- the answer ------------------------------------------------------------
 */

enum qiao_verdict {
	QIAO_DENY = 0,
	QIAO_HOLD = 1,
	QIAO_PERMIT = 2,
};

/*
 * How a field goes out; the smaller number always wins. The numbers are those
 * of enum qiao_mask (gateway/record/fieldtree.h).
 */
enum qiao_show {
	QIAO_SHOW_WITHHELD = 0,
	QIAO_SHOW_COMMIT = 1,
	/* 2 is for encrypted: not built yet */
	QIAO_SHOW_CLEAR = 3,
};

#define QIAO_DECISION_RULES_MAX 64 /* more that decided are counted only */
#define QIAO_DECISION_UNMET_MAX 8

struct qiao_decision {
	enum qiao_verdict verdict;
	enum qiao_reason reason;
	/*
	 * The rules that decided, in canonical order, "policy/rule@version":
	 * every deny or hold that applies, or every permit that is satisfied,
	 * or the nearest miss. Borrowed from the policy.
	 */
	const char *rules[QIAO_DECISION_RULES_MAX];
	size_t n_rules, n_rules_more;
	enum qiao_reason
		unmet[QIAO_DECISION_UNMET_MAX]; /* of the nearest miss */
	size_t n_unmet;
	/* enum qiao_show, parallel to the request's fields; only for a permit
	 */
	uint8_t show[QIAO_FIELDS_MAX];
	size_t n_show;      /* 0 unless a permit */
	int64_t receipt_ms; /* a receipt is due within; 0: no obligation */
};

/* How one rule came out, for explain. */
enum qiao_rule_state {
	QIAO_RULE_NO,         /* target does not match */
	QIAO_RULE_INACTIVE,   /* a permit outside its policy's dates */
	QIAO_RULE_NEAR,       /* permit: matches, preconditions unmet */
	QIAO_RULE_ERROR,      /* something it looks at is not there */
	QIAO_RULE_APPLIES,    /* deny or hold */
	QIAO_RULE_SATISFIED,  /* permit */
	QIAO_RULE_OVERRIDDEN, /* permit, replaced by one of the same file */
};
struct qiao_policy_trace {
	void *ctx;
	/*
	 * rule: its place among all rules, canonical order. label as in
	 * qiao_decision.rules; effect "permit", "deny" or "hold".
	 */
	void (*rule)(void *ctx, size_t rule, const char *label,
		     const char *effect, const char *title,
		     enum qiao_rule_state state, const enum qiao_reason *codes,
		     size_t n_codes);
};

/*
 * p may be NULL: no policy is loaded, R_NO_POLICY. trace may be NULL. Never
 * fails: what cannot be evaluated is denied. Does not allocate.
 */
void qiao_policy_decide(const struct qiao_policy *p, struct qiao_decision *out,
			const struct qiao_policy_request *req,
			const struct qiao_policy_facts *facts,
			const struct qiao_policy_trace *trace);

const char *qiao_verdict_name(enum qiao_verdict v); /* "permit" */
const char *qiao_point_name(enum qiao_point p);     /* "release" */
const char *qiao_show_name(enum qiao_show s);       /* "withheld" */

#endif
