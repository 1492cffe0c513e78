/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the quorum light client; not used outside this folder. */
#ifndef GATEWAY_VERIFY_LC_QUORUM_H
#define GATEWAY_VERIFY_LC_QUORUM_H

#include "gateway/verify/lightclient.h"
#include "gateway/verify/quorum_format.h"
#include "gateway/verify/quorum_state.h"
#include "gateway/verify/quorum_tree.h"

struct qiao_lightclient {
	char chain[QIAO_NAME_MAX + 1];
	struct qiao_hash network;
	struct qiao_hash identity;     /* docs/wire.md 2.1 */
	struct qiao_quorum_head head;  /* as in the view */
	struct qiao_quorum_row newest; /* the row of head.height */
	struct qiao_quorum_row asked;  /* the row that the last proof needed */
	struct qiao_quorum_set *set;   /* signs the next header */
	/* key ids that the statements of the last proof borrow */
	struct qiao_id16 *key_ids;
	/* tree of the last whole block that was proven; narrow reads it */
	struct qiao_quorum_tree tree;
	uint64_t tree_height;
};

/* The anchor file: what it says, checked against itself. */
struct qiao_quorum_anchor {
	char chain[QIAO_NAME_MAX + 1];
	struct qiao_buf genesis_bytes, set_bytes;
	struct qiao_quorum_header genesis; /* borrows genesis_bytes */
};

/* End with qiao_lc_quorum_anchor_fini, also after a failure. */
qiao_err qiao_lc_quorum_anchor_read(struct qiao_quorum_anchor *out,
				    struct qiao_quorum_set *set,
				    const struct qiao_cnode *root,
				    struct qiao_why *why);
void qiao_lc_quorum_anchor_fini(struct qiao_quorum_anchor *a);

/* Members of qiao_lc_quorum that stand in files of their own. */
qiao_err qiao_lc_quorum_advance(struct qiao_lightclient *lc, size_t *bad,
				const struct qiao_slice *claims, size_t n,
				const struct qiao_view *view,
				struct qiao_why *why);
qiao_err qiao_lc_quorum_prove(struct qiao_lightclient *lc,
			      struct qiao_slice proof,
			      struct qiao_proven_sink sink,
			      const struct qiao_view *view,
			      struct qiao_why *why);
qiao_err qiao_lc_quorum_narrow(struct qiao_lightclient *lc,
			       struct qiao_buf *out, struct qiao_slice proof,
			       uint32_t tx, uint32_t index);
qiao_err qiao_lc_quorum_conflict(struct qiao_lightclient *lc,
				 struct qiao_buf *trust,
				 const struct qiao_slice *a, size_t *na,
				 const struct qiao_slice *b, size_t *nb,
				 const struct qiao_view *view,
				 struct qiao_why *why);
qiao_err qiao_lc_quorum_evidence(bool *anchored,
				 const struct qiao_lc_config *anchor,
				 const struct qiao_evidence_chain *e,
				 struct qiao_why *why);
/* docs/wire.md 2.1 */
qiao_err qiao_lc_quorum_identity(struct qiao_hash *out,
				 const struct qiao_hash *genesis);

#endif
