/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What replaying a channel has to remember: of every key, public or hashed, its
 * version and its own endorsement policy; of _lifecycle the values; the ids of
 * all transactions. It lives in the view that the caller lends, under keys that
 * start with one letter: s (state), t and u (transaction ids), x (what
 * expires).
 *
 * A block reads the state before it (endorsement), and for versions that state
 * with the block's own valid entries on top (MVCC). Nothing reaches the view
 * before qiao_fabric_ledger_end.
 *
 * Sources: fabric core/ledger/kvledger/txmgmt/validation,
 * core/common/validation/statebased.
 */
#ifndef GATEWAY_VERIFY_FABRIC_LEDGER_H
#define GATEWAY_VERIFY_FABRIC_LEDGER_H

#include "gateway/verify/fabric_block.h"
#include "gateway/verify/fabric_policy.h"
#include "gateway/verify/layer.h"

/* A key; `collection` is empty for public state, else `key` is a hash. */
struct qiao_fabric_key {
	struct qiao_slice space, collection, key;
};

struct qiao_fabric_version {
	uint64_t block, tx;
};

/* One row; zero-initialise, end with qiao_fabric_state_fini. */
struct qiao_fabric_state {
	bool exists;
	struct qiao_fabric_version version;
	struct qiao_slice policy; /* its VALIDATION_PARAMETER, or empty */
	struct qiao_slice value;  /* of public keys of _lifecycle only */
	struct qiao_buf bytes;    /* the two borrow from here */
};
void qiao_fabric_state_fini(struct qiao_fabric_state *s);

struct qiao_fabric_definition; /* fabric_lifecycle.h */

#define QIAO_FABRIC_DEFINITIONS 16 /* chaincodes whose policy is kept ready */

struct qiao_fabric_ledger {
	struct qiao_view before;    /* the state before the block */
	struct qiao_layer changes;  /* what its valid entries change */
	struct qiao_layer policies; /* keys whose policy its entries set */
	uint64_t height;
	bool redefines; /* a valid entry writes to _lifecycle */
	struct qiao_fabric_definition *definition[QIAO_FABRIC_DEFINITIONS];
	size_t oldest;
};

/*
 * Begin a block; `before` is copied. The definitions kept from the block before
 * stay, so between two blocks nothing else may write to the view; if something
 * did (a batch that was taken back), qiao_fabric_ledger_forget first.
 */
void qiao_fabric_ledger_begin(struct qiao_fabric_ledger *l, uint64_t height,
			      const struct qiao_view *before);
/* Put what the block changed, and what expires with it, into `to`. */
qiao_err qiao_fabric_ledger_end(struct qiao_fabric_ledger *l,
				const struct qiao_view *to);
/* Drop the block and all that is kept. */
void qiao_fabric_ledger_forget(struct qiao_fabric_ledger *l);

/* Both: errors of the view, QIAO_E_IO for a row that makes no sense. */
qiao_err qiao_fabric_state_before(struct qiao_fabric_ledger *l,
				  struct qiao_fabric_state *out,
				  const struct qiao_fabric_key *key);
qiao_err qiao_fabric_state_now(struct qiao_fabric_ledger *l,
			       struct qiao_fabric_state *out,
			       const struct qiao_fabric_key *key);
/* The first public key of a namespace at or above `from`, as of now. */
qiao_err qiao_fabric_state_next(struct qiao_fabric_ledger *l,
				struct qiao_buf *key,
				struct qiao_fabric_version *version,
				struct qiao_slice space,
				struct qiao_slice from);
/* Did an earlier valid entry of this block write or delete the key? */
qiao_err qiao_fabric_state_changed(struct qiao_fabric_ledger *l, bool *out,
				   const struct qiao_fabric_key *key);
/* Put a row; exists = false deletes it. */
qiao_err qiao_fabric_state_put(struct qiao_fabric_ledger *l,
			       const struct qiao_fabric_key *key,
			       const struct qiao_fabric_state *row);

/*
 * The key, put in this block, expires when the block `at` ends, unless a later
 * one puts it again (fabric core/ledger/kvledger/txmgmt/pvtstatepurgemgmt).
 */
qiao_err qiao_fabric_state_expires(struct qiao_fabric_ledger *l,
				   const struct qiao_fabric_key *key,
				   uint64_t at);

/* Has an earlier block an entry that claims this id? */
qiao_err qiao_fabric_tx_known(struct qiao_fabric_ledger *l, bool *out,
			      struct qiao_slice tx_id);
qiao_err qiao_fabric_tx_note(struct qiao_fabric_ledger *l,
			     struct qiao_slice tx_id);

/* Key policies that endorsed entries of this block set, valid or not. */
qiao_err qiao_fabric_policy_note(struct qiao_fabric_ledger *l,
				 const struct qiao_fabric_key *key);
qiao_err qiao_fabric_policy_noted(struct qiao_fabric_ledger *l, bool *out,
				  const struct qiao_fabric_key *key);

#endif
