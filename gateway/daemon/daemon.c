/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/daemon.h"

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <string.h>
#include <sys/timex.h>

struct qiao_rules *qiao_rules_take(struct qiao_daemon *d)
{
	struct qiao_rules *r;

	pthread_mutex_lock(&d->rules_lock);
	r = d->rules;
	if (r)
		r->refs++;
	pthread_mutex_unlock(&d->rules_lock);
	return r;
}

void qiao_rules_release(struct qiao_rules *r)
{
	if (!r || --r->refs > 0)
		return;
	for (size_t i = 0; i < r->n; i++)
		qiao_mapping_free(r->mapping[i]);
	qiao_policy_unref(r->policy);
	qiao_free(r);
}

struct qiao_chain *qiao_chain_by_identity(struct qiao_daemon *d,
					  const struct qiao_hash *identity)
{
	for (size_t i = 0; i < d->n_chains; i++)
		if (qiao_hash_eq(&d->chains[i].identity, identity))
			return &d->chains[i];
	return NULL;
}

struct qiao_chain *qiao_chain_by_name(struct qiao_daemon *d, const char *name)
{
	for (size_t i = 0; i < d->n_chains; i++)
		if (strcmp(d->chains[i].cfg->name, name) == 0)
			return &d->chains[i];
	return NULL;
}

size_t qiao_chain_index(const struct qiao_chain *c)
{
	return (size_t)(c - c->d->chains);
}

struct qiao_link_peer *qiao_link_by_id(struct qiao_daemon *d, const char *id)
{
	for (size_t i = 0; i < d->n_links; i++)
		if (strcmp(d->links[i].peer->gateway, id) == 0)
			return &d->links[i];
	return NULL;
}

bool qiao_link_concerns(const struct qiao_link_peer *l,
			const struct qiao_chain *c)
{
	for (size_t i = 0; i < l->d->n_routes; i++) {
		const struct qiao_route *r = &l->d->routes[i];

		if (r->peer == l && (r->from == c || r->to == c))
			return true;
	}
	return false;
}

bool qiao_daemon_clock_ok(const struct qiao_daemon *d)
{
	struct timex t = { .modes = 0 };
	int64_t now = qiao_now_ms();
	int state;

	for (size_t i = 0; i < d->n_chains; i++)
		if (d->chains[i].accepted_ms > now + QIAO_CLOCK_BACK_MS)
			return false;
	switch (d->cfg->clock) {
	case QIAO_CLOCK_OPERATOR:
		return true; /* somebody else watches it; status says so */
	case QIAO_CLOCK_KERNEL:
		state = adjtimex(&t);
		return state >= 0 && state != TIME_ERROR &&
		       !(t.status & STA_UNSYNC) && t.maxerror < 5000000;
	}
	return false;
}

static const char *remedy(qiao_err err)
{
	if (err == QIAO_E_FULL)
		return "the disk is full: free space";
	if (err == QIAO_E_IO)
		return "the disk does not answer as it should: check it, then "
		       "start the daemon again";
	if (err == QIAO_E_NOMEM)
		return "out of memory: give the daemon more";
	return "look at the lines before this one and report them";
}

void qiao_store_refused(const char *of, const char *name, const char *what,
			qiao_err err)
{
	qiao_log(
		QIAO_LOG_ERROR, "store-refused",
		"%s=%s err=%s why=\"%s: not stored; %s. Nothing is lost, it is "
		"tried again\"",
		of, name, qiao_errname(err), what, remedy(err));
}
