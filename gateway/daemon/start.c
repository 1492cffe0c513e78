/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/start.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/chain.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/spawner.h"
#include "gateway/store/evidence.h"
#include "gateway/store/meta.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE     (2 * QIAO_PATH_LEN)
#define SECRET_MAX    128
#define STORE_WAIT_MS 5000

/* --- secrets ------------------------------------------------------------- */

qiao_err qiao_secret_load(struct qiao_hash *out, const char *path,
			  struct qiao_why *why)
{
	static const char magic[] = "qiao-secret 1 ";
	const size_t n = sizeof(magic) - 1, whole = n + 2 * QIAO_HASH_LEN + 1;
	struct qiao_buf b = { .max = SECRET_MAX };
	struct stat st;
	qiao_err err = qiao_file_read(&b, path, SECRET_MAX, why);

	memset(out, 0, sizeof(*out));
	if (err == QIAO_OK && (stat(path, &st) != 0 || (st.st_mode & 077)))
		err = qiao_fail(why, QIAO_E_KEY,
				"%s may be read by others; chmod 600 %s", path,
				path);
	if (err == QIAO_OK &&
	    (b.n != whole || memcmp(b.p, magic, n) != 0 ||
	     b.p[whole - 1] != '\n' ||
	     !qiao_hex_decode(out->b, sizeof(out->b),
			      qiao_slice_of(b.p + n, 2 * QIAO_HASH_LEN))))
		err = qiao_fail(why, QIAO_E_KEY,
				"%s is no secret; \"qiao key secret %s\" makes "
				"one",
				path, path);
	qiao_buf_free(&b);
	return err;
}

static void derive(uint8_t out[32], const struct qiao_hash *secret,
		   const char *use)
{
	struct qiao_hash h;

	qiao_hmac_sha256(&h, qiao_slice_hash(secret), qiao_slice_str(use));
	memcpy(out, h.b, sizeof(h.b));
	qiao_wipe(&h, sizeof(h));
}

static qiao_err open_keys(struct qiao_daemon *d, struct qiao_why *why)
{
	struct qiao_hash secret;
	qiao_err err = qiao_key_load(&d->key, d->cfg->key, why);

	if (err == QIAO_OK)
		err = qiao_secret_load(&secret, d->cfg->secret, why);
	if (err != QIAO_OK)
		return err;
	derive(d->salt_key, &secret, "salt");
	derive(d->pseudonym_key, &secret, "pseudonym");
	qiao_wipe(&secret, sizeof(secret));
	snprintf(d->log.gw, sizeof(d->log.gw), "%s", d->cfg->id);
	d->log.pseudonym_key =
		qiao_slice_of(d->pseudonym_key, sizeof(d->pseudonym_key));
	return QIAO_OK;
}

/* --- store --------------------------------------------------------------- */

static qiao_err private_folder(const char *path, struct qiao_why *why)
{
	struct stat st;
	qiao_err err = qiao_dir_need(path, 0700, why);

	if (err == QIAO_OK && stat(path, &st) == 0 &&
	    ((st.st_mode & 077) || st.st_uid != geteuid()))
		err = qiao_fail(why, QIAO_E_CONFIG,
				"%s belongs to another user, or is open to "
				"others; chown and chmod 700 %s",
				path, path);
	return err;
}

static qiao_err bind_meta(struct qiao_txn *txn, void *arg)
{
	struct qiao_daemon *d = arg;
	struct qiao_meta want = { .network = d->cfg->network }, have;

	snprintf(want.gateway, sizeof(want.gateway), "%s", d->cfg->id);
	return qiao_store_meta_bind(txn, &have, &want);
}

/*
 * After a SIGKILL the next daemon may be started before the kernel has taken
 * the last one's relay process away, which holds the store for that moment.
 */
static qiao_err open_when_free(struct qiao_store **out, const char *path,
			       struct qiao_why *why)
{
	int64_t until = qiao_monotonic_ms() + STORE_WAIT_MS;
	qiao_err err = qiao_store_open(out, path, NULL, why);

	while (err == QIAO_E_BUSY && qiao_monotonic_ms() < until) {
		qiao_sleep_ms(50);
		err = qiao_store_open(out, path, NULL, why);
	}
	return err;
}

static qiao_err open_store(struct qiao_daemon *d, struct qiao_why *why)
{
	char path[PATH_SIZE];
	qiao_err err = private_folder(d->cfg->data, why);

	if (err == QIAO_OK)
		err = private_folder(d->cfg->run, why);
	snprintf(path, sizeof(path), "%s/store.db", d->cfg->data);
	if (err == QIAO_OK)
		err = open_when_free(&d->store, path, why);
	if (err != QIAO_OK)
		return err;
	err = qiao_store_write(d->store, bind_meta, d);
	if (err == QIAO_E_CONFIG)
		qiao_fail(why, err,
			  "%s belongs to another network or gateway than the "
			  "configuration says; correct network, gateway.id or "
			  "gateway.data",
			  path);
	else if (err != QIAO_OK)
		qiao_fail(why, err, "%s: %s", path, qiao_strerror(err));
	return err;
}

/* --- chains, peers, routes ----------------------------------------------- */

static qiao_err start_adapter(void *ctx, pid_t *pid, struct qiao_why *why)
{
	struct qiao_chain *c = ctx;
	char url[PATH_SIZE];

	snprintf(url, sizeof(url), "ipc://%s/adapter-%s.sock", c->d->cfg->run,
		 c->cfg->name);
	return qiao_spawner_start(c->d->spawner, pid, c->cfg->name, url, why);
}

static void end_adapter(void *ctx, pid_t pid)
{
	struct qiao_chain *c = ctx;

	qiao_spawner_end(c->d->spawner, pid);
}

static qiao_err open_host(struct qiao_chain *c, struct qiao_why *why)
{
	struct qiao_buf text = QIAO_BUF;
	char url[PATH_SIZE];
	struct qiao_host_config h = {
		.chain = c->cfg->name,
		.url = url,
		.family = c->cfg->family,
		.call_ms = c->cfg->call_ms,
		.ctx = c,
		.start = start_adapter,
		.end = end_adapter,
	};
	qiao_err err;

	if (!c->cfg->program[0] || !c->d->spawner)
		return QIAO_OK;
	snprintf(url, sizeof(url), "ipc://%s/adapter-%s.sock", c->d->cfg->run,
		 c->cfg->name);
	err = qiao_file_read(&text, c->cfg->adapter_config, QIAO_CONF_FILE_MAX,
			     why);
	qiao_buf_put_u8(&text, 0);
	if (err == QIAO_OK)
		err = text.err;
	if (err == QIAO_OK) {
		h.text = (const char *)text.p;
		err = qiao_host_new(&c->host, &h);
	}
	qiao_buf_free(&text);
	return err;
}

static qiao_err open_chains(struct qiao_daemon *d, struct qiao_why *why)
{
	qiao_err err = qiao_workers_new(&d->workers, 0);

	if (err != QIAO_OK)
		return err;
	d->parallel = qiao_workers_lend(d->workers);
	d->chains = qiao_calloc(d->cfg->n_chains, sizeof(*d->chains));
	if (!d->chains)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < d->cfg->n_chains && err == QIAO_OK; i++) {
		d->n_chains = i + 1;
		err = qiao_chain_open(&d->chains[i], d, &d->cfg->chains[i],
				      why);
		if (err == QIAO_OK)
			err = open_host(&d->chains[i], why);
	}
	return err;
}

static qiao_err add_peer(struct qiao_daemon *d,
			 const struct qiao_config_peer *p, struct qiao_why *why)
{
	struct qiao_peer peer = { .n_keys = p->n_keys };

	snprintf(peer.gateway, sizeof(peer.gateway), "%s", p->id);
	if (!qiao_str_copy(peer.url, sizeof(peer.url),
			   qiao_slice_str(p->url)) ||
	    !qiao_str_copy(peer.server_name, sizeof(peer.server_name),
			   qiao_slice_str(p->server_name)))
		return qiao_fail(why, QIAO_E_CONFIG, "peer %s: url too long",
				 p->id);
	for (size_t i = 0; i < p->n_keys; i++)
		peer.keys[i] = (struct qiao_peer_key){
			.key = p->keys[i].key,
			.not_before = p->keys[i].not_before,
			.not_after = p->keys[i].not_after,
		};
	atomic_init(&peer.standing,
		    p->blocked ? QIAO_STANDING_BLOCKED : QIAO_STANDING_KNOWN);
	return qiao_peers_add(d->peers, &peer, why);
}

static qiao_err open_peers(struct qiao_daemon *d, struct qiao_why *why)
{
	qiao_err err = qiao_peers_new(&d->peers);

	for (size_t i = 0; i < d->cfg->n_peers && err == QIAO_OK; i++)
		err = add_peer(d, &d->cfg->peers[i], why);
	if (err != QIAO_OK)
		return err;
	d->links = qiao_calloc(d->cfg->n_peers, sizeof(*d->links));
	if (!d->links)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < d->cfg->n_peers; i++) {
		struct qiao_link_peer *l = &d->links[i];

		l->d = d;
		l->peer = qiao_peers_at(d->peers, i);
		qiao_bell_init(&l->bell);
		pthread_mutex_init(&l->lock, NULL);
		d->n_links = i + 1;
	}
	return QIAO_OK;
}

static qiao_err open_routes(struct qiao_daemon *d)
{
	d->routes = qiao_calloc(d->cfg->n_routes, sizeof(*d->routes));
	if (!d->routes)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < d->cfg->n_routes; i++) {
		const struct qiao_config_route *cfg = &d->cfg->routes[i];

		d->routes[i].cfg = cfg;
		d->routes[i].from = qiao_chain_by_name(d, cfg->from);
		d->routes[i].to = qiao_chain_by_name(d, cfg->to);
		d->routes[i].peer = qiao_link_by_id(d, cfg->peer);
	}
	d->n_routes = d->cfg->n_routes;
	return QIAO_OK;
}

/* What was frozen before stays so over restarts (chains: chain.c). */
static qiao_err thaw_nothing(struct qiao_txn *txn, void *arg)
{
	struct qiao_daemon *d = arg;

	for (size_t i = 0; i < d->n_routes; i++)
		if (qiao_store_frozen(txn, NULL, QIAO_SCOPE_ROUTE,
				      d->routes[i].cfg->name) == QIAO_OK)
			d->routes[i].frozen = true;
	for (size_t i = 0; i < d->n_links; i++) {
		struct qiao_peer *p = d->links[i].peer;

		if (qiao_store_frozen(txn, NULL, QIAO_SCOPE_PEER, p->gateway) ==
			    QIAO_OK &&
		    p->standing == QIAO_STANDING_KNOWN)
			qiao_peer_set_standing(p, QIAO_STANDING_FROZEN);
	}
	return QIAO_OK;
}

/* Later entries name chains by nickname: here is what each of them is. */
static void audit_chains(struct qiao_audit_entry *e,
			 const struct qiao_daemon *d)
{
	struct qiao_jw *w = qiao_audit_value(e, "chains");

	qiao_jw_arr(w);
	for (size_t i = 0; i < d->n_chains; i++) {
		qiao_jw_obj(w);
		qiao_jw_khex(w, "identity",
			     qiao_slice_hash(&d->chains[i].identity));
		qiao_jw_kstr(w, "name", d->chains[i].cfg->name);
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
}

static qiao_err write_start(struct qiao_txn *txn, void *arg)
{
	struct qiao_daemon *d = arg;
	struct qiao_meta meta;
	struct qiao_audit_entry e;
	struct qiao_id16 key = qiao_pubkey_id(qiao_key_public(d->key));
	char hex[QIAO_HEX_LEN(sizeof(key.b))];
	qiao_err err = qiao_store_meta_get(txn, &meta);

	if (err != QIAO_OK)
		return err;
	qiao_audit_begin(&e, "start", d->started_ms);
	qiao_audit_int(&e, "epoch", (int64_t)meta.epoch);
	qiao_audit_hash(&e, "network", &d->cfg->network);
	qiao_audit_str(
		&e, "key",
		qiao_hex_encode(hex, qiao_slice_of(key.b, sizeof(key.b))));
	audit_chains(&e, d);
	qiao_rules_audit(&e, "policy", d->rules);
	qiao_rules_audit_mappings(&e, d->cfg, d->rules);
	qiao_audit_str(&e, "version", QIAO_VERSION);
	return qiao_audit_append(&d->log, txn, &e, NULL, NULL);
}

static qiao_err build(struct qiao_daemon *d, struct qiao_buf *findings,
		      struct qiao_why *why)
{
	qiao_err err = open_keys(d, why);

	if (err == QIAO_OK)
		err = open_store(d, why);
	if (err == QIAO_OK)
		err = qiao_rules_start(d, findings, why);
	if (err == QIAO_OK)
		err = open_chains(d, why);
	if (err == QIAO_OK)
		err = open_peers(d, why);
	if (err == QIAO_OK)
		err = open_routes(d);
	if (err == QIAO_OK)
		err = qiao_store_read(d->store, thaw_nothing, d);
	if (err == QIAO_OK)
		err = qiao_store_write(d->store, write_start, d);
	return err;
}

qiao_err qiao_daemon_open(struct qiao_daemon **out,
			  const struct qiao_config *cfg,
			  struct qiao_spawner *spawner,
			  struct qiao_buf *findings, struct qiao_why *why)
{
	struct qiao_daemon *d = qiao_calloc(1, sizeof(*d));
	qiao_err err;

	*out = NULL;
	if (!d)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	d->cfg = cfg;
	d->spawner = spawner;
	d->started_ms = qiao_now_ms();
	pthread_mutex_init(&d->rules_lock, NULL);
	pthread_mutex_init(&d->freeze_lock, NULL);
	why->text[0] = '\0';
	err = build(d, findings, why);
	if (err == QIAO_OK) {
		*out = d;
		return QIAO_OK;
	}
	if (!why->text[0])
		qiao_fail(why, err, "start: %s", qiao_strerror(err));
	qiao_daemon_close(d);
	return err;
}

void qiao_daemon_close(struct qiao_daemon *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_chains; i++) {
		qiao_host_free(d->chains[i].host);
		qiao_chain_close(&d->chains[i]);
	}
	for (size_t i = 0; i < d->n_links; i++) {
		qiao_bell_fini(&d->links[i].bell);
		pthread_mutex_destroy(&d->links[i].lock);
	}
	qiao_rules_release(d->rules);
	qiao_workers_free(d->workers);
	qiao_free(d->chains);
	qiao_free(d->routes);
	qiao_free(d->links);
	qiao_peers_free(d->peers);
	qiao_store_close(d->store);
	qiao_key_free(d->key);
	pthread_mutex_destroy(&d->rules_lock);
	qiao_freeze_fini(d);
	pthread_mutex_destroy(&d->freeze_lock);
	qiao_wipe(d, sizeof(*d));
	qiao_free(d);
}
