/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/report.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/tlscheck.h"
#include "gateway/daemon/operators.h"
#include "gateway/daemon/report_text.h"
#include "gateway/record/catalogue.h"
#include "gateway/record/orgs.h"
#include "gateway/store/chain.h"
#include "gateway/store/in.h"
#include "gateway/store/out.h"
#include "relay/transfer_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define DISK_LOW    QIAO_MIB(256)
#define DISK_SCARCE QIAO_MIB(2048)
#define LAG_MS      600000 /* nothing new from a chain, nothing moving */

enum verdict {
	GOOD,
	WARN,
	BAD,
};

struct doctor {
	struct qiao_daemon *d;
	struct qiao_buf *out;
	bool zh;
	unsigned int bad, warned;
	int64_t now;
};

/* One line for a check, one for what to do; remedy NULL: nothing. */
static void say(struct doctor *k, enum verdict v, const char *name,
		const char *text, const char *remedy)
{
	static const char *const mark[] = { "ok  ", "warn", "FAIL" };

	qiao_buf_printf(k->out, "[%s] %s: %s\n", mark[v], name, text);
	if (v != GOOD && remedy)
		qiao_buf_printf(k->out, "       -> %s\n", remedy);
	k->bad += v == BAD;
	k->warned += v == WARN;
}

/* --- configuration, keys, modes ------------------------------------------ */

static void check_config(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "配置与密钥", "configuration, keys");
	struct qiao_diags d = { .errors = 0 };
	struct qiao_config *c = NULL;
	qiao_err err = qiao_config_load_to_run(&c, &d, k->d->cfg->path);

	qiao_config_free(c);
	if (err == QIAO_OK) {
		say(k, GOOD, name,
		    QIAO_SAY(k->zh, "文件齐全,私钥只有本用户可读",
			     "files are there, keys are private"),
		    NULL);
	} else {
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "下次启动会失败",
			     "the next start will fail"),
		    QIAO_SAY(k->zh, "按下列各行改正", "correct these lines"));
		qiao_buf_put(k->out, qiao_buf_slice(&d.text));
	}
	qiao_diags_free(&d);
}

/* --- store --------------------------------------------------------------- */

static void check_store(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "存储", "store");
	struct qiao_store_stats st;
	struct qiao_why why = { "" };

	qiao_store_stats(k->d->store, &st);
	if (st.broken)
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "写入失败后已停用",
			     "stopped after a failed write"),
		    QIAO_SAY(k->zh, "检查磁盘后重新启动 qiaod",
			     "look at the disk, then start qiaod again"));
	else if (qiao_store_check(k->d->store, &why) != QIAO_OK)
		say(k, BAD, name, why.text,
		    QIAO_SAY(k->zh, "停止 qiaod, 从备份恢复",
			     "stop qiaod and restore a backup"));
	else
		say(k, GOOD, name,
		    QIAO_SAY(k->zh, "每一页都完好", "every page is sound"),
		    NULL);
}

static void check_disk(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "磁盘", "disk");
	struct statvfs v;
	char text[96];
	uint64_t room;

	if (statvfs(k->d->cfg->data, &v) != 0) {
		say(k, BAD, name, k->d->cfg->data, NULL);
		return;
	}
	room = (uint64_t)v.f_bavail * v.f_frsize;
	snprintf(text, sizeof(text),
		 QIAO_SAY(k->zh, "剩余 %" PRIu64 " MiB",
			  "%" PRIu64 " MiB are free"),
		 room / QIAO_MIB(1));
	say(k,
	    room < DISK_LOW      ? BAD
	    : room < DISK_SCARCE ? WARN
				 : GOOD,
	    name, text,
	    QIAO_SAY(k->zh, "腾出空间: 磁盘满时网关停止传递",
		     "make room: relaying stops when the disk is full"));
}

/* --- policy -------------------------------------------------------------- */

static void check_accepts(struct doctor *k, const struct qiao_rules *r,
			  const struct qiao_route *route)
{
	const struct qiao_catalogue *cat = qiao_policy_catalogue(r->policy);
	struct qiao_buf types = { .max = 300 };
	char name[QIAO_NAME_MAX + 32];

	for (size_t i = 0; i < qiao_catalogue_count(cat); i++) {
		const char *type = qiao_catalogue_at(cat, i)->type;

		if (qiao_policy_may_accept(r->policy, route->cfg->from,
					   route->cfg->to, type))
			qiao_buf_printf(&types, " %s", type);
	}
	qiao_buf_put_u8(&types, 0);
	snprintf(name, sizeof(name), QIAO_SAY(k->zh, "路由 %s", "route %s"),
		 route->cfg->name);
	if (types.err == QIAO_OK && types.n <= 1)
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "没有接收规则,送来的一律拒绝",
			     "no accept rule: all that comes is denied"),
		    QIAO_SAY(
			    k->zh,
			    "为该来源链与类型写 point = \"accept\" 的 permit 规则",
			    "write a permit with point = \"accept\" for this "
			    "source and type"));
	else
		say(k, GOOD, name,
		    types.err == QIAO_OK ? (const char *)types.p + 1
					 : QIAO_SAY(k->zh, "接收多种类型",
						    "many types are accepted"),
		    NULL);
	qiao_buf_free(&types);
}

static void check_offers(struct doctor *k, const struct qiao_rules *r,
			 const struct qiao_route *route)
{
	const struct qiao_catalogue *cat = qiao_policy_catalogue(r->policy);
	const struct qiao_orgs *orgs = qiao_policy_orgs(r->policy);
	char name[QIAO_NAME_MAX + 32], text[256] = "";

	for (size_t i = 0; i < route->cfg->n_deliver; i++) {
		const struct qiao_config_deliver *s = &route->cfg->deliver[i];

		if (!qiao_orgs_find(orgs, s->to_org))
			snprintf(text, sizeof(text),
				 QIAO_SAY(k->zh, "策略不认识机构 %s",
					  "the policy knows no organisation "
					  "%s"),
				 s->to_org);
		for (size_t n = 0; n < s->n_types; n++)
			if (!qiao_catalogue_type(cat, s->types[n]))
				snprintf(text, sizeof(text),
					 QIAO_SAY(k->zh, "目录中没有类型 %s",
						  "the catalogue has no type "
						  "%s"),
					 s->types[n]);
	}
	snprintf(name, sizeof(name), QIAO_SAY(k->zh, "路由 %s", "route %s"),
		 route->cfg->name);
	say(k, text[0] ? BAD : GOOD, name,
	    text[0] ? text
		    : QIAO_SAY(k->zh, "订阅的类型与机构都在策略中",
			       "its types and organisations are in the policy"),
	    QIAO_SAY(k->zh, "改正配置中的 deliver, 或补充目录",
		     "correct deliver in the configuration, or the catalogue"));
}

static void check_policy(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "策略", "policy");
	struct qiao_rules *r = qiao_rules_take(k->d);
	char problem[384];

	pthread_mutex_lock(&k->d->rules_lock);
	snprintf(problem, sizeof(problem), "%s", k->d->rules_problem);
	pthread_mutex_unlock(&k->d->rules_lock);
	if (!r)
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "没有策略: 一切拒绝",
			     "none: everything is denied"),
		    QIAO_SAY(k->zh, "qiao policy check 后 qiao reload",
			     "qiao policy check, then qiao reload"));
	else if (problem[0])
		say(k, BAD, name, problem,
		    QIAO_SAY(k->zh,
			     "原策略仍有效; qiao policy check 后 qiao reload",
			     "the old one stays in force; qiao policy check, "
			     "then qiao reload"));
	else
		say(k, k->d->cfg->policy_unsigned ? WARN : GOOD, name,
		    QIAO_SAY(k->zh, "已载入,未签名", "loaded, unsigned"),
		    QIAO_SAY(k->zh,
			     "签名策略包尚未实现: 请用文件权限保护策略目录",
			     "signed bundles are not built yet: guard the "
			     "folder by its permissions"));
	for (size_t i = 0; r && i < k->d->n_routes; i++) {
		const struct qiao_route *route = &k->d->routes[i];

		if (route->to->cfg->program[0])
			check_accepts(k, r, route);
		else
			check_offers(k, r, route);
	}
	qiao_rules_release(r);
}

/* --- adapters ------------------------------------------------------------ */

static bool receives(const struct qiao_chain *c)
{
	for (size_t i = 0; i < c->d->n_routes; i++)
		if (c->d->routes[i].to == c)
			return true;
	return false;
}

static void check_adapter(struct doctor *k, struct qiao_chain *c)
{
	char name[QIAO_NAME_MAX + 32];
	struct qiao_host_status h;

	snprintf(name, sizeof(name), QIAO_SAY(k->zh, "适配器 %s", "adapter %s"),
		 c->cfg->name);
	qiao_host_status(c->host, &h);
	/* one that answers, but brings nothing that holds, is not well either
	 */
	if (h.health != QIAO_HEALTH_READY || (h.last[0] && c->refusals > 0))
		say(k, BAD, name,
		    h.last[0] ? h.last : qiao_health_name(h.health),
		    h.health == QIAO_HEALTH_REFUSED
			    ? QIAO_SAY(k->zh, "安装与本网关相配的适配器",
				       "install an adapter that fits this "
				       "gateway")
			    : QIAO_SAY(
				      k->zh,
				      "检查适配器的配置与节点; 网关会自动重启它",
				      "look at its configuration and its "
				      "nodes; it is started again by itself"));
	else if (receives(c) && !qiao_host_can(c->host, "submit.deliver"))
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "不能写入: 缺 submit.deliver",
			     "it cannot write: no submit.deliver"),
		    QIAO_SAY(k->zh, "在链上安装参考合约,或去掉该路由",
			     "install the reference contract, or remove the "
			     "route"));
	else
		say(k, GOOD, name, h.origin[0] ? h.origin : "ready", NULL);
}

/* --- peers --------------------------------------------------------------- */

static void check_tls(struct doctor *k)
{
	const struct qiao_config *c = k->d->cfg;
	struct qiao_tls_files f = { c->tls_cert, c->tls_key, c->tls_ca };
	struct qiao_why why = { "" };
	qiao_err err;

	if (!c->tls_cert[0])
		return;
	err = qiao_tls_check(&f, NULL, k->now, &why);
	say(k, err == QIAO_OK ? GOOD : BAD, QIAO_SAY(k->zh, "证书", "TLS"),
	    err == QIAO_OK
		    ? QIAO_SAY(k->zh, "本方证书有效", "our certificate is good")
		    : why.text,
	    QIAO_SAY(k->zh, "更换证书文件; 网关自动重新读取",
		     "replace the files; they are read again by themselves"));
}

static void check_peer(struct doctor *k, struct qiao_link_peer *l)
{
	char name[QIAO_NAME_MAX + 32], last[384];
	bool up = l->dialer && qiao_dialer_connected(l->dialer);

	snprintf(name, sizeof(name), QIAO_SAY(k->zh, "对端 %s", "peer %s"),
		 l->peer->gateway);
	pthread_mutex_lock(&l->lock);
	snprintf(last, sizeof(last), "%s", l->last);
	pthread_mutex_unlock(&l->lock);
	if (l->peer->standing != QIAO_STANDING_KNOWN)
		say(k, WARN, name,
		    qiao_standing_name((enum qiao_standing)l->peer->standing),
		    QIAO_SAY(k->zh, "由操作员解除", "an operator may lift it"));
	else if (!l->dialer)
		say(k, GOOD, name, QIAO_SAY(k->zh, "由对端拨入", "it dials us"),
		    NULL);
	else if (!up || last[0])
		say(k, BAD, name,
		    last[0] ? last : QIAO_SAY(k->zh, "未连接", "not connected"),
		    QIAO_SAY(k->zh, "核对 peers.url、防火墙与双方证书",
			     "look at peers.url, the firewall, and both "
			     "sides' certificates"));
	else
		say(k, GOOD, name, QIAO_SAY(k->zh, "已连接", "connected"),
		    NULL);
}

/* --- clock, movement ----------------------------------------------------- */

static void check_clock(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "时钟", "clock");
	bool by_operator = k->d->cfg->clock == QIAO_CLOCK_OPERATOR;

	if (by_operator)
		say(k, WARN, name,
		    QIAO_SAY(k->zh, "由操作员负责,本机不检查",
			     "watched by the operator, not checked here"),
		    QIAO_SAY(k->zh, "有 NTP 时设 clock.source = \"kernel\"",
			     "with NTP, set clock.source = \"kernel\""));
	else if (qiao_daemon_clock_ok(k->d))
		say(k, GOOD, name,
		    QIAO_SAY(k->zh, "内核已同步", "the kernel is synchronised"),
		    NULL);
	else
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "内核说时钟未同步",
			     "the kernel says it is not synchronised"),
		    QIAO_SAY(k->zh, "启动 chrony 或 systemd-timesyncd",
			     "start chrony or systemd-timesyncd"));
}

struct movement {
	struct doctor *k;
	int64_t oldest;
};

static qiao_err note_out(void *ctx, const void *row)
{
	struct movement *m = ctx;
	const struct qiao_route_count *r = row;

	if (r->n > 0 &&
	    (r->state == QIAO_OUT_QUEUED || r->state == QIAO_OUT_SENT ||
	     r->state == QIAO_OUT_AT_PEER) &&
	    (!m->oldest || r->oldest_at < m->oldest))
		m->oldest = r->oldest_at;
	return QIAO_OK;
}

static qiao_err note_in(void *ctx, const void *row)
{
	struct movement *m = ctx;
	const struct qiao_peer_count *r = row;

	if (r->n > 0 && r->state >= QIAO_IN_RECEIVED &&
	    r->state <= QIAO_IN_COMMITTED &&
	    (!m->oldest || r->oldest_at < m->oldest))
		m->oldest = r->oldest_at;
	return QIAO_OK;
}

static qiao_err read_movement(struct qiao_txn *txn, void *arg)
{
	qiao_err err = qiao_store_out_counts(txn, note_out, arg);

	return err == QIAO_OK ? qiao_store_in_counts(txn, note_in, arg) : err;
}

static void check_chain(struct doctor *k, struct qiao_chain *c)
{
	char name[QIAO_NAME_MAX + 32], ago[QIAO_AGO_LEN], text[128];
	int64_t accepted = c->accepted_ms;

	snprintf(name, sizeof(name), QIAO_SAY(k->zh, "链 %s", "chain %s"),
		 c->cfg->name);
	snprintf(text, sizeof(text),
		 QIAO_SAY(k->zh, "高度 %" PRIu64 " 之前已验证, 最近 %s 前",
			  "verified below height %" PRIu64 ", newest %s ago"),
		 (uint64_t)c->next, qiao_ago(ago, accepted, k->now));
	if (!c->frozen) /* if so: check_freezes */
		say(k, k->now - accepted > LAG_MS ? WARN : GOOD, name, text,
		    QIAO_SAY(k->zh, "若链上有新区块,请查适配器或对端",
			     "if the chain has new blocks, look at the adapter "
			     "or the peer"));
}

/* Without two of them a freeze stays. */
static void check_operators(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "操作员", "operators");
	struct qiao_diags d = { .errors = 0 };
	struct qiao_operators o = { .n = 0 };
	size_t may = 0;
	char text[64];

	if (k->d->cfg->operators[0])
		qiao_operators_load(&o, &d, k->d->cfg->operators);
	for (size_t i = 0; i < o.n; i++)
		may += qiao_operator_has_role(&o.list[i], QIAO_ROLE_UNFREEZE);
	snprintf(text, sizeof(text),
		 QIAO_SAY(k->zh, "%zu 人可以解冻", "%zu may lift a freeze"),
		 may);
	say(k, may < 2 ? WARN : GOOD, name, text,
	    QIAO_SAY(k->zh, "解冻须两人签名: 见 qiao.conf(5) 的 operators",
		     "it takes two: see operators in qiao.conf(5)"));
	qiao_operators_free(&o);
	qiao_diags_free(&d);
}

static qiao_err note_freeze(void *ctx, const void *row)
{
	const struct qiao_freeze_row *f = row;
	struct qiao_buf text = QIAO_BUF, remedy = QIAO_BUF;
	struct doctor *k = ctx;
	char name[QIAO_NAME_MAX + 32];

	if (f->scope == QIAO_SCOPE_PEER)
		return QIAO_OK;
	snprintf(name, sizeof(name),
		 f->scope == QIAO_SCOPE_CHAIN
			 ? QIAO_SAY(k->zh, "链 %s", "chain %s")
			 : QIAO_SAY(k->zh, "路由 %s", "route %s"),
		 f->name);
	qiao_freeze_text(&text, k->d, f, k->zh, k->now);
	qiao_freeze_remedy(&remedy, f, k->zh);
	qiao_buf_put_u8(&text, 0);
	qiao_buf_put_u8(&remedy, 0);
	if (text.err == QIAO_OK && remedy.err == QIAO_OK)
		say(k, BAD, name, (const char *)text.p, (const char *)remedy.p);
	qiao_buf_free(&text);
	qiao_buf_free(&remedy);
	return QIAO_OK;
}

/* In force, but gone after a restart. */
static void need_row(struct doctor *k, struct qiao_txn *txn,
		     enum qiao_scope scope, const char *name)
{
	if (qiao_store_frozen(txn, NULL, scope, name) == QIAO_E_NOTFOUND)
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "已冻结,但未能写入存储",
			     "frozen, but the disk did not take it"),
		    QIAO_SAY(k->zh, "先排除磁盘故障,此前不要重启",
			     "put the disk in order; do not restart before"));
}

static qiao_err read_freezes(struct qiao_txn *txn, void *arg)
{
	struct doctor *k = arg;
	qiao_err err = qiao_store_freeze_each(txn, note_freeze, k);

	for (size_t i = 0; i < k->d->n_chains; i++)
		if (k->d->chains[i].frozen)
			need_row(k, txn, QIAO_SCOPE_CHAIN,
				 k->d->chains[i].cfg->name);
	for (size_t i = 0; i < k->d->n_routes; i++)
		if (k->d->routes[i].frozen)
			need_row(k, txn, QIAO_SCOPE_ROUTE,
				 k->d->routes[i].cfg->name);
	return err;
}

static void check_freezes(struct doctor *k)
{
	if (qiao_store_read(k->d->store, read_freezes, k) != QIAO_OK)
		say(k, BAD, QIAO_SAY(k->zh, "冻结", "freezes"),
		    QIAO_SAY(k->zh, "存储不可读", "the store is unreadable"),
		    NULL);
}

static void check_movement(struct doctor *k)
{
	const char *name = QIAO_SAY(k->zh, "传递", "transfers");
	struct movement m = { k, 0 };
	char ago[QIAO_AGO_LEN], text[96];

	if (qiao_store_read(k->d->store, read_movement, &m) != QIAO_OK) {
		say(k, BAD, name,
		    QIAO_SAY(k->zh, "存储不可读", "the store is unreadable"),
		    NULL);
		return;
	}
	snprintf(text, sizeof(text),
		 QIAO_SAY(k->zh, "最久未完成: %s", "oldest open: %s"),
		 qiao_ago(ago, m.oldest, k->now));
	say(k, m.oldest && k->now - m.oldest > LAG_MS ? WARN : GOOD, name, text,
	    QIAO_SAY(k->zh, "qiao status 看停在哪一步; qiao trace 看原因",
		     "qiao status shows where it stands, qiao trace why"));
}

qiao_err qiao_doctor_report(struct qiao_daemon *d, struct qiao_buf *out,
			    struct qiao_report_style style)
{
	struct doctor k = {
		.d = d, .out = out, .zh = style.zh, .now = qiao_now_ms()
	};

	check_config(&k);
	check_store(&k);
	check_disk(&k);
	check_policy(&k);
	for (size_t i = 0; i < d->n_chains; i++) {
		if (d->chains[i].host)
			check_adapter(&k, &d->chains[i]);
		check_chain(&k, &d->chains[i]);
	}
	check_freezes(&k);
	check_operators(&k);
	check_tls(&k);
	for (size_t i = 0; i < d->n_links; i++)
		check_peer(&k, &d->links[i]);
	check_clock(&k);
	check_movement(&k);
	qiao_buf_printf(out,
			QIAO_SAY(style.zh, "%u 项失败, %u 项警告\n",
				 "%u failed, %u warnings\n"),
			k.bad, k.warned);
	return k.bad > 0 ? QIAO_E_STATE : out->err;
}
