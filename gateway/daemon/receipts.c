/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/receipts.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/conclude.h"
#include "gateway/daemon/freeze.h"
#include "relay/keep.h"
#include "relay/outbox.h"
#include "relay/receipt.h"

#include <string.h>

static const char contradicts[] = "a receipt contradicts what we sent";
static const char other_payload[] =
	"the peer found this transfer id with another payload";

/* One item: first what its proof shows, then what comes of it. */
struct one {
	struct qiao_item_receipt it;
	qiao_err proven; /* committed: does the proof hold by itself? */
	struct qiao_statement shows; /* the delivery in it; owns nothing */
	struct qiao_why why;
	enum qiao_receipt_result result;
	struct qiao_route *route;
	const char *freeze; /* why the route is frozen, or NULL */
};

struct take {
	struct qiao_daemon *d;
	const struct qiao_message *m;
	const char *peer;
	struct one *one; /* m->n */
	size_t at;
	bool apart;    /* each under its own savepoint */
	bool names_it; /* an entry names the message */
};

/* --- proofs, outside the store -------------------------------------------- */

static void prove_one(struct one *o, struct qiao_chain *c,
		      const struct qiao_view *view)
{
	const struct qiao_slice none = { NULL, 0 };
	struct qiao_statements found = { .n = 0 };
	const struct qiao_statement *s;

	o->proven = qiao_statements_prove(&found, c, NULL, view, o->it.proof,
					  none, &o->why);
	if (o->proven == QIAO_OK) {
		s = qiao_delivery_find(&found, &o->it.transfer);
		if (s && s->at.height == o->it.height)
			o->shows = *s; /* a delivery has no buffers */
		else
			o->proven = qiao_fail(&o->why, QIAO_E_PROOF,
					      "chain %s: the proof shows "
					      "another delivery",
					      c->cfg->name);
	}
	qiao_statements_free(&found);
}

/* Those of one chain; its lock is taken once. */
static void prove_chain(struct take *t, struct qiao_chain *c)
{
	struct qiao_overlay overlay = { t->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < t->m->n; i++) {
		struct one *o = &t->one[i];

		if (o->it.state == QIAO_RECEIPT_COMMITTED &&
		    qiao_hash_eq(&o->it.destination, &c->identity))
			prove_one(o, c, &view);
	}
	pthread_mutex_unlock(&c->lock);
	qiao_overlay_free(&overlay);
}

static bool concerns(const struct take *t, const struct qiao_chain *c)
{
	for (size_t i = 0; i < t->m->n; i++)
		if (t->one[i].it.state == QIAO_RECEIPT_COMMITTED &&
		    qiao_hash_eq(&t->one[i].it.destination, &c->identity))
			return true;
	return false;
}

/* --- in the transaction --------------------------------------------------- */

static qiao_err audit_receipt(const struct take *t, const struct one *o,
			      struct qiao_txn *txn)
{
	const struct qiao_item_receipt *it = &o->it;
	struct qiao_audit_entry e;
	char reason[QIAO_REASON_MAX + 1];
	struct qiao_hash proof, item;

	qiao_merkle_leaf(&item, t->m->items[o - t->one]);
	qiao_str_copy(reason, sizeof(reason), it->reason);
	qiao_sha256(&proof, it->proof);
	qiao_audit_begin(&e, "receipt", qiao_now_ms());
	qiao_audit_hash(&e, "transfer", &it->transfer);
	qiao_audit_hash(&e, "payload", &it->digest);
	qiao_audit_str(&e, "from", t->peer);
	qiao_audit_hash(&e, "envelope", &t->m->digest);
	qiao_audit_hash(&e, "item", &item);
	qiao_audit_str(&e, "state", qiao_receipt_state_name(it->state));
	qiao_audit_str_or_null(&e, "reason", reason);
	if (it->has_height)
		qiao_audit_int(&e, "height", (int64_t)it->height);
	else
		qiao_audit_null(&e, "height");
	if (it->has_proof)
		qiao_audit_hash(&e, "proof", &proof);
	else
		qiao_audit_null(&e, "proof");
	return qiao_audit_append(&t->d->log, txn, &e, &it->transfer, NULL);
}

static struct qiao_route *route_of(struct qiao_daemon *d, const char *name)
{
	for (size_t i = 0; i < d->n_routes; i++)
		if (strcmp(d->routes[i].cfg->name, name) == 0)
			return &d->routes[i];
	return NULL;
}

/* Our own light client of the destination chain has the last word. */
static enum qiao_receipt_result judge(const struct one *o)
{
	const struct qiao_route *r = o->route;

	if (!r || !r->cfg->has_submitter)
		return QIAO_RECEIPT_UNFIT;
	if (o->it.height >= r->to->next || o->proven == QIAO_E_NOTFOUND ||
	    o->proven == QIAO_E_IO || o->proven == QIAO_E_NOMEM)
		return QIAO_RECEIPT_NOT_NOW;
	return o->proven == QIAO_OK &&
			       qiao_delivery_is(&o->shows, &o->it.digest,
						&r->from->identity,
						&r->cfg->submitter)
		       ? QIAO_RECEIPT_TAKEN
		       : QIAO_RECEIPT_UNFIT;
}

static qiao_err move(struct take *t, struct one *o, struct qiao_txn *txn,
		     struct qiao_out_row *row)
{
	/* no usage record is due on a source that takes none: it is closed */
	qiao_err err = qiao_receipt_take(txn, row, &o->it, true, qiao_now_ms());

	if (err == QIAO_OK)
		err = audit_receipt(t, o, txn);
	t->names_it = t->names_it || err == QIAO_OK;
	return err;
}

/* With the matching row; a freeze stands or falls with what caused it. */
static qiao_err apply(struct take *t, struct one *o, struct qiao_txn *txn,
		      struct qiao_out_row *row, bool known)
{
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err = QIAO_OK;

	o->route = route_of(t->d, row->route);
	if (o->result == QIAO_RECEIPT_CONTRADICTS)
		o->freeze = contradicts;
	else if (o->it.state == QIAO_RECEIPT_CONFLICT)
		o->freeze = other_payload;
	else if (!known && o->it.state == QIAO_RECEIPT_COMMITTED)
		o->result = judge(o);
	if (!known && o->result == QIAO_RECEIPT_TAKEN)
		err = move(t, o, txn, row);
	if (err == QIAO_OK && o->freeze && o->route)
		err = qiao_route_freeze_in_txn(txn, o->route, none, o->freeze);
	return err;
}

static qiao_err take_one(struct qiao_txn *txn, void *arg)
{
	struct take *t = arg;
	struct one *o = &t->one[t->at];
	struct qiao_out_row row;
	bool known;
	qiao_err err = qiao_receipt_match(txn, &o->result, &known, &row, &o->it,
					  t->peer);

	if (err != QIAO_OK || o->result == QIAO_RECEIPT_UNKNOWN)
		return err;
	err = apply(t, o, txn, &row, known);
	qiao_out_row_free(&row);
	return err;
}

/* One that fails by itself is answered with "not now", the others go on. */
static qiao_err take_apart(struct qiao_txn *txn, struct take *t)
{
	struct one *o = &t->one[t->at];
	char id[QIAO_HEX_LEN(32)];
	qiao_err result, err = qiao_store_try(txn, &result, take_one, t);

	if (err != QIAO_OK || result == QIAO_OK)
		return err;
	o->result = QIAO_RECEIPT_NOT_NOW;
	o->freeze = NULL;
	qiao_log(QIAO_LOG_ERROR, "row-failed",
		 "peer=%s transfer=%s err=%s why=\"its receipt could not be "
		 "noted; the peer sends it again\"",
		 t->peer, qiao_hex_encode(id, qiao_slice_hash(&o->it.transfer)),
		 qiao_errname(result));
	return QIAO_OK;
}

static qiao_err take_all(struct qiao_txn *txn, void *arg)
{
	struct take *t = arg;
	qiao_err err = QIAO_OK;

	t->names_it = false;
	for (t->at = 0; t->at < t->m->n && err == QIAO_OK; t->at++) {
		t->one[t->at].freeze = NULL;
		err = t->apart ? take_apart(txn, t) : take_one(txn, t);
	}
	if (err == QIAO_OK && t->names_it)
		err = qiao_message_keep(txn, t->m, qiao_now_ms());
	return err;
}

static qiao_err write_all(struct take *t)
{
	qiao_err err = qiao_store_write(t->d->store, take_all, t);

	if (err == QIAO_OK || qiao_store_ails(err))
		return err;
	t->apart = true;
	return qiao_store_write(t->d->store, take_all, t);
}

/* --- the whole message ---------------------------------------------------- */

static qiao_err parse_all(struct take *t, struct qiao_why *why)
{
	for (size_t i = 0; i < t->m->n; i++) {
		qiao_err err =
			qiao_item_receipt_parse(&t->one[i].it, t->m->items[i]);

		if (err != QIAO_OK)
			return qiao_fail(why, err, "receipt item %zu: %s", i,
					 qiao_strerror(err));
		t->one[i].proven = QIAO_E_PROOF; /* no chain of ours */
	}
	return QIAO_OK;
}

/* After the commit. */
static void tell(const struct one *o, struct qiao_item_receipt_reply *reply,
		 const char *peer)
{
	reply->transfer = o->it.transfer;
	reply->result = o->result;
	if (o->freeze && o->route)
		qiao_route_froze(o->route, o->freeze);
	if (o->result == QIAO_RECEIPT_UNFIT)
		qiao_log(QIAO_LOG_ERROR, "receipt-refused",
			 "peer=%s route=%s err=%s why=\"%s\"", peer,
			 o->route ? o->route->cfg->name : "?",
			 qiao_errname(o->proven == QIAO_OK ? QIAO_E_CONFLICT
							   : o->proven),
			 o->why.text);
}

qiao_err qiao_receipts_take(struct qiao_daemon *d,
			    struct qiao_item_receipt_reply *reply,
			    const struct qiao_message *m, const char *peer,
			    struct qiao_why *why)
{
	struct take t = { .d = d, .m = m, .peer = peer };
	qiao_err err = QIAO_E_NOMEM;

	t.one = qiao_calloc(m->n, sizeof(*t.one));
	if (t.one)
		err = parse_all(&t, why);
	for (size_t i = 0; err == QIAO_OK && i < d->n_chains; i++)
		if (concerns(&t, &d->chains[i]))
			prove_chain(&t, &d->chains[i]);
	if (err == QIAO_OK && m->n > 0)
		err = write_all(&t);
	for (size_t i = 0; err == QIAO_OK && i < m->n; i++)
		tell(&t.one[i], &reply[i], peer);
	qiao_free(t.one);
	return err;
}
