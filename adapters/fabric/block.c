/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/block.h"

#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <string.h>

/* Tags of the fields that are looked at: number << 3 | wire type. */
#define TAG_STATUS    0x08 /* DeliverResponse.status */
#define TAG_DELIVERED 0x12 /* DeliverResponse.block */
#define TAG_HEADER    0x0a /* Block.header */
#define TAG_DATA      0x12
#define TAG_METADATA  0x1a
#define TAG_NUMBER    0x08 /* BlockHeader.number */
#define TAG_SLOT      0x0a /* BlockMetadata.metadata */
#define TAG_VALUE     0x0a /* Metadata.value */
#define TAG_SIGNATURE 0x12 /* Metadata.signatures */
#define TAG_SIG_HEAD  0x0a /* MetadataSignature.signature_header */
#define TAG_CREATOR   0x0a /* SignatureHeader.creator */

static uint64_t get_varint(struct qiao_reader *r)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = qiao_get_u8(r);

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	qiao_reader_fail(r, QIAO_E_MALFORMED);
	return 0;
}

static struct qiao_slice get_bytes(struct qiao_reader *r)
{
	uint64_t n = get_varint(r);

	if (n > r->left)
		qiao_reader_fail(r, QIAO_E_TRUNCATED);
	return qiao_get(r, r->err == QIAO_OK ? (size_t)n : 0);
}

static void put_bytes(struct qiao_buf *b, uint8_t tag, struct qiao_slice s)
{
	size_t n = s.n;

	qiao_buf_put_u8(b, tag);
	for (; n >= 0x80; n >>= 7)
		qiao_buf_put_u8(b, (uint8_t)(n | 0x80));
	qiao_buf_put_u8(b, (uint8_t)n);
	qiao_buf_put(b, s);
}

qiao_err fabric_delivered_parse(struct fabric_delivered *out,
				struct qiao_slice answer)
{
	struct qiao_reader r = qiao_reader_of(answer);
	uint8_t tag = qiao_get_u8(&r);
	uint64_t status = 0;

	memset(out, 0, sizeof(*out));
	if (tag == TAG_STATUS)
		status = get_varint(&r);
	else if (tag == TAG_DELIVERED)
		out->block = get_bytes(&r);
	else
		qiao_reader_fail(&r, QIAO_E_MALFORMED);
	if (tag == TAG_STATUS && (status == 0 || status > 999))
		qiao_reader_fail(&r, QIAO_E_MALFORMED);
	out->status = (int32_t)status;
	if (qiao_reader_finish(&r) != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return qiao_reader_finish(&r);
}

/* --- the parts of a block ------------------------------------------------- */
struct parts {
	struct qiao_slice header, data; /* content */
	bool has_data;
	struct qiao_slice value;      /* of slot 0, content */
	struct qiao_slice signatures; /* of slot 0, from the first field on */
	struct qiao_slice slots;      /* the others, with their tags */
};

static bool next_is(const struct qiao_reader *r, uint8_t tag)
{
	return r->err == QIAO_OK && r->left > 0 && qiao_peek_u8(r) == tag;
}

/* A field that must come now. */
static struct qiao_slice get_field(struct qiao_reader *r, uint8_t tag)
{
	if (!next_is(r, tag))
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	qiao_get_u8(r);
	return get_bytes(r);
}

static struct qiao_slice rest_of(const struct qiao_reader *r)
{
	return qiao_slice_of(r->p, r->err == QIAO_OK ? r->left : 0);
}

static qiao_err parse_slot(struct parts *p, struct qiao_slice slot)
{
	struct qiao_reader r = qiao_reader_of(slot);

	p->value = get_field(&r, TAG_VALUE);
	p->signatures = rest_of(&r);
	while (next_is(&r, TAG_SIGNATURE))
		get_field(&r, TAG_SIGNATURE);
	return qiao_reader_finish(&r);
}

static qiao_err parse(struct parts *p, struct qiao_slice block)
{
	struct qiao_reader r = qiao_reader_of(block), m;
	struct qiao_slice slot;
	qiao_err err;

	memset(p, 0, sizeof(*p));
	p->header = get_field(&r, TAG_HEADER);
	p->has_data = next_is(&r, TAG_DATA);
	if (p->has_data)
		p->data = get_field(&r, TAG_DATA);
	m = qiao_reader_of(get_field(&r, TAG_METADATA));
	err = qiao_reader_finish(&r);
	if (err != QIAO_OK)
		return err;
	slot = get_field(&m, TAG_SLOT);
	p->slots = rest_of(&m);
	return m.err == QIAO_OK ? parse_slot(p, slot) : m.err;
}

qiao_err fabric_block_number(uint64_t *number, struct qiao_slice block)
{
	struct qiao_reader r = qiao_reader_of(block);
	struct qiao_reader header = qiao_reader_of(get_field(&r, TAG_HEADER));

	*number = 0;
	if (r.err != QIAO_OK)
		return r.err;
	if (!next_is(&header, TAG_NUMBER)) /* number 0 is left out */
		return QIAO_OK;
	qiao_get_u8(&header);
	*number = get_varint(&header);
	return header.err;
}

qiao_err fabric_block_signers(size_t *n, struct qiao_slice block)
{
	struct qiao_reader r;
	struct parts p;
	qiao_err err = parse(&p, block);

	*n = 0;
	if (err != QIAO_OK)
		return err;
	r = qiao_reader_of(p.signatures);
	while (next_is(&r, TAG_SIGNATURE)) {
		get_field(&r, TAG_SIGNATURE);
		(*n)++;
	}
	return QIAO_OK;
}

/* --- joining -------------------------------------------------------------- */
static struct qiao_slice creator_of(struct qiao_slice signature)
{
	struct qiao_reader r = qiao_reader_of(signature);
	struct qiao_reader header = qiao_reader_of(get_field(&r, TAG_SIG_HEAD));

	return get_field(&header, TAG_CREATOR);
}

static bool has_signer(struct qiao_slice signatures, struct qiao_slice creator)
{
	struct qiao_reader r = qiao_reader_of(signatures);

	while (next_is(&r, TAG_SIGNATURE))
		if (qiao_slice_eq(creator_of(get_field(&r, TAG_SIGNATURE)),
				  creator))
			return true;
	return false;
}

/* Those of `more` whose signer is not in `have`; BFT ones name nobody there. */
static void put_new(struct qiao_buf *out, struct qiao_slice have,
		    struct qiao_slice more)
{
	struct qiao_reader r = qiao_reader_of(more);
	size_t n = 0;

	while (next_is(&r, TAG_SIGNATURE) && n++ < QIAO_SIGNATURES_MAX) {
		struct qiao_slice sig = get_field(&r, TAG_SIGNATURE);
		struct qiao_slice creator = creator_of(sig);

		if (creator.n > 0 && !has_signer(have, creator))
			put_bytes(out, TAG_SIGNATURE, sig);
	}
}

/* What stands around the parts: tags and lengths. */
#define FRAME 64

static void put_block(struct qiao_buf *out, struct qiao_buf *slot,
		      struct qiao_buf *metadata, const struct parts *a,
		      const struct parts *b)
{
	put_bytes(slot, TAG_VALUE, a->value);
	qiao_buf_put(slot, a->signatures);
	put_new(slot, a->signatures, b->signatures);
	put_bytes(metadata, TAG_SLOT, qiao_buf_slice(slot));
	qiao_buf_put(metadata, a->slots);
	qiao_buf_reserve(out, a->header.n + a->data.n + metadata->n + FRAME);
	put_bytes(out, TAG_HEADER, a->header);
	if (a->has_data)
		put_bytes(out, TAG_DATA, a->data);
	put_bytes(out, TAG_METADATA, qiao_buf_slice(metadata));
	if (slot->err != QIAO_OK || metadata->err != QIAO_OK)
		out->err = QIAO_E_NOMEM;
}

qiao_err fabric_block_join(struct qiao_buf *out, struct qiao_slice block,
			   struct qiao_slice other)
{
	struct qiao_buf slot = QIAO_BUF, metadata = QIAO_BUF;
	struct parts a, b;
	qiao_err err = parse(&a, block);

	if (err == QIAO_OK)
		err = parse(&b, other);
	if (err != QIAO_OK)
		return err;
	if (!qiao_slice_eq(a.header, b.header) ||
	    !qiao_slice_eq(a.value, b.value))
		return QIAO_E_CONFLICT;
	put_block(out, &slot, &metadata, &a, &b);
	qiao_buf_free(&slot);
	qiao_buf_free(&metadata);
	return out->err;
}
