/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the bytes of an in-house chain (docs/wire.md 8.2, 8.3). Reading and
 * judging them is gateway/verify/, which shares no code with this. Failures
 * are sticky in the buffer.
 */
#ifndef ADAPTERS_INHOUSE_INHOUSE_H
#define ADAPTERS_INHOUSE_INHOUSE_H

#include "gateway/base/buf.h"
#include "gateway/crypto/merkle.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_INHOUSE_HEADER_TAG  "qiao/quorum/header/1"
#define QIAO_INHOUSE_SET_TAG     "qiao/quorum/set/1"
#define QIAO_INHOUSE_CHAIN_TAG   "qiao/chain/1"
#define QIAO_INHOUSE_RECORD_TAG  "qiao/record/1"
#define QIAO_INHOUSE_SUBMIT_TAG  "qiao/ledger/submit/1"
#define QIAO_INHOUSE_PAYLOAD_TAG "qiao/payload/1"

struct qiao_inhouse_header {
	const char *chain;
	uint64_t height;
	struct qiao_hash prev;
	int64_t time_ms;
	uint64_t leaves;
	struct qiao_hash root;
	struct qiao_hash set, next_set;
};
void qiao_inhouse_header_put(struct qiao_buf *out,
			     const struct qiao_inhouse_header *h);

struct qiao_inhouse_member {
	struct qiao_pubkey key;
	uint32_t weight;
};
/* Into the order of the format: ascending by scheme, then key. */
void qiao_inhouse_set_sort(struct qiao_inhouse_member *m, size_t n);
/* The least threshold with 3 x threshold > 2 x total weight. */
uint64_t qiao_inhouse_threshold(const struct qiao_inhouse_member *m, size_t n);
void qiao_inhouse_set_put(struct qiao_buf *out,
			  const struct qiao_inhouse_member *m, size_t n,
			  uint64_t threshold);

/* Signatures by ascending index into the set; next_set empty: it stays. */
struct qiao_inhouse_sig {
	uint64_t index;
	struct qiao_sig sig;
};
void qiao_inhouse_claim_put(struct qiao_buf *out, struct qiao_slice header,
			    const struct qiao_inhouse_sig *sigs, size_t n,
			    struct qiao_slice next_set);

enum qiao_inhouse_kind { /* on wire: append, never renumber */
	QIAO_INHOUSE_RECORD = 1,
	QIAO_INHOUSE_DELIVERED = 2,
	QIAO_INHOUSE_USAGE = 3,
	QIAO_INHOUSE_ANCHOR = 4,
};

void qiao_inhouse_record_put(struct qiao_buf *out, struct qiao_slice head,
			     const struct qiao_pubkey *issuer,
			     struct qiao_slice sig);
/* docs/wire.md 2.1, from the hash of header 0. */
qiao_err qiao_inhouse_identity(struct qiao_hash *out,
			       const struct qiao_hash *genesis);
/* What an issuer signs: chain identity || head. */
qiao_err qiao_inhouse_record_sign(struct qiao_sig *out,
				  const struct qiao_key *key,
				  const struct qiao_hash *chain,
				  struct qiao_slice head);
qiao_err qiao_inhouse_record_verify(const struct qiao_pubkey *key,
				    const struct qiao_hash *chain,
				    struct qiao_slice head,
				    struct qiao_slice sig);

struct qiao_inhouse_entry {
	enum qiao_inhouse_kind kind; /* not RECORD */
	struct qiao_hash id, digest;
	struct qiao_hash source; /* DELIVERED only */
	struct qiao_id16 submitter;
	struct qiao_slice payload;
};
void qiao_inhouse_entry_put(struct qiao_buf *out,
			    const struct qiao_inhouse_entry *e);

/*
 * docs/wire.md 8.3: a list that one signature covers. chain: its identity; kind
 * as the adapter protocol spells it. Begin, then exactly n entries.
 */
struct qiao_inhouse_submission {
	const char *kind;
	struct qiao_hash id, digest, source;
	struct qiao_slice payload;
};
void qiao_inhouse_submission_begin(struct qiao_buf *out,
				   const struct qiao_hash *chain, size_t n);
void qiao_inhouse_submission_put(struct qiao_buf *out,
				 const struct qiao_inhouse_submission *s);

/* Proofs of docs/wire.md 8.2. */
void qiao_inhouse_proof_put(struct qiao_buf *out, uint64_t height,
			    uint64_t index, struct qiao_slice leaf,
			    const struct qiao_merkle_path *path);

#endif
