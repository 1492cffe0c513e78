/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/codec/mp.h"

#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <msgpack/pack.h>

#include <string.h>

enum mp_type {
	MP_REFUSED = 0, /* maps, floats, ext, the reserved tag */
	MP_NIL,
	MP_BOOL,
	MP_UINT,
	MP_NEGATIVE, /* v holds the two's complement */
	MP_BIN,
	MP_STR,
	MP_ARRAY,
};

/* A value without the elements of an array, which follow it. */
struct mp_token {
	enum mp_type type;
	uint64_t v;             /* number, boolean, length, element count */
	struct qiao_slice body; /* of MP_BIN, MP_STR */
};

/*
 * The tags c0 to df: what they start, the width of the number after the tag,
 * and the least number (of a negative one: its complement) that does not fit
 * the next shorter form.
 */
static const struct mp_form {
	enum mp_type type;
	size_t width;
	uint64_t least;
} forms[0x20] = {
	/* clang-format off */
	[0x00] = { MP_NIL, 0, 0 },
	[0x02] = { MP_BOOL, 0, 0 },
	[0x03] = { MP_BOOL, 0, 0 },
	[0x04] = { MP_BIN, 1, 0 },
	[0x05] = { MP_BIN, 2, 0x100 },
	[0x06] = { MP_BIN, 4, 0x10000 },
	[0x0c] = { MP_UINT, 1, 0x80 },
	[0x0d] = { MP_UINT, 2, 0x100 },
	[0x0e] = { MP_UINT, 4, 0x10000 },
	[0x0f] = { MP_UINT, 8, 0x100000000 },
	[0x10] = { MP_NEGATIVE, 1, 0x20 },
	[0x11] = { MP_NEGATIVE, 2, 0x80 },
	[0x12] = { MP_NEGATIVE, 4, 0x8000 },
	[0x13] = { MP_NEGATIVE, 8, 0x80000000 },
	[0x19] = { MP_STR, 1, 0x20 },
	[0x1a] = { MP_STR, 2, 0x100 },
	[0x1b] = { MP_STR, 4, 0x10000 },
	[0x1c] = { MP_ARRAY, 2, 0x10 },
	[0x1d] = { MP_ARRAY, 4, 0x10000 },
	/* clang-format on */
};

static uint64_t number_get(struct qiao_reader *r, size_t width)
{
	switch (width) {
	case 1:
		return qiao_get_u8(r);
	case 2:
		return qiao_get_u16(r);
	case 4:
		return qiao_get_u32(r);
	case 8:
		return qiao_get_u64(r);
	}
	return 0;
}

/* Widen the two's complement of `width` bytes to 64 bits. */
static uint64_t sign_extend(uint64_t v, size_t width)
{
	uint64_t sign = (uint64_t)1 << (width * 8 - 1);

	return (v ^ sign) - sign;
}

/* Tags c0 to df, in the shortest form only. */
static void long_form_get(struct mp_token *t, struct qiao_reader *r,
			  uint8_t tag)
{
	const struct mp_form *f = &forms[tag - 0xc0];
	uint64_t size;

	t->type = f->type;
	t->v = f->type == MP_BOOL ? tag & 1 : number_get(r, f->width);
	size = t->v;
	if (f->type == MP_NEGATIVE) {
		t->v = sign_extend(t->v, f->width);
		size = t->v >> 63 ? ~t->v : 0; /* 0: not negative, refused */
	}
	if (f->type == MP_REFUSED || size < f->least)
		qiao_reader_fail(r, QIAO_E_NONCANON);
}

static void short_form_get(struct mp_token *t, uint8_t tag)
{
	if (tag <= 0x7f) {
		t->type = MP_UINT;
		t->v = tag;
	} else if (tag >= 0xe0) {
		t->type = MP_NEGATIVE;
		t->v = sign_extend(tag, 1);
	} else if (tag >= 0xa0) {
		t->type = MP_STR;
		t->v = tag & 0x1f;
	} else if (tag >= 0x90) {
		t->type = MP_ARRAY;
		t->v = tag & 0x0f;
	}
}

/* MP_REFUSED when the reader has failed, before or here. */
static struct mp_token token_get(struct qiao_reader *r)
{
	struct mp_token t = { .type = MP_REFUSED };
	uint8_t tag = qiao_get_u8(r);

	if (tag >= 0xc0 && tag <= 0xdf)
		long_form_get(&t, r, tag);
	else
		short_form_get(&t, tag);
	if (t.type == MP_REFUSED)
		qiao_reader_fail(r, QIAO_E_NONCANON); /* 80 to 8f: maps */
	if (t.type == MP_BIN || t.type == MP_STR)
		t.body = qiao_get(r, (size_t)t.v);
	if (t.type == MP_STR && !qiao_utf8_valid(t.body))
		qiao_reader_fail(r, QIAO_E_NONCANON);
	/* an element takes at least a byte: no count beats the input */
	if (t.type == MP_ARRAY && t.v > r->left)
		qiao_reader_fail(r, QIAO_E_TRUNCATED);
	if (r->err != QIAO_OK)
		return (struct mp_token){ .type = MP_REFUSED };
	return t;
}

/* Take one value whole. No recursion, constant memory. */
static void value_skip(struct qiao_reader *r)
{
	size_t todo[QIAO_MP_DEPTH_MAX]; /* still to come, per open array */
	size_t depth = 0;

	do {
		struct mp_token t = token_get(r);

		if (t.type == MP_ARRAY && depth == QIAO_MP_DEPTH_MAX)
			qiao_reader_fail(r, QIAO_E_NONCANON);
		if (r->err != QIAO_OK)
			return;
		if (t.type == MP_ARRAY && t.v > 0) {
			todo[depth++] = (size_t)t.v;
			continue;
		}
		while (depth > 0 && --todo[depth - 1] == 0)
			depth--;
	} while (depth > 0);
}

qiao_err qiao_mp_check(struct qiao_slice in)
{
	struct qiao_reader r = qiao_reader_of(in);

	value_skip(&r);
	return qiao_reader_finish(&r) == QIAO_OK ? QIAO_OK : QIAO_E_NONCANON;
}

qiao_err qiao_mp_open(struct qiao_mp *m, struct qiao_slice in)
{
	qiao_err err = qiao_mp_check(in);

	m->r = qiao_reader_of(err == QIAO_OK ? in : qiao_slice_of(NULL, 0));
	qiao_mp_fail(m, err);
	return err;
}

/* The next value, which must be of this type. */
static struct mp_token typed_get(struct qiao_mp *m, enum mp_type type)
{
	struct mp_token t = token_get(&m->r);

	if (t.type == type)
		return t;
	qiao_mp_fail(m, QIAO_E_MALFORMED);
	return (struct mp_token){ .type = MP_REFUSED };
}

size_t qiao_mp_array(struct qiao_mp *m, size_t max)
{
	struct mp_token t = typed_get(m, MP_ARRAY);

	if (t.v <= max)
		return (size_t)t.v;
	qiao_mp_fail(m, QIAO_E_LIMIT);
	return 0;
}

void qiao_mp_array_of(struct qiao_mp *m, size_t n)
{
	if (typed_get(m, MP_ARRAY).v != n)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

uint64_t qiao_mp_uint(struct qiao_mp *m, uint64_t max)
{
	struct mp_token t = typed_get(m, MP_UINT);

	if (t.v <= max)
		return t.v;
	qiao_mp_fail(m, QIAO_E_LIMIT);
	return 0;
}

int64_t qiao_mp_int(struct qiao_mp *m)
{
	struct mp_token t = token_get(&m->r);

	if (t.type == MP_NEGATIVE)
		return -(int64_t)~t.v - 1;
	if (t.type == MP_UINT && t.v <= INT64_MAX)
		return (int64_t)t.v;
	qiao_mp_fail(m, t.type == MP_UINT ? QIAO_E_LIMIT : QIAO_E_MALFORMED);
	return 0;
}

int64_t qiao_mp_time(struct qiao_mp *m)
{
	int64_t ms = qiao_mp_int(m);

	if (ms >= QIAO_TIME_MS_MIN && ms <= QIAO_TIME_MS_MAX)
		return ms;
	qiao_mp_fail(m, QIAO_E_LIMIT);
	return 0;
}

bool qiao_mp_bool(struct qiao_mp *m)
{
	return typed_get(m, MP_BOOL).v != 0;
}

bool qiao_mp_nil(struct qiao_mp *m)
{
	if (qiao_peek_u8(&m->r) != 0xc0)
		return false;
	qiao_get_u8(&m->r);
	return true;
}

static struct qiao_slice body_get(struct qiao_mp *m, enum mp_type type,
				  size_t max)
{
	struct mp_token t = typed_get(m, type);

	if (t.body.n <= max)
		return t.body;
	qiao_mp_fail(m, QIAO_E_LIMIT);
	return qiao_slice_of(NULL, 0);
}

struct qiao_slice qiao_mp_bin(struct qiao_mp *m, size_t max)
{
	return body_get(m, MP_BIN, max);
}

void qiao_mp_bin_into(struct qiao_mp *m, void *out, size_t n)
{
	struct qiao_slice s = body_get(m, MP_BIN, n);

	if (s.n != n)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	if (m->r.err != QIAO_OK)
		memset(out, 0, n);
	else if (n > 0)
		memcpy(out, s.p, n);
}

struct qiao_slice qiao_mp_str(struct qiao_mp *m, size_t max)
{
	return body_get(m, MP_STR, max);
}

void qiao_mp_str_into(struct qiao_mp *m, char *out, size_t size)
{
	struct qiao_slice s = body_get(m, MP_STR, size - 1);

	if (!qiao_str_copy(out, size, s))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

struct qiao_hash qiao_mp_hash(struct qiao_mp *m)
{
	struct qiao_hash h = { { 0 } };

	qiao_mp_bin_into(m, h.b, sizeof(h.b));
	return h;
}

struct qiao_slice qiao_mp_raw(struct qiao_mp *m)
{
	struct qiao_slice before = { m->r.p, m->r.left };

	value_skip(&m->r);
	if (m->r.err != QIAO_OK)
		return qiao_slice_of(NULL, 0);
	return qiao_slice_of(before.p, before.n - m->r.left);
}

void qiao_mp_fail(struct qiao_mp *m, qiao_err err)
{
	qiao_reader_fail(&m->r, err);
}

qiao_err qiao_mp_finish(const struct qiao_mp *m)
{
	return qiao_reader_finish(&m->r);
}

static int packed_put(void *data, const char *p, size_t n)
{
	struct qiao_buf *b = data;

	qiao_buf_put_mem(b, p, n);
	return b->err == QIAO_OK ? 0 : -1;
}

static msgpack_packer packer_of(struct qiao_buf *b)
{
	return (msgpack_packer){ b, packed_put };
}

void qiao_mp_put_array(struct qiao_buf *b, size_t n)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_array(&pk, n);
}

void qiao_mp_put_uint(struct qiao_buf *b, uint64_t v)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_uint64(&pk, v);
}

void qiao_mp_put_int(struct qiao_buf *b, int64_t v)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_int64(&pk, v);
}

void qiao_mp_put_bool(struct qiao_buf *b, bool v)
{
	msgpack_packer pk = packer_of(b);

	if (v)
		msgpack_pack_true(&pk);
	else
		msgpack_pack_false(&pk);
}

void qiao_mp_put_nil(struct qiao_buf *b)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_nil(&pk);
}

void qiao_mp_put_bin(struct qiao_buf *b, struct qiao_slice v)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_bin_with_body(&pk, v.p, v.n);
}

void qiao_mp_put_str(struct qiao_buf *b, struct qiao_slice v)
{
	msgpack_packer pk = packer_of(b);

	msgpack_pack_str_with_body(&pk, v.p, v.n);
}

void qiao_mp_put_cstr(struct qiao_buf *b, const char *v)
{
	qiao_mp_put_str(b, qiao_slice_str(v));
}

void qiao_mp_put_hash(struct qiao_buf *b, const struct qiao_hash *v)
{
	qiao_mp_put_bin(b, qiao_slice_hash(v));
}

void qiao_mp_put_raw(struct qiao_buf *b, struct qiao_slice encoded)
{
	qiao_buf_put(b, encoded);
}
