/* SPDX-License-Identifier: Apache-2.0 */
/* A folder and a store in it, for tests of store, relay and audit. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/store.h"
#include "gateway/store/vfs_fault.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char dir[128];
	char path[192];
	struct qiao_store *store;
};

static inline void fixture_dir(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");

	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "%s/qiao-test-XXXXXX",
		 tmp ? tmp : P_tmpdir);
	if (!mkdtemp(f->dir))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/store.db", f->dir);
}

static inline qiao_err fixture_try_open(struct fixture *f, const char *vfs)
{
	struct qiao_store_options o = { .vfs = vfs };
	struct qiao_why why = { "" };
	qiao_err err = qiao_store_open(&f->store, f->path, &o, &why);

	if (err != QIAO_OK && !vfs)
		fprintf(stderr, "%s\n", why.text);
	return err;
}

static inline void fixture_open(struct fixture *f)
{
	fixture_dir(f);
	if (fixture_try_open(f, NULL) != QIAO_OK)
		abort();
}

static inline void fixture_reopen(struct fixture *f)
{
	qiao_store_close(f->store);
	if (fixture_try_open(f, NULL) != QIAO_OK)
		abort();
}

static inline void fixture_close(struct fixture *f)
{
	static const char *const names[] = { "store.db",     "store.db-wal",
					     "store.db-shm", "store.db.lock",
					     "backup.db",    "other" };
	char path[256];

	qiao_store_close(f->store);
	f->store = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	rmdir(f->dir);
}

/* Failures on purpose need not be read by people. */
static inline int fixture_mute(void)
{
	int kept = dup(2), null = open("/dev/null", O_WRONLY);

	fflush(stderr);
	dup2(null, 2);
	close(null);
	return kept;
}

static inline void fixture_unmute(int kept)
{
	fflush(stderr);
	dup2(kept, 2);
	close(kept);
}

/* A hash that is easy to tell from others. */
static inline struct qiao_hash hash_of(unsigned int n)
{
	struct qiao_hash h = { { 0 } };

	h.b[0] = 0xaa;
	memcpy(h.b + 1, &n, sizeof(n));
	return h;
}

#endif
