/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that talks to one peer: headers it still needs, transfers and
 * receipts that are due, and once a minute the newest headers for comparison.
 * Rows are marked before a message leaves, so silence is only ever repeated.
 */
#include "gateway/daemon/threads.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/exchange.h"
#include "gateway/daemon/headers.h"
#include "gateway/daemon/owed.h"
#include "gateway/daemon/send.h"
#include "relay/receipt.h"
#include "relay/retry.h"

#include <inttypes.h>

#define IDLE_MS   1000
#define GOSSIP_MS 60000

/* A failure of the store, with where, why and what to do; err as it came. */
static qiao_err stored(const struct qiao_link_peer *l, const char *what,
		       qiao_err err)
{
	if (err != QIAO_OK && err != QIAO_E_MALFORMED)
		qiao_store_refused("peer", l->peer->gateway, what, err);
	return err;
}

/* --- headers --- */

/*
 * One message for one chain. *at: what the peer said last that it needs; *more:
 * it went on and needs another one.
 */
static qiao_err send_headers(struct qiao_link_peer *l, struct qiao_chain *c,
			     bool ask, uint64_t *at, bool *more)
{
	struct qiao_exchange *x = qiao_exchange_new(l, QIAO_KIND_HEADERS);
	struct qiao_item_headers_reply reply;
	size_t n = 0;
	qiao_err err = x ? QIAO_OK : QIAO_E_NOMEM;

	*more = false;
	if (err == QIAO_OK)
		err = qiao_headers_offer(l, &x->items, &n, c, ask);
	if (err == QIAO_OK && x->items.n > 0) {
		qiao_exchange_item(x);
		err = qiao_exchange_call(x);
		if (err == QIAO_OK && x->m.n != 1)
			err = QIAO_E_MALFORMED;
		if (err == QIAO_OK)
			err = qiao_item_headers_reply_parse(&reply,
							    x->m.items[0]);
		if (err == QIAO_OK)
			err = qiao_headers_replied(l, &reply);
		/* one that stands still (a frozen chain) is left for later */
		*more = err == QIAO_OK &&
			reply.result == QIAO_HEADERS_FOLLOWED &&
			reply.next > *at && reply.next < c->next;
		if (*more)
			*at = reply.next;
	}
	qiao_exchange_free(x);
	/* a peer that does not follow this chain needs none of it */
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static qiao_err all_headers(struct qiao_link_peer *l, bool ask)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < l->d->n_chains && err == QIAO_OK; i++) {
		struct qiao_chain *c = &l->d->chains[i];
		bool more = c->host && qiao_link_concerns(l, c), first = ask;
		uint64_t at = 0;

		while (more && err == QIAO_OK && !l->d->stopping) {
			err = send_headers(l, c, first, &at, &more);
			first = false;
		}
	}
	return err;
}

/* --- receipts --- */

struct owed {
	struct qiao_link_peer *l;
	struct qiao_exchange *x;
	struct qiao_owed said;
};

static qiao_err build(struct qiao_txn *txn, void *arg)
{
	struct owed *a = arg;

	return qiao_owed_build(&a->said, a->x, txn, a->l->peer->gateway,
			       qiao_now_ms());
}

/* One answer for each receipt, in order: about nothing else. */
static qiao_err write_replies(struct qiao_txn *txn, void *arg)
{
	struct owed *a = arg;
	struct qiao_exchange *x = a->x;
	qiao_err err = x->m.n == a->said.n ? QIAO_OK : QIAO_E_MALFORMED;

	for (size_t i = 0; i < a->said.n && err == QIAO_OK; i++) {
		const struct qiao_in_row *row = a->said.row[i];
		struct qiao_item_receipt_reply reply;
		uint32_t random;

		qiao_random(&random, sizeof(random));
		err = qiao_item_receipt_reply_parse(&reply, x->m.items[i]);
		if (err == QIAO_OK && !qiao_hash_eq(&reply.transfer, &row->id))
			err = QIAO_E_MALFORMED;
		if (err == QIAO_OK)
			err = qiao_receipt_replied(txn, NULL, &reply,
						   qiao_now_ms(), random);
	}
	return err;
}

/* Without an answer: others have their turn first. */
static qiao_err write_unheard(struct qiao_txn *txn, void *arg)
{
	struct owed *a = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < a->said.n && err == QIAO_OK; i++) {
		uint32_t random;

		qiao_random(&random, sizeof(random));
		err = qiao_receipt_postpone(txn, a->said.row[i], qiao_now_ms(),
					    random);
	}
	return err;
}

static qiao_err write_lost(struct qiao_txn *txn, void *arg)
{
	struct owed *a = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < a->said.n_lost && err == QIAO_OK; i++)
		err = qiao_receipt_give_up(txn, a->said.lost[i]);
	return err;
}

/* Sending it again would not make it smaller: somebody must know. */
static qiao_err give_up(struct owed *a)
{
	qiao_err err = QIAO_OK;

	if (a->said.n_lost > 0)
		err = stored(a->l, "receipts that cannot be given",
			     qiao_store_write(a->l->d->store, write_lost, a));
	for (size_t i = 0; i < a->said.n_lost && err == QIAO_OK; i++) {
		const struct qiao_in_row *row = a->said.lost[i];
		char id[QIAO_HEX_LEN(32)];

		qiao_log(QIAO_LOG_ERROR, "receipt-too-large",
			 "peer=%s transfer=%s height=%" PRIu64
			 " why=\"it was delivered in a block that fits into no "
			 "message; tell the peer, who waits for its receipt\"",
			 a->l->peer->gateway,
			 qiao_hex_encode(id, qiao_slice_hash(&row->id)),
			 row->receipt_height);
	}
	return err;
}

static qiao_err say_receipts(struct owed *a)
{
	qiao_err err = qiao_exchange_call(a->x);

	if (err == QIAO_OK)
		err = stored(
			a->l, "replies to receipts",
			qiao_store_write(a->l->d->store, write_replies, a));
	if (err != QIAO_OK)
		stored(a->l, "receipts that are tried again",
		       qiao_store_write(a->l->d->store, write_unheard, a));
	return err;
}

/* They may be said twice, so that they are about to leave is not written. */
static qiao_err send_receipts(struct qiao_link_peer *l, bool *more)
{
	struct owed a = { .l = l,
			  .x = qiao_exchange_new(l, QIAO_KIND_RECEIPTS) };
	qiao_err err = a.x ? stored(l, "receipts that are due",
				    qiao_store_read(l->d->store, build, &a))
			   : QIAO_E_NOMEM;

	if (err == QIAO_OK)
		err = give_up(&a);
	if (err == QIAO_OK && a.said.n > 0) {
		err = say_receipts(&a);
		*more = *more || err == QIAO_OK;
	}
	qiao_owed_fini(&a.said);
	qiao_exchange_free(a.x);
	return err;
}

/* --- gossip --- */

static qiao_err send_status(struct qiao_link_peer *l)
{
	struct qiao_exchange *x = qiao_exchange_new(l, QIAO_KIND_STATUS);
	qiao_err err = x ? QIAO_OK : QIAO_E_NOMEM;

	for (size_t i = 0; i < l->d->n_chains && err == QIAO_OK; i++) {
		struct qiao_item_status it;

		if (!qiao_link_concerns(l, &l->d->chains[i]))
			continue;
		err = qiao_headers_gossip(l->d, &it, &l->d->chains[i]);
		if (err == QIAO_OK) {
			qiao_item_status_encode(&x->items, &it);
			qiao_exchange_item(x);
		}
	}
	if (err == QIAO_OK && x->n > 0)
		err = qiao_exchange_call(x);
	for (size_t i = 0; err == QIAO_OK && i < x->m.n; i++) {
		struct qiao_item_status it;

		err = qiao_item_status_parse(&it, x->m.items[i]);
		if (err == QIAO_OK)
			qiao_headers_compare(l->d, &it, l->peer->gateway);
	}
	qiao_exchange_free(x);
	return err;
}

/* Once round. *more: rows moved, so look again at once. */
static qiao_err round_trip(struct qiao_link_peer *l, bool ask, bool *more)
{
	qiao_err err = all_headers(l, ask);

	*more = false;
	if (err == QIAO_OK)
		err = qiao_send_transfers(l, more);
	if (err == QIAO_OK)
		err = send_receipts(l, more);
	return err;
}

static int64_t pause_after(unsigned int failures)
{
	uint32_t random;

	qiao_random(&random, sizeof(random));
	return qiao_retry_delay_ms(failures, random);
}

void *qiao_sender(void *link_peer)
{
	struct qiao_link_peer *l = link_peer;
	unsigned int failures = 0;
	int64_t gossip_at = 0;
	bool ask = true; /* after a start, or an interruption */

	while (l->dialer && !l->d->stopping) {
		bool more = false;
		qiao_err err = round_trip(l, ask, &more);

		if (err == QIAO_OK && qiao_monotonic_ms() >= gossip_at) {
			err = send_status(l);
			gossip_at = qiao_monotonic_ms() + GOSSIP_MS;
		}
		failures = err == QIAO_OK ? 0 : failures + 1;
		ask = err != QIAO_OK;
		if (err != QIAO_OK) {
			int64_t left = pause_after(failures);

			for (; left > 0 && !l->d->stopping; left -= IDLE_MS)
				qiao_sleep_ms(left < IDLE_MS ? left : IDLE_MS);
		} else if (!more) {
			qiao_bell_wait(&l->bell, IDLE_MS);
		}
	}
	return NULL;
}
