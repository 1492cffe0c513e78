/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/message.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/daemon/arrival.h"
#include "gateway/daemon/headers.h"
#include "gateway/daemon/receipts.h"
#include "relay/items.h"

#include <stdio.h>
#include <string.h>

#define EXPIRES_MS 120000 /* a message that took longer is sent again */

struct root_arg {
	uint64_t size;
	struct qiao_hash root;
};

static qiao_err read_root(struct qiao_txn *txn, void *arg)
{
	struct root_arg *a = arg;
	qiao_err err = QIAO_OK;

	if (a->size == 0)
		err = qiao_audit_size(txn, &a->size);
	return err == QIAO_OK ? qiao_audit_root(txn, &a->root, a->size) : err;
}

qiao_err qiao_message_sign(struct qiao_daemon *d, struct qiao_buf *out,
			   struct qiao_hash *digest, const char *peer,
			   unsigned int kind, const struct qiao_slice *items,
			   size_t n, const struct qiao_hash *reply_to,
			   uint64_t audit_size)
{
	struct qiao_envelope env = { .network = d->cfg->network, .kind = kind };
	struct root_arg root = { .size = audit_size };
	qiao_err err = qiao_store_read(d->store, read_root, &root);

	if (err != QIAO_OK)
		return err;
	snprintf(env.sender, sizeof(env.sender), "%s", d->cfg->id);
	snprintf(env.receiver, sizeof(env.receiver), "%s", peer);
	qiao_random(env.message.b, sizeof(env.message.b));
	env.sent_at = qiao_now_ms();
	env.expires_at = env.sent_at + EXPIRES_MS;
	env.audit_size = root.size;
	env.audit_root = root.root;
	if (reply_to) {
		env.has_reply_to = true;
		env.reply_to = *reply_to;
	}
	return qiao_message_make(out, digest, &env, items, n, d->key);
}

/* Reply items, one after the other in one buffer. */
struct answer {
	struct qiao_daemon *d;
	struct qiao_message *m;
	const char *peer;
	struct qiao_buf bytes;
	size_t at[QIAO_ITEMS_MAX + 1];
	size_t n;
};

static void answer_next(struct answer *a)
{
	a->at[++a->n] = a->bytes.n;
}

static qiao_err on_headers(struct answer *a, struct qiao_why *why)
{
	struct qiao_item_headers *it = qiao_malloc(sizeof(*it));
	qiao_err err = it ? QIAO_OK : QIAO_E_NOMEM;

	for (size_t i = 0; i < a->m->n && err == QIAO_OK; i++) {
		struct qiao_item_headers_reply reply;
		struct qiao_why sentence;

		err = qiao_item_headers_parse(it, a->m->items[i]);
		if (err == QIAO_OK)
			err = qiao_headers_take(a->d, a->peer, &reply, it,
						&sentence);
		if (err == QIAO_OK) {
			qiao_item_headers_reply_encode(&a->bytes, &reply);
			answer_next(a);
		} else {
			qiao_fail(why, err, "headers item %zu: %s", i,
				  qiao_strerror(err));
		}
	}
	qiao_free(it);
	return err;
}

static qiao_err on_transfers(struct answer *a, struct qiao_why *why)
{
	struct qiao_arrival arrival;
	qiao_err err = qiao_arrival_take(&arrival, a->d, a->m, why);

	for (size_t i = 0; i < arrival.n && err == QIAO_OK; i++) {
		qiao_item_transfer_reply_encode(&a->bytes, &arrival.reply[i]);
		answer_next(a);
	}
	qiao_arrival_fini(&arrival);
	return err;
}

static qiao_err on_receipts(struct answer *a, struct qiao_why *why)
{
	struct qiao_item_receipt_reply *reply =
		qiao_calloc(a->m->n, sizeof(*reply));
	size_t n = 0;
	qiao_err err =
		reply ? qiao_receipts_take(a->d, reply, &n, a->m, a->peer, why)
		      : QIAO_E_NOMEM;

	for (size_t i = 0; i < n && err == QIAO_OK; i++) {
		qiao_item_receipt_reply_encode(&a->bytes, &reply[i]);
		answer_next(a);
	}
	qiao_free(reply);
	return err;
}

static qiao_err on_status(struct answer *a, struct qiao_why *why)
{
	for (size_t i = 0; i < a->m->n; i++) {
		struct qiao_item_status theirs, ours;
		struct qiao_chain *c;
		qiao_err err = qiao_item_status_parse(&theirs, a->m->items[i]);

		if (err != QIAO_OK)
			return qiao_fail(why, err, "status item %zu: %s", i,
					 qiao_strerror(err));
		qiao_headers_compare(a->d, &theirs, a->peer);
		c = qiao_chain_by_identity(a->d, &theirs.chain);
		ours = (struct qiao_item_status){ .chain = theirs.chain };
		if (c)
			err = qiao_headers_gossip(a->d, &ours, c);
		if (err != QIAO_OK)
			return err;
		qiao_item_status_encode(&a->bytes, &ours);
		answer_next(a);
	}
	return QIAO_OK;
}

static const struct {
	unsigned int kind;
	qiao_err (*handle)(struct answer *a, struct qiao_why *why);
} requests[] = {
	{ QIAO_KIND_HEADERS, on_headers },
	{ QIAO_KIND_TRANSFERS, on_transfers },
	{ QIAO_KIND_RECEIPTS, on_receipts },
	{ QIAO_KIND_STATUS, on_status },
};

static qiao_err dispatch(struct answer *a, struct qiao_why *why)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].kind == a->m->env.kind)
			return requests[i].handle(a, why);
	return qiao_fail(why, QIAO_E_UNSUPPORTED, "messages of kind %u",
			 a->m->env.kind);
}

static qiao_err reply_items(struct answer *a, struct qiao_buf *out)
{
	struct qiao_slice items[QIAO_ITEMS_MAX];

	if (a->bytes.err != QIAO_OK)
		return a->bytes.err;
	for (size_t i = 0; i < a->n; i++)
		items[i] = qiao_slice_of(a->bytes.p + a->at[i],
					 a->at[i + 1] - a->at[i]);
	return qiao_message_sign(a->d, out, NULL, a->m->env.sender,
				 a->m->env.kind, items, a->n, &a->m->digest, 0);
}

static void reply_refusal(struct answer *a, struct qiao_buf *out, qiao_err err,
			  const struct qiao_why *why)
{
	struct qiao_item_refusal it = { (int)err, qiao_slice_str(why->text) };
	struct qiao_buf item = QIAO_BUF;
	struct qiao_slice items[1];

	qiao_item_refusal_encode(&item, &it);
	items[0] = qiao_buf_slice(&item);
	if (item.err == QIAO_OK)
		qiao_message_sign(a->d, out, NULL, a->m->env.sender,
				  QIAO_KIND_REFUSAL, items, 1, &a->m->digest,
				  0);
	qiao_buf_free(&item);
}

static qiao_err verify(struct answer *a, struct qiao_peer **peer,
		       struct qiao_why *why)
{
	struct qiao_message_rules rules = { .network = &a->d->cfg->network,
					    .self = a->d->cfg->id,
					    .peers = a->d->peers,
					    .now_ms = qiao_now_ms() };
	qiao_err err = qiao_message_verify(a->m, peer, &rules, why);

	if (*peer)
		a->peer = (*peer)->gateway;
	return err;
}

/* One peer, however much it asks, leaves threads for the others. */
static qiao_err dispatch_fairly(struct answer *a, struct qiao_peer *peer,
				struct qiao_why *why)
{
	qiao_err err;

	if (!qiao_peer_enter(peer))
		return qiao_fail(why, QIAO_E_BUSY,
				 "%d messages of %s are in work already; send "
				 "again later",
				 QIAO_PEER_WORKERS_MAX, peer->gateway);
	err = dispatch(a, why);
	qiao_peer_leave(peer);
	return err;
}

static void answer_message(struct answer *a, struct qiao_buf *reply)
{
	struct qiao_why why = { "" };
	struct qiao_peer *peer = NULL;
	qiao_err err = verify(a, &peer, &why);

	if (err == QIAO_OK)
		err = dispatch_fairly(a, peer, &why);
	if (err == QIAO_OK)
		err = reply_items(a, reply);
	if (err == QIAO_OK)
		return;
	if (!why.text[0])
		qiao_fail(&why, err, "%s", qiao_strerror(err));
	qiao_log(QIAO_LOG_WARN, "message-refused",
		 "sender=%s kind=%u err=%s why=\"%s\"", a->m->env.sender,
		 a->m->env.kind, qiao_errname(err), why.text);
	/* an answer to the wrong network or receiver would be refused there */
	if (err != QIAO_E_NETWORK && err != QIAO_E_RECEIVER)
		reply_refusal(a, reply, err, &why);
}

void qiao_message_handle(void *ctx, struct qiao_buf *reply,
			 struct qiao_slice request)
{
	struct answer *a = qiao_calloc(1, sizeof(*a));
	struct qiao_message *m = qiao_malloc(sizeof(*m));
	qiao_err err = a && m ? qiao_message_parse(m, request) : QIAO_E_NOMEM;

	if (err == QIAO_OK) {
		a->d = ctx;
		a->m = m;
		answer_message(a, reply);
	} else {
		qiao_log(QIAO_LOG_WARN, "message-malformed", "bytes=%zu err=%s",
			 request.n, qiao_errname(err));
	}
	if (a)
		qiao_buf_free(&a->bytes);
	qiao_free(a);
	qiao_free(m);
}
