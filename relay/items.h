/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The items of messages, docs/wire.md 7.2 to 7.5 and the refusal: one struct,
 * one encoder, one parser each. Parsers look at form only; slices borrow from
 * the input. Encoders append to a buffer whose failure is sticky. Pure.
 */
#ifndef RELAY_ITEMS_H
#define RELAY_ITEMS_H

#include "gateway/crypto/merkle.h"
#include "gateway/wire/queued.h"
#include "gateway/wire/transfer_id.h"
#include "relay/envelope.h"

#define QIAO_DUTY_MAX        256
#define QIAO_REASON_TEXT_MAX 62 /* R_ and 60 of A-Z _ */

/* --- headers, 7.2 --- */
struct qiao_item_headers {
	struct qiao_hash chain;
	uint64_t first;
	size_t n; /* 0: asks for the next height */
	struct qiao_slice claims[QIAO_HEADERS_PER_BATCH_MAX];
};
/* On wire: append, never renumber. */
enum qiao_headers_result {
	QIAO_HEADERS_FOLLOWED = 1,
	QIAO_HEADERS_REFUSED = 2,
	QIAO_HEADERS_NOT_HERE = 3, /* the chain is not followed here */
};
struct qiao_item_headers_reply {
	struct qiao_hash chain;
	uint64_t next; /* the first height still needed */
	enum qiao_headers_result result;
	struct qiao_slice sentence; /* empty: none */
};
void qiao_item_headers_encode(struct qiao_buf *out,
			      const struct qiao_item_headers *it);
qiao_err qiao_item_headers_parse(struct qiao_item_headers *out,
				 struct qiao_slice in);
void qiao_item_headers_reply_encode(struct qiao_buf *out,
				    const struct qiao_item_headers_reply *it);
qiao_err qiao_item_headers_reply_parse(struct qiao_item_headers_reply *out,
				       struct qiao_slice in);

/* --- transfers, 7.3; the proof items of 7.4 as well --- */
struct qiao_item_proof {
	struct qiao_hash chain;
	uint64_t height;
	struct qiao_slice proof;
};
enum qiao_as_of_basis {
	QIAO_AS_OF_SCANNED = 1,
	QIAO_AS_OF_QUERIED = 2,
};
struct qiao_item_transfer {
	struct qiao_slice id_array; /* encoded, as it stands */
	struct qiao_transfer_key id;
	struct qiao_hash transfer; /* computed by the parser, not on the wire */
	struct qiao_hash digest;   /* of the payload, likewise */
	int64_t not_after;
	uint64_t as_of_height;
	struct qiao_hash as_of_hash;
	enum qiao_as_of_basis as_of_basis;
	struct qiao_slice payload;
	bool has_proof;
	unsigned int proof_item; /* index in the message */
	struct qiao_slice duty;  /* encoded array, empty: none */
	struct qiao_slice duty_basis, duty_case; /* its elements */
	struct qiao_queued queued;               /* the sender's audit entry */
};
/* 1: a proof, 2: a transfer or a receipt, 0: none of them. */
unsigned int qiao_item_kind(struct qiao_slice in);
void qiao_item_proof_encode(struct qiao_buf *out,
			    const struct qiao_item_proof *it);
qiao_err qiao_item_proof_parse(struct qiao_item_proof *out,
			       struct qiao_slice in);
/* Uses id_array and duty (or duty_basis/duty_case when duty is empty). */
void qiao_item_transfer_encode(struct qiao_buf *out,
			       const struct qiao_item_transfer *it);
qiao_err qiao_item_transfer_parse(struct qiao_item_transfer *out,
				  struct qiao_slice in);
/*
 * Beyond form: network id, the proof item exists and is a proof of the right
 * chain and height, and the audit entry is canonical, of type `queued`, names
 * this transfer, this payload and its own index, and its path leads to the
 * envelope's audit root. Otherwise the whole message is refused:
 * QIAO_E_NETWORK, QIAO_E_PROOF, QIAO_E_MALFORMED.
 */
qiao_err qiao_item_transfer_check(const struct qiao_item_transfer *it,
				  const struct qiao_message *m,
				  struct qiao_why *why);

enum qiao_transfer_result {
	QIAO_TRANSFER_TAKEN = 1,
	QIAO_TRANSFER_REFUSED = 2, /* for good; code says why */
	QIAO_TRANSFER_NOT_NOW = 3, /* send again */
	QIAO_TRANSFER_CONFLICT = 4,
};
struct qiao_item_transfer_reply {
	struct qiao_hash transfer;
	enum qiao_transfer_result result;
	struct qiao_slice code; /* empty: none */
};
void qiao_item_transfer_reply_encode(struct qiao_buf *out,
				     const struct qiao_item_transfer_reply *it);
qiao_err qiao_item_transfer_reply_parse(struct qiao_item_transfer_reply *out,
					struct qiao_slice in);

/* --- receipts, 7.4 --- */
enum qiao_receipt_state {
	QIAO_RECEIPT_COMMITTED = 1,
	QIAO_RECEIPT_DENIED = 2,
	QIAO_RECEIPT_HELD = 3,
	QIAO_RECEIPT_EXPIRED = 4,
	QIAO_RECEIPT_SUPERSEDED = 5,
	QIAO_RECEIPT_CONFLICT = 6,
};
struct qiao_item_receipt {
	struct qiao_hash transfer;
	struct qiao_hash digest; /* of the payload */
	enum qiao_receipt_state state;
	struct qiao_slice reason;     /* empty: none */
	struct qiao_hash destination; /* chain identity */
	bool has_height;              /* exactly in state committed */
	uint64_t height;
	bool has_proof;             /* exactly in state committed */
	unsigned int proof_item;    /* index in the message */
	struct qiao_slice decision; /* empty: none */
};
void qiao_item_receipt_encode(struct qiao_buf *out,
			      const struct qiao_item_receipt *it);
qiao_err qiao_item_receipt_parse(struct qiao_item_receipt *out,
				 struct qiao_slice in);
/*
 * Beyond form, of the receipt that is item `at`: its proof item stands before
 * it and is a proof of the right chain and height. Otherwise the whole message
 * is refused: QIAO_E_MALFORMED.
 */
qiao_err qiao_item_receipt_check(const struct qiao_item_receipt *it, size_t at,
				 const struct qiao_message *m,
				 struct qiao_why *why);

enum qiao_receipt_result {
	QIAO_RECEIPT_TAKEN = 1,
	QIAO_RECEIPT_UNFIT = 2,       /* the proof does not fit */
	QIAO_RECEIPT_NOT_NOW = 3,     /* the header is not followed yet */
	QIAO_RECEIPT_CONTRADICTS = 4, /* what is recorded */
	QIAO_RECEIPT_UNKNOWN = 5,     /* no such transfer */
};
struct qiao_item_receipt_reply {
	struct qiao_hash transfer;
	enum qiao_receipt_result result;
};
void qiao_item_receipt_reply_encode(struct qiao_buf *out,
				    const struct qiao_item_receipt_reply *it);
qiao_err qiao_item_receipt_reply_parse(struct qiao_item_receipt_reply *out,
				       struct qiao_slice in);

/* --- status, 7.5 --- */
#define QIAO_GOSSIP_MAX 16
struct qiao_item_status {
	struct qiao_hash chain;
	size_t n;
	struct {
		uint64_t height;
		struct qiao_hash hash;
	} headers[QIAO_GOSSIP_MAX]; /* heights strictly ascending */
};
void qiao_item_status_encode(struct qiao_buf *out,
			     const struct qiao_item_status *it);
qiao_err qiao_item_status_parse(struct qiao_item_status *out,
				struct qiao_slice in);

/* --- refusal --- */
struct qiao_item_refusal {
	int error; /* of qiao/err.h; below 0 */
	struct qiao_slice sentence;
};
void qiao_item_refusal_encode(struct qiao_buf *out,
			      const struct qiao_item_refusal *it);
qiao_err qiao_item_refusal_parse(struct qiao_item_refusal *out,
				 struct qiao_slice in);

#endif
