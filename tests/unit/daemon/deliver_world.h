/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A destination gateway whose chain says what a test wants it to say: one
 * route, rows in `submitting`, a light client that believes every proof.
 */
#ifndef TESTS_UNIT_DAEMON_DELIVER_WORLD_H
#define TESTS_UNIT_DAEMON_DELIVER_WORLD_H

#include "gateway/daemon/conclude.h"
#include "gateway/store/audit.h"
#include "gateway/store/evidence.h"
#include "relay/inbox.h"
#include "tests/unit/store/fixture.h"

#include <pthread.h>

#define WORLD_ACCOUNT ((struct qiao_id16){ { 0xac } })

struct world {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_chain chain[2];
	struct qiao_config_route route_cfg;
	struct qiao_chain chains[2];
	struct qiao_link_peer link;
	struct qiao_route route;
	struct qiao_daemon d;
	struct qiao_lightclient_api api;
};

static struct {
	long narrow_fails; /* the n-th call from now; 0: none */
} world_lc;

static inline qiao_err world_narrow(struct qiao_lightclient *lc,
				    struct qiao_buf *out,
				    struct qiao_slice proof, uint32_t tx,
				    uint32_t index)
{
	(void)lc;
	(void)tx;
	if (world_lc.narrow_fails > 0 && --world_lc.narrow_fails == 0)
		return QIAO_E_LIMIT;
	qiao_buf_put(out, proof);
	qiao_buf_put_u8(out, (uint8_t)index);
	return out->err;
}

static inline void world_open(struct world *w)
{
	static const uint8_t pseudonyms[16] = { 4 };
	static const char *const names[] = { "src", "dst" };

	memset(w, 0, sizeof(*w));
	memset(&world_lc, 0, sizeof(world_lc));
	fixture_open(&w->f);
	w->d.cfg = &w->cfg;
	w->d.store = w->f.store;
	w->d.chains = w->chains;
	w->d.n_chains = 2;
	w->d.routes = &w->route;
	w->d.n_routes = 1;
	w->d.links = &w->link;
	w->d.n_links = 1;
	snprintf(w->d.log.gw, sizeof(w->d.log.gw), "dst-gw");
	w->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	pthread_mutex_init(&w->d.rules_lock, NULL);
	w->api.narrow = world_narrow;
	for (size_t i = 0; i < 2; i++) {
		snprintf(w->chain[i].name, sizeof(w->chain[i].name), "%s",
			 names[i]);
		w->chains[i].d = &w->d;
		w->chains[i].cfg = &w->chain[i];
		w->chains[i].api = &w->api;
		w->chains[i].identity = hash_of(10 + (unsigned int)i);
		pthread_mutex_init(&w->chains[i].lock, NULL);
		qiao_bell_init(&w->chains[i].bell);
	}
	/* only that there is one is looked at */
	w->chains[1].host = (struct qiao_host *)&w->f;
	snprintf(w->route_cfg.name, sizeof(w->route_cfg.name), "src-dst");
	snprintf(w->route_cfg.peer, sizeof(w->route_cfg.peer), "src-gw");
	w->route_cfg.has_submitter = true;
	w->route_cfg.submitter = WORLD_ACCOUNT;
	w->route.cfg = &w->route_cfg;
	w->route.from = &w->chains[0];
	w->route.to = &w->chains[1];
	w->route.peer = &w->link;
	qiao_bell_init(&w->link.bell);
}

static inline void world_close(struct world *w)
{
	for (size_t i = 0; i < 2; i++) {
		pthread_mutex_destroy(&w->chains[i].lock);
		qiao_bell_fini(&w->chains[i].bell);
	}
	qiao_bell_fini(&w->link.bell);
	pthread_mutex_destroy(&w->d.rules_lock);
	fixture_close(&w->f);
}

struct world_rows {
	struct world *w;
	unsigned int first, n;
	enum qiao_in_state state;
};

static inline qiao_err world_put_rows(struct qiao_txn *txn, void *arg)
{
	const struct world_rows *a = arg;
	qiao_err err = QIAO_OK;

	for (unsigned int i = a->first; i < a->first + a->n; i++) {
		struct qiao_in_row row = {
			.id = hash_of(1000 + i),
			.state = (int)a->state,
			.source = a->w->chains[0].identity,
			.destination = a->w->chains[1].identity,
			.digest = hash_of(2000 + i),
			.id_array = qiao_slice_str("id"),
			.payload = qiao_slice_str("payload"),
			.not_after = INT64_MAX,
		};

		snprintf(row.peer, sizeof(row.peer), "src-gw");
		if (err == QIAO_OK)
			err = qiao_store_in_put(txn, &row);
	}
	return err;
}

/* Rows first..first+n-1 of the test in a state. */
static inline void world_rows(struct world *w, unsigned int first,
			      unsigned int n, enum qiao_in_state state)
{
	struct world_rows a = { w, first, n, state };

	CU_ASSERT_EQUAL_FATAL(qiao_store_write(w->f.store, world_put_rows, &a),
			      QIAO_OK);
}

/* What the chain says when row i was delivered as we submitted it. */
static inline struct qiao_statement world_delivery(struct world *w,
						   unsigned int i)
{
	return (struct qiao_statement){
		.kind = QIAO_PROVEN_DELIVERED,
		.at = { .chain = w->chains[1].identity,
			.height = 7,
			.index = i },
		.id = hash_of(1000 + i),
		.digest = hash_of(2000 + i),
		.source = w->chains[0].identity,
		.submitter = WORLD_ACCOUNT,
	};
}

struct world_look {
	unsigned int i;
	struct qiao_in_row row;
	bool frozen;
	uint64_t entries;
};

static inline qiao_err world_read(struct qiao_txn *txn, void *arg)
{
	struct world_look *a = arg;
	struct qiao_hash id = hash_of(1000 + a->i);
	qiao_err err = qiao_store_in_get(txn, &a->row, &id);

	a->frozen = qiao_store_frozen(txn, NULL, QIAO_SCOPE_ROUTE, "src-dst") ==
		    QIAO_OK;
	return err == QIAO_OK ? qiao_store_audit_size(txn, &a->entries) : err;
}

/* Row i as the store has it; its slices are freed, only lengths are left. */
static inline struct world_look world_look(struct world *w, unsigned int i)
{
	struct world_look a = { .i = i };
	struct qiao_in_row row;

	CU_ASSERT_EQUAL_FATAL(qiao_store_read(w->f.store, world_read, &a),
			      QIAO_OK);
	row = a.row;
	qiao_in_row_free(&a.row);
	a.row = row;
	return a;
}

#endif
