/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that brings accepted transfers onto our chain. What became of a
 * submission the follower sees in the blocks (conclude.h). This thread asks for
 * what it did not see in time: after a restart, for then `submitting` means
 * unknown, and when a submission was lost.
 */
#include "gateway/daemon/threads.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/accept.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/conclude.h"
#include "gateway/daemon/freeze.h"

#include <string.h>

#define BATCH   128
#define IDLE_MS 1000

static void store_refused(const struct qiao_chain *c, const char *what,
			  qiao_err err)
{
	qiao_store_refused("chain", c->cfg->name, what, err);
}

/* The others of its batch go on; this one waits by back-off. */
static qiao_err set_aside(struct qiao_chain *c, struct qiao_txn *txn,
			  const struct qiao_in_row *row, qiao_err why)
{
	struct qiao_in_row later = *row;
	char id[QIAO_HEX_LEN(32)];
	uint32_t random;

	qiao_log(QIAO_LOG_ERROR, "row-failed",
		 "chain=%s transfer=%s err=%s why=\"this transfer could not be "
		 "brought on; it alone waits and is tried again\"",
		 c->cfg->name, qiao_hex_encode(id, qiao_slice_hash(&row->id)),
		 qiao_errname(why));
	qiao_random(&random, sizeof(random));
	return qiao_inbox_postpone(txn, &later, qiao_now_ms(), random);
}

struct list_arg {
	struct qiao_inbox_batch *batch;
	const struct qiao_hash *destination;
	enum qiao_in_state state;
	int64_t now_ms;
};

static qiao_err list_rows(struct qiao_txn *txn, void *arg)
{
	struct list_arg *a = arg;

	return qiao_inbox_list(txn, a->batch, a->destination, a->state,
			       a->now_ms, BATCH);
}

/* Rows that are due at this time. */
static bool list(struct qiao_chain *c, struct qiao_inbox_batch *batch,
		 enum qiao_in_state state, int64_t now_ms)
{
	struct list_arg a = { batch, &c->identity, state, now_ms };

	*batch = (struct qiao_inbox_batch){ .n = 0 };
	if (qiao_store_read(c->d->store, list_rows, &a) == QIAO_OK &&
	    batch->n > 0)
		return true;
	qiao_inbox_batch_free(batch); /* also one without rows holds memory */
	return false;
}

/* Rows whose submission is due now, and what the adapter says of each. */
struct handover {
	struct qiao_chain *c;
	size_t n;
	struct qiao_in_row *row[BATCH];
	struct qiao_submission s[BATCH];
	qiao_err result[BATCH];
};

static void hand_over(struct handover *h, struct qiao_in_row *row)
{
	h->row[h->n] = row;
	h->s[h->n++] = (struct qiao_submission){ .kind = "deliver",
						 .id = row->id,
						 .digest = row->digest,
						 .source = row->source,
						 .payload = row->payload };
}

/* What was not taken is looked up again sooner than what was. */
static qiao_err postpone_failed(struct qiao_txn *txn, void *arg)
{
	const struct handover *h = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < h->n && err == QIAO_OK; i++) {
		uint32_t random;

		if (h->result[i] == QIAO_OK)
			continue;
		qiao_random(&random, sizeof(random));
		err = qiao_inbox_postpone(txn, h->row[i], qiao_now_ms(),
					  random);
		if (err == QIAO_E_STATE) /* its block was seen meanwhile */
			err = QIAO_OK;
	}
	return err;
}

/* Whatever the adapter says: only a lookup and a proof move a row. */
static void submit(struct handover *h)
{
	struct qiao_chain *c = h->c;
	struct qiao_why why = { "" };
	qiao_err err = h->n == 0 ? QIAO_OK
				 : qiao_host_submit(c->host, h->result, h->s,
						    h->n, &why);

	if (err == QIAO_OK)
		return;
	qiao_log(QIAO_LOG_WARN, "submit-failed", "chain=%s err=%s why=\"%s\"",
		 c->cfg->name, qiao_errname(err), why.text);
	err = qiao_store_write(c->d->store, postpone_failed, h);
	if (err != QIAO_OK)
		store_refused(c, "failed submissions", err);
}

/* All rows of a batch at once; if one fails by itself, each apart. */
static qiao_err write_rows(struct qiao_chain *c, qiao_txn_fn fn, void *arg,
			   bool *apart)
{
	qiao_err err = qiao_store_write(c->d->store, fn, arg);

	if (err == QIAO_OK || qiao_store_ails(err))
		return err;
	*apart = true;
	return qiao_store_write(c->d->store, fn, arg);
}

struct accept_arg {
	struct qiao_chain *c;
	struct qiao_accept *a;
	struct qiao_in_row *before; /* of each */
	size_t n, at;
	bool apart;
};

static qiao_err decide_one(struct qiao_txn *txn, void *arg)
{
	struct accept_arg *x = arg;

	return qiao_accept_decide(&x->a[x->at], txn, qiao_now_ms());
}

static qiao_err decide_apart(struct qiao_txn *txn, struct accept_arg *x)
{
	struct qiao_in_row *row = x->a[x->at].row;
	qiao_err result, err = qiao_store_try(txn, &result, decide_one, x);

	if (err != QIAO_OK || result == QIAO_OK)
		return err;
	*row = x->before[x->at];
	return set_aside(x->c, txn, row, result);
}

static qiao_err decide_all(struct qiao_txn *txn, void *arg)
{
	struct accept_arg *x = arg;
	qiao_err err = QIAO_OK;

	for (x->at = 0; x->at < x->n && err == QIAO_OK; x->at++) {
		*x->a[x->at].row = x->before[x->at];
		err = x->apart ? decide_apart(txn, x) : decide_one(txn, x);
	}
	return err;
}

/* After the commit: what is to be submitted, and who hears of an end. */
static void act(struct accept_arg *x)
{
	struct handover *h = qiao_calloc(1, sizeof(*h));

	for (size_t i = 0; h && i < x->n; i++) {
		struct qiao_accept *a = &x->a[i];

		if (a->row->state == QIAO_IN_SUBMITTING)
			hand_over(h, a->row);
		else if (a->route)
			qiao_bell_ring(&a->route->peer->bell);
	}
	if (h) {
		h->c = x->c;
		submit(h); /* else they are looked up in time */
	}
	qiao_free(h);
}

/* received -> verified, decided, and at once `submitting` when accepted */
static bool step_received(struct qiao_chain *c)
{
	struct qiao_accept_cache cache = { .found = { .n = 0 } };
	struct qiao_rules *rules = qiao_rules_take(c->d);
	struct qiao_inbox_batch batch;
	struct accept_arg x = { .c = c };
	qiao_err err = QIAO_E_NOMEM;

	if (!list(c, &batch, QIAO_IN_RECEIVED, qiao_now_ms())) {
		qiao_rules_release(rules);
		return false;
	}
	x.a = qiao_calloc(batch.n, sizeof(*x.a));
	x.before = qiao_calloc(batch.n, sizeof(*x.before));
	for (size_t i = 0; x.a && x.before && i < batch.n; i++) {
		qiao_accept_verify(&x.a[i], c->d, rules, &batch.rows[i],
				   &cache);
		x.before[i] = batch.rows[i];
		x.n++;
	}
	if (x.n > 0)
		err = write_rows(c, decide_all, &x, &x.apart);
	if (err == QIAO_OK)
		act(&x);
	else
		store_refused(c, "decisions on received transfers", err);
	for (size_t i = 0; i < x.n; i++)
		qiao_accept_fini(&x.a[i]);
	qiao_free(x.a);
	qiao_free(x.before);
	qiao_inbox_batch_free(&batch);
	qiao_accept_cache_clear(&cache);
	qiao_rules_release(rules);
	return err == QIAO_OK;
}

/* What the chain says of one row that was submitted. */
struct outcome {
	struct qiao_chain *c;
	const struct qiao_rules *rules;
	struct qiao_in_row *row, before;
	enum {
		LATER = 0,
		AGAIN,
		SHOWN,
		GONE
	} what;
	struct qiao_statements found; /* SHOWN */
	const struct qiao_statement *s;
	struct qiao_buf proof;
};

/* Without a delivery under the id o->s is NULL. */
static qiao_err prove(struct outcome *o, struct qiao_why *why)
{
	struct qiao_chain *c = o->c;
	struct qiao_overlay overlay = { c->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err;

	pthread_mutex_lock(&c->lock);
	err = qiao_statements_prove(&o->found, c, NULL, &view,
				    qiao_buf_slice(&o->proof), none, why);
	pthread_mutex_unlock(&c->lock);
	qiao_overlay_free(&overlay);
	if (err == QIAO_OK)
		o->s = qiao_delivery_find(&o->found, &o->row->id);
	return err;
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

/* False: the adapter is not well, so the next rows need not be asked for. */
static bool fetch_proof(struct outcome *o)
{
	struct qiao_why why = { "" };
	qiao_err asked =
		qiao_host_receipt(o->c->host, &o->proof, &o->row->id, &why);
	qiao_err err = asked == QIAO_OK ? prove(o, &why) : asked;

	if (err == QIAO_OK && o->s)
		o->what = SHOWN;
	else if (err == QIAO_OK) /* something else stands under this id */
		o->what = may_submit(o) ? AGAIN : LATER;
	else if (err != QIAO_E_NOTFOUND) /* the follower is not there yet */
		qiao_log(QIAO_LOG_WARN, "delivery-unproven",
			 "chain=%s err=%s why=\"%s\"", o->c->cfg->name,
			 qiao_errname(err), why.text);
	return asked == QIAO_OK || asked == QIAO_E_NOTFOUND;
}

/* The adapter's word decides what is asked next, never how a row ends. */
static bool look(struct outcome *o)
{
	struct qiao_lookup found;

	if (qiao_host_lookup(o->c->host, &found, &o->row->id, NULL) != QIAO_OK)
		return false;
	switch (found.state) {
	case QIAO_LOOKUP_ABSENT:
		/* what is done may be proven, but nothing new is written */
		if (may_submit(o))
			o->what = AGAIN;
		return true;
	case QIAO_LOOKUP_PENDING:
	case QIAO_LOOKUP_UNKNOWN:
		return true;
	case QIAO_LOOKUP_DONE:
		return fetch_proof(o);
	}
	return true;
}

struct outcomes {
	struct qiao_chain *c;
	struct outcome *o;
	size_t n, at;
	bool apart;
	struct qiao_concluded concluded;
};

static qiao_err conclude_one(struct qiao_txn *txn, void *arg)
{
	struct outcomes *x = arg;
	struct outcome *o = &x->o[x->at];
	struct qiao_commit_proof proof = { .bytes = qiao_buf_slice(&o->proof) };
	int64_t now = qiao_now_ms();
	uint32_t random;

	switch (o->what) {
	case LATER:
		qiao_random(&random, sizeof(random));
		return qiao_inbox_postpone(txn, o->row, now, random);
	case AGAIN:
		return qiao_inbox_move(txn, o->row, QIAO_IN_SUBMITTING,
				       QIAO_IN_EV_SUBMIT, now);
	case SHOWN:
		return qiao_conclude_row(&x->concluded, o->c, txn, o->row, o->s,
					 &proof);
	case GONE:
		break;
	}
	return QIAO_OK;
}

static qiao_err conclude_apart(struct qiao_txn *txn, struct outcomes *x)
{
	struct outcome *o = &x->o[x->at];
	qiao_err result, err = qiao_store_try(txn, &result, conclude_one, x);

	if (err != QIAO_OK || result == QIAO_OK)
		return err;
	*o->row = o->before;
	o->what = GONE;
	if (result == QIAO_E_STATE) /* the follower was first */
		return QIAO_OK;
	return set_aside(x->c, txn, o->row, result);
}

static qiao_err conclude_all(struct qiao_txn *txn, void *arg)
{
	struct outcomes *x = arg;
	qiao_err err = QIAO_OK;

	x->concluded = (struct qiao_concluded){ .ended = { false } };
	for (x->at = 0; x->at < x->n && err == QIAO_OK; x->at++) {
		*x->o[x->at].row = x->o[x->at].before;
		err = x->apart ? conclude_apart(txn, x) : conclude_one(txn, x);
	}
	return err;
}

static qiao_err conclude(struct outcomes *x)
{
	struct handover *h = qiao_calloc(1, sizeof(*h));
	qiao_err err =
		h ? write_rows(x->c, conclude_all, x, &x->apart) : QIAO_E_NOMEM;

	if (err == QIAO_OK) {
		qiao_concluded_act(&x->concluded, x->c->d);
		h->c = x->c;
		for (size_t i = 0; i < x->n; i++)
			if (x->o[i].what == AGAIN)
				hand_over(h, x->o[i].row);
		submit(h);
	} else {
		store_refused(x->c, "outcomes of submissions", err);
	}
	qiao_free(h);
	return err;
}

/* Rows that no block has shown in time. True: there may be more. */
static bool step_submitting(struct qiao_chain *c)
{
	struct outcomes x = { .c = c };
	struct qiao_inbox_batch batch;
	struct qiao_rules *rules;
	bool well = true, more;
	qiao_err err = QIAO_OK;

	if (!list(c, &batch, QIAO_IN_SUBMITTING, qiao_now_ms()))
		return false;
	more = batch.n == BATCH;
	rules = qiao_rules_take(c->d);
	x.o = qiao_calloc(batch.n, sizeof(*x.o));
	for (size_t i = 0; x.o && well && i < batch.n; i++) {
		x.o[i].c = c;
		x.o[i].rules = rules;
		x.o[i].row = &batch.rows[i];
		x.o[i].before = batch.rows[i];
		well = look(&x.o[i]);
		x.n++;
	}
	if (x.n > 0)
		err = conclude(&x);
	for (size_t i = 0; i < x.n; i++) {
		qiao_statements_free(&x.o[i].found);
		qiao_buf_free(&x.o[i].proof);
	}
	qiao_free(x.o);
	qiao_inbox_batch_free(&batch);
	qiao_rules_release(rules);
	return more && well && err == QIAO_OK;
}

/* What the process before us submitted is unknown: it is due at once. */
static qiao_err wake_submitting(struct qiao_txn *txn, void *arg)
{
	const struct qiao_chain *c = arg;

	return qiao_store_in_wake(txn, &c->identity, QIAO_IN_SUBMITTING);
}

void *qiao_deliverer(void *chain)
{
	struct qiao_chain *c = chain;
	qiao_err err = qiao_store_write(c->d->store, wake_submitting, c);

	if (err != QIAO_OK) /* they become due by themselves */
		store_refused(c, "submissions of the last run", err);
	while (!c->d->stopping) {
		bool taken = step_received(c), more = step_submitting(c);

		if (!taken && !more)
			qiao_bell_wait(&c->bell, IDLE_MS);
	}
	return NULL;
}
