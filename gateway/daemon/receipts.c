/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/receipts.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/freeze.h"
#include "relay/keep.h"
#include "relay/outbox.h"
#include "relay/receipt.h"

#include <stdio.h>
#include <string.h>

static qiao_err match_delivery(const struct qiao_statements *l,
			       const struct qiao_hash *id,
			       const struct qiao_hash *digest,
			       const struct qiao_hash *source,
			       const struct qiao_id16 *account,
			       uint64_t *height)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct qiao_statement *s = &l->s[i];

		if (s->kind != QIAO_PROVEN_DELIVERED ||
		    !qiao_hash_eq(&s->id, id))
			continue;
		if (!qiao_hash_eq(&s->digest, digest) ||
		    !qiao_hash_eq(&s->source, source) ||
		    (account && memcmp(account->b, s->submitter.b,
				       sizeof(account->b)) != 0))
			return QIAO_E_CONFLICT;
		*height = s->at.height;
		return QIAO_OK;
	}
	return QIAO_E_PROOF;
}

qiao_err qiao_delivery_prove(struct qiao_chain *c, struct qiao_slice proof,
			     const struct qiao_hash *id,
			     const struct qiao_hash *digest,
			     const struct qiao_hash *source,
			     const struct qiao_id16 *account, uint64_t *height,
			     struct qiao_why *why)
{
	struct qiao_overlay overlay = { c->d->store, c->number, NULL };
	struct qiao_view view = qiao_overlay_view(&overlay);
	struct qiao_statements found = { .n = 0 };
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err;

	*height = 0;
	pthread_mutex_lock(&c->lock);
	err = qiao_statements_prove(&found, c, NULL, &view, proof, none, why);
	pthread_mutex_unlock(&c->lock);
	if (err == QIAO_OK) {
		err = match_delivery(&found, id, digest, source, account,
				     height);
		if (err != QIAO_OK)
			qiao_fail(why, err,
				  "chain %s: the proof shows another delivery",
				  c->cfg->name);
	}
	qiao_statements_free(&found);
	qiao_overlay_free(&overlay);
	return err;
}

struct take {
	struct qiao_daemon *d;
	const struct qiao_item_receipt *it;
	const char *peer;
	const struct qiao_message *m;
	size_t item; /* of m */
	enum qiao_receipt_result result;
	bool known;
	struct qiao_out_row row;
	bool has_row;
	struct qiao_route *route;
};

static qiao_err match(struct qiao_txn *txn, void *arg)
{
	struct take *t = arg;
	qiao_err err = qiao_receipt_match(txn, &t->result, &t->known, &t->row,
					  t->it, t->peer);

	t->has_row = err == QIAO_OK && t->result != QIAO_RECEIPT_UNKNOWN;
	return err;
}

static void unmatch(struct take *t)
{
	if (t->has_row)
		qiao_out_row_free(&t->row);
	t->has_row = false;
}

static qiao_err audit_receipt(struct take *t, struct qiao_txn *txn)
{
	struct qiao_audit_entry e;
	char reason[QIAO_REASON_MAX + 1];
	struct qiao_hash proof, item;

	qiao_str_copy(reason, sizeof(reason), t->it->reason);
	qiao_sha256(&proof, t->it->proof);
	qiao_audit_begin(&e, "receipt", qiao_now_ms());
	qiao_audit_hash(&e, "transfer", &t->it->transfer);
	qiao_audit_hash(&e, "payload", &t->it->digest);
	qiao_audit_str(&e, "from", t->peer);
	qiao_audit_hash(&e, "envelope", &t->m->digest);
	qiao_merkle_leaf(&item, t->m->items[t->item]);
	qiao_audit_hash(&e, "item", &item);
	qiao_audit_str(&e, "state", qiao_receipt_state_name(t->it->state));
	qiao_audit_str_or_null(&e, "reason", reason);
	if (t->it->has_height)
		qiao_audit_int(&e, "height", (int64_t)t->it->height);
	else
		qiao_audit_null(&e, "height");
	if (t->it->has_proof)
		qiao_audit_hash(&e, "proof", &proof);
	else
		qiao_audit_null(&e, "proof");
	return qiao_audit_append(&t->d->log, txn, &e, &t->it->transfer, NULL);
}

/* No usage record is due on a source that takes none: the transfer is closed.
 */
static qiao_err close_row(struct take *t, struct qiao_txn *txn)
{
	if (t->row.state != QIAO_OUT_COMMITTED)
		return QIAO_OK;
	return qiao_outbox_move(txn, &t->row, QIAO_OUT_COMMITTED,
				QIAO_OUT_EV_CLOSE, qiao_now_ms());
}

static qiao_err take(struct qiao_txn *txn, void *arg)
{
	struct take *t = arg;
	qiao_err err = match(txn, t);

	if (err != QIAO_OK || t->result != QIAO_RECEIPT_TAKEN || t->known)
		return err;
	err = qiao_receipt_take(txn, &t->row, t->it, qiao_now_ms());
	if (err == QIAO_OK)
		err = audit_receipt(t, txn);
	if (err == QIAO_OK)
		err = qiao_message_keep(txn, t->m, qiao_now_ms());
	return err == QIAO_OK ? close_row(t, txn) : err;
}

static struct qiao_route *route_of(struct qiao_daemon *d, const char *name)
{
	for (size_t i = 0; i < d->n_routes; i++)
		if (strcmp(d->routes[i].cfg->name, name) == 0)
			return &d->routes[i];
	return NULL;
}

/* Our own light client of the destination chain has the last word. */
static enum qiao_receipt_result check_proof(struct take *t)
{
	struct qiao_why why = { "" };
	uint64_t height;
	qiao_err err;

	if (!t->route || !t->route->cfg->has_submitter)
		return QIAO_RECEIPT_UNFIT;
	if (t->it->height >= t->route->to->next)
		return QIAO_RECEIPT_NOT_NOW;
	err = qiao_delivery_prove(t->route->to, t->it->proof, &t->it->transfer,
				  &t->it->digest, &t->route->from->identity,
				  &t->route->cfg->submitter, &height, &why);
	if (err == QIAO_OK && height == t->it->height)
		return QIAO_RECEIPT_TAKEN;
	if (err == QIAO_E_NOTFOUND)
		return QIAO_RECEIPT_NOT_NOW;
	qiao_log(QIAO_LOG_ERROR, "receipt-refused",
		 "peer=%s route=%s err=%s why=\"%s\"", t->peer,
		 t->route->cfg->name, qiao_errname(err), why.text);
	return err == QIAO_E_IO || err == QIAO_E_NOMEM ? QIAO_RECEIPT_NOT_NOW
						       : QIAO_RECEIPT_UNFIT;
}

static void alarm_route(struct take *t)
{
	const struct qiao_slice none = { NULL, 0 };

	if (!t->route)
		return;
	if (t->result == QIAO_RECEIPT_CONTRADICTS)
		qiao_route_freeze(t->route, none,
				  "a receipt contradicts what we sent");
	else if (t->it->state == QIAO_RECEIPT_CONFLICT)
		qiao_route_freeze(
			t->route, none,
			"the peer found this transfer id with another "
			"payload");
}

qiao_err qiao_receipts_take(struct qiao_daemon *d,
			    struct qiao_item_receipt_reply *reply,
			    const struct qiao_item_receipt *it,
			    const struct qiao_message *m, size_t item,
			    const char *peer)
{
	struct take t = {
		.d = d, .it = it, .m = m, .item = item, .peer = peer
	};
	qiao_err err = qiao_store_read(d->store, match, &t);

	reply->transfer = it->transfer;
	if (err != QIAO_OK)
		return err;
	if (t.has_row)
		t.route = route_of(d, t.row.route);
	unmatch(&t);
	if (t.result == QIAO_RECEIPT_TAKEN && !t.known &&
	    it->state == QIAO_RECEIPT_COMMITTED)
		t.result = check_proof(&t);
	if (t.result == QIAO_RECEIPT_TAKEN && !t.known) {
		err = qiao_store_write(d->store, take, &t);
		unmatch(&t);
	}
	if (err != QIAO_OK)
		return err;
	alarm_route(&t);
	reply->result = t.result;
	return QIAO_OK;
}
