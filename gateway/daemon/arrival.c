/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/arrival.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/freeze.h"
#include "gateway/record/payload.h"
#include "gateway/store/proof.h"
#include "relay/inbox.h"
#include "relay/keep.h"

#include <string.h>

struct one {
	struct qiao_item_transfer it;
	struct qiao_item_proof proof;
	struct qiao_route *route;
	bool fresh, frozen;
};

struct take_arg {
	struct qiao_daemon *d;
	const struct qiao_message *m;
	struct one *one;
	struct qiao_item_transfer_reply *reply;
	size_t n;
	int64_t now_ms;
	struct qiao_rules *rules;
};

struct evidence_arg {
	const struct qiao_item_transfer *it;
	const struct qiao_message *m;
	struct qiao_buf bytes;
};

struct qiao_route *qiao_route_in(struct qiao_daemon *d,
				 const struct qiao_hash *source,
				 const struct qiao_hash *destination,
				 const char *peer)
{
	for (size_t i = 0; i < d->n_routes; i++) {
		struct qiao_route *r = &d->routes[i];

		if (r->to->host && strcmp(r->cfg->peer, peer) == 0 &&
		    qiao_hash_eq(&r->from->identity, source) &&
		    qiao_hash_eq(&r->to->identity, destination))
			return r;
	}
	return NULL;
}

/* Form and audit path of every transfer, before any of them is taken. */
static qiao_err parse_all(struct take_arg *a, struct qiao_why *why)
{
	for (size_t i = 0; i < a->m->n; i++) {
		struct one *o = &a->one[a->n];
		qiao_err err = QIAO_OK;

		switch (qiao_item_kind(a->m->items[i])) {
		case 1:
			continue;
		case 2:
			err = qiao_item_transfer_parse(&o->it, a->m->items[i]);
			break;
		default: /* a number from outside */
			err = QIAO_E_MALFORMED;
		}
		if (err != QIAO_OK)
			return qiao_fail(why, err, "transfers item %zu: %s", i,
					 qiao_strerror(err));
		err = qiao_item_transfer_check(&o->it, a->m, why);
		if (err == QIAO_OK && o->it.has_proof)
			err = qiao_item_proof_parse(
				&o->proof, a->m->items[o->it.proof_item]);
		if (err != QIAO_OK)
			return err;
		a->n++;
	}
	return QIAO_OK;
}

/* May it be taken now, and by which route? */
static void judge(struct take_arg *a, size_t i)
{
	struct one *o = &a->one[i];
	struct qiao_item_transfer_reply *r = &a->reply[i];

	*r = (struct qiao_item_transfer_reply){ .transfer = o->it.transfer,
						.result = QIAO_TRANSFER_TAKEN };
	o->route = qiao_route_in(a->d, &o->it.id.from.chain, &o->it.id.to,
				 a->m->env.sender);
	if (!o->route) {
		r->result = QIAO_TRANSFER_REFUSED;
		r->code = qiao_slice_str("R_NO_PERMIT");
		return;
	}
	o->frozen = qiao_route_is_frozen(o->route);
	if (o->it.id.from.height >= o->route->from->next)
		r->result = QIAO_TRANSFER_NOT_NOW;
}

/*
 * What has to wait for a frozen route waits at the sender: here it would take
 * the room of the peer's other routes. What we have is answered as ever.
 */
static bool waits(const struct take_arg *a, struct qiao_txn *txn,
		  const struct one *o)
{
	struct qiao_in_row known;
	struct qiao_payload p;
	bool passes;

	if (!o->frozen)
		return false;
	if (qiao_store_in_get(txn, &known, &o->it.transfer) == QIAO_OK) {
		qiao_in_row_free(&known);
		return false;
	}
	if (qiao_payload_parse(&p, o->it.payload, NULL) != QIAO_OK)
		return true;
	passes = qiao_freeze_passes(txn, o->route, a->rules,
				    o->it.id.from.height, &p.head);
	qiao_payload_fini(&p);
	return !passes;
}

static qiao_err audit_received(struct take_arg *a, struct qiao_txn *txn,
			       const struct one *o)
{
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "received", a->now_ms);
	qiao_audit_hash(&e, "transfer", &o->it.transfer);
	qiao_audit_hash(&e, "payload", &o->it.digest);
	qiao_audit_str(&e, "from", a->m->env.sender);
	qiao_audit_hash(&e, "envelope", &a->m->digest);
	return qiao_audit_append(&a->d->log, txn, &e, &o->it.transfer, NULL);
}

/* The proof of a whole block serves many: it is kept once. */
static qiao_err put_proof(struct qiao_txn *txn, const struct one *o,
			  const struct qiao_hash *ref)
{
	return qiao_store_proof_put(txn, ref, o->route->from->number,
				    o->proof.height, o->proof.proof);
}

static qiao_err take_one(struct take_arg *a, struct qiao_txn *txn, size_t i,
			 size_t *room)
{
	struct one *o = &a->one[i];
	struct qiao_hash ref;
	qiao_err err;

	if (a->reply[i].result != QIAO_TRANSFER_TAKEN)
		return QIAO_OK;
	/* a peer must not fill our disk */
	if (*room == 0 || waits(a, txn, o)) {
		a->reply[i].result = QIAO_TRANSFER_NOT_NOW;
		return QIAO_OK;
	}
	if (o->it.has_proof)
		qiao_sha256(&ref, o->proof.proof);
	err = qiao_inbox_receive(txn, &a->reply[i].result, &o->fresh, &o->it,
				 a->m, o->it.has_proof ? &ref : NULL,
				 a->now_ms);
	if (err != QIAO_OK || !o->fresh)
		return err;
	/* not of one that we have: another one each time would fill the disk */
	if (o->it.has_proof)
		err = put_proof(txn, o, &ref);
	if (err != QIAO_OK)
		return err;
	--*room;
	return audit_received(a, txn, o);
}

static qiao_err take_all(struct qiao_txn *txn, void *arg)
{
	struct take_arg *a = arg;
	size_t room;
	qiao_err err = qiao_inbox_room(txn, &room, a->m->env.sender);

	for (size_t i = 0; i < a->n && err == QIAO_OK; i++)
		err = take_one(a, txn, i, &room);
	for (size_t i = 0; i < a->n && err == QIAO_OK; i++)
		if (a->one[i].fresh)
			return qiao_message_keep(txn, a->m, a->now_ms);
	return err;
}

static qiao_err read_evidence(struct qiao_txn *txn, void *arg)
{
	struct evidence_arg *e = arg;

	return qiao_peer_evidence(txn, &e->bytes, e->it, e->m);
}

/* The sender contradicts itself: its own signed bytes are the evidence. */
static void freeze_conflict(struct take_arg *a, const struct one *o)
{
	struct evidence_arg e = { .it = &o->it, .m = a->m };

	if (qiao_store_read(a->d->store, read_evidence, &e) != QIAO_OK)
		qiao_buf_clear(&e.bytes);
	qiao_route_freeze(o->route, qiao_buf_slice(&e.bytes),
			  "a transfer id came back with another payload");
	qiao_buf_free(&e.bytes);
}

static void freeze_conflicts(struct take_arg *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->reply[i].result == QIAO_TRANSFER_CONFLICT)
			freeze_conflict(a, &a->one[i]);
}

qiao_err qiao_arrival_take(struct qiao_arrival *out, struct qiao_daemon *d,
			   const struct qiao_message *m, struct qiao_why *why)
{
	struct take_arg a = { .d = d, .m = m, .now_ms = qiao_now_ms() };
	qiao_err err = QIAO_E_NOMEM;

	*out = (struct qiao_arrival){ .n = 0 };
	a.rules = qiao_rules_take(d);
	a.one = qiao_calloc(m->n, sizeof(*a.one));
	a.reply = qiao_calloc(m->n, sizeof(*a.reply));
	out->reply = a.reply;
	if (a.one && a.reply)
		err = parse_all(&a, why);
	for (size_t i = 0; i < a.n && err == QIAO_OK; i++)
		judge(&a, i);
	if (err == QIAO_OK)
		err = qiao_store_write(d->store, take_all, &a);
	if (err == QIAO_OK) {
		freeze_conflicts(&a);
		for (size_t i = 0; i < a.n; i++)
			if (a.one[i].fresh)
				qiao_bell_ring(&a.one[i].route->to->bell);
		out->n = a.n;
	}
	qiao_rules_release(a.rules);
	qiao_free(a.one);
	return err;
}

void qiao_arrival_fini(struct qiao_arrival *a)
{
	qiao_free(a->reply);
	a->reply = NULL;
}
