/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/chain.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/freeze.h"
#include "gateway/store/chain.h"
#include "gateway/store/header.h"
#include "gateway/wire/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct qiao_lc_config lc_config(const struct qiao_chain *c)
{
	return (struct qiao_lc_config){
		.anchor = qiao_conf_root(c->anchor),
		.anchor_blob = qiao_buf_slice(&c->anchor_blob),
		.orderer_role = c->cfg->orderer_role,
		.min_orderers = c->cfg->min_orderers,
		.parallel = c->d->workers ? &c->d->parallel : NULL,
	};
}

struct pin_arg {
	struct qiao_chain *c;
	struct qiao_overlay *overlay;
};

static qiao_err pin(struct qiao_txn *txn, void *arg)
{
	struct pin_arg *a = arg;
	struct qiao_chain_row row;
	struct qiao_header_trusted head = a->c->api->head(a->c->lc);
	qiao_err err = qiao_overlay_flush(a->overlay, txn);

	if (err == QIAO_OK)
		err = qiao_store_chain_pin(txn, a->c->number, &a->c->identity);
	if (err == QIAO_OK)
		err = qiao_store_chain_get(txn, &row, a->c->number);
	if (err == QIAO_OK && !row.has_head)
		err = qiao_store_chain_head(txn, a->c->number, head.height,
					    &head.hash, qiao_now_ms());
	return err;
}

qiao_err qiao_chain_reopen(struct qiao_chain *c, struct qiao_why *why)
{
	struct qiao_overlay overlay = { c->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);
	struct qiao_lc_config cfg = lc_config(c);
	struct pin_arg a = { c, &overlay };
	qiao_err err;

	c->api->free(c->lc);
	c->lc = NULL;
	err = c->api->open(&c->lc, &cfg, &c->d->cfg->network, &view, why);
	if (err == QIAO_OK) {
		c->identity = c->api->identity(c->lc);
		err = qiao_store_write(c->d->store, pin, &a);
		if (err != QIAO_OK) {
			qiao_fail(why, err,
				  "chain %s: this store knows it under another "
				  "identity, or another name: %s",
				  c->cfg->name, qiao_strerror(err));
			c->api->free(c->lc);
			c->lc = NULL;
		}
	}
	c->next = qiao_chain_next(c);
	qiao_overlay_free(&overlay);
	return err;
}

static qiao_err need_row(struct qiao_txn *txn, void *arg)
{
	struct qiao_chain *c = arg;
	struct qiao_chain_row row;
	qiao_err err =
		qiao_store_chain_need(txn, &row, c->cfg->name, c->cfg->family);

	if (err != QIAO_OK)
		return err;
	c->number = row.chain;
	c->frozen = row.frozen;
	qiao_chain_note_accepted(c, row.accepted_at);
	return QIAO_OK;
}

static qiao_err read_anchor(struct qiao_chain *c, struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = qiao_conf_load(&c->anchor, &d, c->cfg->anchor);

	if (err != QIAO_OK)
		qiao_fail(why, err, "chain %s: anchor %s: %.*s", c->cfg->name,
			  c->cfg->anchor, (int)d.text.n, (char *)d.text.p);
	qiao_diags_free(&d);
	if (err == QIAO_OK && c->cfg->genesis[0])
		err = qiao_file_read(&c->anchor_blob, c->cfg->genesis,
				     QIAO_BLOCK_MAX, why);
	return err;
}

qiao_err qiao_chain_open(struct qiao_chain *c, struct qiao_daemon *d,
			 const struct qiao_config_chain *cfg,
			 struct qiao_why *why)
{
	qiao_err err;

	memset(c, 0, sizeof(*c));
	c->d = d;
	c->cfg = cfg;
	pthread_mutex_init(&c->lock, NULL);
	qiao_bell_init(&c->bell);
	c->api = qiao_lightclient_find(cfg->family);
	if (!c->api)
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "chain %s: no light client for family \"%s\"",
				 cfg->name, cfg->family);
	err = read_anchor(c, why);
	if (err == QIAO_OK)
		err = qiao_store_write(d->store, need_row, c);
	if (err == QIAO_OK)
		err = qiao_chain_reopen(c, why);
	return err;
}

void qiao_chain_close(struct qiao_chain *c)
{
	if (!c->d)
		return;
	if (c->api)
		c->api->free(c->lc);
	c->lc = NULL;
	qiao_conf_free(c->anchor);
	qiao_buf_free(&c->anchor_blob);
	pthread_mutex_destroy(&c->lock);
	qiao_bell_fini(&c->bell);
}

uint64_t qiao_chain_next(const struct qiao_chain *c)
{
	return c->lc ? c->api->head(c->lc).height + 1 : 0;
}

/* What the transaction will need of each header, made outside of it. */
static qiao_err note_headers(struct qiao_accepted *a,
			     const struct qiao_slice *claims,
			     const struct qiao_view *view)
{
	struct qiao_chain *c = a->chain;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < a->n && err == QIAO_OK; i++) {
		struct qiao_header_trusted h;

		err = c->api->header(c->lc, &h, a->first + i, view);
		a->headers[i].hash = h.hash;
		if (err == QIAO_OK)
			err = c->api->thin(&a->headers[i].thin, claims[i],
					   i + 1 == a->n);
		if (err == QIAO_OK)
			err = a->headers[i].thin.err;
	}
	return err;
}

qiao_err qiao_chain_advance(struct qiao_accepted *a, struct qiao_chain *c,
			    const struct qiao_slice *claims, size_t n,
			    size_t *bad, struct qiao_why *why)
{
	struct qiao_view view;
	qiao_err err = QIAO_OK;

	*bad = 0;
	*a = (struct qiao_accepted){
		.chain = c,
		.overlay = { c->d->store, c->number, { .n = 0 } },
		.now_ms = qiao_now_ms(),
	};
	if (!c->lc)
		err = qiao_chain_reopen(c, why);
	if (err != QIAO_OK)
		return QIAO_E_IO;
	a->headers = qiao_calloc(n, sizeof(*a->headers));
	if (!a->headers)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	view = qiao_overlay_view(&a->overlay);
	a->first = qiao_chain_next(c);
	a->trust_before = c->api->trust_height(c->lc);
	if (n > 0)
		err = c->api->advance(c->lc, bad, claims, n, &view, why);
	if (err != QIAO_OK)
		return err;
	a->n = n;
	a->trust_after = c->api->trust_height(c->lc);
	err = note_headers(a, claims, &view);
	if (err != QIAO_OK)
		qiao_chain_reopen(c, NULL);
	return err;
}

static qiao_err audit_trust(struct qiao_accepted *a, struct qiao_txn *txn)
{
	struct qiao_chain *c = a->chain;
	struct qiao_header_trusted head = c->api->head(c->lc);
	struct qiao_audit_entry e;

	if (a->trust_after == a->trust_before)
		return QIAO_OK;
	qiao_audit_begin(&e, "header_trust_change", a->now_ms);
	qiao_audit_str(&e, "chain", c->cfg->name);
	qiao_audit_int(&e, "height", (int64_t)a->trust_after);
	qiao_audit_hash(&e, "hash", &head.hash);
	qiao_audit_str(&e, "what",
		       strcmp(c->cfg->family, "quorum") == 0 ? "set"
							     : "config");
	return qiao_audit_append(&c->d->log, txn, &e, NULL, NULL);
}

qiao_err qiao_accepted_write(struct qiao_accepted *a, struct qiao_txn *txn)
{
	int64_t chain = a->chain->number;
	qiao_err err = qiao_overlay_flush(&a->overlay, txn);

	for (size_t i = 0; i < a->n && err == QIAO_OK; i++)
		err = qiao_store_header_put(
			txn, chain, a->first + i, &a->headers[i].hash,
			qiao_buf_slice(&a->headers[i].thin));
	if (err == QIAO_OK && a->n > 0)
		err = qiao_store_chain_head(txn, chain, a->first + a->n - 1,
					    &a->headers[a->n - 1].hash,
					    a->now_ms);
	if (err == QIAO_OK)
		err = audit_trust(a, txn);
	return err;
}

void qiao_chain_note_accepted(struct qiao_chain *c, int64_t now_ms)
{
	int64_t ago = qiao_now_ms() - now_ms; /* 0, but after a start */

	c->accepted_mono = qiao_monotonic_ms() - (ago > 0 ? ago : 0);
	c->accepted_ms = now_ms;
}

int64_t qiao_chain_age_ms(const struct qiao_chain *c, int64_t now_ms)
{
	int64_t wall = now_ms - c->accepted_ms;
	int64_t mono = qiao_monotonic_ms() - c->accepted_mono;

	/* a decision may have read its clock a moment before */
	if (c->accepted_ms <= 0 || wall < -QIAO_CLOCK_BACK_MS)
		return -1;
	return wall > mono ? wall : mono > 0 ? mono : 0;
}

void qiao_accepted_done(struct qiao_accepted *a)
{
	qiao_chain_note_accepted(a->chain, a->now_ms);
	a->chain->next = a->first + a->n;
}

void qiao_accepted_fini(struct qiao_accepted *a)
{
	for (size_t i = 0; i < a->n; i++)
		qiao_buf_free(&a->headers[i].thin);
	qiao_free(a->headers);
	a->headers = NULL;
	a->n = 0;
	qiao_overlay_free(&a->overlay);
}

struct refused_arg {
	struct qiao_chain *c;
	uint64_t height;
	struct qiao_slice claim;
	qiao_err err;
};

static qiao_err audit_refused(struct qiao_txn *txn, void *arg)
{
	struct refused_arg *a = arg;
	struct qiao_audit_entry e;
	struct qiao_hash digest;

	qiao_sha256(&digest, a->claim);
	qiao_audit_begin(&e, "header_refused", qiao_now_ms());
	qiao_audit_str(&e, "chain", a->c->cfg->name);
	qiao_audit_int(&e, "height", (int64_t)a->height);
	qiao_audit_str(&e, "code", qiao_errname(a->err));
	qiao_audit_hash(&e, "claim", &digest);
	return qiao_audit_append(&a->c->d->log, txn, &e, NULL, NULL);
}

void qiao_chain_refused(struct qiao_chain *c, uint64_t height,
			struct qiao_slice claim, qiao_err err,
			const struct qiao_why *why)
{
	struct refused_arg a = { c, height, claim, err };

	qiao_log(QIAO_LOG_WARN, "header-refused",
		 "chain=%s height=%" PRIu64 " err=%s why=\"%s\"", c->cfg->name,
		 height, qiao_errname(err), why->text);
	qiao_store_write(c->d->store, audit_refused, &a);
}

struct claim_arg {
	int64_t chain;
	uint64_t height;
	struct qiao_hash hash;
	struct qiao_buf *claim;
};

static qiao_err read_claim(struct qiao_txn *txn, void *arg)
{
	struct claim_arg *a = arg;

	return qiao_store_header_get(txn, &a->hash, a->claim, a->chain,
				     a->height);
}

qiao_err qiao_chain_hash(struct qiao_chain *c, struct qiao_hash *hash,
			 uint64_t height)
{
	struct claim_arg a = { .chain = c->number, .height = height };
	qiao_err err = qiao_store_read(c->d->store, read_claim, &a);

	*hash = a.hash;
	return err;
}

/* What we have from a height on, up to the first claim that is signed. */
struct ours {
	struct qiao_chain *c;
	uint64_t height;
	struct qiao_buf bytes;
	size_t at[QIAO_HEADERS_PER_BATCH_MAX + 1];
	size_t n;
	bool whole;
};

static qiao_err note_ours(void *ctx, const void *row)
{
	const struct qiao_header_row *h = row;
	struct ours *o = ctx;

	if (o->whole)
		return QIAO_OK;
	qiao_buf_put(&o->bytes, h->claim);
	o->at[++o->n] = o->bytes.n;
	o->whole = o->c->api->stands(h->claim);
	return o->bytes.err;
}

static qiao_err read_ours(struct qiao_txn *txn, void *arg)
{
	struct ours *o = arg;

	return qiao_store_header_each(txn, o->c->number, o->height,
				      QIAO_HEADERS_PER_BATCH_MAX,
				      QIAO_EVIDENCE_MAX / 4, note_ours, o);
}

static void put_side(struct qiao_evidence_side *s,
		     const struct qiao_slice *claims, size_t n)
{
	s->n = n < QIAO_HEADERS_PER_BATCH_MAX ? n : QIAO_HEADERS_PER_BATCH_MAX;
	for (size_t i = 0; i < s->n; i++)
		s->claim[i] = claims[i];
}

/* Is it misbehaviour? QIAO_OK: yes, evidence (wire.md 9.5) is appended. */
static qiao_err contradict(struct qiao_chain *c, struct qiao_buf *evidence,
			   struct qiao_evidence_chain *e, struct qiao_why *why)
{
	struct qiao_overlay overlay = { c->d->store, c->number, { .n = 0 } };
	struct qiao_view view = qiao_overlay_view(&overlay);
	struct qiao_buf trust = QIAO_BUF;
	qiao_err err =
		c->api->conflict(c->lc, &trust, e->side[0].claim, &e->side[0].n,
				 e->side[1].claim, &e->side[1].n, &view, why);

	if (err == QIAO_OK) {
		e->trust = qiao_buf_slice(&trust);
		qiao_evidence_chain_encode(evidence, e);
		err = evidence->err;
	}
	qiao_buf_free(&trust);
	qiao_overlay_free(&overlay);
	return err;
}

static qiao_err compare(struct qiao_chain *c, struct qiao_buf *evidence,
			struct ours *o, const struct qiao_slice *claims,
			size_t n, struct qiao_why *why)
{
	struct qiao_evidence_chain *e = qiao_calloc(1, sizeof(*e));
	qiao_err err;

	if (!e)
		return QIAO_E_NOMEM;
	err = qiao_store_read(c->d->store, read_ours, o);
	e->network = c->d->cfg->network;
	e->chain = c->identity;
	snprintf(e->family, sizeof(e->family), "%s", c->api->family);
	e->height = o->height;
	e->side[0].n = o->n;
	for (size_t i = 0; i < o->n; i++)
		e->side[0].claim[i] = qiao_slice_of(o->bytes.p + o->at[i],
						    o->at[i + 1] - o->at[i]);
	put_side(&e->side[1], claims, n);
	if (err == QIAO_OK)
		err = contradict(c, evidence, e, why);
	qiao_free(e);
	return err;
}

qiao_err qiao_chain_compare(struct qiao_chain *c, bool *differs,
			    uint64_t height, const struct qiao_slice *claims,
			    size_t n)
{
	struct qiao_buf evidence = { .max = QIAO_EVIDENCE_MAX };
	struct ours *o;
	struct qiao_hash ours, theirs;
	struct qiao_why why = { "" };
	qiao_err err = QIAO_E_NOMEM;

	*differs = false;
	if (!c->lc || n == 0 || qiao_chain_hash(c, &ours, height) != QIAO_OK ||
	    c->api->hash(&theirs, claims[0]) != QIAO_OK ||
	    qiao_hash_eq(&ours, &theirs))
		return QIAO_OK;
	*differs = true;
	o = qiao_calloc(1, sizeof(*o));
	if (o) {
		o->c = c;
		o->height = height;
		err = compare(c, &evidence, o, claims, n, &why);
		qiao_buf_free(&o->bytes);
	}
	qiao_free(o);
	if (err == QIAO_OK) {
		qiao_fail(&why, QIAO_E_CONFLICT,
			  "two valid headers at one height; evidence kept");
		qiao_chain_freeze(c, height, qiao_buf_slice(&evidence), &why);
	}
	qiao_buf_free(&evidence);
	/* otherwise it is not shown to be misbehaviour */
	return err == QIAO_OK ? QIAO_E_CONFLICT : QIAO_OK;
}
