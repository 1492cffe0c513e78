/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/conclude.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/arrival.h"
#include "gateway/daemon/freeze.h"
#include "gateway/store/proof.h"
#include "relay/inbox.h"

#include <string.h>

static const char other_payload[] =
	"the destination chain has a transfer id of ours with another payload, "
	"source or account";

void qiao_concluded_act(const struct qiao_concluded *x, struct qiao_daemon *d)
{
	for (size_t i = 0; i < d->n_routes; i++) {
		if (x->frozen[i])
			qiao_route_froze(&d->routes[i], other_payload);
		if (x->ended[i])
			qiao_bell_ring(&d->routes[i].peer->bell);
	}
}

bool qiao_delivery_is(const struct qiao_statement *s,
		      const struct qiao_hash *digest,
		      const struct qiao_hash *source,
		      const struct qiao_id16 *account)
{
	return qiao_hash_eq(&s->digest, digest) &&
	       qiao_hash_eq(&s->source, source) &&
	       (!account ||
		memcmp(account->b, s->submitter.b, sizeof(account->b)) == 0);
}

static bool is_delivery(const struct qiao_statement *s)
{
	return s->kind == QIAO_PROVEN_DELIVERED && !s->doubted;
}

const struct qiao_statement *qiao_delivery_find(const struct qiao_statements *l,
						const struct qiao_hash *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_delivery(&l->s[i]) && qiao_hash_eq(&l->s[i].id, id))
			return &l->s[i];
	return NULL;
}

static qiao_err audit_committed(const struct qiao_chain *c,
				struct qiao_txn *txn,
				const struct qiao_in_row *row, int64_t now_ms)
{
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "committed", now_ms);
	qiao_audit_hash(&e, "transfer", &row->id);
	qiao_audit_hash(&e, "payload", &row->digest);
	qiao_audit_str(&e, "chain", c->cfg->name);
	qiao_audit_int(&e, "height", (int64_t)row->receipt_height);
	qiao_audit_hex(&e, "tx", row->tx);
	return qiao_audit_append(&c->d->log, txn, &e, &row->id, NULL);
}

static qiao_err audit_conflict(const struct qiao_chain *c, struct qiao_txn *txn,
			       const struct qiao_in_row *row,
			       const struct qiao_statement *s, int64_t now_ms)
{
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "conflict", now_ms);
	qiao_audit_hash(&e, "transfer", &row->id);
	qiao_audit_hash(&e, "payload", &row->digest);
	qiao_audit_hash(&e, "other", &s->digest);
	return qiao_audit_append(&c->d->log, txn, &e, &row->id, NULL);
}

static qiao_err commit(const struct qiao_chain *c, struct qiao_txn *txn,
		       struct qiao_in_row *row, const struct qiao_statement *s)
{
	int64_t now = qiao_now_ms();
	qiao_err err;

	row->tx = qiao_slice_of(s->at.tx, s->at.tx_len);
	err = qiao_inbox_move(txn, row, QIAO_IN_SUBMITTING, QIAO_IN_EV_COMMIT,
			      now);
	return err == QIAO_OK ? audit_committed(c, txn, row, now) : err;
}

static qiao_err conflict(const struct qiao_chain *c, struct qiao_txn *txn,
			 struct qiao_in_row *row, const struct qiao_route *r,
			 const struct qiao_statement *s)
{
	const struct qiao_slice none = { NULL, 0 };
	int64_t now = qiao_now_ms();
	qiao_err err = qiao_inbox_move(txn, row, QIAO_IN_SUBMITTING,
				       QIAO_IN_EV_CONFLICT, now);

	if (err == QIAO_OK)
		err = audit_conflict(c, txn, row, s, now);
	if (err == QIAO_OK && r)
		err = qiao_route_freeze_in_txn(txn, r, none, other_payload);
	return err;
}

/* The proof of a whole block serves many: it is kept once. */
static qiao_err keep_proof(const struct qiao_chain *c, struct qiao_txn *txn,
			   struct qiao_in_row *row,
			   struct qiao_commit_proof *proof)
{
	row->receipt = (struct qiao_slice){ NULL, 0 };
	row->receipt_ref = (struct qiao_hash){ { 0 } };
	if (proof->bytes.n > QIAO_RECEIPT_PROOF_MAX)
		return QIAO_OK;
	if (!c->api->proof_is_block) {
		row->receipt = proof->bytes;
		return QIAO_OK;
	}
	if (!proof->hashed)
		qiao_sha256(&proof->digest, proof->bytes);
	proof->hashed = true;
	row->receipt_ref = proof->digest;
	return qiao_store_proof_put(txn, &proof->digest, c->number,
				    row->receipt_height, proof->bytes);
}

qiao_err qiao_conclude_row(struct qiao_concluded *x, struct qiao_chain *c,
			   struct qiao_txn *txn, struct qiao_in_row *row,
			   const struct qiao_statement *s,
			   struct qiao_commit_proof *proof)
{
	const struct qiao_route *r =
		qiao_route_in(c->d, &row->source, &row->destination, row->peer);
	const struct qiao_id16 *account =
		r && r->cfg->has_submitter ? &r->cfg->submitter : NULL;
	bool same = qiao_delivery_is(s, &row->digest, &row->source, account);
	qiao_err err;

	row->receipt_height = s->at.height;
	err = keep_proof(c, txn, row, proof); /* a conflict's as well */
	if (err == QIAO_OK)
		err = same ? commit(c, txn, row, s)
			   : conflict(c, txn, row, r, s);
	if (err == QIAO_OK && r) {
		x->ended[r - c->d->routes] = true;
		x->frozen[r - c->d->routes] |= !same;
	}
	return err;
}

/* One delivery of a block, under a savepoint of its own. */
struct one {
	struct qiao_concluded *x;
	struct qiao_chain *c;
	const struct qiao_statement *s;
	struct qiao_commit_proof *block;
	struct qiao_in_row row;
};

static qiao_err conclude_one(struct qiao_txn *txn, void *arg)
{
	struct one *o = arg;
	struct qiao_in_row row = o->row; /* its slices are o->row's */
	struct qiao_commit_proof proof = { .hashed = false };
	struct qiao_buf leaf = QIAO_BUF;
	qiao_err err;

	if (o->c->api->proof_is_block)
		return qiao_conclude_row(o->x, o->c, txn, &row, o->s, o->block);
	err = o->c->api->narrow(o->c->lc, &leaf, o->block->bytes, o->s->tx,
				(uint32_t)o->s->at.index);
	proof.bytes = qiao_buf_slice(&leaf);
	if (err == QIAO_OK)
		err = qiao_conclude_row(o->x, o->c, txn, &row, o->s, &proof);
	qiao_buf_free(&leaf);
	return err;
}

static bool waits_for(const struct one *o)
{
	return o->row.state == QIAO_IN_SUBMITTING &&
	       qiao_hash_eq(&o->row.destination, &o->c->identity);
}

static qiao_err conclude_statement(struct one *o, struct qiao_txn *txn)
{
	qiao_err err = qiao_store_in_get(txn, &o->row, &o->s->id), result;
	char id[QIAO_HEX_LEN(32)];

	if (err != QIAO_OK)
		return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
	result = QIAO_OK;
	if (waits_for(o) && o->x->apart)
		err = qiao_store_try(txn, &result, conclude_one, o);
	else if (waits_for(o))
		err = conclude_one(txn, o);
	qiao_in_row_free(&o->row);
	if (err == QIAO_OK && result != QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "row-failed",
			 "chain=%s transfer=%s err=%s why=\"its delivery was "
			 "seen in a block and could not be noted; it is looked "
			 "up again\"",
			 o->c->cfg->name,
			 qiao_hex_encode(id, qiao_slice_hash(&o->s->id)),
			 qiao_errname(result));
	return err;
}

qiao_err qiao_conclude_block(struct qiao_concluded *x, struct qiao_chain *c,
			     struct qiao_txn *txn,
			     const struct qiao_statements *said,
			     struct qiao_slice proof)
{
	struct qiao_commit_proof block = { .bytes = proof };
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < said->n && err == QIAO_OK; i++) {
		struct one o = { x, c, &said->s[i], &block, { .seq = 0 } };

		if (is_delivery(o.s))
			err = conclude_statement(&o, txn);
	}
	return err;
}
