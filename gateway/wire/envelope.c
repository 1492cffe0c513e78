/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/envelope.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/merkle.h"

#include <string.h>

static const char tag[] = "qiao/envelope/1";

/* docs/wire.md 7.1 */
static void put_envelope(struct qiao_buf *out, const struct qiao_envelope *e)
{
	qiao_mp_put_array(out, 14);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_hash(out, &e->network);
	qiao_mp_put_uint(out, e->kind);
	qiao_mp_put_cstr(out, e->sender);
	qiao_mp_put_bin(out, qiao_slice_of(e->key.b, sizeof(e->key.b)));
	qiao_mp_put_cstr(out, e->receiver);
	qiao_mp_put_bin(out, qiao_slice_of(e->message.b, sizeof(e->message.b)));
	qiao_mp_put_int(out, e->sent_at);
	qiao_mp_put_int(out, e->expires_at);
	qiao_mp_put_uint(out, e->count);
	qiao_mp_put_hash(out, &e->items_root);
	qiao_mp_put_uint(out, e->audit_size);
	qiao_mp_put_hash(out, &e->audit_root);
	if (e->has_reply_to)
		qiao_mp_put_hash(out, &e->reply_to);
	else
		qiao_mp_put_nil(out);
}

void qiao_items_root(struct qiao_hash *root, const struct qiao_slice *items,
		     size_t n)
{
	struct qiao_merkle_frontier tree = { .size = 0 };
	struct qiao_hash leaf;

	for (size_t i = 0; i < n; i++) {
		qiao_merkle_leaf(&leaf, items[i]);
		qiao_merkle_push(&tree, &leaf);
	}
	qiao_merkle_frontier_root(&tree, root);
}

static void put_message(struct qiao_buf *out, struct qiao_slice envelope,
			const struct qiao_sig *sig,
			const struct qiao_slice *items, size_t n)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_bin(out, envelope);
	qiao_mp_put_bin(out, qiao_slice_of(sig->b, sizeof(sig->b)));
	qiao_mp_put_array(out, n);
	for (size_t i = 0; i < n; i++)
		qiao_mp_put_bin(out, items[i]);
}

qiao_err qiao_message_make(struct qiao_buf *out, struct qiao_hash *digest,
			   struct qiao_envelope *env,
			   const struct qiao_slice *items, size_t n,
			   const struct qiao_key *key)
{
	struct qiao_buf envelope = { .max = QIAO_ENVELOPE_MAX };
	size_t before = out->n;
	struct qiao_sig sig;
	qiao_err err;

	if (n > QIAO_ITEMS_MAX)
		return QIAO_E_LIMIT;
	env->key = qiao_pubkey_id(qiao_key_public(key));
	env->count = n;
	qiao_items_root(&env->items_root, items, n);
	put_envelope(&envelope, env);
	err = envelope.err;
	if (err == QIAO_OK)
		err = qiao_key_sign(key, &sig, tag, qiao_buf_slice(&envelope));
	if (err == QIAO_OK) {
		put_message(out, qiao_buf_slice(&envelope), &sig, items, n);
		err = out->err;
	}
	if (err == QIAO_OK && out->n - before > QIAO_PEER_MSG_MAX)
		err = QIAO_E_LIMIT;
	if (err == QIAO_OK && digest)
		qiao_envelope_digest(digest, qiao_buf_slice(&envelope));
	qiao_buf_free(&envelope);
	return err;
}

bool qiao_gateway_id_valid(struct qiao_slice id)
{
	if (id.n < 1 || id.n > QIAO_NAME_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		uint8_t c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-')
			return false;
	}
	return true;
}

static void get_gateway(struct qiao_mp *m, char *out)
{
	struct qiao_slice id = qiao_mp_str(m, QIAO_NAME_MAX);

	if (!qiao_gateway_id_valid(id))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	else
		qiao_str_copy(out, QIAO_NAME_MAX + 1, id);
}

/* A message that lives for long is one that can be played back for long. */
static void get_times(struct qiao_mp *m, struct qiao_envelope *e)
{
	e->sent_at = qiao_mp_time(m);
	e->expires_at = qiao_mp_time(m);
	if (m->r.err == QIAO_OK && e->expires_at <= e->sent_at)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	if (e->expires_at - e->sent_at > QIAO_ENVELOPE_LIFE_MS_MAX)
		qiao_mp_fail(m, QIAO_E_LIMIT);
}

qiao_err qiao_envelope_parse(struct qiao_envelope *e, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(e, 0, sizeof(*e));
	if (in.n > QIAO_ENVELOPE_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 14);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	e->network = qiao_mp_hash(&m);
	e->kind = (unsigned int)qiao_mp_uint(&m, UINT16_MAX);
	get_gateway(&m, e->sender);
	qiao_mp_bin_into(&m, e->key.b, sizeof(e->key.b));
	get_gateway(&m, e->receiver);
	qiao_mp_bin_into(&m, e->message.b, sizeof(e->message.b));
	get_times(&m, e);
	e->count = qiao_mp_uint(&m, QIAO_ITEMS_MAX);
	e->items_root = qiao_mp_hash(&m);
	e->audit_size = qiao_mp_uint(&m, QIAO_AUDIT_SIZE_MAX);
	e->audit_root = qiao_mp_hash(&m);
	e->has_reply_to = !qiao_mp_nil(&m);
	if (e->has_reply_to)
		e->reply_to = qiao_mp_hash(&m);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(e, 0, sizeof(*e));
	return err;
}

void qiao_envelope_digest(struct qiao_hash *out, struct qiao_slice encoded)
{
	qiao_sha256_tagged(out, "qiao/request/1", encoded);
}

qiao_err qiao_envelope_signed_by(struct qiao_slice encoded,
				 struct qiao_slice signature,
				 const struct qiao_pubkey *key)
{
	return qiao_sig_verify(key, tag, encoded, signature);
}

qiao_err qiao_message_parse(struct qiao_message *out, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_PEER_MSG_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	out->signed_bytes = qiao_mp_bin(&m, QIAO_ENVELOPE_MAX);
	out->signature = qiao_mp_bin(&m, QIAO_SIG_LEN);
	if (out->signature.n != QIAO_SIG_LEN)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	out->n = qiao_mp_array(&m, QIAO_ITEMS_MAX);
	for (size_t i = 0; i < out->n; i++)
		out->items[i] = qiao_mp_bin(&m, QIAO_PEER_MSG_MAX);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		err = qiao_envelope_parse(&out->env, out->signed_bytes);
	if (err == QIAO_OK)
		qiao_envelope_digest(&out->digest, out->signed_bytes);
	else
		memset(out, 0, sizeof(*out));
	return err;
}
