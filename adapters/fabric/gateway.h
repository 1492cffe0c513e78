/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions and questions through the Gateway service of one peer, or of
 * another one when it cannot be reached. What it answers is a hint: only blocks
 * prove anything. Any thread.
 */
#ifndef ADAPTERS_FABRIC_GATEWAY_H
#define ADAPTERS_FABRIC_GATEWAY_H

#include "adapters/fabric/session.h"

#define FABRIC_TX_ID_LEN QIAO_HEX_LEN(QIAO_HASH_LEN)

/* The payload of the chaincode's answer; a query by one peer, unsigned. */
qiao_err fabric_gateway_evaluate(struct fabric_sessions *s,
				 struct qiao_buf *payload,
				 const struct fabric_invocation *inv,
				 struct qiao_why *why);
/*
 * Endorse, sign, hand to the orderers; does not wait for the commit. tx_id: of
 * what was handed over, also when no answer came to that; "" when nothing was.
 * code: of the contract's refusal, or "".
 */
qiao_err fabric_gateway_submit(struct fabric_sessions *s,
			       char tx_id[FABRIC_TX_ID_LEN],
			       char code[FABRIC_CODE_LEN],
			       const struct fabric_invocation *inv,
			       struct qiao_why *why);
/*
 * Validation code (0: valid) and block of a transaction. QIAO_E_TIMEOUT: not
 * committed yet.
 */
qiao_err fabric_gateway_commit(struct fabric_sessions *s, int32_t *valid,
			       uint64_t *height, const char *tx_id,
			       unsigned int timeout_ms, struct qiao_why *why);
/*
 * An answer signed by a peer of each organisation: the prepared transaction
 * (Envelope), which is never submitted.
 */
qiao_err fabric_gateway_answer(struct fabric_sessions *s,
			       struct qiao_buf *envelope,
			       const struct fabric_invocation *inv,
			       const char (*orgs)[QIAO_ORG_MAX + 1], size_t n,
			       struct qiao_why *why);

#endif
