/* SPDX-License-Identifier: Apache-2.0 */
/* Transfer id, docs/wire.md 6, and payload digest, docs/wire.md 5. Pure. */
#ifndef RELAY_TRANSFER_ID_H
#define RELAY_TRANSFER_ID_H

#include "gateway/base/buf.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"

struct qiao_transfer_id {
	struct qiao_hash network;
	struct qiao_hash source; /* chain identity */
	uint64_t height;
	uint8_t tx_id[QIAO_TXID_MAX];
	size_t tx_id_len;
	uint64_t item;
	struct qiao_hash destination; /* chain identity */
	char to_org[QIAO_ORG_MAX + 1];
	char action[QIAO_NAME_MAX + 1];
	char purpose[QIAO_PURPOSE_MAX + 1];
	bool has_request;
	struct qiao_id16 request; /* of a pull */
	uint32_t attempt;
};

/* Appends the canonical array. */
void qiao_transfer_id_encode(struct qiao_buf *out,
			     const struct qiao_transfer_id *t);
qiao_err qiao_transfer_id_parse(struct qiao_transfer_id *out,
				struct qiao_slice in);
/* H("qiao/transfer/1", encoded array). */
void qiao_transfer_id_hash(struct qiao_hash *out, struct qiao_slice encoded);
/* H("qiao/payload/1", payload). */
void qiao_transfer_payload_digest(struct qiao_hash *out,
				  struct qiao_slice payload);

#endif
