/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the quorum light client remembers in its view:
 *
 *   "head"                     height, height of the newest set change, and the
 *                              hashes of genesis and of the set that signs next
 *   "block/<20 digits>"        one row for each accepted header
 *   "set/<64 hex digits>"      bytes of every validator set that was in force
 *
 * Fixed layouts with a leading version byte, numbers big-endian. A row that
 * does not parse means that the store is damaged: QIAO_E_STATE.
 */
#ifndef GATEWAY_VERIFY_QUORUM_STATE_H
#define GATEWAY_VERIFY_QUORUM_STATE_H

#include "gateway/verify/lightclient.h"
#include "gateway/verify/quorum_format.h"

struct qiao_quorum_head {
	uint64_t height;
	uint64_t trust_height;
	struct qiao_hash genesis;
	struct qiao_hash set;
};

struct qiao_quorum_row {
	uint64_t height; /* the key, not stored again */
	struct qiao_hash hash;
	uint64_t leaves;
	struct qiao_hash root;
	int64_t time_ms;
	struct qiao_hash set; /* that signed it */
};

/* QIAO_E_NOTFOUND where the view has no such row. */
qiao_err qiao_quorum_head_get(struct qiao_quorum_head *out,
			      const struct qiao_view *view);
qiao_err qiao_quorum_head_put(const struct qiao_quorum_head *h,
			      const struct qiao_view *view);
qiao_err qiao_quorum_row_get(struct qiao_quorum_row *out, uint64_t height,
			     const struct qiao_view *view);
qiao_err qiao_quorum_row_put(const struct qiao_quorum_row *row,
			     const struct qiao_view *view);
/* Appends the bytes of a set, or parses it. */
qiao_err qiao_quorum_set_get_bytes(struct qiao_buf *out,
				   const struct qiao_hash *hash,
				   const struct qiao_view *view);
qiao_err qiao_quorum_set_get(struct qiao_quorum_set *out,
			     const struct qiao_hash *hash,
			     const struct qiao_view *view);
qiao_err qiao_quorum_set_put(const struct qiao_hash *hash,
			     struct qiao_slice bytes,
			     const struct qiao_view *view);

#endif
