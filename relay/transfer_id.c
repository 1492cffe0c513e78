/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/transfer_id.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

void qiao_transfer_id_encode(struct qiao_buf *out,
			     const struct qiao_transfer_id *t)
{
	qiao_mp_put_array(out, 11);
	qiao_mp_put_hash(out, &t->network);
	qiao_mp_put_hash(out, &t->source);
	qiao_mp_put_uint(out, t->height);
	qiao_mp_put_bin(out, qiao_slice_of(t->tx_id, t->tx_id_len));
	qiao_mp_put_uint(out, t->item);
	qiao_mp_put_hash(out, &t->destination);
	qiao_mp_put_cstr(out, t->to_org);
	qiao_mp_put_cstr(out, t->action);
	qiao_mp_put_cstr(out, t->purpose);
	if (t->has_request)
		qiao_mp_put_bin(out, qiao_slice_of(t->request.b, 16));
	else
		qiao_mp_put_nil(out);
	qiao_mp_put_uint(out, t->attempt);
}

static void get_tx_id(struct qiao_mp *m, struct qiao_transfer_id *t)
{
	struct qiao_slice tx = qiao_mp_bin(m, sizeof(t->tx_id));

	if (tx.n > 0)
		memcpy(t->tx_id, tx.p, tx.n);
	t->tx_id_len = tx.n;
}

/* No part of an id may be left out: zero and empty name nothing. */
static bool is_whole(const struct qiao_transfer_id *t)
{
	return !qiao_hash_is_zero(&t->network) &&
	       !qiao_hash_is_zero(&t->source) &&
	       !qiao_hash_is_zero(&t->destination) && t->to_org[0] &&
	       t->action[0] && t->purpose[0];
}

qiao_err qiao_transfer_id_parse(struct qiao_transfer_id *out,
				struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 11);
	out->network = qiao_mp_hash(&m);
	out->source = qiao_mp_hash(&m);
	out->height = qiao_mp_uint(&m, INT64_MAX);
	get_tx_id(&m, out);
	out->item = qiao_mp_uint(&m, UINT32_MAX);
	out->destination = qiao_mp_hash(&m);
	qiao_mp_str_into(&m, out->to_org, sizeof(out->to_org));
	qiao_mp_str_into(&m, out->action, sizeof(out->action));
	qiao_mp_str_into(&m, out->purpose, sizeof(out->purpose));
	out->has_request = !qiao_mp_nil(&m);
	if (out->has_request)
		qiao_mp_bin_into(&m, out->request.b, sizeof(out->request.b));
	out->attempt = (uint32_t)qiao_mp_uint(&m, UINT32_MAX);
	if (!is_whole(out))
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

void qiao_transfer_id_hash(struct qiao_hash *out, struct qiao_slice encoded)
{
	qiao_sha256_tagged(out, "qiao/transfer/1", encoded);
}

void qiao_transfer_payload_digest(struct qiao_hash *out,
				  struct qiao_slice payload)
{
	qiao_sha256_tagged(out, "qiao/payload/1", payload);
}
