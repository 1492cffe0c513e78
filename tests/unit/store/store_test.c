/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/store.h"

#include "gateway/store/cursor.h"
#include "gateway/store/header.h"
#include "gateway/store/sql.h"
#include "tests/unit/store/fixture.h"

#include <pthread.h>
#include <sys/stat.h>

/* One write: put cursor `name` to `next`, then return `err`. */
struct put {
	const char *name;
	uint64_t next;
	qiao_err err;
};

static qiao_err put_cursor(struct qiao_txn *txn, void *arg)
{
	struct put *p = arg;
	qiao_err err = qiao_store_cursor_put(txn, 1, p->name, p->next);

	return err != QIAO_OK ? err : p->err;
}

static qiao_err get_cursor(struct qiao_txn *txn, void *arg)
{
	struct put *p = arg;

	return qiao_store_cursor_get(txn, &p->next, 1, p->name);
}

static qiao_err put(struct qiao_store *s, const char *name, uint64_t next,
		    qiao_err err)
{
	struct put p = { name, next, err };

	return qiao_store_write(s, put_cursor, &p);
}

static uint64_t get(struct qiao_store *s, const char *name)
{
	struct put p = { name, 0, QIAO_OK };

	CU_ASSERT_EQUAL(qiao_store_read(s, get_cursor, &p), QIAO_OK);
	return p.next;
}

static void what_was_written_is_there_after_reopening(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(get(f.store, "a"), 0);
	CU_ASSERT_EQUAL(put(f.store, "a", 7, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(get(f.store, "a"), 7);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(get(f.store, "a"), 7);
	fixture_close(&f);
}

static void only_the_owner_may_read_the_file(void)
{
	struct fixture f;
	struct stat st;

	fixture_open(&f);
	CU_ASSERT_EQUAL(stat(f.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	fixture_close(&f);
}

static void an_error_undoes_what_its_function_wrote(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(put(f.store, "a", 1, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(put(f.store, "a", 2, QIAO_E_DENIED), QIAO_E_DENIED);
	CU_ASSERT_EQUAL(get(f.store, "a"), 1);
	fixture_close(&f);
}

static void a_second_process_is_told_that_the_store_is_in_use(void)
{
	struct qiao_store *second;
	struct qiao_why why;
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_open(&second, f.path, NULL, &why),
			QIAO_E_BUSY);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "another process"));
	fixture_close(&f);
}

static void a_reader_beside_the_daemon_reads_and_cannot_write(void)
{
	struct qiao_store_options o = { .read_only = true };
	struct qiao_store *second;
	struct put p = { "a", 9, QIAO_OK };
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(put(f.store, "a", 3, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_open(&second, f.path, &o, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(get(second, "a"), 3);
	CU_ASSERT_EQUAL(put(second, "a", 4, QIAO_OK), QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_store_read(second, put_cursor, &p), QIAO_E_STATE);
	CU_ASSERT_EQUAL(get(second, "a"), 3);
	qiao_store_close(second);
	fixture_close(&f);
}

static void write_text(const struct fixture *f, const char *text)
{
	FILE *out = fopen(f->path, "w");

	if (!out)
		abort();
	fputs(text, out);
	fclose(out);
}

static void a_foreign_file_is_refused(void)
{
	static const char *const steps[] = { "CREATE TABLE t(a);" };
	static const struct qiao_schema other = { "other store", 1234, steps,
						  1 };
	struct qiao_store_options o = { .schema = &other };
	struct qiao_why why = { "" };
	struct fixture f;

	fixture_dir(&f);
	write_text(&f, "this is a letter to my mother, and no database at all");
	CU_ASSERT_NOT_EQUAL(qiao_store_open(&f.store, f.path, NULL, &why),
			    QIAO_OK);
	CU_ASSERT_PTR_NULL(f.store);
	CU_ASSERT_NOT_EQUAL(strlen(why.text), 0);
	unlink(f.path);

	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, &o, &why), QIAO_OK);
	qiao_store_close(f.store);
	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, NULL, &why),
			QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "is not a gateway store"));
	fixture_close(&f);
}

static void a_newer_version_is_refused_and_an_older_one_brought_up(void)
{
	static const char *const steps[] = { "CREATE TABLE a(x);",
					     "CREATE TABLE b(x);" };
	struct qiao_schema old = { "test store", 77, steps, 1 };
	struct qiao_schema new = { "test store", 77, steps, 2 };
	struct qiao_store_options o = { .schema = &old };
	struct qiao_why why = { "" };
	struct fixture f;

	fixture_dir(&f);
	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, &o, &why), QIAO_OK);
	qiao_store_close(f.store);
	o.schema = &new;
	o.read_only = true;
	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, &o, &why),
			QIAO_E_CONFIG);
	o.read_only = false;
	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, &o, &why), QIAO_OK);
	qiao_store_close(f.store);
	o.schema = &old;
	CU_ASSERT_EQUAL(qiao_store_open(&f.store, f.path, &o, &why),
			QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "newer program"));
	fixture_close(&f);
}

#define THREADS 8
#define WRITES  40

struct caller {
	struct qiao_store *store;
	pthread_t thread;
	char name[8];
	unsigned int failed;
};

static void *many_writes(void *arg)
{
	struct caller *c = arg;

	for (uint64_t i = 1; i <= WRITES; i++) {
		/* every fifth fails on purpose */
		qiao_err want = i % 5 == 0 ? QIAO_E_DENIED : QIAO_OK;

		if (put(c->store, c->name, i, want) != want)
			c->failed++;
	}
	return NULL;
}

static void callers_share_commits_and_fail_alone(void)
{
	struct caller callers[THREADS];
	struct qiao_store_stats stats;
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){ .store = f.store };
		snprintf(callers[i].name, sizeof(callers[i].name), "c%zu", i);
		pthread_create(&callers[i].thread, NULL, many_writes,
			       &callers[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		CU_ASSERT_EQUAL(callers[i].failed, 0);
		CU_ASSERT_EQUAL(get(f.store, callers[i].name), WRITES - 1);
	}
	qiao_store_stats(f.store, &stats);
	CU_ASSERT_EQUAL(stats.jobs, THREADS * WRITES);
	CU_ASSERT_TRUE(stats.commits < stats.jobs);
	CU_ASSERT_EQUAL(stats.failures, 0);
	fixture_close(&f);
}

static qiao_err read_twice(struct qiao_txn *txn, void *arg)
{
	struct fixture *f = arg;
	struct put p = { "a", 0, QIAO_OK };
	uint64_t before;
	qiao_err err = get_cursor(txn, &p);

	before = p.next;
	CU_ASSERT_EQUAL(put(f->store, "a", before + 1, QIAO_OK), QIAO_OK);
	if (err == QIAO_OK)
		err = get_cursor(txn, &p);
	CU_ASSERT_EQUAL(p.next, before);
	return err;
}

/* Three parts; the middle one fails with err. */
static qiao_err in_parts(struct qiao_txn *txn, void *arg)
{
	struct put p[] = { { "a", 1, QIAO_OK },
			   { "b", 2, *(qiao_err *)arg },
			   { "c", 3, QIAO_OK } };
	qiao_err err = QIAO_OK, result;

	for (size_t i = 0; i < 3 && err == QIAO_OK; i++) {
		err = qiao_store_try(txn, &result, put_cursor, &p[i]);
		CU_ASSERT_EQUAL(result, p[i].err);
	}
	return err;
}

static void a_part_of_a_transaction_may_fail_alone(void)
{
	qiao_err err = QIAO_E_LIMIT;
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, in_parts, &err), QIAO_OK);
	CU_ASSERT_EQUAL(get(f.store, "a"), 1);
	CU_ASSERT_EQUAL(get(f.store, "b"), 0);
	CU_ASSERT_EQUAL(get(f.store, "c"), 3);
	fixture_close(&f);
	/* what ails the store ends all of it */
	fixture_open(&f);
	err = QIAO_E_FULL;
	CU_ASSERT_EQUAL(qiao_store_write(f.store, in_parts, &err), QIAO_E_FULL);
	CU_ASSERT_EQUAL(get(f.store, "a"), 0);
	fixture_close(&f);
}

/* As SQLite does after a full disk: nothing of the transaction is left. */
static qiao_err roll_all_back(struct qiao_txn *txn, void *arg)
{
	(void)arg;
	CU_ASSERT_EQUAL(qiao_sql_exec(txn, "ROLLBACK"), QIAO_OK);
	return QIAO_E_STATE;
}

static void a_lost_transaction_is_the_failure_of_the_store(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, roll_all_back, NULL),
			QIAO_E_IO);
	CU_ASSERT_EQUAL(put(f.store, "a", 1, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(get(f.store, "a"), 1);
	fixture_close(&f);
}

static void a_reader_keeps_its_snapshot_and_stops_nobody(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(put(f.store, "a", 5, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_read(f.store, read_twice, &f), QIAO_OK);
	CU_ASSERT_EQUAL(get(f.store, "a"), 6);
	fixture_close(&f);
}

static qiao_err put_big_header(struct qiao_txn *txn, void *arg)
{
	static const uint8_t claim[20000];
	uint64_t *height = arg;
	struct qiao_hash h = hash_of((unsigned int)*height);

	return qiao_store_header_put(txn, 1, *height, &h,
				     qiao_slice_of(claim, sizeof(claim)));
}

static void a_full_disk_is_said_and_nothing_is_lost(void)
{
	uint64_t height = 0, before;
	struct qiao_store_stats stats;
	struct fixture f;
	qiao_err err = QIAO_OK;
	int kept = fixture_mute();

	fixture_dir(&f);
	qiao_vfs_fault_register();
	qiao_vfs_fault_reset();
	CU_ASSERT_EQUAL_FATAL(fixture_try_open(&f, "qiao-fault"), QIAO_OK);
	CU_ASSERT_EQUAL(put(f.store, "a", 1, QIAO_OK), QIAO_OK);
	qiao_vfs_fault_space(200000);
	while (err == QIAO_OK && height < 100) {
		height++;
		err = qiao_store_write(f.store, put_big_header, &height);
	}
	CU_ASSERT_EQUAL(err, QIAO_E_FULL);
	before = height;
	CU_ASSERT_EQUAL(put(f.store, "a", 2, QIAO_OK), QIAO_E_FULL);
	qiao_store_stats(f.store, &stats);
	CU_ASSERT_EQUAL(stats.last_failure, QIAO_E_FULL);
	CU_ASSERT_FALSE(stats.broken);
	/* somebody made room */
	qiao_vfs_fault_space(-1);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, put_big_header, &before),
			QIAO_OK);
	CU_ASSERT_EQUAL(put(f.store, "a", 3, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_check(f.store, NULL), QIAO_OK);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(get(f.store, "a"), 3);
	fixture_close(&f);
	fixture_unmute(kept);
}

/* Three writes; how many were acknowledged, in order, before the first error.
 */
static uint64_t write_three(struct qiao_store *s, qiao_err *err)
{
	uint64_t done = 0;

	*err = QIAO_OK;
	for (uint64_t i = 1; i <= 3 && *err == QIAO_OK; i++) {
		*err = put(s, "a", i, QIAO_OK);
		if (*err == QIAO_OK)
			done = i;
	}
	return done;
}

static bool nth_write_fails(long n, bool for_ever)
{
	struct fixture f;
	uint64_t done = 0, found;
	qiao_err err;

	fixture_dir(&f);
	qiao_vfs_fault_reset();
	if (for_ever)
		qiao_vfs_fault_fail_from(n);
	else
		qiao_vfs_fault_fail_after(n);
	err = fixture_try_open(&f, "qiao-fault");
	if (err == QIAO_OK)
		done = write_three(f.store, &err);
	qiao_store_close(f.store);
	qiao_vfs_fault_reset();
	CU_ASSERT_EQUAL_FATAL(fixture_try_open(&f, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_check(f.store, NULL), QIAO_OK);
	found = get(f.store, "a");
	/* what was acknowledged is there; one more may be, unacknowledged */
	CU_ASSERT_TRUE(found == done || found == done + 1);
	CU_ASSERT_TRUE(err != QIAO_OK || found == 3);
	fixture_close(&f);
	return err == QIAO_OK;
}

static void the_nth_write_fails_and_no_acknowledged_one_is_lost(void)
{
	long n = 0, ok = 0;
	int kept = fixture_mute();

	/* some failures are survived (a checkpoint): stop after ten in a row */
	for (; ok < 10 && n < 400; n++)
		ok = nth_write_fails(n, false) ? ok + 1 : 0;
	CU_ASSERT_TRUE(n > 12 && n < 400);
	ok = 0;
	for (n = 0; ok < 10 && n < 400; n++)
		ok = nth_write_fails(n, true) ? ok + 1 : 0;
	CU_ASSERT_TRUE(n > 12 && n < 400);
	fixture_unmute(kept);
}

static void after_a_failed_sync_nothing_is_accepted_until_reopened(void)
{
	struct qiao_store_stats stats = { 0 };
	struct fixture f;
	int kept = fixture_mute();

	fixture_dir(&f);
	qiao_vfs_fault_reset();
	CU_ASSERT_EQUAL_FATAL(fixture_try_open(&f, "qiao-fault"), QIAO_OK);
	for (long n = 0; n < 20 && !stats.broken; n++) {
		qiao_vfs_fault_fail_after(n);
		put(f.store, "a", 1, QIAO_OK);
		qiao_store_stats(f.store, &stats);
	}
	qiao_vfs_fault_reset();
	CU_ASSERT_TRUE(stats.broken);
	CU_ASSERT_EQUAL(put(f.store, "a", 2, QIAO_OK), QIAO_E_IO);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(put(f.store, "a", 3, QIAO_OK), QIAO_OK);
	fixture_close(&f);
	fixture_unmute(kept);
}

static void the_nth_allocation_fails_and_opening_says_so(void)
{
	struct fixture f;
	bool ok = false;
	int kept = fixture_mute();

	fixture_dir(&f);
	for (long n = 0; n < 50 && !ok; n++) {
		qiao_fault_alloc_after = n;
		ok = qiao_store_open(&f.store, f.path, NULL, NULL) == QIAO_OK;
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(ok || f.store == NULL);
	}
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_EQUAL(put(f.store, "a", 1, QIAO_OK), QIAO_OK);
	fixture_close(&f);
	fixture_unmute(kept);
}

static void a_backup_is_a_store_and_never_overwrites(void)
{
	struct qiao_store *copy;
	struct qiao_why why;
	struct fixture f;
	char path[256];

	fixture_open(&f);
	snprintf(path, sizeof(path), "%s/backup.db", f.dir);
	CU_ASSERT_EQUAL(put(f.store, "a", 11, QIAO_OK), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_backup(f.store, path, &why), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_backup(f.store, path, &why), QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_store_open(&copy, path, NULL, &why), QIAO_OK);
	CU_ASSERT_EQUAL(get(copy, "a"), 11);
	CU_ASSERT_EQUAL(put(copy, "a", 12, QIAO_OK), QIAO_OK);
	qiao_store_close(copy);
	CU_ASSERT_EQUAL(get(f.store, "a"), 11);
	snprintf(path, sizeof(path), "%s/backup.db.lock", f.dir);
	unlink(path);
	fixture_close(&f);
}

static const struct test_case cases[] = {
	{ "what was written is there after reopening",
	  what_was_written_is_there_after_reopening },
	{ "only the owner may read the file",
	  only_the_owner_may_read_the_file },
	{ "an error undoes what its function wrote",
	  an_error_undoes_what_its_function_wrote },
	{ "a second process is told that the store is in use",
	  a_second_process_is_told_that_the_store_is_in_use },
	{ "a reader beside the daemon reads and cannot write",
	  a_reader_beside_the_daemon_reads_and_cannot_write },
	{ "a foreign file is refused", a_foreign_file_is_refused },
	{ "a newer version is refused and an older one brought up",
	  a_newer_version_is_refused_and_an_older_one_brought_up },
	{ "callers share commits and fail alone",
	  callers_share_commits_and_fail_alone },
	{ "a part of a transaction may fail alone",
	  a_part_of_a_transaction_may_fail_alone },
	{ "a lost transaction is the failure of the store",
	  a_lost_transaction_is_the_failure_of_the_store },
	{ "a reader keeps its snapshot and stops nobody",
	  a_reader_keeps_its_snapshot_and_stops_nobody },
	{ "a full disk is said and nothing is lost",
	  a_full_disk_is_said_and_nothing_is_lost },
	{ "the n-th write fails and no acknowledged one is lost",
	  the_nth_write_fails_and_no_acknowledged_one_is_lost },
	{ "after a failed sync nothing is accepted until reopened",
	  after_a_failed_sync_nothing_is_accepted_until_reopened },
	{ "the n-th allocation fails and opening says so",
	  the_nth_allocation_fails_and_opening_says_so },
	{ "a backup is a store and never overwrites",
	  a_backup_is_a_store_and_never_overwrites },
	{ .name = NULL },
};

const struct test_suite store_test_suite = { "store/store", cases };
