/* SPDX-License-Identifier: Apache-2.0 */
/* What the light client keeps in the view: rows with a leading version byte. */
#include "gateway/verify/lc_fabric.h"

#include "gateway/base/reader.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROW_VERSION       1
#define BLOCK_ROW_VERSION 2 /* 1 had no codes */

#define KEY_LEN 32 /* "config/" and 20 digits */

static struct qiao_slice key_of(char *key, const char *what, uint64_t height)
{
	snprintf(key, KEY_LEN, "%s/%020" PRIu64, what, height);
	return qiao_slice_str(key);
}

static struct qiao_hash hash_get(struct qiao_reader *r)
{
	struct qiao_hash h;

	qiao_hash_from(&h, qiao_get(r, QIAO_HASH_LEN));
	return h;
}

static qiao_err finish(const struct qiao_reader *r, uint8_t version)
{
	/* our own rows: what does not fit is a damaged store, no refusal */
	if (qiao_reader_finish(r) != QIAO_OK || version != ROW_VERSION)
		return QIAO_E_IO;
	return QIAO_OK;
}

static qiao_err get(struct qiao_buf *b, struct qiao_slice key,
		    const struct qiao_view *view)
{
	return view->get(view->ctx, b, key);
}

static qiao_err put(struct qiao_buf *b, struct qiao_slice key,
		    const struct qiao_view *view)
{
	qiao_err err = b->err;

	if (err == QIAO_OK)
		err = view->put(view->ctx, key, qiao_buf_slice(b));
	qiao_buf_free(b);
	return err;
}

qiao_err qiao_fabric_head_get(struct qiao_fabric_head_row *out,
			      const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = get(&b, qiao_slice_str("head"), view);
	struct qiao_reader r = qiao_reader_of(qiao_buf_slice(&b));
	uint8_t version = qiao_get_u8(&r);

	memset(out, 0, sizeof(*out));
	out->height = qiao_get_u64(&r);
	out->hash = hash_get(&r);
	out->config = qiao_get_u64(&r);
	out->genesis = hash_get(&r);
	if (err == QIAO_OK)
		err = finish(&r, version);
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_fabric_head_put(const struct qiao_fabric_head_row *row,
			      const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;

	qiao_buf_put_u8(&b, ROW_VERSION);
	qiao_buf_put_u64(&b, row->height);
	qiao_buf_put(&b, qiao_slice_hash(&row->hash));
	qiao_buf_put_u64(&b, row->config);
	qiao_buf_put(&b, qiao_slice_hash(&row->genesis));
	return put(&b, qiao_slice_str("head"), view);
}

static qiao_err get_block(struct qiao_fabric_block_row *out,
			  struct qiao_buf *codes_out, uint64_t height,
			  const struct qiao_view *view)
{
	struct qiao_slice codes = { NULL, 0 };
	struct qiao_buf b = QIAO_BUF;
	char key[KEY_LEN];
	qiao_err err = get(&b, key_of(key, "block", height), view);
	struct qiao_reader r = qiao_reader_of(qiao_buf_slice(&b));
	uint8_t version = qiao_get_u8(&r);

	memset(out, 0, sizeof(*out));
	out->height = height;
	out->hash = hash_get(&r);
	out->config = qiao_get_u64(&r);
	if (version == BLOCK_ROW_VERSION) {
		codes = qiao_get(&r, r.left);
		version = ROW_VERSION;
	}
	if (err == QIAO_OK)
		err = finish(&r, version);
	if (err == QIAO_OK && codes_out) {
		qiao_buf_put(codes_out, codes);
		err = codes_out->err;
	}
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_fabric_row_get(struct qiao_fabric_block_row *out, uint64_t height,
			     const struct qiao_view *view)
{
	return get_block(out, NULL, height, view);
}

qiao_err qiao_fabric_row_codes(struct qiao_fabric_block_row *out,
			       struct qiao_buf *codes, uint64_t height,
			       const struct qiao_view *view)
{
	return get_block(out, codes, height, view);
}

qiao_err qiao_fabric_row_put(const struct qiao_fabric_block_row *row,
			     struct qiao_slice codes,
			     const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	char key[KEY_LEN];

	qiao_buf_put_u8(&b, BLOCK_ROW_VERSION);
	qiao_buf_put(&b, qiao_slice_hash(&row->hash));
	qiao_buf_put_u64(&b, row->config);
	qiao_buf_put(&b, codes);
	return put(&b, key_of(key, "block", row->height), view);
}

qiao_err qiao_fabric_replay_get(uint64_t *height, const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = get(&b, qiao_slice_str("replay"), view);
	struct qiao_reader r = qiao_reader_of(qiao_buf_slice(&b));
	uint8_t version = qiao_get_u8(&r);

	*height = qiao_get_u64(&r);
	if (err == QIAO_OK)
		err = finish(&r, version);
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_fabric_replay_put(uint64_t height, const struct qiao_view *view)
{
	struct qiao_buf b = QIAO_BUF;

	qiao_buf_put_u8(&b, ROW_VERSION);
	qiao_buf_put_u64(&b, height);
	return put(&b, qiao_slice_str("replay"), view);
}

qiao_err qiao_fabric_config_get(struct qiao_buf *out, uint64_t height,
				const struct qiao_view *view)
{
	char key[KEY_LEN];

	return get(out, key_of(key, "config", height), view);
}

qiao_err qiao_fabric_config_put(const struct qiao_fabric_config *c,
				const struct qiao_view *view)
{
	char key[KEY_LEN];

	return view->put(view->ctx, key_of(key, "config", c->height),
			 qiao_slice_of(c->bytes, c->bytes_n));
}
