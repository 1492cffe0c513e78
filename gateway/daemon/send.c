/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/send.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/exchange.h"
#include "gateway/daemon/freeze.h"
#include "gateway/store/audit.h"
#include "gateway/store/proof.h"
#include "gateway/wire/transfer_id.h"
#include "relay/items.h"
#include "relay/keep.h"
#include "relay/outbox.h"

#define ROWS_MAX  (QIAO_ITEMS_MAX / 2) /* a proof item for each, at worst */
#define BYTES_MAX (QIAO_PEER_MSG_MAX / 2)

struct take_arg {
	struct qiao_route *route;
	struct qiao_outbox_batch batch;
	struct qiao_outbox_limits limits;
	uint32_t random;
};

static qiao_err take_rows(struct qiao_txn *txn, void *arg)
{
	struct take_arg *a = arg;

	return qiao_outbox_take(txn, &a->batch, a->route->cfg->name, &a->limits,
				qiao_now_ms(), a->random);
}

struct build_arg {
	struct qiao_exchange *x;
	const struct qiao_outbox_batch *batch;
	/* which item holds which proof */
	struct qiao_hash ref[QIAO_ITEMS_MAX];
	size_t proofs;
	struct qiao_item_transfer it;
};

static qiao_err put_proof(struct build_arg *b, const struct qiao_hash *chain,
			  uint64_t height, struct qiao_slice proof)
{
	struct qiao_item_proof it = { *chain, height, proof };

	qiao_item_proof_encode(&b->x->items, &it);
	qiao_exchange_item(b->x);
	return b->x->items.err;
}

/* Proofs come first; a shared one once. */
static qiao_err put_proofs(struct build_arg *b, struct qiao_txn *txn,
			   const struct qiao_hash *chain)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < b->batch->n && err == QIAO_OK; i++) {
		const struct qiao_out_row *row = &b->batch->rows[i];
		struct qiao_buf bytes = QIAO_BUF;

		if (row->proof.n > 0) {
			qiao_sha256(&b->ref[b->proofs++], row->proof);
			err = put_proof(b, chain, row->height, row->proof);
			continue;
		}
		if (qiao_hash_is_zero(&row->proof_ref) ||
		    (b->proofs > 0 &&
		     qiao_hash_eq(&b->ref[b->proofs - 1], &row->proof_ref)))
			continue;
		b->ref[b->proofs++] = row->proof_ref;
		err = qiao_store_proof_get(txn, &bytes, NULL, NULL,
					   &row->proof_ref);
		if (err == QIAO_OK)
			err = put_proof(b, chain, row->height,
					qiao_buf_slice(&bytes));
		qiao_buf_free(&bytes);
	}
	return err;
}

static void find_proof(struct build_arg *b, const struct qiao_out_row *row)
{
	struct qiao_hash ref = row->proof_ref;

	if (row->proof.n > 0)
		qiao_sha256(&ref, row->proof);
	b->it.has_proof = false;
	for (size_t i = 0; i < b->proofs && !qiao_hash_is_zero(&ref); i++) {
		if (qiao_hash_eq(&b->ref[i], &ref)) {
			b->it.has_proof = true;
			b->it.proof_item = (unsigned int)i;
		}
	}
}

static qiao_err put_transfer(struct build_arg *b, struct qiao_txn *txn,
			     const struct qiao_out_row *row)
{
	struct qiao_buf entry = QIAO_BUF;
	qiao_err err;

	b->it = (struct qiao_item_transfer){
		.id_array = row->id_array,
		.not_after = row->not_after,
		.as_of_height = row->as_of_height,
		.as_of_hash = row->as_of_hash,
		.as_of_basis = (enum qiao_as_of_basis)row->as_of_basis,
		.payload = row->payload,
		.duty = row->duty,
		.queued.index = row->entry,
	};
	find_proof(b, row);
	err = qiao_store_audit_entry(txn, &entry, row->entry);
	b->it.queued.entry = qiao_buf_slice(&entry);
	if (err == QIAO_OK)
		err = qiao_audit_path(txn, &b->it.queued.path, row->entry,
				      b->x->audit_size);
	if (err == QIAO_OK) {
		qiao_item_transfer_encode(&b->x->items, &b->it);
		qiao_exchange_item(b->x);
		err = b->x->items.err;
	}
	qiao_buf_free(&entry);
	return err;
}

static qiao_err build(struct qiao_txn *txn, void *arg)
{
	struct build_arg *b = arg;
	struct qiao_transfer_key key;
	qiao_err err = qiao_audit_size(txn, &b->x->audit_size);

	if (err == QIAO_OK)
		err = qiao_transfer_key_parse(&key, b->batch->rows[0].id_array,
					      NULL);
	if (err == QIAO_OK)
		err = put_proofs(b, txn, &key.from.chain);
	for (size_t i = 0; i < b->batch->n && err == QIAO_OK; i++)
		err = put_transfer(b, txn, &b->batch->rows[i]);
	return err;
}

struct replied_arg {
	struct qiao_daemon *d;
	struct qiao_exchange *x;
	struct qiao_outbox_batch *batch;
	struct qiao_item_transfer_reply reply[ROWS_MAX];
	const struct qiao_route *route;
	bool conflict; /* the route freezes with the row's end */
};

static const char other_payload[] =
	"the peer has a transfer id of ours with another payload";

/* Refused for good by the reply itself: an end, so the log must have it. */
static qiao_err audit_refused(struct replied_arg *a, struct qiao_txn *txn,
			      const struct qiao_out_row *row, size_t i)
{
	struct qiao_audit_entry e;
	struct qiao_hash item;
	qiao_err err;

	qiao_merkle_leaf(&item, a->x->m.items[i]);

	qiao_audit_begin(&e, "receipt", qiao_now_ms());
	qiao_audit_hash(&e, "transfer", &row->id);
	qiao_audit_hash(&e, "payload", &row->digest);
	qiao_audit_str(&e, "from", a->x->m.env.sender);
	qiao_audit_hash(&e, "envelope", &a->x->m.digest);
	qiao_audit_hash(&e, "item", &item);
	qiao_audit_str(&e, "state", "denied");
	qiao_audit_str_or_null(&e, "reason", row->reason);
	qiao_audit_null(&e, "height");
	qiao_audit_null(&e, "proof");
	err = qiao_audit_append(&a->d->log, txn, &e, &row->id, NULL);
	return err == QIAO_OK ? qiao_message_keep(txn, &a->x->m, qiao_now_ms())
			      : err;
}

static qiao_err write_replied(struct qiao_txn *txn, void *arg)
{
	const struct qiao_slice none = { NULL, 0 };
	struct replied_arg *a = arg;
	qiao_err err = QIAO_OK;

	a->conflict = false;
	for (size_t i = 0; i < a->batch->n && err == QIAO_OK; i++) {
		struct qiao_out_row row;
		uint32_t random;
		bool moved = false;

		qiao_random(&random, sizeof(random));
		/* reads the row, which is ours to free when it succeeds */
		err = qiao_outbox_replied(txn, &row, &moved, &a->reply[i],
					  qiao_now_ms(), random);
		if (err != QIAO_OK)
			break;
		if (moved && a->reply[i].result == QIAO_TRANSFER_REFUSED)
			err = audit_refused(a, txn, &row, i);
		a->conflict = a->conflict ||
			      a->reply[i].result == QIAO_TRANSFER_CONFLICT;
		qiao_out_row_free(&row);
	}
	if (err == QIAO_OK && a->conflict)
		err = qiao_route_freeze_in_txn(txn, a->route, none,
					       other_payload);
	return err;
}

static qiao_err stored(const struct qiao_route *r, const char *what,
		       qiao_err err)
{
	if (err != QIAO_OK)
		qiao_store_refused("route", r->cfg->name, what, err);
	return err;
}

static qiao_err read_transfer_replies(struct replied_arg *a)
{
	if (a->x->m.n != a->batch->n)
		return QIAO_E_MALFORMED;
	for (size_t i = 0; i < a->batch->n; i++) {
		qiao_err err = qiao_item_transfer_reply_parse(&a->reply[i],
							      a->x->m.items[i]);

		if (err != QIAO_OK)
			return err;
		if (!qiao_hash_eq(&a->reply[i].transfer, &a->batch->rows[i].id))
			return QIAO_E_MALFORMED;
	}
	return QIAO_OK;
}

static qiao_err apply_transfer_replies(struct qiao_exchange *x,
				       struct take_arg *take)
{
	struct replied_arg *a = qiao_calloc(1, sizeof(*a));
	qiao_err err = a ? QIAO_OK : QIAO_E_NOMEM;

	if (err == QIAO_OK) {
		a->route = take->route;
		a->d = x->l->d;
		a->x = x;
		a->batch = &take->batch;
		err = read_transfer_replies(a);
	}
	if (err == QIAO_OK)
		err = stored(
			take->route, "replies to transfers",
			qiao_store_write(x->l->d->store, write_replied, a));
	if (err == QIAO_OK && a->conflict)
		qiao_route_froze(take->route, other_payload);
	qiao_free(a);
	return err;
}

static qiao_err send_batch(struct qiao_link_peer *l, struct take_arg *take)
{
	struct qiao_exchange *x = qiao_exchange_new(l, QIAO_KIND_TRANSFERS);
	struct build_arg *b = qiao_calloc(1, sizeof(*b));
	qiao_err err = x && b ? QIAO_OK : QIAO_E_NOMEM;

	if (err == QIAO_OK) {
		b->x = x;
		b->batch = &take->batch;
		err = qiao_store_read(l->d->store, build, b);
	}
	if (err == QIAO_OK)
		err = qiao_exchange_call(x);
	if (err == QIAO_OK)
		err = apply_transfer_replies(x, take);
	qiao_exchange_free(x);
	qiao_free(b);
	return err;
}

qiao_err qiao_send_transfers(struct qiao_link_peer *l, bool *more)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < l->d->n_routes && err == QIAO_OK; i++) {
		struct qiao_route *r = &l->d->routes[i];
		struct take_arg a = { .route = r };

		if (r->peer != l || !r->from->host)
			continue;
		a.limits = (struct qiao_outbox_limits){
			.in_flight = r->cfg->in_flight,
			.max_n = ROWS_MAX,
			.max_bytes = BYTES_MAX,
			.lease_ms = QIAO_CALL_MS,
			.frozen = r->frozen || r->from->frozen || r->to->frozen,
		};
		qiao_random(&a.random, sizeof(a.random));
		err = stored(r, "transfers about to leave",
			     qiao_store_write(l->d->store, take_rows, &a));
		if (err == QIAO_OK && a.batch.n > 0) {
			err = send_batch(l, &a);
			*more = *more || err == QIAO_OK;
		}
		qiao_outbox_batch_free(&a.batch);
	}
	return err;
}
