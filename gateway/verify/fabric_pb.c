/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_pb.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>

#define FIELD_NUMBER_MAX ((UINT32_C(1) << 29) - 1)

uint64_t qiao_pb_get_varint(struct qiao_reader *r, bool *minimal)
{
	uint64_t v = 0;

	*minimal = true;
	for (unsigned int i = 0; i < 10; i++) {
		uint8_t b = qiao_get_u8(r);

		if (r->err != QIAO_OK)
			return 0;
		if (i == 9 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if (!(b & 0x80)) {
			*minimal = i == 0 || b != 0;
			return v;
		}
	}
	qiao_reader_fail(r, QIAO_E_MALFORMED);
	return 0;
}

uint32_t qiao_pb_get_tag(struct qiao_reader *r, unsigned int *wire,
			 bool *minimal, uint32_t number_max)
{
	uint64_t tag = qiao_pb_get_varint(r, minimal);

	*wire = (unsigned int)(tag & 7);
	tag >>= 3;
	if (r->err == QIAO_OK && (tag == 0 || tag > number_max))
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	return r->err == QIAO_OK ? (uint32_t)tag : 0;
}

struct qiao_slice qiao_pb_get_len(struct qiao_reader *r, bool *minimal)
{
	uint64_t n = qiao_pb_get_varint(r, minimal);

	if (n > r->left)
		qiao_reader_fail(r, QIAO_E_TRUNCATED);
	return qiao_get(r, r->err == QIAO_OK ? (size_t)n : 0);
}

bool qiao_pb_next(struct qiao_reader *r, struct qiao_pb_field *f)
{
	unsigned int wire;

	memset(f, 0, sizeof(*f));
	if (r->err != QIAO_OK || r->left == 0)
		return false;
	f->number =
		qiao_pb_get_tag(r, &wire, &f->tag_minimal, FIELD_NUMBER_MAX);
	f->minimal = true;
	switch (wire) {
	case QIAO_PB_VARINT:
		f->varint = qiao_pb_get_varint(r, &f->minimal);
		break;
	case QIAO_PB_I64:
		qiao_get(r, 8);
		break;
	case QIAO_PB_LEN:
		f->bytes = qiao_pb_get_len(r, &f->minimal);
		break;
	case QIAO_PB_GROUP:
		qiao_pb_skip_group(r, f->number);
		break;
	case QIAO_PB_I32:
		qiao_get(r, 4);
		break;
	default: /* 4 closes nothing here; 6 and 7 do not exist */
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		return false;
	}
	f->wire = (enum qiao_pb_wire)wire;
	return r->err == QIAO_OK;
}

static const struct qiao_pb_member *find(const struct qiao_pb_message *m,
					 uint32_t number)
{
	for (const struct qiao_pb_member *it = m->members; it->number; it++)
		if (it->number == number)
			return it;
	return NULL;
}

static qiao_err check(const struct qiao_pb_message *m, struct qiao_slice in,
		      unsigned int depth)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;

	if (depth > QIAO_PB_DEPTH_MAX)
		return QIAO_E_LIMIT;
	while (qiao_pb_next(&r, &f)) {
		const struct qiao_pb_member *is = find(m, f.number);
		qiao_err err = QIAO_OK;

		if (!is || f.wire != QIAO_PB_LEN)
			continue;
		if (is->type == QIAO_PB_STRING && !qiao_utf8_valid(f.bytes))
			return QIAO_E_MALFORMED;
		if (is->type == QIAO_PB_MESSAGE)
			err = check(is->message, f.bytes, depth + 1);
		if (err != QIAO_OK)
			return err;
	}
	return r.err == QIAO_OK ? QIAO_OK : QIAO_E_MALFORMED;
}

qiao_err qiao_pb_check(const struct qiao_pb_message *m, struct qiao_slice in)
{
	return check(m, in, 0);
}

uint64_t qiao_pb_uint(struct qiao_slice in, uint32_t number)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;
	uint64_t v = 0;

	while (qiao_pb_next(&r, &f))
		if (f.number == number && f.wire == QIAO_PB_VARINT)
			v = f.varint;
	return v;
}

struct qiao_slice qiao_pb_bytes(struct qiao_slice in, uint32_t number)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, number);
	struct qiao_slice last = { NULL, 0 };

	while (qiao_pb_each(&it, &last))
		continue;
	return last;
}

struct qiao_pb_iter qiao_pb_iter(struct qiao_slice in, uint32_t number)
{
	return (struct qiao_pb_iter){ qiao_reader_of(in), number };
}

bool qiao_pb_each(struct qiao_pb_iter *it, struct qiao_slice *out)
{
	struct qiao_pb_field f;

	while (qiao_pb_next(&it->r, &f)) {
		if (f.number != it->number || f.wire != QIAO_PB_LEN)
			continue;
		*out = f.bytes;
		return true;
	}
	return false;
}

size_t qiao_pb_count(struct qiao_slice in, uint32_t number)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, number);
	struct qiao_slice item;
	size_t n = 0;

	while (qiao_pb_each(&it, &item))
		n++;
	return n;
}

struct qiao_pb_chunk {
	struct qiao_pb_chunk *next;
	uint8_t bytes[];
};

void qiao_pb_arena_free(struct qiao_pb_arena *a)
{
	while (a->chunks) {
		struct qiao_pb_chunk *c = a->chunks;

		a->chunks = c->next;
		qiao_free(c);
	}
	a->err = QIAO_OK;
}

static uint8_t *arena_take(struct qiao_pb_arena *a, size_t n)
{
	struct qiao_pb_chunk *c = qiao_malloc(sizeof(*c) + n);

	if (!c) {
		a->err = QIAO_E_NOMEM;
		return NULL;
	}
	c->next = a->chunks;
	a->chunks = c;
	return c->bytes;
}

/*
 * All pieces are counted first and copied once: a client chooses how many there
 * are, and joining them one by one would take the square of that.
 */
static struct qiao_slice join(struct qiao_pb_arena *a, struct qiao_slice in,
			      uint32_t number, size_t total)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, number);
	uint8_t *p = arena_take(a, total);
	struct qiao_slice part;
	size_t at = 0;

	while (p && qiao_pb_each(&it, &part)) {
		if (part.n)
			memcpy(p + at, part.p, part.n);
		at += part.n;
	}
	return qiao_slice_of(p, p ? total : 0);
}

bool qiao_pb_message(struct qiao_pb_arena *a, struct qiao_slice *out,
		     struct qiao_slice in, uint32_t number)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, number);
	struct qiao_slice part;
	size_t parts = 0, total = 0;

	*out = qiao_slice_of(NULL, 0);
	while (qiao_pb_each(&it, &part)) {
		parts++;
		total += part.n;
		*out = part;
	}
	if (parts > 1)
		*out = join(a, in, number, total);
	return parts > 0;
}

uint32_t qiao_pb_oneof(struct qiao_pb_arena *a, struct qiao_slice *out,
		       struct qiao_slice in,
		       const struct qiao_pb_member *members)
{
	const struct qiao_pb_message m = { members };
	const struct qiao_pb_member *set = NULL, *is;
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_slice rest = in, at = in;
	struct qiao_pb_field f;

	*out = qiao_slice_of(NULL, 0);
	for (; qiao_pb_next(&r, &f); at = qiao_slice_of(r.p, r.left)) {
		is = find(&m, f.number);
		if (!is || f.wire != (is->type == QIAO_PB_UINT ? QIAO_PB_VARINT
							       : QIAO_PB_LEN))
			continue;
		if (is != set)
			rest = at;
		set = is;
		*out = f.bytes;
	}
	if (!set)
		return 0;
	if (set->type == QIAO_PB_MESSAGE)
		qiao_pb_message(a, out, rest, set->number);
	return set->number;
}

void qiao_pb_put_bytes(struct qiao_buf *out, uint8_t number,
		       struct qiao_slice bytes)
{
	size_t n = bytes.n;

	qiao_buf_put_u8(out, (uint8_t)(number << 3 | QIAO_PB_LEN));
	for (; n >= 0x80; n >>= 7)
		qiao_buf_put_u8(out, (uint8_t)(n | 0x80));
	qiao_buf_put_u8(out, (uint8_t)n);
	qiao_buf_put(out, bytes);
}
