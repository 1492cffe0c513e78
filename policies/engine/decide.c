/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision. Every rule that can be about the record is evaluated, in
 * canonical order and without a short cut, so that obligations, the list of
 * rules and the trace are complete.
 */
#include "gateway/base/slice.h"
#include "gateway/record/payload.h"
#include "policies/engine/facts.h"
#include "policies/engine/model.h"

#include <string.h>

/* A field of the record, as obligations and floors see it. */
struct field_view {
	struct qiao_word name, listed; /* listed: its name in the catalogue */
	const struct qiao_cat_field *cat; /* NULL: not in the catalogue */
};

struct ask {
	const struct qiao_policy_request *req;
	const struct qiao_policy_facts *facts;
	const struct qiao_cat_type *type;
	struct qiao_word from_chain, from_org, to_chain, to_org;
	struct qiao_word state, action, purpose;
	uint64_t to_org_bits, purpose_bits;
};

struct outcome {
	enum qiao_rule_state state;
	enum qiao_reason codes[QIAO_DECISION_UNMET_MAX];
	size_t n;
};

struct names {
	const char *label[QIAO_DECISION_RULES_MAX];
	size_t n, more;
};

/* What all rules together came to. */
struct tally {
	struct names denies, holds, satisfied;
	enum qiao_reason deny_reason, hold_reason; /* of the first */
	bool guardrail_denies;
	const struct qiao_rule *nearest;
	struct outcome near;
	bool duty; /* a satisfied permit carries one */
	bool have_fields;
	struct field_view field[QIAO_FIELDS_MAX];
};

static void code_add(struct outcome *o, enum qiao_reason r)
{
	if (o->n < QIAO_DECISION_UNMET_MAX)
		o->codes[o->n++] = r;
}

static void name_add(struct names *n, const char *label)
{
	if (n->n < QIAO_DECISION_RULES_MAX)
		n->label[n->n++] = label;
	else
		n->more++;
}

/* --- target -------------------------------------------------------------- */

static bool text_fits(const struct qiao_cond *c, const char *s)
{
	bool prefix = c->op == QIAO_OP_PREFIX;

	for (size_t i = 0; i < c->n_words; i++)
		if (prefix ? strncmp(s, c->words[i], strlen(c->words[i])) == 0
			   : strcmp(s, c->words[i]) == 0)
			return true;
	return false;
}

static bool equals(const struct qiao_cond *c, const struct qiao_attr_value *v)
{
	switch (c->attr->type) {
	case QIAO_ATTR_STR:
		return text_fits(c, v->s);
	case QIAO_ATTR_INT:
		return v->i == c->number;
	case QIAO_ATTR_BOOL:
		return v->b == c->flag;
	}
	return false;
}

static bool cond_holds(const struct qiao_cond *c,
		       const struct qiao_attr_value *v)
{
	switch (c->op) {
	case QIAO_OP_EQ:
	case QIAO_OP_IN:
	case QIAO_OP_PREFIX:
		return equals(c, v);
	case QIAO_OP_NE:
	case QIAO_OP_NOT_IN:
		return !equals(c, v);
	case QIAO_OP_GT:
		return v->i > c->number;
	case QIAO_OP_GE:
		return v->i >= c->number;
	case QIAO_OP_LT:
		return v->i < c->number;
	case QIAO_OP_LE:
		return v->i <= c->number;
	case QIAO_OP_EXISTS:
		return v->there == c->flag;
	}
	return false;
}

static enum qiao_tri cond_eval(const struct ask *a, const struct qiao_cond *c)
{
	struct qiao_attr_value v = { .s = "" };

	c->attr->get(&v, a->req, a->facts);
	if (c->op != QIAO_OP_EXISTS && !v.there)
		return QIAO_TRI_ERROR;
	if (c->attr->timed && !a->facts->clock_ok)
		return QIAO_TRI_ERROR;
	return cond_holds(c, &v) ? QIAO_TRI_YES : QIAO_TRI_NO;
}

/*
 * One condition that surely fails decides, whatever the others are: so their
 * order means nothing.
 */
static enum qiao_tri all_be(const struct ask *a, const struct qiao_conds *cs,
			    enum qiao_tri wanted)
{
	bool error = false;

	for (size_t i = 0; i < cs->n; i++) {
		enum qiao_tri t = cond_eval(a, &cs->c[i]);

		if (t == QIAO_TRI_ERROR)
			error = true;
		else if (t != wanted)
			return QIAO_TRI_NO;
	}
	return error ? QIAO_TRI_ERROR : QIAO_TRI_YES;
}

/* record.type and scope.record are the index's business. */
static enum qiao_tri target_eval(const struct ask *a, const struct qiao_rule *r)
{
	const struct qiao_word *chain = a->req->point == QIAO_POINT_RELEASE
						? &a->from_chain
						: &a->to_chain;
	const struct {
		const struct qiao_pats *pats;
		const struct qiao_word *word;
	} looks[] = {
		{ &r->to_org, &a->to_org },
		{ &r->purpose, &a->purpose },
		{ &r->from_org, &a->from_org },
		{ &r->state, &a->state },
		{ &r->action, &a->action },
		{ &r->to_chain, &a->to_chain },
		{ &r->from_chain, &a->from_chain },
		{ &r->set->chains, chain },
	};
	bool error = false;
	enum qiao_tri t;

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		t = qiao_pats_match(looks[i].pats, looks[i].word);
		if (t == QIAO_TRI_NO)
			return t;
		error |= t == QIAO_TRI_ERROR;
	}
	t = all_be(a, &r->when, QIAO_TRI_YES);
	if (t == QIAO_TRI_NO)
		return t;
	error |= t == QIAO_TRI_ERROR;
	t = all_be(a, &r->unless, QIAO_TRI_NO);
	if (t == QIAO_TRI_NO)
		return t;
	return error ? QIAO_TRI_ERROR : t;
}

/* --- one rule ------------------------------------------------------------ */

static bool within(const struct qiao_window *w, int64_t at)
{
	return at >= w->from && at < w->to;
}

static void prohibition_eval(const struct ask *a, struct outcome *o,
			     const struct qiao_rule *r)
{
	enum qiao_tri t = target_eval(a, r);

	if (t == QIAO_TRI_NO)
		return;
	if (r->timed && !a->facts->clock_ok) {
		o->state = QIAO_RULE_ERROR;
		code_add(o, QIAO_R_CLOCK);
		return;
	}
	if (!within(&r->window, a->facts->at_ms))
		return;
	o->state = t == QIAO_TRI_ERROR ? QIAO_RULE_ERROR : QIAO_RULE_APPLIES;
	code_add(o, t == QIAO_TRI_ERROR ? QIAO_R_EVAL : r->reason);
}

static bool has_duty(const struct qiao_policy_request *q)
{
	return q->duty_basis[0] && q->duty_case[0];
}

/* The head may be stricter than the catalogue that the rule was checked with.
 */
static bool needs_duty(const struct ask *a, const struct qiao_rule *r)
{
	return r->need_duty || (a->req->point == QIAO_POINT_RELEASE &&
				a->req->record_class == QIAO_SHARE_CONDITIONAL);
}

static void preconditions_eval(const struct ask *a, struct outcome *o,
			       const struct qiao_rule *r)
{
	const struct qiao_policy_facts *f = a->facts;
	bool clock = !r->timed || f->clock_ok;

	if (!clock)
		code_add(o, QIAO_R_CLOCK);
	if (clock && r->max_age_ms >= 0 &&
	    (f->proof_age_s < 0 || f->proof_age_s > r->max_age_ms / 1000))
		code_add(o, QIAO_R_PROOF_STALE);
	if (r->need_final && !f->proof_final)
		code_add(o, QIAO_R_NOT_FINAL);
	if (needs_duty(a, r) && (!has_duty(a->req) || !r->need_duty))
		code_add(o, QIAO_R_DUTY_MISSING);
	if (clock && !within(&r->window, f->at_ms))
		code_add(o, QIAO_R_RULE_WINDOW);
}

static void permit_eval(const struct ask *a, struct outcome *o,
			const struct qiao_rule *r)
{
	enum qiao_tri t = target_eval(a, r);

	if (t == QIAO_TRI_NO)
		return;
	if (t == QIAO_TRI_ERROR && (!r->timed || a->facts->clock_ok)) {
		o->state = QIAO_RULE_ERROR;
		code_add(o, QIAO_R_EVAL);
		return;
	}
	if (a->facts->clock_ok && !within(&r->set->window, a->facts->at_ms)) {
		o->state = QIAO_RULE_INACTIVE;
		return;
	}
	preconditions_eval(a, o, r);
	o->state = o->n ? QIAO_RULE_NEAR : QIAO_RULE_SATISFIED;
}

static bool is_overridden(const struct ask *a, const struct qiao_rule *r)
{
	for (size_t i = 0; i < r->n_overridden_by; i++) {
		struct outcome o = { .state = QIAO_RULE_NO };

		permit_eval(a, &o, r->overridden_by[i]);
		if (o.state == QIAO_RULE_SATISFIED)
			return true;
	}
	return false;
}

static void rule_eval(const struct ask *a, struct outcome *o,
		      const struct qiao_rule *r)
{
	*o = (struct outcome){ .state = QIAO_RULE_NO };
	switch (r->effect) {
	case QIAO_EFFECT_DENY:
	case QIAO_EFFECT_HOLD:
		prohibition_eval(a, o, r);
		break;
	case QIAO_EFFECT_PERMIT:
		permit_eval(a, o, r);
		if (o->state == QIAO_RULE_SATISFIED && is_overridden(a, r))
			o->state = QIAO_RULE_OVERRIDDEN;
		break;
	}
}

/* --- fields -------------------------------------------------------------- */

static void fields_look(struct tally *t, struct qiao_decision *out,
			const struct ask *a)
{
	t->have_fields = true;
	out->n_show = a->req->n_fields;
	for (size_t i = 0; i < out->n_show; i++) {
		struct field_view *f = &t->field[i];

		f->name = qiao_word_of(a->req->fields[i]);
		f->cat = qiao_cat_field(a->type, a->req->fields[i]);
		f->listed = f->cat ? qiao_word_of(f->cat->name) : f->name;
		out->show[i] = QIAO_SHOW_CLEAR;
	}
}

static bool is_named(const struct qiao_pats *ps, const struct field_view *f)
{
	return qiao_pats_match(ps, &f->name) == QIAO_TRI_YES ||
	       qiao_pats_match(ps, &f->listed) == QIAO_TRI_YES;
}

static void narrow(struct qiao_decision *out, size_t i, enum qiao_show to)
{
	if (to < out->show[i])
		out->show[i] = (uint8_t)to;
}

static void obligation_apply(struct tally *t, struct qiao_decision *out,
			     const struct qiao_obligation *o)
{
	if (o->kind == QIAO_DO_RECEIPT) {
		if (!out->receipt_ms || o->within_ms < out->receipt_ms)
			out->receipt_ms = o->within_ms;
		return;
	}
	for (size_t i = 0; i < out->n_show; i++) {
		bool named = is_named(&o->fields, &t->field[i]);

		if (o->kind == QIAO_DO_WITHHOLD && named)
			narrow(out, i, QIAO_SHOW_WITHHELD);
		if (o->kind == QIAO_DO_COMMIT && named)
			narrow(out, i, QIAO_SHOW_COMMIT);
		if (o->kind == QIAO_DO_KEEP && !named)
			narrow(out, i, QIAO_SHOW_WITHHELD);
	}
}

/* What the catalogue allows at most, whatever the rules say. */
static enum qiao_show floor_of(const struct ask *a, const struct tally *t,
			       const struct qiao_cat_field *f)
{
	if (!f)
		return QIAO_SHOW_WITHHELD;
	switch (f->class_) {
	case QIAO_CLASS_SECRET:
		return QIAO_SHOW_WITHHELD;
	case QIAO_CLASS_SENSITIVE: /* in clear never; sealing is not built */
		return QIAO_SHOW_COMMIT;
	case QIAO_CLASS_PERSONAL:
		if (a->req->point == QIAO_POINT_RELEASE && !t->duty)
			return QIAO_SHOW_COMMIT;
		return QIAO_SHOW_CLEAR;
	case QIAO_CLASS_INTERNAL:
	case QIAO_CLASS_PUBLIC:
		return QIAO_SHOW_CLEAR;
	}
	return QIAO_SHOW_WITHHELD;
}

/* --- the decision -------------------------------------------------------- */

static void refuse(struct qiao_decision *out, enum qiao_reason reason)
{
	*out = (struct qiao_decision){ .verdict = QIAO_DENY, .reason = reason };
}

static void rules_put(struct qiao_decision *out, const struct names *n)
{
	memcpy(out->rules, n->label, n->n * sizeof(n->label[0]));
	out->n_rules = n->n;
	out->n_rules_more = n->more;
}

/* Nothing was proven, or nothing is known of it: no rule is asked. */
static enum qiao_reason shape_reason(const struct qiao_policy *p,
				     const struct qiao_policy_request *q,
				     const struct qiao_policy_facts *f)
{
	bool release = q->point == QIAO_POINT_RELEASE;

	if (!f->proof_verified || !qiao_validity_word(f->proof_validity)[0] ||
	    !qiao_assurance_word(f->assurance)[0] ||
	    !qiao_origin_word(f->origin)[0])
		return QIAO_R_PROOF_INVALID;
	if ((!q->record_type[0] || !q->from_org[0]) &&
	    f->checks == QIAO_CHECKS_ERROR)
		return QIAO_R_FIELD_CHECK;
	if (!qiao_catalogue_type(p->cat, q->record_type))
		return QIAO_R_TYPE_UNKNOWN;
	if (!qiao_orgs_find(p->orgs, q->from_org) ||
	    !qiao_orgs_find(p->orgs, q->to_org))
		return QIAO_R_ORG_UNKNOWN;
	if (!f->issuer_ok)
		return QIAO_R_ISSUER_KEY;
	if (f->replay)
		return QIAO_R_REPLAY;
	if (!f->state_ok)
		return QIAO_R_STATE;
	if (f->checks == QIAO_CHECKS_ERROR || q->n_fields > QIAO_FIELDS_MAX)
		return QIAO_R_FIELD_CHECK;
	if (release && f->proof_validity == 2 && !f->allow_endorsed_only)
		return QIAO_R_ENDORSED_ONLY;
	if (release && f->origin == QIAO_ORIGIN_RECORDED && !f->allow_recorded)
		return QIAO_R_RECORDED;
	return QIAO_R_OK;
}

static void deny_count(struct tally *t, const struct qiao_rule *r,
		       enum qiao_reason reason)
{
	if (!t->denies.n)
		t->deny_reason = reason;
	name_add(&t->denies, r->label);
	if (r->set->layer == QIAO_LAYER_GUARDRAIL)
		t->guardrail_denies = true;
}

static void permit_count(struct tally *t, struct qiao_decision *out,
			 const struct ask *a, const struct qiao_rule *r)
{
	if (!t->have_fields)
		fields_look(t, out, a);
	name_add(&t->satisfied, r->label);
	t->duty |= r->need_duty;
	for (size_t i = 0; i < r->n_obligations; i++)
		obligation_apply(t, out, &r->obligations[i]);
}

static void outcome_count(struct tally *t, struct qiao_decision *out,
			  const struct ask *a, const struct qiao_rule *r,
			  const struct outcome *o)
{
	bool applies =
		o->state == QIAO_RULE_APPLIES || o->state == QIAO_RULE_ERROR;

	switch (r->effect) {
	case QIAO_EFFECT_DENY:
		if (applies)
			deny_count(t, r, o->codes[0]);
		break;
	case QIAO_EFFECT_HOLD:
		if (!applies)
			break;
		/* a date that nobody can judge is no reason to ask a person */
		if (o->codes[0] == QIAO_R_CLOCK) {
			deny_count(t, r, QIAO_R_CLOCK);
			break;
		}
		if (!t->holds.n)
			t->hold_reason = o->codes[0];
		name_add(&t->holds, r->label);
		break;
	case QIAO_EFFECT_PERMIT:
		if (o->state == QIAO_RULE_SATISFIED)
			permit_count(t, out, a, r);
		if (o->state == QIAO_RULE_NEAR &&
		    (!t->nearest || o->n < t->near.n)) {
			t->nearest = r;
			t->near = *o;
		}
		break;
	}
}

static void near_put(struct qiao_decision *out, const struct tally *t)
{
	refuse(out, QIAO_R_NO_PERMIT);
	if (!t->nearest)
		return;
	out->reason = t->near.codes[0];
	memcpy(out->unmet, t->near.codes, sizeof(out->unmet));
	out->n_unmet = t->near.n;
	out->rules[out->n_rules++] = t->nearest->label;
}

/* What is disclosed here already cannot be narrowed any more. */
static bool can_fulfil(const struct qiao_decision *d, const struct ask *a)
{
	if (a->req->point == QIAO_POINT_RELEASE || !a->req->in_clear)
		return true;
	for (size_t i = 0; i < d->n_show; i++)
		if (a->req->in_clear[i] && d->show[i] != QIAO_SHOW_CLEAR)
			return false;
	return true;
}

static void permit_put(struct qiao_decision *out, const struct tally *t,
		       const struct ask *a)
{
	for (size_t i = 0; i < out->n_show; i++)
		narrow(out, i, floor_of(a, t, t->field[i].cat));
	if (!can_fulfil(out, a))
		refuse(out, QIAO_R_OBLIGATION);
	else
		out->verdict = QIAO_PERMIT;
	if (out->verdict == QIAO_PERMIT)
		out->reason = QIAO_R_OK;
	rules_put(out, &t->satisfied);
}

static void verdict_put(struct qiao_decision *out, const struct tally *t,
			const struct ask *a)
{
	if (a->type->share == QIAO_SHARE_NEVER ||
	    a->req->record_class >= QIAO_SHARE_NEVER) {
		refuse(out, QIAO_R_NEVER_SHARED);
		rules_put(out, &t->denies);
	} else if (t->denies.n) {
		refuse(out, t->deny_reason);
		rules_put(out, &t->denies);
	} else if (!t->satisfied.n) {
		near_put(out, t);
	} else if (t->holds.n) {
		refuse(out, t->hold_reason);
		out->verdict = QIAO_HOLD;
		rules_put(out, &t->holds);
	} else {
		permit_put(out, t, a);
	}
}

/*
 * Whoever holds a record must learn that it was revoked: the head goes, without
 * any field, although no rule permits more.
 */
static void safety_put(struct qiao_decision *out, const struct tally *t,
		       const struct ask *a)
{
	if (!a->req->state_change_to_holder || out->verdict == QIAO_PERMIT ||
	    t->guardrail_denies || out->reason == QIAO_R_NEVER_SHARED)
		return;
	for (size_t i = 0; a->req->in_clear && i < a->req->n_fields; i++)
		if (a->req->in_clear[i])
			return;
	refuse(out, QIAO_R_OK);
	out->verdict = QIAO_PERMIT;
	out->n_show = a->req->n_fields; /* all withheld: zero */
}

static struct ask ask_of(const struct qiao_policy *p,
			 const struct qiao_policy_request *req,
			 const struct qiao_policy_facts *facts)
{
	struct ask a = {
		.req = req,
		.facts = facts,
		.type = qiao_catalogue_type(p->cat, req->record_type),
		.from_chain = qiao_word_of(req->from_chain),
		.from_org = qiao_word_of(req->from_org),
		.to_chain = qiao_word_of(req->to_chain),
		.to_org = qiao_word_of(req->to_org),
		.state = qiao_word_of(req->record_state),
		.action = qiao_word_of(req->action),
		.purpose = qiao_word_of(req->purpose),
	};

	a.to_org_bits = qiao_word_bits(&a.to_org);
	a.purpose_bits = qiao_word_bits(&a.purpose);
	return a;
}

/* Types ascend in the catalogue, and so do the lists of the index. */
static const struct qiao_candidates *candidates(
	const struct qiao_policy *p, enum qiao_point point,
	const struct qiao_cat_type *type)
{
	size_t types = qiao_catalogue_count(p->cat);
	size_t i = (size_t)(type - qiao_catalogue_at(p->cat, 0));

	return &p->index[(size_t)point * types + i];
}

static const char *effect_name(enum qiao_effect e)
{
	switch (e) {
	case QIAO_EFFECT_DENY:
		return "deny";
	case QIAO_EFFECT_HOLD:
		return "hold";
	case QIAO_EFFECT_PERMIT:
		return "permit";
	}
	return "?";
}

static void trace_rule(const struct qiao_policy_trace *trace,
		       const struct qiao_rule *r, const struct outcome *o)
{
	trace->rule(trace->ctx, r->index, r->label, effect_name(r->effect),
		    r->title, o->state, o->codes, o->n);
}

static bool may_match(const struct ask *a, const struct qiao_candidate *c)
{
	return (c->to_org & a->to_org_bits) && (c->purpose & a->purpose_bits);
}

void qiao_policy_decide(const struct qiao_policy *p, struct qiao_decision *out,
			const struct qiao_policy_request *req,
			const struct qiao_policy_facts *facts,
			const struct qiao_policy_trace *trace)
{
	const struct qiao_candidates *rules;
	enum qiao_reason shape;
	struct tally t;
	struct ask a;

	refuse(out, QIAO_R_NO_POLICY);
	if (!p)
		return;
	shape = shape_reason(p, req, facts);
	if (shape != QIAO_R_OK) {
		refuse(out, shape);
		return;
	}
	a = ask_of(p, req, facts);
	rules = candidates(p, req->point, a.type);
	/* its fields are filled when a permit needs them */
	memset(&t, 0, offsetof(struct tally, field));
	for (size_t i = 0; i < rules->n; i++) {
		const struct qiao_candidate *c = &rules->c[i];
		struct outcome o = { .state = QIAO_RULE_NO };

		if (may_match(&a, c)) {
			rule_eval(&a, &o, c->r);
			outcome_count(&t, out, &a, c->r, &o);
		}
		if (trace)
			trace_rule(trace, c->r, &o);
	}
	verdict_put(out, &t, &a);
	safety_put(out, &t, &a);
}

bool qiao_policy_may_accept(const struct qiao_policy *p, const char *from_chain,
			    const char *to_chain, const char *record_type)
{
	const struct qiao_cat_type *type =
		qiao_catalogue_type(p->cat, record_type);
	struct qiao_word from = qiao_word_of(from_chain);
	struct qiao_word to = qiao_word_of(to_chain);
	const struct qiao_candidates *rules;

	if (!type)
		return false;
	rules = candidates(p, QIAO_POINT_ACCEPT, type);
	for (size_t i = 0; i < rules->n; i++) {
		const struct qiao_rule *r = rules->c[i].r;

		if (r->effect == QIAO_EFFECT_PERMIT &&
		    qiao_pats_match(&r->from_chain, &from) == QIAO_TRI_YES &&
		    qiao_pats_match(&r->to_chain, &to) == QIAO_TRI_YES &&
		    qiao_pats_match(&r->set->chains, &to) == QIAO_TRI_YES)
			return true;
	}
	return false;
}
