/* SPDX-License-Identifier: Apache-2.0 */
/* qiao audit export | verify | reconcile | evidence: docs/audit.md. */
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/cli/audit_folder.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/reconcile.h"
#include "gateway/codec/json.h"
#include "gateway/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* `verify` has 2 and 3 for verdicts, so wrong use has another number here. */
#define EXIT_AUDIT_USAGE 64

/* --- export -------------------------------------------------------------- */

static qiao_err open_all(struct qiao_audit_export *x, struct qiao_key **key,
			 struct qiao_why *why)
{
	struct qiao_store_options o = { .read_only = true };
	char path[2 * QIAO_PATH_LEN];
	qiao_err err = qiao_key_load(key, x->cfg->key, why);

	if (err != QIAO_OK)
		return err;
	x->key = qiao_key_public(*key);
	snprintf(path, sizeof(path), "%s/store.db", x->cfg->data);
	return qiao_store_open(&x->store, path, &o, why);
}

/* The running daemon signs a tree head first, and notes who asked. */
static bool ask_daemon(const struct qiao_cli *cli)
{
	struct qiao_buf text = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err answer, err = qiao_cli_ask(cli, &answer, &text, "export", NULL,
					    0, &why);

	qiao_buf_free(&text);
	if (err != QIAO_OK)
		fprintf(stderr,
			"qiao: note: no daemon to sign the newest entries: %s\n",
			why.text);
	else if (answer != QIAO_OK)
		fprintf(stderr, "qiao: note: the daemon did not sign: %s\n",
			qiao_strerror(answer));
	return err == QIAO_OK && answer == QIAO_OK;
}

static int export_to(const struct qiao_cli *cli, const char *dir)
{
	struct qiao_audit_export x = { .signed_only = ask_daemon(cli) };
	struct qiao_diags d = { .errors = 0 };
	struct qiao_config *cfg = NULL;
	struct qiao_key *key = NULL;
	struct qiao_why why = { "" };
	qiao_err err = qiao_config_load(&cfg, &d, cli->config);

	if (err != QIAO_OK)
		qiao_fail(&why, err, "%.*s", (int)d.text.n,
			  d.text.n ? (const char *)d.text.p : "");
	x.cfg = cfg;
	if (err == QIAO_OK)
		err = open_all(&x, &key, &why);
	if (err == QIAO_OK)
		err = qiao_audit_export(&x, dir, &why);
	qiao_store_close(x.store);
	qiao_key_free(key);
	qiao_config_free(cfg);
	qiao_diags_free(&d);
	if (err != QIAO_OK)
		return qiao_cli_fail(&why);
	printf(cli->zh ? "已导出 %" PRIu64 " 条, 其中 %" PRIu64
			 " 条在已签名的树下: %s\n"
		       : "exported %" PRIu64 " entries, %" PRIu64
			 " of them under a signed tree: %s\n",
	       x.entries, x.signed_, dir);
	return QIAO_EXIT_OK;
}

/* --- verify -------------------------------------------------------------- */

static const char *verdict_name(enum qiao_audit_verdict v, bool zh)
{
	switch (v) {
	case QIAO_AUDIT_CLEAN:
		return zh ? "无误" : "clean";
	case QIAO_AUDIT_TAMPERED:
		return zh ? "被篡改" : "tampered";
	case QIAO_AUDIT_INCOMPLETE:
		return zh ? "不完整" : "incomplete";
	}
	return "?";
}

static const struct {
	const char *name, *zh;
	size_t at;
} numbers[] = {
#define NUMBER(name, zh)                                            \
	{                                                           \
#name, zh, offsetof(struct qiao_audit_counts, name) \
	}
	NUMBER(accept_deny, "接收拒绝"),
	NUMBER(accept_hold, "接收暂缓"),
	NUMBER(accept_permit, "接收准许"),
	NUMBER(committed, "已上目的链"),
	NUMBER(conflicts, "冲突"),
	NUMBER(open_in, "收到未完成"),
	NUMBER(open_out, "发出未完成"),
	NUMBER(queued, "入队"),
	NUMBER(receipts_committed, "回执: 已上链"),
	NUMBER(receipts_other, "回执: 其他结局"),
	NUMBER(received, "收到"),
	NUMBER(release_deny, "放行拒绝"),
	NUMBER(release_hold, "放行暂缓"),
	NUMBER(release_permit, "放行准许"),
	NUMBER(submitted, "提交"),
	NUMBER(superseded, "被取代"),
	NUMBER(too_late, "来迟"),
#undef NUMBER
};

static uint64_t number(const struct qiao_audit_counts *c, size_t i)
{
	uint64_t v;

	memcpy(&v, (const char *)c + numbers[i].at, sizeof(v));
	return v;
}

static void print_open(const struct qiao_audit_counts *c, bool zh)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	for (size_t i = 0; i < c->n_open; i++)
		printf(zh ? "  未完成 %s (%s, 条目 %" PRIu64 ")\n"
			  : "  open %s (%s in entry %" PRIu64 ")\n",
		       qiao_hex_encode(hex,
				       qiao_slice_hash(&c->open[i].transfer)),
		       c->open[i].out ? (zh ? "入队" : "queued")
				      : (zh ? "收到" : "received"),
		       c->open[i].seq);
	if (c->open_out + c->open_in > c->n_open)
		printf(zh ? "  另有 %" PRIu64 " 个\n"
			  : "  and %" PRIu64 " more\n",
		       c->open_out + c->open_in - c->n_open);
}

static void json_open(struct qiao_jw *w, const struct qiao_audit_counts *c)
{
	qiao_jw_key(w, "open");
	qiao_jw_arr(w);
	for (size_t i = 0; i < c->n_open; i++) {
		qiao_jw_obj(w);
		qiao_jw_kint(w, "entry", (int64_t)c->open[i].seq);
		qiao_jw_kstr(w, "side", c->open[i].out ? "out" : "in");
		qiao_jw_khex(w, "transfer",
			     qiao_slice_hash(&c->open[i].transfer));
		qiao_jw_end(w);
	}
	qiao_jw_end(w);
}

static void print_text(const struct qiao_audit_result *r, bool own_word,
		       bool zh)
{
	char key[QIAO_PUBKEY_TEXT_LEN];

	printf(zh ? "网关 %s  签名公钥 %s\n" : "gateway %s  signed by %s\n",
	       r->gateway,
	       r->key.scheme ? qiao_pubkey_format(key, &r->key) : "-");
	if (own_word)
		puts(zh ? "  公钥取自目录本身: 请与网关所有者公布的核对, 或用 "
			  "--key 指定"
			: "  (the folder's own word: compare it with the key "
			  "that its owner published, or give --key)");
	printf(zh ? "条目 %" PRIu64 "  树头 %" PRIu64 " 个, 最新覆盖 %" PRIu64
		    "\n决定 %" PRIu64 "  重新评估一致 %" PRIu64
		    "  未能重新评估 %" PRIu64 "\n"
		  : "entries %" PRIu64 "  signed heads %" PRIu64
		    ", the newest over %" PRIu64 "\ndecisions %" PRIu64
		    "  the same when decided again %" PRIu64
		    "  not decided again %" PRIu64 "\n",
	       r->entries, r->checkpoints, r->signed_, r->decisions,
	       r->replayed, r->not_replayed);
	printf(zh ? "对端签名成立 %" PRIu64 "  目录中没有 %" PRIu64 "\n"
		  : "signed by peers %" PRIu64 "  not in the folder %" PRIu64
		    "\n",
	       r->peer_signed, r->peer_missing);
	for (size_t i = 0; r->verdict != QIAO_AUDIT_TAMPERED &&
			   i < sizeof(numbers) / sizeof(numbers[0]);
	     i++)
		if (number(&r->counts, i))
			printf("  %s %" PRIu64 "\n",
			       zh ? numbers[i].zh : numbers[i].name,
			       number(&r->counts, i));
	if (r->verdict != QIAO_AUDIT_TAMPERED)
		print_open(&r->counts, zh);
	printf("%s", verdict_name(r->verdict, zh));
	if (r->has_bad && r->bad == r->bad_until)
		printf(zh ? ": 第一个坏条目 %" PRIu64
			  : ": first bad entry %" PRIu64,
		       r->bad);
	else if (r->has_bad)
		printf(zh ? ": 第一个坏条目在 %" PRIu64 " 至 %" PRIu64 " 之间"
			  : ": first bad entry between %" PRIu64
			    " and %" PRIu64,
		       r->bad, r->bad_until);
	printf("%s%s\n", r->why.text[0] ? ": " : "", r->why.text);
}

/* False: out of memory, nothing was printed. */
static bool print_json(const struct qiao_audit_result *r)
{
	struct qiao_buf out = QIAO_BUF;
	char key[QIAO_PUBKEY_TEXT_LEN] = "";
	struct qiao_jw w;
	bool ok;

	qiao_jw_init(&w, &out);
	qiao_jw_obj(&w);
	qiao_jw_key(&w, "bad");
	if (r->has_bad)
		qiao_jw_int(&w, (int64_t)r->bad);
	else
		qiao_jw_null(&w);
	qiao_jw_key(&w, "bad_until");
	if (r->has_bad)
		qiao_jw_int(&w, (int64_t)r->bad_until);
	else
		qiao_jw_null(&w);
	qiao_jw_kint(&w, "checkpoints", (int64_t)r->checkpoints);
	qiao_jw_key(&w, "counts");
	qiao_jw_obj(&w);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		qiao_jw_kint(&w, numbers[i].name,
			     (int64_t)number(&r->counts, i));
	qiao_jw_end(&w);
	qiao_jw_kint(&w, "decisions", (int64_t)r->decisions);
	qiao_jw_kint(&w, "entries", (int64_t)r->entries);
	qiao_jw_kstr(&w, "gateway", r->gateway);
	qiao_jw_kstr(&w, "key",
		     r->key.scheme ? qiao_pubkey_format(key, &r->key) : "");
	qiao_jw_kint(&w, "not_replayed", (int64_t)r->not_replayed);
	json_open(&w, &r->counts);
	qiao_jw_kint(&w, "peer_missing", (int64_t)r->peer_missing);
	qiao_jw_kint(&w, "peer_signed", (int64_t)r->peer_signed);
	qiao_jw_kint(&w, "replayed", (int64_t)r->replayed);
	qiao_jw_kint(&w, "signed", (int64_t)r->signed_);
	qiao_jw_kstr(&w, "verdict", verdict_name(r->verdict, false));
	qiao_jw_kstr(&w, "why", r->why.text);
	qiao_jw_end(&w);
	ok = qiao_jw_finish(&w) == QIAO_OK;
	if (ok)
		printf("%.*s\n", (int)out.n, (const char *)out.p);
	qiao_buf_free(&out);
	return ok;
}

static int verify(const struct qiao_cli *cli, struct qiao_audit_verify *v)
{
	struct qiao_audit_result r;
	struct qiao_why why = { "" };

	if (qiao_audit_verify(&r, v, &why) != QIAO_OK) {
		qiao_cli_fail(&why);
		return EXIT_AUDIT_USAGE;
	}
	if (cli->json && !print_json(&r))
		return EXIT_AUDIT_USAGE;
	if (!cli->json)
		print_text(&r, !v->key, cli->zh);
	return (int)r.verdict;
}

/* --- arguments ----------------------------------------------------------- */

static int usage(void)
{
	qiao_cli_usage("qiao audit export FOLDER [--config FILE]\n"
		       "       qiao audit verify FOLDER [--known FOLDER] "
		       "[--key KEY] [--json] [--lang zh|en]\n"
		       "       qiao audit reconcile SOURCE DESTINATION\n"
		       "       qiao audit evidence FILE [--key KEY]... "
		       "[--anchor FILE [--genesis BLOCK]]");
	return EXIT_AUDIT_USAGE;
}

/* Of verify alone; taken out before the common ones are looked at. */
static bool take_own(struct qiao_audit_verify *v, struct qiao_pubkey *key,
		     int *argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < *argc; i++) {
		bool has_value = i + 1 < *argc;

		if (strcmp(argv[i], "--known") == 0 && has_value) {
			v->known = argv[++i];
		} else if (strcmp(argv[i], "--key") == 0 && has_value) {
			if (qiao_pubkey_read(key, argv[++i]) != QIAO_OK)
				return false;
			v->key = key;
		} else {
			argv[kept++] = argv[i];
		}
	}
	*argc = kept;
	return true;
}

int qiao_cmd_audit(int argc, char **argv)
{
	struct qiao_audit_verify v = { .dir = NULL };
	struct qiao_pubkey key;
	struct qiao_cli cli;

	if (argc > 1 && strcmp(argv[1], "reconcile") == 0)
		return qiao_cmd_reconcile(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "evidence") == 0)
		return qiao_cmd_evidence(argc - 1, argv + 1);
	if (!take_own(&v, &key, &argc, argv) ||
	    !qiao_cli_options(&cli, argc, argv) || cli.argc != 3)
		return usage();
	v.dir = cli.argv[2];
	if (strcmp(cli.argv[1], "export") == 0)
		return export_to(&cli, cli.argv[2]);
	if (strcmp(cli.argv[1], "verify") == 0)
		return verify(&cli, &v);
	return usage();
}
