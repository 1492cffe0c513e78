/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/store.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/store/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define GROUP_MAX   256 /* functions of one transaction */
#define READERS_MAX 8

/* One waiting caller; lives on its stack. */
struct job {
	qiao_txn_fn fn;
	void *arg;
	qiao_err err;
	bool done;
	pthread_cond_t wake;
	struct job *next;
};

struct qiao_store {
	char *path, *vfs;
	const struct qiao_schema *schema;
	int lock_fd;              /* -1: read only */
	struct qiao_conn *writer; /* of the writer thread */
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t mutex; /* all below */
	pthread_cond_t work, reader_free;
	bool stop;
	struct job *first, **last; /* not begun yet */
	struct qiao_conn *idle;    /* readers */
	unsigned int readers;
	struct qiao_store_stats stats;
};

static qiao_err take_lock(struct qiao_store *s, struct qiao_why *why)
{
	struct qiao_buf name = QIAO_BUF;
	qiao_err err = QIAO_OK;

	qiao_buf_printf(&name, "%s.lock", s->path);
	qiao_buf_put_u8(&name, 0);
	if (name.err != QIAO_OK)
		return name.err;
	s->lock_fd =
		open((const char *)name.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		err = qiao_fail(
			why, QIAO_E_IO,
			"%s: cannot be opened: %s; check the folder and "
			"its permissions",
			(const char *)name.p, strerror(errno));
	else if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		err = qiao_fail(why, QIAO_E_BUSY,
				"%s: another process uses this store; stop it "
				"first",
				s->path);
	qiao_buf_free(&name);
	return err;
}

static struct job *pop(struct qiao_store *s)
{
	struct job *j;

	pthread_mutex_lock(&s->mutex);
	j = s->first;
	if (j) {
		s->first = j->next;
		if (!s->first)
			s->last = &s->first;
		j->next = NULL;
	}
	pthread_mutex_unlock(&s->mutex);
	return j;
}

/* Prepared once: these stand around everything. */
static qiao_err run_cached(struct qiao_txn *txn, const char *sql)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, sql);
	return qiao_sql_run(&q);
}

/* What it wrote is undone. False: the whole transaction is gone. */
static bool undo_job(struct qiao_txn *txn, bool alone)
{
	if (!alone)
		return run_cached(txn, "ROLLBACK TO job") == QIAO_OK &&
		       run_cached(txn, "RELEASE job") == QIAO_OK;
	return run_cached(txn, "ROLLBACK") == QIAO_OK &&
	       run_cached(txn, "BEGIN IMMEDIATE") == QIAO_OK;
}

/*
 * Under its own savepoint, for which SQLite copies every page that is changed;
 * alone, as long as nothing else stands in the transaction, it needs none.
 * False: the whole transaction is gone.
 */
static bool run_job(struct qiao_txn *txn, struct job *j, bool alone)
{
	j->err = alone ? QIAO_OK : run_cached(txn, "SAVEPOINT job");
	if (j->err != QIAO_OK)
		return false;
	j->err = j->fn(txn, j->arg);
	/* after a full disk SQLite may have rolled everything back */
	if (sqlite3_get_autocommit(txn->db)) {
		if (j->err == QIAO_OK)
			j->err = QIAO_E_IO;
		return false;
	}
	if (j->err != QIAO_OK)
		return undo_job(txn, alone);
	return alone || run_cached(txn, "RELEASE job") == QIAO_OK;
}

bool qiao_store_ails(qiao_err err)
{
	return err == QIAO_E_IO || err == QIAO_E_FULL || err == QIAO_E_NOMEM;
}

qiao_err qiao_store_try(struct qiao_txn *txn, qiao_err *result, qiao_txn_fn fn,
			void *arg)
{
	qiao_err err = run_cached(txn, "SAVEPOINT part");

	*result = err;
	if (err != QIAO_OK)
		return err;
	*result = fn(txn, arg);
	if (sqlite3_get_autocommit(txn->db))
		return *result != QIAO_OK ? *result : QIAO_E_IO;
	if (qiao_store_ails(*result))
		return *result; /* the caller's failure undoes all of it */
	if (*result != QIAO_OK)
		err = run_cached(txn, "ROLLBACK TO part");
	return err == QIAO_OK ? run_cached(txn, "RELEASE part") : err;
}

static void tell(struct qiao_store *s, struct job *group, qiao_err err)
{
	pthread_mutex_lock(&s->mutex);
	while (group) {
		struct job *j = group;

		group = j->next;
		if (err != QIAO_OK)
			j->err = err;
		j->done = true;
		pthread_cond_signal(&j->wake);
	}
	pthread_mutex_unlock(&s->mutex);
}

static void count(struct qiao_store *s, size_t jobs, qiao_err err,
		  bool at_commit)
{
	pthread_mutex_lock(&s->mutex);
	s->stats.jobs += jobs;
	s->stats.commits += err == QIAO_OK;
	s->stats.failures += err != QIAO_OK;
	if (err != QIAO_OK)
		s->stats.last_failure = err;
	if (err == QIAO_E_IO && at_commit)
		s->stats.broken = true;
	pthread_mutex_unlock(&s->mutex);
	if (err != QIAO_OK)
		qiao_log(QIAO_LOG_ERROR, "store-commit-failed",
			 "path=%s jobs=%zu err=%s", s->path, jobs,
			 qiao_errname(err));
}

/* Everything that waits, and what arrives meanwhile, in one transaction. */
static void run_group(struct qiao_store *s)
{
	struct qiao_txn *txn = &s->writer->txn;
	struct job *group = NULL, **end = &group, *j;
	bool alive = true, at_commit = false, empty = true;
	size_t n = 0;
	qiao_err err = s->stats.broken ? QIAO_E_IO : QIAO_OK;

	if (err == QIAO_OK)
		err = run_cached(txn, "BEGIN IMMEDIATE");
	while (n < GROUP_MAX && alive && (j = pop(s))) {
		*end = j;
		end = &j->next;
		n++;
		if (err == QIAO_OK)
			alive = run_job(txn, j, empty);
		empty = empty && j->err != QIAO_OK;
		/* what one of them says is not why the others failed */
		if (!alive)
			err = qiao_store_ails(j->err) ? j->err : QIAO_E_IO;
	}
	if (err == QIAO_OK) {
		err = run_cached(txn, "COMMIT");
		at_commit = true;
	}
	if (err != QIAO_OK && !sqlite3_get_autocommit(txn->db))
		run_cached(txn, "ROLLBACK");
	count(s, n, err, at_commit);
	tell(s, group, err);
}

static void *writer_main(void *arg)
{
	struct qiao_store *s = arg;
	bool stop;

	do {
		bool work;

		pthread_mutex_lock(&s->mutex);
		while (!s->stop && !s->first)
			pthread_cond_wait(&s->work, &s->mutex);
		work = s->first != NULL;
		stop = s->stop && !work;
		pthread_mutex_unlock(&s->mutex);
		if (work)
			run_group(s);
	} while (!stop);
	return NULL;
}

/* Signals are for the main thread. */
static qiao_err start_writer(struct qiao_store *s, struct qiao_why *why)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, writer_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return qiao_fail(why, QIAO_E_NOMEM, "no thread: %s",
				 strerror(rc));
	s->has_thread = true;
	return QIAO_OK;
}

static struct qiao_store *new_store(const char *path,
				    const struct qiao_store_options *o)
{
	struct qiao_store *s = qiao_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->lock_fd = -1;
	s->last = &s->first;
	s->schema = o->schema ? o->schema : &qiao_schema_gateway;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->reader_free, NULL);
	s->path = qiao_strdup(path);
	s->vfs = o->vfs ? qiao_strdup(o->vfs) : NULL;
	if (s->path && (s->vfs || !o->vfs))
		return s;
	qiao_store_close(s);
	return NULL;
}

static qiao_err open_writer(struct qiao_store *s, struct qiao_why *why)
{
	qiao_err err = take_lock(s, why);

	if (err == QIAO_OK)
		err = qiao_conn_open(&s->writer, s->path, s->vfs,
				     QIAO_CONN_WRITE, why);
	if (err == QIAO_OK)
		err = qiao_conn_migrate(s->writer, s->schema, s->path, true,
					why);
	if (err == QIAO_OK)
		err = start_writer(s, why);
	return err;
}

static qiao_err open_first_reader(struct qiao_store *s, struct qiao_why *why)
{
	qiao_err err =
		qiao_conn_open(&s->idle, s->path, s->vfs, QIAO_CONN_READ, why);

	if (err != QIAO_OK)
		return err;
	s->readers = 1;
	return qiao_conn_migrate(s->idle, s->schema, s->path, false, why);
}

qiao_err qiao_store_open(struct qiao_store **out, const char *path,
			 const struct qiao_store_options *options,
			 struct qiao_why *why)
{
	static const struct qiao_store_options none = { 0 };
	struct qiao_store *s;
	qiao_err err;

	*out = NULL;
	if (!options)
		options = &none;
	s = new_store(path, options);
	if (!s)
		return qiao_fail(why, QIAO_E_NOMEM, "%s: out of memory", path);
	err = options->read_only ? QIAO_OK : open_writer(s, why);
	if (err == QIAO_OK)
		err = open_first_reader(s, why);
	if (err != QIAO_OK) {
		qiao_store_close(s);
		return err;
	}
	*out = s;
	return QIAO_OK;
}

void qiao_store_close(struct qiao_store *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->stop = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mutex);
	if (s->has_thread)
		pthread_join(s->thread, NULL);
	while (s->idle) {
		struct qiao_conn *c = s->idle;

		s->idle = c->next;
		qiao_conn_close(c);
	}
	qiao_conn_close(s->writer);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_cond_destroy(&s->reader_free);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->mutex);
	qiao_free(s->path);
	qiao_free(s->vfs);
	qiao_free(s);
}

qiao_err qiao_store_write(struct qiao_store *s, qiao_txn_fn fn, void *arg)
{
	struct job j = { .fn = fn, .arg = arg };

	if (!s->has_thread)
		return QIAO_E_STATE;
	QIAO_BUG_ON(pthread_equal(pthread_self(), s->thread));
	pthread_cond_init(&j.wake, NULL);
	pthread_mutex_lock(&s->mutex);
	*s->last = &j;
	s->last = &j.next;
	pthread_cond_signal(&s->work);
	while (!j.done)
		pthread_cond_wait(&j.wake, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
	pthread_cond_destroy(&j.wake);
	return j.err;
}

/* An idle reader, or permission to open one more (NULL). */
static struct qiao_conn *take_reader(struct qiao_store *s)
{
	struct qiao_conn *c;

	pthread_mutex_lock(&s->mutex);
	while (!s->idle && s->readers == READERS_MAX)
		pthread_cond_wait(&s->reader_free, &s->mutex);
	c = s->idle;
	if (c)
		s->idle = c->next;
	else
		s->readers++;
	pthread_mutex_unlock(&s->mutex);
	return c;
}

static void give_reader(struct qiao_store *s, struct qiao_conn *c)
{
	pthread_mutex_lock(&s->mutex);
	if (c) {
		c->next = s->idle;
		s->idle = c;
	} else {
		s->readers--;
	}
	pthread_cond_signal(&s->reader_free);
	pthread_mutex_unlock(&s->mutex);
}

qiao_err qiao_store_read(struct qiao_store *s, qiao_txn_fn fn, void *arg)
{
	struct qiao_conn *c = take_reader(s);
	qiao_err err = QIAO_OK;

	if (!c)
		err = qiao_conn_open(&c, s->path, s->vfs, QIAO_CONN_READ, NULL);
	if (err == QIAO_OK)
		err = run_cached(&c->txn, "BEGIN");
	if (err == QIAO_OK) {
		err = fn(&c->txn, arg);
		if (!sqlite3_get_autocommit(c->txn.db))
			run_cached(&c->txn, "ROLLBACK");
	}
	give_reader(s, c);
	return err;
}

void qiao_store_stats(struct qiao_store *s, struct qiao_store_stats *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->stats;
	pthread_mutex_unlock(&s->mutex);
}

static qiao_err check_pages(struct qiao_txn *txn, void *arg)
{
	struct qiao_why *why = arg;
	struct qiao_sql q;
	qiao_err found = QIAO_OK, err;

	qiao_sql_begin(&q, txn, "PRAGMA integrity_check(1)");
	if (qiao_sql_row(&q) && strcmp(qiao_sql_get_text(&q, 0), "ok") != 0)
		found = qiao_fail(why, QIAO_E_IO,
				  "the store is damaged: %s; restore a backup",
				  qiao_sql_get_text(&q, 0));
	err = qiao_sql_end(&q);
	return err != QIAO_OK ? err : found;
}

qiao_err qiao_store_check(struct qiao_store *s, struct qiao_why *why)
{
	return qiao_store_read(s, check_pages, why);
}

static qiao_err sync_file(const char *path, struct qiao_why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	const char *reason = strerror(errno);

	if (fd >= 0)
		close(fd);
	return rc == 0 ? QIAO_OK
		       : qiao_fail(why, QIAO_E_IO, "%s: %s", path, reason);
}

qiao_err qiao_store_backup(struct qiao_store *s, const char *path,
			   struct qiao_why *why)
{
	struct qiao_conn *c;
	struct qiao_sql q;
	qiao_err err;

	if (access(path, F_OK) == 0)
		return qiao_fail(why, QIAO_E_EXISTS,
				 "%s: exists; a backup never overwrites", path);
	err = qiao_conn_open(&c, s->path, s->vfs, QIAO_CONN_READ, why);
	if (err != QIAO_OK)
		return err;
	/* the copy is a database of its own, which query_only would forbid */
	err = qiao_sql_exec(&c->txn, "PRAGMA query_only=OFF");
	if (err == QIAO_OK) {
		qiao_sql_begin(&q, &c->txn, "VACUUM INTO ?");
		qiao_sql_text(&q, path);
		err = qiao_sql_run(&q);
	}
	if (err != QIAO_OK)
		qiao_fail(why, err, "%s: backup failed: %s", path,
			  sqlite3_errmsg(c->txn.db));
	else
		err = sync_file(path, why);
	qiao_conn_close(c);
	return err;
}
