/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy/world.h"

#include "gateway/base/clock.h"

#define ONE(file) ((const char *const[]){ file })

static struct qiao_decision decide(const struct qiao_policy *p,
				   const struct qiao_policy_request *q,
				   const struct qiao_policy_facts *f)
{
	struct qiao_decision d;

	memset(&d, 0xff, sizeof(d)); /* nothing of it may remain */
	qiao_policy_decide(p, &d, q, f, NULL);
	return d;
}

static void expect(const struct qiao_decision *d, enum qiao_verdict v,
		   enum qiao_reason r)
{
	if (d->verdict != v || d->reason != r)
		printf("\n%s %s, expected %s %s\n",
		       qiao_verdict_name(d->verdict),
		       qiao_reason_code(d->reason), qiao_verdict_name(v),
		       qiao_reason_code(r));
	CU_ASSERT_EQUAL(d->verdict, v);
	CU_ASSERT_EQUAL(d->reason, r);
	CU_ASSERT(v == QIAO_PERMIT || d->n_show == 0);
	CU_ASSERT(v == QIAO_PERMIT || d->receipt_ms == 0);
}

/* One file of rules, the standard question. */
static void rules_say(const char *file, enum qiao_verdict v, enum qiao_reason r)
{
	struct qiao_policy *p = world_policy(&file, 1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d = decide(p, &q, &f);

	expect(&d, v, r);
	qiao_policy_unref(p);
}

/* --- what stands at the beginning ----------------------------------------- */

static void without_a_policy_everything_is_denied(void)
{
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d = decide(NULL, &q, &f);

	expect(&d, QIAO_DENY, QIAO_R_NO_POLICY);
	CU_ASSERT_EQUAL(d.n_rules, 0);
	rules_say(WORLD_POLICY("p", "owner", "") "rules = ();", QIAO_DENY,
		  QIAO_R_NO_PERMIT);
}

/* Each changes one thing of a question that is permitted. */
static void no_proof(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)q;
	f->proof_verified = false;
}
static void no_validity(struct qiao_policy_request *q,
			struct qiao_policy_facts *f)
{
	(void)q;
	f->proof_validity = 0;
}
static void odd_assurance(struct qiao_policy_request *q,
			  struct qiao_policy_facts *f)
{
	(void)q;
	f->assurance = 5;
}
static void no_origin(struct qiao_policy_request *q,
		      struct qiao_policy_facts *f)
{
	(void)q;
	f->origin = 0;
}
static void no_record(struct qiao_policy_request *q,
		      struct qiao_policy_facts *f)
{
	q->record_type = "";
	f->checks = QIAO_CHECKS_ERROR;
}
static void no_type(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)f;
	q->record_type = "a.openn";
}
static void no_from(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)f;
	q->from_org = "";
}
static void no_to(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)f;
	q->to_org = "dst.bank";
}
static void no_issuer(struct qiao_policy_request *q,
		      struct qiao_policy_facts *f)
{
	(void)q;
	f->issuer_ok = false;
	f->replay = true;
}
static void replay(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)q;
	f->replay = true;
	f->state_ok = false;
}
static void bad_state(struct qiao_policy_request *q,
		      struct qiao_policy_facts *f)
{
	(void)q;
	f->state_ok = false;
	f->checks = QIAO_CHECKS_ERROR;
}
static void bad_checks(struct qiao_policy_request *q,
		       struct qiao_policy_facts *f)
{
	(void)q;
	f->checks = QIAO_CHECKS_ERROR;
}
static void many_fields(struct qiao_policy_request *q,
			struct qiao_policy_facts *f)
{
	(void)f;
	q->n_fields = QIAO_FIELDS_MAX + 1;
}
static void endorsed(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)q;
	f->proof_validity = 2;
}
static void recorded(struct qiao_policy_request *q, struct qiao_policy_facts *f)
{
	(void)q;
	f->origin = 2;
}
static void head_says_never(struct qiao_policy_request *q,
			    struct qiao_policy_facts *f)
{
	(void)f;
	q->record_class = QIAO_SHARE_NEVER;
}
static void head_is_stricter(struct qiao_policy_request *q,
			     struct qiao_policy_facts *f)
{
	(void)f;
	q->record_class = QIAO_SHARE_CONDITIONAL;
	q->duty_basis = "b";
	q->duty_case = "c";
}

static const struct {
	void (*change)(struct qiao_policy_request *q,
		       struct qiao_policy_facts *f);
	enum qiao_reason reason;
} shapes[] = {
	{ no_proof, QIAO_R_PROOF_INVALID },
	{ no_validity, QIAO_R_PROOF_INVALID },
	{ odd_assurance, QIAO_R_PROOF_INVALID },
	{ no_origin, QIAO_R_PROOF_INVALID },
	{ no_record, QIAO_R_FIELD_CHECK },
	{ no_type, QIAO_R_TYPE_UNKNOWN },
	{ no_from, QIAO_R_ORG_UNKNOWN },
	{ no_to, QIAO_R_ORG_UNKNOWN },
	{ no_issuer, QIAO_R_ISSUER_KEY },
	{ replay, QIAO_R_REPLAY },
	{ bad_state, QIAO_R_STATE },
	{ bad_checks, QIAO_R_FIELD_CHECK },
	{ many_fields, QIAO_R_FIELD_CHECK },
	{ endorsed, QIAO_R_ENDORSED_ONLY },
	{ recorded, QIAO_R_RECORDED },
	{ head_says_never, QIAO_R_NEVER_SHARED },
	{ head_is_stricter, QIAO_R_DUTY_MISSING },
};

static void what_is_not_established_is_denied_with_its_reason(void)
{
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("p", "owner",
				 "") "rules = ( " PERMIT("ok", "") " );"),
		1);

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct qiao_policy_request q = world_request();
		struct qiao_policy_facts f = world_facts();
		struct qiao_decision d = decide(p, &q, &f);

		expect(&d, QIAO_PERMIT, QIAO_R_OK);
		shapes[i].change(&q, &f);
		d = decide(p, &q, &f);
		expect(&d, QIAO_DENY, shapes[i].reason);
	}
	qiao_policy_unref(p);
}

static void endorsed_only_and_recorded_need_their_permission(void)
{
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("p", "owner",
				 "") "rules = ( " PERMIT("ok", "") " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	f.proof_validity = 2;
	f.origin = 2;
	f.allow_endorsed_only = true;
	f.allow_recorded = true;
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	qiao_policy_unref(p);
}

/* --- deny beats hold beats permit ------------------------------------------
 */

/* How a rule comes out under the standard question. */
enum out {
	NO,
	YES,
	ERR,
	OUTS
};

/* proof.height is 7; proof.age_s is unknown in these questions */
static const char *const conditions[OUTS] = {
	"when = ( { attr = \"proof.height\"; op = \"gt\"; value = 7; } ); ",
	"when = ( { attr = \"proof.height\"; op = \"eq\"; value = 7; } ); ",
	"when = ( { attr = \"proof.age_s\"; op = \"gt\"; value = 0; } ); ",
};

static struct qiao_decision three_rules(enum out permit, enum out hold,
					enum out deny, bool other_order)
{
	char a[2048], b[2048], c[2048];
	const char *files[3];
	struct qiao_policy *p;
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	snprintf(a, sizeof(a),
		 WORLD_POLICY("a", "owner", "") "rules = ( " PERMIT("r",
								    "%s") " );",
		 conditions[permit]);
	snprintf(b, sizeof(b),
		 WORLD_POLICY("b", "owner", "") "rules = ( " HOLD("r",
								  "%s") " );",
		 conditions[hold]);
	snprintf(c, sizeof(c),
		 WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
			 "r", "R_ONWARD", "%s") " );",
		 conditions[deny]);
	files[0] = other_order ? c : a;
	files[1] = b;
	files[2] = other_order ? a : c;
	p = world_policy(files, 3);
	f.proof_age_s = -1;
	d = decide(p, &q, &f);
	/* the labels are the policy's: only their number is looked at later */
	qiao_policy_unref(p);
	return d;
}

static void wanted(enum out permit, enum out hold, enum out deny,
		   enum qiao_verdict *v, enum qiao_reason *r)
{
	*v = QIAO_DENY;
	if (deny != NO) { /* an error in a deny applies */
		*r = deny == YES ? QIAO_R_ONWARD : QIAO_R_EVAL;
	} else if (permit != YES) { /* an error in a permit is no permit */
		*r = QIAO_R_NO_PERMIT;
	} else if (hold != NO) {
		*v = QIAO_HOLD;
		*r = hold == YES ? QIAO_R_HELD : QIAO_R_EVAL;
	} else {
		*v = QIAO_PERMIT;
		*r = QIAO_R_OK;
	}
}

static void deny_beats_hold_beats_permit_in_every_combination(void)
{
	for (int i = 0; i < OUTS * OUTS * OUTS; i++) {
		enum out permit = (enum out)(i % OUTS);
		enum out hold = (enum out)(i / OUTS % OUTS);
		enum out deny = (enum out)(i / OUTS / OUTS);
		struct qiao_decision d = three_rules(permit, hold, deny, false);
		enum qiao_verdict v;
		enum qiao_reason r;

		wanted(permit, hold, deny, &v, &r);
		expect(&d, v, r);
		d = three_rules(permit, hold, deny, true);
		expect(&d, v, r);
	}
}

/* when: all must hold; unless: none may. Order means nothing, errors stay. */
static void conditions_join_without_regard_to_their_order(void)
{
	static const char *const part[OUTS] = {
		"{ attr = \"proof.height\"; op = \"gt\"; value = 7; }",
		"{ attr = \"proof.height\"; op = \"eq\"; value = 7; }",
		"{ attr = \"proof.age_s\"; op = \"gt\"; value = 0; }",
	};
	char file[2048];

	for (int i = 0; i < OUTS * OUTS * 2; i++) {
		enum out a = (enum out)(i % OUTS);
		enum out b = (enum out)(i / OUTS % OUTS);
		bool unless = i / OUTS / OUTS;
		enum out sure = unless ? YES : NO; /* settles it */
		struct qiao_policy_request q = world_request();
		struct qiao_policy_facts f = world_facts();
		struct qiao_policy *p;
		struct qiao_decision d;

		snprintf(file, sizeof(file),
			 WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
				 "r", "R_ONWARD", "%s = ( %s, %s ); ") " );",
			 unless ? "unless" : "when", part[a], part[b]);
		p = world_policy(ONE(file), 1);
		f.proof_age_s = -1;
		d = decide(p, &q, &f);
		if (a == sure || b == sure)
			expect(&d, QIAO_DENY, QIAO_R_NO_PERMIT);
		else if (a == ERR || b == ERR)
			expect(&d, QIAO_DENY, QIAO_R_EVAL);
		else
			expect(&d, QIAO_DENY, QIAO_R_ONWARD);
		qiao_policy_unref(p);
	}
}

/* clang-format off */
static const struct {
	const char *cond;
	bool holds;
} ops[] = {
	{ "attr = \"request.action\"; op = \"eq\"; value = \"forward\";", true },
	{ "attr = \"request.action\"; op = \"ne\"; value = \"forward\";", false },
	{ "attr = \"request.purpose\"; op = \"in\"; value = [ \"q\", \"p\" ];", true },
	{ "attr = \"request.purpose\"; op = \"not_in\"; value = [ \"q\", \"p\" ];", false },
	{ "attr = \"request.from.chain\"; op = \"prefix\"; value = \"sr\";", true },
	{ "attr = \"request.from.org\"; op = \"eq\"; value = \"src.dept\";", true },
	{ "attr = \"request.to.chain\"; op = \"prefix\"; value = \"dstx\";", false },
	{ "attr = \"request.to.org\"; op = \"exists\"; value = false;", false },
	{ "attr = \"request.to.org\"; op = \"exists\";", true },
	{ "attr = \"request.onward\"; op = \"eq\"; value = false;", true },
	{ "attr = \"request.state_change_to_holder\"; op = \"ne\"; value = false;", false },
	{ "attr = \"request.duty\"; op = \"eq\"; value = true;", false },
	{ "attr = \"record.type\"; op = \"prefix\"; value = \"a.\";", true },
	{ "attr = \"record.state\"; op = \"in\"; value = [ \"valid\" ];", true },
	{ "attr = \"record.version\"; op = \"ge\"; value = 1;", true },
	{ "attr = \"record.version\"; op = \"lt\"; value = 1;", false },
	{ "attr = \"record.fields\"; op = \"eq\"; value = 6;", true },
	{ "attr = \"record.share\"; op = \"eq\"; value = \"unconditional\";", true },
	{ "attr = \"record.assurance\"; op = \"eq\"; value = \"proven\";", true },
	{ "attr = \"record.origin\"; op = \"ne\"; value = \"recorded\";", true },
	{ "attr = \"record.currency\"; op = \"eq\"; value = \"queried\";", false },
	{ "attr = \"record.checks\"; op = \"eq\"; value = \"ok\";", true },
	{ "attr = \"proof.age_s\"; op = \"le\"; value = 12;", true },
	{ "attr = \"proof.age_s\"; op = \"gt\"; value = 12;", false },
	{ "attr = \"proof.height\"; op = \"ge\"; value = 4294967296L;", false },
	{ "attr = \"proof.finality\"; op = \"eq\"; value = \"final\";", true },
	{ "attr = \"proof.validity\"; op = \"not_in\"; value = [ \"endorsed-only\" ];", true },
};
/* clang-format on */

static void every_attribute_and_operator_means_what_it_says(void)
{
	char file[2048];

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		snprintf(file, sizeof(file),
			 WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
				 "r", "R_ONWARD", "when = ( { %s } ); ") " );",
			 ops[i].cond);
		rules_say(file, QIAO_DENY,
			  ops[i].holds ? QIAO_R_ONWARD : QIAO_R_NO_PERMIT);
	}
}

/* clang-format off */
static const struct {
	const char *target;
	bool matches;
} targets[] = {
	{ "to = { org = [ \"dst.*\" ]; }; ", true },
	{ "to = { org = [ \"dst.other\" ]; }; ", false },
	{ "to = { chain = [ \"x\", \"dst\" ]; }; ", true },
	{ "to = { chain = [ \"dst\" ]; org = [ \"dst.other\" ]; }; ", false },
	{ "from = { chain = [ \"*\" ]; }; ", true },
	{ "from = { chain = [ \"sr\" ]; }; ", false },
	{ "from = { org = [ \"src.dept\" ]; }; ", true },
	{ "record = { type = [ \"a.*\" ]; }; ", true },
	{ "record = { type = [ \"a.cond\" ]; }; ", false },
	{ "record = { state = [ \"revoked\", \"valid\" ]; }; ", true },
	{ "record = { state = [ \"revoked\" ]; }; ", false },
	{ "action = [ \"query\" ]; ", false },
	{ "action = [ \"*\" ]; ", true },
	{ "purpose = [ \"p\" ]; ", true },
	{ "purpose = [ \"p.*\" ]; ", false },
	{ "", true },
};
/* clang-format on */

static void a_target_is_any_of_inside_and_all_across(void)
{
	char file[2048];

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		snprintf(file, sizeof(file),
			 WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
				 "r", "R_ONWARD", "%s") " );",
			 targets[i].target);
		rules_say(file, QIAO_DENY,
			  targets[i].matches ? QIAO_R_ONWARD
					     : QIAO_R_NO_PERMIT);
	}
}

/* A missing word is an error only for a rule that looks at it. */
static void a_missing_word_is_an_error(void)
{
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
			"r", "R_ONWARD",
			"purpose = [ \"*\" ]; ") ", " PERMIT("ok", "") " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	q.purpose = "";
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_EVAL);
	CU_ASSERT_STRING_EQUAL(d.rules[0], "c/r@3");
	qiao_policy_unref(p);
}

/* --- preconditions, dates, clock -------------------------------------------
 */

static void the_nearest_miss_says_what_is_unmet(void)
{
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"far",
			"require = { duty = { basis = \"law\"; }; proof = { "
			"max_age = \"10s\"; finality = \"final\"; }; }; ") ", " PERMIT("near",
										       "require = { duty = { basis = \"law\"; }; }; ") ", " PERMIT("late",
																		   "not_before = \"2030-01-01\"; ") " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	f.proof_final = false;
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_DUTY_MISSING);
	CU_ASSERT_EQUAL(d.n_rules, 1);
	CU_ASSERT_STRING_EQUAL(d.rules[0], "c/near@3");
	CU_ASSERT_EQUAL(d.n_unmet, 1);
	CU_ASSERT_EQUAL(d.unmet[0], QIAO_R_DUTY_MISSING);
	q.duty_basis = "law"; /* a duty without a case is none */
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_DUTY_MISSING);
	q.duty_case = "h:1";
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	CU_ASSERT_EQUAL(d.n_rules, 1);
	qiao_policy_unref(p);
}

static void proof_too_old_or_not_final_is_a_miss(void)
{
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"r", "require = { proof = { max_age = \"10s\"; "
			     "finality = \"final\"; }; }; ") " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	for (int age = -1; age < 13; age++) {
		f.proof_age_s = age;
		d = decide(p, &q, &f);
		if (age >= 0 && age <= 10)
			expect(&d, QIAO_PERMIT, QIAO_R_OK);
		else
			expect(&d, QIAO_DENY, QIAO_R_PROOF_STALE);
	}
	f.proof_final = false;
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_PROOF_STALE);
	CU_ASSERT_EQUAL(d.n_unmet, 2);
	CU_ASSERT_EQUAL(d.unmet[1], QIAO_R_NOT_FINAL);
	qiao_policy_unref(p);
}

static int64_t at(const char *text)
{
	int64_t ms = 0;

	CU_ASSERT(qiao_time_parse(&ms, qiao_slice_str(text), 0));
	return ms;
}

/* permit, deny in a policy with dates; deny with a date of its own */
#define DATES "not_before = \"2026-01-01\"; not_after = \"2026-12-31\"; "

/* clang-format off */
static const struct {
	const char *at;
	enum qiao_reason permit, deny, own;
} dates[] = {
	{ "2025-12-31T23:59:59.999+08:00", QIAO_R_NO_PERMIT, QIAO_R_ONWARD, QIAO_R_NO_PERMIT },
	{ "2026-01-01T00:00:00+08:00", QIAO_R_OK, QIAO_R_ONWARD, QIAO_R_ONWARD },
	{ "2026-12-31T23:59:59.999+08:00", QIAO_R_OK, QIAO_R_ONWARD, QIAO_R_ONWARD },
	{ "2026-12-31T16:00:00Z", QIAO_R_NO_PERMIT, QIAO_R_ONWARD, QIAO_R_NO_PERMIT },
};
/* clang-format on */

static void an_expired_policy_permits_nothing_and_still_denies(void)
{
	struct qiao_policy *permit = world_policy(
		ONE(WORLD_POLICY("c", "owner",
				 DATES) "rules = ( " PERMIT("r", "") " );"),
		1);
	struct qiao_policy *deny = world_policy(
		ONE(WORLD_POLICY("c", "owner", DATES) "rules = ( " DENY(
			"r", "R_ONWARD", "") " );"),
		1);
	struct qiao_policy *own = world_policy(
		ONE(WORLD_POLICY("c", "owner", "") "rules = ( " DENY(
			"r", "R_ONWARD", DATES) " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		f.at_ms = at(dates[i].at);
		CU_ASSERT_EQUAL(decide(permit, &q, &f).reason, dates[i].permit);
		CU_ASSERT_EQUAL(decide(deny, &q, &f).reason, dates[i].deny);
		CU_ASSERT_EQUAL(decide(own, &q, &f).reason, dates[i].own);
	}
	qiao_policy_unref(permit);
	qiao_policy_unref(deny);
	qiao_policy_unref(own);
}

static void a_bad_clock_denies_what_needs_one(void)
{
	static const char *const timed[] = {
		WORLD_POLICY("c", "owner", DATES) "rules = ( " PERMIT("r",
								      "") " );",
		WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT("r",
								   DATES) " );",
		WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"r", "require = { proof = { max_age = \"1d\"; }; "
			     "}; ") " );",
		WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"ok", "") ", " DENY("r", "R_PROOF_STALE",
					    WHEN_OLD) " );",
		WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"ok", "") ", " HOLD("r", DATES) " );",
	};
	static const char not_timed[] =
		WORLD_POLICY("c", "owner", "") "rules = ( " PERMIT(
			"ok", "") ", " DENY("r", "R_ONWARD", WHEN_ONWARD) " );";
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_policy *p;
	struct qiao_decision d;

	f.clock_ok = false;
	for (size_t i = 0; i < sizeof(timed) / sizeof(timed[0]); i++) {
		p = world_policy(&timed[i], 1);
		d = decide(p, &q, &f);
		expect(&d, QIAO_DENY, QIAO_R_CLOCK);
		qiao_policy_unref(p);
	}
	p = world_policy(ONE(not_timed), 1);
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	qiao_policy_unref(p);
}

/* --- fields ----------------------------------------------------------------
 */

static char shown(const struct qiao_decision *d, size_t i)
{
	switch ((enum qiao_show)d->show[i]) {
	case QIAO_SHOW_WITHHELD:
		return '-';
	case QIAO_SHOW_COMMIT:
		return 'c';
	case QIAO_SHOW_CLEAR:
		return '+';
	}
	return '?';
}

/* inn per pub sec sen shadow, one character each. */
static void fields_are(const char *rules, const char *want, int64_t receipt_ms)
{
	char file[4096], got[8] = "";
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_policy *p;
	struct qiao_decision d;

	snprintf(file, sizeof(file),
		 WORLD_POLICY("c", "owner", "") "rules = ( %s );", rules);
	p = world_policy(ONE(file), 1);
	q.duty_basis = "law";
	q.duty_case = "h:1";
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	for (size_t i = 0; i < d.n_show && i < 7; i++)
		got[i] = shown(&d, i);
	CU_ASSERT_STRING_EQUAL(got, want);
	CU_ASSERT_EQUAL(d.receipt_ms, receipt_ms);
	qiao_policy_unref(p);
}

#define DUTY         "require = { duty = { basis = \"law\"; }; }; "
#define OBLIGE(list) "obligations = ( " list " ); "

static void floors_of_the_catalogue_cannot_be_lowered(void)
{
	fields_are(PERMIT("r", ""), "+c+-c-", 0);
	fields_are(PERMIT("r", DUTY), "+++-c-", 0);
	/* keep is no way around them */
	fields_are(PERMIT("r", OBLIGE("{ do = \"keep\"; fields = [ \"per\", "
				      "\"sen\" ]; }")),
		   "-c--c-", 0);
	/* one of the satisfied permits carries the duty */
	fields_are(PERMIT("r", DUTY) ", " PERMIT("s", ""), "+++-c-", 0);
}

static void obligations_of_all_permits_are_merged_restrictively(void)
{
	fields_are(
		PERMIT("a",
		       OBLIGE("{ do = \"commit\"; fields = [ \"inn\" ]; }, "
			      "{ do = \"receipt\"; within = \"60s\"; }")) ", " PERMIT("b",
										      DUTY OBLIGE(
											      "{ do = \"withhold\"; fields = [ "
											      "\"inn\", \"pub\" ]; }, { do = "
											      "\"receipt\"; within = \"30s\"; }")),
		"-+--c-", 30000);
	/* what one permit keeps and another does not, goes */
	fields_are(
		PERMIT("a",
		       OBLIGE("{ do = \"keep\"; fields = [ \"inn\", "
			      "\"pub\" ]; }")) ", " PERMIT("b",
							   OBLIGE("{ do = \"keep\"; fields = [ \"pub\", "
								  "\"per\" ]; }, { do = \"commit\"; "
								  "fields = [ \"*\" ]; }")),
		"--c---", 0);
}

static void a_permit_that_overrides_replaces_obligations(void)
{
	fields_are(
		PERMIT("a", OBLIGE("{ do = \"withhold\"; fields = [ \"*\" ]; "
				   "}")) ", " PERMIT("b", DUTY
						     "overrides = [ \"a\" ]; "),
		"+++-c-", 0);
	/* not when it is not satisfied itself */
	fields_are(
		PERMIT("a",
		       OBLIGE("{ do = \"withhold\"; fields = [ \"*\" ]; "
			      "}")) ", " PERMIT("b",
						"require = { proof = { max_age = \"1s\"; }; }; "
						"overrides = [ \"a\" ]; "),
		"------", 0);
	/* b replaces a, c replaces b: none of the two is left to oblige */
	fields_are(
		PERMIT("a",
		       OBLIGE("{ do = \"withhold\"; fields = [ \"*\" ]; "
			      "}")) ", " PERMIT("b",
						OBLIGE("{ do = \"commit\"; fields = [ \"*\" ]; "
						       "}") "overrides = [ \"a\" ]; ") ", " PERMIT("c",
												   DUTY
												   "overrides = [ \"b\" ]; "),
		"+++-c-", 0);
}

static void an_element_of_a_list_is_its_list(void)
{
	static const char *const fields[] = { "author.#", "author.0",
					      "author.1", "pub" };
	struct qiao_policy *p = world_policy(
		ONE(WORLD_POLICY("c", "owner", "") "rules = ( { id = \"r\"; "
						   "effect = \"permit\"; to = "
						   "{ org = [ \"dst.dept\" ]; "
						   "}; record = { type = [ "
						   "\"a.cond\" ]; }; action = "
						   "[ \"forward\" ]; purpose = "
						   "[ \"p\" ]; basis = \"b\"; "
						   "require = { duty = { basis "
						   "= \"law\"; }; }; "
						   "obligations = ( { do = "
						   "\"withhold\"; fields = [ "
						   "\"author.1\" ]; }, { do = "
						   "\"commit\"; fields = [ "
						   "\"author\" ]; } ); } );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	q.record_type = "a.cond";
	q.fields = fields;
	q.n_fields = 4;
	q.duty_basis = q.duty_case = "x";
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	CU_ASSERT_EQUAL(d.show[0], QIAO_SHOW_COMMIT);
	CU_ASSERT_EQUAL(d.show[1], QIAO_SHOW_COMMIT);
	CU_ASSERT_EQUAL(d.show[2], QIAO_SHOW_WITHHELD);
	CU_ASSERT_EQUAL(d.show[3], QIAO_SHOW_CLEAR);
	qiao_policy_unref(p);
}

/* --- accept, state changes -------------------------------------------------
 */

static void what_has_been_disclosed_cannot_be_narrowed(void)
{
	bool in_clear[6] = { false };
	struct qiao_policy *p = world_policy(
		ONE(WORLD_ACCEPT("c", "") "rules = ( " PERMIT(
			"r", "obligations = ( { do = \"commit\"; fields = [ "
			     "\"inn\" ]; } ); ") " );"),
		1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	q.point = QIAO_POINT_ACCEPT;
	q.in_clear = in_clear;
	f.proof_validity = 2; /* release's business, and rules' */
	f.origin = 2;
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	for (size_t i = 0; i < 6; i++) {
		bool fine = strcmp(world_fields[i], "per") == 0 ||
			    strcmp(world_fields[i], "pub") == 0;

		in_clear[i] = true;
		d = decide(p, &q, &f);
		expect(&d, fine ? QIAO_PERMIT : QIAO_DENY,
		       fine ? QIAO_R_OK : QIAO_R_OBLIGATION);
		CU_ASSERT_EQUAL(d.n_rules, 1);
		in_clear[i] = false;
	}
	/* a rule of the other point has no say */
	q.point = QIAO_POINT_RELEASE;
	f = world_facts();
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_NO_PERMIT);
	CU_ASSERT(qiao_policy_may_accept(p, "src", "dst", "a.open"));
	CU_ASSERT_FALSE(qiao_policy_may_accept(p, "src", "dst", "a.cond"));
	CU_ASSERT_FALSE(qiao_policy_may_accept(p, "src", "src", "a.open"));
	CU_ASSERT_FALSE(qiao_policy_may_accept(p, "src", "dst", "unknown"));
	qiao_policy_unref(p);
}

static void a_scope_is_the_source_at_release_and_the_destination_at_accept(void)
{
	struct qiao_policy *p =
		world_policy(ONE(WORLD_ACCEPT("c", "") "rules = ( " DENY(
				     "r", "R_ONWARD", "") " );"),
			     1);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	q.point = QIAO_POINT_ACCEPT;
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_ONWARD);
	q.to_chain = "elsewhere";
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_NO_PERMIT);
	qiao_policy_unref(p);
}

static void a_state_change_reaches_the_holder_unless_a_guardrail_denies(void)
{
	const char *files[2] = {
		WORLD_POLICY("g", "guardrail", "") "rules = ( " DENY(
			"r", "R_ONWARD", WHEN_ONWARD) " );",
		WORLD_POLICY("o", "owner", "") "rules = ( " DENY(
			"r", "R_DEPARTMENT_EXCLUDED", "") " );",
	};
	struct qiao_policy *p = world_policy(files, 2);
	bool in_clear[6] = { false };
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d = decide(p, &q, &f);

	expect(&d, QIAO_DENY, QIAO_R_DEPARTMENT_EXCLUDED);
	q.state_change_to_holder = true;
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	CU_ASSERT_EQUAL(d.n_rules, 0);
	CU_ASSERT_EQUAL(d.n_show, 6);
	for (size_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(d.show[i], QIAO_SHOW_WITHHELD);
	/* fields that arrived in clear need a permit of their own */
	in_clear[2] = true;
	q.point = QIAO_POINT_ACCEPT;
	q.in_clear = in_clear;
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_NO_PERMIT);
	in_clear[2] = false;
	d = decide(p, &q, &f);
	expect(&d, QIAO_PERMIT, QIAO_R_OK);
	q.point = QIAO_POINT_RELEASE;
	q.in_clear = NULL;
	q.onward = true;
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_ONWARD);
	q.onward = false;
	f.issuer_ok = false; /* and it must be true in the first place */
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_ISSUER_KEY);
	f.issuer_ok = true;
	q.record_type = "n.never";
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_NEVER_SHARED);
	qiao_policy_unref(p);
}

/* --- order, mutation -------------------------------------------------------
 */

/* Rules that can be written in any order; %s is their id. */
#define POOL 8
/* clang-format off */
static const char *const pool[POOL] = {
	PERMIT("r0", "obligations = ( { do = \"commit\"; fields = [ \"inn\" ]; } ); "),
	PERMIT("r1", DUTY),
	PERMIT("r2", "require = { proof = { max_age = \"5s\"; }; }; "),
	DENY("r3", "R_ONWARD", WHEN_ONWARD),
	DENY("r4", "R_PROOF_STALE", WHEN_OLD),
	DENY("r5", "R_DEPARTMENT_EXCLUDED", "to = { org = [ \"dst.other\" ]; }; "),
	HOLD("r6", "when = ( { attr = \"record.version\"; op = \"gt\"; value = 1; } ); "),
	HOLD("r7", "record = { state = [ \"revoked\" ]; }; "),
};
/* clang-format on */

/* Deterministic, so that a failure can be looked at again. */
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void question_vary(struct qiao_policy_request *q,
			  struct qiao_policy_facts *f, uint32_t *seed)
{
	static const int64_t ages[] = { -1, 3, 12, 601 };

	*q = world_request();
	*f = world_facts();
	q->onward = next(seed) % 4 == 0;
	q->to_org = next(seed) % 4 ? "dst.dept" : "dst.other";
	q->record_version = 1 + next(seed) % 3 / 2;
	q->record_state = next(seed) % 4 ? "valid" : "revoked";
	q->duty_basis = q->duty_case = next(seed) % 2 ? "x" : "";
	q->purpose = next(seed) % 8 ? "p" : "";
	f->proof_age_s = ages[next(seed) % 4];
}

/* The rules of `mask`, shuffled over two files; NULL mask bits left out. */
static struct qiao_policy *pool_policy(unsigned int mask, uint32_t *seed)
{
	static char text[2][8192];
	const char *files[2] = { text[0], text[1] };
	int order[POOL];

	for (int i = 0; i < POOL; i++)
		order[i] = i;
	for (int i = POOL - 1; i > 0; i--) {
		int j = (int)(next(seed) % (unsigned int)(i + 1)), t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (int k = 0; k < 2; k++) {
		size_t n = (size_t)snprintf(
			text[k], sizeof(text[k]), "%srules = (",
			k ? WORLD_POLICY("k1", "owner", "")
			  : WORLD_POLICY("k0", "owner", ""));
		bool comma = false;

		for (int i = 0; i < POOL; i++) {
			int r = order[i];

			/* a rule always stands in the same file */
			if (r % 2 != k || !(mask & (1u << r)))
				continue;
			n += (size_t)snprintf(text[k] + n, sizeof(text[k]) - n,
					      "%s%s", comma ? ", " : "",
					      pool[r]);
			comma = true;
		}
		snprintf(text[k] + n, sizeof(text[k]) - n, ");");
	}
	if (next(seed) % 2) {
		files[0] = text[1];
		files[1] = text[0];
	}
	return world_policy(files, 2);
}

static void the_order_of_files_and_rules_means_nothing(void)
{
	uint32_t seed = 1;
	struct qiao_policy *first = pool_policy(0xff, &seed);

	for (int round = 0; round < 20; round++) {
		struct qiao_policy *p = pool_policy(0xff, &seed);

		for (int i = 0; i < 50; i++) {
			struct qiao_policy_request q;
			struct qiao_policy_facts f;
			struct qiao_decision a, b;

			question_vary(&q, &f, &seed);
			a = decide(first, &q, &f);
			b = decide(p, &q, &f);
			CU_ASSERT_EQUAL(a.verdict, b.verdict);
			CU_ASSERT_EQUAL(a.n_rules, b.n_rules);
			CU_ASSERT_EQUAL(a.receipt_ms, b.receipt_ms);
			CU_ASSERT_EQUAL(a.n_show, b.n_show);
			CU_ASSERT_EQUAL(memcmp(a.show, b.show, a.n_show), 0);
		}
		qiao_policy_unref(p);
	}
	qiao_policy_unref(first);
}

/* Taking any rule away never opens a door, unless it is the one that shut it.
 */
static void taking_a_rule_away_never_permits_unless_it_was_the_deny(void)
{
	uint32_t seed = 7;
	struct qiao_policy *all = pool_policy(0xff, &seed);

	for (unsigned int r = 0; r < POOL; r++) {
		struct qiao_policy *less =
			pool_policy(0xffu & ~(1u << r), &seed);

		for (int i = 0; i < 200; i++) {
			struct qiao_policy_request q;
			struct qiao_policy_facts f;
			struct qiao_decision a, b;
			char name[8];

			question_vary(&q, &f, &seed);
			a = decide(all, &q, &f);
			b = decide(less, &q, &f);
			snprintf(name, sizeof(name), "/r%u@", r);
			if (b.verdict <= a.verdict)
				continue;
			/* the one rule that said no is the one that went */
			CU_ASSERT_EQUAL(a.n_rules, 1);
			CU_ASSERT_PTR_NOT_NULL(strstr(a.rules[0], name));
			CU_ASSERT(r >= 3); /* never a permit */
		}
		qiao_policy_unref(less);
	}
	qiao_policy_unref(all);
}

/* --- trace, many rules -----------------------------------------------------
 */

static void count_states(void *ctx, size_t rule, const char *label,
			 const char *effect, const char *title,
			 enum qiao_rule_state state,
			 const enum qiao_reason *codes, size_t n_codes)
{
	int *counts = ctx;

	(void)title;
	(void)codes;
	CU_ASSERT(rule < POOL);
	CU_ASSERT_PTR_NOT_NULL(strchr(label, '@'));
	CU_ASSERT(strlen(effect) > 0);
	CU_ASSERT((state == QIAO_RULE_NEAR) <= (n_codes > 0));
	counts[state]++;
}

static void the_trace_tells_how_every_rule_came_out(void)
{
	int counts[8] = { 0 };
	const struct qiao_policy_trace trace = { counts, count_states };
	uint32_t seed = 1;
	struct qiao_policy *p = pool_policy(0xff, &seed);
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;

	f.proof_age_s = -1;
	qiao_policy_decide(p, &d, &q, &f, &trace);
	CU_ASSERT_EQUAL(counts[QIAO_RULE_SATISFIED], 1); /* r0 */
	CU_ASSERT_EQUAL(counts[QIAO_RULE_NEAR], 2);      /* r1, r2 */
	CU_ASSERT_EQUAL(counts[QIAO_RULE_ERROR], 1);     /* r4 */
	CU_ASSERT_EQUAL(counts[QIAO_RULE_NO], 4);
	qiao_policy_unref(p);
}

static void more_rules_than_the_list_holds_are_counted(void)
{
	static char text[32768];
	size_t n = (size_t)snprintf(text, sizeof(text), "%srules = (",
				    WORLD_POLICY("m", "owner", ""));
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_policy *p;
	struct qiao_decision d;

	for (int i = 0; i < QIAO_DECISION_RULES_MAX + 3; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s{ id = \"d%d\"; effect = \"deny\"; "
				      "reason = \"R_ONWARD\"; }",
				      i ? ", " : "", i);
	snprintf(text + n, sizeof(text) - n, ");");
	p = world_policy(ONE(text), 1);
	d = decide(p, &q, &f);
	expect(&d, QIAO_DENY, QIAO_R_ONWARD);
	CU_ASSERT_EQUAL(d.n_rules, QIAO_DECISION_RULES_MAX);
	CU_ASSERT_EQUAL(d.n_rules_more, 3);
	CU_ASSERT_STRING_EQUAL(d.rules[0], "m/d0@3");
	CU_ASSERT_STRING_EQUAL(d.rules[10], "m/d10@3");
	qiao_policy_unref(p);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "without a policy everything is denied", without_a_policy_everything_is_denied },
	{ "what is not established is denied with its reason", what_is_not_established_is_denied_with_its_reason },
	{ "endorsed-only and recorded need their permission", endorsed_only_and_recorded_need_their_permission },
	{ "deny beats hold beats permit in every combination", deny_beats_hold_beats_permit_in_every_combination },
	{ "conditions join without regard to their order", conditions_join_without_regard_to_their_order },
	{ "every attribute and operator means what it says", every_attribute_and_operator_means_what_it_says },
	{ "a target is any of inside and all across", a_target_is_any_of_inside_and_all_across },
	{ "a missing word is an error", a_missing_word_is_an_error },
	{ "the nearest miss says what is unmet", the_nearest_miss_says_what_is_unmet },
	{ "proof too old or not final is a miss", proof_too_old_or_not_final_is_a_miss },
	{ "an expired policy permits nothing and still denies", an_expired_policy_permits_nothing_and_still_denies },
	{ "a bad clock denies what needs one", a_bad_clock_denies_what_needs_one },
	{ "floors of the catalogue cannot be lowered", floors_of_the_catalogue_cannot_be_lowered },
	{ "obligations of all permits are merged restrictively", obligations_of_all_permits_are_merged_restrictively },
	{ "a permit that overrides replaces obligations", a_permit_that_overrides_replaces_obligations },
	{ "an element of a list is its list", an_element_of_a_list_is_its_list },
	{ "what has been disclosed cannot be narrowed", what_has_been_disclosed_cannot_be_narrowed },
	{ "a scope is the source at release and the destination at accept", a_scope_is_the_source_at_release_and_the_destination_at_accept },
	{ "a state change reaches the holder unless a guardrail denies", a_state_change_reaches_the_holder_unless_a_guardrail_denies },
	{ "the order of files and rules means nothing", the_order_of_files_and_rules_means_nothing },
	{ "taking a rule away never permits unless it was the deny", taking_a_rule_away_never_permits_unless_it_was_the_deny },
	{ "the trace tells how every rule came out", the_trace_tells_how_every_rule_came_out },
	{ "more rules than the list holds are counted", more_rules_than_the_list_holds_are_counted },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite policy_decide_test_suite = { "policy/decide", cases };
