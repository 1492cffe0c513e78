/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the quorum family (docs/wire.md 8.2) to structs. Parsing looks at no
 * trusted state and no signature; hashes are computed here, because nothing may
 * be believed before. Slices point into the input. Pure.
 */
#ifndef GATEWAY_VERIFY_QUORUM_FORMAT_H
#define GATEWAY_VERIFY_QUORUM_FORMAT_H

#include "gateway/base/why.h"
#include "gateway/crypto/merkle.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_QUORUM_HEADER_TAG  "qiao/quorum/header/1"
#define QIAO_QUORUM_SET_TAG     "qiao/quorum/set/1"
#define QIAO_QUORUM_RECORD_TAG  "qiao/record/1"
#define QIAO_QUORUM_PAYLOAD_TAG "qiao/payload/1"

struct qiao_quorum_header {
	struct qiao_slice chain;
	uint64_t height;
	struct qiao_hash prev;
	int64_t time_ms;
	uint64_t leaves;
	struct qiao_hash root;
	struct qiao_hash set;      /* signs this header */
	struct qiao_hash next_set; /* signs the next one */
	struct qiao_hash hash;     /* computed over the bytes */
};

/*
 * Structure and everything that a header says about itself: zero hashes, the
 * root of an empty block, the zero parent of height 0 and only there.
 */
qiao_err qiao_quorum_header_parse(struct qiao_quorum_header *out,
				  struct qiao_slice in);

struct qiao_quorum_sig {
	uint64_t index; /* into the signing set; strictly ascending */
	struct qiao_slice sig;
};

struct qiao_quorum_claim {
	struct qiao_quorum_header header;
	struct qiao_slice header_bytes;
	size_t nsigs;
	struct qiao_quorum_sig sigs[QIAO_VALIDATORS_MAX];
	struct qiao_slice next_set; /* empty: the set stays */
};

/* Also: the next set is there exactly when it must be, and has its hash. */
qiao_err qiao_quorum_claim_parse(struct qiao_quorum_claim *out,
				 struct qiao_slice in);

struct qiao_quorum_member {
	struct qiao_pubkey key;
	uint64_t weight;
};

struct qiao_quorum_set {
	struct qiao_hash hash;
	uint64_t threshold;
	size_t n;
	struct qiao_quorum_member m[QIAO_VALIDATORS_MAX];
};

/* Also the threshold rule; every key is a valid one afterwards. */
qiao_err qiao_quorum_set_parse(struct qiao_quorum_set *out,
			       struct qiao_slice in);

/*
 * QIAO_OK when every signature of the claim is valid under the member it names
 * and their weights reach the threshold; else QIAO_E_BADSIG.
 */
qiao_err qiao_quorum_claim_verify(const struct qiao_quorum_claim *c,
				  const struct qiao_quorum_set *set,
				  struct qiao_why *why);

/* On wire: append, never renumber. */
enum qiao_quorum_leaf_kind {
	QIAO_QUORUM_LEAF_RECORD = 1,
	QIAO_QUORUM_LEAF_DELIVERED = 2,
	QIAO_QUORUM_LEAF_USAGE = 3,
	QIAO_QUORUM_LEAF_ANCHOR = 4,
};

struct qiao_quorum_leaf {
	uint64_t kind; /* of enum qiao_quorum_leaf_kind, or a later one */
	/* RECORD */
	struct qiao_slice head;
	struct qiao_pubkey key;
	struct qiao_slice sig;
	/* the others */
	struct qiao_hash id, digest, source; /* source: DELIVERED only */
	struct qiao_slice submitter, payload;
};

/*
 * A kind that this version does not know gives QIAO_OK and only `kind`. The
 * digest of an entry is checked against its payload.
 */
qiao_err qiao_quorum_leaf_parse(struct qiao_quorum_leaf *out,
				struct qiao_slice in);
/* The issuer's signature of a RECORD, over chain identity || head. */
qiao_err qiao_quorum_leaf_verify(const struct qiao_quorum_leaf *leaf,
				 const struct qiao_hash *chain);

/* Either proof of docs/wire.md 8.2. */
struct qiao_quorum_proof {
	uint64_t height;
	bool whole;
	/* whole: one slice for each leaf, allocated */
	size_t n;
	struct qiao_slice *leaves;
	/* one leaf */
	uint64_t index;
	struct qiao_slice leaf;
	struct qiao_merkle_path path;
};

/* End with qiao_quorum_proof_fini; after a failure *out is empty. */
qiao_err qiao_quorum_proof_parse(struct qiao_quorum_proof *out,
				 struct qiao_slice in);
void qiao_quorum_proof_fini(struct qiao_quorum_proof *p);

#endif
