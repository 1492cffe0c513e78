/* SPDX-License-Identifier: Apache-2.0 */
/* Making blocks: one thread, one block after the other. */
#include "adapters/inhouse/ledger/state.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_MS 1000 /* after a full disk */

struct draft {
	struct qiao_inhouse_header h;
	struct qiao_buf header, claim;
	struct qiao_hash hash;
	struct qiao_slice next_set;  /* empty: unchanged */
	struct qiao_slice set_above; /* signs the header above */
	struct qiao_ledger_entry *const *entries;
	size_t n;
};

static qiao_err draft_write(struct qiao_txn *txn, void *arg)
{
	const struct draft *d = arg;
	const struct qiao_ledger_block_row block = {
		.height = d->h.height,
		.hash = d->hash,
		.time_ms = d->h.time_ms,
		.claim = qiao_buf_slice(&d->claim),
		.next_set = d->set_above,
	};
	qiao_err err = qiao_store_ledger_block_put(txn, &block);

	for (size_t i = 0; i < d->n && err == QIAO_OK; i++) {
		const struct qiao_ledger_entry *e = d->entries[i];
		const struct qiao_ledger_leaf_row row = {
			.height = d->h.height,
			.index = (uint32_t)i,
			.kind = (unsigned int)e->kind,
			.id = e->id,
			.digest = e->digest,
			.submitter = e->submitter,
			.hash = e->hash,
			.leaf = qiao_buf_slice(&e->leaf),
			.opening = qiao_buf_slice(&e->opening),
		};

		err = qiao_store_ledger_leaf_put(txn, &row);
	}
	return err;
}

static qiao_err root_make(struct draft *d)
{
	struct qiao_hash *leaves = qiao_calloc(d->n, sizeof(*leaves));

	if (!leaves)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < d->n; i++)
		leaves[i] = d->entries[i]->hash;
	qiao_merkle_root(&d->h.root, leaves, d->n);
	d->h.leaves = d->n;
	qiao_free(leaves);
	return QIAO_OK;
}

/* Encode, hash, sign: docs/wire.md 8.2. */
static qiao_err draft_sign(struct draft *d, const struct qiao_ledger_set *set)
{
	struct qiao_inhouse_sig *sigs = qiao_calloc(set->n, sizeof(*sigs));
	qiao_err err = QIAO_E_NOMEM;

	if (!sigs)
		return err;
	qiao_buf_clear(&d->header);
	qiao_buf_clear(&d->claim);
	qiao_inhouse_header_put(&d->header, &d->h);
	err = d->header.err;
	if (err == QIAO_OK)
		err = qiao_ledger_set_sign(set, sigs,
					   qiao_buf_slice(&d->header));
	if (err == QIAO_OK) {
		qiao_sha256_tagged(&d->hash, QIAO_INHOUSE_HEADER_TAG,
				   qiao_buf_slice(&d->header));
		qiao_inhouse_claim_put(&d->claim, qiao_buf_slice(&d->header),
				       sigs, set->n, d->next_set);
		err = d->claim.err;
	}
	qiao_free(sigs);
	return err;
}

/* The same block a millisecond later: what an honest validator never signs. */
static qiao_err second_sign(const struct draft *d,
			    const struct qiao_ledger_set *set,
			    struct qiao_buf *out)
{
	struct draft other = { .h = d->h, .next_set = d->next_set };
	qiao_err err;

	other.h.time_ms++;
	err = draft_sign(&other, set);
	if (err == QIAO_OK) {
		qiao_buf_put(out, qiao_buf_slice(&other.claim));
		err = out->err;
	}
	qiao_buf_free(&other.header);
	qiao_buf_free(&other.claim);
	return err;
}

static void header_fill(struct draft *d, const struct qiao_ledger *l,
			const struct qiao_ledger_set *next)
{
	int64_t now = qiao_now_ms();

	d->h.chain = l->cfg->chain;
	d->h.height = l->height + 1;
	d->h.prev = l->hash;
	/* a clock that was set back makes no chain that runs back */
	d->h.time_ms = now > l->time_ms ? now : l->time_ms;
	d->h.set = l->set->hash;
	d->h.next_set = next ? next->hash : l->set->hash;
	d->set_above = qiao_buf_slice(next ? &next->bytes : &l->set->bytes);
	if (next)
		d->next_set = qiao_buf_slice(&next->bytes);
}

qiao_err qiao_ledger_block(struct qiao_ledger *l,
			   struct qiao_ledger_entry *const *entries, size_t n,
			   const struct qiao_ledger_set *next,
			   struct qiao_buf *second)
{
	struct draft d = { .entries = entries, .n = n };
	qiao_err err = root_make(&d);

	header_fill(&d, l, next);
	if (err == QIAO_OK)
		err = draft_sign(&d, l->set);
	if (err == QIAO_OK && second)
		err = second_sign(&d, l->set, second);
	if (err == QIAO_OK)
		err = qiao_store_write(l->store, draft_write, &d);
	if (err == QIAO_OK) {
		l->hash = d.hash;
		l->time_ms = d.h.time_ms;
	}
	qiao_buf_free(&d.header);
	qiao_buf_free(&d.claim);
	return err;
}

struct timespec qiao_ledger_deadline(unsigned int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static bool is_busy(const struct qiao_ledger *l)
{
	return l->n > 0 || (l->rotation.asked && !l->rotation.done);
}

/* Under the lock: wait until a block is due. False: stop. */
static bool work_wait(struct qiao_ledger *l)
{
	struct timespec idle = qiao_ledger_deadline(l->cfg->idle_ms);
	int rc = 0;

	while (!l->stop && !is_busy(l) && rc == 0) {
		if (l->cfg->idle_ms)
			rc = pthread_cond_timedwait(&l->work, &l->lock, &idle);
		else
			pthread_cond_wait(&l->work, &l->lock);
	}
	rc = 0;
	while (!l->stop && is_busy(l) && l->n < l->cfg->block_leaves && rc == 0)
		rc = pthread_cond_timedwait(&l->work, &l->lock, &l->window);
	l->window = qiao_ledger_deadline(l->cfg->block_ms);
	return !l->stop;
}

/* How many of those that wait fit into one block. */
static size_t fitting(const struct qiao_ledger *l)
{
	size_t bytes = 0, n = 0;

	while (n < l->n && n < l->cfg->block_leaves) {
		/* length prefixes and a nil opening: 16 are enough */
		bytes += l->pool[n]->leaf.n + l->pool[n]->opening.n + 16;
		if (n > 0 && bytes > l->cfg->block_bytes)
			break;
		n++;
	}
	return n;
}

/* Under the lock again: the block is on the disk, now it may be told. */
static void publish(struct qiao_ledger *l, size_t n,
		    struct qiao_ledger_set *next)
{
	for (size_t i = 0; i < n; i++)
		qiao_ledger_entry_free(l->pool[i]);
	memmove(l->pool, l->pool + n, (l->n - n) * sizeof(l->pool[0]));
	l->n -= n;
	l->height++;
	if (next) {
		qiao_ledger_set_free(l->set);
		l->set = next;
		l->rotation.next = NULL;
		l->rotation.done = true;
		l->rotation.height = l->height;
	}
	pthread_cond_broadcast(&l->made);
}

/* A disk that is full may be emptied; after anything else nobody knows. */
static void trouble(struct qiao_ledger *l, qiao_err err)
{
	qiao_log(QIAO_LOG_ERROR, "block-failed", "height=%llu why=\"%s\"",
		 (unsigned long long)l->height + 1, qiao_strerror(err));
	if (err == QIAO_E_FULL || err == QIAO_E_NOMEM) {
		struct timespec t = qiao_ledger_deadline(AGAIN_MS);

		if (!l->stop)
			pthread_cond_timedwait(&l->work, &l->lock, &t);
		return;
	}
	l->failed = l->stop = true;
	pthread_cond_broadcast(&l->made);
	kill(getpid(), SIGTERM);
}

static void one_block(struct qiao_ledger *l)
{
	size_t n = fitting(l);
	struct qiao_ledger_set *next =
		l->rotation.done ? NULL : l->rotation.next;
	bool twice = l->cfg->test_equivocate == l->height + 1;
	qiao_err err;

	/* the first n entries stay where they are: only we remove any */
	if (twice)
		qiao_buf_clear(&l->second);
	pthread_mutex_unlock(&l->lock);
	err = qiao_ledger_block(l, l->pool, n, next, twice ? &l->second : NULL);
	pthread_mutex_lock(&l->lock);
	if (err == QIAO_OK)
		publish(l, n, next);
	else
		trouble(l, err);
}

void *qiao_ledger_make(void *arg)
{
	struct qiao_ledger *l = arg;

	pthread_mutex_lock(&l->lock);
	while (work_wait(l))
		one_block(l);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}
