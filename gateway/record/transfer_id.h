/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a record stands on its source chain, and the id of its way to one
 * organisation for one purpose (docs/wire.md 6). Pure.
 */
#ifndef GATEWAY_RECORD_TRANSFER_ID_H
#define GATEWAY_RECORD_TRANSFER_ID_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

struct qiao_position {
	struct qiao_hash chain; /* identity of the source chain */
	uint64_t height;
	uint8_t tx[QIAO_TXID_MAX];
	size_t tx_len;
	uint64_t index; /* item index */
};

/*
 * HMAC-SHA-256(key, canonical array [chain, height, tx id, item index]): the
 * seed of the salts of a record that has none of its own (qiao_fields_salt).
 * The key never leaves the gateway. QIAO_E_NOMEM, *out zero.
 */
qiao_err qiao_position_seed(struct qiao_hash *out, struct qiao_slice key,
			    const struct qiao_position *at);

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

#endif
