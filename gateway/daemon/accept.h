/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The destination side: a transfer that arrived is verified AGAIN, with our own
 * light client where its assurance says so, and decided under our own policy.
 */
#ifndef GATEWAY_DAEMON_ACCEPT_H
#define GATEWAY_DAEMON_ACCEPT_H

#include "gateway/daemon/arrival.h"
#include "gateway/daemon/statement.h"
#include "gateway/record/payload.h"
#include "relay/inbox.h"

/* Many transfers share the proof of one block: it is checked once. */
struct qiao_accept_cache {
	struct qiao_hash ref; /* zero: empty */
	struct qiao_statements found;
};
void qiao_accept_cache_clear(struct qiao_accept_cache *c);

struct qiao_accept {
	struct qiao_daemon *d;
	const struct qiao_rules *rules;
	struct qiao_route *route;
	struct qiao_in_row *row;
	struct qiao_transfer_key key;
	struct qiao_payload payload;
	/* head and what was disclosed, with what the checks say of them */
	struct qiao_record rec;
	char duty_basis[256], duty_case[128]; /* "": none came */
	struct qiao_hash block; /* at its height, as we follow the chain */
	bool verified;
	struct qiao_why why; /* when it is not */
	bool postpone;       /* not now: header or store missing, or frozen */
	bool frozen;         /* its route is: only what passes is decided */
};

/* Outside any transaction; takes the source chain's lock. */
void qiao_accept_verify(struct qiao_accept *out, struct qiao_daemon *d,
			const struct qiao_rules *rules, struct qiao_in_row *row,
			struct qiao_accept_cache *cache);
/*
 * In the transaction: decide, audit, move the row: to `submitting` when it is
 * accepted, to an end otherwise. Postpones the row when verify said so, and on
 * a frozen route whatever is not permitted.
 */
qiao_err qiao_accept_decide(struct qiao_accept *a, struct qiao_txn *txn,
			    int64_t now_ms);
void qiao_accept_fini(struct qiao_accept *a);

#endif
