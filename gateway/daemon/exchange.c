/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/exchange.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/message.h"
#include "relay/items.h"

#include <stdio.h>
#include <string.h>

struct qiao_exchange *qiao_exchange_new(struct qiao_link_peer *l,
					unsigned int kind)
{
	struct qiao_exchange *x = qiao_calloc(1, sizeof(*x));

	if (x) {
		x->l = l;
		x->kind = kind;
	}
	return x;
}

void qiao_exchange_free(struct qiao_exchange *x)
{
	if (!x)
		return;
	qiao_buf_free(&x->items);
	qiao_buf_free(&x->request);
	qiao_buf_free(&x->reply);
	qiao_free(x);
}

void qiao_exchange_item(struct qiao_exchange *x)
{
	x->at[++x->n] = x->items.n;
}

static void note(struct qiao_link_peer *l, qiao_err err,
		 const struct qiao_why *why)
{
	bool changed;

	pthread_mutex_lock(&l->lock);
	changed = strcmp(l->last, err == QIAO_OK ? "" : why->text) != 0;
	snprintf(l->last, sizeof(l->last), "%s",
		 err == QIAO_OK ? "" : why->text);
	if (err == QIAO_OK)
		l->heard_ms = qiao_now_ms();
	pthread_mutex_unlock(&l->lock);
	if (changed && err == QIAO_OK)
		qiao_log(QIAO_LOG_INFO, "peer-heard", "peer=%s",
			 l->peer->gateway);
	else if (changed)
		qiao_log(QIAO_LOG_WARN, "peer-failed",
			 "peer=%s err=%s why=\"%s\"", l->peer->gateway,
			 qiao_errname(err), why->text);
}

static qiao_err refusal_in_words(struct qiao_exchange *x, struct qiao_why *why)
{
	struct qiao_item_refusal it;
	char text[256];

	if (x->m.n != 1 ||
	    qiao_item_refusal_parse(&it, x->m.items[0]) != QIAO_OK)
		return qiao_fail(why, QIAO_E_MALFORMED, "malformed refusal");
	return qiao_fail(why, QIAO_E_DENIED, "%s refused our message: %s",
			 x->l->peer->gateway,
			 qiao_str_escape(text, sizeof(text), it.sentence));
}

static qiao_err read_reply(struct qiao_exchange *x,
			   const struct qiao_hash *digest, struct qiao_why *why)
{
	struct qiao_daemon *d = x->l->d;
	struct qiao_message_rules rules = { .network = &d->cfg->network,
					    .self = d->cfg->id,
					    .peers = d->peers,
					    .now_ms = qiao_now_ms(),
					    .reply_to = digest,
					    .asked = x->l->peer->gateway,
					    .asked_kind = x->kind };
	qiao_err err = qiao_message_parse(&x->m, qiao_buf_slice(&x->reply));

	if (err == QIAO_OK)
		err = qiao_message_verify(&x->m, NULL, &rules, why);
	if (err == QIAO_OK && x->m.env.kind == QIAO_KIND_REFUSAL)
		err = refusal_in_words(x, why);
	return err;
}

qiao_err qiao_exchange_call(struct qiao_exchange *x)
{
	struct qiao_slice items[QIAO_ITEMS_MAX];
	struct qiao_why why = { "" };
	struct qiao_hash digest;
	qiao_err err = x->items.err;

	for (size_t i = 0; i < x->n; i++)
		items[i] = qiao_slice_of(x->items.p + x->at[i],
					 x->at[i + 1] - x->at[i]);
	if (err == QIAO_OK)
		err = qiao_message_sign(x->l->d, &x->request, &digest,
					x->l->peer->gateway, x->kind, items,
					x->n, NULL, x->audit_size);
	if (err == QIAO_OK)
		err = qiao_dialer_call(x->l->dialer, &x->reply,
				       qiao_buf_slice(&x->request),
				       QIAO_CALL_MS, &why);
	if (err == QIAO_OK)
		err = read_reply(x, &digest, &why);
	if (err != QIAO_OK && !why.text[0])
		qiao_fail(&why, err, "%s: %s", x->l->peer->gateway,
			  qiao_strerror(err));
	note(x->l, err, &why);
	return err;
}
