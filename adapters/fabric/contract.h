/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries through the reference contract (chaincode/README.md): submit,
 * lookup and receipt of docs/wire.md 10.
 */
#ifndef ADAPTERS_FABRIC_CONTRACT_H
#define ADAPTERS_FABRIC_CONTRACT_H

#include "adapters/fabric/blocks.h"
#include "adapters/fabric/entry.h"
#include "adapters/fabric/gateway.h"
#include "gateway/include/qiao/adapter.h"

#define FABRIC_FLIGHTS_MAX 1024

/* What is remembered of an id, so that peers are not asked all the time. */
struct fabric_flight {
	struct qiao_hash id;
	enum fabric_entry_kind kind;  /* 0: nothing was submitted */
	char tx_id[FABRIC_TX_ID_LEN]; /* of our submission, or "" */
	int64_t sent_ms;              /* monotonic */
	int64_t looked_ms;
	uint64_t looked_tip; /* number of blocks when it was looked up */
	uint64_t height;     /* of the block that holds it; 0: not known */
	size_t receipts;     /* how often one was asked for */
};

struct fabric_contract {
	struct fabric_sessions *sessions;
	struct fabric_blocks *blocks;
	pthread_mutex_t lock; /* the flights */
	struct fabric_flight flight[FABRIC_FLIGHTS_MAX];
	size_t next; /* the oldest, which makes room */
};

void fabric_contract_open(struct fabric_contract *c,
			  struct fabric_sessions *sessions,
			  struct fabric_blocks *blocks);
void fabric_contract_close(struct fabric_contract *c);

qiao_err fabric_contract_submit(struct fabric_contract *c,
				const struct qiao_submission *s,
				struct qiao_why *why);
/*
 * Several at once, each a transaction of its own. What was not begun in three
 * seconds is QIAO_E_BUSY: the host's patience for a call is ten.
 */
void fabric_contract_submit_many(struct fabric_contract *c,
				 struct qiao_submitted *out,
				 const struct qiao_submission *s, size_t n);
/*
 * PENDING without asking anybody while nothing can have changed: the host asks
 * many times a second. After a crash nothing is remembered and the contract is
 * asked.
 */
qiao_err fabric_contract_lookup(struct fabric_contract *c,
				struct qiao_lookup *out,
				const struct qiao_hash *id,
				struct qiao_why *why);
/* The whole block that holds it: QIAO_E_NOTFOUND when it is not there. */
qiao_err fabric_contract_receipt(struct fabric_contract *c,
				 struct qiao_buf *proof,
				 const struct qiao_hash *id,
				 struct qiao_why *why);

#endif
