/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/gateway.h"

#include "adapters/fabric/explain.h"
#include "gateway/base/slice.h"

#include <string.h>

/* Together below the least that `call` of the chain should be: 10 s. */
#define ENDORSE_MS  4000
#define SUBMIT_MS   2500
#define EVALUATE_MS 3000
#define ANSWER_MAX  QIAO_MIB(8)

/* One operation: its session, the proposal, and whom it asks. */
struct op {
	struct fabric_sessions *sessions;
	struct fabric_session *session;
	struct fabric_asker who;
	struct fabric_proposal proposal;
	struct qiao_buf request, answer;
	char code[FABRIC_CODE_LEN];
};

static void op_open(struct op *o, struct fabric_sessions *s)
{
	*o = (struct op){ .sessions = s, .answer = { .max = ANSWER_MAX } };
	o->session = fabric_session_take(s);
	o->who = fabric_session_asker(o->session);
}

static void op_close(struct op *o)
{
	fabric_proposal_fini(&o->proposal);
	qiao_buf_free(&o->request);
	qiao_buf_free(&o->answer);
	fabric_session_release(o->sessions, o->session);
}

/* A commit status is no answer for long when there is no commit yet. */
static bool is_silent(qiao_err err, unsigned int timeout_ms)
{
	return err == QIAO_E_TIMEOUT && timeout_ms >= SUBMIT_MS;
}

static qiao_err ask_one(struct op *o, const char *method, const char *what,
			size_t peer, unsigned int timeout_ms,
			struct qiao_why *why)
{
	struct fabric_status st;
	char detail[320];
	qiao_err err;

	qiao_buf_clear(&o->answer);
	err = fabric_rpc_call(o->session->link[peer], &o->answer, &st, method,
			      qiao_buf_slice(&o->request), timeout_ms);
	if (err != QIAO_OK) {
		fabric_detail_text(detail, sizeof(detail),
				   qiao_buf_slice(&st.detail));
		fabric_refusal_code(o->code, detail[0] ? detail : st.text);
		fabric_explain_call(why, o->session, peer, what, &st, err);
	}
	fabric_status_free(&st);
	return err;
}

/* The peer after this one; there is one, or nobody would be asked. */
static size_t next_peer(const struct fabric_config *c, size_t peer)
{
	do {
		peer = (peer + 1) % c->sources;
	} while (!c->source[peer].is_peer);
	return peer;
}

/*
 * Send o->request, get o->answer: from the gateway peer, or from the next one
 * when it cannot be reached. One that is silent is left, too, but for the next
 * request: there is no time for both. Every request may be sent twice.
 */
static qiao_err ask(struct op *o, const char *method, const char *what,
		    unsigned int timeout_ms, struct qiao_why *why)
{
	const struct fabric_config *c = o->session->cfg;
	size_t first = o->sessions->gateway;
	qiao_err err = QIAO_E_CONFIG;

	for (size_t i = 0; i < c->sources; i++) {
		size_t peer = (first + i) % c->sources;

		if (!c->source[peer].is_peer)
			continue;
		err = ask_one(o, method, what, peer, timeout_ms, why);
		if (err != QIAO_E_IO) {
			o->sessions->gateway = is_silent(err, timeout_ms)
						       ? next_peer(c, peer)
						       : peer;
			return err;
		}
	}
	return err;
}

static qiao_err propose(struct op *o, const struct fabric_invocation *inv,
			const char (*orgs)[QIAO_ORG_MAX + 1], size_t n)
{
	qiao_err err = fabric_proposal_make(&o->proposal, &o->who, inv);

	if (err == QIAO_OK)
		err = fabric_proposal_put(&o->request, &o->who, &o->proposal,
					  orgs, n);
	return err;
}

qiao_err fabric_gateway_evaluate(struct fabric_sessions *s,
				 struct qiao_buf *payload,
				 const struct fabric_invocation *inv,
				 struct qiao_why *why)
{
	struct op o;
	qiao_err err;

	op_open(&o, s);
	err = propose(&o, inv, NULL, 0);
	if (err == QIAO_OK)
		err = ask(&o, "/gateway.Gateway/Evaluate", "query", EVALUATE_MS,
			  why);
	if (err == QIAO_OK) {
		err = fabric_evaluated_parse(payload,
					     qiao_buf_slice(&o.answer));
		if (err != QIAO_OK)
			qiao_fail(why, err,
				  "%s: query: the chaincode's answer is none",
				  s->cfg->source[s->gateway].address);
	}
	op_close(&o);
	return err;
}

qiao_err fabric_gateway_submit(struct fabric_sessions *s,
			       char tx_id[FABRIC_TX_ID_LEN],
			       char code[FABRIC_CODE_LEN],
			       const struct fabric_invocation *inv,
			       struct qiao_why *why)
{
	struct op o;
	qiao_err err;

	op_open(&o, s);
	err = propose(&o, inv, NULL, 0);
	if (err == QIAO_OK)
		err = ask(&o, "/gateway.Gateway/Endorse", "endorsement",
			  ENDORSE_MS, why);
	qiao_buf_clear(&o.request);
	if (err == QIAO_OK)
		err = fabric_submit_put(&o.request, &o.who, &o.proposal,
					qiao_buf_slice(&o.answer), why);
	tx_id[0] = '\0';
	if (err == QIAO_OK) {
		memcpy(tx_id, o.proposal.tx_id, FABRIC_TX_ID_LEN);
		err = ask(&o, "/gateway.Gateway/Submit", "submission",
			  SUBMIT_MS, why);
	}
	memcpy(code, o.code, FABRIC_CODE_LEN);
	op_close(&o);
	return err;
}

qiao_err fabric_gateway_commit(struct fabric_sessions *s, int32_t *valid,
			       uint64_t *height, const char *tx_id,
			       unsigned int timeout_ms, struct qiao_why *why)
{
	struct op o;
	qiao_err err;

	*valid = -1;
	*height = 0;
	op_open(&o, s);
	err = fabric_commit_put(&o.request, &o.who, tx_id);
	if (err == QIAO_OK)
		err = ask(&o, "/gateway.Gateway/CommitStatus", "commit status",
			  timeout_ms, why);
	if (err == QIAO_OK)
		err = fabric_commit_parse(valid, height,
					  qiao_buf_slice(&o.answer));
	op_close(&o);
	return err;
}

qiao_err fabric_gateway_answer(struct fabric_sessions *s,
			       struct qiao_buf *envelope,
			       const struct fabric_invocation *inv,
			       const char (*orgs)[QIAO_ORG_MAX + 1], size_t n,
			       struct qiao_why *why)
{
	struct op o;
	qiao_err err;

	op_open(&o, s);
	err = propose(&o, inv, orgs, n);
	if (err == QIAO_OK)
		err = ask(&o, "/gateway.Gateway/Endorse", "signed answer",
			  ENDORSE_MS, why);
	if (err == QIAO_OK)
		err = fabric_endorsed_parse(envelope,
					    qiao_buf_slice(&o.answer));
	op_close(&o);
	return err;
}
