/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/report.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/freeze.h"
#include "gateway/daemon/report_text.h"
#include "gateway/store/audit.h"
#include "gateway/store/chain.h"
#include "gateway/store/evidence.h"
#include "gateway/store/in.h"
#include "gateway/store/meta.h"
#include "gateway/store/out.h"
#include "relay/transfer_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct counts {
	uint64_t out[QIAO_OUT_STATES], in[QIAO_IN_STATES];
	int64_t oldest_at; /* of what is not at an end */
};

struct status {
	struct qiao_daemon *d;
	int64_t now;
	struct qiao_meta meta;
	struct qiao_chain_row
		chain[QIAO_CHAINS_MAX];       /* parallel to d->chains */
	struct counts route[QIAO_ROUTES_MAX]; /* outgoing, by route */
	struct counts peer[QIAO_PEERS_MAX];   /* incoming, by peer */
	char frozen[QIAO_ROUTES_MAX][256];    /* why, by route */
	size_t n_freezes;
	struct qiao_freeze_row freeze[QIAO_CHAINS_MAX + QIAO_ROUTES_MAX];
	uint64_t entries, signed_;
	int64_t signed_at;
	struct qiao_hash root;
	struct qiao_store_stats store;
	bool loaded;
	struct qiao_policy_info policy;
	int64_t policy_at;
	char policy_problem[384];
};

/* --- gather -------------------------------------------------------------- */

static void note(struct counts *c, uint64_t *n, uint64_t more, bool is_end,
		 int64_t oldest_at)
{
	*n += more;
	if (!is_end && more > 0 && (!c->oldest_at || oldest_at < c->oldest_at))
		c->oldest_at = oldest_at;
}

static qiao_err note_out(void *ctx, const void *row)
{
	struct status *s = ctx;
	const struct qiao_route_count *r = row;

	if (r->state < 0 || r->state >= QIAO_OUT_STATES)
		return QIAO_OK;
	for (size_t i = 0; i < s->d->n_routes; i++) {
		struct counts *c = &s->route[i];
		enum qiao_out_state state = (enum qiao_out_state)r->state;

		if (strcmp(s->d->routes[i].cfg->name, r->route) == 0)
			note(c, &c->out[state], r->n,
			     qiao_out_is_end(state) ||
				     state == QIAO_OUT_COMMITTED,
			     r->oldest_at);
	}
	return QIAO_OK;
}

static qiao_err note_in(void *ctx, const void *row)
{
	struct status *s = ctx;
	const struct qiao_peer_count *r = row;

	if (r->state < 0 || r->state >= QIAO_IN_STATES)
		return QIAO_OK;
	for (size_t i = 0; i < s->d->n_links; i++) {
		struct counts *c = &s->peer[i];
		enum qiao_in_state state = (enum qiao_in_state)r->state;

		if (strcmp(s->d->links[i].peer->gateway, r->peer) == 0)
			note(c, &c->in[state], r->n, qiao_in_is_end(state),
			     r->oldest_at);
	}
	return QIAO_OK;
}

static qiao_err note_checkpoint(void *ctx, const void *row)
{
	struct status *s = ctx;
	const struct qiao_checkpoint_row *r = row;

	if (r->size >= s->signed_) {
		s->signed_ = r->size;
		s->signed_at = r->at;
	}
	return QIAO_OK;
}

static qiao_err note_freeze(void *ctx, const void *row)
{
	struct status *s = ctx;
	const struct qiao_freeze_row *r = row;

	if (r->scope != QIAO_SCOPE_PEER &&
	    s->n_freezes < sizeof(s->freeze) / sizeof(s->freeze[0]))
		s->freeze[s->n_freezes++] = *r;
	for (size_t i = 0; i < s->d->n_routes; i++) {
		const struct qiao_route *route = &s->d->routes[i];
		const char *name = route->cfg->name;

		if (r->scope == QIAO_SCOPE_CHAIN &&
		    (strcmp(route->from->cfg->name, r->name) == 0 ||
		     strcmp(route->to->cfg->name, r->name) == 0))
			name = r->name;
		if (r->scope != QIAO_SCOPE_PEER && strcmp(name, r->name) == 0)
			snprintf(s->frozen[i], sizeof(s->frozen[i]), "%s",
				 r->why);
	}
	return QIAO_OK;
}

static qiao_err gather(struct qiao_txn *txn, void *arg)
{
	struct status *s = arg;
	qiao_err err = qiao_store_meta_get(txn, &s->meta);

	for (size_t i = 0; i < s->d->n_chains && err == QIAO_OK; i++)
		err = qiao_store_chain_get(txn, &s->chain[i],
					   s->d->chains[i].number);
	if (err == QIAO_OK)
		err = qiao_store_out_counts(txn, note_out, s);
	if (err == QIAO_OK)
		err = qiao_store_in_counts(txn, note_in, s);
	if (err == QIAO_OK)
		err = qiao_store_checkpoint_each(txn, note_checkpoint, s);
	if (err == QIAO_OK)
		err = qiao_store_freeze_each(txn, note_freeze, s);
	if (err == QIAO_OK)
		err = qiao_store_audit_size(txn, &s->entries);
	if (err == QIAO_OK)
		err = qiao_audit_root(txn, &s->root, s->entries);
	return err;
}

static void gather_policy(struct status *s)
{
	struct qiao_rules *r = qiao_rules_take(s->d);

	s->loaded = r != NULL;
	if (r)
		qiao_policy_info(r->policy, &s->policy);
	qiao_rules_release(r);
	pthread_mutex_lock(&s->d->rules_lock);
	s->policy_at = s->d->rules_at;
	snprintf(s->policy_problem, sizeof(s->policy_problem), "%s",
		 s->d->rules_problem);
	pthread_mutex_unlock(&s->d->rules_lock);
}

static void link_state(struct qiao_link_peer *l, char last[384], int64_t *heard)
{
	pthread_mutex_lock(&l->lock);
	snprintf(last, 384, "%s", l->last);
	*heard = l->heard_ms;
	pthread_mutex_unlock(&l->lock);
}

static const char *clock_name(enum qiao_clock_source source)
{
	switch (source) {
	case QIAO_CLOCK_OPERATOR:
		return "operator";
	case QIAO_CLOCK_KERNEL:
		return "kernel";
	}
	return "?";
}

static bool is_incoming(const struct qiao_route *r)
{
	return r->to->cfg->program[0] != '\0';
}

/* --- as JSON ------------------------------------------------------------- */

static void json_adapter(struct qiao_jw *w, const struct qiao_chain *c)
{
	struct qiao_host_status h;

	qiao_jw_key(w, "adapter");
	if (!c->host) {
		qiao_jw_null(w);
		return;
	}
	qiao_host_status(c->host, &h);
	qiao_jw_obj(w);
	qiao_jw_kint(w, "failures", h.failures);
	qiao_jw_kstr(w, "health", qiao_health_name(h.health));
	qiao_jw_kstr_or_null(w, "last", h.last);
	qiao_jw_kstr(w, "name", h.name);
	qiao_jw_kstr_or_null(w, "origin", h.origin);
	qiao_jw_kint(w, "pid", h.pid);
	qiao_jw_kint(w, "starts", h.starts);
	qiao_jw_end(w);
}

static void json_chain(struct qiao_jw *w, const struct status *s, size_t i)
{
	const struct qiao_chain *c = &s->d->chains[i];
	const struct qiao_chain_row *row = &s->chain[i];

	qiao_jw_obj(w);
	qiao_jw_ktime(w, "accepted_at", row->accepted_at);
	json_adapter(w, c);
	qiao_jw_kstr(w, "family", c->cfg->family);
	qiao_jw_kbool(w, "frozen", c->frozen);
	qiao_jw_khex(w, "hash", qiao_slice_hash(&row->hash));
	qiao_jw_key(w, "height");
	if (row->has_head)
		qiao_jw_int(w, (int64_t)row->height);
	else
		qiao_jw_null(w);
	qiao_jw_khex(w, "identity", qiao_slice_hash(&c->identity));
	qiao_jw_kstr(w, "name", c->cfg->name);
	qiao_jw_end(w);
}

static void json_peer(struct qiao_jw *w, const struct status *s, size_t i)
{
	struct qiao_link_peer *l = &s->d->links[i];
	char last[384];
	int64_t heard;

	link_state(l, last, &heard);
	qiao_jw_obj(w);
	qiao_jw_kbool(w, "connected",
		      l->dialer && qiao_dialer_connected(l->dialer));
	qiao_jw_ktime(w, "heard_at", heard);
	qiao_jw_kstr(w, "id", l->peer->gateway);
	qiao_jw_key(w, "in");
	qiao_jw_arr(w);
	for (int n = 1; n < QIAO_IN_STATES; n++) {
		if (!s->peer[i].in[n])
			continue;
		qiao_jw_obj(w);
		qiao_jw_kint(w, "n", (int64_t)s->peer[i].in[n]);
		qiao_jw_kstr(w, "state", qiao_in_state_name(n));
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
	qiao_jw_ktime(w, "oldest_open_at", s->peer[i].oldest_at);
	qiao_jw_kstr_or_null(w, "problem", last);
	qiao_jw_kstr(w, "standing",
		     qiao_standing_name((enum qiao_standing)l->peer->standing));
	qiao_jw_end(w);
}

static void json_route(struct qiao_jw *w, const struct status *s, size_t i)
{
	const struct qiao_route *r = &s->d->routes[i];

	qiao_jw_obj(w);
	qiao_jw_kstr(w, "direction", is_incoming(r) ? "in" : "out");
	qiao_jw_kstr(w, "from", r->cfg->from);
	qiao_jw_kbool(w, "frozen",
		      r->frozen || r->from->frozen || r->to->frozen);
	qiao_jw_kstr_or_null(w, "frozen_why", s->frozen[i]);
	qiao_jw_kstr(w, "name", r->cfg->name);
	qiao_jw_ktime(w, "oldest_open_at", s->route[i].oldest_at);
	qiao_jw_key(w, "out");
	qiao_jw_arr(w);
	for (int n = 1; n < QIAO_OUT_STATES; n++) {
		if (!s->route[i].out[n])
			continue;
		qiao_jw_obj(w);
		qiao_jw_kint(w, "n", (int64_t)s->route[i].out[n]);
		qiao_jw_kstr(w, "state", qiao_out_state_name(n));
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
	qiao_jw_kstr(w, "peer", r->cfg->peer);
	qiao_jw_kstr(w, "to", r->cfg->to);
	qiao_jw_end(w);
}

static void json_freeze(struct qiao_jw *w, const struct status *s, size_t i)
{
	const struct qiao_freeze_row *f = &s->freeze[i];
	char path[2 * QIAO_PATH_LEN];

	qiao_jw_obj(w);
	qiao_jw_ktime(w, "at", f->at);
	qiao_jw_kstr_or_null(w, "evidence",
			     qiao_hash_is_zero(&f->evidence)
				     ? ""
				     : qiao_freeze_path(path, sizeof(path),
							s->d, f->name,
							&f->evidence));
	qiao_jw_kstr(w, "name", f->name);
	qiao_jw_kstr(w, "scope",
		     f->scope == QIAO_SCOPE_CHAIN ? "chain" : "route");
	qiao_jw_kstr(w, "why", f->why);
	qiao_jw_end(w);
}

static void text_freeze(struct qiao_buf *out, const struct status *s, size_t i,
			bool zh)
{
	const struct qiao_freeze_row *f = &s->freeze[i];

	qiao_buf_printf(out, "! %s %s ",
			f->scope == QIAO_SCOPE_CHAIN
				? QIAO_SAY(zh, "链", "chain")
				: QIAO_SAY(zh, "路由", "route"),
			f->name);
	qiao_freeze_text(out, s->d, f, zh, s->now);
	qiao_buf_put_str(out, "\n  -> ");
	qiao_freeze_remedy(out, f, zh);
	qiao_buf_put_str(out, "\n");
}

static void json_policy(struct qiao_jw *w, const struct status *s)
{
	qiao_jw_key(w, "policy");
	if (!s->loaded) {
		qiao_jw_null(w);
	} else {
		qiao_jw_obj(w);
		qiao_jw_ktime(w, "loaded_at", s->policy_at);
		qiao_jw_kint(w, "rules", (int64_t)s->policy.rules);
		qiao_jw_kint(w, "seq", (int64_t)s->policy.seq);
		qiao_jw_khex(w, "sha256", qiao_slice_hash(&s->policy.sha256));
		qiao_jw_kbool(w, "unsigned", s->policy.is_unsigned);
		qiao_jw_end(w);
	}
	qiao_jw_kstr_or_null(w, "policy_problem", s->policy_problem);
}

typedef void (*json_fn)(struct qiao_jw *w, const struct status *s, size_t i);

static void json_list(struct qiao_jw *w, const char *key,
		      const struct status *s, size_t n, json_fn fn)
{
	qiao_jw_key(w, key);
	qiao_jw_arr(w);
	for (size_t i = 0; i < n; i++)
		fn(w, s, i);
	qiao_jw_end(w);
}

static void json_audit(struct qiao_jw *w, const struct status *s)
{
	qiao_jw_key(w, "audit");
	qiao_jw_obj(w);
	qiao_jw_kint(w, "entries", (int64_t)s->entries);
	qiao_jw_khex(w, "root", qiao_slice_hash(&s->root));
	qiao_jw_kint(w, "signed", (int64_t)s->signed_);
	qiao_jw_ktime(w, "signed_at", s->signed_at);
	qiao_jw_end(w);
}

static qiao_err as_json(struct qiao_buf *out, const struct status *s)
{
	struct qiao_daemon *d = s->d;
	struct qiao_jw w;

	qiao_jw_init(&w, out);
	qiao_jw_obj(&w);
	json_audit(&w, s);
	json_list(&w, "chains", s, d->n_chains, json_chain);
	qiao_jw_key(&w, "clock");
	qiao_jw_obj(&w);
	qiao_jw_kbool(&w, "ok", qiao_daemon_clock_ok(d));
	qiao_jw_kstr(&w, "source", clock_name(d->cfg->clock));
	qiao_jw_end(&w);
	qiao_jw_kint(&w, "epoch", (int64_t)s->meta.epoch);
	json_list(&w, "frozen", s, s->n_freezes, json_freeze);
	qiao_jw_kstr(&w, "gateway", d->cfg->id);
	qiao_jw_khex(&w, "network", qiao_slice_hash(&d->cfg->network));
	json_list(&w, "peers", s, d->n_links, json_peer);
	json_policy(&w, s);
	json_list(&w, "routes", s, d->n_routes, json_route);
	qiao_jw_ktime(&w, "started_at", d->started_ms);
	qiao_jw_kbool(&w, "store_broken", s->store.broken);
	qiao_jw_kint(&w, "store_commits", (int64_t)s->store.commits);
	qiao_jw_kstr(&w, "version", QIAO_VERSION);
	qiao_jw_end(&w);
	qiao_buf_put_str(out, "\n");
	return qiao_jw_finish(&w);
}

/* --- as text ------------------------------------------------------------- */

static void text_head(struct qiao_buf *out, const struct status *s, bool zh)
{
	char ago[QIAO_AGO_LEN], hex[QIAO_HEX_LEN(4)];

	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "网关 %s  网络 %s…  版本 %s  已运行 %s\n",
			 "gateway %s  network %s...  version %s  up %s\n"),
		s->d->cfg->id,
		qiao_hex_encode(hex, qiao_slice_of(s->d->cfg->network.b, 4)),
		QIAO_VERSION, qiao_ago(ago, s->d->started_ms, s->now));
	qiao_buf_printf(out, QIAO_SAY(zh, "时钟 %s: %s\n", "clock %s: %s\n"),
			clock_name(s->d->cfg->clock),
			qiao_daemon_clock_ok(s->d)
				? QIAO_SAY(zh, "可信", "good")
				: QIAO_SAY(zh, "不可信,需要时钟的规则一律拒绝",
					   "not good, nothing is permitted "
					   "that needs it"));
	if (s->store.broken)
		qiao_buf_put_str(out,
				 QIAO_SAY(zh, "存储出错,须重新启动\n",
					  "the store failed; start again\n"));
}

static void text_policy(struct qiao_buf *out, const struct status *s, bool zh)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], ago[QIAO_AGO_LEN];

	if (!s->loaded) {
		qiao_buf_put_str(out, QIAO_SAY(zh, "策略 无: 一切拒绝\n",
					       "policy none: all is denied\n"));
	} else {
		qiao_buf_printf(
			out,
			QIAO_SAY(zh,
				 "策略 seq %" PRIu64
				 " %.16s… %zu 条规则%s  %s 前载入\n",
				 "policy seq %" PRIu64
				 " %.16s... %zu rules%s  loaded %s ago\n"),
			s->policy.seq,
			qiao_hex_encode(hex,
					qiao_slice_hash(&s->policy.sha256)),
			s->policy.rules,
			s->policy.is_unsigned
				? QIAO_SAY(zh, " 未签名", " UNSIGNED")
				: "",
			qiao_ago(ago, s->policy_at, s->now));
	}
	if (s->policy_problem[0])
		qiao_buf_printf(out,
				QIAO_SAY(zh,
					 "  ! 新策略被拒绝,仍用原策略: %s\n",
					 "  ! the new one was refused, the old "
					 "one stays: %s\n"),
				s->policy_problem);
}

static void text_chain(struct qiao_buf *out, const struct status *s, size_t i,
		       bool zh)
{
	const struct qiao_chain *c = &s->d->chains[i];
	char ago[QIAO_AGO_LEN];
	struct qiao_host_status h;

	qiao_buf_printf(out, QIAO_SAY(zh, "链 %s (%s)  ", "chain %s (%s)  "),
			c->cfg->name, c->cfg->family);
	qiao_buf_printf(out,
			QIAO_SAY(zh, "高度 %" PRIu64 "  区块头 %s 前接受%s",
				 "height %" PRIu64
				 "  header accepted %s ago%s"),
			s->chain[i].height,
			qiao_ago(ago, s->chain[i].accepted_at, s->now),
			c->frozen ? QIAO_SAY(zh, "  已冻结", "  FROZEN") : "");
	if (!c->host) {
		qiao_buf_put_str(out, QIAO_SAY(zh, "  经对端跟随\n",
					       "  followed through a peer\n"));
		return;
	}
	qiao_host_status(c->host, &h);
	qiao_buf_printf(out,
			QIAO_SAY(zh, "  适配器 %s %s%s%s, 启动 %u 次\n",
				 "  adapter %s %s%s%s, started %u times\n"),
			h.name, qiao_health_name(h.health),
			h.origin[0] ? " " : "", h.origin, h.starts);
	if (h.last[0])
		qiao_buf_printf(out,
				QIAO_SAY(zh, "  ! 最近一次故障: %s\n",
					 "  ! newest failure: %s\n"),
				h.last);
}

static void text_peer(struct qiao_buf *out, const struct status *s, size_t i,
		      bool zh)
{
	struct qiao_link_peer *l = &s->d->links[i];
	bool up = l->dialer && qiao_dialer_connected(l->dialer);
	char last[384], ago[QIAO_AGO_LEN];
	int64_t heard;

	link_state(l, last, &heard);
	qiao_buf_printf(
		out,
		QIAO_SAY(zh, "对端 %s  %s  %s  上次应答 %s\n",
			 "peer %s  %s  %s  last answer %s\n"),
		l->peer->gateway,
		qiao_standing_name((enum qiao_standing)l->peer->standing),
		!l->dialer ? QIAO_SAY(zh, "由对端拨入", "dials us")
		: up       ? QIAO_SAY(zh, "已连接", "connected")
			   : QIAO_SAY(zh, "未连接", "not connected"),
		qiao_ago(ago, heard, s->now));
	if (last[0])
		qiao_buf_printf(out, "  ! %s\n", last);
	for (int n = 1; n < QIAO_IN_STATES; n++)
		if (s->peer[i].in[n])
			qiao_buf_printf(out,
					QIAO_SAY(zh, "  收到 %s %" PRIu64 "\n",
						 "  in %s %" PRIu64 "\n"),
					qiao_in_state_name(n),
					s->peer[i].in[n]);
}

static void text_route(struct qiao_buf *out, const struct status *s, size_t i,
		       bool zh)
{
	const struct qiao_route *r = &s->d->routes[i];
	bool frozen = r->frozen || r->from->frozen || r->to->frozen;
	char ago[QIAO_AGO_LEN];

	qiao_buf_printf(out,
			QIAO_SAY(zh, "路由 %s  %s -> %s  %s%s%s%s\n",
				 "route %s  %s -> %s  %s%s%s%s\n"),
			r->cfg->name, r->cfg->from, r->cfg->to,
			is_incoming(r) ? QIAO_SAY(zh, "接收", "in")
				       : QIAO_SAY(zh, "发送", "out"),
			frozen ? QIAO_SAY(zh, "  已冻结", "  FROZEN") : "",
			s->frozen[i][0] ? ": " : "", s->frozen[i]);
	for (int n = 1; n < QIAO_OUT_STATES; n++)
		if (s->route[i].out[n])
			qiao_buf_printf(out,
					QIAO_SAY(zh, "  发出 %s %" PRIu64 "\n",
						 "  out %s %" PRIu64 "\n"),
					qiao_out_state_name(n),
					s->route[i].out[n]);
	if (s->route[i].oldest_at)
		qiao_buf_printf(out,
				QIAO_SAY(zh, "  最久未完成: %s\n",
					 "  oldest open: %s\n"),
				qiao_ago(ago, s->route[i].oldest_at, s->now));
}

static qiao_err as_text(struct qiao_buf *out, const struct status *s, bool zh)
{
	char ago[QIAO_AGO_LEN];

	text_head(out, s, zh);
	text_policy(out, s, zh);
	for (size_t i = 0; i < s->d->n_chains; i++)
		text_chain(out, s, i, zh);
	for (size_t i = 0; i < s->d->n_links; i++)
		text_peer(out, s, i, zh);
	for (size_t i = 0; i < s->d->n_routes; i++)
		text_route(out, s, i, zh);
	for (size_t i = 0; i < s->n_freezes; i++)
		text_freeze(out, s, i, zh);
	qiao_buf_printf(
		out,
		QIAO_SAY(zh,
			 "审计 %" PRIu64 " 条, 已签名 %" PRIu64 " 条 (%s 前)\n",
			 "audit %" PRIu64 " entries, signed %" PRIu64
			 " (%s ago)\n"),
		s->entries, s->signed_, qiao_ago(ago, s->signed_at, s->now));
	return out->err;
}

qiao_err qiao_status_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style)
{
	struct status *s = qiao_calloc(1, sizeof(*s));
	qiao_err err;

	if (!s)
		return QIAO_E_NOMEM;
	s->d = d;
	s->now = qiao_now_ms();
	qiao_store_stats(d->store, &s->store);
	gather_policy(s);
	err = qiao_store_read(d->store, gather, s);
	if (err == QIAO_OK)
		err = style.json ? as_json(out, s) : as_text(out, s, style.zh);
	qiao_free(s);
	return err;
}
