/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on serialised blocks, for `qiao verify`: from a genesis block that
 * the operator names, by Fabric's own rule of who may sign, without a store.
 */
#ifndef GATEWAY_VERIFY_FABRIC_JUDGE_H
#define GATEWAY_VERIFY_FABRIC_JUDGE_H

#include "gateway/verify/fabric_follow.h"
#include "gateway/verify/fabric_rules.h"
#include "gateway/verify/lightclient.h"

struct qiao_fabric_verdict {
	qiao_err err;        /* QIAO_OK: accepted */
	struct qiao_why why; /* if not */
	bool known;          /* height and hash could be read */
	uint64_t height;
	struct qiao_hash hash;
	/* if accepted: */
	uint64_t records; /* public writes and deletes outside _lifecycle */
	uint8_t *flags;   /* our own code of each entry */
	size_t n_flags;
	bool flags_differ; /* the served copy says otherwise, unsigned */
	/* The codes come of replaying every block since the genesis block. */
	bool replayed;
};
void qiao_fabric_verdict_fini(struct qiao_fabric_verdict *v);

/*
 * The word for a refusal: malformed number previous-hash data-hash envelope
 * signature config channel unsupported.
 */
const char *qiao_fabric_refusal(qiao_err err);

struct qiao_fabric_judge;

/*
 * genesis: bytes of block 0. rules: borrowed for the life of the judge.
 * QIAO_E_UNSUPPORTED: a channel that is not built. *out is NULL on failure.
 */
qiao_err qiao_fabric_judge_new(struct qiao_fabric_judge **out,
			       struct qiao_slice genesis,
			       const struct qiao_fabric_rules *rules,
			       struct qiao_why *why);
void qiao_fabric_judge_free(struct qiao_fabric_judge *j);

/* Threads for signatures, lent for the life of the judge. */
void qiao_fabric_judge_lend(struct qiao_fabric_judge *j,
			    const struct qiao_parallel *parallel);
/*
 * From now on judge without replay, by the rules alone: what a gateway can tell
 * that gets single blocks.
 */
void qiao_fabric_judge_by_rules(struct qiao_fabric_judge *j);

/*
 * From now on hand the writes of each block's valid transactions to the sink,
 * in order, while it is judged: they count only if the verdict then accepts.
 * An error of the sink is the call's. What block it is, is not filled in.
 */
void qiao_fabric_judge_show(struct qiao_fabric_judge *j,
			    struct qiao_proven_sink sink);

/*
 * A configuration block that the operator vouches for. QIAO_E_CONFIG and
 * others: it is none, of another channel, or a second one of its height. One
 * that is not supported is taken; blocks under it are refused as such.
 */
qiao_err qiao_fabric_judge_give(struct qiao_fabric_judge *j,
				struct qiao_slice block, struct qiao_why *why);
/*
 * After the last of them: a given configuration whose predecessor is given too
 * must be genuine under that one, or blocks that name it are refused.
 */
void qiao_fabric_judge_given(struct qiao_fabric_judge *j);

/*
 * Judge a block as the one after those accepted before (block 0 may come first
 * and must be the anchor), by replay: chaincodes have the policies that the
 * channel gives them, and the rules are not asked. Errors: QIAO_E_NOMEM; a
 * refusal is in the verdict.
 */
qiao_err qiao_fabric_judge_next(struct qiao_fabric_judge *j,
				struct qiao_fabric_verdict *v,
				struct qiao_slice block);
/*
 * Judge a block alone, under the given configuration that it names. Neither
 * number nor previous hash is compared with a neighbour.
 */
qiao_err qiao_fabric_judge_each(struct qiao_fabric_judge *j,
				struct qiao_fabric_verdict *v,
				struct qiao_slice block);

#endif
