/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The durable memory of a gateway: one SQLite file in WAL mode, every commit
 * synced before anybody is told. All SQL is in this folder.
 *
 * One writer thread runs queued functions, several in one transaction, each
 * under its own savepoint (group commit). Readers see the last commit and never
 * wait for the writer. A function runs with a `struct qiao_txn`, which it hands
 * to the typed row modules beside this file (chain.h, out.h, ...).
 */
#ifndef GATEWAY_STORE_STORE_H
#define GATEWAY_STORE_STORE_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

struct qiao_store;
struct qiao_txn; /* valid inside a qiao_txn_fn only */

/* A table of steps: step i brings version i to version i + 1. Append only. */
struct qiao_schema {
	const char *name;
	uint32_t application_id;  /* in the file's header: a foreign file is
				     refused */
	const char *const *steps; /* SQL */
	size_t n;
};
extern const struct qiao_schema qiao_schema_gateway;

struct qiao_store_options {
	const struct qiao_schema *schema; /* NULL: qiao_schema_gateway */
	const char *vfs;                  /* NULL: the operating system's */
	/* For tools beside a running daemon: no writer, must exist already. */
	bool read_only;
};

/*
 * Open or create. Only one process at a time may write (a lock file beside it).
 * Expected: QIAO_E_CONFIG (not ours, or made by a newer version: said in why),
 * QIAO_E_BUSY (another process has it), QIAO_E_IO, QIAO_E_FULL. options may be
 * NULL. Starts the writer thread.
 */
qiao_err qiao_store_open(struct qiao_store **out, const char *path,
			 const struct qiao_store_options *options,
			 struct qiao_why *why);
/* Finish what is queued, then close. Not from a qiao_txn_fn. NULL is fine. */
void qiao_store_close(struct qiao_store *s);

/*
 * Runs on the writer (write) or calling (read) thread. It must not block on
 * anything else, call the store, or act outside: what it tells others it tells
 * after qiao_store_write returned.
 */
typedef qiao_err (*qiao_txn_fn)(struct qiao_txn *txn, void *arg);

/*
 * Queue fn and wait until its transaction is on the disk. An error of fn undoes
 * what fn wrote, nothing else, and is returned. An error of the commit itself
 * undoes the whole group and each caller gets it: QIAO_E_FULL (disk full: may
 * be tried again), QIAO_E_IO (nothing is accepted any more until the store is
 * opened again: after a failed sync nobody knows what the disk holds). Any
 * thread. fn may run although its effects are undone later: memory that follows
 * the store is changed only after QIAO_OK.
 */
qiao_err qiao_store_write(struct qiao_store *s, qiao_txn_fn fn, void *arg);
/* What ails the store itself (disk, memory): no single row is to blame. */
bool qiao_store_ails(qiao_err err);
/*
 * A part of a transaction that may fail alone: *result is what fn said, and
 * what it wrote is undone unless that is QIAO_OK. Returned is how the
 * transaction itself stands; anything but QIAO_OK must end it. A savepoint for
 * each row is dear: write a batch without first, and this way when one of it
 * failed.
 */
qiao_err qiao_store_try(struct qiao_txn *txn, qiao_err *result, qiao_txn_fn fn,
			void *arg);
/* A consistent snapshot; writing fails with QIAO_E_STATE. Any thread. */
qiao_err qiao_store_read(struct qiao_store *s, qiao_txn_fn fn, void *arg);

/* For status and doctor. */
struct qiao_store_stats {
	uint64_t commits,
		jobs;      /* jobs / commits: how well commits are shared */
	uint64_t failures; /* commits that failed */
	qiao_err last_failure;
	bool broken; /* QIAO_E_IO on commit: must be opened again */
};
void qiao_store_stats(struct qiao_store *s, struct qiao_store_stats *out);

/* Every page and index is sound (slow: reads the whole file). */
qiao_err qiao_store_check(struct qiao_store *s, struct qiao_why *why);
/* A consistent copy while the store is in use, e.g. for backup. */
qiao_err qiao_store_backup(struct qiao_store *s, const char *path,
			   struct qiao_why *why);

/*
 * Copies of what a row holds in bytes: rows given out by a `get` own their
 * memory and end with their `free`; rows given to a callback borrow it for the
 * call.
 */
typedef qiao_err (*qiao_each_fn)(void *ctx, const void *row);

#endif
