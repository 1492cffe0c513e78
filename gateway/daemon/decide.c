/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/decide.h"

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/chain.h"

#include <stdio.h>
#include <string.h>

void qiao_decide_init(struct qiao_decide *q, struct qiao_daemon *d,
		      const struct qiao_rules *rules, enum qiao_point point,
		      const struct qiao_route *route, int64_t now_ms)
{
	int64_t age_ms = qiao_chain_age_ms(route->from, now_ms);

	memset(q, 0, sizeof(*q));
	q->d = d;
	q->rules = rules;
	q->request = (struct qiao_policy_request){
		.point = point,
		.action = "",
		.purpose = "",
		.from_chain = route->from->cfg->name,
		.from_org = "",
		.to_chain = route->to->cfg->name,
		.to_org = "",
		.duty_basis = "",
		.duty_case = "",
		.record_type = "",
		.record_state = "",
		.fields = q->field,
	};
	q->facts = (struct qiao_policy_facts){
		.at_ms = now_ms,
		.proof_age_s = age_ms < 0 ? -1 : age_ms / 1000,
		.proof_final = true, /* light clients know final headers only */
		.currency = 1,       /* scanned */
		.clock_ok = qiao_daemon_clock_ok(d),
		.allow_endorsed_only = route->from->cfg->allow_endorsed_only,
		.allow_recorded = route->cfg->allow_recorded,
	};
}

void qiao_decide_head(struct qiao_decide *q, const struct qiao_head *h)
{
	q->request.from_org = h->issuer;
	q->request.record_type = h->type;
	q->request.record_state = h->state;
	q->request.record_version = h->version;
	q->request.record_class = h->share;
}

static enum qiao_checks level(enum qiao_finding_level l)
{
	switch (l) {
	case QIAO_FINDING_NONE:
		return QIAO_CHECKS_OK;
	case QIAO_FINDING_WARN:
		return QIAO_CHECKS_WARN;
	case QIAO_FINDING_ERROR:
		return QIAO_CHECKS_ERROR;
	}
	return QIAO_CHECKS_ERROR;
}

void qiao_decide_checks(struct qiao_decide *q, const struct qiao_record *r)
{
	q->facts.issuer_ok = r->issuer_ok;
	q->facts.checks = level(r->checks);
	q->facts.checks_text = q->text;
	q->facts.n_checks_text = r->n_findings < QIAO_FINDINGS_MAX
					 ? r->n_findings
					 : QIAO_FINDINGS_MAX;
	for (size_t i = 0; i < q->facts.n_checks_text; i++)
		q->text[i] = r->findings[i];
}

void qiao_decide_duty(struct qiao_decide *q, const char *basis,
		      const char *case_no)
{
	if (!basis[0])
		return;
	q->request.duty_basis = basis;
	if (case_no[0])
		q->request.duty_case = qiao_audit_pseudonym(
			&q->d->log, q->duty_case, qiao_slice_str(case_no));
}

void qiao_decide_run(struct qiao_decide *q)
{
	qiao_policy_decide(q->rules ? q->rules->policy : NULL, &q->decision,
			   &q->request, &q->facts, NULL);
}

static void reference(struct qiao_buf *out, const char *type, const char *id)
{
	qiao_buf_put_str(out, type);
	qiao_buf_put_u8(out, '/');
	qiao_buf_put_str(out, id);
}

static qiao_err append_entry(struct qiao_decide *q, struct qiao_txn *txn,
			     uint64_t *seq, const char *pseudonym)
{
	struct qiao_decision_record r = {
		.policy = q->rules ? q->rules->policy : NULL,
		.request = &q->request,
		.facts = &q->facts,
		.decision = &q->decision,
		.transfer = q->transfer,
		.record_ref = pseudonym,
	};
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "decision", q->facts.at_ms);
	for (size_t i = 0; qiao_decision_keys[i]; i++)
		qiao_decision_put(qiao_audit_value(&e, qiao_decision_keys[i]),
				  &r, i);
	return qiao_audit_append(&q->d->log, txn, &e, &q->transfer, seq);
}

qiao_err qiao_decide_audit(struct qiao_decide *q, struct qiao_txn *txn,
			   const char *record_type, const char *record_id,
			   const char *case_no)
{
	struct qiao_buf ref = QIAO_BUF;
	char pseudonym[QIAO_PSEUDONYM_LEN];
	uint64_t seq = 0;
	qiao_err err;

	qiao_decision_id(q->id, &q->transfer, q->request.point);
	reference(&ref, record_type, record_id);
	err = ref.err;
	if (err == QIAO_OK)
		err = append_entry(q, txn, &seq,
				   qiao_audit_pseudonym(&q->d->log, pseudonym,
							qiao_buf_slice(&ref)));
	if (err == QIAO_OK)
		err = qiao_audit_open(txn, seq, "record", qiao_buf_slice(&ref));
	if (err == QIAO_OK && q->request.duty_case[0])
		err = qiao_audit_open(txn, seq, "case",
				      qiao_slice_str(case_no));
	qiao_buf_free(&ref);
	return err;
}
