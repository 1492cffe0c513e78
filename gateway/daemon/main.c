/* SPDX-License-Identifier: Apache-2.0 */
/* qiaod: see qiaod(8). Exit codes: 0 ended as asked, 1 no, 2 wrong use. */
#include "gateway/base/log.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/spawner.h"
#include "gateway/daemon/start.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_CONFIG "/etc/qiao/qiao.conf"

enum mode {
	RUN,
	CHECK,
	CHECK_POLICY,
};

struct options {
	enum mode mode;
	const char *config;
	const char *policy;
};

static int usage(FILE *to)
{
	fputs("usage: qiaod [--config FILE] [--check]\n"
	      "       qiaod --check-policy FOLDER\n"
	      "       qiaod --version | --help\n\n"
	      "  --config FILE  configuration (" DEFAULT_CONFIG ")\n"
	      "  --check        look at configuration and policy, then end\n\n"
	      "`qiao config example` prints a configuration; see qiaod(8).\n",
	      to);
	return to == stderr ? 2 : 0;
}

/* -1: go on. */
static int read_options(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--version") == 0)
			return puts("qiaod " QIAO_VERSION) < 0;
		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--check") == 0) {
			o->mode = CHECK;
		} else if (i + 1 < argc && strcmp(argv[i], "--config") == 0) {
			o->config = argv[++i];
		} else if (i + 1 < argc &&
			   strcmp(argv[i], "--check-policy") == 0) {
			o->mode = CHECK_POLICY;
			o->policy = argv[++i];
		} else {
			fprintf(stderr, "qiaod: unknown option %s\n", argv[i]);
			return usage(stderr);
		}
	}
	return -1;
}

static void put(const struct qiao_buf *b, FILE *to)
{
	if (b->n > 0)
		fwrite(b->p, 1, b->n, to);
}

static int print(struct qiao_diags *d, FILE *to)
{
	int code = d->errors > 0;

	put(&d->text, to);
	qiao_diags_free(d);
	return code;
}

static int check_policy(const char *dir)
{
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = qiao_rules_check(&d, dir);
	int code = print(&d, stdout);

	return err == QIAO_OK ? 0 : code ? 1 : 3;
}

static int check(const char *path)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_config *cfg = NULL;
	qiao_err err = qiao_config_load_to_run(&cfg, &d, path);

	if (err == QIAO_OK)
		err = qiao_rules_check_config(&d, cfg);
	qiao_config_free(cfg);
	if (print(&d, stderr) || err != QIAO_OK)
		return 1;
	printf("%s: good\n", path);
	return 0;
}

/* The relay process. */
static int relay(int channel, const char *path)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_buf findings = QIAO_BUF;
	struct qiao_config *cfg = NULL;
	struct qiao_spawner *spawner = NULL;
	struct qiao_daemon *daemon = NULL;
	struct qiao_why why = { "out of memory" };
	qiao_err err;

	signal(SIGPIPE, SIG_IGN);
	err = qiao_config_load_to_run(&cfg, &d, path);
	if (print(&d, stderr) || err != QIAO_OK)
		return 1;
	qiao_log_set_name(cfg->id);
	err = qiao_spawner_attach(&spawner, channel);
	if (err == QIAO_OK)
		err = qiao_daemon_open(&daemon, cfg, spawner, &findings, &why);
	if (err == QIAO_OK)
		err = qiao_daemon_run(daemon, &why);
	if (err != QIAO_OK) {
		put(&findings, stderr);
		fprintf(stderr, "qiaod: %s\n", why.text);
	}
	qiao_daemon_close(daemon);
	qiao_spawner_free(spawner);
	qiao_config_free(cfg);
	qiao_buf_free(&findings);
	return err != QIAO_OK;
}

int main(int argc, char **argv)
{
	struct options o = { .config = DEFAULT_CONFIG };
	int code = read_options(&o, argc, argv), channel;

	if (code >= 0)
		return code;
	umask(077);
	if (o.mode == CHECK_POLICY)
		return check_policy(o.policy);
	if (o.mode == CHECK)
		return check(o.config);
	/* before any library is there: see spawner.h */
	code = qiao_spawner_split(&channel, o.config);
	return code == 0 ? relay(channel, o.config) : code - 1;
}
