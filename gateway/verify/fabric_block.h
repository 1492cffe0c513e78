/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A common.Block: header, entries, metadata. What surrounds the signed and
 * hashed bytes is read strictly (known fields once, ascending, minimal numbers,
 * nothing after): every node re-encodes a block, so only a forger sends it
 * otherwise. Pure; all slices borrow from the input.
 */
#ifndef GATEWAY_VERIFY_FABRIC_BLOCK_H
#define GATEWAY_VERIFY_FABRIC_BLOCK_H

#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"
#include "gateway/verify/fabric_pb.h"

/* SEQUENCE of a 64-bit INTEGER and two OCTET STRINGs of 32 bytes */
#define QIAO_FABRIC_HEADER_DER_MAX 96
/* common.BlockMetadataIndex has five; room for what future nodes add. */
#define QIAO_FABRIC_SLOTS_MAX 64

struct qiao_fabric_block {
	uint64_t number;
	struct qiao_slice previous_hash; /* 32 bytes; empty in block 0 only */
	struct qiao_slice data_hash;
	bool thin;              /* a header claim without its entries */
	struct qiao_slice data; /* the BlockData message */
	size_t entries;
	struct qiao_slice signatures; /* slot 0, or empty */
	/* Slot 2, or empty: what a node believes of the entries. Unsigned. */
	struct qiao_slice filter;
	uint8_t der[QIAO_FABRIC_HEADER_DER_MAX]; /* the bytes that are signed */
	size_t der_n;
	struct qiao_hash hash; /* of the header: SHA-256 of der */
};

/*
 * QIAO_E_MALFORMED, QIAO_E_LIMIT (more than QIAO_BLOCK_TXS_MAX entries, more
 * bytes than QIAO_BLOCK_MAX). *out is zero then.
 */
qiao_err qiao_fabric_block_parse(struct qiao_fabric_block *out,
				 struct qiao_slice in, struct qiao_why *why);

/*
 * Are the entries what data_hash stands for? data_hash is over their plain
 * concatenation, so bytes could move between neighbours; therefore each entry
 * must be an envelope in the one encoding (CVE-2023-46132). QIAO_E_NONCANON: an
 * entry is not; QIAO_E_HASH: other entries; QIAO_E_STATE: the block is thin.
 * Source: fabric protoutil/blockutils.go VerifyTransactionsAreWellFormed.
 */
qiao_err qiao_fabric_block_check_data(const struct qiao_fabric_block *b,
				      struct qiao_why *why);

/* The entries in order; start with qiao_fabric_block_entries. */
struct qiao_pb_iter qiao_fabric_block_entries(
	const struct qiao_fabric_block *b);

struct qiao_fabric_envelope {
	struct qiao_slice payload;
	struct qiao_slice signature;
};
/*
 * Payload and signature of an entry that is an envelope in the one encoding:
 * both, once, in that order, not empty, minimal, and unknown fields only after
 * them. False otherwise.
 */
bool qiao_fabric_envelope_parse(struct qiao_fabric_envelope *out,
				struct qiao_slice entry);

/*
 * common.ChannelHeader of an envelope's payload, decoded as Go decodes; false
 * when Go would fail or there is no header. The arena keeps joined pieces.
 */
struct qiao_fabric_header {
	struct qiao_slice channel_header;   /* the bytes */
	struct qiao_slice signature_header; /* likewise */
	int32_t type;
	uint64_t epoch;
	struct qiao_slice channel;
	struct qiao_slice tx_id; /* as claimed */
	struct qiao_slice extension;
	struct qiao_slice creator;
	struct qiao_slice nonce;
	struct qiao_slice data; /* Payload.data */
};
enum qiao_fabric_header_status {
	QIAO_FABRIC_HEADER_OK = 0,
	QIAO_FABRIC_HEADER_BAD_PAYLOAD, /* no Payload */
	QIAO_FABRIC_HEADER_BAD,         /* Payload, but no usable Header */
	/* a channel header, which *out has; no signature header */
	QIAO_FABRIC_HEADER_BAD_SIGNER,
};
enum qiao_fabric_header_status qiao_fabric_header_parse(
	struct qiao_fabric_header *out, struct qiao_pb_arena *a,
	struct qiao_slice payload);

/* Does the block hold one entry, of type CONFIG? False for a thin block. */
bool qiao_fabric_block_is_config(const struct qiao_fabric_block *b);

#endif
