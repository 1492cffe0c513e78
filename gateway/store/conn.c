/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/conn.h"

#include "gateway/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 10000 /* only other readers' recovery makes us wait */

/* clang-format off */
static const char write_setup[] =
"PRAGMA synchronous=FULL;"
"PRAGMA wal_autocheckpoint=2000;"
"PRAGMA journal_size_limit=67108864;"
"PRAGMA cache_size=-8000;"
"PRAGMA secure_delete=ON;" /* what was erased is gone */
"PRAGMA temp_store=MEMORY;"
"PRAGMA trusted_schema=OFF;";
static const char read_setup[] =
"PRAGMA query_only=ON;"
"PRAGMA cache_size=-1000;"
"PRAGMA temp_store=MEMORY;"
"PRAGMA trusted_schema=OFF;";
/* clang-format on */

/* SQLite would make it readable for all; its WAL gets the same mode. */
static qiao_err make_private_file(const char *path, struct qiao_why *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return qiao_fail(why, QIAO_E_IO,
				 "%s: cannot be opened for writing: %s; check "
				 "the folder and its permissions",
				 path, strerror(errno));
	close(fd);
	return QIAO_OK;
}

static qiao_err set_wal(struct qiao_conn *c, const char *path,
			struct qiao_why *why)
{
	struct qiao_sql q;
	bool is_wal = false;
	qiao_err err;

	qiao_sql_begin(&q, &c->txn, "PRAGMA journal_mode=WAL");
	if (qiao_sql_row(&q))
		is_wal = strcmp(qiao_sql_get_text(&q, 0), "wal") == 0;
	err = qiao_sql_end(&q);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "%s: %s", path,
				 sqlite3_errmsg(c->txn.db));
	if (!is_wal)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: this file system cannot hold a "
				 "write-ahead log; use a local disk",
				 path);
	return QIAO_OK;
}

qiao_err qiao_conn_open(struct qiao_conn **out, const char *path,
			const char *vfs, enum qiao_conn_mode mode,
			struct qiao_why *why)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    SQLITE_OPEN_READWRITE;
	struct qiao_conn *c = qiao_calloc(1, sizeof(*c));
	qiao_err err;

	*out = NULL;
	if (!c)
		return QIAO_E_NOMEM;
	err = mode == QIAO_CONN_WRITE ? make_private_file(path, why) : QIAO_OK;
	if (err != QIAO_OK)
		goto fail;
	err = qiao_sql_err(sqlite3_open_v2(path, &c->txn.db, flags, vfs));
	if (err != QIAO_OK) {
		qiao_fail(why, err, "%s: cannot be opened: %s", path,
			  c->txn.db ? sqlite3_errmsg(c->txn.db) : "no memory");
		goto fail;
	}
	sqlite3_busy_timeout(c->txn.db, BUSY_MS);
	err = qiao_sql_exec(&c->txn,
			    mode == QIAO_CONN_WRITE ? write_setup : read_setup);
	if (err != QIAO_OK)
		qiao_fail(why, err, "%s: %s", path, sqlite3_errmsg(c->txn.db));
	else if (mode == QIAO_CONN_WRITE)
		err = set_wal(c, path, why);
	if (err != QIAO_OK)
		goto fail;
	*out = c;
	return QIAO_OK;
fail:
	qiao_conn_close(c);
	return err;
}

void qiao_conn_close(struct qiao_conn *c)
{
	if (!c)
		return;
	qiao_sql_close_all(&c->txn);
	sqlite3_close_v2(c->txn.db);
	qiao_free(c);
}

static qiao_err pragma_int(struct qiao_conn *c, const char *sql, int64_t *v)
{
	struct qiao_sql q;

	*v = 0;
	qiao_sql_begin(&q, &c->txn, sql);
	if (qiao_sql_row(&q))
		*v = qiao_sql_get_int(&q, 0);
	return qiao_sql_end(&q);
}

static qiao_err run_step(struct qiao_conn *c, const struct qiao_schema *schema,
			 size_t step)
{
	char done[96];
	qiao_err err;

	snprintf(done, sizeof(done),
		 "PRAGMA application_id=%lu;PRAGMA user_version=%zu;COMMIT",
		 (unsigned long)schema->application_id, step + 1);
	err = qiao_sql_exec(&c->txn, "BEGIN IMMEDIATE");
	if (err == QIAO_OK)
		err = qiao_sql_exec(&c->txn, schema->steps[step]);
	if (err == QIAO_OK)
		err = qiao_sql_exec(&c->txn, done);
	if (err != QIAO_OK && !sqlite3_get_autocommit(c->txn.db))
		qiao_sql_exec(&c->txn, "ROLLBACK");
	return err;
}

static qiao_err check_owner(const struct qiao_schema *schema, const char *path,
			    int64_t app, int64_t version, int64_t tables,
			    struct qiao_why *why)
{
	bool is_new = app == 0 && version == 0 && tables == 0;

	if (!is_new && app != (int64_t)schema->application_id)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: is not a %s; give another path", path,
				 schema->name);
	if (version < 0 || version > (int64_t)schema->n)
		return qiao_fail(
			why, QIAO_E_CONFIG,
			"%s: version %lld was made by a newer program, "
			"this one knows up to %zu; install the newer "
			"one again",
			path, (long long)version, schema->n);
	return QIAO_OK;
}

qiao_err qiao_conn_migrate(struct qiao_conn *c,
			   const struct qiao_schema *schema, const char *path,
			   bool may_write, struct qiao_why *why)
{
	int64_t app, version, tables;
	qiao_err err;

	err = pragma_int(c, "PRAGMA application_id", &app);
	if (err == QIAO_OK)
		err = pragma_int(c, "PRAGMA user_version", &version);
	if (err == QIAO_OK)
		err = pragma_int(c, "SELECT count(*) FROM sqlite_schema",
				 &tables);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "%s: is not a readable %s: %s", path,
				 schema->name, sqlite3_errmsg(c->txn.db));
	err = check_owner(schema, path, app, version, tables, why);
	if (err != QIAO_OK)
		return err;
	if (!may_write && (size_t)version != schema->n)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "%s: is of version %lld, not %zu; start the "
				 "daemon once to bring it up to date",
				 path, (long long)version, schema->n);
	for (size_t i = (size_t)version; i < schema->n; i++) {
		err = run_step(c, schema, i);
		if (err != QIAO_OK)
			return qiao_fail(why, err, "%s: step %zu failed: %s",
					 path, i + 1,
					 sqlite3_errmsg(c->txn.db));
	}
	return QIAO_OK;
}
