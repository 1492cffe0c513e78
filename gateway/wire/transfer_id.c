/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/transfer_id.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

#define KEY_ELEMENTS 11

static void text_get(struct qiao_mp *m, char *out, size_t size)
{
	qiao_mp_str_into(m, out, size);
	if (out[0] == '\0')
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

static struct qiao_hash nonzero_get(struct qiao_mp *m)
{
	struct qiao_hash v = qiao_mp_hash(m);

	if (qiao_hash_is_zero(&v))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

void qiao_position_get(struct qiao_mp *m, struct qiao_position *at)
{
	struct qiao_slice tx;

	at->chain = nonzero_get(m);
	at->height = qiao_mp_uint(m, QIAO_HEIGHT_MAX);
	tx = qiao_mp_bin(m, QIAO_TXID_MAX);
	if (tx.n > 0)
		memcpy(at->tx, tx.p, tx.n);
	at->tx_len = tx.n;
	at->index = qiao_mp_uint(m, QIAO_INDEX_MAX);
}

void qiao_position_put(struct qiao_buf *b, const struct qiao_position *at)
{
	qiao_mp_put_hash(b, &at->chain);
	qiao_mp_put_uint(b, at->height);
	qiao_mp_put_bin(b, qiao_slice_of(at->tx, at->tx_len));
	qiao_mp_put_uint(b, at->index);
}

static void key_get(struct qiao_mp *m, struct qiao_transfer_key *k)
{
	qiao_mp_array_of(m, KEY_ELEMENTS);
	k->network = nonzero_get(m);
	qiao_position_get(m, &k->from);
	k->to = nonzero_get(m);
	text_get(m, k->to_org, sizeof(k->to_org));
	text_get(m, k->action, sizeof(k->action));
	text_get(m, k->purpose, sizeof(k->purpose));
	k->pull = !qiao_mp_nil(m);
	if (k->pull)
		qiao_mp_bin_into(m, k->request.b, sizeof(k->request.b));
	k->attempt = qiao_mp_uint(m, QIAO_INDEX_MAX);
}

qiao_err qiao_transfer_key_parse(struct qiao_transfer_key *out,
				 struct qiao_slice in, struct qiao_why *why)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_mp_open(&m, in);
	key_get(&m, out);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		return QIAO_OK;
	memset(out, 0, sizeof(*out));
	return qiao_fail(why, err, "transfer id array: %s", qiao_strerror(err));
}

static void put_key(struct qiao_buf *b, const struct qiao_transfer_key *k)
{
	qiao_mp_put_array(b, KEY_ELEMENTS);
	qiao_mp_put_hash(b, &k->network);
	qiao_position_put(b, &k->from);
	qiao_mp_put_hash(b, &k->to);
	qiao_mp_put_cstr(b, k->to_org);
	qiao_mp_put_cstr(b, k->action);
	qiao_mp_put_cstr(b, k->purpose);
	if (k->pull)
		qiao_mp_put_bin(
			b, qiao_slice_of(k->request.b, sizeof(k->request.b)));
	else
		qiao_mp_put_nil(b);
	qiao_mp_put_uint(b, k->attempt);
}

qiao_err qiao_transfer_key_encode(struct qiao_buf *out,
				  const struct qiao_transfer_key *k)
{
	struct qiao_transfer_key back;
	size_t start = out->n;

	if (k->from.tx_len > sizeof(k->from.tx))
		return QIAO_E_MALFORMED;
	put_key(out, k);
	if (out->err != QIAO_OK)
		return out->err;
	if (qiao_transfer_key_parse(
		    &back, qiao_slice_of(out->p + start, out->n - start),
		    NULL) == QIAO_OK)
		return QIAO_OK;
	out->n = start;
	return QIAO_E_MALFORMED;
}

void qiao_transfer_id(struct qiao_hash *out, struct qiao_slice encoded)
{
	qiao_sha256_tagged(out, "qiao/transfer/1", encoded);
}

void qiao_payload_digest(struct qiao_hash *out, struct qiao_slice encoded)
{
	qiao_sha256_tagged(out, "qiao/payload/1", encoded);
}
