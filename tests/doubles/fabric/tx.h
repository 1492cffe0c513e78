/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes, proposals and endorsements, made and signed. */
#ifndef TESTS_DOUBLES_FABRIC_TX_H
#define TESTS_DOUBLES_FABRIC_TX_H

#include "tests/doubles/fabric/fabric.pb-c.h"
#include "tests/doubles/fabric/net.h"

#define TX_CONFIG        1
#define TX_CONFIG_UPDATE 2
#define TX_ENDORSER      3
#define TX_SEEK          5

struct tx_head {
	struct qiao_slice channel_header, signature_header;
	const char *tx_id; /* "" unless a transaction */
};
/* chaincode: NULL unless type is TX_ENDORSER */
void tx_head_make(struct tx_head *out, struct pool *p, int32_t type,
		  const char *channel, const char *chaincode,
		  const struct identity *by);
/* Payload, and the same signed as an Envelope. */
struct qiao_slice tx_payload(struct pool *p, const struct tx_head *head,
			     struct qiao_slice data);
struct qiao_slice tx_envelope(struct pool *p, const struct identity *by,
			      struct qiao_slice payload);

/* ChaincodeProposalPayload */
struct qiao_slice tx_input(struct pool *p, const char *chaincode,
			   const char *const *args, size_t n);

/* What running a chaincode gave. */
struct simulation {
	struct qiao_slice results; /* TxReadWriteSet */
	const char *event;         /* NULL: none */
	struct qiao_slice event_payload;
	int32_t status;
	const char *message;
	struct qiao_slice payload;
};
/* ProposalResponsePayload; input without the transient map */
struct qiao_slice tx_response(struct pool *p, const struct tx_head *head,
			      struct qiao_slice input, const char *chaincode,
			      const struct simulation *s);
Fab__Endorsement *tx_endorse(struct pool *p, const struct identity *peer,
			     struct qiao_slice response);
/* Transaction */
struct qiao_slice tx_body(struct pool *p, const struct tx_head *head,
			  struct qiao_slice input, struct qiao_slice response,
			  Fab__Endorsement **endorsement, size_t n);

#endif
