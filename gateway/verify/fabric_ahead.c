/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signatures of the next entries of a block, checked by threads that are
 * lent, while the entries before are judged one by one. What comes of it is
 * only a result kept ready: an entry that is looked at differently later is
 * checked then.
 */
#include "gateway/base/mem.h"
#include "gateway/verify/fabric_tx.h"

/* Small enough that the last ones of a block keep few threads idle. */
#define ENTRIES_MAX 16
#define CHECKS_MAX  256
/* Waking others for fewer costs more than it saves. */
#define CHECKS_MIN 4

/* The checks of some entries. */
struct part {
	struct qiao_fabric_sig *sig; /* CHECKS_MAX */
	size_t n, entries;
	bool started;
	const struct qiao_fabric_sigs *sigs;
	struct qiao_task task;
};

struct qiao_fabric_ahead {
	struct qiao_fabric_msps *m;
	struct qiao_pb_iter it;
	struct part part[2];
	struct part *now, *next;
};

static qiao_err add(struct qiao_fabric_ahead *a, struct qiao_slice identity,
		    struct qiao_slice x, struct qiao_slice y, size_t parts,
		    struct qiao_slice signature)
{
	struct part *to = a->next;
	struct qiao_fabric_sig *s = &to->sig[to->n];
	qiao_err err;

	if (to->n == CHECKS_MAX)
		return QIAO_OK; /* the rest is checked when it is asked for */
	err = qiao_fabric_identify(a->m, &s->id, identity);
	if (err != QIAO_OK || !s->id)
		return err;
	s->part[0] = x;
	s->part[1] = y;
	s->parts = parts;
	s->signature = signature;
	to->n++;
	return QIAO_OK;
}

/* Creator and endorsers, wherever the bytes put them. */
static qiao_err add_entry(struct qiao_fabric_ahead *a, struct qiao_slice entry)
{
	struct qiao_slice payload = qiao_pb_bytes(entry, 1);
	struct qiao_slice header = qiao_pb_bytes(payload, 1);
	struct qiao_slice creator = qiao_pb_bytes(qiao_pb_bytes(header, 2), 1);
	struct qiao_slice action = qiao_pb_bytes(qiao_pb_bytes(payload, 2), 1);
	struct qiao_slice endorsed = qiao_pb_bytes(qiao_pb_bytes(action, 2), 2);
	struct qiao_slice response = qiao_pb_bytes(endorsed, 1), e;
	struct qiao_pb_iter it = qiao_pb_iter(endorsed, 2);
	qiao_err err =
		add(a, creator, payload, payload, 1, qiao_pb_bytes(entry, 2));

	while (err == QIAO_OK && qiao_pb_each(&it, &e)) {
		struct qiao_slice endorser = qiao_pb_bytes(e, 1);

		err = add(a, endorser, response, endorser, 2,
			  qiao_pb_bytes(e, 2));
	}
	return err;
}

static void check(void *arg, size_t i)
{
	const struct part *p = arg;

	qiao_fabric_sig_check(&p->sig[i], p->sigs);
}

/* Let the threads begin with the entries that follow. */
static qiao_err begin(struct qiao_fabric_ahead *a)
{
	const struct qiao_parallel *parallel = a->m->sigs->parallel;
	struct part *p = a->next;
	struct qiao_slice entry;
	qiao_err err = QIAO_OK;

	p->n = p->entries = 0;
	while (err == QIAO_OK && p->entries < ENTRIES_MAX &&
	       p->n < CHECKS_MAX && qiao_pb_each(&a->it, &entry)) {
		err = add_entry(a, entry);
		p->entries++;
	}
	if (err != QIAO_OK || p->n < CHECKS_MIN)
		return err;
	p->task = (struct qiao_task){ check, p, p->n, false };
	p->started = a->m->sigs->lent = true;
	parallel->start(parallel->ctx, &p->task);
	return QIAO_OK;
}

static void finish(struct qiao_fabric_ahead *a, struct part *p)
{
	struct qiao_fabric_sigs *sigs = a->m->sigs;

	if (!p->started) {
		p->n = 0; /* not checked */
		return;
	}
	sigs->parallel->wait(sigs->parallel->ctx, &p->task);
	p->started = sigs->lent = false;
	for (size_t i = 0; i < p->n; i++)
		qiao_fabric_sig_keep(sigs, &p->sig[i]);
}

qiao_err qiao_fabric_ahead_next(struct qiao_fabric_ahead *a,
				struct qiao_fabric_msps *m, size_t *entries)
{
	struct part *done;
	qiao_err err = QIAO_OK;

	*entries = 1;
	if (!a || a->next->entries == 0) /* nothing points to identities */
		qiao_fabric_msps_trim(m);
	if (!a)
		return QIAO_OK;
	m->sigs->ahead_n = 0;
	if (a->next->entries == 0)
		err = begin(a);
	done = a->next;
	finish(a, done);
	*entries = done->entries;
	a->next = a->now;
	a->now = done;
	a->next->entries = 0;
	m->sigs->ahead = done->sig;
	m->sigs->ahead_n = done->n;
	m->sigs->ahead_at = 0;
	/* with too many identities the next ones wait for a trim */
	if (err == QIAO_OK && m->used <= QIAO_FABRIC_IDENTITIES_MAX)
		err = begin(a);
	return err;
}

qiao_err qiao_fabric_ahead_new(struct qiao_fabric_ahead **out,
			       struct qiao_fabric_msps *m,
			       const struct qiao_fabric_block *b)
{
	struct qiao_fabric_ahead *a;

	*out = NULL;
	if (!m->sigs->parallel || b->entries < 2)
		return QIAO_OK;
	a = qiao_calloc(1, sizeof(*a));
	if (!a)
		return QIAO_E_NOMEM;
	a->m = m;
	a->it = qiao_fabric_block_entries(b);
	a->now = &a->part[0];
	a->next = &a->part[1];
	for (size_t i = 0; i < 2; i++) {
		a->part[i].sigs = m->sigs;
		a->part[i].sig =
			qiao_calloc(CHECKS_MAX, sizeof(struct qiao_fabric_sig));
		if (!a->part[i].sig) {
			qiao_fabric_ahead_free(a);
			return QIAO_E_NOMEM;
		}
	}
	*out = a;
	return QIAO_OK;
}

void qiao_fabric_ahead_free(struct qiao_fabric_ahead *a)
{
	if (!a)
		return;
	finish(a, a->next);
	a->m->sigs->ahead = NULL;
	a->m->sigs->ahead_n = 0;
	qiao_free(a->part[0].sig);
	qiao_free(a->part[1].sig);
	qiao_free(a);
}
