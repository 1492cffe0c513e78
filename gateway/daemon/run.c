/* SPDX-License-Identifier: Apache-2.0 */
/* The relay process while it runs: links, threads, signals, the hourly things.
 */
#include "gateway/daemon/start.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/crypto/tlscheck.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/message.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/threads.h"
#include "gateway/store/audit.h"
#include "gateway/store/proof.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS            200
#define LINKS_MS           5000   /* have certificates changed? */
#define SWEEP_MS           600000 /* proofs that nobody needs any more */
#define CHECKPOINT_MS      60000
#define CHECKPOINT_ENTRIES 1000

struct running {
	struct qiao_daemon *d;
	struct qiao_control *control;
	pthread_t *threads;
	size_t n_threads;
	int64_t links_at, sweep_at, checkpoint_at;
};

/* --- links --------------------------------------------------------------- */

static struct qiao_tls_files tls_of(const struct qiao_config *cfg)
{
	return (struct qiao_tls_files){ .cert = cfg->tls_cert,
					.key = cfg->tls_key,
					.ca = cfg->tls_ca };
}

static bool is_tls(const char *url)
{
	return strncmp(url, "tls+", 4) == 0;
}

static qiao_err open_dialer(struct qiao_link_peer *l,
			    const struct qiao_tls_files *tls,
			    struct qiao_why *why)
{
	struct qiao_dialer_options o = {
		.url = l->peer->url,
		.tls = is_tls(l->peer->url) ? tls : NULL,
		.server_name =
			l->peer->server_name[0] ? l->peer->server_name : NULL,
		.capture = l->d->capture,
	};

	if (!l->peer->url[0] || l->peer->standing == QIAO_STANDING_BLOCKED)
		return QIAO_OK;
	return qiao_dialer_open(&l->dialer, &o, why);
}

static qiao_err open_links(struct qiao_daemon *d, struct qiao_why *why)
{
	struct qiao_tls_files tls = tls_of(d->cfg);
	struct qiao_listener_options o = {
		.url = d->cfg->listen,
		.tls = is_tls(d->cfg->listen) ? &tls : NULL,
		.handle = qiao_message_handle,
		.ctx = d,
	};
	qiao_err err = QIAO_OK;

	if (d->cfg->capture[0])
		err = qiao_capture_open(&d->capture, d->cfg->capture, why);
	for (size_t i = 0; i < d->n_links && err == QIAO_OK; i++)
		err = open_dialer(&d->links[i], &tls, why);
	o.capture = d->capture;
	if (err == QIAO_OK && d->cfg->listen[0])
		err = qiao_listener_open(&d->listener, &o, why);
	return err;
}

static void tick_links(struct qiao_daemon *d)
{
	struct qiao_why why;

	if (d->listener &&
	    qiao_listener_tick(d->listener, NULL, &why) != QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "listener-files", "why=\"%s\"",
			 why.text);
	for (size_t i = 0; i < d->n_links; i++) {
		struct qiao_link_peer *l = &d->links[i];

		if (l->dialer &&
		    qiao_dialer_tick(l->dialer, NULL, &why) != QIAO_OK)
			qiao_log(QIAO_LOG_ERROR, "dialer-files",
				 "peer=%s why=\"%s\"", l->peer->gateway,
				 why.text);
	}
}

/* --- threads ------------------------------------------------------------- */

static qiao_err start_thread(struct running *r, void *(*fn)(void *), void *arg,
			     struct qiao_why *why)
{
	if (pthread_create(&r->threads[r->n_threads], NULL, fn, arg) != 0)
		return qiao_fail(why, QIAO_E_NOMEM,
				 "the system gives no more threads");
	r->n_threads++;
	return QIAO_OK;
}

static bool is_destination(const struct qiao_chain *c)
{
	for (size_t i = 0; i < c->d->n_routes; i++)
		if (c->d->routes[i].to == c)
			return true;
	return false;
}

static qiao_err start_threads(struct running *r, struct qiao_why *why)
{
	struct qiao_daemon *d = r->d;
	qiao_err err = QIAO_OK;

	r->threads =
		qiao_calloc(2 * d->n_chains + d->n_links, sizeof(*r->threads));
	if (!r->threads)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	for (size_t i = 0; i < d->n_chains && err == QIAO_OK; i++) {
		struct qiao_chain *c = &d->chains[i];

		if (!c->host)
			continue;
		err = start_thread(r, qiao_follower, c, why);
		if (err == QIAO_OK && is_destination(c))
			err = start_thread(r, qiao_deliverer, c, why);
	}
	for (size_t i = 0; i < d->n_links && err == QIAO_OK; i++)
		if (d->links[i].dialer)
			err = start_thread(r, qiao_sender, &d->links[i], why);
	return err;
}

static void wake_all(struct qiao_daemon *d)
{
	for (size_t i = 0; i < d->n_chains; i++) {
		qiao_bell_ring(&d->chains[i].bell);
		if (d->chains[i].host)
			qiao_host_close(d->chains[i].host);
	}
	for (size_t i = 0; i < d->n_links; i++) {
		qiao_bell_ring(&d->links[i].bell);
		if (d->links[i].dialer)
			qiao_dialer_close(d->links[i].dialer);
	}
}

static void end_all(struct running *r)
{
	struct qiao_daemon *d = r->d;

	d->stopping = true;
	wake_all(d);
	for (size_t i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	qiao_free(r->threads);
	qiao_listener_free(d->listener);
	d->listener = NULL;
	qiao_control_close(r->control);
	for (size_t i = 0; i < d->n_links; i++) {
		qiao_dialer_free(d->links[i].dialer);
		d->links[i].dialer = NULL;
	}
	qiao_capture_close(d->capture);
	d->capture = NULL;
	qiao_daemon_checkpoint(d);
}

/* --- from time to time --------------------------------------------------- */

struct size_arg {
	uint64_t entries, signed_; /* in the log; in the newest checkpoint */
};

static qiao_err note_checkpoint(void *ctx, const void *row)
{
	struct size_arg *a = ctx;
	const struct qiao_checkpoint_row *r = row;

	if (r->size > a->signed_)
		a->signed_ = r->size;
	return QIAO_OK;
}

static qiao_err read_sizes(struct qiao_txn *txn, void *arg)
{
	struct size_arg *a = arg;
	qiao_err err = qiao_store_audit_size(txn, &a->entries);

	if (err == QIAO_OK)
		err = qiao_store_checkpoint_each(txn, note_checkpoint, a);
	return err;
}

static qiao_err write_checkpoint(struct qiao_txn *txn, void *arg)
{
	struct qiao_daemon *d = arg;

	return qiao_audit_checkpoint(&d->log, txn, NULL, &d->cfg->network,
				     d->key, qiao_now_ms());
}

qiao_err qiao_daemon_checkpoint(struct qiao_daemon *d)
{
	struct size_arg a = { 0, 0 };
	qiao_err err = qiao_store_read(d->store, read_sizes, &a);

	if (err == QIAO_OK && a.entries > a.signed_)
		err = qiao_store_write(d->store, write_checkpoint, d);
	if (err != QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "checkpoint-failed", "why=\"%s\"",
			 qiao_strerror(err));
	return err;
}

static qiao_err sweep(struct qiao_txn *txn, void *arg)
{
	(void)arg;
	return qiao_store_proof_sweep(txn, NULL);
}

static bool is_due(int64_t *at, int64_t now, int64_t every)
{
	if (now < *at)
		return false;
	*at = now + every;
	return true;
}

static void tick(struct running *r)
{
	int64_t now = qiao_monotonic_ms();

	if (is_due(&r->links_at, now, LINKS_MS)) {
		struct size_arg a = { 0, 0 };

		tick_links(r->d);
		qiao_freeze_retry(r->d);
		/* many new entries: do not wait for the minute */
		if (qiao_store_read(r->d->store, read_sizes, &a) == QIAO_OK &&
		    a.entries >= a.signed_ + CHECKPOINT_ENTRIES)
			r->checkpoint_at = now;
	}
	if (is_due(&r->checkpoint_at, now, CHECKPOINT_MS))
		qiao_daemon_checkpoint(r->d);
	if (is_due(&r->sweep_at, now, SWEEP_MS))
		qiao_store_write(r->d->store, sweep, NULL);
}

static void reload(struct qiao_daemon *d)
{
	struct qiao_buf findings = QIAO_BUF;
	struct qiao_why why;
	bool same;

	/* says itself what came of it */
	qiao_rules_reload(d, &same, &findings, &why);
	qiao_buf_free(&findings);
}

static void wait_for_the_end(struct running *r)
{
	struct timespec pause = { 0, TICK_MS * 1000000L };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	while (!r->d->stopping) {
		int sig = sigtimedwait(&set, NULL, &pause);

		if (sig == SIGTERM || sig == SIGINT)
			break;
		if (sig == SIGHUP)
			reload(r->d);
		tick(r);
	}
}

qiao_err qiao_daemon_run(struct qiao_daemon *d, struct qiao_why *why)
{
	struct running r = { .d = d };
	qiao_err err;

	why->text[0] = '\0';
	err = open_links(d, why);
	if (err == QIAO_OK)
		err = qiao_control_open(&r.control, d, why);
	if (err == QIAO_OK)
		err = start_threads(&r, why);
	if (err == QIAO_OK) {
		qiao_log(QIAO_LOG_INFO, "started",
			 "version=" QIAO_VERSION " listen=%s",
			 d->listener ? qiao_listener_url(d->listener) : "-");
		wait_for_the_end(&r);
		qiao_log(QIAO_LOG_INFO, "stopping", "threads=%zu", r.n_threads);
	} else if (!why->text[0]) {
		qiao_fail(why, err, "start: %s", qiao_strerror(err));
	}
	end_all(&r);
	return err;
}

void qiao_daemon_stop(struct qiao_daemon *d)
{
	d->stopping = true;
}
