/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/envelope.h"

#include "gateway/base/mem.h"
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

static void items_root(struct qiao_hash *root, const struct qiao_slice *items,
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
	items_root(&env->items_root, items, n);
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
		qiao_sha256_tagged(digest, "qiao/request/1",
				   qiao_buf_slice(&envelope));
	qiao_buf_free(&envelope);
	return err;
}

static void get_gateway(struct qiao_mp *m, char *out)
{
	struct qiao_slice id = qiao_mp_str(m, QIAO_NAME_MAX);

	if (!qiao_gateway_id_valid(id))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	else
		qiao_str_copy(out, QIAO_NAME_MAX + 1, id);
}

static qiao_err parse_envelope(struct qiao_envelope *e, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

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
	e->sent_at = qiao_mp_time(&m);
	e->expires_at = qiao_mp_time(&m);
	e->count = qiao_mp_uint(&m, QIAO_ITEMS_MAX);
	e->items_root = qiao_mp_hash(&m);
	e->audit_size = qiao_mp_uint(&m, QIAO_AUDIT_SIZE_MAX);
	e->audit_root = qiao_mp_hash(&m);
	e->has_reply_to = !qiao_mp_nil(&m);
	if (e->has_reply_to)
		e->reply_to = qiao_mp_hash(&m);
	return qiao_mp_finish(&m);
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
		err = parse_envelope(&out->env, out->signed_bytes);
	if (err == QIAO_OK)
		qiao_sha256_tagged(&out->digest, "qiao/request/1",
				   out->signed_bytes);
	else
		memset(out, 0, sizeof(*out));
	return err;
}

static qiao_err check_addresses(const struct qiao_envelope *e,
				const struct qiao_message_rules *r,
				struct qiao_why *why)
{
	if (!qiao_hash_eq(&e->network, r->network) ||
	    qiao_hash_is_zero(&e->network))
		return qiao_fail(why, QIAO_E_NETWORK,
				 "the message from %s is of another network; "
				 "compare `network` in both configurations",
				 e->sender);
	if (strcmp(e->receiver, r->self) != 0)
		return qiao_fail(why, QIAO_E_RECEIVER,
				 "the message from %s is meant for %s; compare "
				 "the peer's url and gateway id",
				 e->sender, e->receiver);
	return QIAO_OK;
}

/* Who signed it: sets *peer when the signature is good. */
static qiao_err check_signer(const struct qiao_message *m,
			     struct qiao_peer **peer,
			     const struct qiao_message_rules *r,
			     struct qiao_why *why)
{
	struct qiao_peer *p =
		qiao_peers_find(r->peers, qiao_slice_str(m->env.sender));
	const struct qiao_peer_key *k;
	qiao_err err;

	if (!p)
		return qiao_fail(why, QIAO_E_KEY,
				 "gateway %s is not in peers.cfg",
				 m->env.sender);
	k = qiao_peer_key_at(p, &m->env.key, r->now_ms);
	if (!k)
		return qiao_fail(why, QIAO_E_KEY,
				 "gateway %s signed with a key that is unknown "
				 "or outside its dates; see peers.cfg",
				 p->gateway);
	err = qiao_sig_verify(&k->key, tag, m->signed_bytes, m->signature);
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the signature of the message from %s is bad",
				 p->gateway);
	*peer = p;
	return QIAO_OK;
}

static qiao_err check_times(const struct qiao_envelope *e, int64_t now_ms,
			    struct qiao_why *why)
{
	if (e->expires_at <= now_ms)
		return qiao_fail(why, QIAO_E_EXPIRED,
				 "the message from %s has expired; compare the "
				 "clocks of both machines",
				 e->sender);
	if (e->sent_at > now_ms && e->sent_at - now_ms > QIAO_SENT_AHEAD_MS)
		return qiao_fail(why, QIAO_E_CLOCK,
				 "the message from %s was sent in the future; "
				 "compare the clocks of both machines",
				 e->sender);
	return QIAO_OK;
}

static qiao_err check_items(const struct qiao_message *m, struct qiao_why *why)
{
	struct qiao_hash root;

	items_root(&root, m->items, m->n);
	if (m->n == m->env.count && qiao_hash_eq(&root, &m->env.items_root))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_HASH,
			 "the items of the message from %s are not those that "
			 "it signed",
			 m->env.sender);
}

static qiao_err check_reply(const struct qiao_envelope *e,
			    const struct qiao_peer *p,
			    const struct qiao_message_rules *r,
			    struct qiao_why *why)
{
	if (!e->has_reply_to || !qiao_hash_eq(&e->reply_to, r->reply_to) ||
	    strcmp(e->sender, r->asked) != 0 ||
	    (e->kind != r->asked_kind && e->kind != QIAO_KIND_REFUSAL))
		return qiao_fail(why, QIAO_E_REPLAY,
				 "%s answers a request that is not open",
				 e->sender);
	if (atomic_load(&p->standing) == QIAO_STANDING_BLOCKED)
		return qiao_fail(why, QIAO_E_DENIED, "%s is blocked",
				 e->sender);
	return QIAO_OK;
}

qiao_err qiao_message_verify(const struct qiao_message *m,
			     struct qiao_peer **peer,
			     const struct qiao_message_rules *rules,
			     struct qiao_why *why)
{
	struct qiao_peer *signer = NULL;
	qiao_err err = check_addresses(&m->env, rules, why);

	if (err == QIAO_OK)
		err = check_signer(m, &signer, rules, why);
	if (peer)
		*peer = signer;
	if (err == QIAO_OK)
		err = check_times(&m->env, rules->now_ms, why);
	if (err == QIAO_OK)
		err = check_items(m, why);
	if (err != QIAO_OK)
		return err;
	if (rules->reply_to)
		return check_reply(&m->env, signer, rules, why);
	if (m->env.has_reply_to)
		return qiao_fail(why, QIAO_E_REPLAY,
				 "%s sent a reply where a request is due",
				 m->env.sender);
	return qiao_peer_may((enum qiao_standing)atomic_load(&signer->standing),
			     m->env.kind, why);
}
