/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain: envelopes wait, are cut into blocks, judged as a peer would, and
 * signed by every orderer. One lock around all of it.
 */
#ifndef TESTS_DOUBLES_FABRIC_LEDGER_H
#define TESTS_DOUBLES_FABRIC_LEDGER_H

#include "tests/doubles/fabric/config.h"
#include "tests/doubles/fabric/state.h"

#include <pthread.h>

#define LEDGER_TXS_MAX 10000 /* in one block */

/* Codes of peer.TxValidationCode that the double gives. */
enum code {
	CODE_VALID = 0,
	CODE_BAD_PAYLOAD = 2,
	CODE_BAD_HEADER = 3,
	CODE_BAD_CREATOR = 4,
	CODE_INVALID_ENDORSER_TRANSACTION = 5,
	CODE_BAD_TXID = 8,
	CODE_DUPLICATE = 9,
	CODE_ENDORSEMENT = 10,
	CODE_MVCC = 11,
	CODE_INVALID_OTHER = 255,
};

struct block {
	struct pool pool;
	uint64_t number;
	bool is_config;
	uint64_t last_config;
	struct qiao_slice previous, data_hash, der; /* of the header */
	struct qiao_hash hash;
	struct qiao_slice *entry;
	size_t n;
	uint8_t *flag;
	struct qiao_slice value;             /* signed value of slot 0 */
	struct qiao_slice sig[NET_ORDERERS]; /* MetadataSignature of each */
	struct qiao_slice commit;
};

struct ledger {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a block was added, or the end is near */
	struct net *net;
	struct config config;
	struct state state;
	struct state ids; /* tx id -> block, position */
	struct block **block;
	size_t n, room;
	uint64_t last_config;
	struct qiao_slice commit;
	struct pool queue; /* of what waits; renewed when all is cut */
	struct qiao_slice *waiting;
	size_t n_waiting, cut;
};

/* Block 0, and one block that defines the chaincodes. */
void ledger_open(struct ledger *l, struct net *net);
void ledger_close(struct ledger *l);

/* The caller holds the lock for all of these. */
void ledger_submit(struct ledger *l, struct qiao_slice envelope);
/* All that waits; false: nothing did. */
bool ledger_cut(struct ledger *l);
/*
 * A configuration block. The request is carried out in l->config already;
 * signed by the orderers as they are now.
 */
void ledger_configure(struct ledger *l, struct qiao_slice last_update);
const struct block *ledger_block(const struct ledger *l, uint64_t number);
/* Position of a transaction; NULL: not there. */
const struct cell *ledger_find(const struct ledger *l, const char *tx_id);

enum lie {
	LIE_NONE,
	LIE_SIGNATURE, /* a bit of each signature */
	LIE_DATA,      /* a bit of the last entry */
	LIE_PREVIOUS,  /* a bit of the previous hash */
	LIE_FLAGS,     /* every verdict in slot 2 turned round */
	LIE_OTHER,     /* the block before; here and below: by deliver.c */
	LIE_GARBAGE,   /* bytes that are no message */
	LIE_NOTHING,   /* an empty block */
};
/*
 * The Block as a node serves it: the copy of an orderer, or with verdicts and
 * commit hash as a peer stores it. thin: without data (SeekInfo content_type
 * 1), unless it is a configuration block.
 */
struct qiao_slice ledger_copy(struct pool *p, const struct ledger *l,
			      const struct block *b, size_t orderer, bool peer,
			      bool thin, enum lie lie);
/*
 * Another block at the height of b, genuinely signed: the same transactions and
 * one that nobody else has. It is to be freed with block_free.
 */
struct block *ledger_fork(struct ledger *l, const struct block *b);
/*
 * All nodes deny the newest block: another one stands in its place and the
 * chain goes on from there. False: it is a configuration block.
 */
bool ledger_rewrite(struct ledger *l);
void block_free(struct block *b);

/* A whole transaction, endorsed by the first `endorsers` organisations. */
struct qiao_slice ledger_make_tx(struct ledger *l, struct pool *p,
				 const struct identity *creator,
				 const char *chaincode, const char *const *args,
				 size_t n, size_t endorsers);

/* validate.c: verdicts of b, and what its valid entries write into the state */
void ledger_judge(struct ledger *l, struct block *b);

#endif
