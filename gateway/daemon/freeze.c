/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/freeze.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/record/payload.h"
#include "gateway/store/evidence.h"
#include "gateway/store/in.h"
#include "gateway/store/record.h"
#include "relay/transfer_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct freeze_arg {
	struct qiao_daemon *d;
	enum qiao_scope scope;
	const char *name;
	uint64_t height;
	struct qiao_slice evidence;
	const char *why;
};

static qiao_err audit_freeze(const struct freeze_arg *a, struct qiao_txn *txn,
			     const struct qiao_freeze_row *f)
{
	bool chain = a->scope == QIAO_SCOPE_CHAIN;
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, chain ? "chain_frozen" : "route_frozen", f->at);
	qiao_audit_str(&e, chain ? "chain" : "route", a->name);
	if (chain)
		qiao_audit_int(&e, "height", (int64_t)a->height);
	else
		qiao_audit_str(&e, "why", a->why);
	if (qiao_hash_is_zero(&f->evidence))
		qiao_audit_null(&e, "evidence");
	else
		qiao_audit_hash(&e, "evidence", &f->evidence);
	return qiao_audit_append(&a->d->log, txn, &e, NULL, NULL);
}

/* The first reason stays: a peer cannot fill our disk with further ones. */
static qiao_err write_freeze(struct qiao_txn *txn, void *arg)
{
	struct freeze_arg *a = arg;
	struct qiao_evidence_row e = { .scope = a->scope,
				       .height = a->height,
				       .at = qiao_now_ms(),
				       .bytes = a->evidence };
	struct qiao_freeze_row f = { .scope = a->scope, .at = e.at };
	qiao_err err = qiao_store_frozen(txn, NULL, a->scope, a->name);

	if (err != QIAO_E_NOTFOUND)
		return err;
	err = QIAO_OK;
	snprintf(e.name, sizeof(e.name), "%s", a->name);
	snprintf(f.name, sizeof(f.name), "%s", a->name);
	snprintf(f.why, sizeof(f.why), "%s", a->why);
	if (a->evidence.n > 0) {
		qiao_sha256(&e.digest, a->evidence);
		f.evidence = e.digest;
		err = qiao_store_evidence_put(txn, &e);
	}
	if (err == QIAO_OK)
		err = qiao_store_freeze(txn, &f);
	return err == QIAO_OK ? audit_freeze(a, txn, &f) : err;
}

char *qiao_freeze_path(char *out, size_t size, const struct qiao_daemon *d,
		       const char *name, const struct qiao_hash *evidence)
{
	char hex[QIAO_HEX_LEN(8)];

	snprintf(out, size, "%s/evidence-%s-%s.bin", d->cfg->data, name,
		 qiao_hex_encode(hex, qiao_slice_of(evidence->b, 8)));
	return out;
}

/* A third party checks it with the family's own rules: keep it as a file, too.
 */
static void write_evidence_file(const struct freeze_arg *a)
{
	char path[QIAO_PATH_LEN * 2];
	struct qiao_hash digest;
	struct qiao_why why;

	if (a->evidence.n == 0)
		return;
	qiao_sha256(&digest, a->evidence);
	qiao_freeze_path(path, sizeof(path), a->d, a->name, &digest);
	if (qiao_file_write(path, a->evidence, 0600, &why) != QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "evidence-file", "why=\"%s\"",
			 why.text);
}

/* At most one for each flag, so a peer cannot make them many. */
struct qiao_unstored {
	struct qiao_unstored *next;
	struct freeze_arg a;
	struct qiao_buf evidence;
	struct qiao_why why;
};

static void unstored_free(struct qiao_unstored *u)
{
	qiao_buf_free(&u->evidence);
	qiao_free(u);
}

/* Lock held. Without memory it is in force, and lost with the process. */
static void unstored_keep(const struct freeze_arg *a, qiao_err err)
{
	struct qiao_unstored *u = qiao_calloc(1, sizeof(*u));

	qiao_log(QIAO_LOG_ERROR, "freeze-not-stored",
		 "name=%s err=%s: it is tried again; do not restart "
		 "before it is stored",
		 a->name, qiao_errname(err));
	if (!u)
		return;
	u->a = *a;
	qiao_buf_put(&u->evidence, a->evidence);
	u->a.evidence = qiao_buf_slice(&u->evidence);
	snprintf(u->why.text, sizeof(u->why.text), "%s", a->why);
	u->a.why = u->why.text;
	u->next = a->d->unstored;
	a->d->unstored = u;
}

void qiao_freeze_retry(struct qiao_daemon *d)
{
	struct qiao_unstored **at = &d->unstored, *u;

	pthread_mutex_lock(&d->freeze_lock);
	while ((u = *at)) {
		if (qiao_store_write(d->store, write_freeze, &u->a) !=
		    QIAO_OK) {
			at = &u->next;
			continue;
		}
		write_evidence_file(&u->a);
		qiao_log(QIAO_LOG_INFO, "freeze-stored", "name=%s", u->a.name);
		*at = u->next;
		unstored_free(u);
	}
	pthread_mutex_unlock(&d->freeze_lock);
}

void qiao_freeze_fini(struct qiao_daemon *d)
{
	struct qiao_unstored *u;

	while ((u = d->unstored)) {
		d->unstored = u->next;
		unstored_free(u);
	}
}

static void say_frozen(const struct freeze_arg *a)
{
	if (a->scope == QIAO_SCOPE_CHAIN)
		qiao_log(QIAO_LOG_ERROR, "chain-frozen",
			 "chain=%s height=%" PRIu64 " why=\"%s\"", a->name,
			 a->height, a->why);
	else
		qiao_log(QIAO_LOG_ERROR, "route-frozen", "route=%s why=\"%s\"",
			 a->name, a->why);
}

static void freeze(struct freeze_arg *a, atomic_bool *flag)
{
	qiao_err err;

	pthread_mutex_lock(&a->d->freeze_lock);
	if (!*flag) {
		*flag = true; /* at once, whatever the disk says */
		write_evidence_file(a);
		err = qiao_store_write(a->d->store, write_freeze, a);
		say_frozen(a);
		if (err != QIAO_OK)
			unstored_keep(a, err);
	}
	pthread_mutex_unlock(&a->d->freeze_lock);
}

void qiao_chain_freeze(struct qiao_chain *c, uint64_t height,
		       struct qiao_slice evidence, const struct qiao_why *why)
{
	struct freeze_arg a = { c->d,   QIAO_SCOPE_CHAIN, c->cfg->name,
				height, evidence,         why->text };

	freeze(&a, &c->frozen);
}

void qiao_route_freeze(struct qiao_route *r, struct qiao_slice evidence,
		       const char *why)
{
	struct freeze_arg a = { r->from->d, QIAO_SCOPE_ROUTE, r->cfg->name,
				0,          evidence,         why };

	freeze(&a, &r->frozen);
}

qiao_err qiao_route_freeze_in_txn(struct qiao_txn *txn,
				  const struct qiao_route *r,
				  struct qiao_slice evidence, const char *why)
{
	struct freeze_arg a = { r->from->d, QIAO_SCOPE_ROUTE, r->cfg->name,
				0,          evidence,         why };

	return write_freeze(txn, &a);
}

void qiao_route_froze(struct qiao_route *r, const char *why)
{
	const struct qiao_slice none = { NULL, 0 };

	/* its row is there, unless operators took it away just now */
	qiao_route_freeze(r, none, why);
}

bool qiao_route_is_frozen(const struct qiao_route *r)
{
	return r->frozen || r->from->frozen || r->to->frozen;
}

/* --- what still travels --------------------------------------------------- */

struct held {
	uint64_t below; /* this version; only older ones count */
	bool found;
	uint64_t version;
	char state[QIAO_TYPE_MAX + 1];
};

static qiao_err note_held(void *ctx, const void *row)
{
	const struct qiao_in_row *t = row;
	struct held *h = ctx;
	struct qiao_payload p;

	if ((t->state != QIAO_IN_SUBMITTING && t->state != QIAO_IN_COMMITTED &&
	     t->state != QIAO_IN_ANSWERED) ||
	    t->version >= h->below || (h->found && t->version < h->version) ||
	    qiao_payload_parse(&p, t->payload, NULL) != QIAO_OK)
		return QIAO_OK;
	h->found = true;
	h->version = t->version;
	snprintf(h->state, sizeof(h->state), "%s", p.head.state);
	qiao_payload_fini(&p);
	return QIAO_OK;
}

bool qiao_freeze_passes(struct qiao_txn *txn, const struct qiao_route *r,
			const struct qiao_rules *rules, uint64_t height,
			const struct qiao_head *head)
{
	const struct qiao_cat_type *t =
		rules ? qiao_catalogue_type(
				qiao_policy_catalogue(rules->policy),
				head->type)
		      : NULL;
	struct held held = { .below = head->version };
	struct qiao_record_row row;

	return t && height < r->from->next &&
	       qiao_store_record_get(txn, &row, QIAO_RECORD_DESTINATION,
				     r->from->number, head->type,
				     head->id) == QIAO_OK &&
	       qiao_store_in_of_record(txn, row.record, note_held, &held) ==
		       QIAO_OK &&
	       held.found &&
	       qiao_cat_move_restricts(t, held.state, head->state);
}
