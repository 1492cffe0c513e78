/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/quorum_state.h"

#include "gateway/base/hex.h"
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"

#include <string.h>

#define STATE_VERSION 1
#define HEAD_KEY      "head"
#define ROW_PREFIX    "block/"
#define SET_PREFIX    "set/"
#define DIGITS        20
#define ROW_LEN       (1 + 32 + 8 + 32 + 8 + 32)

/* By hand: this stands in the path of every header. */
static struct qiao_slice row_key(char *out, uint64_t height)
{
	size_t n = strlen(ROW_PREFIX);

	memcpy(out, ROW_PREFIX, n);
	for (size_t i = DIGITS; i-- > 0; height /= 10)
		out[n + i] = (char)('0' + height % 10);
	return qiao_slice_of(out, n + DIGITS);
}

static struct qiao_slice set_key(char *out, const struct qiao_hash *hash)
{
	size_t n = strlen(SET_PREFIX);

	memcpy(out, SET_PREFIX, n);
	qiao_hex_encode(out + n, qiao_slice_hash(hash));
	return qiao_slice_str(out);
}

static struct qiao_hash hash_get(struct qiao_reader *r)
{
	struct qiao_hash h;

	qiao_hash_from(&h, qiao_get(r, QIAO_HASH_LEN));
	return h;
}

/* The row is ours: whatever does not parse is damage. */
static qiao_err row_finish(struct qiao_reader *r, uint8_t version)
{
	bool good =
		qiao_reader_finish(r) == QIAO_OK && version == STATE_VERSION;

	return good ? QIAO_OK : QIAO_E_STATE;
}

qiao_err qiao_quorum_head_get(struct qiao_quorum_head *out,
			      const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_reader r;
	uint8_t version;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = view->get(view->ctx, &b, qiao_slice_str(HEAD_KEY));
	if (err != QIAO_OK)
		goto out;
	r = qiao_reader_of(qiao_buf_slice(&b));
	version = qiao_get_u8(&r);
	out->height = qiao_get_u64(&r);
	out->trust_height = qiao_get_u64(&r);
	out->genesis = hash_get(&r);
	out->set = hash_get(&r);
	err = row_finish(&r, version);
out:
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_quorum_head_put(const struct qiao_quorum_head *h,
			      const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	qiao_buf_put_u8(&b, STATE_VERSION);
	qiao_buf_put_u64(&b, h->height);
	qiao_buf_put_u64(&b, h->trust_height);
	qiao_buf_put(&b, qiao_slice_hash(&h->genesis));
	qiao_buf_put(&b, qiao_slice_hash(&h->set));
	err = b.err;
	if (err == QIAO_OK)
		err = view->put(view->ctx, qiao_slice_str(HEAD_KEY),
				qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_quorum_row_get(struct qiao_quorum_row *out, uint64_t height,
			     const struct qiao_view *view)
{
	char key[sizeof(ROW_PREFIX) + DIGITS];
	struct qiao_buf b = QIAO_BUF;
	struct qiao_reader r;
	uint8_t version;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = view->get(view->ctx, &b, row_key(key, height));
	if (err != QIAO_OK)
		goto out;
	r = qiao_reader_of(qiao_buf_slice(&b));
	version = qiao_get_u8(&r);
	out->height = height;
	out->hash = hash_get(&r);
	out->leaves = qiao_get_u64(&r);
	out->root = hash_get(&r);
	out->time_ms = (int64_t)qiao_get_u64(&r);
	out->set = hash_get(&r);
	err = row_finish(&r, version);
out:
	qiao_buf_free(&b);
	return err;
}

static uint8_t *put_mem(uint8_t *p, const void *src, size_t n)
{
	memcpy(p, src, n);
	return p + n;
}

static uint8_t *put_u64(uint8_t *p, uint64_t v)
{
	for (size_t i = 8; i-- > 0; v >>= 8)
		p[i] = (uint8_t)(v & 0xff);
	return p + 8;
}

qiao_err qiao_quorum_row_put(const struct qiao_quorum_row *row,
			     const struct qiao_view *view)
{
	char key[sizeof(ROW_PREFIX) + DIGITS];
	uint8_t value[ROW_LEN]; /* no allocation: one for each header */
	uint8_t *p = value;

	*p++ = STATE_VERSION;
	p = put_mem(p, row->hash.b, QIAO_HASH_LEN);
	p = put_u64(p, row->leaves);
	p = put_mem(p, row->root.b, QIAO_HASH_LEN);
	p = put_u64(p, (uint64_t)row->time_ms);
	put_mem(p, row->set.b, QIAO_HASH_LEN);
	return view->put(view->ctx, row_key(key, row->height),
			 qiao_slice_of(value, sizeof(value)));
}

qiao_err qiao_quorum_set_get_bytes(struct qiao_buf *out,
				   const struct qiao_hash *hash,
				   const struct qiao_view *view)
{
	char key[sizeof(SET_PREFIX) + QIAO_HEX_LEN(QIAO_HASH_LEN)];

	return view->get(view->ctx, out, set_key(key, hash));
}

qiao_err qiao_quorum_set_get(struct qiao_quorum_set *out,
			     const struct qiao_hash *hash,
			     const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = qiao_quorum_set_get_bytes(&b, hash, view);

	if (err == QIAO_OK &&
	    (qiao_quorum_set_parse(out, qiao_buf_slice(&b)) != QIAO_OK ||
	     !qiao_hash_eq(&out->hash, hash)))
		err = QIAO_E_STATE;
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_quorum_set_put(const struct qiao_hash *hash,
			     struct qiao_slice bytes,
			     const struct qiao_view *view)
{
	char key[sizeof(SET_PREFIX) + QIAO_HEX_LEN(QIAO_HASH_LEN)];

	return view->put(view->ctx, set_key(key, hash), bytes);
}
