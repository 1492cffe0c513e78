/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native records of an in-house chain: the head (docs/wire.md 4) and the
 * openings of its fields (docs/wire.md 3, 10), as an issuer writes them.
 */
#ifndef ADAPTERS_INHOUSE_RECORD_H
#define ADAPTERS_INHOUSE_RECORD_H

#include "adapters/inhouse/inhouse.h"

/* One field in clear; text from the caller, salts are made when encoding. */
struct qiao_inhouse_field {
	struct qiao_slice name, value;
};
/*
 * Sort the fields by name, salt each at random, append the openings and compute
 * the root. QIAO_E_MALFORMED: a name is empty, too long, doubled or has other
 * characters than a-z 0-9 _ . #; QIAO_E_LIMIT: too many, a value too long.
 */
qiao_err qiao_inhouse_fields_put(struct qiao_buf *openings,
				 struct qiao_hash *root,
				 struct qiao_inhouse_field *fields, size_t n);

/* Read openings again: number of fields and root. Strict. */
qiao_err qiao_inhouse_fields_root(struct qiao_hash *root, size_t *n,
				  struct qiao_slice openings);

struct qiao_inhouse_head {
	struct qiao_hash network;
	const char *type;
	uint64_t type_version;
	const char *id;
	const char *org;
	const char *state;
	uint64_t version;
	int64_t issued, valid_from, valid_to; /* 0: none */
	const char *region;                   /* NULL: none */
	uint64_t sharing;
	uint64_t field_count;
	struct qiao_hash fields_root;
};
void qiao_inhouse_head_put(struct qiao_buf *out,
			   const struct qiao_inhouse_head *h);

/* What a ledger looks at in a head; slices borrow from it. */
struct qiao_inhouse_head_view {
	struct qiao_hash network;
	struct qiao_slice org;
	uint64_t field_count;
	struct qiao_hash fields_root;
};
qiao_err qiao_inhouse_head_read(struct qiao_inhouse_head_view *out,
				struct qiao_slice head);

#endif
