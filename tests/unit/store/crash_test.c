/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL at random moments, and power failures that drop unsynced writes. */
#include "gateway/base/clock.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/step.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS   25
#define OUTAGES 60

struct found {
	uint64_t cursor, audit, queued, sent;
};

static qiao_err look(struct qiao_txn *txn, void *arg)
{
	struct found *f = arg;
	qiao_err err = qiao_store_cursor_get(txn, &f->cursor, CHAIN, "scan");

	if (err == QIAO_OK)
		err = qiao_store_audit_size(txn, &f->audit);
	if (err == QIAO_OK)
		err = qiao_store_out_count(txn, &f->queued, "r", 1);
	if (err == QIAO_OK)
		err = qiao_store_out_count(txn, &f->sent, "r", SENT);
	return err;
}

/* Everything agrees, and what was acknowledged is there. Returns the count. */
static uint64_t check(struct fixture *f, uint64_t acknowledged)
{
	struct found is = { 0 };

	CU_ASSERT_EQUAL_FATAL(fixture_try_open(f, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_check(f->store, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_read(f->store, look, &is), QIAO_OK);
	CU_ASSERT_TRUE(is.cursor >= acknowledged);
	CU_ASSERT_TRUE(is.cursor <= acknowledged + WRITERS);
	CU_ASSERT_EQUAL(is.audit, is.cursor);
	CU_ASSERT_EQUAL(is.queued, is.cursor > 0);
	CU_ASSERT_EQUAL(is.queued + is.sent, is.cursor);
	qiao_store_close(f->store);
	f->store = NULL;
	return is.cursor;
}

/*
 * The writer is a program of its own beside this one: a fork of a process with
 * threads may not start threads, and no part of Qiao does so.
 */
_Noreturn static void child(const char *path, int fd)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash || dup2(fd, STDOUT_FILENO) < 0)
		_exit(1);
	snprintf(slash, sizeof(self) - (size_t)(slash - self), "/store-writer");
	execl(self, self, path, (char *)NULL);
	_exit(1);
}

/*
 * Let a child write for ms, kill it, return the highest acknowledged number.
 * on_write: the time begins at its first write, however slow the machine is.
 */
static uint64_t kill_after(const char *path, int64_t ms, bool on_write)
{
	uint64_t n, top = 0;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(path, fds[1]);
	}
	close(fds[1]);
	if (on_write && read(fds[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		top = n;
	qiao_sleep_ms(ms);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	while (read(fds[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		if (n > top)
			top = n;
	close(fds[0]);
	return top;
}

static void a_process_killed_at_random_moments_loses_nothing(void)
{
	struct fixture f;
	uint64_t before = 0, top;

	fixture_dir(&f);
	srand(7);
	for (int i = 0; i < KILLS; i++) {
		top = kill_after(f.path, 5 + rand() % 60, i % 2);
		if (top == 0) /* killed before the first */
			top = before;
		before = check(&f, top);
	}
	CU_ASSERT_TRUE(before >= KILLS / 2);
	fixture_close(&f);
}

static void power_failures_lose_nothing_that_was_acknowledged(void)
{
	struct fixture f;
	uint64_t n, done = 0, outages = 0;
	int kept = fixture_mute();

	fixture_dir(&f);
	qiao_vfs_fault_register();
	srand(11);
	for (int i = 0; i < OUTAGES; i++) {
		long at = rand() % 60;

		qiao_vfs_fault_reset();
		qiao_vfs_fault_fail_from(at);
		if (fixture_try_open(&f, "qiao-fault") == QIAO_OK)
			while (qiao_store_write(f.store, step, &n) == QIAO_OK)
				done = n;
		qiao_vfs_fault_power_down();
		qiao_store_close(f.store);
		f.store = NULL;
		qiao_vfs_fault_power_up();
		done = check(&f, done);
		outages++;
	}
	CU_ASSERT_EQUAL(outages, OUTAGES);
	CU_ASSERT_TRUE(done > OUTAGES);
	fixture_close(&f);
	fixture_unmute(kept);
}

static const struct test_case cases[] = {
	{ "a process killed at random moments loses nothing",
	  a_process_killed_at_random_moments_loses_nothing },
	{ "power failures lose nothing that was acknowledged",
	  power_failures_lose_nothing_that_was_acknowledged },
	{ .name = NULL },
};

const struct test_suite crash_test_suite = { "store/crash", cases };
