/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* struct ucred */
#include "gateway/daemon/control.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/control.h"
#include "gateway/daemon/report.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/start.h"
#include "gateway/daemon/unfreeze.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MS 2000  /* to say what is wanted */
#define REPLY_MS   10000 /* to take the answer */

struct qiao_control {
	struct qiao_daemon *d;
	int fd;
	pthread_t thread;
	char path[QIAO_PATH_LEN];
};

struct call {
	struct qiao_daemon *d;
	struct qiao_control_request request;
	struct qiao_report_style style;
	uid_t uid;
	struct qiao_buf text;
};

/* --- commands ------------------------------------------------------------ */

static qiao_err run_status(struct call *c)
{
	return qiao_status_report(c->d, &c->text, c->style);
}

static qiao_err run_trace(struct call *c)
{
	return qiao_trace_report(c->d, &c->text, c->request.args[0], c->style);
}

static qiao_err run_denied(struct call *c)
{
	return qiao_denied_report(c->d, &c->text, c->style);
}

static qiao_err run_doctor(struct call *c)
{
	return qiao_doctor_report(c->d, &c->text, c->style);
}

static qiao_err run_reload(struct call *c)
{
	struct qiao_why why = { "" };
	bool same = false;
	qiao_err err = qiao_rules_reload(c->d, &same, &c->text, &why);

	if (err != QIAO_OK)
		qiao_buf_printf(&c->text, "%s%s\n",
				c->style.zh ? "未重新加载,原策略继续有效: "
					    : "not reloaded, the policy in "
					      "force stays: ",
				why.text);
	else if (same)
		qiao_buf_put_str(&c->text,
				 c->style.zh ? "已重新加载,策略未变\n"
					     : "reloaded, the policy is the "
					       "same\n");
	else
		qiao_buf_put_str(&c->text, c->style.zh
						   ? "新策略已生效\n"
						   : "new policy in force\n");
	return err;
}

static qiao_err run_export(struct call *c)
{
	return qiao_daemon_checkpoint(c->d);
}

static qiao_err or_say(struct call *c, qiao_err err, const struct qiao_why *why)
{
	if (err != QIAO_OK)
		qiao_buf_printf(&c->text, "%s\n", why->text);
	return err;
}

static qiao_err run_unfreeze_ask(struct call *c)
{
	struct qiao_why why = { "" };
	qiao_err err =
		qiao_unfreeze_ask(c->d, &c->text, c->request.args[0],
				  c->request.args[1], c->request.args[2], &why);

	return or_say(c, err, &why);
}

static qiao_err run_unfreeze(struct call *c)
{
	struct qiao_why why = { "" };
	qiao_err err = qiao_unfreeze_take(c->d, c->request.args[0], &why);

	if (err == QIAO_OK)
		qiao_buf_put_str(&c->text, c->style.zh
						   ? "已解冻\n"
						   : "not frozen any more\n");
	return or_say(c, err, &why);
}

static qiao_err run_stop(struct call *c)
{
	qiao_daemon_stop(c->d);
	qiao_buf_put_str(&c->text, c->style.zh ? "正在停止\n" : "stopping\n");
	return QIAO_OK;
}

static const struct {
	const char *name;
	size_t n_args;
	bool changes; /* audited */
	qiao_err (*run)(struct call *c);
} commands[] = {
	{ "status", 0, false, run_status },
	{ "trace", 1, false, run_trace },
	{ "denied", 0, false, run_denied },
	{ "doctor", 0, false, run_doctor },
	{ "reload", 0, true, run_reload },
	{ "export", 0, true, run_export },
	{ "stop", 0, true, run_stop },
	{ "unfreeze-ask", 3, false, run_unfreeze_ask },
	{ "unfreeze", 1, true, run_unfreeze },
};

static qiao_err write_operator(struct qiao_txn *txn, void *arg)
{
	struct call *c = arg;
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "operator", qiao_now_ms());
	qiao_audit_str(&e, "command", c->request.command);
	qiao_audit_str(&e, "result", "begun");
	qiao_audit_int(&e, "uid", (int64_t)c->uid);
	return qiao_audit_append(&c->d->log, txn, &e, NULL, NULL);
}

struct result_arg {
	struct call *c;
	qiao_err err;
};

static qiao_err write_result(struct qiao_txn *txn, void *arg)
{
	struct result_arg *a = arg;
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "operator", qiao_now_ms());
	qiao_audit_str(&e, "command", a->c->request.command);
	qiao_audit_str(&e, "result",
		       a->err == QIAO_OK ? "ok" : qiao_errname(a->err));
	qiao_audit_int(&e, "uid", (int64_t)a->c->uid);
	return qiao_audit_append(&a->c->d->log, txn, &e, NULL, NULL);
}

/* Nothing is changed that the log did not take first. */
static qiao_err run_audited(struct call *c, qiao_err (*run)(struct call *c))
{
	struct result_arg a = { c, qiao_store_write(c->d->store, write_operator,
						    c) };

	if (a.err != QIAO_OK) {
		qiao_buf_printf(&c->text,
				"the audit log takes no entry (%s): refused\n",
				qiao_strerror(a.err));
		return a.err;
	}
	a.err = run(c);
	/* an export's checkpoint stays the last word */
	if (a.err != QIAO_OK || run != run_export)
		qiao_store_write(c->d->store, write_result, &a);
	return a.err;
}

static qiao_err run_command(struct call *c)
{
	const struct qiao_control_request *r = &c->request;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, r->command) != 0)
			continue;
		if (r->n_args != commands[i].n_args) {
			qiao_buf_printf(&c->text, "%s takes %zu arguments\n",
					r->command, commands[i].n_args);
			return QIAO_E_USAGE;
		}
		if (commands[i].changes)
			return run_audited(c, commands[i].run);
		return commands[i].run(c);
	}
	qiao_buf_put_str(&c->text, "this daemon has no such command\n");
	return QIAO_E_UNSUPPORTED;
}

/* --- one connection ------------------------------------------------------ */

static bool is_ready(int fd, short events, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = until - qiao_monotonic_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

static qiao_err read_request(int fd, struct qiao_control_request *out)
{
	uint8_t in[QIAO_CONTROL_REQUEST_MAX + 1];
	int64_t until = qiao_monotonic_ms() + REQUEST_MS;
	size_t n = 0;

	while (n < sizeof(in) && is_ready(fd, POLLIN, until)) {
		ssize_t got = recv(fd, in + n, sizeof(in) - n, 0);

		if (got < 0 && errno != EINTR)
			return QIAO_E_IO;
		if (got == 0)
			return qiao_control_request_parse(out,
							  qiao_slice_of(in, n));
		n += got > 0 ? (size_t)got : 0;
	}
	return n == sizeof(in) ? QIAO_E_LIMIT : QIAO_E_TIMEOUT;
}

static void send_reply(int fd, struct qiao_slice bytes)
{
	int64_t until = qiao_monotonic_ms() + REPLY_MS;

	while (bytes.n > 0 && is_ready(fd, POLLOUT, until)) {
		ssize_t n =
			send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		bytes.p += n > 0 ? n : 0;
		bytes.n -= n > 0 ? (size_t)n : 0;
	}
}

static bool may_ask(int fd, uid_t *uid)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return false;
	*uid = cred.uid;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void answer(struct qiao_control *control, int fd)
{
	struct call c = { .d = control->d };
	struct qiao_buf out = QIAO_BUF;
	struct qiao_control_reply reply = { .error = QIAO_E_DENIED };

	c.text.max = QIAO_CONTROL_MSG_MAX - 64;
	if (may_ask(fd, &c.uid))
		reply.error = read_request(fd, &c.request);
	else
		qiao_buf_put_str(&c.text, "not the user of the daemon\n");
	if (reply.error == QIAO_OK) {
		c.style.zh = c.request.zh;
		c.style.json = c.request.json;
		reply.error = run_command(&c);
	}
	if (c.text.err != QIAO_OK) {
		reply.error = c.text.err;
		qiao_buf_clear(&c.text);
		qiao_buf_put_str(&c.text, "the answer is too long\n");
	}
	reply.text = qiao_buf_slice(&c.text);
	qiao_control_reply_encode(&out, &reply);
	send_reply(fd, qiao_buf_slice(&out));
	qiao_buf_free(&out);
	qiao_buf_free(&c.text);
}

static void *serve(void *arg)
{
	struct qiao_control *c = arg;

	while (!c->d->stopping) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		int fd;

		if (poll(&p, 1, 200) <= 0)
			continue;
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		answer(c, fd);
		close(fd);
	}
	return NULL;
}

/* --- open, close --------------------------------------------------------- */

static qiao_err listen_at(struct qiao_control *c, struct qiao_why *why)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(c->path, sizeof(c->path), "%.480s/control.sock",
		 c->d->cfg->run);
	if (strlen(c->path) >= sizeof(un.sun_path))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: too long for a socket; choose a shorter "
				 "gateway.run",
				 c->path);
	memcpy(un.sun_path, c->path, strlen(c->path) + 1);
	unlink(c->path); /* the store's lock says that we are alone */
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 ||
	    bind(c->fd, (const struct sockaddr *)&un, sizeof(un)) != 0 ||
	    chmod(c->path, 0600) != 0 || listen(c->fd, 8) != 0)
		return qiao_fail(why, QIAO_E_IO, "%s: %s", c->path,
				 strerror(errno));
	return QIAO_OK;
}

qiao_err qiao_control_open(struct qiao_control **out, struct qiao_daemon *d,
			   struct qiao_why *why)
{
	struct qiao_control *c = qiao_calloc(1, sizeof(*c));
	qiao_err err;

	*out = NULL;
	if (!c)
		return QIAO_E_NOMEM;
	c->d = d;
	c->fd = -1;
	err = listen_at(c, why);
	if (err == QIAO_OK && pthread_create(&c->thread, NULL, serve, c) != 0)
		err = qiao_fail(why, QIAO_E_NOMEM, "no thread for control");
	if (err == QIAO_OK) {
		*out = c;
		return QIAO_OK;
	}
	if (c->fd >= 0)
		close(c->fd);
	qiao_free(c);
	return err;
}

void qiao_control_close(struct qiao_control *c)
{
	if (!c)
		return;
	pthread_join(c->thread, NULL);
	close(c->fd);
	unlink(c->path);
	qiao_free(c);
}
