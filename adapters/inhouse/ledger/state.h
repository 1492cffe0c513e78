/* SPDX-License-Identifier: Apache-2.0 */
/* struct qiao_ledger, for the files of this folder that make up chain.h. */
#ifndef ADAPTERS_INHOUSE_LEDGER_STATE_H
#define ADAPTERS_INHOUSE_LEDGER_STATE_H

#include "adapters/inhouse/ledger/chain.h"

#include <pthread.h>

#define QIAO_LEDGER_POOL_MAX 8192

struct qiao_ledger_rotation {
	bool asked, done;
	struct qiao_ledger_set *next; /* NULL when the maker has taken it */
	uint64_t height;
};

struct qiao_ledger {
	const struct qiao_ledger_config *cfg;
	char dir[QIAO_PATH_LEN];
	struct qiao_store *store;

	pthread_mutex_t lock; /* everything below, but see maker */
	pthread_cond_t work;  /* for the maker: something to do */
	pthread_cond_t made;  /* for waiters: a block was made */
	size_t n;
	struct qiao_ledger_entry *pool[QIAO_LEDGER_POOL_MAX];
	uint64_t height;
	struct qiao_ledger_rotation rotation;
	bool stop, failed;
	/* test_equivocate: the other claim, and how often it was asked for */
	struct qiao_buf second;
	unsigned int second_asked;

	struct timespec window; /* a block before this only when it is full */

	/* the maker's own; `set` is changed under the lock */
	struct qiao_ledger_set *set;
	struct qiao_hash hash; /* of the newest header */
	int64_t time_ms;
	pthread_t maker;
	bool has_maker;
};

/* maker.c: the thread's function; arg is the ledger. */
void *qiao_ledger_make(void *arg);
/*
 * Write one block of these entries on top of the newest one; next: the set to
 * hand over to, or NULL. second: also sign another header (test), or NULL.
 */
qiao_err qiao_ledger_block(struct qiao_ledger *l,
			   struct qiao_ledger_entry *const *entries, size_t n,
			   const struct qiao_ledger_set *next,
			   struct qiao_buf *second);
/* A deadline for pthread_cond_timedwait on this ledger's conditions. */
struct timespec qiao_ledger_deadline(unsigned int ms);

#endif
