/* SPDX-License-Identifier: Apache-2.0 */
/* Endorser and Gateway of a peer. */
#include "tests/doubles/fabric/host.h"

#include "tests/doubles/fabric/chaincode.h"

#include <string.h>
#include <time.h>

/* A proposal that passed the checks, run. */
struct run {
	struct tx_head head;
	const char *chaincode;
	struct qiao_slice input;    /* without the transient map */
	struct qiao_slice response; /* ProposalResponsePayload */
	struct simulation result;
};

/* --- answers --- */

static struct qiao_slice details(struct call *c, const struct station *s,
				 grpc_status_code code, const char *message,
				 const char *detail)
{
	Fab__RpcStatus status = FAB__RPC_STATUS__INIT;
	Fab__RpcAny any = FAB__RPC_ANY__INIT, *list = &any;
	Fab__ErrorDetail e = FAB__ERROR_DETAIL__INIT;

	e.address = pool_printf(&c->pool, "127.0.0.1:%d", s->node->port);
	e.msp_id = pool_printf(&c->pool, "%s", s->node->org->msp);
	e.message = pool_printf(&c->pool, "%s", detail);
	any.type_url = pool_printf(&c->pool,
				   "type.googleapis.com/gateway.ErrorDetail");
	any.value = pb(pool_pack(&c->pool, &e));
	status.code = (int32_t)code;
	status.message = pool_printf(&c->pool, "%s", message);
	status.details = &list;
	status.n_details = 1;
	return pool_pack(&c->pool, &status);
}

/* As the Gateway says it: the cause stands in the details. */
static void refuse(struct call *c, const struct station *s,
		   grpc_status_code code, const char *message,
		   const char *detail)
{
	call_finish(c, code, message,
		    detail ? details(c, s, code, message, detail)
			   : qiao_slice_of(NULL, 0));
}

/* The work is done; the answer may get lost. */
static void answer(struct call *c, struct station *s, const void *message)
{
	struct ledger *l = &s->host->ledger;
	bool lost;

	pthread_mutex_lock(&l->lock);
	lost = s->mute > 0;
	s->mute -= lost;
	pthread_mutex_unlock(&l->lock);
	if (lost)
		refuse(c, s, GRPC_STATUS_UNAVAILABLE, "Socket closed", NULL);
	else
		call_write(c, pool_pack(&c->pool, message));
}

/* --- running a proposal; the lock is held --- */

/* ProcessedTransaction, BlockchainInfo: what qscc knows. */
static bool run_qscc(struct run *r, struct call *c, struct station *s,
		     const struct qiao_slice *arg, size_t n)
{
	struct ledger *l = &s->host->ledger;
	const char *id =
		n > 2 ? (const char *)pool_copy(&c->pool, arg[2]).p : "";
	const struct cell *at = ledger_find(l, id);
	const struct block *b = at ? l->block[at->block] : NULL;

	r->result = (struct simulation){ .status = 200 };
	if (n > 1 && qiao_slice_is(arg[0], "GetChainInfo")) {
		Fab__BlockchainInfo info = FAB__BLOCKCHAIN_INFO__INIT;

		b = l->block[l->n - 1];
		info.height = l->n;
		info.current_block_hash = pb(qiao_slice_hash(&b->hash));
		info.previous_block_hash = pb(b->previous);
		r->result.payload = pool_pack(&c->pool, &info);
		return true;
	}
	if (!b) {
		r->result.status = 500;
		r->result.message = pool_printf(
			&c->pool,
			"Failed to get transaction with id %s, error no such "
			"transaction ID [%s] in index",
			id, id);
		return true;
	}
	if (qiao_slice_is(arg[0], "GetTransactionByID")) {
		Fab__ProcessedTransaction t = FAB__PROCESSED_TRANSACTION__INIT;

		t.transaction_envelope =
			UNPACK(&c->pool, envelope, b->entry[at->tx]);
		t.validation_code = b->flag[at->tx];
		r->result.payload = pool_pack(&c->pool, &t);
	} else {
		r->result.payload = ledger_copy(&c->pool, l, b, s->index,
						s->peer, false, s->lie);
	}
	return true;
}

static bool execute(struct run *r, struct call *c, struct station *s,
		    const struct request *q)
{
	Fab__ChaincodeProposalPayload *p =
		UNPACK(&c->pool, chaincode_proposal_payload, q->body);
	Fab__ChaincodeInvocationSpec *spec =
		p ? UNPACK(&c->pool, chaincode_invocation_spec,
			   pb_slice(p->input))
		  : NULL;
	struct chaincode_call call = { .state = &s->host->ledger.state,
				       .net = &s->host->net };
	struct qiao_slice *arg;
	size_t n;

	if (!spec || !spec->chaincode_spec ||
	    !spec->chaincode_spec->chaincode_id || !spec->chaincode_spec->input)
		return false;
	n = spec->chaincode_spec->input->n_args;
	arg = pool_take(&c->pool, (n + 1) * sizeof(*arg));
	for (size_t i = 0; i < n; i++)
		arg[i] = pb_slice(spec->chaincode_spec->input->args[i]);
	p->n_transient_map = 0;
	r->input = pool_pack(&c->pool, p);
	r->chaincode = spec->chaincode_spec->chaincode_id->name;
	if (strcmp(r->chaincode, "qscc") == 0)
		return run_qscc(r, c, s, arg, n);
	call.chaincode = r->chaincode;
	call.arg = arg;
	call.n = n;
	call.creator = pb_slice(q->sh->creator);
	call.tx_id = r->head.tx_id;
	return chaincode_run(&r->result, &c->pool, &call);
}

/* NULL: done, maybe with status 500; else why not. */
static const char *process(struct run *r, struct call *c, struct station *s,
			   const Fab__SignedProposal *proposal)
{
	struct request q;
	const char *why = auth_proposal(&q, s, c, proposal);

	memset(r, 0, sizeof(*r));
	if (why)
		return why;
	r->head = (struct tx_head){ q.channel_header, q.signature_header,
				    q.ch->tx_id };
	if (!execute(r, c, s, &q))
		return "make sure the chaincode has been successfully defined "
		       "on channel and try again: chaincode not found";
	r->response = tx_response(&c->pool, &r->head, r->input, r->chaincode,
				  &r->result);
	return NULL;
}

static const char *chaincode_error(struct call *c, const struct run *r)
{
	return pool_printf(&c->pool, "chaincode response %d, %s",
			   r->result.status, r->result.message);
}

void endorser_serve(struct call *c, struct station *s)
{
	struct ledger *l = &s->host->ledger;
	Fab__ProposalResponse out = FAB__PROPOSAL_RESPONSE__INIT;
	Fab__Response response = FAB__RESPONSE__INIT;
	struct qiao_slice in;
	struct run r;
	const char *why;

	if (!call_read(c, &in))
		return;
	pthread_mutex_lock(&l->lock);
	why = process(&r, c, s, UNPACK(&c->pool, signed_proposal, in));
	if (!why && r.result.status < 400)
		out.endorsement =
			tx_endorse(&c->pool, &s->node->signer, r.response);
	pthread_mutex_unlock(&l->lock);
	if (why) {
		refuse(c, s, GRPC_STATUS_UNKNOWN, why, NULL);
		return;
	}
	response.status = r.result.status;
	response.message = pool_printf(
		&c->pool, "%s", r.result.message ? r.result.message : "");
	response.payload = pb(r.result.payload);
	out.version = 1;
	out.response = &response;
	if (out.endorsement)
		out.payload = pb(r.response);
	answer(c, s, &out);
}

/* --- Gateway --- */

static bool is_asked(const Fab__EndorseRequest *q, const char *msp)
{
	for (size_t i = 0; i < q->n_endorsing_organizations; i++)
		if (strcmp(q->endorsing_organizations[i], msp) == 0)
			return true;
	return q->n_endorsing_organizations == 0;
}

/* Peers that run, of the organisations asked for, or of as many as needed. */
static size_t endorse_all(Fab__Endorsement **out, struct call *c,
			  struct station *s, const Fab__EndorseRequest *q,
			  struct qiao_slice response)
{
	struct host *h = s->host;
	size_t n = 0;

	for (size_t k = 0; k < NET_PEERS; k++) {
		/* the peer that was asked comes first */
		size_t i = (s->index + k) % NET_PEERS;

		if (q->n_endorsing_organizations == 0 && n == h->net.need)
			break;
		if (is_asked(q, h->net.peer[i].org->msp) &&
		    host_find(h, h->net.peer[i].name)->server)
			out[n++] = tx_endorse(&c->pool, &h->net.peer[i].signer,
					      response);
	}
	return n;
}

static const char *endorse(struct qiao_slice *payload, struct call *c,
			   struct station *s, const Fab__EndorseRequest *q)
{
	Fab__Endorsement *endorsement[NET_PEERS];
	size_t n, want = q->n_endorsing_organizations;
	struct run r;
	const char *why = process(&r, c, s, q->proposed_transaction);

	if (why)
		return why;
	if (r.result.status >= 400)
		return chaincode_error(c, &r);
	n = endorse_all(endorsement, c, s, q, r.response);
	if (n < (want ? want : s->host->net.need))
		return "failed to select a set of endorsers that satisfy the "
		       "endorsement policy";
	*payload = tx_payload(&c->pool, &r.head,
			      tx_body(&c->pool, &r.head, r.input, r.response,
				      endorsement, n));
	return NULL;
}

static void serve_endorse(struct call *c, struct station *s,
			  struct qiao_slice in)
{
	struct ledger *l = &s->host->ledger;
	Fab__EndorseRequest *q = UNPACK(&c->pool, endorse_request, in);
	Fab__EndorseResponse out = FAB__ENDORSE_RESPONSE__INIT;
	Fab__Envelope env = FAB__ENVELOPE__INIT;
	struct qiao_slice payload;
	const char *why;

	if (!q || !q->proposed_transaction) {
		refuse(c, s, GRPC_STATUS_INVALID_ARGUMENT,
		       "the proposed transaction must contain a signed proposal",
		       NULL);
		return;
	}
	pthread_mutex_lock(&l->lock);
	why = endorse(&payload, c, s, q);
	pthread_mutex_unlock(&l->lock);
	if (why) {
		refuse(c, s, GRPC_STATUS_ABORTED,
		       "failed to endorse transaction, see attached details "
		       "for more info",
		       why);
		return;
	}
	env.payload = pb(payload);
	out.prepared_transaction = &env;
	answer(c, s, &out);
}

static void serve_evaluate(struct call *c, struct station *s,
			   struct qiao_slice in)
{
	struct ledger *l = &s->host->ledger;
	Fab__EvaluateRequest *q = UNPACK(&c->pool, evaluate_request, in);
	Fab__EvaluateResponse out = FAB__EVALUATE_RESPONSE__INIT;
	Fab__Response result = FAB__RESPONSE__INIT;
	const char *why = "malformed request";
	struct run r;

	pthread_mutex_lock(&l->lock);
	if (q)
		why = process(&r, c, s, q->proposed_transaction);
	if (!why && r.result.status >= 400)
		why = chaincode_error(c, &r);
	pthread_mutex_unlock(&l->lock);
	if (why) {
		refuse(c, s, GRPC_STATUS_ABORTED,
		       pool_printf(&c->pool,
				   "evaluate call to endorser returned error: "
				   "%s",
				   why),
		       why);
		return;
	}
	result.status = r.result.status;
	result.payload = pb(r.result.payload);
	out.result = &result;
	answer(c, s, &out);
}

static void serve_submit(struct call *c, struct station *s,
			 struct qiao_slice in)
{
	struct ledger *l = &s->host->ledger;
	Fab__SubmitRequest *q = UNPACK(&c->pool, submit_request, in);
	Fab__SubmitResponse out = FAB__SUBMIT_RESPONSE__INIT;
	enum status status = STATUS_BAD_REQUEST;
	const char *why = "malformed request";
	struct qiao_slice envelope;
	struct request request;

	pthread_mutex_lock(&l->lock);
	if (q && q->prepared_transaction) {
		envelope = pool_pack(&c->pool, q->prepared_transaction);
		status = auth_broadcast(&request, &why, s, c, envelope);
	}
	if (status == STATUS_OK)
		ledger_submit(l, envelope);
	pthread_mutex_unlock(&l->lock);
	if (status == STATUS_OK)
		answer(c, s, &out);
	else
		refuse(c, s, GRPC_STATUS_ABORTED,
		       "no orderers could successfully process transaction",
		       pool_printf(&c->pool,
				   "received unsuccessful response from "
				   "orderer: status=%d, info=%s",
				   (int)status, why));
}

/* Until it is in a block; false: the client is gone. */
static bool await_commit(Fab__CommitStatusResponse *out, struct call *c,
			 struct station *s, const char *tx_id)
{
	struct ledger *l = &s->host->ledger;
	const struct timespec nap = { 0, 10 * 1000000 };

	while (call_is_alive(c) && !s->stop && !s->host->end) {
		const struct cell *at;

		pthread_mutex_lock(&l->lock);
		at = ledger_find(l, tx_id);
		if (at) {
			out->result = l->block[at->block]->flag[at->tx];
			out->block_number = at->block;
		}
		pthread_mutex_unlock(&l->lock);
		if (at)
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

static void serve_commit_status(struct call *c, struct station *s,
				struct qiao_slice in)
{
	struct ledger *l = &s->host->ledger;
	Fab__SignedCommitStatusRequest *signed_ =
		UNPACK(&c->pool, signed_commit_status_request, in);
	Fab__CommitStatusRequest *q =
		signed_ ? UNPACK(&c->pool, commit_status_request,
				 pb_slice(signed_->request))
			: NULL;
	Fab__CommitStatusResponse out = FAB__COMMIT_STATUS_RESPONSE__INIT;
	const char *why = "invalid status request";

	pthread_mutex_lock(&l->lock);
	if (q)
		why = auth_reader(s, c, pb_slice(q->identity),
				  pb_slice(signed_->request),
				  pb_slice(signed_->signature));
	pthread_mutex_unlock(&l->lock);
	if (why)
		refuse(c, s, GRPC_STATUS_PERMISSION_DENIED, why, NULL);
	else if (await_commit(&out, c, s, q->transaction_id))
		answer(c, s, &out);
	else
		refuse(c, s, GRPC_STATUS_UNAVAILABLE, "the node died", NULL);
}

void gateway_serve(struct call *c, struct station *s, const char *method)
{
	struct qiao_slice in;

	if (!call_read(c, &in))
		return;
	if (strcmp(method, "Endorse") == 0)
		serve_endorse(c, s, in);
	else if (strcmp(method, "Evaluate") == 0)
		serve_evaluate(c, s, in);
	else if (strcmp(method, "Submit") == 0)
		serve_submit(c, s, in);
	else if (strcmp(method, "CommitStatus") == 0)
		serve_commit_status(c, s, in);
	else
		refuse(c, s, GRPC_STATUS_UNIMPLEMENTED,
		       "the double has no such method", NULL);
}
