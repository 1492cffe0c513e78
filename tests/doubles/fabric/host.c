/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/host.h"

#include <string.h>
#include <time.h>

void host_roots(struct host *h)
{
	const struct net *n = &h->net;
	const char *all = "";

	for (size_t i = 0; i < n->orgs; i++)
		for (size_t k = n->org[i].first; k < n->org[i].end; k++)
			all = pool_printf(
				&h->net.pool, "%s%s", all,
				(const char *)n->org[i].tls_ca[k].pem.p);
	h->client_roots = all;
	h->generation++;
}

struct station *host_find(struct host *h, const char *name)
{
	for (size_t i = 0; i < h->stations; i++)
		if (strcmp(h->station[i].node->name, name) == 0)
			return &h->station[i];
	return NULL;
}

static bool certificate(void *node, const char **cert, const char **key,
			const char **client_roots)
{
	struct station *s = node;
	bool is_new;

	pthread_mutex_lock(&s->host->ledger.lock);
	is_new = s->certificate != s->host->generation;
	s->certificate = s->host->generation;
	*cert = (const char *)s->node->tls.pem.p;
	*key = (const char *)s->node->tls.key_pem.p;
	*client_roots = s->host->client_roots;
	pthread_mutex_unlock(&s->host->ledger.lock);
	return is_new;
}

static void set_server(struct station *s, struct server *server)
{
	pthread_mutex_lock(&s->host->ledger.lock);
	s->server = server;
	pthread_mutex_unlock(&s->host->ledger.lock);
}

bool host_start(struct station *s)
{
	const struct server_wish w = { .port = s->node->port,
				       .mutual = s->host->mutual,
				       .node = s,
				       .certificate = certificate,
				       .serve = host_serve };

	s->certificate = 0;
	s->stop = false;
	s->die_at = UINT64_MAX;
	set_server(s, server_start(&w));
	return s->server != NULL;
}

void host_stop(struct station *s)
{
	if (!s->server)
		return;
	s->stop = true;
	server_stop(s->server);
	set_server(s, NULL);
}

bool host_pause(struct station *s, struct call *c)
{
	struct ledger *l = &s->host->ledger;
	const struct timespec nap = { 0, 20 * 1000000 };

	while (s->stalled && !s->stop && !s->host->end) {
		pthread_mutex_unlock(&l->lock);
		nanosleep(&nap, NULL);
		pthread_mutex_lock(&l->lock);
		if (!call_is_alive(c))
			return false;
	}
	return !s->stop && !s->host->end;
}

static bool is_method(const struct call *c, const char *prefix,
		      const char **rest)
{
	size_t n = strlen(prefix);

	*rest = c->method + n;
	return strncmp(c->method, prefix, n) == 0;
}

void host_serve(struct call *c)
{
	struct station *s = c->node;
	const char *method;
	bool goes_on;

	pthread_mutex_lock(&s->host->ledger.lock);
	goes_on = host_pause(s, c);
	pthread_mutex_unlock(&s->host->ledger.lock);
	if (!goes_on)
		call_finish(c, GRPC_STATUS_UNAVAILABLE, "the node stopped",
			    qiao_slice_of(NULL, 0));
	else if (!s->peer &&
		 is_method(c, "/orderer.AtomicBroadcast/Deliver", &method))
		deliver_serve(c, s, false);
	else if (!s->peer &&
		 is_method(c, "/orderer.AtomicBroadcast/Broadcast", &method))
		broadcast_serve(c, s);
	else if (s->peer && is_method(c, "/protos.Deliver/Deliver", &method))
		deliver_serve(c, s, *method != 0);
	else if (s->peer &&
		 is_method(c, "/protos.Endorser/ProcessProposal", &method))
		endorser_serve(c, s);
	else if (s->peer && is_method(c, "/gateway.Gateway/", &method))
		gateway_serve(c, s, method);
	else
		call_finish(c, GRPC_STATUS_UNIMPLEMENTED, "unknown service",
			    qiao_slice_of(NULL, 0));
}
