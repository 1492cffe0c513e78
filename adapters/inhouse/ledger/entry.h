/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What will be a leaf, and the rules under which it may become one:
 * docs/wire.md 8.3 for submissions of accounts, README.md 3 for records of
 * issuers. No state is looked at here.
 */
#ifndef ADAPTERS_INHOUSE_LEDGER_ENTRY_H
#define ADAPTERS_INHOUSE_LEDGER_ENTRY_H

#include "adapters/inhouse/inhouse.h"
#include "adapters/inhouse/ledger/config.h"
#include "gateway/codec/mp.h"

struct qiao_ledger_entry {
	enum qiao_inhouse_kind kind;
	struct qiao_hash id;        /* of a record: the hash of its leaf */
	struct qiao_hash digest;    /* of a record: the head digest */
	struct qiao_id16 submitter; /* key id */
	struct qiao_hash hash;      /* of the leaf */
	struct qiao_buf leaf, opening;
};
void qiao_ledger_entry_free(struct qiao_ledger_entry *e); /* NULL is fine */

/*
 * chain: the identity of this chain, in both.
 *
 * A signed list of submissions; what it lent stays the caller's until the last
 * was taken. Expected: QIAO_E_CHANNEL (another chain), QIAO_E_DENIED (no
 * registered account), QIAO_E_BADSIG.
 */
struct qiao_ledger_submissions {
	size_t n; /* that are left */
	struct qiao_id16 account;
	struct qiao_mp m;
};
qiao_err qiao_ledger_submissions_open(struct qiao_ledger_submissions *out,
				      const struct qiao_ledger_config *cfg,
				      const struct qiao_hash *chain,
				      struct qiao_slice list,
				      const struct qiao_id16 *account,
				      struct qiao_slice sig,
				      struct qiao_why *why);
/*
 * The next one; n > 0. Expected: QIAO_E_HASH (digest of another payload),
 * QIAO_E_UNSUPPORTED (kind), QIAO_E_MALFORMED (a zero id or source).
 */
qiao_err qiao_ledger_submission_next(struct qiao_ledger_entry **out,
				     struct qiao_ledger_submissions *l,
				     struct qiao_why *why);

/*
 * The next element of m: [head bin, scheme uint, key bin33, signature bin64,
 * openings]. Expected: QIAO_E_NETWORK, QIAO_E_DENIED (not that organisation's
 * key), QIAO_E_BADSIG, QIAO_E_HASH (openings of another record).
 */
qiao_err qiao_ledger_record_read(struct qiao_ledger_entry **out,
				 const struct qiao_ledger_config *cfg,
				 const struct qiao_hash *chain,
				 struct qiao_mp *m, struct qiao_why *why);

const struct qiao_ledger_account *qiao_ledger_account_find(
	const struct qiao_ledger_config *cfg, const struct qiao_id16 *id);

#endif
