/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/unfreeze.h"

#include "gateway/audit/unfreeze.h"
#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/operators.h"
#include "gateway/store/evidence.h"

#include <stdio.h>
#include <string.h>

#define ASKED_MS  (7 * 86400000LL) /* a first signature waits no longer */
#define FUTURE_MS 300000

static struct qiao_route *route_by_name(struct qiao_daemon *d, const char *name)
{
	for (size_t i = 0; i < d->n_routes; i++)
		if (strcmp(d->routes[i].cfg->name, name) == 0)
			return &d->routes[i];
	return NULL;
}

/* What the names mean here. */
struct subject {
	struct qiao_daemon *d;
	struct qiao_chain *chain; /* one of the two */
	struct qiao_route *route;
	struct qiao_freeze_row row;
};

static bool find_subject(struct subject *s, struct qiao_daemon *d,
			 unsigned int scope, const char *name)
{
	*s = (struct subject){ .d = d };
	if (scope == QIAO_UNFREEZE_CHAIN)
		s->chain = qiao_chain_by_name(d, name);
	else
		s->route = route_by_name(d, name);
	return s->chain || s->route;
}

static qiao_err read_freeze(struct qiao_txn *txn, void *arg)
{
	struct subject *s = arg;

	return qiao_store_frozen(
		txn, &s->row, s->chain ? QIAO_SCOPE_CHAIN : QIAO_SCOPE_ROUTE,
		s->chain ? s->chain->cfg->name : s->route->cfg->name);
}

/* The freeze as it stands in the store; reason and `at` stay empty. */
static struct qiao_unfreeze statement_of(const struct subject *s)
{
	struct qiao_unfreeze u = { .network = s->d->cfg->network,
				   .scope = s->chain ? QIAO_UNFREEZE_CHAIN
						     : QIAO_UNFREEZE_ROUTE,
				   .frozen_at = s->row.at,
				   .evidence = s->row.evidence };

	snprintf(u.gateway, sizeof(u.gateway), "%s", s->d->cfg->id);
	snprintf(u.name, sizeof(u.name), "%s", s->row.name);
	u.chain[0] = s->chain ? s->chain->identity : s->route->from->identity;
	if (s->route)
		u.chain[1] = s->route->to->identity;
	return u;
}

static void put_hex(struct qiao_buf *out, struct qiao_slice bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		qiao_buf_printf(out, "%02x", bytes.p[i]);
}

qiao_err qiao_unfreeze_ask(struct qiao_daemon *d, struct qiao_buf *out,
			   const char *scope, const char *name,
			   const char *reason, struct qiao_why *why)
{
	bool chain = strcmp(scope, "chain") == 0;
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_unfreeze u;
	struct subject s;
	qiao_err err;

	if (!chain && strcmp(scope, "route") != 0)
		return qiao_fail(why, QIAO_E_USAGE, "chain or route");
	if (!find_subject(&s, d,
			  chain ? QIAO_UNFREEZE_CHAIN : QIAO_UNFREEZE_ROUTE,
			  name))
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "the configuration has no %s \"%s\"", scope,
				 name);
	err = qiao_store_read(d->store, read_freeze, &s);
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "%s %s: %s; qiao status shows what is", scope,
				 name,
				 err == QIAO_E_NOTFOUND ? "is not frozen"
							: qiao_strerror(err));
	u = statement_of(&s);
	u.at = qiao_now_ms();
	if (!qiao_str_copy(u.reason, sizeof(u.reason), qiao_slice_str(reason)))
		return qiao_fail(why, QIAO_E_LIMIT,
				 "the reason is longer than %d bytes",
				 QIAO_UNFREEZE_REASON);
	err = qiao_unfreeze_encode(&bytes, &u);
	if (err == QIAO_OK)
		put_hex(out, qiao_buf_slice(&bytes));
	else
		qiao_fail(why, err, "give a reason");
	qiao_buf_free(&bytes);
	return err == QIAO_OK ? out->err : err;
}

/* --- take ---------------------------------------------------------------- */

struct take {
	struct subject s;
	struct qiao_unfreeze u;
	struct qiao_unfreeze_signed x;
	struct qiao_operators operators;
	const struct qiao_operator *by[QIAO_UNFREEZE_SIGS];
	const struct qiao_pubkey *key[QIAO_UNFREEZE_SIGS];
	int64_t now_ms;
};

static qiao_err load_operators(struct take *t, const struct qiao_config *cfg,
			       struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	const char *end;
	qiao_err err;

	if (!cfg->operators[0])
		return qiao_fail(why, QIAO_E_CONFIG,
				 "nobody may sign: give the option "
				 "`operators' a file (qiao.conf(5)) and start "
				 "qiaod again");
	err = qiao_operators_load(&t->operators, &d, cfg->operators);
	end = d.text.n ? memchr(d.text.p, '\n', d.text.n) : NULL;
	if (err != QIAO_OK)
		qiao_fail(why, err, "%.*s",
			  end ? (int)(end - (const char *)d.text.p) : 0,
			  d.text.n ? (const char *)d.text.p : "");
	qiao_diags_free(&d);
	return err;
}

/* Two people, each under a key of their own that is valid now. */
static qiao_err check_signers(struct take *t, struct qiao_why *why)
{
	if (t->x.n != QIAO_UNFREEZE_SIGS)
		return qiao_fail(why, QIAO_E_DENIED,
				 "one signature; a second operator must sign, "
				 "too");
	for (size_t i = 0; i < QIAO_UNFREEZE_SIGS; i++) {
		qiao_err err;

		t->by[i] = qiao_operators_find(
			&t->operators, &t->key[i], &t->x.by[i].key,
			QIAO_ROLE_UNFREEZE, t->now_ms, why);
		if (!t->by[i])
			return QIAO_E_DENIED;
		err = qiao_unfreeze_check(&t->x, i, t->key[i]);
		if (err != QIAO_OK)
			return qiao_fail(why, err,
					 "the signature of operator %s: %s",
					 t->by[i]->id, qiao_strerror(err));
	}
	if (t->by[0] == t->by[1])
		return qiao_fail(why, QIAO_E_DENIED,
				 "operator %s signed twice, with two keys; a "
				 "second operator must sign",
				 t->by[0]->id);
	return QIAO_OK;
}

static qiao_err check_age(const struct take *t, struct qiao_why *why)
{
	if (t->u.at < t->now_ms - ASKED_MS)
		return qiao_fail(why, QIAO_E_EXPIRED,
				 "the first signature is older than 7 days; "
				 "begin again");
	if (t->u.at > t->now_ms + FUTURE_MS)
		return qiao_fail(why, QIAO_E_EXPIRED,
				 "the statement is of a later time than this "
				 "machine's; look at its clock");
	return QIAO_OK;
}

static void put_signers(struct qiao_audit_entry *e, const struct take *t)
{
	struct qiao_jw *w = qiao_audit_value(e, "operators");
	char text[QIAO_PUBKEY_TEXT_LEN];

	qiao_jw_arr(w);
	for (size_t i = 0; i < QIAO_UNFREEZE_SIGS; i++) {
		qiao_jw_obj(w);
		qiao_jw_kstr(w, "id", t->by[i]->id);
		qiao_jw_kstr(w, "key", qiao_pubkey_format(text, t->key[i]));
		qiao_jw_khex(w, "signature",
			     qiao_slice_of(t->x.by[i].sig.b,
					   sizeof(t->x.by[i].sig.b)));
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
}

static qiao_err write_unfreeze(struct qiao_txn *txn, void *arg)
{
	struct take *t = arg;
	struct qiao_unfreeze now;
	struct qiao_audit_entry e;
	qiao_err err = read_freeze(txn, &t->s);

	if (err != QIAO_OK)
		return err;
	now = statement_of(&t->s);
	if (!qiao_unfreeze_same(&now, &t->u))
		return QIAO_E_STATE;
	err = qiao_store_unfreeze(txn, t->s.row.scope, t->s.row.name);
	if (err != QIAO_OK)
		return err;
	qiao_audit_begin(&e, "unfrozen", t->now_ms);
	qiao_audit_str(&e, "scope", t->s.chain ? "chain" : "route");
	qiao_audit_str(&e, "name", t->s.row.name);
	qiao_audit_str(&e, "reason", t->u.reason);
	qiao_audit_hex(&e, "statement", t->x.statement);
	put_signers(&e, t);
	return qiao_audit_append(&t->s.d->log, txn, &e, NULL, NULL);
}

/* A freeze that comes meanwhile comes before or after, never between. */
static qiao_err carry_out(struct take *t, struct qiao_why *why)
{
	struct qiao_daemon *d = t->s.d;
	qiao_err err;

	pthread_mutex_lock(&d->freeze_lock);
	err = qiao_store_write(d->store, write_unfreeze, t);
	if (err == QIAO_OK && t->s.chain)
		t->s.chain->frozen = false;
	if (err == QIAO_OK && t->s.route)
		t->s.route->frozen = false;
	pthread_mutex_unlock(&d->freeze_lock);
	if (err == QIAO_E_STATE)
		return qiao_fail(why, err,
				 "the statement is of another freeze than the "
				 "present one; begin again");
	if (err != QIAO_OK)
		return qiao_fail(why, err, "%s",
				 err == QIAO_E_NOTFOUND ? "it is not frozen"
							: qiao_strerror(err));
	qiao_log(QIAO_LOG_WARN, "unfrozen", "scope=%s name=%s operators=%s,%s",
		 t->s.chain ? "chain" : "route", t->s.row.name, t->by[0]->id,
		 t->by[1]->id);
	for (size_t i = 0; i < d->n_chains; i++)
		qiao_bell_ring(&d->chains[i].bell);
	for (size_t i = 0; i < d->n_links; i++)
		qiao_bell_ring(&d->links[i].bell);
	return QIAO_OK;
}

qiao_err qiao_unfreeze_take(struct qiao_daemon *d, const char *hex,
			    struct qiao_why *why)
{
	uint8_t bytes[QIAO_UNFREEZE_MAX];
	struct qiao_slice in = { bytes, strlen(hex) / 2 };
	struct take t = { .now_ms = qiao_now_ms() };
	qiao_err err;

	if (in.n > sizeof(bytes) ||
	    !qiao_hex_decode(bytes, in.n, qiao_slice_str(hex)) ||
	    qiao_unfreeze_signed_parse(&t.x, in) != QIAO_OK ||
	    qiao_unfreeze_parse(&t.u, t.x.statement) != QIAO_OK)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "that is no signed statement; begin again");
	if (!find_subject(&t.s, d, t.u.scope, t.u.name))
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "the configuration has nothing named \"%s\"",
				 t.u.name);
	err = check_age(&t, why);
	if (err == QIAO_OK)
		err = load_operators(&t, d->cfg, why);
	if (err == QIAO_OK)
		err = check_signers(&t, why);
	if (err == QIAO_OK)
		err = carry_out(&t, why);
	qiao_operators_free(&t.operators);
	return err;
}
