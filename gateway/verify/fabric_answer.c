/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_answer.h"

#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

/* What was asked, and what came of it, wherever the messages keep that. */
struct exchange {
	const struct qiao_fabric_question *q;
	struct qiao_slice header; /* common.Header */
	struct qiao_slice input;  /* ChaincodeProposalPayload */
	struct qiao_slice
		response; /* ProposalResponsePayload: what is signed */
	struct qiao_pb_arena arena;
};

static qiao_err malformed(struct qiao_why *why, const char *what)
{
	return qiao_fail(why, QIAO_E_MALFORMED, "answer: %s is malformed",
			 what);
}

static qiao_err other(struct qiao_why *why, const char *what)
{
	return qiao_fail(why, QIAO_E_PROOF,
			 "answer: it is to another question (%s)", what);
}

/* A function's name and arguments, exactly; an initialisation is no question.
 */
static bool args_fit(const struct qiao_fabric_question *q,
		     struct qiao_slice input)
{
	struct qiao_pb_iter it = qiao_pb_iter(input, 1);
	struct qiao_slice arg;
	size_t n = 0;

	for (; qiao_pb_each(&it, &arg); n++)
		if (n == q->n_args || !qiao_slice_eq(arg, q->args[n]))
			return false;
	return n == q->n_args && qiao_pb_uint(input, 3) == 0;
}

static qiao_err check_input(struct exchange *x, struct qiao_why *why)
{
	struct qiao_slice invocation = qiao_pb_bytes(x->input, 1);
	struct qiao_slice spec, id, input;

	if (qiao_pb_check(&qiao_pb_chaincode_proposal_payload, x->input) !=
		    QIAO_OK ||
	    qiao_pb_check(&qiao_pb_chaincode_invocation_spec, invocation) !=
		    QIAO_OK)
		return malformed(why, "the chaincode's input");
	if (!qiao_pb_message(&x->arena, &spec, invocation, 1) ||
	    !qiao_pb_message(&x->arena, &id, spec, 2) ||
	    !qiao_slice_eq(qiao_pb_bytes(id, 2), x->q->chaincode))
		return other(why, "chaincode of the input");
	if (!qiao_pb_message(&x->arena, &input, spec, 3) ||
	    !args_fit(x->q, input))
		return other(why, "arguments");
	return QIAO_OK;
}

static qiao_err check_header(struct exchange *x, struct qiao_why *why)
{
	struct qiao_slice ch = qiao_pb_bytes(x->header, 1);
	struct qiao_slice sh = qiao_pb_bytes(x->header, 2);
	struct qiao_slice ext = qiao_pb_bytes(ch, 7), id;

	if (qiao_pb_check(&qiao_pb_channel_header, ch) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_signature_header, sh) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_chaincode_header_extension, ext) != QIAO_OK)
		return malformed(why, "the header");
	if ((int32_t)(uint32_t)qiao_pb_uint(ch, 1) !=
		    QIAO_FABRIC_TYPE_TRANSACTION ||
	    !qiao_slice_eq(qiao_pb_bytes(ch, 4), x->q->channel))
		return other(why, "channel");
	if (!qiao_pb_message(&x->arena, &id, ext, 2) ||
	    !qiao_slice_eq(qiao_pb_bytes(id, 2), x->q->chaincode))
		return other(why, "chaincode");
	if (x->q->nonce.n == 0 ||
	    !qiao_slice_eq(qiao_pb_bytes(sh, 2), x->q->nonce))
		return other(why, "nonce");
	return QIAO_OK;
}

/* Peers hash the input without the transient map, which is field 1 alone. */
static qiao_err check_hash(struct exchange *x, struct qiao_why *why)
{
	struct qiao_slice input = qiao_pb_bytes(x->input, 1), of[3];
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash want;
	qiao_err err;

	if (input.n > 0)
		qiao_pb_put_bytes(&b, 1, input);
	of[0] = qiao_pb_bytes(x->header, 1);
	of[1] = qiao_pb_bytes(x->header, 2);
	of[2] = qiao_buf_slice(&b);
	err = b.err;
	if (err == QIAO_OK)
		qiao_sha256_list(&want, of, 3);
	qiao_buf_free(&b);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "out of memory");
	if (qiao_pb_check(&qiao_pb_proposal_response_payload, x->response) !=
	    QIAO_OK)
		return malformed(why, "what is signed");
	if (!qiao_slice_eq(qiao_slice_hash(&want),
			   qiao_pb_bytes(x->response, 1)))
		return other(why, "proposal_hash");
	return QIAO_OK;
}

/* The outcome, out of the signed bytes and from nowhere else. */
static qiao_err read_outcome(struct qiao_fabric_answer *out, struct exchange *x,
			     struct qiao_why *why)
{
	struct qiao_slice action = qiao_pb_bytes(x->response, 2), id, response;

	if (action.n == 0 ||
	    qiao_pb_check(&qiao_pb_chaincode_action, action) != QIAO_OK)
		return malformed(why, "ChaincodeAction");
	if (!qiao_pb_message(&x->arena, &id, action, 4) ||
	    !qiao_slice_eq(qiao_pb_bytes(id, 2), x->q->chaincode))
		return other(why, "chaincode that ran");
	qiao_pb_message(&x->arena, &response, action, 3);
	if (x->arena.err != QIAO_OK)
		return qiao_fail(why, x->arena.err, "out of memory");
	/* a response in pieces would borrow from memory that ends here */
	if (qiao_pb_count(action, 3) != 1)
		return malformed(why, "the response");
	out->status = (int32_t)(uint32_t)qiao_pb_uint(response, 1);
	out->payload = qiao_pb_bytes(response, 3);
	out->results = qiao_pb_bytes(action, 1);
	return QIAO_OK;
}

static qiao_err check_exchange(struct qiao_fabric_answer *out,
			       struct exchange *x, struct qiao_why *why)
{
	qiao_err err = check_header(x, why);

	if (err == QIAO_OK)
		err = check_input(x, why);
	if (err == QIAO_OK && x->arena.err != QIAO_OK)
		err = qiao_fail(why, x->arena.err, "out of memory");
	if (err == QIAO_OK)
		err = check_hash(x, why);
	return err == QIAO_OK ? read_outcome(out, x, why) : err;
}

/* A peer, where the organisation tells its peers from its clients. */
static bool is_peer(const struct qiao_fabric_identity *id)
{
	return qiao_fabric_has_role(id, id->msp->node_ous ? QIAO_FABRIC_PEER
							  : QIAO_FABRIC_MEMBER);
}

static void count_org(struct qiao_fabric_answer *out,
		      const struct qiao_fabric_identity *id,
		      const struct qiao_fabric_config *c)
{
	if (!is_peer(id) || !qiao_fabric_config_org(c, id->msp->name) ||
	    out->orgs == QIAO_FABRIC_ANSWER_PEERS_MAX)
		return;
	for (size_t i = 0; i < out->orgs; i++)
		if (qiao_slice_eq(out->org[i], id->msp->name))
			return;
	out->org[out->orgs++] = id->msp->name;
}

static qiao_err take_signature(struct qiao_fabric_signers *s,
			       struct qiao_fabric_config *c,
			       struct qiao_slice response,
			       struct qiao_slice endorsement)
{
	/* an endorser signs its own name too */
	const struct qiao_slice parts[2] = { response,
					     qiao_pb_bytes(endorsement, 1) };

	return qiao_fabric_signers_take(s, &c->msps, parts[1], parts, 2,
					qiao_pb_bytes(endorsement, 2));
}

/* Distinct identities first, then their organisations. */
static qiao_err count_orgs(struct qiao_fabric_answer *out,
			   const struct qiao_fabric_signers *s,
			   const struct qiao_fabric_question *q,
			   const struct qiao_fabric_config *c,
			   struct qiao_why *why)
{
	for (size_t i = 0; i < s->n; i++)
		count_org(out, s->id[i], c);
	if (out->orgs >= (q->orgs ? q->orgs : 1))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_BADSIG,
			 "answer: signed by valid peers of %zu organisations, "
			 "%u are demanded; ask more peers",
			 out->orgs, q->orgs ? q->orgs : 1);
}

static qiao_err finish(struct qiao_fabric_answer *out, struct exchange *x,
		       struct qiao_fabric_signers *s, qiao_err err)
{
	qiao_fabric_signers_free(s);
	qiao_pb_arena_free(&x->arena);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

/* All responses hold the same signed bytes, and one signature each. */
static qiao_err read_responses(struct exchange *x,
			       const struct qiao_slice *responses, size_t n,
			       struct qiao_why *why)
{
	if (n == 0 || n > QIAO_FABRIC_ANSWER_PEERS_MAX ||
	    x->q->n_args > QIAO_FABRIC_ANSWER_ARGS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "answer: %zu responses, %zu arguments", n,
				 x->q->n_args);
	for (size_t i = 0; i < n; i++)
		if (qiao_pb_check(&qiao_pb_proposal_response, responses[i]) !=
		    QIAO_OK)
			return malformed(why, "a response");
	x->response = qiao_pb_bytes(responses[0], 5);
	for (size_t i = 1; i < n; i++)
		if (!qiao_slice_eq(x->response, qiao_pb_bytes(responses[i], 5)))
			return qiao_fail(why, QIAO_E_CONFLICT,
					 "answer: the peers do not say the "
					 "same; ask again, one may be behind");
	return QIAO_OK;
}

qiao_err qiao_fabric_answer_check(struct qiao_fabric_answer *out,
				  const struct qiao_fabric_question *q,
				  struct qiao_slice proposal,
				  const struct qiao_slice *responses, size_t n,
				  struct qiao_fabric_config *c,
				  struct qiao_why *why)
{
	struct exchange x = { .q = q };
	struct qiao_fabric_signers s = { .n = 0 };
	struct qiao_slice endorsement;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_fabric_msps_trim(&c->msps);
	err = read_responses(&x, responses, n, why);
	if (err == QIAO_OK &&
	    qiao_pb_check(&qiao_pb_proposal, proposal) != QIAO_OK)
		err = malformed(why, "the proposal");
	x.header = qiao_pb_bytes(proposal, 1);
	x.input = qiao_pb_bytes(proposal, 2);
	if (err == QIAO_OK)
		err = check_exchange(out, &x, why);
	for (size_t i = 0; err == QIAO_OK && i < n; i++) {
		qiao_pb_message(&x.arena, &endorsement, responses[i], 6);
		err = x.arena.err;
		if (err == QIAO_OK)
			err = take_signature(&s, c, x.response, endorsement);
	}
	if (err == QIAO_OK)
		err = count_orgs(out, &s, q, c, why);
	return finish(out, &x, &s, err);
}

/* The parts of a transaction with one action. */
static qiao_err read_prepared(struct exchange *x, struct qiao_slice *endorsed,
			      struct qiao_slice envelope, struct qiao_why *why)
{
	struct qiao_slice payload = qiao_pb_bytes(envelope, 1);
	struct qiao_slice tx = qiao_pb_bytes(payload, 2);
	struct qiao_slice action = qiao_pb_bytes(tx, 1);
	struct qiao_slice body = qiao_pb_bytes(action, 2);

	if (x->q->n_args > QIAO_FABRIC_ANSWER_ARGS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "answer: %zu arguments",
				 x->q->n_args);
	if (qiao_pb_check(&qiao_pb_envelope, envelope) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_payload, payload) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_transaction, tx) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_chaincode_action_payload, body) != QIAO_OK ||
	    qiao_pb_count(tx, 1) != 1 ||
	    !qiao_pb_message(&x->arena, &x->header, payload, 1) ||
	    qiao_pb_count(body, 2) != 1)
		return malformed(why, "the prepared transaction");
	x->input = qiao_pb_bytes(body, 1);
	*endorsed = qiao_pb_bytes(body, 2);
	x->response = qiao_pb_bytes(*endorsed, 1);
	if (!qiao_slice_eq(qiao_pb_bytes(action, 1),
			   qiao_pb_bytes(x->header, 2)))
		return malformed(why, "the action's header");
	if (qiao_pb_count(*endorsed, 2) > QIAO_FABRIC_ANSWER_PEERS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "answer: %zu endorsements",
				 qiao_pb_count(*endorsed, 2));
	return QIAO_OK;
}

qiao_err qiao_fabric_answer_check_prepared(struct qiao_fabric_answer *out,
					   const struct qiao_fabric_question *q,
					   struct qiao_slice envelope,
					   struct qiao_fabric_config *c,
					   struct qiao_why *why)
{
	struct exchange x = { .q = q };
	struct qiao_fabric_signers s = { .n = 0 };
	struct qiao_slice endorsed = { NULL, 0 }, e;
	struct qiao_pb_iter it;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_fabric_msps_trim(&c->msps);
	err = read_prepared(&x, &endorsed, envelope, why);
	if (err == QIAO_OK)
		err = check_exchange(out, &x, why);
	it = qiao_pb_iter(endorsed, 2);
	while (err == QIAO_OK && qiao_pb_each(&it, &e))
		err = take_signature(&s, c, x.response, e);
	if (err == QIAO_OK)
		err = count_orgs(out, &s, q, c, why);
	return finish(out, &x, &s, err);
}
