/* SPDX-License-Identifier: Apache-2.0 */
/* qiao_adapter_main: what every adapter program's main calls. */
#include "adapters/sdk/adapter.h"
#include "gateway/base/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long a call that hangs may delay the end. */
#define GRACE_S 2

static const char *socket_of(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--socket") == 0 && argv[2][0])
		return argv[2];
	return NULL;
}

/* Before any thread exists, so that all of them leave the signals to us. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run(struct qiao_adapter *a, const char *url)
{
	struct qiao_serve_config cfg = {
		.url = url,
		.threads = a->api->max_parallel,
		.ops = qiao_adapter_ops,
		.ctx = a,
	};
	struct qiao_server *server;
	struct qiao_why why = { "" };
	sigset_t set;
	int sig;

	signals_block(&set);
	qiao_adapter_follow_parent();
	if (qiao_serve_open(&server, &cfg, &why) != QIAO_OK) {
		qiao_log(QIAO_LOG_ERROR, "adapter-failed", "why=\"%s\"",
			 why.text);
		return 1;
	}
	sigwait(&set, &sig);
	alarm(GRACE_S);
	qiao_serve_close(server);
	return 0;
}

int qiao_adapter_main(const struct qiao_adapter_api *api, int argc, char **argv)
{
	const char *url = socket_of(argc, argv);
	static struct qiao_adapter a;
	struct qiao_why why = { "" };
	int code;

	if (qiao_adapter_init(&a, api, &why) != QIAO_OK) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	qiao_log_set_name(api->name);
	if (url)
		code = run(&a, url);
	else
		code = fprintf(stderr, "usage: %s --socket ipc://PATH\n",
			       argv[0]) < 0
			       ? 1
			       : 2;
	qiao_adapter_fini(&a);
	return code;
}
