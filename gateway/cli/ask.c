/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a running daemon, and the commands that only ask it. */
#include "gateway/cli/cli.h"

#include "gateway/base/slice.h"
#include "gateway/codec/control.h"
#include "gateway/daemon/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 120 /* a doctor reads the whole store */

static qiao_err find_socket(char out[QIAO_PATH_LEN], const struct qiao_cli *cli,
			    struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_config *c = NULL;
	qiao_err err;

	if (cli->socket) {
		snprintf(out, QIAO_PATH_LEN, "%s", cli->socket);
		return QIAO_OK;
	}
	err = qiao_config_load(&c, &d, cli->config);
	if (err == QIAO_OK)
		snprintf(out, QIAO_PATH_LEN, "%.490s/control.sock", c->run);
	else
		qiao_fail(why, QIAO_E_CONFIG, "%.*s", (int)d.text.n,
			  d.text.n ? (const char *)d.text.p : "");
	qiao_config_free(c);
	qiao_diags_free(&d);
	return err;
}

static qiao_err dial(int *fd, const char *path, struct qiao_why *why)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };

	*fd = -1;
	if (strlen(path) >= sizeof(un.sun_path))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: too long for a socket", path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return qiao_fail(why, QIAO_E_IO, "socket: %s", strerror(errno));
	/* a daemon that hangs takes no more calls after a while */
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(*fd, (const struct sockaddr *)&un, sizeof(un)) != 0) {
		int e = errno;

		close(*fd);
		*fd = -1;
		if (e == EACCES)
			return qiao_fail(why, QIAO_E_DENIED,
					 "%s: only the daemon's user and root "
					 "may ask it",
					 path);
		if (e == EAGAIN)
			return qiao_fail(
				why, QIAO_E_TIMEOUT,
				"%s: the daemon does not answer; see "
				"its log, or stop it and start it again",
				path);
		return qiao_fail(why, QIAO_E_CLOSED,
				 "%s: %s; is qiaod running? start it, or name "
				 "its configuration with --config",
				 path, strerror(e));
	}
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return QIAO_OK;
}

static qiao_err exchange(int fd, struct qiao_buf *reply,
			 const struct qiao_control_request *r,
			 struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	uint8_t piece[16384];
	ssize_t n;

	qiao_control_request_encode(&b, r);
	n = b.err == QIAO_OK ? send(fd, b.p, b.n, MSG_NOSIGNAL) : -1;
	if (n != (ssize_t)b.n || shutdown(fd, SHUT_WR) != 0) {
		qiao_buf_free(&b);
		return qiao_fail(why, QIAO_E_IO, "the daemon does not listen");
	}
	qiao_buf_free(&b);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		qiao_buf_put_mem(reply, piece, (size_t)n);
	if (n < 0 || reply->n == 0)
		return qiao_fail(why, QIAO_E_IO,
				 "the daemon gave no answer; see its log");
	return reply->err;
}

qiao_err qiao_cli_ask(const struct qiao_cli *cli, qiao_err *answer,
		      struct qiao_buf *text, const char *command,
		      const char *const *args, size_t n, struct qiao_why *why)
{
	struct qiao_control_request r = { .zh = cli->zh, .json = cli->json };
	struct qiao_control_reply reply = { .error = QIAO_OK };
	struct qiao_buf in = { .max = QIAO_CONTROL_MSG_MAX };
	char path[QIAO_PATH_LEN];
	int fd;
	qiao_err err;

	*answer = QIAO_E_CLOSED;
	snprintf(r.command, sizeof(r.command), "%s", command);
	for (; r.n_args < n; r.n_args++)
		if (!qiao_str_copy(r.args[r.n_args], sizeof(r.args[0]),
				   qiao_slice_str(args[r.n_args])))
			return qiao_fail(why, QIAO_E_USAGE, "too long");
	err = find_socket(path, cli, why);
	if (err == QIAO_OK)
		err = dial(&fd, path, why);
	if (err != QIAO_OK)
		return err;
	err = exchange(fd, &in, &r, why);
	close(fd);
	if (err == QIAO_OK) {
		err = qiao_control_reply_parse(&reply, qiao_buf_slice(&in));
		if (err != QIAO_OK)
			qiao_fail(why, err, "the daemon's answer: %s",
				  qiao_strerror(err));
	}
	*answer = reply.error;
	qiao_buf_put(text, reply.text);
	qiao_buf_free(&in);
	return err;
}

/* --- commands ------------------------------------------------------------ */

static int exit_code(qiao_err answer)
{
	if (answer == QIAO_OK)
		return QIAO_EXIT_OK;
	return answer == QIAO_E_NOTFOUND || answer == QIAO_E_STATE ||
			       answer == QIAO_E_CONFIG
		       ? QIAO_EXIT_NO
		       : QIAO_EXIT_USAGE;
}

static int ask_and_print(const struct qiao_cli *cli, const char *argument)
{
	struct qiao_buf text = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err answer, err;

	err = qiao_cli_ask(cli, &answer, &text, cli->argv[0], &argument,
			   argument != NULL, &why);
	if (err != QIAO_OK)
		return qiao_cli_fail(&why);
	qiao_cli_print(&text);
	if (answer != QIAO_OK && text.n == 0)
		fprintf(stderr, "qiao: %s\n", qiao_strerror(answer));
	qiao_buf_free(&text);
	return exit_code(answer);
}

static int plain(int argc, char **argv, bool may_json)
{
	struct qiao_cli cli;

	if (!qiao_cli_options(&cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (cli.argc != 1 || (cli.json && !may_json)) {
		fprintf(stderr,
			"usage: qiao %s%s [--lang zh|en] [--config FILE | "
			"--socket PATH]\n",
			argv[0], may_json ? " [--json]" : "");
		return QIAO_EXIT_USAGE;
	}
	return ask_and_print(&cli, NULL);
}

int qiao_cmd_status(int argc, char **argv)
{
	return plain(argc, argv, true);
}

int qiao_cmd_denied(int argc, char **argv)
{
	return plain(argc, argv, true);
}

int qiao_cmd_reload(int argc, char **argv)
{
	return plain(argc, argv, false);
}

int qiao_cmd_stop(int argc, char **argv)
{
	return plain(argc, argv, false);
}

int qiao_cmd_trace(int argc, char **argv)
{
	struct qiao_cli cli;

	if (!qiao_cli_options(&cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (cli.argc != 2)
		return qiao_cli_usage(
			"qiao trace RECORD|TRANSFER|DECISION [--json] [--lang "
			"zh|en] [--config FILE | --socket PATH]");
	return ask_and_print(&cli, cli.argv[1]);
}

/* Without a daemon there is still something to look at: why it cannot start. */
static int doctor_alone(const struct qiao_cli *cli)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_config *c = NULL;
	qiao_err err = qiao_config_load_to_run(&c, &d, cli->config);

	qiao_config_free(c);
	if (err == QIAO_OK) {
		puts(cli->zh ? "[FAIL] qiaod: 没有运行\n"
			       "       -> 配置无误; 启动 qiaod"
			     : "[FAIL] qiaod: it is not running\n"
			       "       -> the configuration is good; start "
			       "qiaod");
	} else {
		puts(cli->zh ? "[FAIL] 配置: qiaod 因此不能启动"
			     : "[FAIL] configuration: qiaod cannot start");
		qiao_cli_print(&d.text);
	}
	qiao_diags_free(&d);
	return QIAO_EXIT_NO;
}

int qiao_cmd_doctor(int argc, char **argv)
{
	struct qiao_buf text = QIAO_BUF;
	struct qiao_why why = { "" };
	struct qiao_cli cli;
	qiao_err answer, err;

	if (!qiao_cli_options(&cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (cli.argc != 1 || cli.json)
		return qiao_cli_usage("qiao doctor [--lang zh|en] [--config "
				      "FILE | --socket PATH]");
	err = qiao_cli_ask(&cli, &answer, &text, "doctor", NULL, 0, &why);
	qiao_cli_print(&text);
	qiao_buf_free(&text);
	if (err == QIAO_OK)
		return exit_code(answer);
	fprintf(stderr, "qiao: %s\n", why.text);
	return cli.socket ? QIAO_EXIT_NO : doctor_alone(&cli);
}
