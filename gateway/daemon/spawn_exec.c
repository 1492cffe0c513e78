/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/spawn_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Nothing of our own environment: it may hold what is nobody's business. */
static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin",
	    lang[] = "LANG=C.UTF-8";
static char *const environment[] = { path, lang, NULL };

struct start {
	const char *program;
	char *const *argv;
	const char *folder; /* NULL: as we are */
	int in, out;        /* -1: nothing; standard error */
	rlim_t memory, files, cpu_s;
};

static void limit(int what, rlim_t n)
{
	struct rlimit r = { n, n };

	if (setrlimit(what, &r) != 0) {
		fprintf(stderr, "qiaod: setrlimit: %s\n", strerror(errno));
		_exit(126);
	}
}

static void set_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void set_files(const struct start *s)
{
	int in = s->in >= 0 ? s->in : open("/dev/null", O_RDONLY);

	dup2(in, STDIN_FILENO);
	dup2(s->out >= 0 ? s->out : STDERR_FILENO, STDOUT_FILENO);
	if (s->out >= 0)
		dup2(s->out, STDERR_FILENO);
}

_Noreturn static void child(const struct start *s, pid_t spawner)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != spawner)
		_exit(126); /* it died before the line above */
	/* Ctrl-C on a terminal is for the gateway; it ends its adapters */
	setpgid(0, 0);
	set_signals();
	set_files(s);
	if (s->folder && chdir(s->folder) != 0) {
		fprintf(stderr, "qiaod: %s: %s\n", s->folder, strerror(errno));
		_exit(126);
	}
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, s->files);
	if (s->cpu_s)
		limit(RLIMIT_CPU, s->cpu_s);
#if !QIAO_SANITIZED
	limit(RLIMIT_AS, s->memory);
#endif
	execve(s->program, s->argv, environment);
	fprintf(stderr, "qiaod: %s: %s\n", s->program, strerror(errno));
	_exit(127);
}

static pid_t start(const struct start *s, struct qiao_why *why)
{
	pid_t spawner = getpid(), pid = fork();

	if (pid == 0)
		child(s, spawner);
	if (pid < 0)
		qiao_fail(why, QIAO_E_IO, "fork: %s", strerror(errno));
	else
		setpgid(pid, pid); /* whoever is first */
	return pid;
}

static void folder_of(char *out, size_t size, const char *file)
{
	char *slash;

	snprintf(out, size, "%s", file);
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
}

pid_t qiao_spawn_adapter(const struct qiao_config *cfg,
			 const struct qiao_config_chain *chain, const char *url,
			 int life, struct qiao_why *why)
{
	static char option[] = "--socket";
	char program[2 * QIAO_PATH_LEN], folder[QIAO_PATH_LEN];
	char socket[QIAO_PATH_LEN];
	char *const argv[] = { program, option, socket, NULL };
	struct start s = { .program = program,
			   .argv = argv,
			   .folder = folder,
			   .in = life,
			   .out = -1,
			   .memory = QIAO_MIB(2048),
			   .files = 256 };

	qiao_config_program(program, sizeof(program), cfg, chain);
	folder_of(folder, sizeof(folder), chain->adapter_config);
	snprintf(socket, sizeof(socket), "%s", url);
	if (access(program, X_OK) != 0) {
		qiao_fail(why, QIAO_E_IO,
			  "%s: %s; install the adapter, or correct "
			  "chains.adapter.program or gateway.libexec",
			  program, strerror(errno));
		return -1;
	}
	return start(&s, why);
}

pid_t qiao_spawn_check(const char *dir, int *out, struct qiao_why *why)
{
	static char self[] = "/proc/self/exe", option[] = "--check-policy";
	char folder[QIAO_PATH_LEN];
	char *const argv[] = { self, option, folder, NULL };
	struct start s = { .program = self,
			   .argv = argv,
			   .in = -1,
			   .memory = QIAO_MIB(1024),
			   .files = 64,
			   .cpu_s = 20 };
	int fds[2];
	pid_t pid;

	*out = -1;
	snprintf(folder, sizeof(folder), "%s", dir);
	if (pipe(fds) != 0) {
		qiao_fail(why, QIAO_E_IO, "pipe: %s", strerror(errno));
		return -1;
	}
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	s.out = fds[1];
	pid = start(&s, why);
	close(fds[1]);
	if (pid < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) {
		close(fds[0]);
		return -1;
	}
	*out = fds[0];
	return pid;
}
