/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL at random moments, and power failures that drop unsynced writes. */
#include "gateway/base/clock.h"
#include "gateway/store/audit.h"
#include "gateway/store/cursor.h"
#include "gateway/store/out.h"
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#define KILLS   25
#define WRITERS 3
#define OUTAGES 60
#define CHAIN   1
#define SENT    2

/*
 * One step writes four tables that must agree: a cursor, an audit row, a new
 * transfer, and a state change of the one before.
 */
static qiao_err step(struct qiao_txn *txn, void *arg)
{
	struct qiao_out_row row = { .state = 1, .route = "r", .peer = "p" };
	struct qiao_audit_row entry = { .type = "queued" };
	struct qiao_hash leaf = hash_of(1);
	uint64_t n, *written = arg;
	qiao_err err = qiao_store_cursor_get(txn, &n, CHAIN, "scan");

	row.id = hash_of((unsigned int)n);
	row.payload = qiao_slice_str("payload");
	entry.seq = n;
	entry.leaf = leaf;
	entry.entry = qiao_slice_str("{}");
	if (err == QIAO_OK)
		err = qiao_store_audit_put(txn, &entry);
	if (err == QIAO_OK)
		err = qiao_store_out_put(txn, &row);
	if (err == QIAO_OK && n > 0) {
		row.seq--;
		row.state = SENT;
		err = qiao_store_out_update(txn, &row, 1);
	}
	if (err == QIAO_OK)
		err = qiao_store_cursor_put(txn, CHAIN, "scan", n + 1);
	*written = n + 1;
	return err;
}

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

struct writer {
	struct qiao_store *store;
	int fd;
};

/* Tell each acknowledged number through the pipe. */
static void *write_for_ever(void *arg)
{
	struct writer *w = arg;
	uint64_t n;

	while (qiao_store_write(w->store, step, &n) == QIAO_OK)
		if (write(w->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
			break;
	return NULL;
}

_Noreturn static void child(const char *path, int fd)
{
	struct writer w = { .fd = fd };
	pthread_t threads[WRITERS];

	if (qiao_store_open(&w.store, path, NULL, NULL) != QIAO_OK)
		_exit(1);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_for_ever, &w);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	_exit(2);
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
