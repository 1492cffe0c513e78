/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a record (docs/wire.md 4): what every record has, whatever its
 * type. Its digest is what an issuer signs and what a payload carries. Pure.
 */
#ifndef GATEWAY_RECORD_HEAD_H
#define GATEWAY_RECORD_HEAD_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_REGION_LEN 6 /* GB/T 2260 */

/* On wire: append, never renumber. */
enum qiao_share {
	QIAO_SHARE_UNCONDITIONAL = 0, /* 无条件共享 */
	QIAO_SHARE_CONDITIONAL = 1,   /* 有条件共享 */
	QIAO_SHARE_NEVER = 2,         /* 不予共享 */
};

/* Milliseconds since 1970 UTC, or nil. */
struct qiao_when {
	bool set;
	int64_t ms;
};

struct qiao_registry_tag {
	char registry[QIAO_NAME_MAX + 1];
	struct qiao_hash tag; /* HMAC under the registry's key */
};

struct qiao_head {
	struct qiao_hash network;
	char type[QIAO_TYPE_MAX + 1];
	uint64_t type_version; /* of the catalogue entry */
	char id[QIAO_RECORD_ID_MAX + 1];
	char issuer[QIAO_ORG_MAX + 1]; /* organisation, never a chain's key */
	char state[QIAO_NAME_MAX + 1];
	uint64_t version; /* from 1 */
	struct qiao_when issued, valid_from, valid_to;
	char region[QIAO_REGION_LEN + 1]; /* "": nil */
	enum qiao_share share;
	unsigned int suite;  /* enum qiao_hash_alg; only SHA-256 is accepted */
	unsigned int fields; /* leaves of the field tree, decoys included */
	struct qiao_hash fields_root;
	unsigned int tags;
	struct qiao_registry_tag tag[QIAO_REGISTRY_TAGS_MAX];
};

/*
 * Append the one encoding. QIAO_E_MALFORMED when a member is outside what
 * parse accepts (an empty type, version 0, registries out of order ...), so
 * that what we write we can read; QIAO_E_NOMEM.
 */
qiao_err qiao_head_encode(struct qiao_buf *out, const struct qiao_head *h);

/*
 * Nothing of *out points into the input. On failure *out is zeroed and why
 * (may be NULL) names the element: QIAO_E_NONCANON, QIAO_E_MALFORMED,
 * QIAO_E_LIMIT, QIAO_E_UNSUPPORTED (hash suite, version of the format).
 */
qiao_err qiao_head_parse(struct qiao_head *out, struct qiao_slice in,
			 struct qiao_why *why);

/* SHA-256 of the encoded bytes. */
void qiao_head_digest(struct qiao_hash *out, struct qiao_slice encoded);

#endif
