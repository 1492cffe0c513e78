/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a record stands on its source chain, and the id of its way to one
 * organisation for one purpose (docs/wire.md 6), and the digest of what goes
 * that way (5). Pure.
 */
#ifndef GATEWAY_WIRE_TRANSFER_ID_H
#define GATEWAY_WIRE_TRANSFER_ID_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"

struct qiao_position {
	struct qiao_hash chain; /* identity of the source chain */
	uint64_t height;
	uint8_t tx[QIAO_TXID_MAX];
	size_t tx_len;
	uint64_t index; /* item index */
};

/* Its four elements, without an array around them (wire.md 5 and 6). */
void qiao_position_get(struct qiao_mp *m, struct qiao_position *at);
void qiao_position_put(struct qiao_buf *out, const struct qiao_position *at);

struct qiao_transfer_key {
	struct qiao_hash network;
	struct qiao_position from;
	struct qiao_hash to; /* identity of the destination chain */
	char to_org[QIAO_ORG_MAX + 1];
	char action[QIAO_NAME_MAX + 1];
	char purpose[QIAO_PURPOSE_MAX + 1];
	bool pull;                /* else request is nil */
	struct qiao_id16 request; /* request id of a pull */
	uint64_t attempt;         /* from 0 */
};

/* Append the array. QIAO_E_MALFORMED (an empty text ...), QIAO_E_NOMEM. */
qiao_err qiao_transfer_key_encode(struct qiao_buf *out,
				  const struct qiao_transfer_key *k);
/* *out zeroed on failure: QIAO_E_NONCANON, QIAO_E_MALFORMED, QIAO_E_LIMIT. */
qiao_err qiao_transfer_key_parse(struct qiao_transfer_key *out,
				 struct qiao_slice in, struct qiao_why *why);
/* The transfer id, from the encoded array. */
void qiao_transfer_id(struct qiao_hash *out, struct qiao_slice encoded);
/* H("qiao/payload/1", encoded payload) */
void qiao_payload_digest(struct qiao_hash *out, struct qiao_slice encoded);

#endif
