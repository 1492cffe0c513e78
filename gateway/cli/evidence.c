/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao audit evidence FILE: does an evidence file (docs/wire.md 9.5) show what
 * it claims? No network, no store, no daemon.
 */
#include "gateway/wire/evidence.h"

#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/lightclient.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 16

/* Exit codes, as far as possible those of `qiao audit verify`. */
enum {
	SHOWN = 0,
	NOT_SHOWN = 2,
	CONDITIONAL = 3, /* shown, if so and so had to sign */
	USAGE = 64,
};

struct args {
	const char *file, *anchor, *genesis;
	struct qiao_pubkey key[KEYS_MAX];
	size_t n_keys;
	bool zh;
};

static int not_shown(const struct qiao_why *why)
{
	printf("%s\n", why->text);
	return NOT_SHOWN;
}

static void print_hash(const char *what, const struct qiao_hash *h)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	printf("  %s %s\n", what, qiao_hex_encode(hex, qiao_slice_hash(h)));
}

/* --- against a peer --- */

static int judge_peer(const struct args *a, struct qiao_slice in)
{
	struct qiao_evidence_peer e;
	struct qiao_hash payload[2];
	struct qiao_why why = { "" };
	qiao_err err = qiao_evidence_peer_parse(&e, in);

	if (err != QIAO_OK) {
		qiao_fail(&why, err, "no evidence: malformed (%s)",
			  qiao_strerror(err));
		return not_shown(&why);
	}
	err = qiao_evidence_peer_check(&e, payload, a->key, a->n_keys, &why);
	if (err == QIAO_E_KEY) {
		printf(a->zh ? "须用 --key 给出网关 %s 的公钥\n"
			     : "give the keys of gateway %s with --key\n",
		       e.gateway);
		return CONDITIONAL;
	}
	if (err != QIAO_OK)
		return not_shown(&why);
	printf(a->zh ? "成立: 网关 %s 用一个传递编号签署了两个载荷\n"
		     : "shown: gateway %s signed two payloads under one "
		       "transfer id\n",
	       e.gateway);
	print_hash("network", &e.network);
	print_hash("transfer", &e.transfer);
	print_hash("payload", &payload[0]);
	print_hash("payload", &payload[1]);
	return SHOWN;
}

/* --- against a chain --- */

static qiao_err read_anchor(const struct args *a, struct qiao_conf **conf,
			    struct qiao_buf *genesis, struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = qiao_conf_load(conf, &d, a->anchor);

	if (err != QIAO_OK)
		qiao_fail(why, err, "%s: %.*s", a->anchor, (int)d.text.n,
			  d.text.n ? (const char *)d.text.p : "");
	qiao_diags_free(&d);
	if (err == QIAO_OK && a->genesis)
		err = qiao_file_read(genesis, a->genesis, QIAO_BLOCK_MAX, why);
	return err;
}

static int say_chain(const struct args *a, const struct qiao_evidence_chain *e,
		     const struct qiao_lightclient_api *api, bool anchored)
{
	struct qiao_hash h;

	printf(a->zh ? "成立: %s 链在高度 %" PRIu64 " 签署了两个区块头\n"
		     : "shown: a chain of family %s signed two headers at "
		       "height %" PRIu64 "\n",
	       e->family, e->height);
	print_hash("network", &e->network);
	print_hash("chain", &e->chain);
	for (size_t i = 0; i < 2; i++)
		if (api->hash(&h, e->side[i].claim[0]) == QIAO_OK)
			print_hash("header", &h);
	if (anchored)
		return SHOWN;
	puts(a->zh ? "  条件: 文件所列的签名者当时确为该链所信任; "
		     "须从锚跟随该链到此高度核实"
		   : "  provided that the chain trusted the signers that the "
		     "file names: that is what one who\n  follows it from its "
		     "anchor to this height knows");
	return CONDITIONAL;
}

static int judge_chain(const struct args *a, struct qiao_slice in)
{
	struct qiao_evidence_chain *e = qiao_calloc(1, sizeof(*e));
	const struct qiao_lightclient_api *api = NULL;
	struct qiao_lc_config anchor = { .anchor = NULL };
	struct qiao_buf genesis = QIAO_BUF;
	struct qiao_conf *conf = NULL;
	struct qiao_why why = { "" };
	bool anchored = false;
	int code = USAGE;
	qiao_err err = e ? qiao_evidence_chain_parse(e, in) : QIAO_E_NOMEM;

	if (err == QIAO_OK)
		api = qiao_lightclient_find(e->family);
	if (err == QIAO_OK && !api)
		err = QIAO_E_UNSUPPORTED;
	if (err != QIAO_OK)
		qiao_fail(&why, err, "no evidence: %s", qiao_strerror(err));
	if (err == QIAO_OK && a->anchor) {
		err = read_anchor(a, &conf, &genesis, &why);
		if (err != QIAO_OK) {
			qiao_cli_fail(&why);
			goto out;
		}
		anchor.anchor = qiao_conf_root(conf);
		anchor.anchor_blob = qiao_buf_slice(&genesis);
	}
	if (err == QIAO_OK)
		err = api->evidence(&anchored, a->anchor ? &anchor : NULL, e,
				    &why);
	code = err == QIAO_OK ? say_chain(a, e, api, anchored)
			      : not_shown(&why);
out:
	qiao_conf_free(conf);
	qiao_buf_free(&genesis);
	qiao_free(e);
	return code;
}

/* --- arguments --- */

static bool args_read(struct args *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc;

		if (strcmp(argv[i], "--anchor") == 0 && has_value)
			a->anchor = argv[++i];
		else if (strcmp(argv[i], "--genesis") == 0 && has_value)
			a->genesis = argv[++i];
		else if (strcmp(argv[i], "--lang") == 0 && has_value)
			a->zh = strcmp(argv[++i], "zh") == 0;
		else if (strcmp(argv[i], "--key") == 0 && has_value &&
			 a->n_keys < KEYS_MAX &&
			 qiao_pubkey_read(&a->key[a->n_keys], argv[i + 1]) ==
				 QIAO_OK)
			a->n_keys++, i++;
		else if (argv[i][0] != '-' && !a->file)
			a->file = argv[i];
		else
			return false;
	}
	return a->file != NULL;
}

int qiao_cmd_evidence(int argc, char **argv)
{
	struct args a = { .file = NULL };
	struct qiao_buf b = QIAO_BUF;
	struct qiao_why why = { "" };
	int code;

	if (!args_read(&a, argc, argv)) {
		qiao_cli_usage("qiao audit evidence FILE [--key KEY]... "
			       "[--anchor FILE [--genesis BLOCK]]");
		return USAGE;
	}
	if (qiao_file_read(&b, a.file, QIAO_EVIDENCE_MAX, &why) != QIAO_OK) {
		qiao_cli_fail(&why);
		return USAGE;
	}
	if (qiao_evidence_kind_of(qiao_buf_slice(&b)) == QIAO_EVIDENCE_PEER)
		code = judge_peer(&a, qiao_buf_slice(&b));
	else
		code = judge_chain(&a, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return code;
}
