/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/accept.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/decide.h"
#include "gateway/daemon/freeze.h"
#include "gateway/store/proof.h"
#include "gateway/store/record.h"

#include <stdio.h>
#include <string.h>

void qiao_accept_cache_clear(struct qiao_accept_cache *c)
{
	qiao_statements_free(&c->found);
	memset(&c->ref, 0, sizeof(c->ref));
}

struct proof_arg {
	struct qiao_buf *out;
	const struct qiao_hash *ref;
};

static qiao_err read_proof(struct qiao_txn *txn, void *arg)
{
	struct proof_arg *a = arg;

	return qiao_store_proof_get(txn, a->out, NULL, NULL, a->ref);
}

/* Statements borrow nothing from the proof, so it need not be kept. */
static qiao_err prove(struct qiao_accept *a, struct qiao_accept_cache *cache)
{
	struct qiao_chain *c = a->route->from;
	struct qiao_overlay overlay = { a->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);
	const struct qiao_slice none = { NULL, 0 };
	struct qiao_buf proof = QIAO_BUF;
	struct proof_arg arg = { &proof, &a->row->proof_ref };
	qiao_err err;

	if (!qiao_hash_is_zero(&cache->ref) &&
	    qiao_hash_eq(&cache->ref, &a->row->proof_ref))
		return QIAO_OK;
	qiao_accept_cache_clear(cache);
	err = qiao_store_read(a->d->store, read_proof, &arg);
	if (err == QIAO_OK) {
		pthread_mutex_lock(&c->lock);
		err = qiao_statements_prove(&cache->found, c, a->rules, &view,
					    qiao_buf_slice(&proof), none,
					    &a->why);
		pthread_mutex_unlock(&c->lock);
	}
	if (err == QIAO_OK)
		cache->ref = a->row->proof_ref;
	else
		qiao_accept_cache_clear(cache);
	qiao_buf_free(&proof);
	qiao_overlay_free(&overlay);
	return err;
}

static qiao_err unverified(struct qiao_accept *a, const char *what)
{
	return qiao_fail(&a->why, QIAO_E_PROOF, "%s", what);
}

/* The head we made ourselves from the proven bytes is the one we were given. */
static qiao_err same_head(struct qiao_accept *a, const struct qiao_head *head)
{
	struct qiao_buf encoded = QIAO_BUF;
	qiao_err err = qiao_head_encode(&encoded, head);
	bool same = err == QIAO_OK && qiao_slice_eq(qiao_buf_slice(&encoded),
						    a->payload.head_bytes);

	qiao_buf_free(&encoded);
	return same ? QIAO_OK
		    : unverified(a,
				 "the head is not that of the proven record");
}

static qiao_err match_write(struct qiao_accept *a, struct qiao_statement *s)
{
	qiao_err err;

	if (!s->mapped || !s->record.complete)
		return qiao_fail(&a->why, QIAO_E_PROOF,
				 "the proven bytes give no record under our "
				 "mapping of that chain: %.200s",
				 s->mapped ? s->record.refusal.why.text
					   : "the key is in its `ignore`");
	err = qiao_fields_adopt(&s->record.fields, &a->payload.disclosure,
				&a->why);
	if (err != QIAO_OK)
		return err;
	qiao_fields_root(&s->record.head.fields_root, &s->record.fields);
	a->rec.issuer_ok = s->record.issuer_ok;
	return same_head(a, &s->record.head);
}

/* The chain has this very head, signed by an organisation that may issue it. */
static qiao_err match_native(struct qiao_accept *a,
			     const struct qiao_statement *s)
{
	struct qiao_record_env env =
		qiao_statement_env(a->route->from, a->rules, 0);
	const struct qiao_head *h = &a->payload.head;
	const struct qiao_org *org = qiao_orgs_of_key(
		env.orgs, env.chain,
		qiao_slice_of(s->submitter.b, sizeof(s->submitter.b)),
		s->at.height);

	if (!qiao_slice_eq(qiao_buf_slice(&s->head), a->payload.head_bytes))
		return unverified(a,
				  "the head is not that of the proven record");
	a->rec.issuer_ok = org && strcmp(org->org, h->issuer) == 0 &&
			   env.mapping &&
			   qiao_mapping_org_may_issue(&env, h->type, org->org);
	return QIAO_OK;
}

static struct qiao_statement *find(struct qiao_statements *l,
				   const struct qiao_position *at)
{
	const struct qiao_statement *s = qiao_statements_find(l, at);

	return s ? &l->s[s - l->s] : NULL;
}

static qiao_err match_proven(struct qiao_accept *a,
			     struct qiao_accept_cache *cache)
{
	struct qiao_statement *s;
	qiao_err err;

	if (qiao_hash_is_zero(&a->row->proof_ref))
		return unverified(a,
				  "assurance says proven, but no proof came");
	err = prove(a, cache);
	if (err != QIAO_OK)
		return err;
	s = find(&cache->found, &a->payload.at);
	if (!s || s->doubted)
		return unverified(a, "the proof does not show this record");
	/* it may rest on more than the sender says, not on less */
	if (s->validity > a->payload.validity)
		return unverified(a, "the proof shows less validity than said");
	switch (s->kind) {
	case QIAO_PROVEN_WRITE:
		return match_write(a, s);
	case QIAO_PROVEN_RECORD:
		return match_native(a, s);
	case QIAO_PROVEN_DELETE:
	case QIAO_PROVEN_DELIVERED:
	case QIAO_PROVEN_USAGE:
	case QIAO_PROVEN_OTHER:
		break;
	}
	return unverified(a, "the proof shows no record at this place");
}

/* Attested: the source gateway signed it; the issuer must still be one. */
static qiao_err match_attested(struct qiao_accept *a)
{
	struct qiao_record_env env =
		qiao_statement_env(a->route->from, a->rules, 0);
	const struct qiao_head *h = &a->payload.head;

	a->rec.issuer_ok = qiao_orgs_find(env.orgs, h->issuer) &&
			   (!env.mapping || qiao_mapping_org_may_issue(
						    &env, h->type, h->issuer));
	return QIAO_OK;
}

static bool is_whole(const struct qiao_accept *a)
{
	const struct qiao_disclosure *d = &a->payload.disclosure;

	for (size_t i = 0; i < d->n; i++)
		if (d->e[i].mask != QIAO_MASK_CLEAR)
			return false;
	return true;
}

static qiao_err match_payload(struct qiao_accept *a,
			      struct qiao_accept_cache *cache)
{
	const struct qiao_position *p = &a->payload.at, *k = &a->key.from;

	if (!qiao_hash_eq(&a->payload.head.network, &a->d->cfg->network))
		return unverified(a, "the head is of another network");
	if (!qiao_hash_eq(&p->chain, &k->chain) || p->height != k->height ||
	    p->index != k->index || p->tx_len != k->tx_len ||
	    memcmp(p->tx, k->tx, k->tx_len) != 0)
		return unverified(a, "payload and transfer id name different "
				     "places");
	/* the label must say what the disclosure is */
	if ((a->payload.assurance == QIAO_ASSURANCE_PROVEN && !is_whole(a)) ||
	    (a->payload.assurance == QIAO_ASSURANCE_REDACTED && is_whole(a)))
		return unverified(a, "assurance and disclosure do not agree");
	switch (a->payload.assurance) {
	case QIAO_ASSURANCE_PROVEN:
	case QIAO_ASSURANCE_REDACTED:
		return match_proven(a, cache);
	case QIAO_ASSURANCE_ATTESTED:
		return match_attested(a);
	default: /* a number from outside; endorsed is not built yet */
		return unverified(a, "assurance `endorsed` is not built yet");
	}
}

struct passes_arg {
	const struct qiao_accept *a;
	bool passes;
};

static qiao_err look_passes(struct qiao_txn *txn, void *arg)
{
	struct passes_arg *x = arg;

	x->passes = qiao_freeze_passes(txn, x->a->route, x->a->rules,
				       x->a->row->height, &x->a->payload.head);
	return QIAO_OK;
}

static bool passes(const struct qiao_accept *a)
{
	struct passes_arg x = { a, false };

	return !a->frozen ||
	       (qiao_store_read(a->d->store, look_passes, &x) == QIAO_OK &&
		x.passes);
}

static qiao_err read_duty(struct qiao_accept *a)
{
	struct qiao_mp m;
	qiao_err err;

	if (a->row->duty.n == 0)
		return QIAO_OK;
	err = qiao_mp_open(&m, a->row->duty);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 2);
	qiao_mp_str_into(&m, a->duty_basis, sizeof(a->duty_basis));
	qiao_mp_str_into(&m, a->duty_case, sizeof(a->duty_case));
	return qiao_mp_finish(&m);
}

/* What is readable, so that our own catalogue's checks can be made on it. */
static qiao_err disclosed_record(struct qiao_accept *a)
{
	const struct qiao_disclosure *d = &a->payload.disclosure;
	qiao_err err = QIAO_OK;

	a->rec.head = a->payload.head;
	a->rec.complete = true;
	for (size_t i = 0; i < d->n && err == QIAO_OK; i++)
		if (d->e[i].mask == QIAO_MASK_CLEAR)
			err = qiao_fields_add_salted(&a->rec.fields,
						     d->e[i].name, d->e[i].salt,
						     d->e[i].value);
	if (err == QIAO_OK)
		qiao_record_check(&a->rec,
				  qiao_policy_catalogue(a->rules->policy),
				  qiao_now_ms());
	return err;
}

void qiao_accept_verify(struct qiao_accept *a, struct qiao_daemon *d,
			const struct qiao_rules *rules, struct qiao_in_row *row,
			struct qiao_accept_cache *cache)
{
	qiao_err err;

	memset(a, 0, sizeof(*a));
	a->d = d;
	a->rules = rules;
	a->row = row;
	a->route = qiao_route_in(d, &row->source, &row->destination, row->peer);
	if (!a->route || !rules) {
		a->postpone = true; /* a configuration that lost its route */
		return;
	}
	a->frozen = qiao_route_is_frozen(a->route);
	err = qiao_transfer_key_parse(&a->key, row->id_array, &a->why);
	if (err == QIAO_OK)
		err = qiao_payload_parse(&a->payload, row->payload, &a->why);
	if (a->frozen && (err != QIAO_OK || !passes(a))) {
		a->postpone = true;
		return;
	}
	if (err == QIAO_OK)
		err = read_duty(a);
	/* which block it stands in is our light client's word, not the sender's
	 */
	if (err == QIAO_OK)
		err = qiao_chain_hash(a->route->from, &a->block, row->height);
	if (err == QIAO_OK)
		err = match_payload(a, cache);
	if (err == QIAO_OK)
		err = disclosed_record(a);
	a->verified = err == QIAO_OK;
	a->postpone = err == QIAO_E_NOTFOUND || err == QIAO_E_IO ||
		      err == QIAO_E_NOMEM || (err != QIAO_OK && a->frozen);
	if (err != QIAO_OK)
		qiao_log(QIAO_LOG_WARN, "transfer-unverified",
			 "route=%s err=%s why=\"%s\"", a->route->cfg->name,
			 qiao_errname(err), a->why.text);
}

void qiao_accept_fini(struct qiao_accept *a)
{
	qiao_payload_fini(&a->payload);
	qiao_record_fini(&a->rec);
}

/* Field names that arrived; withheld leaves have none. */
static void name_fields(struct qiao_decide *q, const struct qiao_accept *a,
			char names[][QIAO_NAME_MAX + 1])
{
	const struct qiao_disclosure *d = &a->payload.disclosure;
	size_t n = 0;

	for (size_t i = 0; i < d->n && n < QIAO_FIELDS_MAX; i++) {
		if (d->e[i].mask == QIAO_MASK_WITHHELD)
			continue;
		qiao_str_copy(names[n], QIAO_NAME_MAX + 1, d->e[i].name);
		q->field[n] = names[n];
		q->clear[n++] = d->e[i].mask == QIAO_MASK_CLEAR;
	}
	q->request.n_fields = n;
	q->request.in_clear = q->clear;
}

struct known {
	bool there;
	struct qiao_record_row row;
	struct qiao_hash digest; /* of the head that came */
};

static qiao_err look_up(struct qiao_accept *a, struct qiao_txn *txn,
			struct known *k)
{
	const struct qiao_head *h = &a->payload.head;
	qiao_err err =
		qiao_store_record_get(txn, &k->row, QIAO_RECORD_DESTINATION,
				      a->route->from->number, h->type, h->id);

	k->there = err == QIAO_OK;
	qiao_head_digest(&k->digest, a->payload.head_bytes);
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static void ask(struct qiao_decide *q, struct qiao_accept *a,
		const struct known *k, char names[][QIAO_NAME_MAX + 1],
		int64_t now_ms)
{
	const struct qiao_head *h = &a->payload.head;
	struct qiao_refusal refusal;

	qiao_decide_init(q, a->d, a->rules, QIAO_POINT_ACCEPT, a->route,
			 now_ms);
	q->transfer = a->row->id;
	q->request.action = a->key.action;
	q->request.purpose = a->key.purpose;
	q->request.to_org = a->key.to_org;
	qiao_decide_duty(q, a->duty_basis, a->duty_case);
	qiao_decide_head(q, h);
	qiao_decide_checks(q, &a->rec);
	name_fields(q, a, names);
	q->facts.proof_verified = a->verified;
	q->facts.proof_height = a->row->height;
	q->facts.proof_block = a->block;
	q->facts.proof_validity = a->payload.validity;
	q->facts.assurance = a->payload.assurance;
	q->facts.origin = a->payload.origin;
	q->facts.replay = k->there && h->version == k->row.version &&
			  !qiao_hash_eq(&k->digest, &k->row.digest);
	q->facts.state_ok =
		qiao_record_move(&refusal,
				 qiao_policy_catalogue(a->rules->policy), h,
				 k->there ? k->row.state : NULL) == QIAO_OK;
	qiao_decide_run(q);
}

static qiao_err remember(struct qiao_accept *a, struct qiao_txn *txn,
			 const struct known *k)
{
	const struct qiao_head *h = &a->payload.head;
	struct qiao_record_row row = { .side = QIAO_RECORD_DESTINATION,
				       .chain = a->route->from->number,
				       .version = h->version,
				       .digest = k->digest,
				       .height = a->row->height,
				       .item = (uint32_t)a->payload.at.index };
	qiao_err err;

	snprintf(row.type, sizeof(row.type), "%s", h->type);
	snprintf(row.id, sizeof(row.id), "%s", h->id);
	snprintf(row.state, sizeof(row.state), "%s", h->state);
	err = qiao_store_record_put(txn, &row);
	a->row->record = row.record;
	a->row->version = h->version;
	return err;
}

static qiao_err audit_submitting(struct qiao_accept *a, struct qiao_txn *txn,
				 int64_t now_ms)
{
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "submitting", now_ms);
	qiao_audit_hash(&e, "transfer", &a->row->id);
	qiao_audit_hash(&e, "payload", &a->row->digest);
	qiao_audit_str(&e, "chain", a->route->to->cfg->name);
	return qiao_audit_append(&a->d->log, txn, &e, &a->row->id, NULL);
}

static qiao_err accepted(struct qiao_accept *a, struct qiao_txn *txn,
			 const struct known *k, int64_t now_ms)
{
	qiao_err err = remember(a, txn, k);

	if (err == QIAO_OK)
		err = qiao_inbox_submit(txn, a->row, now_ms);
	return err == QIAO_OK ? audit_submitting(a, txn, now_ms) : err;
}

static qiao_err postpone(struct qiao_accept *a, struct qiao_txn *txn,
			 int64_t now_ms)
{
	uint32_t random;

	qiao_random(&random, sizeof(random));
	return qiao_inbox_postpone(txn, a->row, now_ms, random);
}

static qiao_err conclude(struct qiao_accept *a, struct qiao_txn *txn,
			 const struct qiao_decide *q, const struct known *k,
			 int64_t now_ms)
{
	snprintf(a->row->decision, sizeof(a->row->decision), "%s", q->id);
	if (q->decision.verdict == QIAO_PERMIT)
		return accepted(a, txn, k, now_ms);
	snprintf(a->row->reason, sizeof(a->row->reason), "%s",
		 qiao_reason_code(q->decision.reason));
	return qiao_inbox_move(txn, a->row, QIAO_IN_RECEIVED,
			       q->decision.verdict == QIAO_HOLD
				       ? QIAO_IN_EV_HOLD
				       : QIAO_IN_EV_DENY,
			       now_ms);
}

static qiao_err decide(struct qiao_accept *a, struct qiao_txn *txn,
		       const struct known *k, int64_t now_ms)
{
	struct qiao_decide *q = qiao_malloc(sizeof(*q));
	char(*names)[QIAO_NAME_MAX + 1] =
		qiao_malloc(QIAO_FIELDS_MAX * sizeof(*names));
	const struct qiao_head *h = &a->payload.head;
	qiao_err err = QIAO_E_NOMEM;

	if (q && names) {
		ask(q, a, k, names, now_ms);
		/* an age that only the freeze brought about ends nothing */
		if (a->frozen && q->decision.verdict != QIAO_PERMIT)
			err = postpone(a, txn, now_ms);
		else
			err = qiao_decide_audit(q, txn, h->type, h->id,
						a->duty_case);
		if (err == QIAO_OK && q->id[0])
			err = conclude(a, txn, q, k, now_ms);
	}
	qiao_free(q);
	qiao_free(names);
	return err;
}

/* An end without a decision. */
static qiao_err too_late(struct qiao_accept *a, struct qiao_txn *txn,
			 enum qiao_in_event ev, int64_t now_ms)
{
	struct qiao_audit_entry e;
	qiao_err err =
		qiao_inbox_move(txn, a->row, QIAO_IN_RECEIVED, ev, now_ms);

	if (err != QIAO_OK)
		return err;
	qiao_audit_begin(&e, "too_late", now_ms);
	qiao_audit_hash(&e, "transfer", &a->row->id);
	qiao_audit_hash(&e, "payload", &a->row->digest);
	qiao_audit_str(&e, "state", qiao_in_state_name(a->row->state));
	return qiao_audit_append(&a->d->log, txn, &e, &a->row->id, NULL);
}

qiao_err qiao_accept_decide(struct qiao_accept *a, struct qiao_txn *txn,
			    int64_t now_ms)
{
	struct known k;
	qiao_err err;

	/* first, so that what can never be verified comes to an end, too */
	if (now_ms > a->row->not_after)
		return too_late(a, txn, QIAO_IN_EV_EXPIRE, now_ms);
	if (a->postpone)
		return postpone(a, txn, now_ms);
	err = look_up(a, txn, &k);
	if (err != QIAO_OK)
		return err;
	/* a newer version was taken already */
	if (a->verified && k.there && a->payload.head.version < k.row.version)
		return too_late(a, txn, QIAO_IN_EV_SUPERSEDE, now_ms);
	return decide(a, txn, &k, now_ms);
}
