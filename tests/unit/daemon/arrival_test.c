/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/arrival.h"

#include "gateway/crypto/hash.h"
#include "gateway/daemon/daemon.h"
#include "gateway/store/proof.h"
#include "tests/unit/relay/world.h"

/* A destination gateway with one route, and a message that it got. */
struct bench {
	struct world w;
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_route route_cfg;
	struct qiao_chain chains[2];
	struct qiao_link_peer link;
	struct qiao_route route;
	struct qiao_daemon d;
	struct sample s;
};

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	world_open(&b->w);
	fixture_open(&b->f);
	b->cfg.network = b->w.network;
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	b->d.routes = &b->route;
	b->d.n_routes = 1;
	pthread_mutex_init(&b->d.rules_lock, NULL);
	pthread_mutex_init(&b->d.freeze_lock, NULL);
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "gw.province");
	snprintf(b->route_cfg.name, sizeof(b->route_cfg.name), "r");
	snprintf(b->route_cfg.peer, sizeof(b->route_cfg.peer), "gw.nanjing");
	b->chains[0].identity = hash_of(1);
	b->chains[0].number = 1;
	b->chains[0].next = 100;
	b->chains[1].identity = hash_of(2);
	b->chains[1].host = (struct qiao_host *)&b->f;
	qiao_bell_init(&b->chains[1].bell);
	b->route.cfg = &b->route_cfg;
	b->route.from = &b->chains[0];
	b->route.to = &b->chains[1];
	b->route.peer = &b->link;
	sample_make(&b->s, &b->w, 5, "payload");
}

static void bench_close(struct bench *b)
{
	sample_free(&b->s);
	qiao_bell_fini(&b->chains[1].bell);
	pthread_mutex_destroy(&b->d.rules_lock);
	pthread_mutex_destroy(&b->d.freeze_lock);
	fixture_close(&b->f);
	world_close(&b->w);
}

/* The same transfer, with this as its proof. */
static enum qiao_transfer_result send_with(struct bench *b, const char *proof)
{
	struct qiao_item_proof p = { hash_of(1), 5, qiao_slice_str(proof) };
	struct qiao_message *m = calloc(1, sizeof(*m));
	struct qiao_buf item[2] = { QIAO_BUF, QIAO_BUF };
	struct qiao_arrival a;
	struct qiao_why why = { "" };
	enum qiao_transfer_result result;

	b->s.item.has_proof = true;
	b->s.item.proof_item = 0;
	qiao_item_proof_encode(&item[0], &p);
	qiao_item_transfer_encode(&item[1], &b->s.item);
	m->env = world_envelope(&b->w, false, QIAO_KIND_TRANSFERS);
	m->env.audit_size = 1;
	m->env.audit_root = b->s.audit_root;
	m->n = 2;
	m->items[0] = qiao_buf_slice(&item[0]);
	m->items[1] = qiao_buf_slice(&item[1]);
	m->signed_bytes = qiao_slice_str("envelope");
	m->signature = qiao_slice_str("signature");
	qiao_sha256(&m->digest, qiao_slice_str(proof));
	CU_ASSERT_EQUAL_FATAL(qiao_arrival_take(&a, &b->d, m, &why), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(a.n, 1);
	result = a.reply[0].result;
	qiao_arrival_fini(&a);
	qiao_buf_free(&item[0]);
	qiao_buf_free(&item[1]);
	free(m);
	return result;
}

static qiao_err find_proof(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash ref;
	size_t n;

	qiao_sha256(&ref, qiao_slice_str(arg));
	return qiao_store_proof_size(txn, &n, &ref);
}

static void a_transfer_that_we_have_brings_no_further_proof(void)
{
	static char first[] = "first", second[] = "second";
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(send_with(&b, first), QIAO_TRANSFER_TAKEN);
	CU_ASSERT_EQUAL(send_with(&b, second), QIAO_TRANSFER_TAKEN);
	CU_ASSERT_EQUAL(qiao_store_read(b.f.store, find_proof, first), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_read(b.f.store, find_proof, second),
			QIAO_E_NOTFOUND);
	bench_close(&b);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a transfer that we have brings no further proof", a_transfer_that_we_have_brings_no_further_proof },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite arrival_test_suite = { "daemon/arrival", cases };
