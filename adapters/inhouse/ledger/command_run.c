/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/client.h"
#include "adapters/inhouse/ledger/command.h"
#include "adapters/inhouse/ledger/ops.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define THREADS 16
#define CHECK_S 2 /* between two looks at our own socket */

struct run {
	const char *dir, *url;
	uint64_t equivocate, drop, delay;
};

static bool options_read(struct run *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "test-equivocate", required_argument, NULL, 'e' },
		{ "test-drop", required_argument, NULL, 'd' },
		{ "test-delay", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			o->url = optarg;
		else if (c == 'e')
			good = qiao_ledger_number(&o->equivocate,
						  "--test-equivocate", optarg,
						  INT64_MAX);
		else if (c == 'd')
			good = qiao_ledger_number(&o->drop, "--test-drop",
						  optarg, 1000000);
		else if (c == 'w')
			good = qiao_ledger_number(&o->delay, "--test-delay",
						  optarg, 60000);
		else
			good = false;
	}
	if (good && optind + 1 == argc && o->url) {
		o->dir = argv[optind];
		return true;
	}
	fprintf(stderr,
		"usage: qiao-ledger run DIR --listen URL; see --help\n");
	return false;
}

static qiao_err config_read(struct qiao_ledger_config *cfg, const struct run *o)
{
	struct qiao_diags d = { .errors = 0 };
	char path[QIAO_PATH_LEN];
	qiao_err err = QIAO_E_CONFIG;

	if (snprintf(path, sizeof(path), "%s/ledger.conf", o->dir) <
	    (int)sizeof(path))
		err = qiao_ledger_config_load(cfg, &d, path);
	if (d.text.n > 0)
		fprintf(stderr, "%.*s", (int)d.text.n, (const char *)d.text.p);
	qiao_diags_free(&d);
	cfg->test_equivocate = o->equivocate;
	cfg->test_drop = (unsigned int)o->drop;
	cfg->test_delay_ms = (unsigned int)o->delay;
	return err;
}

/* Before any thread exists, so that all of them leave the signals to us. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void say_ready(struct qiao_ledger_service *s, const char *url)
{
	const struct qiao_ledger_config *cfg = qiao_ledger_config(s->ledger);
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	qiao_log(QIAO_LOG_INFO, "ledger-ready",
		 "chain=%s genesis=%s blocks=%llu listen=%s", cfg->chain,
		 qiao_hex_encode(hex, qiao_slice_hash(&s->genesis)),
		 (unsigned long long)qiao_ledger_next(s->ledger, 0, 0), url);
	if (cfg->test_equivocate || cfg->test_drop || cfg->test_delay_ms)
		qiao_log(QIAO_LOG_WARN, "test-switches",
			 "this ledger misbehaves on purpose");
}

static qiao_err serve(struct qiao_ledger *l, const char *url,
		      const sigset_t *signals, struct qiao_why *why)
{
	const struct timespec pause = { .tv_sec = CHECK_S };
	struct qiao_ledger_service service;
	struct qiao_server *server;
	const struct qiao_serve_config config = {
		.url = url,
		.threads = THREADS,
		.ops = qiao_ledger_ops,
		.ctx = &service,
	};
	qiao_err err = qiao_ledger_service_init(&service, l);

	if (err == QIAO_OK)
		err = qiao_serve_open(&server, &config, why);
	if (err != QIAO_OK)
		return err;
	say_ready(&service, url);
	/* a switch that drops answers would look like a broken socket */
	while (sigtimedwait(signals, NULL, &pause) < 0)
		if (!qiao_ledger_config(l)->test_drop)
			qiao_serve_check(server);
	qiao_serve_close(server);
	return QIAO_OK;
}

int qiao_ledger_command_run(int argc, char **argv)
{
	static struct qiao_ledger_config cfg;
	struct run o = { .url = NULL };
	struct qiao_ledger *l;
	struct qiao_why why = { "" };
	sigset_t signals;
	bool failed;
	qiao_err err;

	if (!options_read(&o, argc, argv))
		return 2;
	if (!qiao_inhouse_url_is_local(o.url)) {
		fprintf(stderr, "qiao-ledger: --listen takes ipc:///PATH or "
				"tcp://127.0.0.1:PORT\n");
		return 2;
	}
	umask(077);
	if (config_read(&cfg, &o) != QIAO_OK)
		return 1;
	signals_block(&signals);
	err = qiao_ledger_open(&l, o.dir, &cfg, &why);
	if (err != QIAO_OK)
		return qiao_ledger_fail(err, &why);
	err = serve(l, o.url, &signals, &why);
	failed = qiao_ledger_failed(l);
	qiao_ledger_close(l);
	if (err != QIAO_OK)
		return qiao_ledger_fail(err, &why);
	return failed;
}
