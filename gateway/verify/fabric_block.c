/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_block.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

static qiao_err malformed(struct qiao_why *why, const char *what)
{
	return qiao_fail(why, QIAO_E_MALFORMED,
			 "block: %s; ask another node for this block", what);
}

/* The next field of a strictly read message: higher than the last, minimal. */
static bool next_strict(struct qiao_reader *r, struct qiao_pb_field *f,
			uint32_t last)
{
	if (!qiao_pb_next(r, f))
		return false;
	if (!f->tag_minimal || !f->minimal || f->number < last)
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	return r->err == QIAO_OK;
}

static qiao_err parse_header(struct qiao_fabric_block *b, struct qiao_slice in)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;
	uint32_t last = 0;

	while (next_strict(&r, &f, last + 1)) {
		last = f.number;
		if (f.number == 1 && f.wire == QIAO_PB_VARINT &&
		    f.varint != 0 && f.varint <= QIAO_HEIGHT_MAX)
			b->number = f.varint;
		else if (f.number == 2 && f.wire == QIAO_PB_LEN && f.bytes.n)
			b->previous_hash = f.bytes;
		else if (f.number == 3 && f.wire == QIAO_PB_LEN)
			b->data_hash = f.bytes;
		else
			return QIAO_E_MALFORMED;
	}
	if (qiao_reader_finish(&r) != QIAO_OK)
		return QIAO_E_MALFORMED;
	if (b->data_hash.n != QIAO_HASH_LEN ||
	    b->previous_hash.n != (b->number ? QIAO_HASH_LEN : 0))
		return QIAO_E_MALFORMED;
	return QIAO_OK;
}

/* BlockData and BlockMetadata: nothing but field 1, bytes, any number. */
static qiao_err count_items(size_t *n, struct qiao_slice in, size_t max)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;

	*n = 0;
	while (next_strict(&r, &f, 1)) {
		if (f.number != 1 || f.wire != QIAO_PB_LEN)
			return QIAO_E_MALFORMED;
		if (++*n > max)
			return QIAO_E_LIMIT;
	}
	return qiao_reader_finish(&r) == QIAO_OK ? QIAO_OK : QIAO_E_MALFORMED;
}

static qiao_err parse_metadata(struct qiao_fabric_block *b,
			       struct qiao_slice in)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 1);
	struct qiao_slice slot;
	size_t n;
	qiao_err err = count_items(&n, in, QIAO_FABRIC_SLOTS_MAX);

	if (err != QIAO_OK)
		return err;
	for (size_t i = 0; qiao_pb_each(&it, &slot); i++) {
		if (i == 0)
			b->signatures = slot;
		else if (i == 2)
			b->filter = slot;
	}
	return QIAO_OK;
}

static uint8_t *put_octets(uint8_t *p, struct qiao_slice s)
{
	*p++ = 0x04;
	*p++ = (uint8_t)s.n;
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

/* INTEGER in two's complement: a leading zero keeps a set top bit positive. */
static uint8_t *put_integer(uint8_t *p, uint64_t v)
{
	uint8_t be[9] = { 0 };
	size_t skip = 0;

	for (size_t i = 0; i < 8; i++)
		be[8 - i] = (uint8_t)(v >> (8 * i));
	while (skip < 8 && be[skip] == 0 && !(be[skip + 1] & 0x80))
		skip++;
	*p++ = 0x02;
	*p++ = (uint8_t)(9 - skip);
	memcpy(p, be + skip, 9 - skip);
	return p + 9 - skip;
}

/* Source: fabric protoutil/blockutils.go BlockHeaderBytes, asn1Header. */
static void hash_header(struct qiao_fabric_block *b)
{
	uint8_t *p = b->der + 2;

	p = put_integer(p, b->number);
	p = put_octets(p, b->previous_hash);
	p = put_octets(p, b->data_hash);
	b->der_n = (size_t)(p - b->der);
	b->der[0] = 0x30;
	b->der[1] = (uint8_t)(b->der_n - 2); /* at most 79: one length byte */
	qiao_sha256(&b->hash, qiao_slice_of(b->der, b->der_n));
}

static qiao_err parse_parts(struct qiao_fabric_block *b, struct qiao_slice in,
			    const char **what)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;
	uint32_t last = 0;
	qiao_err err = QIAO_OK;

	b->thin = true;
	*what = "not a Block in its one encoding";
	while (err == QIAO_OK && next_strict(&r, &f, last + 1)) {
		if (f.wire != QIAO_PB_LEN || f.number > 3 ||
		    (last == 0 && f.number != 1))
			return QIAO_E_MALFORMED;
		last = f.number;
		if (f.number == 1) {
			*what = "header is not well-formed";
			err = parse_header(b, f.bytes);
		} else if (f.number == 2) {
			*what = "data is not well-formed";
			b->thin = false;
			b->data = f.bytes;
			err = count_items(&b->entries, f.bytes,
					  QIAO_BLOCK_TXS_MAX);
		} else {
			*what = "metadata is not well-formed";
			err = parse_metadata(b, f.bytes);
		}
	}
	if (err == QIAO_OK &&
	    (qiao_reader_finish(&r) != QIAO_OK || last == 0)) {
		*what = "not a Block in its one encoding, or cut short";
		err = QIAO_E_MALFORMED;
	}
	return err;
}

qiao_err qiao_fabric_block_parse(struct qiao_fabric_block *out,
				 struct qiao_slice in, struct qiao_why *why)
{
	const char *what = "";
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_BLOCK_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "block of %zu bytes, the limit is %zu", in.n,
				 QIAO_BLOCK_MAX);
	err = parse_parts(out, in, &what);
	if (err != QIAO_OK) {
		memset(out, 0, sizeof(*out));
		malformed(why, what);
		return err;
	}
	hash_header(out);
	return QIAO_OK;
}

struct qiao_pb_iter qiao_fabric_block_entries(const struct qiao_fabric_block *b)
{
	return qiao_pb_iter(b->data, 1);
}

static bool take_field(struct qiao_slice *out, struct qiao_reader *r,
		       uint32_t number)
{
	struct qiao_pb_field f;

	if (!qiao_pb_next(r, &f) || f.number != number ||
	    f.wire != QIAO_PB_LEN || !f.tag_minimal || !f.minimal ||
	    f.bytes.n == 0)
		return false;
	*out = f.bytes;
	return true;
}

/*
 * Go decodes, encodes and compares. Unknown fields survive that at the end,
 * with their tag in its shortest form and their value as it was; a field 1 or 2
 * of another wire type counts as unknown.
 */
bool qiao_fabric_envelope_parse(struct qiao_fabric_envelope *out,
				struct qiao_slice entry)
{
	struct qiao_reader r = qiao_reader_of(entry);
	struct qiao_pb_field f;

	memset(out, 0, sizeof(*out));
	if (!take_field(&out->payload, &r, 1) ||
	    !take_field(&out->signature, &r, 2))
		goto refuse;
	while (qiao_pb_next(&r, &f))
		if (!f.tag_minimal || (f.number <= 2 && f.wire == QIAO_PB_LEN))
			goto refuse;
	if (qiao_reader_finish(&r) == QIAO_OK)
		return true;
refuse:
	memset(out, 0, sizeof(*out));
	return false;
}

/*
 * The genesis block's one entry is made by a tool and carries no signature,
 * unless a system channel of old made the channel.
 */
static bool entry_is_canonical(const struct qiao_fabric_block *b,
			       struct qiao_slice entry)
{
	struct qiao_fabric_envelope env;
	struct qiao_reader r = qiao_reader_of(entry);

	if (b->number == 0 && b->entries == 1 &&
	    take_field(&env.payload, &r, 1) && r.left == 0)
		return true;
	return qiao_fabric_envelope_parse(&env, entry);
}

qiao_err qiao_fabric_block_check_data(const struct qiao_fabric_block *b,
				      struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(b);
	struct qiao_sha256_ctx *c;
	struct qiao_slice entry;
	struct qiao_hash h;

	if (b->thin)
		return qiao_fail(why, QIAO_E_STATE, "block has no data");
	if (b->entries == 0)
		return qiao_fail(why, QIAO_E_NONCANON,
				 "block has no entry; no orderer makes such");
	c = qiao_sha256_new();
	if (!c)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	for (size_t i = 0; qiao_pb_each(&it, &entry); i++) {
		if (!entry_is_canonical(b, entry)) {
			qiao_sha256_end(c, &h);
			return qiao_fail(why, QIAO_E_NONCANON,
					 "entry %zu is not one envelope in its "
					 "one encoding; ask another node",
					 i);
		}
		qiao_sha256_add(c, entry);
	}
	qiao_sha256_end(c, &h);
	if (!qiao_slice_eq(qiao_slice_hash(&h), b->data_hash))
		return qiao_fail(why, QIAO_E_HASH,
				 "entries do not hash to the header's "
				 "data_hash; ask another node");
	return QIAO_OK;
}

enum qiao_fabric_header_status qiao_fabric_header_parse(
	struct qiao_fabric_header *out, struct qiao_pb_arena *a,
	struct qiao_slice payload)
{
	struct qiao_slice header, ch, sh;

	memset(out, 0, sizeof(*out));
	if (qiao_pb_check(&qiao_pb_payload, payload) != QIAO_OK)
		return QIAO_FABRIC_HEADER_BAD_PAYLOAD;
	if (!qiao_pb_message(a, &header, payload, 1))
		return QIAO_FABRIC_HEADER_BAD;
	ch = qiao_pb_bytes(header, 1);
	sh = qiao_pb_bytes(header, 2);
	if (qiao_pb_check(&qiao_pb_channel_header, ch) != QIAO_OK)
		return QIAO_FABRIC_HEADER_BAD;
	out->channel_header = ch;
	out->type = (int32_t)(uint32_t)qiao_pb_uint(ch, 1);
	out->channel = qiao_pb_bytes(ch, 4);
	out->tx_id = qiao_pb_bytes(ch, 5);
	out->epoch = qiao_pb_uint(ch, 6);
	out->extension = qiao_pb_bytes(ch, 7);
	if (qiao_pb_check(&qiao_pb_signature_header, sh) != QIAO_OK)
		return QIAO_FABRIC_HEADER_BAD_SIGNER;
	out->signature_header = sh;
	out->creator = qiao_pb_bytes(sh, 1);
	out->nonce = qiao_pb_bytes(sh, 2);
	out->data = qiao_pb_bytes(payload, 2);
	return QIAO_FABRIC_HEADER_OK;
}

bool qiao_fabric_block_is_config(const struct qiao_fabric_block *b)
{
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_fabric_header h;
	struct qiao_slice entry = qiao_pb_bytes(b->data, 1);
	enum qiao_fabric_header_status status = QIAO_FABRIC_HEADER_BAD;
	bool is;

	if (b->entries == 1)
		status = qiao_fabric_header_parse(&h, &a,
						  qiao_pb_bytes(entry, 1));
	is = (status == QIAO_FABRIC_HEADER_OK ||
	      status == QIAO_FABRIC_HEADER_BAD_SIGNER) &&
	     a.err == QIAO_OK && h.type == QIAO_FABRIC_TYPE_CONFIG;
	qiao_pb_arena_free(&a);
	return is;
}
