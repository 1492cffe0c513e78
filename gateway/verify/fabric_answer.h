/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer to a question, signed by peers of several organisations of a
 * channel: assurance `endorsed`. Each peer runs a chaincode's function on its
 * own state and signs the outcome; nothing is ordered. It tells what so many
 * organisations say at one moment, which is no proof that the ledger holds it.
 *
 * Everything here comes from outside but the question and the configuration.
 * What the function is given in a transient map is under no signature: ask only
 * functions that do not look at it. Source: fabric protoutil/proputils.go,
 * core/endorser/endorser.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_ANSWER_H
#define GATEWAY_VERIFY_FABRIC_ANSWER_H

#include "gateway/verify/fabric_config.h"

#define QIAO_FABRIC_ANSWER_ARGS_MAX  64
#define QIAO_FABRIC_ANSWER_PEERS_MAX 64

struct qiao_fabric_question {
	struct qiao_slice channel;
	struct qiao_slice chaincode;
	const struct qiao_slice *args; /* the function's name first */
	size_t n_args;
	struct qiao_slice nonce; /* ours, never used before */
	unsigned int orgs;       /* so many must agree; 0 is 1 */
};

struct qiao_fabric_answer {
	int32_t status; /* as the chaincode says; 200 is good */
	struct qiao_slice payload;
	struct qiao_slice results; /* TxReadWriteSet: what it read */
	/* MSP ids of those who agree, each once */
	struct qiao_slice org[QIAO_FABRIC_ANSWER_PEERS_MAX];
	size_t orgs;
};

/*
 * Check answers of single peers: `proposal` is the bytes of the Proposal that
 * they were asked with, each response a ProposalResponse. Slices of *out borrow
 * from the first response and from c.
 *
 * QIAO_E_MALFORMED; QIAO_E_LIMIT; QIAO_E_PROOF: they answer another question;
 * QIAO_E_CONFLICT: they do not all say the same, byte by byte (a peer may be
 * behind: ask again); QIAO_E_BADSIG: signed by peers of fewer organisations
 * than demanded, valid under c; QIAO_E_NOMEM. *out is zero then.
 */
qiao_err qiao_fabric_answer_check(struct qiao_fabric_answer *out,
				  const struct qiao_fabric_question *q,
				  struct qiao_slice proposal,
				  const struct qiao_slice *responses, size_t n,
				  struct qiao_fabric_config *c,
				  struct qiao_why *why);
/*
 * The same for the prepared transaction of Gateway Endorse, an Envelope that is
 * never submitted; it holds what was asked. Slices borrow from it and from c.
 */
qiao_err qiao_fabric_answer_check_prepared(struct qiao_fabric_answer *out,
					   const struct qiao_fabric_question *q,
					   struct qiao_slice envelope,
					   struct qiao_fabric_config *c,
					   struct qiao_why *why);

#endif
