/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a record, the salted Merkle tree over them, and what is
 * disclosed of it (docs/wire.md 3). Pure.
 *
 * RFC 6962 roots do not bind the number of leaves, so a disclosure must account
 * for exactly the `fields` of its head: no inner node can pose as a leaf.
 */
#ifndef GATEWAY_RECORD_FIELDTREE_H
#define GATEWAY_RECORD_FIELDTREE_H

#include "gateway/record/head.h"

struct qiao_field {
	char name[QIAO_NAME_MAX + 1]; /* a-z 0-9 _ . # */
	uint8_t salt[QIAO_SALT_LEN];
	struct qiao_slice value; /* owned by the set */
};

/* All fields of one record, ascending by name. Start with QIAO_FIELDS. */
struct qiao_fields {
	size_t n;
	struct qiao_field *f;
	size_t bytes; /* of all names, salts and values: QIAO_RECORD_MAX */
};

#define QIAO_FIELDS ((struct qiao_fields){ .n = 0 })

/* 1 to 64 of a-z 0-9 _ . # */
bool qiao_field_name_ok(struct qiao_slice name);

/*
 * Add one field with a zero salt, in its place. The value is copied.
 * QIAO_E_MALFORMED (name), QIAO_E_EXISTS, QIAO_E_LIMIT (256 fields, 48 KiB a
 * value, 64 KiB a record), QIAO_E_NOMEM; the set is then unchanged.
 */
qiao_err qiao_fields_add(struct qiao_fields *set, struct qiao_slice name,
			 struct qiao_slice value);
/* The same with the salt that the issuer chose; salt has exactly 16 bytes. */
qiao_err qiao_fields_add_salted(struct qiao_fields *set, struct qiao_slice name,
				struct qiao_slice salt,
				struct qiao_slice value);
/* Borrowed; NULL when there is none of exactly this name. */
const struct qiao_field *qiao_fields_find(const struct qiao_fields *set,
					  const char *name);
/* Wipes the values; leaves an empty set. */
void qiao_fields_free(struct qiao_fields *set);

/* First 16 bytes of HMAC-SHA-256(record seed, name), for every field. */
void qiao_fields_salt(struct qiao_fields *set, const struct qiao_hash *seed);

void qiao_field_leaf(struct qiao_hash *out, struct qiao_slice name,
		     struct qiao_slice salt, struct qiao_slice value);
void qiao_fields_root(struct qiao_hash *out, const struct qiao_fields *set);

/*
 * How a field travels; in memory only, the refusing one is zero. The numbers
 * are those of enum qiao_show (policies/engine).
 */
enum qiao_mask {
	QIAO_MASK_WITHHELD = 0,
	QIAO_MASK_COMMIT = 1,
	/* 2 is for encrypted: not built yet */
	QIAO_MASK_CLEAR = 3,
};
const char *qiao_mask_name(enum qiao_mask m); /* "withheld" ... */

/*
 * Append the disclosure; mask[i], of enum qiao_mask, is for set->f[i], and any
 * other number withholds. QIAO_E_NOMEM.
 */
qiao_err qiao_disclosure_encode(struct qiao_buf *out,
				const struct qiao_fields *set,
				const uint8_t *mask);

struct qiao_disclosed {
	enum qiao_mask mask;
	struct qiao_slice name;  /* CLEAR, COMMIT; else empty */
	struct qiao_slice salt;  /* CLEAR: 16 bytes */
	struct qiao_slice value; /* CLEAR */
	struct qiao_hash leaf;   /* computed for CLEAR */
};

/* Slices point into the bytes that were parsed. */
struct qiao_disclosure {
	size_t n;
	struct qiao_disclosed *e;
};

#define QIAO_DISCLOSURE ((struct qiao_disclosure){ .n = 0 })

/*
 * Shape, names, order; *out empty on failure. QIAO_E_NONCANON,
 * QIAO_E_MALFORMED, QIAO_E_LIMIT, QIAO_E_UNSUPPORTED (encrypted entries),
 * QIAO_E_NOMEM.
 */
qiao_err qiao_disclosure_parse(struct qiao_disclosure *out,
			       struct qiao_slice in, struct qiao_why *why);
void qiao_disclosure_free(struct qiao_disclosure *d);
/* Number of entries and root are those of the head, or QIAO_E_PROOF. */
qiao_err qiao_disclosure_check(const struct qiao_disclosure *d,
			       const struct qiao_head *head,
			       struct qiao_why *why);
/* Borrowed; NULL when absent. Withheld entries have no name. */
const struct qiao_disclosed *qiao_disclosure_find(
	const struct qiao_disclosure *d, const char *name);

/*
 * For a receiver that mapped the original itself (assurance `proven`): every
 * entry is clear and the set has the same names and values; then the set's
 * salts become the disclosure's and QIAO_OK. Otherwise QIAO_E_CONFLICT and the
 * set is unchanged.
 */
qiao_err qiao_fields_adopt(struct qiao_fields *set,
			   const struct qiao_disclosure *d,
			   struct qiao_why *why);

#endif
