/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers table: who may talk to us, with which keys and when, and what each
 * may ask now. Identity is the envelope's signature alone, never TLS.
 *
 * Immutable but for the standing, which any thread may change at any time and
 * which takes effect before the next message.
 */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include "gateway/base/why.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"
#include "gateway/wire/envelope.h"

#include <stdatomic.h>

#define QIAO_PEER_KEYS_MAX 8
#define QIAO_URL_MAX       256

/* Zero refuses everything. */
enum qiao_standing {
	QIAO_STANDING_BLOCKED = 0, /* by an operator */
	QIAO_STANDING_FROZEN = 1, /* it misbehaved: headers, receipts, status */
	QIAO_STANDING_KNOWN = 2,
};

struct qiao_peer_key {
	struct qiao_pubkey key;
	struct qiao_id16 id;           /* set by add */
	int64_t not_before, not_after; /* ms; of its use for new messages */
};

struct qiao_peer {
	char gateway[QIAO_NAME_MAX + 1];
	char url[QIAO_URL_MAX]; /* where to dial; empty: it dials us only */
	char server_name[QIAO_URL_MAX]; /* in its certificate; empty: url's host
					 */
	size_t n_keys;
	struct qiao_peer_key keys[QIAO_PEER_KEYS_MAX];
	_Atomic int standing; /* enum qiao_standing */
	_Atomic int working;  /* messages of it that are in work */
};

struct qiao_peers;
qiao_err qiao_peers_new(struct qiao_peers **out);
void qiao_peers_free(struct qiao_peers *p); /* NULL is fine */
/*
 * Copies. QIAO_E_EXISTS: id or key twice. QIAO_E_CONFIG: a bad id, no key, or
 * dates that end before they begin. Not while other threads look.
 */
qiao_err qiao_peers_add(struct qiao_peers *p, const struct qiao_peer *peer,
			struct qiao_why *why);
size_t qiao_peers_count(const struct qiao_peers *p);
struct qiao_peer *qiao_peers_at(struct qiao_peers *p, size_t i);
/* NULL: unknown. */
struct qiao_peer *qiao_peers_find(struct qiao_peers *p, struct qiao_slice id);
/* NULL when the peer has no such key, or not at this moment. */
const struct qiao_peer_key *qiao_peer_key_at(const struct qiao_peer *p,
					     const struct qiao_id16 *id,
					     int64_t now_ms);
void qiao_peer_set_standing(struct qiao_peer *p, enum qiao_standing s);
/*
 * A message of this peer is about to be worked on, and has been. False: so many
 * are already that other peers would wait for threads; it may ask again. Any
 * thread; leave only after true.
 */
bool qiao_peer_enter(struct qiao_peer *p);
void qiao_peer_leave(struct qiao_peer *p);
/*
 * May a peer of this standing make a request of this kind? The table of kind x
 * standing; QIAO_E_DENIED, QIAO_E_FROZEN, or QIAO_E_UNSUPPORTED for a kind that
 * is not built yet (named in why).
 */
qiao_err qiao_peer_may(enum qiao_standing standing, unsigned int kind,
		       struct qiao_why *why);
/* "headers"; "?" for a foreign number. */
const char *qiao_kind_name(unsigned int kind);
const char *qiao_standing_name(enum qiao_standing s);

#endif
