/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/release.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/decide.h"
#include "gateway/daemon/subject.h"
#include "gateway/record/payload.h"
#include "gateway/store/proof.h"
#include "relay/outbox.h"

#include <stdio.h>
#include <string.h>

/* One statement on one subscription. */
struct offer {
	struct qiao_release *r;
	struct qiao_txn *txn;
	const struct qiao_subject *subject;
	struct qiao_route *route;
	const struct qiao_config_deliver *deliver;
	struct qiao_buf id_array, payload, proof, duty;
	struct qiao_hash id;
	bool to_holder; /* a state change of what the receiver holds */
	bool waits;     /* an older version of it is queued */
};

static bool wants(const struct qiao_config_deliver *deliver,
		  const struct qiao_record *rec, bool first)
{
	/* a write that gave no record has no type: it is answered for once */
	if (!rec->complete)
		return first;
	for (size_t i = 0; i < deliver->n_types; i++)
		if (strcmp(deliver->types[i], rec->head.type) == 0)
			return true;
	return false;
}

static qiao_err make_id(struct offer *o)
{
	struct qiao_transfer_key k = { .network = o->r->d->cfg->network,
				       .from = o->subject->s->at,
				       .to = o->route->to->identity };
	qiao_err err;

	snprintf(k.to_org, sizeof(k.to_org), "%s", o->deliver->to_org);
	snprintf(k.action, sizeof(k.action), "%s", o->deliver->action);
	snprintf(k.purpose, sizeof(k.purpose), "%s", o->deliver->purpose);
	err = qiao_transfer_key_encode(&o->id_array, &k);
	if (err == QIAO_OK)
		qiao_transfer_id(&o->id, qiao_buf_slice(&o->id_array));
	return err;
}

static void ask(struct qiao_decide *q, const struct offer *o,
		enum qiao_assurance assurance)
{
	const struct qiao_record *rec = o->subject->rec;
	const struct qiao_statement *s = o->subject->s;

	qiao_decide_init(q, o->r->d, o->r->rules, QIAO_POINT_RELEASE, o->route,
			 o->r->now_ms);
	q->transfer = o->id;
	q->request.action = o->deliver->action;
	q->request.purpose = o->deliver->purpose;
	q->request.to_org = o->deliver->to_org;
	q->request.state_change_to_holder = o->to_holder;
	qiao_decide_duty(q, o->deliver->duty_basis, o->deliver->duty_case);
	if (rec->complete)
		qiao_decide_head(q, &rec->head);
	qiao_decide_checks(q, rec);
	for (size_t i = 0; i < rec->fields.n; i++)
		q->field[i] = rec->fields.f[i].name;
	q->request.n_fields = rec->fields.n;
	q->facts.proof_verified = true;
	q->facts.proof_height = s->at.height;
	q->facts.proof_block = s->block;
	q->facts.proof_validity = s->validity;
	q->facts.assurance = assurance;
	q->facts.origin =
		o->r->recorded ? QIAO_ORIGIN_RECORDED : QIAO_ORIGIN_LIVE;
	q->facts.replay = o->subject->replay;
	q->facts.state_ok = o->subject->state_ok || !rec->complete;
	qiao_decide_run(q);
}

static bool all_clear(const struct qiao_decide *q)
{
	if (q->decision.verdict != QIAO_PERMIT)
		return false;
	for (size_t i = 0; i < q->decision.n_show; i++)
		if (q->decision.show[i] != QIAO_SHOW_CLEAR)
			return false;
	return true;
}

/*
 * Who gets a proof judges for itself: a single block (fabric) shows no more
 * than endorsements. Otherwise it is our word.
 */
static unsigned int shown_validity(const struct offer *o,
				   const struct qiao_decide *q)
{
	return q->facts.assurance == QIAO_ASSURANCE_PROVEN &&
			       o->r->chain->api->proof_is_block
		       ? QIAO_VALIDITY_ENDORSED_ONLY
		       : q->facts.proof_validity;
}

static qiao_err make_payload(struct offer *o, const struct qiao_decide *q)
{
	struct qiao_buf disclosure = QIAO_BUF;
	struct qiao_payload p = { .head_bytes =
					  qiao_buf_slice(&o->subject->head),
				  .assurance = q->facts.assurance,
				  .validity = shown_validity(o, q),
				  .origin = q->facts.origin,
				  .at = o->subject->s->at };
	qiao_err err;

	/* enum qiao_show and enum qiao_mask have the same numbers */
	err = qiao_disclosure_encode(&disclosure, &o->subject->rec->fields,
				     q->decision.show);
	p.disclosure_bytes = qiao_buf_slice(&disclosure);
	if (err == QIAO_OK)
		err = qiao_payload_encode(&o->payload, &p);
	qiao_buf_free(&disclosure);
	return err;
}

/* What the receiver checks for itself: the whole block once, or one leaf. */
static qiao_err make_proof(struct offer *o, struct qiao_out_row *row)
{
	const struct qiao_lightclient_api *api = o->r->chain->api;
	qiao_err err;

	if (row->assurance == QIAO_ASSURANCE_ATTESTED)
		return QIAO_OK;
	if (api->proof_is_block) {
		qiao_sha256(&row->proof_ref, o->r->proof);
		return qiao_store_proof_put(
			o->txn, &row->proof_ref, o->r->chain->number,
			o->subject->s->at.height, o->r->proof);
	}
	err = api->narrow(o->r->chain->lc, &o->proof, o->r->proof,
			  o->subject->s->tx, (uint32_t)o->subject->s->at.index);
	row->proof = qiao_buf_slice(&o->proof);
	return err;
}

static qiao_err make_duty(struct offer *o, struct qiao_out_row *row)
{
	if (!o->deliver->duty_basis[0])
		return QIAO_OK;
	qiao_mp_put_array(&o->duty, 2);
	qiao_mp_put_cstr(&o->duty, o->deliver->duty_basis);
	qiao_mp_put_cstr(&o->duty, o->deliver->duty_case);
	row->duty = qiao_buf_slice(&o->duty);
	return o->duty.err;
}

static qiao_err audit_queued(struct offer *o, const struct qiao_out_row *row,
			     uint64_t *seq)
{
	struct qiao_audit_entry e;
	struct qiao_hash digest;

	qiao_payload_digest(&digest, row->payload);
	qiao_audit_begin(&e, "queued", o->r->now_ms);
	qiao_audit_hash(&e, "transfer", &o->id);
	qiao_audit_hash(&e, "payload", &digest);
	qiao_audit_str(&e, "decision", row->decision);
	qiao_audit_str(&e, "to", row->peer);
	qiao_audit_str(&e, "assurance", qiao_assurance_name(row->assurance));
	qiao_audit_str(&e, "action", o->deliver->action);
	return qiao_audit_append(&o->r->d->log, o->txn, &e, &o->id, seq);
}

static qiao_err supersede(struct offer *o, const struct qiao_out_row *row)
{
	struct qiao_outbox_superseded old;
	qiao_err err;

	do {
		err = qiao_outbox_supersede(o->txn, &old, row->record,
					    row->route, row->version, &o->id,
					    o->r->now_ms);
		for (size_t i = 0; i < old.n && err == QIAO_OK; i++) {
			struct qiao_audit_entry e;

			qiao_audit_begin(&e, "superseded", o->r->now_ms);
			qiao_audit_hash(&e, "transfer", &old.ids[i]);
			qiao_audit_hash(&e, "by", &o->id);
			err = qiao_audit_append(&o->r->d->log, o->txn, &e,
						&old.ids[i], NULL);
		}
	} while (err == QIAO_OK &&
		 old.n == sizeof(old.ids) / sizeof(old.ids[0]));
	return err;
}

static void fill_row(struct qiao_out_row *row, const struct offer *o,
		     const struct qiao_decide *q)
{
	const struct qiao_subject *s = o->subject;

	memset(row, 0, sizeof(*row));
	snprintf(row->route, sizeof(row->route), "%s", o->route->cfg->name);
	snprintf(row->peer, sizeof(row->peer), "%s", o->route->cfg->peer);
	snprintf(row->decision, sizeof(row->decision), "%s", q->id);
	if (q->decision.verdict != QIAO_PERMIT)
		snprintf(row->reason, sizeof(row->reason), "%s",
			 qiao_reason_code(q->decision.reason));
	row->chain = o->r->chain->number;
	row->height = s->s->at.height;
	row->record = s->record;
	row->version = s->rec->complete ? s->rec->head.version : 0;
	row->priority = o->to_holder;
	row->assurance = q->facts.assurance;
	row->not_after = o->r->now_ms + o->route->cfg->not_after_ms;
	row->as_of_height = s->s->at.height;
	row->as_of_hash = s->s->block;
	row->as_of_basis = QIAO_AS_OF_SCANNED;
	row->id_array = qiao_buf_slice(&o->id_array);
}

static qiao_err queue(struct offer *o, const struct qiao_decide *q)
{
	struct qiao_out_row row;
	bool fresh;
	qiao_err err;

	fill_row(&row, o, q);
	err = make_payload(o, q);
	row.payload = qiao_buf_slice(&o->payload);
	if (err == QIAO_OK)
		err = make_proof(o, &row);
	if (err == QIAO_OK)
		err = make_duty(o, &row);
	if (err == QIAO_OK)
		err = audit_queued(o, &row, &row.entry);
	row.has_entry = true;
	if (err == QIAO_OK)
		err = qiao_outbox_put(o->txn, &row, &fresh, QIAO_OUT_EV_QUEUE,
				      o->r->now_ms);
	if (err == QIAO_OK && o->waits)
		err = supersede(o, &row);
	return err;
}

static qiao_err refuse(struct offer *o, const struct qiao_decide *q)
{
	struct qiao_out_row row;
	bool fresh;

	fill_row(&row, o, q);
	return qiao_outbox_put(o->txn, &row, &fresh,
			       q->decision.verdict == QIAO_HOLD
				       ? QIAO_OUT_EV_HOLD
				       : QIAO_OUT_EV_DENY,
			       o->r->now_ms);
}

static qiao_err conclude(struct offer *o, struct qiao_decide *q)
{
	const struct qiao_record *rec = o->subject->rec;
	const struct qiao_buf *key = &o->subject->s->key;
	char name[QIAO_RECORD_ID_MAX + 1];
	qiao_err err;

	/* what gave no record is found again by where it was written */
	qiao_str_escape(name, sizeof(name), qiao_buf_slice(key));
	err = qiao_decide_audit(q, o->txn, rec->complete ? rec->head.type : "",
				rec->complete ? rec->head.id : name,
				o->deliver->duty_case);
	if (err != QIAO_OK)
		return err;
	return q->decision.verdict == QIAO_PERMIT ? queue(o, q) : refuse(o, q);
}

static void offer_free(struct offer *o)
{
	qiao_buf_free(&o->id_array);
	qiao_buf_free(&o->payload);
	qiao_buf_free(&o->proof);
	qiao_buf_free(&o->duty);
}

/* QIAO_E_NOTFOUND: deleted, and this destination never had it. */
static qiao_err holder(struct offer *o)
{
	struct qiao_outbox_known known;
	qiao_err err;
	bool has;

	if (!o->subject->record)
		return QIAO_OK;
	err = qiao_outbox_known(o->txn, &known, o->subject->record,
				o->route->cfg->name);
	has = known.delivered || known.on_the_way || known.queued;
	o->to_holder = has && o->subject->state_changed;
	o->waits = known.queued;
	/* that it was deleted says that it was there */
	if (err == QIAO_OK && !has && o->subject->s->kind == QIAO_PROVEN_DELETE)
		return QIAO_E_NOTFOUND;
	return err;
}

static qiao_err offer_one(struct offer *o, struct qiao_decide *q, bool whole)
{
	bool block = o->r->chain->api->proof_is_block;
	struct qiao_out_row known;
	qiao_err err = make_id(o);

	if (err != QIAO_OK)
		return err;
	if (qiao_store_out_get(o->txn, &known, &o->id) == QIAO_OK) {
		qiao_out_row_free(&known);
		return QIAO_OK; /* decided before */
	}
	err = holder(o);
	if (err != QIAO_OK)
		return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
	ask(q, o,
	    block && !whole ? QIAO_ASSURANCE_ATTESTED : QIAO_ASSURANCE_PROVEN);
	if (!block && !all_clear(q))
		ask(q, o, QIAO_ASSURANCE_REDACTED);
	return conclude(o, q);
}

/*
 * A Fabric block can only be shown whole. It is, when each of its transactions
 * gave a record that goes to this subscription with every value in clear;
 * otherwise the records of this block travel one level lower.
 */
static bool may_show_block(struct qiao_release *r, struct qiao_txn *txn,
			   const struct qiao_subject *subjects,
			   struct qiao_route *route,
			   const struct qiao_config_deliver *deliver,
			   struct qiao_decide *q)
{
	uint32_t txs = 0, last = UINT32_MAX;

	for (size_t i = 0; i < r->n; i++) {
		struct offer o = { .r = r,
				   .txn = txn,
				   .subject = &subjects[i],
				   .route = route,
				   .deliver = deliver };
		const struct qiao_record *rec = subjects[i].rec;

		/* a delete shows itself by what is missing: nothing to check */
		if (r->s[i].doubted || r->s[i].kind == QIAO_PROVEN_DELETE ||
		    !rec || !rec->complete || rec->unmapped > 0 ||
		    !wants(deliver, rec, false))
			return false;
		ask(q, &o, QIAO_ASSURANCE_PROVEN);
		if (!all_clear(q))
			return false;
		if (r->s[i].tx != last)
			txs++;
		last = r->s[i].tx;
	}
	/* half a message at most, so that it can travel at all */
	return r->n > 0 && txs == r->s[0].txs &&
	       r->proof.n <= QIAO_PEER_MSG_MAX / 2;
}

static qiao_err subscription(struct qiao_release *r, struct qiao_txn *txn,
			     const struct qiao_subject *subjects,
			     struct qiao_route *route, size_t k,
			     struct qiao_decide *q)
{
	const struct qiao_config_deliver *deliver = &route->cfg->deliver[k];
	bool whole = r->chain->api->proof_is_block &&
		     may_show_block(r, txn, subjects, route, deliver, q);
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < r->n && err == QIAO_OK; i++) {
		struct offer o = { .r = r,
				   .txn = txn,
				   .subject = &subjects[i],
				   .route = route,
				   .deliver = deliver };

		if (!subjects[i].rec ||
		    !wants(deliver, subjects[i].rec, k == 0))
			continue;
		err = offer_one(&o, q, whole);
		offer_free(&o);
	}
	return err;
}

static qiao_err every_route(struct qiao_release *r, struct qiao_txn *txn,
			    const struct qiao_subject *subjects,
			    struct qiao_decide *q)
{
	for (size_t i = 0; i < r->d->n_routes; i++) {
		struct qiao_route *route = &r->d->routes[i];

		if (route->from != r->chain)
			continue;
		for (size_t k = 0; k < route->cfg->n_deliver; k++) {
			qiao_err err =
				subscription(r, txn, subjects, route, k, q);

			if (err != QIAO_OK)
				return err;
		}
	}
	return QIAO_OK;
}

qiao_err qiao_release_block(struct qiao_release *r, struct qiao_txn *txn)
{
	struct qiao_subject *subjects = qiao_calloc(r->n, sizeof(*subjects));
	struct qiao_decide *q = qiao_malloc(sizeof(*q));
	qiao_err err = subjects && q ? QIAO_OK : QIAO_E_NOMEM;

	for (size_t i = 0; i < r->n && err == QIAO_OK; i++) {
		err = qiao_subject_look(&subjects[i], r, txn, &r->s[i]);
		if (err == QIAO_E_NOTFOUND) {
			subjects[i].rec = NULL; /* nothing comes of it */
			err = QIAO_OK;
		}
	}
	if (err == QIAO_OK && r->n > 0)
		err = every_route(r, txn, subjects, q);
	for (size_t i = 0; subjects && i < r->n; i++)
		qiao_subject_fini(&subjects[i]);
	qiao_free(subjects);
	qiao_free(q);
	return err;
}
