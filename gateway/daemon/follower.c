/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that follows one chain through its adapter: look, fetch, verify,
 * decide, queue, and see our own deliveries. Blocks, what the light client
 * remembers, decisions and the outbox are one transaction; the next height is
 * where the light client stands, so nothing can be skipped and a crash repeats
 * a block from its beginning.
 */
#include "gateway/daemon/threads.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/conclude.h"
#include "gateway/daemon/release.h"

#include <inttypes.h>
#include <string.h>

#define COPIES_MAX  9   /* refused in a row: more than an adapter has nodes */
#define LOOK_MS     500 /* how long an adapter may wait for a new block */
#define PAUSE_MS    200 /* after a failure */
#define FETCH_BYTES (QIAO_ADAPTER_MSG_MAX - QIAO_KIB(64))

struct batch {
	struct qiao_chain *c;
	struct qiao_rules *rules;
	struct qiao_buf bytes;
	size_t n;
	struct qiao_bundle bundle[QIAO_HEADERS_PER_BATCH_MAX];
	struct qiao_slice claim[QIAO_HEADERS_PER_BATCH_MAX];
	struct qiao_statements said[QIAO_HEADERS_PER_BATCH_MAX];
	struct qiao_accepted accepted;
	bool recorded;
	struct qiao_concluded concluded;
	bool apart; /* one row failed: each under its own savepoint */
};

static struct qiao_slice proof_of(const struct qiao_bundle *b)
{
	return b->proof.n > 0 ? b->proof : b->claim;
}

static void forget(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		qiao_statements_free(&b->said[i]);
	qiao_accepted_fini(&b->accepted);
}

/*
 * Headers, then what stands in their blocks. Lock held. On failure *bad is the
 * first block that is not good; nothing changed.
 */
static qiao_err verify(struct batch *b, size_t n, size_t *bad,
		       struct qiao_why *why)
{
	struct qiao_view view;
	qiao_err err =
		qiao_chain_advance(&b->accepted, b->c, b->claim, n, bad, why);

	if (err != QIAO_OK)
		return err;
	view = qiao_overlay_view(&b->accepted.overlay);
	for (size_t i = 0; i < n; i++) {
		err = qiao_statements_prove(&b->said[i], b->c, b->rules, &view,
					    proof_of(&b->bundle[i]),
					    b->bundle[i].openings, why);
		if (err != QIAO_OK) {
			*bad = i;
			qiao_chain_reopen(b->c, NULL);
			return err;
		}
	}
	return QIAO_OK;
}

static qiao_err write_batch(struct qiao_txn *txn, void *arg)
{
	struct batch *b = arg;
	qiao_err err = qiao_accepted_write(&b->accepted, txn);

	b->concluded = (struct qiao_concluded){ .apart = b->apart };
	for (size_t i = 0; i < b->accepted.n && err == QIAO_OK; i++) {
		struct qiao_release r = { .d = b->c->d,
					  .chain = b->c,
					  .rules = b->rules,
					  .s = b->said[i].s,
					  .n = b->said[i].n,
					  .proof = proof_of(&b->bundle[i]),
					  .recorded = b->recorded,
					  .now_ms = b->accepted.now_ms };

		err = qiao_release_block(&r, txn);
		if (err == QIAO_OK)
			err = qiao_conclude_block(&b->concluded, b->c, txn,
						  &b->said[i], r.proof);
	}
	return err;
}

static void wake(struct batch *b)
{
	for (size_t i = 0; i < b->c->d->n_links; i++)
		qiao_bell_ring(&b->c->d->links[i].bell); /* new headers */
	qiao_concluded_act(&b->concluded, b->c->d);
}

/* The proof age of decisions counts from this acceptance. Lock held. */
static qiao_err commit(struct batch *b)
{
	int64_t before = b->c->accepted_ms, mono = b->c->accepted_mono;
	qiao_err err;

	qiao_chain_note_accepted(b->c, b->accepted.now_ms);
	err = qiao_store_write(b->c->d->store, write_batch, b);
	if (err != QIAO_OK && !qiao_store_ails(err)) {
		b->apart = true; /* one row must not stop a chain */
		err = qiao_store_write(b->c->d->store, write_batch, b);
	}
	if (err == QIAO_OK) {
		qiao_accepted_done(&b->accepted);
		return QIAO_OK;
	}
	b->c->accepted_ms = before;
	b->c->accepted_mono = mono;
	qiao_chain_reopen(b->c, NULL);
	qiao_store_refused("chain", b->c->cfg->name, "blocks", err);
	return err;
}

/* What the node shows for our newest height, against what we accepted. */
static void look_for_fork(struct qiao_chain *c)
{
	struct qiao_bundle *bundle =
		qiao_calloc(QIAO_HEADERS_PER_BATCH_MAX, sizeof(*bundle));
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_why why;
	struct qiao_slice claims[QIAO_HEADERS_PER_BATCH_MAX];
	bool differs;
	size_t n;

	/* a node gives as many as it has; only the anchor: nothing to compare
	 */
	if (bundle && c->next >= 2 &&
	    qiao_host_fetch(c->host, &bytes, bundle, &n,
			    QIAO_HEADERS_PER_BATCH_MAX, c->next - 1,
			    FETCH_BYTES, &why) == QIAO_OK &&
	    n > 0) {
		for (size_t i = 0; i < n; i++)
			claims[i] = bundle[i].claim;
		pthread_mutex_lock(&c->lock);
		qiao_chain_compare(c, &differs, bundle[0].height, claims, n);
		pthread_mutex_unlock(&c->lock);
	}
	qiao_buf_free(&bytes);
	qiao_free(bundle);
}

/*
 * A bad copy is a reason to ask another node, and the adapter remembers which
 * ones it asked. Only when none of them is good is the adapter to blame.
 */
static void doubt(struct qiao_chain *c, qiao_err refusal,
		  const struct qiao_why *why)
{
	if (++c->refusals < COPIES_MAX)
		return;
	c->refusals = 0;
	qiao_host_doubt(c->host, refusal, why);
}

/* The good ones before a bad one are taken; the bad one is asked for again. */
static bool take(struct batch *b)
{
	struct qiao_chain *c = b->c;
	struct qiao_why why = { "" };
	size_t bad = 0;
	qiao_err err, refusal;

	pthread_mutex_lock(&c->lock);
	refusal = verify(b, b->n, &bad, &why);
	err = refusal;
	for (size_t n = b->n, end = bad;
	     err != QIAO_OK && err != QIAO_E_IO && end > 0 && end < n;) {
		struct qiao_why again; /* `bad` is still to be named below */

		forget(b);
		n = end;
		err = verify(b, n, &end, &again);
	}
	if (err == QIAO_OK)
		err = commit(b);
	pthread_mutex_unlock(&c->lock);
	if (err == QIAO_OK)
		wake(b);
	if (refusal != QIAO_OK && refusal != QIAO_E_IO && bad < b->n)
		qiao_chain_refused(c, b->bundle[bad].height, b->claim[bad],
				   refusal, &why);
	if (refusal == QIAO_E_LINK && bad == 0)
		look_for_fork(c);
	if (refusal != QIAO_OK && refusal != QIAO_E_IO &&
	    refusal != QIAO_E_NOMEM)
		doubt(c, refusal, &why);
	else if (err == QIAO_OK)
		c->refusals = 0;
	return refusal == QIAO_OK && err == QIAO_OK;
}

static bool fetch(struct batch *b, struct qiao_why *why)
{
	struct qiao_chain *c = b->c;

	if (qiao_host_fetch(c->host, &b->bytes, b->bundle, &b->n,
			    QIAO_HEADERS_PER_BATCH_MAX, c->next, FETCH_BYTES,
			    why) != QIAO_OK)
		return false;
	for (size_t i = 0; i < b->n; i++)
		b->claim[i] = b->bundle[i].claim;
	if (b->n == 0) {
		qiao_fail(why, QIAO_E_NOTFOUND,
			  "no block %" PRIu64 " in its answer, although it "
			  "says there is one",
			  (uint64_t)c->next);
		qiao_host_doubt(c->host, QIAO_E_NOTFOUND, why);
	}
	return b->n > 0;
}

static bool is_recorded(struct qiao_chain *c)
{
	struct qiao_host_status s;

	qiao_host_status(c->host, &s);
	return strcmp(s.origin, "live") != 0;
}

/* False: nothing could be done now. */
static bool step(struct qiao_chain *c, struct batch *b)
{
	struct qiao_why why = { "" };
	uint64_t height = 0;
	bool done = false;

	if (qiao_host_head(c->host, &height, c->next, LOOK_MS, &why) != QIAO_OK)
		return false;
	if (height <= c->next)
		return true;
	memset(b, 0, sizeof(*b));
	b->c = c;
	b->recorded = is_recorded(c);
	b->rules = qiao_rules_take(c->d);
	if (fetch(b, &why))
		done = take(b);
	forget(b);
	qiao_rules_release(b->rules);
	qiao_buf_free(&b->bytes);
	return done;
}

void *qiao_follower(void *chain)
{
	struct qiao_chain *c = chain;
	struct batch *b = qiao_malloc(sizeof(*b));

	while (b && !c->d->stopping) {
		if (c->frozen)
			qiao_sleep_ms(LOOK_MS);
		else if (!step(c, b))
			qiao_sleep_ms(PAUSE_MS);
	}
	qiao_free(b);
	return NULL;
}
