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
#include "gateway/store/proof.h"
#include "relay/keep.h"
#include "relay/outbox.h"
#include "relay/receipt.h"

#include <string.h>

static const char contradicts[] = "a receipt contradicts what we sent";
static const char other_payload[] =
	"the peer found this transfer id with another payload";

/* One receipt: first what its proof shows, then what comes of it. */
struct one {
	struct qiao_item_receipt it;
	size_t item;     /* which one it is of the message */
	qiao_err proven; /* committed: does the proof hold by itself? */
	struct qiao_statement shows; /* the delivery in it; owns nothing */
	struct qiao_why why;
	enum qiao_receipt_result result;
	struct qiao_route *route;
	const char *freeze; /* why the route is frozen, or NULL */
};

/* A proof item; it may serve many receipts. */
struct shown {
	struct qiao_item_proof it; /* empty: this item is a receipt */
	struct qiao_hash digest;
	const struct qiao_chain *chain; /* ours, that judged it */
	bool used;
};

struct take {
	struct qiao_daemon *d;
	const struct qiao_message *m;
	const char *peer;
	struct one *one; /* n of them */
	size_t n, at;
	struct shown *shown; /* m->n, by item */
	bool apart;          /* each under its own savepoint */
	bool names_it;       /* an entry names the message */
};

/* --- proofs, outside the store -------------------------------------------- */

static void find_one(struct one *o, const struct qiao_chain *c,
		     const struct qiao_statements *found)
{
	const struct qiao_statement *s =
		qiao_delivery_find(found, &o->it.transfer);

	if (s && s->at.height == o->it.height)
		o->shows = *s; /* a delivery has no buffers */
	else
		o->proven = qiao_fail(&o->why, QIAO_E_PROOF,
				      "chain %s: the proof shows another "
				      "delivery",
				      c->cfg->name);
}

/* Checked once, whatever number of receipts it serves. */
static void prove_item(struct take *t, size_t item, struct qiao_chain *c,
		       const struct qiao_view *view)
{
	const struct qiao_slice none = { NULL, 0 };
	struct qiao_statements found = { .n = 0 };
	struct qiao_why why = { "" };
	qiao_err err = qiao_statements_prove(
		&found, c, NULL, view, t->shown[item].it.proof, none, &why);

	t->shown[item].chain = c;
	for (size_t i = 0; i < t->n; i++) {
		struct one *o = &t->one[i];

		if (!o->it.has_proof || o->it.proof_item != item)
			continue;
		o->proven = err;
		o->why = why;
		if (err == QIAO_OK)
			find_one(o, c, &found);
	}
	qiao_statements_free(&found);
}

static bool is_proof_of(const struct shown *s, const struct qiao_chain *c)
{
	return s->it.proof.n > 0 && qiao_hash_eq(&s->it.chain, &c->identity);
}

/* Those of one chain; its lock is taken once. */
static void prove_chain(struct take *t, struct qiao_chain *c)
{
	struct qiao_overlay overlay = { t->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < t->m->n; i++)
		if (is_proof_of(&t->shown[i], c))
			prove_item(t, i, c, &view);
	pthread_mutex_unlock(&c->lock);
	qiao_overlay_free(&overlay);
}

static bool concerns(const struct take *t, const struct qiao_chain *c)
{
	for (size_t i = 0; i < t->m->n; i++)
		if (is_proof_of(&t->shown[i], c))
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
	struct qiao_hash item;

	qiao_merkle_leaf(&item, t->m->items[o->item]);
	qiao_str_copy(reason, sizeof(reason), it->reason);
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
		qiao_audit_hash(&e, "proof", &t->shown[it->proof_item].digest);
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

/* That of a whole block serves many: it is kept once. */
static qiao_err keep_proof(const struct shown *s, struct qiao_txn *txn,
			   struct qiao_out_row *row)
{
	if (!s->chain->api->proof_is_block) {
		row->receipt = s->it.proof; /* the message's memory */
		return QIAO_OK;
	}
	row->receipt_ref = s->digest;
	return qiao_store_proof_put(txn, &s->digest, s->chain->number,
				    s->it.height, s->it.proof);
}

static qiao_err move(struct take *t, struct one *o, struct qiao_txn *txn,
		     struct qiao_out_row *row)
{
	qiao_err err = QIAO_OK;

	if (o->it.has_proof)
		err = keep_proof(&t->shown[o->it.proof_item], txn, row);
	/* no usage record is due on a source that takes none: it is closed */
	if (err == QIAO_OK)
		err = qiao_receipt_take(txn, row, &o->it, true, qiao_now_ms());
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
	for (t->at = 0; t->at < t->n && err == QIAO_OK; t->at++) {
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

static qiao_err parse_proof(struct take *t, size_t item)
{
	struct shown *s = &t->shown[item];
	qiao_err err = qiao_item_proof_parse(&s->it, t->m->items[item]);

	if (err == QIAO_OK)
		qiao_sha256(&s->digest, s->it.proof);
	return err;
}

static qiao_err parse_receipt(struct take *t, size_t item, struct qiao_why *why)
{
	struct one *o = &t->one[t->n];
	qiao_err err = qiao_item_receipt_parse(&o->it, t->m->items[item]);

	if (err == QIAO_OK)
		err = qiao_item_receipt_check(&o->it, item, t->m, why);
	if (err != QIAO_OK)
		return err;
	if (o->it.has_proof)
		t->shown[o->it.proof_item].used = true;
	o->item = item;
	o->proven = QIAO_E_PROOF; /* no chain of ours */
	t->n++;
	return QIAO_OK;
}

static qiao_err parse_all(struct take *t, struct qiao_why *why)
{
	qiao_err err = QIAO_OK;
	size_t i;

	for (i = 0; i < t->m->n && err == QIAO_OK; i++)
		err = qiao_item_kind(t->m->items[i]) == 1
			      ? parse_proof(t, i)
			      : parse_receipt(t, i, why);
	if (err != QIAO_OK && !why->text[0])
		return qiao_fail(why, err, "receipts item %zu: %s", i - 1,
				 qiao_strerror(err));
	for (i = 0; i < t->m->n && err == QIAO_OK; i++)
		if (t->shown[i].it.proof.n > 0 && !t->shown[i].used)
			err = qiao_fail(why, QIAO_E_MALFORMED,
					"receipts item %zu is a proof that no "
					"receipt refers to",
					i);
	return err;
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
			    struct qiao_item_receipt_reply *reply, size_t *n,
			    const struct qiao_message *m, const char *peer,
			    struct qiao_why *why)
{
	struct take t = { .d = d, .m = m, .peer = peer };
	qiao_err err = QIAO_E_NOMEM;

	*n = 0;
	t.one = qiao_calloc(m->n, sizeof(*t.one));
	t.shown = qiao_calloc(m->n, sizeof(*t.shown));
	if (t.one && t.shown)
		err = parse_all(&t, why);
	for (size_t i = 0; err == QIAO_OK && i < d->n_chains; i++)
		if (concerns(&t, &d->chains[i]))
			prove_chain(&t, &d->chains[i]);
	if (err == QIAO_OK && t.n > 0)
		err = write_all(&t);
	for (size_t i = 0; err == QIAO_OK && i < t.n; i++)
		tell(&t.one[i], &reply[(*n)++], peer);
	qiao_free(t.one);
	qiao_free(t.shown);
	return err;
}
