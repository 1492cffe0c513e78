/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that brings accepted transfers onto our chain. A row in
 * `submitting` is unknown after a restart and is looked up before anything is
 * submitted again; so are all others, for one rule is simpler than two.
 */
#include "gateway/daemon/threads.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/accept.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/receipts.h"

#include <stdio.h>
#include <string.h>

#define BATCH   128
#define POLL_MS 20 /* a submitted row's block is on its way */
#define IDLE_MS 1000

static void store_refused(const struct qiao_chain *c, qiao_err err)
{
	qiao_log(QIAO_LOG_ERROR, "store-refused", "chain=%s err=%s",
		 c->cfg->name, qiao_errname(err));
}

struct list_arg {
	struct qiao_inbox_batch *batch;
	const struct qiao_hash *destination;
	enum qiao_in_state state;
};

static qiao_err list_rows(struct qiao_txn *txn, void *arg)
{
	struct list_arg *a = arg;

	return qiao_inbox_list(txn, a->batch, a->destination, a->state,
			       qiao_now_ms(), BATCH);
}

static bool list(struct qiao_chain *c, struct qiao_inbox_batch *batch,
		 enum qiao_in_state state)
{
	struct list_arg a = { batch, &c->identity, state };

	*batch = (struct qiao_inbox_batch){ .n = 0 };
	if (qiao_store_read(c->d->store, list_rows, &a) == QIAO_OK &&
	    batch->n > 0)
		return true;
	qiao_inbox_batch_free(batch); /* also one without rows holds memory */
	return false;
}

static void submit(struct qiao_chain *c, const struct qiao_in_row *row)
{
	struct qiao_submission s = { .kind = "deliver",
				     .id = row->id,
				     .digest = row->digest,
				     .source = row->source,
				     .payload = row->payload };
	struct qiao_why why = { "" };
	qiao_err err = qiao_host_submit(c->host, &s, &why);

	/* whatever it says: only a lookup and a proof move the row */
	if (err != QIAO_OK)
		qiao_log(QIAO_LOG_WARN, "submit-failed",
			 "chain=%s err=%s why=\"%s\"", c->cfg->name,
			 qiao_errname(err), why.text);
}

struct accept_arg {
	struct qiao_accept *a;
	size_t n;
};

static qiao_err decide_all(struct qiao_txn *txn, void *arg)
{
	struct accept_arg *x = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < x->n && err == QIAO_OK; i++)
		err = qiao_accept_decide(&x->a[i], txn, qiao_now_ms());
	return err;
}

/* received -> verified, decided, and at once `submitting` when accepted */
static bool step_received(struct qiao_chain *c)
{
	struct qiao_accept_cache cache = { .found = { .n = 0 } };
	struct qiao_rules *rules = qiao_rules_take(c->d);
	struct qiao_inbox_batch batch;
	struct accept_arg x = { .n = 0 };
	qiao_err err = QIAO_E_NOMEM;

	if (!list(c, &batch, QIAO_IN_RECEIVED)) {
		qiao_rules_release(rules);
		return false;
	}
	x.a = qiao_calloc(batch.n, sizeof(*x.a));
	for (size_t i = 0; x.a && i < batch.n; i++) {
		qiao_accept_verify(&x.a[i], c->d, rules, &batch.rows[i],
				   &cache);
		x.n++;
	}
	if (x.a)
		err = qiao_store_write(c->d->store, decide_all, &x);
	if (err != QIAO_OK)
		store_refused(c, err);
	for (size_t i = 0; i < x.n; i++) {
		if (err == QIAO_OK && batch.rows[i].state == QIAO_IN_SUBMITTING)
			submit(c, &batch.rows[i]);
		else if (err == QIAO_OK && x.a[i].route)
			qiao_bell_ring(&x.a[i].route->peer->bell);
		qiao_accept_fini(&x.a[i]);
	}
	qiao_free(x.a);
	qiao_inbox_batch_free(&batch);
	qiao_accept_cache_clear(&cache);
	qiao_rules_release(rules);
	return err == QIAO_OK;
}

/* What the chain says of one row that was submitted. */
struct outcome {
	struct qiao_chain *c;
	const struct qiao_rules *rules;
	struct qiao_in_row *row;
	enum {
		NOTHING = 0,
		AGAIN,
		COMMITTED,
		CONFLICTS,
		LATER
	} what;
	struct qiao_lookup found;
	struct qiao_buf proof;
	uint64_t height;
};

static void prove_outcome(struct outcome *o)
{
	struct qiao_why why = { "" };
	qiao_err err =
		qiao_host_receipt(o->c->host, &o->proof, &o->row->id, &why);

	if (err == QIAO_OK)
		err = qiao_delivery_prove(o->c, qiao_buf_slice(&o->proof),
					  &o->row->id, &o->row->digest,
					  &o->row->source, NULL, &o->height,
					  &why);
	if (err == QIAO_OK)
		o->what = COMMITTED;
	else if (err == QIAO_E_CONFLICT)
		o->what = CONFLICTS;
	else if (err != QIAO_E_NOTFOUND) /* the follower is not there yet */
		o->what = LATER;
	if (o->what == LATER)
		qiao_log(QIAO_LOG_WARN, "delivery-unproven",
			 "chain=%s err=%s why=\"%s\"", o->c->cfg->name,
			 qiao_errname(err), why.text);
}

struct passes_arg {
	struct outcome *o;
	const struct qiao_route *route;
	const struct qiao_head *head;
	bool passes;
};

static qiao_err look_passes(struct qiao_txn *txn, void *arg)
{
	struct passes_arg *x = arg;

	x->passes = qiao_freeze_passes(txn, x->route, x->o->rules,
				       x->o->row->height, x->head);
	return QIAO_OK;
}

/* Something may be written on our chain for this row. */
static bool may_submit(struct outcome *o)
{
	struct passes_arg x = {
		.o = o,
		.route = qiao_route_in(o->c->d, &o->row->source,
				       &o->row->destination, o->row->peer),
	};
	struct qiao_payload p;

	if (!x.route || !qiao_route_is_frozen(x.route))
		return x.route != NULL;
	if (qiao_payload_parse(&p, o->row->payload, NULL) != QIAO_OK)
		return false;
	x.head = &p.head;
	if (qiao_store_read(o->c->d->store, look_passes, &x) != QIAO_OK)
		x.passes = false;
	qiao_payload_fini(&p);
	return x.passes;
}

static void look(struct outcome *o)
{
	struct qiao_why why = { "" };
	qiao_err err =
		qiao_host_lookup(o->c->host, &o->found, &o->row->id, &why);

	if (err != QIAO_OK) {
		o->what = LATER;
		return;
	}
	switch (o->found.state) {
	case QIAO_LOOKUP_ABSENT:
		/* what is done may be proven, but nothing new is written */
		o->what = may_submit(o) ? AGAIN : LATER;
		break;
	case QIAO_LOOKUP_PENDING:
	case QIAO_LOOKUP_UNKNOWN:
		break;
	case QIAO_LOOKUP_DONE:
		prove_outcome(o);
		break;
	}
	/* a chain that stands still proves nothing new */
	if (o->c->frozen && o->what == NOTHING)
		o->what = LATER;
}

static qiao_err audit_end(const struct outcome *o, struct qiao_txn *txn,
			  int64_t now_ms)
{
	struct qiao_audit_entry e;

	if (o->what == CONFLICTS) {
		qiao_audit_begin(&e, "conflict", now_ms);
		qiao_audit_hash(&e, "other", &o->found.digest);
	} else {
		qiao_audit_begin(&e, "committed", now_ms);
		qiao_audit_str(&e, "chain", o->c->cfg->name);
		qiao_audit_int(&e, "height", (int64_t)o->height);
		qiao_audit_hex(&e, "tx",
			       qiao_slice_of(o->found.tx, o->found.tx_len));
	}
	qiao_audit_hash(&e, "transfer", &o->row->id);
	qiao_audit_hash(&e, "payload", &o->row->digest);
	return qiao_audit_append(&o->c->d->log, txn, &e, &o->row->id, NULL);
}

static qiao_err conclude_one(struct outcome *o, struct qiao_txn *txn)
{
	int64_t now = qiao_now_ms();
	uint32_t random;
	qiao_err err = QIAO_OK;

	switch (o->what) {
	case NOTHING:
		return QIAO_OK;
	case LATER:
		qiao_random(&random, sizeof(random));
		return qiao_inbox_postpone(txn, o->row, now, random);
	case AGAIN:
		return qiao_inbox_move(txn, o->row, QIAO_IN_SUBMITTING,
				       QIAO_IN_EV_SUBMIT, now);
	case COMMITTED:
		o->row->receipt_height = o->height;
		o->row->receipt = qiao_buf_slice(&o->proof);
		o->row->tx = qiao_slice_of(o->found.tx, o->found.tx_len);
		err = qiao_inbox_move(txn, o->row, QIAO_IN_SUBMITTING,
				      QIAO_IN_EV_COMMIT, now);
		return err == QIAO_OK ? audit_end(o, txn, now) : err;
	case CONFLICTS:
		err = qiao_inbox_move(txn, o->row, QIAO_IN_SUBMITTING,
				      QIAO_IN_EV_CONFLICT, now);
		return err == QIAO_OK ? audit_end(o, txn, now) : err;
	}
	return err;
}

struct outcomes {
	struct outcome *o;
	size_t n;
};

static qiao_err conclude_all(struct qiao_txn *txn, void *arg)
{
	struct outcomes *x = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < x->n && err == QIAO_OK; i++)
		err = conclude_one(&x->o[i], txn);
	return err;
}

/* After the commit: what others may hear or do now. */
static void act(struct outcome *o)
{
	struct qiao_route *route = qiao_route_in(
		o->c->d, &o->row->source, &o->row->destination, o->row->peer);
	const struct qiao_slice none = { NULL, 0 };

	if (o->what == AGAIN)
		submit(o->c, o->row);
	if (o->what == CONFLICTS && route)
		qiao_route_freeze(route, none,
				  "our chain has this transfer id with another "
				  "payload");
	if ((o->what == COMMITTED || o->what == CONFLICTS) && route)
		qiao_bell_ring(&route->peer->bell);
}

/* True while rows wait for the chain: then the next look is soon. */
static bool step_submitting(struct qiao_chain *c)
{
	struct qiao_inbox_batch batch;
	struct outcomes x = { .n = 0 };
	struct qiao_rules *rules;
	bool something = false;
	qiao_err err;

	if (!list(c, &batch, QIAO_IN_SUBMITTING))
		return false;
	rules = qiao_rules_take(c->d);
	x.o = qiao_calloc(batch.n, sizeof(*x.o));
	for (size_t i = 0; x.o && i < batch.n; i++) {
		x.o[i].c = c;
		x.o[i].rules = rules;
		x.o[i].row = &batch.rows[i];
		look(&x.o[i]);
		something = something || x.o[i].what != NOTHING;
		x.n++;
	}
	err = something ? qiao_store_write(c->d->store, conclude_all, &x)
			: QIAO_E_STATE;
	for (size_t i = 0; i < x.n; i++) {
		if (err == QIAO_OK)
			act(&x.o[i]);
		qiao_buf_free(&x.o[i].proof);
	}
	qiao_free(x.o);
	qiao_inbox_batch_free(&batch);
	qiao_rules_release(rules);
	if (something && err != QIAO_OK) {
		store_refused(c, err);
		return false; /* not at once: a full disk stays full */
	}
	return true;
}

void *qiao_deliverer(void *chain)
{
	struct qiao_chain *c = chain;

	while (!c->d->stopping) {
		bool taken = step_received(c);
		bool waiting = step_submitting(c);

		if (!taken)
			qiao_bell_wait(&c->bell, waiting ? POLL_MS : IDLE_MS);
	}
	return NULL;
}
