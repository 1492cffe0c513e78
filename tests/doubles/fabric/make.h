/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks to files, for the light client, benchmarks and tests. */
#ifndef TESTS_DOUBLES_FABRIC_MAKE_H
#define TESTS_DOUBLES_FABRIC_MAKE_H

#include "tests/doubles/fabric/ledger.h"

/*
 * Write into dir: genesis.block, peer/ and orderer1/... with block_0000.pb and
 * so on, and `flags`, a line of verdicts for each block. Among the ordinary
 * transactions are one of each kind that peers refuse, and in the middle of a
 * chain of ten blocks or more the orderers' certificates are replaced. False:
 * something could not be written; it was said.
 */
bool make_blocks(struct ledger *l, const char *dir, size_t blocks, size_t txs);

/* One step of a replacement, each a configuration block: ledger->lock is held.
 */
void make_rotate_add(struct ledger *l);
void make_rotate_switch(struct ledger *l);
void make_rotate_drop(struct ledger *l);
/* An ordinary change: how many messages go into a block. */
void make_batch_change(struct ledger *l, uint32_t max_messages);
/* genesis.block and genesis.hash, the hash of its header in hex. */
bool make_write_genesis(const struct ledger *l, const char *dir);
/* Let a record be put, by the first organisation's client. */
void make_put(struct ledger *l, const char *id, const char *kind,
	      const char *document);

#endif
