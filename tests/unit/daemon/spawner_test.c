/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/spawner.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/spawn_exec.h"
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * A test forks a spawner, which forks its relay; the relay's part is a function
 * of the test. What it sees it writes into memory that all three share.
 */
struct seen {
	volatile pid_t spawner, relay, adapter, grandchild;
	volatile int errors[8];
	volatile unsigned int exits;
	volatile int go;
	char text[512];
};

struct stage {
	struct fixture f;
	char conf[192], url[192];
	struct seen *seen;
};

typedef int (*relay_fn)(struct stage *s, int channel);

static void put(const struct stage *s, const char *name, const char *text,
		unsigned int mode)
{
	char path[256];
	struct qiao_why why;

	snprintf(path, sizeof(path), "%s/%s", s->f.dir, name);
	if (qiao_file_write(path, qiao_slice_str(text), mode, &why) != QIAO_OK)
		abort();
	chmod(path, mode);
}

static const char conf_text[] =
	"network = \"0000000000000000000000000000000000000000000000000000"
	"0000000000ff\";\n"
	"gateway = { id = \"g\"; key = \"k\"; secret = \"s\"; data = \"d\";"
	" run = \"r\"; libexec = \".\"; };\n"
	"policy = { dir = \"p\"; unsigned = true; };\n"
	"clock = { source = \"operator\"; };\n"
	"chains = ( { name = \"a\"; family = \"quorum\"; anchor = \"a\";"
	" adapter = { program = \"prog\"; config = \"a.cfg\"; }; },\n"
	" { name = \"b\"; family = \"quorum\"; anchor = \"b\"; },\n"
	" { name = \"c\"; family = \"quorum\"; anchor = \"c\";"
	" adapter = { program = \"none\"; config = \"a.cfg\"; }; } );\n";

static void stage_open(struct stage *s, const char *program)
{
	memset(s, 0, sizeof(*s));
	fixture_dir(&s->f);
	put(s, "qiao.conf", conf_text, 0600);
	put(s, "prog", program, 0700);
	snprintf(s->conf, sizeof(s->conf), "%s/qiao.conf", s->f.dir);
	snprintf(s->url, sizeof(s->url), "ipc://%s/r/a.sock", s->f.dir);
	s->seen = mmap(NULL, sizeof(*s->seen), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->seen == MAP_FAILED)
		abort();
}

static void stage_close(struct stage *s)
{
	static const char *const names[] = { "qiao.conf", "prog", "out" };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->f.dir, names[i]);
		unlink(path);
	}
	rmdir(s->f.dir);
	munmap(s->seen, sizeof(*s->seen));
}

static pid_t stage_start(struct stage *s, relay_fn relay)
{
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		int channel, rc;

		s->seen->spawner = getpid();
		rc = qiao_spawner_split(&channel, s->conf);
		if (rc == 0) {
			s->seen->relay = getpid();
			_exit(relay(s, channel));
		}
		_exit(rc - 1);
	}
	return pid;
}

static int stage_run(struct stage *s, relay_fn relay)
{
	int status = -1;

	waitpid(stage_start(s, relay), &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A killed process is nobody's child here: its number just goes away. */
static bool gone(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	for (int i = 0; i < 500; i++) {
		if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
			return true;
		/* or waits for its reaper: in a container that may be nobody */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f && fscanf(f, "%*d %*s %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
		if (state == 'Z')
			return true;
		qiao_sleep_ms(10);
	}
	return false;
}

static bool wait_for(volatile pid_t *pid)
{
	for (int i = 0; i < 1000 && *pid == 0; i++)
		qiao_sleep_ms(10);
	return *pid != 0;
}

/* --- start, exit, end ---------------------------------------------------- */

static const char sleeper[] = "#!/bin/sh\nexec sleep 60\n";

static int relay_starts(struct stage *s, int channel)
{
	struct qiao_spawner *sp;
	struct qiao_why why = { "" };
	pid_t pid, other;

	if (qiao_spawner_attach(&sp, channel) != QIAO_OK)
		return 9;
	s->seen->errors[0] = qiao_spawner_start(sp, &pid, "a", s->url, &why);
	s->seen->adapter = pid;
	s->seen->errors[1] = qiao_spawner_start(sp, &other, "b", s->url, &why);
	s->seen->errors[2] =
		qiao_spawner_start(sp, &other, "a", "ipc:///etc/x.sock", &why);
	s->seen->errors[3] = qiao_spawner_start(sp, &other, "c", s->url, &why);
	snprintf(s->seen->text, sizeof(s->seen->text), "%s", why.text);
	qiao_spawner_end(sp, pid);
	qiao_spawner_end(sp, 1); /* not ours */
	s->seen->errors[4] = gone(pid) ? 0 : 1;
	s->seen->exits = qiao_spawner_exits(sp);
	qiao_spawner_free(sp);
	return 7;
}

static void starts(void)
{
	struct stage s;

	stage_open(&s, sleeper);
	CU_ASSERT_EQUAL(stage_run(&s, relay_starts), 7);
	CU_ASSERT_EQUAL(s.seen->errors[0], QIAO_OK);
	CU_ASSERT_TRUE(s.seen->adapter > 0);
	CU_ASSERT_EQUAL(s.seen->errors[1], QIAO_E_DENIED);
	CU_ASSERT_EQUAL(s.seen->errors[2], QIAO_E_DENIED);
	CU_ASSERT_EQUAL(s.seen->errors[3], QIAO_E_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.seen->text, "install the adapter"));
	CU_ASSERT_EQUAL(s.seen->errors[4], 0);
	CU_ASSERT_EQUAL(s.seen->exits, 0); /* asked for: no news */
	stage_close(&s);
}

static int relay_waits_for_exit(struct stage *s, int channel)
{
	struct qiao_spawner *sp;
	struct qiao_why why = { "" };
	pid_t pid;
	int muted = fixture_mute();

	(void)muted;
	if (qiao_spawner_attach(&sp, channel) != QIAO_OK)
		return 9;
	s->seen->errors[0] = qiao_spawner_start(sp, &pid, "a", s->url, &why);
	for (int i = 0; i < 500 && qiao_spawner_exits(sp) == 0; i++)
		qiao_sleep_ms(10);
	s->seen->exits = qiao_spawner_exits(sp);
	qiao_spawner_free(sp);
	return 0;
}

static void exits_are_reported(void)
{
	/* a folder, arguments and limits as promised, or no exit code 5 */
	static const char program[] =
		"#!/bin/sh\n"
		"[ \"$1\" = --socket ] && [ -f qiao.conf ] || exit 1\n"
		"[ \"$(ulimit -c)\" = 0 ] && [ \"$(ulimit -n)\" = 256 ] || exit 1\n"
		"[ -z \"$HOME\" ] && [ -z \"$TMPDIR\" ] || exit 1\n"
		"echo yes > out\nexit 5\n";
	struct stage s;
	char path[256];

	stage_open(&s, program);
	CU_ASSERT_EQUAL(stage_run(&s, relay_waits_for_exit), 0);
	CU_ASSERT_EQUAL(s.seen->exits, 1);
	snprintf(path, sizeof(path), "%s/out", s.f.dir);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	stage_close(&s);
}

static void memory_is_limited(void)
{
	static const char program[] =
		"#!/bin/sh\n[ \"$(ulimit -v)\" = 2097152 ] && echo y > out\n";
	struct stage s;
	char path[256];

	stage_open(&s, program);
	CU_ASSERT_EQUAL(stage_run(&s, relay_waits_for_exit), 0);
	snprintf(path, sizeof(path), "%s/out", s.f.dir);
	CU_ASSERT_EQUAL(access(path, F_OK) == 0, !QIAO_SANITIZED);
	stage_close(&s);
}

/* --- who dies takes the others along ------------------------------------- */

static int relay_hangs(struct stage *s, int channel)
{
	struct qiao_spawner *sp;
	struct qiao_why why = { "" };
	pid_t pid;

	if (qiao_spawner_attach(&sp, channel) != QIAO_OK ||
	    qiao_spawner_start(sp, &pid, "a", s->url, &why) != QIAO_OK)
		return 9;
	qiao_sleep_ms(100); /* past the exec */
	s->seen->adapter = pid;
	for (;;)
		qiao_sleep_ms(1000);
	return 0;
}

static void kill_one(bool the_relay)
{
	struct stage s;
	int status = -1;
	pid_t pid;
	int muted = fixture_mute();

	stage_open(&s, sleeper);
	pid = stage_start(&s, relay_hangs);
	CU_ASSERT_TRUE_FATAL(wait_for(&s.seen->adapter));
	kill(the_relay ? s.seen->relay : pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (the_relay)
		CU_ASSERT_TRUE(WIFEXITED(status) &&
			       WEXITSTATUS(status) == 128 + SIGKILL);
	CU_ASSERT_TRUE(gone(s.seen->relay));
	CU_ASSERT_TRUE(gone(s.seen->adapter));
	stage_close(&s);
	dup2(muted, 2);
	close(muted);
}

static void relay_killed(void)
{
	kill_one(true);
}

static void spawner_killed(void)
{
	kill_one(false);
}

static int relay_takes_signals(struct stage *s, int channel)
{
	struct timespec t = { 10, 0 };
	sigset_t set;

	(void)channel;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	s->seen->adapter = 1;
	if (sigtimedwait(&set, NULL, &t) != SIGHUP)
		return 1;
	s->seen->grandchild = 1;
	return sigtimedwait(&set, NULL, &t) == SIGTERM ? 42 : 2;
}

static void signals_are_passed_on(void)
{
	struct stage s;
	int status = -1;
	pid_t pid;

	stage_open(&s, sleeper);
	pid = stage_start(&s, relay_takes_signals);
	CU_ASSERT_TRUE_FATAL(wait_for(&s.seen->adapter));
	kill(pid, SIGHUP);
	CU_ASSERT_TRUE_FATAL(wait_for(&s.seen->grandchild));
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	stage_close(&s);
}

static int relay_checks(struct stage *s, int channel)
{
	struct qiao_spawner *sp;
	struct qiao_why why = { "" };
	struct qiao_buf text = QIAO_BUF;

	if (qiao_spawner_attach(&sp, channel) != QIAO_OK)
		return 9;
	/* outside of gateway.data */
	s->seen->errors[0] =
		qiao_spawner_check_policy(sp, &text, s->f.dir, &why);
	qiao_buf_free(&text);
	qiao_spawner_free(sp);
	return 0;
}

static void check_is_for_our_folders(void)
{
	struct stage s;

	stage_open(&s, sleeper);
	CU_ASSERT_EQUAL(stage_run(&s, relay_checks), 0);
	CU_ASSERT_EQUAL(s.seen->errors[0], QIAO_E_DENIED);
	stage_close(&s);
}

static const struct test_case cases[] = {
	{ "an adapter of the list is started and ended, nothing else", starts },
	{ "an exit is reported; arguments, folder and files are set",
	  exits_are_reported },
	{ "an adapter's memory is limited", memory_is_limited },
	{ "a killed relay takes its adapters along", relay_killed },
	{ "a killed spawner takes relay and adapters along", spawner_killed },
	{ "SIGHUP and SIGTERM reach the relay; its exit code is ours",
	  signals_are_passed_on },
	{ "a policy check is for folders of the gateway only",
	  check_is_for_our_folders },
	{ NULL, NULL },
};
const struct test_suite spawner_test_suite = { "daemon/spawner", cases };
