/* SPDX-License-Identifier: Apache-2.0 */
/* The spawner process itself. Single-threaded; allocates little. */
#include "gateway/daemon/spawner.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/daemon/config.h"
#include "gateway/daemon/spawn_exec.h"
#include "gateway/daemon/spawn_msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX  (2 * QIAO_CHAINS_MAX)
#define GRACE_MS      2000  /* between SIGTERM and SIGKILL */
#define CHECK_MS      30000 /* a policy check, by the clock on the wall */
#define RELAY_STOP_MS 30000 /* the relay after SIGTERM */

struct child {
	pid_t pid; /* 0: free */
	bool check;
	bool ended;      /* on request: its exit is no news */
	int64_t kill_at; /* monotonic; 0: never */
	char chain[QIAO_NAME_MAX + 1];
	/* a check: whom to answer, what it printed */
	uint64_t number;
	bool late;
	int out;
	struct qiao_buf text;
};

struct spawner {
	int channel, signals;
	bool channel_open;
	pid_t relay;
	int relay_status;
	int64_t relay_kill_at;
	int life; /* read end for adapters; nobody writes into the pipe */
	struct qiao_config *cfg;
	struct child child[CHILDREN_MAX];
};

static struct child *find(struct spawner *s, pid_t pid)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid == pid)
			return &s->child[i];
	return NULL;
}

static struct child *find_check(struct spawner *s)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid && s->child[i].check)
			return &s->child[i];
	return NULL;
}

static void tell(struct spawner *s, const struct qiao_spawn_msg *m)
{
	if (s->channel_open && qiao_spawn_send(s->channel, m) != QIAO_OK)
		s->channel_open = false;
}

static void answer(struct spawner *s, uint64_t number, qiao_err err, pid_t pid,
		   struct qiao_slice text)
{
	struct qiao_spawn_msg m = { .op = QIAO_SPAWN_REPLY,
				    .number = number,
				    .pid = pid,
				    .status = err,
				    .text = text };

	tell(s, &m);
}

static void refuse(struct spawner *s, uint64_t number, qiao_err err,
		   const char *text)
{
	answer(s, number, err, 0,
	       (struct qiao_slice){ (const uint8_t *)text, strlen(text) });
}

/* --- requests ------------------------------------------------------------ */

/* Only below a folder of ours: the relay may not point elsewhere. */
static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/' &&
	       !strstr(path, "..");
}

static void on_start(struct spawner *s, const struct qiao_spawn_msg *m)
{
	const struct qiao_config_chain *chain = NULL;
	struct child *c = find(s, 0);
	struct qiao_why why = { "" };

	for (size_t i = 0; s->cfg && i < s->cfg->n_chains; i++)
		if (strcmp(s->cfg->chains[i].name, m->name) == 0)
			chain = &s->cfg->chains[i];
	if (!chain || !chain->program[0]) {
		refuse(s, m->number, QIAO_E_DENIED,
		       "the configuration has no adapter for this chain");
		return;
	}
	if (strncmp(m->path, "ipc://", 6) != 0 ||
	    !below(m->path + 6, s->cfg->run)) {
		refuse(s, m->number, QIAO_E_DENIED,
		       "the socket is not in gateway.run");
		return;
	}
	if (!c) {
		refuse(s, m->number, QIAO_E_LIMIT, "too many processes");
		return;
	}
	memset(c, 0, sizeof(*c));
	snprintf(c->chain, sizeof(c->chain), "%s", chain->name);
	c->pid = qiao_spawn_adapter(s->cfg, chain, m->path, s->life, &why);
	if (c->pid > 0) {
		answer(s, m->number, QIAO_OK, c->pid,
		       (struct qiao_slice){ NULL, 0 });
	} else {
		c->pid = 0;
		refuse(s, m->number, QIAO_E_IO, why.text);
	}
}

static void end_child(struct child *c, bool on_request)
{
	kill(-c->pid, SIGTERM);
	if (!c->kill_at || c->check)
		c->kill_at = qiao_monotonic_ms() + GRACE_MS;
	c->ended = c->ended || on_request;
}

static void on_end(struct spawner *s, const struct qiao_spawn_msg *m)
{
	struct child *c = m->pid > 0 ? find(s, (pid_t)m->pid) : NULL;

	if (c && !c->check)
		end_child(c, true);
}

static void on_check(struct spawner *s, const struct qiao_spawn_msg *m)
{
	struct child *c = find(s, 0);
	struct qiao_why why = { "" };

	if (!s->cfg || !below(m->path, s->cfg->data)) {
		refuse(s, m->number, QIAO_E_DENIED,
		       "the folder is not in gateway.data");
		return;
	}
	if (!c || find_check(s)) {
		refuse(s, m->number, QIAO_E_BUSY, "another check is running");
		return;
	}
	memset(c, 0, sizeof(*c));
	c->text.max = QIAO_SPAWN_TEXT_MAX;
	c->check = true;
	c->number = m->number;
	c->pid = qiao_spawn_check(m->path, &c->out, &why);
	c->kill_at = qiao_monotonic_ms() + CHECK_MS;
	if (c->pid <= 0) {
		c->pid = 0;
		refuse(s, m->number, QIAO_E_IO, why.text);
	}
}

static void on_channel(struct spawner *s)
{
	struct qiao_buf store = QIAO_BUF;
	struct qiao_spawn_msg m;
	qiao_err err = qiao_spawn_receive(s->channel, &m, &store);

	if (err == QIAO_E_CLOSED)
		s->channel_open = false;
	if (err == QIAO_OK) {
		switch (m.op) {
		case QIAO_SPAWN_START:
			on_start(s, &m);
			break;
		case QIAO_SPAWN_END:
			on_end(s, &m);
			break;
		case QIAO_SPAWN_CHECK:
			on_check(s, &m);
			break;
		case QIAO_SPAWN_REPLY:
		case QIAO_SPAWN_EXITED:
			break; /* not from there */
		}
	}
	qiao_buf_free(&store);
}

/* --- children that end --------------------------------------------------- */

/* False at the end of what it prints. What is over the limit is dropped. */
static bool drain(struct child *c)
{
	char piece[4096];
	ssize_t n = read(c->out, piece, sizeof(piece));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n > 0 && c->text.n + (size_t)n <= c->text.max)
		qiao_buf_put_mem(&c->text, piece, (size_t)n);
	return n > 0;
}

static qiao_err check_result(const struct child *c, int status)
{
	if (c->late)
		return QIAO_E_TIMEOUT;
	if (!WIFEXITED(status))
		return QIAO_E_IO;
	return WEXITSTATUS(status) == 0   ? QIAO_OK
	       : WEXITSTATUS(status) == 1 ? QIAO_E_CONFIG
					  : QIAO_E_IO;
}

static void child_ended(struct spawner *s, struct child *c, int status)
{
	if (c->check) {
		struct pollfd p = { .fd = c->out, .events = POLLIN };

		while (poll(&p, 1, 0) > 0 && drain(c))
			;
		answer(s, c->number, check_result(c, status), 0,
		       qiao_buf_slice(&c->text));
		close(c->out);
		qiao_buf_free(&c->text);
	} else if (!c->ended) {
		struct qiao_spawn_msg m = { .op = QIAO_SPAWN_EXITED,
					    .pid = c->pid,
					    .status = status };

		snprintf(m.name, sizeof(m.name), "%s", c->chain);
		tell(s, &m);
	}
	c->pid = 0;
}

static void reap(struct spawner *s)
{
	siginfo_t si = { .si_pid = 0 };
	int status;

	while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       si.si_pid) {
		pid_t pid = si.si_pid;
		struct child *c = find(s, pid);

		/* what it may have started, while its number is still taken */
		if (c)
			kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		si.si_pid = 0;
		if (pid == s->relay) {
			s->relay = 0;
			s->relay_status = status;
		} else if (c) {
			child_ended(s, c, status);
		}
	}
}

static void on_signals(struct spawner *s)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD || !s->relay)
			continue;
		kill(s->relay, (int)si.ssi_signo);
		if (si.ssi_signo != SIGHUP && !s->relay_kill_at)
			s->relay_kill_at = qiao_monotonic_ms() + RELAY_STOP_MS;
	}
	reap(s);
}

static void kill_late(struct spawner *s, int64_t now)
{
	if (s->relay && s->relay_kill_at && s->relay_kill_at <= now) {
		qiao_log(QIAO_LOG_ERROR, "relay-hangs", "killed=yes");
		kill(s->relay, SIGKILL);
		s->relay_kill_at = 0;
	}
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->child[i];

		if (!c->pid || !c->kill_at || c->kill_at > now)
			continue;
		c->late = true;
		c->kill_at = 0;
		kill(-c->pid, SIGKILL);
	}
}

static int wait_ms(const struct spawner *s)
{
	int64_t first = s->relay_kill_at, now = qiao_monotonic_ms();

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *c = &s->child[i];

		if (c->pid && c->kill_at && (!first || c->kill_at < first))
			first = c->kill_at;
	}
	if (!first)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

static void turn(struct spawner *s)
{
	struct child *check = find_check(s);
	struct pollfd p[3] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->channel_open ? s->channel : -1, .events = POLLIN },
		{ .fd = check ? check->out : -1, .events = POLLIN },
	};

	if (poll(p, 3, wait_ms(s)) < 0 && errno != EINTR)
		QIAO_BUG_ON(true);
	if (check && p[2].revents && !drain(check))
		p[2].revents = 0; /* its exit comes next */
	if (p[1].revents)
		on_channel(s);
	if (p[0].revents)
		on_signals(s);
	kill_late(s, qiao_monotonic_ms());
}

static bool any_child(const struct spawner *s)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid)
			return true;
	return false;
}

static int serve(struct spawner *s)
{
	int status;

	while (s->relay)
		turn(s);
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid)
			end_child(&s->child[i], true);
	s->channel_open = false;
	while (any_child(s))
		turn(s);
	status = s->relay_status;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	qiao_log(QIAO_LOG_ERROR, "relay-died", "signal=%d", WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

/* --- the split ----------------------------------------------------------- */

static int fail(const char *what)
{
	fprintf(stderr, "qiaod: %s: %s\n", what, strerror(errno));
	return 71 + 1; /* EX_OSERR */
}

static void become_relay(pid_t spawner)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != spawner)
		_exit(1); /* it died before the line above */
#if !QIAO_SANITIZED       /* their leak checker reads the process' own memory */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void open_life(struct spawner *s)
{
	int fds[2];

	/* the write end stays open here, and ends with this process */
	s->life = -1;
	if (pipe(fds) != 0)
		return;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	s->life = fds[0];
}

static int parent(int channel, pid_t relay, const sigset_t *set,
		  const char *config_path)
{
	struct spawner *s = qiao_calloc(1, sizeof(*s));
	struct qiao_diags d = { .errors = 0 };
	int code;

	if (!s)
		return fail("no memory");
	s->channel = channel;
	s->channel_open = true;
	s->relay = relay;
	s->signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		return fail("signalfd");
	open_life(s);
	/* the relay reads the same file, and says what is wrong with it */
	qiao_config_load(&s->cfg, &d, config_path);
	qiao_diags_free(&d);
	code = serve(s);
	qiao_config_free(s->cfg);
	close(s->signals);
	close(channel);
	qiao_free(s);
	return code + 1;
}

int qiao_spawner_split(int *channel, const char *config_path)
{
	pid_t spawner = getpid(), relay;
	sigset_t set;
	int fds[2];

	*channel = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return fail("socketpair");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	relay = fork();
	if (relay < 0)
		return fail("fork");
	if (relay == 0) {
		close(fds[0]);
		become_relay(spawner);
		*channel = fds[1];
		return 0;
	}
	close(fds[1]);
	return parent(fds[0], relay, &set, config_path);
}
