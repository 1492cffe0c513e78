/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol buffers on the cursor, as far as Fabric's messages need them.
 *
 * Fabric decodes with Go's proto.Unmarshal, and who may choose bytes (clients
 * choose those of their transactions) may choose any encoding that it accepts:
 * fields in any order, unknown ones, numbers that are not minimal, a field
 * twice. So a message is first checked against its schema, which fails exactly
 * where Go fails, and then asked for fields, which gives what Go gives: the
 * last of several scalars, the join of several occurrences of one message.
 * Where one encoding is the rule (blocks, envelopes) the caller reads field by
 * field with qiao_pb_next and looks at `minimal`.
 *
 * Source: google.golang.org/protobuf encoding/protowire and internal/impl.
 */
#ifndef GATEWAY_VERIFY_FABRIC_PB_H
#define GATEWAY_VERIFY_FABRIC_PB_H

#include "gateway/base/buf.h"
#include "gateway/base/reader.h"

/* Messages inside messages of our schemas; SignaturePolicy and ConfigGroup
 * contain themselves. Real ones stay below 10. */
#define QIAO_PB_DEPTH_MAX 64
/* Groups inside groups of an unknown field: Go's own limit. */
#define QIAO_PB_GROUPS_MAX 10000

enum qiao_pb_wire {
	QIAO_PB_VARINT = 0,
	QIAO_PB_I64 = 1,
	QIAO_PB_LEN = 2,
	QIAO_PB_GROUP = 3,
	QIAO_PB_I32 = 5,
};

struct qiao_pb_field {
	uint32_t number;
	enum qiao_pb_wire wire;
	uint64_t varint;         /* VARINT */
	struct qiao_slice bytes; /* LEN; borrowed from the input */
	bool tag_minimal;        /* the tag had its shortest form */
	bool minimal;            /* so had length or number */
};

/* The pieces. A varint has at most ten bytes, the tenth at most 1: 64 bits. */
uint64_t qiao_pb_get_varint(struct qiao_reader *r, bool *minimal);
uint32_t qiao_pb_get_tag(struct qiao_reader *r, unsigned int *wire,
			 bool *minimal, uint32_t number_max);
struct qiao_slice qiao_pb_get_len(struct qiao_reader *r, bool *minimal);
/* Go's ConsumeTag allows higher numbers inside a group than outside. */
#define QIAO_PB_GROUP_NUMBER_MAX INT32_MAX
void qiao_pb_skip_group(struct qiao_reader *r, uint32_t number);

/* False at the end and on failure: ask r->err, or qiao_reader_finish. */
bool qiao_pb_next(struct qiao_reader *r, struct qiao_pb_field *f);

enum qiao_pb_type {
	QIAO_PB_UINT = 1, /* any varint: numbers, enums, booleans */
	QIAO_PB_BYTES,
	QIAO_PB_STRING, /* UTF-8 */
	QIAO_PB_MESSAGE,
};

struct qiao_pb_member {
	uint32_t number;
	enum qiao_pb_type type;
	const struct qiao_pb_message *message; /* MESSAGE */
};

/* A schema; only members whose content can make Go fail must be named. */
struct qiao_pb_message {
	const struct qiao_pb_member *members; /* ends with .number = 0 */
};

/*
 * QIAO_OK exactly if Go would decode `in` as this message; QIAO_E_MALFORMED
 * otherwise, QIAO_E_LIMIT above QIAO_PB_DEPTH_MAX.
 */
qiao_err qiao_pb_check(const struct qiao_pb_message *m, struct qiao_slice in);

/*
 * Fields of a checked message. Absent: 0, or an empty slice. A field of another
 * wire type is an unknown field and ignored, as in Go.
 */
uint64_t qiao_pb_uint(struct qiao_slice in, uint32_t number);
struct qiao_slice qiao_pb_bytes(struct qiao_slice in, uint32_t number);

/* Walks the occurrences of a repeated field of a checked message. */
struct qiao_pb_iter {
	struct qiao_reader r;
	uint32_t number;
};
struct qiao_pb_iter qiao_pb_iter(struct qiao_slice in, uint32_t number);
bool qiao_pb_each(struct qiao_pb_iter *it, struct qiao_slice *out);
size_t qiao_pb_count(struct qiao_slice in, uint32_t number);

/*
 * Memory for joined messages. Zero-initialise; free once, when no slice made
 * from it is needed. err is sticky (QIAO_E_NOMEM): look at it once, after the
 * last qiao_pb_message.
 */
struct qiao_pb_arena {
	struct qiao_pb_chunk *chunks;
	qiao_err err;
};
void qiao_pb_arena_free(struct qiao_pb_arena *a);
/*
 * A singular message field: false if absent. Several occurrences are joined,
 * for that is what merging them means.
 */
bool qiao_pb_message(struct qiao_pb_arena *a, struct qiao_slice *out,
		     struct qiao_slice in, uint32_t number);

/*
 * Which member of a oneof is set: the last that stands there; 0 for none. *out
 * is its value if it is no number; a message is merged with those directly
 * before it. members: ends with .number = 0.
 */
uint32_t qiao_pb_oneof(struct qiao_pb_arena *a, struct qiao_slice *out,
		       struct qiao_slice in,
		       const struct qiao_pb_member *members);

/* Append a field of bytes, empty ones too; number below 16. */
void qiao_pb_put_bytes(struct qiao_buf *out, uint8_t number,
		       struct qiao_slice bytes);

#endif
