/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/headers.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/chain.h"
#include "gateway/store/header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Half a message: proofs and transfers never share it, but envelopes add up. */
#define CLAIMS_BYTES_MAX (QIAO_PEER_MSG_MAX / 2)

static qiao_err write_accepted(struct qiao_txn *txn, void *arg)
{
	return qiao_accepted_write(arg, txn);
}

static void store_refused(struct qiao_chain *c, qiao_err err)
{
	qiao_store_refused("chain", c->cfg->name, "headers of a peer", err);
	qiao_chain_reopen(c, NULL);
}

/* Claims from `skip` on are new to us. Lock held. */
static qiao_err follow(struct qiao_chain *c, const struct qiao_item_headers *it,
		       size_t skip, struct qiao_why *why)
{
	const struct qiao_slice *claims = it->claims + skip;
	struct qiao_accepted a;
	size_t n = it->n - skip, bad = 0;
	qiao_err err = qiao_chain_advance(&a, c, claims, n, &bad, why);
	qiao_err refusal = err;

	if (err != QIAO_OK && bad < n && err != QIAO_E_IO)
		qiao_chain_refused(c, it->first + skip + bad, claims[bad], err,
				   why);
	/* those before a bad one are good, or those before a sooner one are */
	while (err != QIAO_OK && err != QIAO_E_IO && bad > 0 && bad < n) {
		struct qiao_why again;

		n = bad;
		qiao_accepted_fini(&a);
		err = qiao_chain_advance(&a, c, claims, n, &bad, &again);
	}
	if (err == QIAO_OK && a.n > 0) {
		err = qiao_store_write(c->d->store, write_accepted, &a);
		if (err == QIAO_OK)
			qiao_accepted_done(&a);
		else
			store_refused(c, err);
	}
	qiao_accepted_fini(&a);
	return err == QIAO_OK ? refusal : err;
}

/* One more doubtful claim of this peer may be looked at. */
static bool take_doubt(struct qiao_link_peer *l)
{
	int64_t now = qiao_monotonic_ms();
	bool ok;

	pthread_mutex_lock(&l->lock);
	if (l->doubts_at == 0) {
		l->doubts_left = QIAO_HEADER_DOUBTS;
		l->doubts_at = now;
	}
	for (; now - l->doubts_at >= QIAO_HEADER_DOUBT_MS &&
	       l->doubts_left < QIAO_HEADER_DOUBTS;
	     l->doubts_at += QIAO_HEADER_DOUBT_MS)
		l->doubts_left++;
	if (l->doubts_left == QIAO_HEADER_DOUBTS)
		l->doubts_at = now;
	ok = l->doubts_left > 0;
	l->doubts_left -= ok;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

static void give_doubt_back(struct qiao_link_peer *l)
{
	pthread_mutex_lock(&l->lock);
	/* time may have given one meanwhile */
	l->doubts_left += l->doubts_left < QIAO_HEADER_DOUBTS;
	pthread_mutex_unlock(&l->lock);
}

/* What it shows for heights that we have must be what we have. Lock held. */
static size_t skip_known(struct qiao_chain *c, struct qiao_link_peer *l,
			 const struct qiao_item_headers *it)
{
	uint64_t next = qiao_chain_next(c);
	bool differs = false;
	size_t i;

	/* above the first that differs all do: one judgement a message */
	for (i = 0; i < it->n && it->first + i < next; i++)
		if (!differs && !c->frozen && take_doubt(l)) {
			qiao_chain_compare(c, &differs, it->first + i,
					   it->claims + i, it->n - i);
			if (!differs)
				give_doubt_back(l);
		}
	return i;
}

/* Lock held. */
static qiao_err take_claims(struct qiao_chain *c, struct qiao_link_peer *l,
			    const struct qiao_item_headers *it,
			    struct qiao_why *why)
{
	size_t skip = skip_known(c, l, it);
	qiao_err err;

	/* an old one may just have shown misbehaviour */
	if (c->frozen || skip == it->n || it->first > qiao_chain_next(c))
		return QIAO_OK;
	if (!take_doubt(l))
		return qiao_fail(why, QIAO_E_BUSY,
				 "too many headers that do not hold; later");
	err = follow(c, it, skip, why);
	if (err == QIAO_OK || err == QIAO_E_IO)
		give_doubt_back(l);
	return err;
}

qiao_err qiao_headers_take(struct qiao_daemon *d, const char *peer,
			   struct qiao_item_headers_reply *reply,
			   const struct qiao_item_headers *item,
			   struct qiao_why *why)
{
	struct qiao_chain *c = qiao_chain_by_identity(d, &item->chain);
	struct qiao_link_peer *l = qiao_link_by_id(d, peer);
	qiao_err err = QIAO_OK;

	why->text[0] = '\0';
	*reply = (struct qiao_item_headers_reply){
		.chain = item->chain, .result = QIAO_HEADERS_NOT_HERE
	};
	/* unknown, or we look for ourselves, or none of the peer's business */
	if (!c || c->host || !l || !qiao_link_concerns(l, c))
		return QIAO_OK;
	pthread_mutex_lock(&c->lock);
	if (item->n > 0 && !c->frozen)
		err = take_claims(c, l, item, why);
	reply->next = qiao_chain_next(c);
	pthread_mutex_unlock(&c->lock);
	reply->result =
		err == QIAO_OK ? QIAO_HEADERS_FOLLOWED : QIAO_HEADERS_REFUSED;
	reply->sentence = qiao_slice_str(why->text);
	return err == QIAO_E_IO || err == QIAO_E_FULL ? err : QIAO_OK;
}

struct offer_arg {
	struct qiao_chain *c;
	struct qiao_item_headers *item;
	struct qiao_buf *bytes; /* the claims, one after the other */
	size_t at[QIAO_HEADERS_PER_BATCH_MAX + 1];
};

static qiao_err note_claim(void *ctx, const void *row)
{
	struct offer_arg *a = ctx;
	const struct qiao_header_row *h = row;

	a->at[a->item->n++] = a->bytes->n;
	qiao_buf_put(a->bytes, h->claim);
	return a->bytes->err;
}

static qiao_err read_claims(struct qiao_txn *txn, void *arg)
{
	struct offer_arg *a = arg;

	return qiao_store_header_each(txn, a->c->number, a->item->first,
				      QIAO_HEADERS_PER_BATCH_MAX,
				      CLAIMS_BYTES_MAX, note_claim, a);
}

qiao_err qiao_headers_offer(struct qiao_link_peer *l, struct qiao_buf *item,
			    size_t *n, struct qiao_chain *c, bool ask)
{
	struct qiao_item_headers it = { .chain = c->identity,
					.first =
						l->needs[qiao_chain_index(c)] };
	struct qiao_buf bytes = QIAO_BUF;
	struct offer_arg a = { .c = c, .item = &it, .bytes = &bytes };
	qiao_err err = QIAO_OK;

	if (it.first > 0 && it.first < c->next)
		err = qiao_store_read(l->d->store, read_claims, &a);
	a.at[it.n] = bytes.n;
	/* the receiver looks at the signatures of the last one */
	while (it.n > 0 &&
	       !c->api->stands(qiao_slice_of(bytes.p + a.at[it.n - 1],
					     a.at[it.n] - a.at[it.n - 1])))
		it.n--;
	for (size_t i = 0; i < it.n; i++)
		it.claims[i] =
			qiao_slice_of(bytes.p + a.at[i], a.at[i + 1] - a.at[i]);
	*n = it.n;
	if (err == QIAO_OK && (it.n > 0 || ask || it.first == 0)) {
		qiao_item_headers_encode(item, &it);
		err = item->err;
	}
	qiao_buf_free(&bytes);
	return err;
}

qiao_err qiao_headers_replied(struct qiao_link_peer *l,
			      const struct qiao_item_headers_reply *reply)
{
	struct qiao_chain *c = qiao_chain_by_identity(l->d, &reply->chain);
	char text[256];

	if (!c)
		return QIAO_E_MALFORMED;
	if (reply->result == QIAO_HEADERS_REFUSED)
		qiao_log(QIAO_LOG_WARN, "headers-refused-by-peer",
			 "chain=%s peer=%s next=%" PRIu64 " why=\"%s\"",
			 c->cfg->name, l->peer->gateway, reply->next,
			 qiao_str_escape(text, sizeof(text), reply->sentence));
	if (reply->result == QIAO_HEADERS_NOT_HERE)
		return QIAO_E_NOTFOUND;
	if (reply->next == 0)
		return QIAO_E_BUSY; /* its light client is not open now */
	l->needs[qiao_chain_index(c)] = reply->next;
	return QIAO_OK;
}

struct gossip_arg {
	struct qiao_chain *c;
	struct qiao_item_status *out;
};

static qiao_err note_header(void *ctx, const void *row)
{
	struct qiao_item_status *out = ctx;
	const struct qiao_header_row *h = row;

	if (out->n == QIAO_GOSSIP_MAX)
		return QIAO_OK;
	out->headers[out->n].height = h->height;
	out->headers[out->n].hash = h->hash;
	out->n++;
	return QIAO_OK;
}

static qiao_err read_newest(struct qiao_txn *txn, void *arg)
{
	struct gossip_arg *a = arg;

	return qiao_store_header_newest(txn, a->c->number, QIAO_GOSSIP_MAX,
					note_header, a->out);
}

qiao_err qiao_headers_gossip(struct qiao_daemon *d,
			     struct qiao_item_status *out, struct qiao_chain *c)
{
	struct gossip_arg a = { c, out };

	*out = (struct qiao_item_status){ .chain = c->identity };
	return qiao_store_read(d->store, read_newest, &a);
}

void qiao_headers_compare(struct qiao_daemon *d,
			  const struct qiao_item_status *item, const char *peer)
{
	struct qiao_chain *c = qiao_chain_by_identity(d, &item->chain);

	for (size_t i = 0; c && i < item->n; i++) {
		struct qiao_hash ours;

		if (qiao_chain_hash(c, &ours, item->headers[i].height) ==
			    QIAO_OK &&
		    !qiao_hash_eq(&ours, &item->headers[i].hash))
			/* a hash alone is no evidence: its claim is needed */
			qiao_log(QIAO_LOG_ERROR, "headers-differ",
				 "chain=%s peer=%s height=%" PRIu64,
				 c->cfg->name, peer, item->headers[i].height);
	}
}
