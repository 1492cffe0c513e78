/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validators of this ledger: all their keys are in this one process, one
 * file each in DIR/keys. Several keys show what several signers look like to a
 * light client; they are no consensus.
 */
#ifndef ADAPTERS_INHOUSE_LEDGER_VALIDATORS_H
#define ADAPTERS_INHOUSE_LEDGER_VALIDATORS_H

#include "adapters/inhouse/inhouse.h"

struct qiao_ledger_set {
	size_t n;
	struct qiao_inhouse_member m[QIAO_VALIDATORS_MAX]; /* sorted */
	struct qiao_key *key[QIAO_VALIDATORS_MAX]; /* in the same order */
	struct qiao_buf bytes;                     /* docs/wire.md 8.2 */
	struct qiao_hash hash;
};

/* n new keys of weight 1, saved in dir/keys. */
qiao_err qiao_ledger_set_new(struct qiao_ledger_set **out, const char *dir,
			     size_t n, struct qiao_why *why);
/* From the bytes of a set; its keys from dir/keys. */
qiao_err qiao_ledger_set_load(struct qiao_ledger_set **out, const char *dir,
			      struct qiao_slice bytes, struct qiao_why *why);
/*
 * The set after a change: without the members of these key ids, with `add` new
 * ones. Key files of those who left stay, for nothing here is ever deleted.
 */
qiao_err qiao_ledger_set_change(struct qiao_ledger_set **out,
				const struct qiao_ledger_set *old,
				const char *dir, size_t add,
				const struct qiao_id16 *gone, size_t n_gone,
				struct qiao_why *why);
/* Every member signs: out has set->n places. */
qiao_err qiao_ledger_set_sign(const struct qiao_ledger_set *set,
			      struct qiao_inhouse_sig *out,
			      struct qiao_slice header);
void qiao_ledger_set_free(struct qiao_ledger_set *set); /* NULL is fine */

#endif
