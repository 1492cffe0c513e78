/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a chain's proven bytes say, statement by statement, each already turned
 * into a record where it is one. Built outside the store; owns its memory.
 */
#ifndef GATEWAY_DAEMON_STATEMENT_H
#define GATEWAY_DAEMON_STATEMENT_H

#include "gateway/daemon/daemon.h"
#include "gateway/daemon/overlay.h"
#include "gateway/wire/transfer_id.h"

struct qiao_statement {
	enum qiao_proven_kind kind;
	struct qiao_position at; /* chain identity, height, tx, item index */
	struct qiao_hash block;
	int64_t block_time_ms;
	uint32_t tx, txs;
	unsigned int validity; /* enum qiao_validity */
	bool doubted;
	/* WRITE, DELETE: "namespace/key"; the rest of a delete's origin */
	struct qiao_buf key;
	struct qiao_buf space, name, issuer, issuer_ou;
	/* WRITE, RECORD: what came of it; record.refusal says why not */
	bool mapped; /* false: the mapping ignores this key */
	struct qiao_record record;
	/* RECORD: the head as it stands on the chain */
	struct qiao_buf head;
	/* DELIVERED; `submitter` is the issuer's key of a RECORD, too */
	struct qiao_hash id, digest, source;
	struct qiao_id16 submitter;
};

struct qiao_statements {
	size_t n, cap;
	struct qiao_statement *s;
};

/*
 * Let the chain's light client check a proof and collect what it says. Lock
 * held. openings: encoded array of docs/wire.md 10, or empty. rules may be NULL
 * (nothing is mapped then). Appends to out, also before a failure.
 */
qiao_err qiao_statements_prove(struct qiao_statements *out,
			       struct qiao_chain *c,
			       const struct qiao_rules *rules,
			       const struct qiao_view *view,
			       struct qiao_slice proof,
			       struct qiao_slice openings,
			       struct qiao_why *why);
void qiao_statements_free(struct qiao_statements *l);

/* The one at this position of the chain, or NULL. */
const struct qiao_statement *qiao_statements_find(
	const struct qiao_statements *l, const struct qiao_position *at);

/* Lent to gateway/record for one call. */
struct qiao_record_env qiao_statement_env(const struct qiao_chain *c,
					  const struct qiao_rules *rules,
					  int64_t now_ms);

#endif
