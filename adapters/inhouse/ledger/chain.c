/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/chain.h"

#include "adapters/inhouse/ledger/state.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static qiao_err store_open(struct qiao_ledger *l, const char *dir,
			   struct qiao_why *why)
{
	const struct qiao_store_options options = {
		.schema = &qiao_schema_ledger,
	};
	char path[QIAO_PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/ledger.db", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "folder name %s is too long", dir);
	memcpy(l->dir, dir, strlen(dir) + 1);
	return qiao_store_open(&l->store, path, &options, why);
}

/* Waiting is measured by a clock that nobody sets. */
static qiao_err cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc == 0)
		rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
	return rc == 0 ? QIAO_OK : QIAO_E_NOMEM;
}

static qiao_err ledger_new(struct qiao_ledger **out, const char *dir,
			   const struct qiao_ledger_config *cfg,
			   struct qiao_why *why)
{
	struct qiao_ledger *l = qiao_calloc(1, sizeof(*l));
	qiao_err err;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	l->cfg = cfg;
	if (pthread_mutex_init(&l->lock, NULL) != 0 ||
	    cond_init(&l->work) != QIAO_OK || cond_init(&l->made) != QIAO_OK) {
		qiao_free(l);
		return QIAO_E_NOMEM;
	}
	err = store_open(l, dir, why);
	if (err == QIAO_OK)
		*out = l;
	else
		qiao_ledger_close(l);
	return err;
}

void qiao_ledger_close(struct qiao_ledger *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_broadcast(&l->work);
	pthread_cond_broadcast(&l->made);
	pthread_mutex_unlock(&l->lock);
	if (l->has_maker)
		pthread_join(l->maker, NULL);
	for (size_t i = 0; i < l->n; i++)
		qiao_ledger_entry_free(l->pool[i]);
	qiao_ledger_set_free(l->set);
	qiao_ledger_set_free(l->rotation.next);
	qiao_buf_free(&l->second);
	qiao_store_close(l->store);
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->made);
	pthread_mutex_destroy(&l->lock);
	qiao_free(l);
}

struct head_read {
	struct qiao_ledger_block_row row;
	struct qiao_buf set;
};

static qiao_err head_read(struct qiao_txn *txn, void *arg)
{
	struct head_read *h = arg;

	return qiao_store_ledger_head(txn, &h->row, &h->set);
}

static void hex_line(struct qiao_buf *out, const char *name,
		     struct qiao_slice bytes)
{
	char two[QIAO_HEX_LEN(1)];

	qiao_buf_printf(out, "%s = \"", name);
	for (size_t i = 0; i < bytes.n; i++)
		qiao_buf_put_str(
			out,
			qiao_hex_encode(two, qiao_slice_of(bytes.p + i, 1)));
	qiao_buf_put_str(out, "\";\n");
}

/* The header of block 0 is the first element of its claim. */
static qiao_err anchor_print(struct qiao_ledger *l, struct qiao_buf *out)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_slice header = { NULL, 0 };
	struct qiao_mp m;
	qiao_err err = qiao_ledger_claim(l, &claim, 0);

	if (err == QIAO_OK)
		err = qiao_mp_open(&m, qiao_buf_slice(&claim));
	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 3);
		header = qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX);
		qiao_buf_put_str(out, "# trust anchor; compare the fingerprint "
				      "with the chain's operator\n");
		qiao_buf_put_str(out, "family = \"quorum\";\n");
		qiao_buf_printf(out, "chain = \"%s\";\n", l->cfg->chain);
		hex_line(out, "genesis", header);
		hex_line(out, "set", qiao_buf_slice(&l->set->bytes));
		hex_line(out, "fingerprint", qiao_slice_hash(&l->hash));
		err = m.r.err != QIAO_OK ? m.r.err : out->err;
	}
	qiao_buf_free(&claim);
	return err;
}

qiao_err qiao_ledger_create(struct qiao_buf *anchor, const char *dir,
			    const struct qiao_ledger_config *cfg,
			    size_t validators, struct qiao_why *why)
{
	struct head_read h = { .set = { .max = 0 } };
	struct qiao_ledger *l;
	qiao_err err = ledger_new(&l, dir, cfg, why);

	if (err != QIAO_OK)
		return err;
	err = qiao_store_read(l->store, head_read, &h);
	if (err == QIAO_OK)
		err = qiao_fail(why, QIAO_E_EXISTS,
				"%s/ledger.db holds a chain already", dir);
	else if (err == QIAO_E_NOTFOUND)
		err = qiao_ledger_set_new(&l->set, dir, validators, why);
	if (err == QIAO_OK) {
		l->height = UINT64_MAX; /* the one below block 0 */
		err = qiao_ledger_block(l, NULL, 0, NULL, NULL);
	}
	if (err == QIAO_OK)
		err = anchor_print(l, anchor);
	qiao_buf_free(&h.set);
	qiao_ledger_close(l);
	return err;
}

static qiao_err resume(struct qiao_ledger *l, struct qiao_why *why)
{
	struct head_read h = { .set = { .max = 0 } };
	qiao_err err = qiao_store_read(l->store, head_read, &h);

	if (err == QIAO_E_NOTFOUND)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"%s holds no chain: `qiao-ledger init` makes "
				"one",
				l->dir);
	if (err == QIAO_OK) {
		l->height = h.row.height;
		l->hash = h.row.hash;
		l->time_ms = h.row.time_ms;
		err = qiao_ledger_set_load(&l->set, l->dir,
					   qiao_buf_slice(&h.set), why);
	}
	qiao_buf_free(&h.set);
	return err;
}

qiao_err qiao_ledger_open(struct qiao_ledger **out, const char *dir,
			  const struct qiao_ledger_config *cfg,
			  struct qiao_why *why)
{
	struct qiao_ledger *l;
	qiao_err err = ledger_new(&l, dir, cfg, why);

	*out = NULL;
	if (err != QIAO_OK)
		return err;
	err = resume(l, why);
	if (err == QIAO_OK &&
	    pthread_create(&l->maker, NULL, qiao_ledger_make, l) != 0)
		err = QIAO_E_NOMEM;
	if (err != QIAO_OK) {
		qiao_ledger_close(l);
		return err;
	}
	l->has_maker = true;
	*out = l;
	return QIAO_OK;
}

const struct qiao_ledger_config *qiao_ledger_config(const struct qiao_ledger *l)
{
	return l->cfg;
}

bool qiao_ledger_failed(struct qiao_ledger *l)
{
	bool failed;

	pthread_mutex_lock(&l->lock);
	failed = l->failed;
	pthread_mutex_unlock(&l->lock);
	return failed;
}

struct find {
	const struct qiao_hash *id;
	unsigned int kind; /* 0: any */
	struct qiao_ledger_leaf_row row;
};

static qiao_err find_read(struct qiao_txn *txn, void *arg)
{
	struct find *f = arg;

	return qiao_store_ledger_leaf_find(txn, &f->row, f->id, f->kind);
}

static const struct qiao_ledger_entry *waiting(const struct qiao_ledger *l,
					       const struct qiao_hash *id,
					       unsigned int kind)
{
	for (size_t i = 0; i < l->n; i++)
		if (qiao_hash_eq(&l->pool[i]->id, id) &&
		    (kind == 0 || kind == (unsigned int)l->pool[i]->kind))
			return l->pool[i];
	return NULL;
}

/* Is this id taken, by the same statement or by another? */
static qiao_err same_check(const struct qiao_hash *digest,
			   const struct qiao_ledger_entry *e,
			   struct qiao_why *why)
{
	if (qiao_hash_eq(digest, &e->digest))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_CONFLICT,
			 "this id is on the chain, or on its way, with another "
			 "digest; the first one stands");
}

/* Under the lock. *add: it is new. */
static qiao_err known_check(struct qiao_ledger *l, bool *add,
			    enum qiao_lookup_state *state,
			    const struct qiao_ledger_entry *e,
			    struct qiao_why *why)
{
	const struct qiao_ledger_entry *w =
		waiting(l, &e->id, (unsigned int)e->kind);
	struct find f = { .id = &e->id, .kind = (unsigned int)e->kind };
	qiao_err err;

	*add = false;
	*state = QIAO_LOOKUP_PENDING;
	if (w)
		return same_check(&w->digest, e, why);
	err = qiao_store_read(l->store, find_read, &f);
	if (err == QIAO_OK) {
		*state = QIAO_LOOKUP_DONE;
		return same_check(&f.row.digest, e, why);
	}
	*add = err == QIAO_E_NOTFOUND;
	return *add ? QIAO_OK : err;
}

qiao_err qiao_ledger_add(struct qiao_ledger *l, enum qiao_lookup_state *state,
			 struct qiao_ledger_entry *e, struct qiao_why *why)
{
	bool add;
	qiao_err err;

	pthread_mutex_lock(&l->lock);
	err = known_check(l, &add, state, e, why);
	if (l->stop)
		err = qiao_fail(why, QIAO_E_CLOSED, "the ledger is stopping");
	else if (err == QIAO_OK && add && l->n == QIAO_LEDGER_POOL_MAX)
		err = qiao_fail(why, QIAO_E_BUSY,
				"%zu entries wait for a block already; try "
				"again",
				l->n);
	if (err == QIAO_OK && add) {
		l->pool[l->n++] = e;
		e = NULL;
		pthread_cond_signal(&l->work);
	}
	pthread_mutex_unlock(&l->lock);
	qiao_ledger_entry_free(e);
	return err;
}

qiao_err qiao_ledger_lookup(struct qiao_ledger *l,
			    enum qiao_lookup_state *state,
			    struct qiao_ledger_leaf_row *row,
			    const struct qiao_hash *id)
{
	const unsigned int delivered = QIAO_INHOUSE_DELIVERED;
	struct find f = { .id = id, .kind = delivered };
	bool delivery, pending;
	qiao_err err;

	memset(row, 0, sizeof(*row));
	/* first here, then on the disk: an entry never is in neither */
	pthread_mutex_lock(&l->lock);
	delivery = waiting(l, id, delivered);
	pending = waiting(l, id, 0);
	pthread_mutex_unlock(&l->lock);
	err = qiao_store_read(l->store, find_read, &f);
	f.kind = 0; /* something else under this id hides no delivery */
	if (err == QIAO_E_NOTFOUND && !delivery)
		err = qiao_store_read(l->store, find_read, &f);
	*state = err == QIAO_OK ? QIAO_LOOKUP_DONE
		 : pending      ? QIAO_LOOKUP_PENDING
				: QIAO_LOOKUP_ABSENT;
	if (err == QIAO_OK)
		*row = f.row;
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static bool any_waiting(const struct qiao_ledger *l,
			const struct qiao_hash *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (waiting(l, &ids[i], 0))
			return true;
	return false;
}

qiao_err qiao_ledger_wait(struct qiao_ledger *l, const struct qiao_hash *ids,
			  size_t n, unsigned int wait_ms)
{
	struct timespec until = qiao_ledger_deadline(wait_ms);
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	while (!l->stop && rc == 0 && any_waiting(l, ids, n))
		rc = pthread_cond_timedwait(&l->made, &l->lock, &until);
	rc = any_waiting(l, ids, n);
	pthread_mutex_unlock(&l->lock);
	return rc ? QIAO_E_TIMEOUT : QIAO_OK;
}

uint64_t qiao_ledger_next(struct qiao_ledger *l, uint64_t known,
			  unsigned int wait_ms)
{
	struct timespec until = qiao_ledger_deadline(wait_ms);
	uint64_t next;
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	while (!l->stop && rc == 0 && wait_ms && l->height + 1 <= known)
		rc = pthread_cond_timedwait(&l->made, &l->lock, &until);
	next = l->height + 1;
	pthread_mutex_unlock(&l->lock);
	return next;
}

size_t qiao_ledger_waiting(struct qiao_ledger *l)
{
	size_t n;

	pthread_mutex_lock(&l->lock);
	n = l->n;
	pthread_mutex_unlock(&l->lock);
	return n;
}

/* Under the lock: hand the new set to the maker, wait until it signed it in. */
static qiao_err rotation_run(struct qiao_ledger *l, uint64_t *height,
			     struct qiao_ledger_set *next)
{
	l->rotation.next = next;
	l->rotation.done = false;
	pthread_cond_signal(&l->work);
	while (!l->rotation.done && !l->stop)
		pthread_cond_wait(&l->made, &l->lock);
	*height = l->rotation.height;
	return l->rotation.done ? QIAO_OK : QIAO_E_CLOSED;
}

qiao_err qiao_ledger_rotate(struct qiao_ledger *l, uint64_t *height, size_t add,
			    const struct qiao_id16 *gone, size_t n_gone,
			    struct qiao_why *why)
{
	struct qiao_ledger_set *next;
	qiao_err err;

	*height = 0;
	pthread_mutex_lock(&l->lock);
	if (l->rotation.asked) {
		pthread_mutex_unlock(&l->lock);
		return qiao_fail(why, QIAO_E_BUSY,
				 "another change of the set is under way");
	}
	l->rotation =
		(struct qiao_ledger_rotation){ .asked = true, .done = true };
	/* only a rotation changes the set, and this is the only one */
	err = qiao_ledger_set_change(&next, l->set, l->dir, add, gone, n_gone,
				     why);
	if (err == QIAO_OK)
		err = rotation_run(l, height, next);
	l->rotation.asked = false;
	pthread_mutex_unlock(&l->lock);
	return err;
}

void qiao_ledger_set_bytes(struct qiao_ledger *l, struct qiao_buf *out)
{
	pthread_mutex_lock(&l->lock);
	qiao_buf_put(out, qiao_buf_slice(&l->set->bytes));
	pthread_mutex_unlock(&l->lock);
}
