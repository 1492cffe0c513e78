/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain itself: entries wait in memory, a thread makes blocks of them. A
 * block is on the disk before anybody is told of it; what still waits when the
 * process dies was never promised to anybody. Any thread may call.
 */
#ifndef ADAPTERS_INHOUSE_LEDGER_CHAIN_H
#define ADAPTERS_INHOUSE_LEDGER_CHAIN_H

#include "adapters/inhouse/ledger/config.h"
#include "adapters/inhouse/ledger/entry.h"
#include "adapters/inhouse/ledger/validators.h"
#include "gateway/include/qiao/adapter.h"
#include "gateway/store/ledger.h"

struct qiao_ledger;

/*
 * Write block 0 of a new chain; DIR/keys must be there. Appends the text of the
 * anchor file (README.md 5).
 */
qiao_err qiao_ledger_create(struct qiao_buf *anchor, const char *dir,
			    const struct qiao_ledger_config *cfg,
			    size_t validators, struct qiao_why *why);
/*
 * Open what create made and start making blocks. cfg is borrowed. QIAO_E_BUSY:
 * another process has it open. *out is NULL on failure.
 */
qiao_err qiao_ledger_open(struct qiao_ledger **out, const char *dir,
			  const struct qiao_ledger_config *cfg,
			  struct qiao_why *why);
/* Finishes the block that is being made. NULL is fine. */
void qiao_ledger_close(struct qiao_ledger *l);

const struct qiao_ledger_config *qiao_ledger_config(
	const struct qiao_ledger *l);
/* The disk refused for good: the process should end. */
bool qiao_ledger_failed(struct qiao_ledger *l);

/*
 * Take an entry (it is freed, also on an error). *state: PENDING, or DONE when
 * this id has this digest already. QIAO_E_CONFLICT: it has another one; the
 * first stands. QIAO_E_BUSY: too many wait.
 */
qiao_err qiao_ledger_add(struct qiao_ledger *l, enum qiao_lookup_state *state,
			 struct qiao_ledger_entry *e, struct qiao_why *why);
/* row is filled when DONE. */
qiao_err qiao_ledger_lookup(struct qiao_ledger *l,
			    enum qiao_lookup_state *state,
			    struct qiao_ledger_leaf_row *row,
			    const struct qiao_hash *id);
/* Wait until none of the ids is waiting any more; QIAO_E_TIMEOUT. */
qiao_err qiao_ledger_wait(struct qiao_ledger *l, const struct qiao_hash *ids,
			  size_t n, unsigned int wait_ms);

/* Number of blocks; waits for more than known. */
uint64_t qiao_ledger_next(struct qiao_ledger *l, uint64_t known,
			  unsigned int wait_ms);
size_t qiao_ledger_waiting(struct qiao_ledger *l);

/*
 * The next block hands over to another set. Waits until it is made. QIAO_E_BUSY
 * when another change is under way.
 */
qiao_err qiao_ledger_rotate(struct qiao_ledger *l, uint64_t *height, size_t add,
			    const struct qiao_id16 *gone, size_t n_gone,
			    struct qiao_why *why);
/* Appends the bytes of the set that signs next. */
void qiao_ledger_set_bytes(struct qiao_ledger *l, struct qiao_buf *out);

/* The claim; with the test switch, sometimes another one. QIAO_E_NOTFOUND. */
qiao_err qiao_ledger_claim(struct qiao_ledger *l, struct qiao_buf *claim,
			   uint64_t height);
/* Append [leaf bin, ...] and [opening or nil, ...] of a block. */
qiao_err qiao_ledger_leaves(struct qiao_ledger *l, struct qiao_buf *leaves,
			    struct qiao_buf *openings, uint64_t height);
/* Append the proof of one leaf (docs/wire.md 8.2). QIAO_E_NOTFOUND. */
qiao_err qiao_ledger_prove(struct qiao_ledger *l, struct qiao_buf *proof,
			   uint64_t height, uint64_t index);

#endif
