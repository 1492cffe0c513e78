/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/peer.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>

struct qiao_peers {
	size_t n;
	struct qiao_peer peer[QIAO_PEERS_MAX]; /* stay where they are */
};

/* What each standing may ask. A kind that is missing here is refused. */
#define MAY(standing) (1u << (standing))
static const struct {
	enum qiao_kind kind;
	const char *name;
	bool built;
	unsigned int allowed; /* bits of standings */
} kinds[] = {
	/* clang-format off */
	{ QIAO_KIND_HEADERS,   "headers",   true,  MAY(QIAO_STANDING_KNOWN) | MAY(QIAO_STANDING_FROZEN) },
	{ QIAO_KIND_TRANSFERS, "transfers", true,  MAY(QIAO_STANDING_KNOWN) },
	{ QIAO_KIND_RECEIPTS,  "receipts",  true,  MAY(QIAO_STANDING_KNOWN) | MAY(QIAO_STANDING_FROZEN) },
	{ QIAO_KIND_REQUEST,   "request",   false, 0 },
	{ QIAO_KIND_ANSWER,    "answer",    false, 0 },
	{ QIAO_KIND_STATUS,    "status",    true,  MAY(QIAO_STANDING_KNOWN) | MAY(QIAO_STANDING_FROZEN) },
	{ QIAO_KIND_REFUSAL,   "refusal",   true,  0 }, /* a reply only */
	/* clang-format on */
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

qiao_err qiao_peers_new(struct qiao_peers **out)
{
	*out = qiao_calloc(1, sizeof(**out));
	return *out ? QIAO_OK : QIAO_E_NOMEM;
}

void qiao_peers_free(struct qiao_peers *p)
{
	qiao_free(p);
}

/* Is this key already somebody's? Two owners would be one too many. */
static const char *owner_of(const struct qiao_peers *p,
			    const struct qiao_pubkey *key)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->peer[i].n_keys; j++)
			if (qiao_pubkey_eq(&p->peer[i].keys[j].key, key))
				return p->peer[i].gateway;
	return NULL;
}

static qiao_err check_keys(const struct qiao_peers *p,
			   const struct qiao_peer *peer, struct qiao_why *why)
{
	if (peer->n_keys == 0 || peer->n_keys > QIAO_PEER_KEYS_MAX)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "peer %s: has %zu keys; give 1 to %d",
				 peer->gateway, peer->n_keys,
				 QIAO_PEER_KEYS_MAX);
	for (size_t i = 0; i < peer->n_keys; i++) {
		const struct qiao_peer_key *k = &peer->keys[i];
		const char *owner = owner_of(p, &k->key);

		if (k->not_before >= k->not_after)
			return qiao_fail(why, QIAO_E_CONFIG,
					 "peer %s: key %zu ends before it "
					 "begins; correct its dates",
					 peer->gateway, i + 1);
		for (size_t j = 0; j < i && !owner; j++)
			if (qiao_pubkey_eq(&peer->keys[j].key, &k->key))
				owner = peer->gateway;
		if (owner)
			return qiao_fail(why, QIAO_E_EXISTS,
					 "peer %s: key %zu is already that of "
					 "%s; every gateway has its own",
					 peer->gateway, i + 1, owner);
	}
	return QIAO_OK;
}

qiao_err qiao_peers_add(struct qiao_peers *p, const struct qiao_peer *peer,
			struct qiao_why *why)
{
	struct qiao_slice id = qiao_slice_str(peer->gateway);
	struct qiao_peer *copy;
	qiao_err err;

	if (!qiao_gateway_id_valid(id))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "a gateway id is 1 to 64 of a-z 0-9 . -");
	if (qiao_peers_find(p, id))
		return qiao_fail(why, QIAO_E_EXISTS, "peer %s: listed twice",
				 peer->gateway);
	if (p->n == QIAO_PEERS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "more than %d peers",
				 QIAO_PEERS_MAX);
	err = check_keys(p, peer, why);
	if (err != QIAO_OK)
		return err;
	copy = &p->peer[p->n++];
	memcpy(copy, peer, sizeof(*copy));
	for (size_t i = 0; i < copy->n_keys; i++)
		copy->keys[i].id = qiao_pubkey_id(&copy->keys[i].key);
	return QIAO_OK;
}

size_t qiao_peers_count(const struct qiao_peers *p)
{
	return p->n;
}

struct qiao_peer *qiao_peers_at(struct qiao_peers *p, size_t i)
{
	return i < p->n ? &p->peer[i] : NULL;
}

struct qiao_peer *qiao_peers_find(struct qiao_peers *p, struct qiao_slice id)
{
	for (size_t i = 0; i < p->n; i++)
		if (qiao_slice_is(id, p->peer[i].gateway))
			return &p->peer[i];
	return NULL;
}

const struct qiao_peer_key *qiao_peer_key_at(const struct qiao_peer *p,
					     const struct qiao_id16 *id,
					     int64_t now_ms)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct qiao_peer_key *k = &p->keys[i];

		if (memcmp(k->id.b, id->b, sizeof(id->b)) == 0 &&
		    now_ms >= k->not_before && now_ms < k->not_after)
			return k;
	}
	return NULL;
}

void qiao_peer_set_standing(struct qiao_peer *p, enum qiao_standing s)
{
	atomic_store(&p->standing, (int)s);
}

bool qiao_peer_enter(struct qiao_peer *p)
{
	if (atomic_fetch_add(&p->working, 1) < QIAO_PEER_WORKERS_MAX)
		return true;
	qiao_peer_leave(p);
	return false;
}

void qiao_peer_leave(struct qiao_peer *p)
{
	atomic_fetch_sub(&p->working, 1);
}

qiao_err qiao_peer_may(enum qiao_standing standing, unsigned int kind,
		       struct qiao_why *why)
{
	for (size_t i = 0; i < KINDS; i++) {
		if ((unsigned int)kinds[i].kind != kind)
			continue;
		if (!kinds[i].built)
			return qiao_fail(why, QIAO_E_UNSUPPORTED,
					 "not built yet: messages of kind %s",
					 kinds[i].name);
		if (kinds[i].allowed & MAY(standing))
			return QIAO_OK;
		return qiao_fail(why,
				 standing == QIAO_STANDING_FROZEN
					 ? QIAO_E_FROZEN
					 : QIAO_E_DENIED,
				 "a %s peer may not send messages of kind %s",
				 qiao_standing_name(standing), kinds[i].name);
	}
	return qiao_fail(why, QIAO_E_UNSUPPORTED, "no message has kind %u",
			 kind);
}

const char *qiao_kind_name(unsigned int kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if ((unsigned int)kinds[i].kind == kind)
			return kinds[i].name;
	return "?";
}

const char *qiao_standing_name(enum qiao_standing s)
{
	switch (s) {
	case QIAO_STANDING_BLOCKED:
		return "blocked";
	case QIAO_STANDING_FROZEN:
		return "frozen";
	case QIAO_STANDING_KNOWN:
		return "known";
	}
	return "?";
}
