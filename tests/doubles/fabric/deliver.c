/* SPDX-License-Identifier: Apache-2.0 */
/* Deliver of orderers and peers, and Broadcast. */
#include "tests/doubles/fabric/host.h"

#include "gateway/crypto/hash.h"

#include <time.h>

static bool send_status(struct call *c, enum status status)
{
	/* field 1 of the orderers' answer and of the peers' alike */
	Fab__PeerDeliverResponse r = FAB__PEER_DELIVER_RESPONSE__INIT;

	r.type_case = FAB__PEER_DELIVER_RESPONSE__TYPE_STATUS;
	r.status = (int32_t)status;
	return call_write(c, pool_pack(&c->pool, &r));
}

static struct qiao_slice garbage(struct pool *p)
{
	uint8_t *out = pool_take(p, 300);

	qiao_random(out, 300);
	return qiao_slice_of(out, 300);
}

/* The lock is held. */
static struct qiao_slice copy_block(struct pool *p, struct station *s,
				    uint64_t number, bool thin)
{
	struct ledger *l = &s->host->ledger;
	bool other = s->lie == LIE_OTHER && number > 0;
	const struct block *b = ledger_block(l, number - other);
	size_t orderer = s->index % s->host->net.orderers;

	if (s->lie == LIE_GARBAGE)
		return garbage(p);
	if (s->lie == LIE_NOTHING)
		return qiao_slice_of(NULL, 0);
	if (s->fork && s->fork->number == number)
		b = s->fork;
	return ledger_copy(p, l, b, orderer, s->peer, thin && s->host->net.bft,
			   s->lie);
}

static bool send_block(struct call *c, struct qiao_slice block)
{
	struct pool p = { NULL };
	Fab__PeerDeliverResponse r = FAB__PEER_DELIVER_RESPONSE__INIT;
	bool ok;

	r.type_case = FAB__PEER_DELIVER_RESPONSE__TYPE_BLOCK;
	r.block = pb(block);
	ok = call_write(c, pool_pack(&p, &r));
	pool_free(&p);
	return ok;
}

/* Until the block is there; false: the client is gone. The lock is held. */
static bool await_block(struct call *c, struct station *s, uint64_t number)
{
	struct ledger *l = &s->host->ledger;

	while (!ledger_block(l, number)) {
		struct timespec until;

		if (s->host->end || s->stop || !call_is_alive(c))
			return false;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 50 * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&l->changed, &l->lock, &until);
	}
	return true;
}

static bool position(uint64_t *out, const struct ledger *l,
		     const Fab__SeekPosition *at)
{
	if (!at)
		return false;
	switch (at->type_case) {
	case FAB__SEEK_POSITION__TYPE_NEWEST:
		*out = l->n - 1;
		return true;
	case FAB__SEEK_POSITION__TYPE_OLDEST:
		*out = 0;
		return true;
	case FAB__SEEK_POSITION__TYPE_SPECIFIED:
		*out = at->specified->number;
		return true;
	case FAB__SEEK_POSITION__TYPE__NOT_SET:
	case _FAB__SEEK_POSITION__TYPE__CASE_IS_INT_SIZE:
		break;
	}
	return false;
}

/* One block; false: the stream is over. */
static bool deliver_one(enum status *status, struct call *c, struct station *s,
			const Fab__SeekInfo *seek, uint64_t number)
{
	struct ledger *l = &s->host->ledger;
	struct pool p = { NULL };
	struct qiao_slice block;
	bool ok = false;

	pthread_mutex_lock(&l->lock);
	if (seek->behavior == 1 && !ledger_block(l, number)) {
		*status = STATUS_NOT_FOUND;
	} else if (await_block(c, s, number) && host_pause(s, c)) {
		if (number >= s->die_at)
			s->stop = true;
		else
			ok = true;
	}
	if (ok)
		block = copy_block(&p, s, number, seek->content_type == 1);
	pthread_mutex_unlock(&l->lock);
	ok = ok && send_block(c, block);
	pool_free(&p);
	return ok;
}

/* False: the client is gone. */
static bool deliver_all(struct call *c, struct station *s,
			const Fab__SeekInfo *seek, uint64_t from, uint64_t to)
{
	enum status status = STATUS_OK;

	for (uint64_t i = from;; i++) {
		if (!deliver_one(&status, c, s, seek, i))
			return status != STATUS_OK && send_status(c, status);
		if (i == to)
			return send_status(c, STATUS_OK);
	}
}

static bool answer_seek(struct call *c, struct station *s,
			struct qiao_slice envelope)
{
	struct ledger *l = &s->host->ledger;
	uint64_t from = 0, to = 0;
	struct request request;
	Fab__SeekInfo *seek = NULL;
	enum status status;
	const char *why;

	pthread_mutex_lock(&l->lock);
	status = auth_deliver(&request, &why, s, c, envelope);
	if (status == STATUS_OK) {
		seek = UNPACK(&c->pool, seek_info, request.body);
		if (!seek || !position(&from, l, seek->start) ||
		    !position(&to, l, seek->stop) || from > to)
			status = STATUS_BAD_REQUEST;
	}
	pthread_mutex_unlock(&l->lock);
	if (status != STATUS_OK)
		return send_status(c, status);
	return deliver_all(c, s, seek, from, to);
}

void deliver_serve(struct call *c, struct station *s, bool filtered)
{
	struct qiao_slice envelope;

	if (filtered) {
		call_finish(c, GRPC_STATUS_UNIMPLEMENTED,
			    "the double has no filtered blocks",
			    qiao_slice_of(NULL, 0));
		return;
	}
	while (call_read(c, &envelope))
		if (!answer_seek(c, s, envelope))
			break;
	if (s->stop)
		call_finish(c, GRPC_STATUS_UNAVAILABLE, "the node died",
			    qiao_slice_of(NULL, 0));
}

void broadcast_serve(struct call *c, struct station *s)
{
	struct ledger *l = &s->host->ledger;
	struct qiao_slice envelope;

	while (call_read(c, &envelope)) {
		Fab__BroadcastResponse r = FAB__BROADCAST_RESPONSE__INIT;
		struct request request;
		const char *why = "";

		pthread_mutex_lock(&l->lock);
		r.status =
			(int32_t)auth_broadcast(&request, &why, s, c, envelope);
		if (r.status == STATUS_OK)
			ledger_submit(l, envelope);
		pthread_mutex_unlock(&l->lock);
		if (r.status != STATUS_OK)
			r.info = pool_printf(&c->pool, "%s", why);
		if (!call_write(c, pool_pack(&c->pool, &r)))
			return;
	}
}
