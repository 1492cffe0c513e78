/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legacy records: a mapping file says which write of a chain's own contract is
 * which record, and who may issue it. Pure. Configuration: docs/records.md.
 */
#ifndef GATEWAY_RECORD_MAPPING_H
#define GATEWAY_RECORD_MAPPING_H

#include "gateway/record/record.h"

struct qiao_mapping;

/*
 * From a parsed file whose root holds the group `mapping`; everything is
 * copied. Types, states, fields and organisations are checked against cat and
 * orgs, which are not kept. NULL *out and QIAO_E_CONFIG when there are
 * findings; QIAO_E_NOMEM. When the catalogue changes, parse again.
 */
qiao_err qiao_mapping_parse(struct qiao_mapping **out, struct qiao_diags *d,
			    const struct qiao_conf *c,
			    const struct qiao_catalogue *cat,
			    const struct qiao_orgs *orgs);
void qiao_mapping_free(struct qiao_mapping *m); /* NULL is fine */

/* What is judged against: lent for one call. */
struct qiao_record_env {
	const struct qiao_mapping *mapping;
	const struct qiao_catalogue *cat;
	const struct qiao_orgs *orgs;
	const char *chain; /* nickname, as in orgs */
	struct qiao_hash network;
	int64_t now_ms; /* for "not in the future" */
};

/* One proven write or delete (the members of struct qiao_proven). */
struct qiao_source_write {
	struct qiao_slice space, key;
	struct qiao_slice value; /* not for a delete */
	struct qiao_slice issuer, issuer_ou;
	uint64_t height;
};

/*
 * A write becomes a record, its salts made from the seed. The caller ends *out
 * with qiao_record_fini in every case.
 *
 * QIAO_OK: a record, nothing against it (findings of severity warn may stand).
 * QIAO_E_DENIED: out->refusal says why; out->complete whether there is a
 * record nevertheless. QIAO_E_NOTFOUND: the mapping says that this key holds
 * no record (`ignore`). QIAO_E_NOMEM.
 */
qiao_err qiao_mapping_apply(struct qiao_record *out,
			    const struct qiao_record_env *env,
			    const struct qiao_source_write *w,
			    const struct qiao_hash *seed);

/*
 * A delete of a record known before, as its last head says: a head of the
 * state that the mapping gives for a delete, without fields, version one up.
 * Results as above; R_STATE when the mapping gives no such state or the
 * catalogue no such move, R_FIELD_CHECK when the key is not that record's.
 */
qiao_err qiao_mapping_delete(struct qiao_record *out,
			     const struct qiao_record_env *env,
			     const struct qiao_source_write *w,
			     const struct qiao_head *last);

/*
 * The record id that a key stands for, where the mapping knows it from the key
 * alone (`key_is_id`, the default): the key without the first prefix that
 * fits. Borrows from key; empty when it cannot be known.
 */
struct qiao_slice qiao_mapping_key_id(const struct qiao_mapping *m,
				      struct qiao_slice space,
				      struct qiao_slice key);

/*
 * May this organisation issue that type, as the mapping's `issuers` say: by its
 * name, or by an MSP that speaks for it on this chain? For a record whose
 * signer is not at hand; the height of its statement is not looked at.
 */
bool qiao_mapping_org_may_issue(const struct qiao_record_env *env,
				const char *type, const char *org);

#endif
