/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/envelope.h"

#include "gateway/base/slice.h"

#include <string.h>

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
	err = qiao_envelope_signed_by(m->signed_bytes, m->signature, &k->key);
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

	qiao_items_root(&root, m->items, m->n);
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
