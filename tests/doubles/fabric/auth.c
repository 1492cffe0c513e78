/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Fabric looks at before it answers. Sources: common/deliver/deliver.go
 * and acl.go, orderer/common/broadcast and msgprocessor, core/endorser and
 * core/handlers/auth/filter.
 */
#include "tests/doubles/fabric/host.h"

#include "gateway/base/clock.h"

#include <string.h>

#define WINDOW_S (15 * 60)

struct person {
	X509 *cert;
	const struct org *org;
	enum role role;
};

static bool may_read(const struct person *who)
{
	if (who->role == ROLE_NONE)
		return false;
	return who->role != (who->org->orders ? ROLE_PEER : ROLE_ORDERER);
}

static bool may_write(const struct person *who)
{
	return may_read(who) && (who->org->orders || who->role != ROLE_PEER);
}

static void identify(struct person *out, struct station *s, struct call *c,
		     struct qiao_slice creator)
{
	out->role = net_identify(&s->host->net, &c->pool, &out->cert, &out->org,
				 creator);
}

static const char *denied(struct station *s, struct call *c,
			  const struct person *who)
{
	return pool_printf(
		&c->pool,
		"error validating proposal: access denied: channel [%s] "
		"creator org [%s]",
		s->host->net.channel, who->org ? who->org->msp : "unknown");
}

static bool in_window(struct station *s, const Fab__ChannelHeader *ch)
{
	int64_t now = (qiao_now_ms() + s->host->clock_ms) / 1000;
	int64_t then = ch->timestamp ? ch->timestamp->seconds : 0;

	return then - now <= WINDOW_S && now - then <= WINDOW_S;
}

static bool read_headers(struct request *out, struct pool *p,
			 const Fab__Header *header)
{
	if (!header)
		return false;
	out->channel_header = pb_slice(header->channel_header);
	out->signature_header = pb_slice(header->signature_header);
	out->ch = UNPACK(p, channel_header, out->channel_header);
	out->sh = UNPACK(p, signature_header, out->signature_header);
	return out->ch && out->sh;
}

static bool is_bound(struct station *s, struct call *c,
		     const Fab__ChannelHeader *ch)
{
	X509 *cert;
	bool ok;

	if (!s->host->mutual)
		return true;
	cert = pki_read(c->client_cert);
	ok = cert && qiao_slice_eq(pki_digest(&c->pool, cert),
				   pb_slice(ch->tls_cert_hash));
	X509_free(cert);
	return ok;
}

static enum status open_envelope(struct request *out, Fab__Envelope **env,
				 const char **why, struct call *c,
				 struct qiao_slice envelope)
{
	Fab__Payload *payload;

	*env = UNPACK(&c->pool, envelope, envelope);
	payload = *env ? UNPACK(&c->pool, payload, pb_slice((*env)->payload))
		       : NULL;
	if (payload && read_headers(out, &c->pool, payload->header)) {
		out->body = pb_slice(payload->data);
		return STATUS_OK;
	}
	*why = "malformed envelope";
	return STATUS_BAD_REQUEST;
}

static bool signed_by(const struct person *who, const Fab__Envelope *env)
{
	const struct qiao_slice payload = pb_slice(env->payload);

	return pki_verify(who->cert, pb_slice(env->signature), &payload, 1);
}

static enum status check_reader(const char **why, const struct person *who,
				const Fab__Envelope *env)
{
	*why = "access denied";
	if (!may_read(who) || !signed_by(who, env))
		return STATUS_FORBIDDEN;
	*why = "deliver client identity expired";
	return pki_in_time(who->cert) ? STATUS_OK : STATUS_FORBIDDEN;
}

enum status auth_deliver(struct request *out, const char **why,
			 struct station *s, struct call *c,
			 struct qiao_slice envelope)
{
	Fab__Envelope *env;
	struct person who;
	enum status status = open_envelope(out, &env, why, c, envelope);

	if (status != STATUS_OK)
		return status;
	*why = "envelope's timestamp is more than 15m0s apart from current "
	       "server time";
	if (!in_window(s, out->ch))
		return STATUS_BAD_REQUEST;
	*why = "client didn't include its TLS cert hash, or another one's";
	if (!is_bound(s, c, out->ch))
		return STATUS_BAD_REQUEST;
	*why = "channel not found";
	if (strcmp(out->ch->channel_id, s->host->net.channel) != 0)
		return STATUS_NOT_FOUND;
	identify(&who, s, c, pb_slice(out->sh->creator));
	status = check_reader(why, &who, env);
	X509_free(who.cert);
	return status;
}

enum status auth_broadcast(struct request *out, const char **why,
			   struct station *s, struct call *c,
			   struct qiao_slice envelope)
{
	Fab__Envelope *env;
	struct person who;
	enum status status = open_envelope(out, &env, why, c, envelope);

	if (status != STATUS_OK)
		return status;
	*why = "channel does not exist";
	if (strcmp(out->ch->channel_id, s->host->net.channel) != 0)
		return STATUS_NOT_FOUND;
	*why = "only transactions are taken by this double";
	if (out->ch->type != TX_ENDORSER)
		return STATUS_BAD_REQUEST;
	identify(&who, s, c, pb_slice(out->sh->creator));
	*why = "implicit policy evaluation failed - 0 sub-policies were "
	       "satisfied, but this policy requires 1 of the 'Writers' "
	       "sub-policies to be satisfied: permission denied";
	status = may_write(&who) && signed_by(&who, env) ? STATUS_OK
							 : STATUS_FORBIDDEN;
	if (status == STATUS_OK && !pki_in_time(who.cert)) {
		*why = "broadcast client identity expired";
		status = STATUS_BAD_REQUEST;
	}
	X509_free(who.cert);
	return status;
}

static const char *check_proposer(struct station *s, struct call *c,
				  const struct person *who,
				  const Fab__SignedProposal *proposal)
{
	const struct qiao_slice bytes = pb_slice(proposal->proposal_bytes);

	if (who->cert && !pki_in_time(who->cert))
		return "proposal client identity expired";
	if (!may_write(who) ||
	    !pki_verify(who->cert, pb_slice(proposal->signature), &bytes, 1))
		return denied(s, c, who);
	return NULL;
}

const char *auth_proposal(struct request *out, struct station *s,
			  struct call *c, const Fab__SignedProposal *proposal)
{
	Fab__Proposal *p = proposal ? UNPACK(&c->pool, proposal,
					     pb_slice(proposal->proposal_bytes))
				    : NULL;
	Fab__Header *header =
		p ? UNPACK(&c->pool, header, pb_slice(p->header)) : NULL;
	struct person who;
	const char *why;

	if (!p || !read_headers(out, &c->pool, header) ||
	    out->ch->type != TX_ENDORSER)
		return "error unmarshaling Proposal";
	out->body = pb_slice(p->payload);
	if (strcmp(out->ch->channel_id, s->host->net.channel) != 0)
		return pool_printf(&c->pool, "channel '%s' not found",
				   out->ch->channel_id);
	if (!in_window(s, out->ch))
		return "request unauthorized due to incorrect timestamp";
	identify(&who, s, c, pb_slice(out->sh->creator));
	why = check_proposer(s, c, &who, proposal);
	X509_free(who.cert);
	return why;
}

const char *auth_reader(struct station *s, struct call *c,
			struct qiao_slice identity, struct qiao_slice signed_,
			struct qiao_slice signature)
{
	struct person who;
	const char *why = NULL;

	identify(&who, s, c, identity);
	if (!may_read(&who) || !pki_verify(who.cert, signature, &signed_, 1))
		why = denied(s, c, &who);
	X509_free(who.cert);
	return why;
}
