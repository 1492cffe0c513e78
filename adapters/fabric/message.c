/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/message.h"

#include "adapters/fabric/config.h"
#include "adapters/fabric/pb.h"
#include "adapters/fabric/proto/service.pb-c.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/include/qiao/limits.h"

#include <stdio.h>
#include <string.h>

#define NONCE_LEN     24 /* as clients of Fabric have it */
#define TYPE_ENDORSER 3
#define TYPE_SEEK     5
#define GOLANG        1 /* any language: peers look at the name only */

/* --- headers -------------------------------------------------------------- */
static qiao_err put_channel_header(struct qiao_buf *out,
				   const struct fabric_asker *who, int32_t type,
				   const char *tx_id,
				   struct qiao_slice extension)
{
	Fabric__ChannelHeader h = FABRIC__CHANNEL_HEADER__INIT;
	Fabric__Timestamp t = FABRIC__TIMESTAMP__INIT;

	t.seconds = who->now_ms / 1000;
	t.nanos = (int32_t)(who->now_ms % 1000) * 1000000;
	h.type = type;
	h.timestamp = &t;
	h.channel_id = fabric_pb_str(who->channel);
	h.tx_id = fabric_pb_str(tx_id);
	h.extension = fabric_pb_bytes(extension);
	h.tls_cert_hash = fabric_pb_bytes(who->tls_hash);
	return fabric_pb_put(out, &h.base);
}

static qiao_err put_signature_header(struct qiao_buf *out,
				     const struct fabric_asker *who,
				     struct qiao_slice nonce)
{
	Fabric__SignatureHeader h = FABRIC__SIGNATURE_HEADER__INIT;

	h.creator = fabric_pb_bytes(fabric_identity_creator(who->identity));
	h.nonce = fabric_pb_bytes(nonce);
	return fabric_pb_put(out, &h.base);
}

/* An Envelope around bytes, signed. */
static qiao_err put_envelope(struct qiao_buf *out,
			     const struct fabric_asker *who,
			     struct qiao_slice payload)
{
	Fabric__Envelope e = FABRIC__ENVELOPE__INIT;
	struct qiao_buf sig = QIAO_BUF;
	qiao_err err = fabric_identity_sign(who->identity, &sig, payload);

	if (err == QIAO_OK) {
		e.payload = fabric_pb_bytes(payload);
		e.signature = fabric_pb_bytes(qiao_buf_slice(&sig));
		err = fabric_pb_put(out, &e.base);
	}
	qiao_buf_free(&sig);
	return err;
}

/* --- seek ----------------------------------------------------------------- */
static qiao_err put_seek_info(struct qiao_buf *out, const struct fabric_seek *s)
{
	Fabric__SeekNewest newest = FABRIC__SEEK_NEWEST__INIT;
	Fabric__SeekSpecified from = FABRIC__SEEK_SPECIFIED__INIT;
	Fabric__SeekSpecified to = FABRIC__SEEK_SPECIFIED__INIT;
	Fabric__SeekPosition start = FABRIC__SEEK_POSITION__INIT;
	Fabric__SeekPosition stop = FABRIC__SEEK_POSITION__INIT;
	Fabric__SeekInfo m = FABRIC__SEEK_INFO__INIT;

	from.number = s->start;
	to.number = s->stop;
	start.type_case = FABRIC__SEEK_POSITION__TYPE_SPECIFIED;
	start.specified = &from;
	stop.type_case = FABRIC__SEEK_POSITION__TYPE_SPECIFIED;
	stop.specified = &to;
	if (s->newest) {
		start.type_case = FABRIC__SEEK_POSITION__TYPE_NEWEST;
		start.newest = &newest;
		stop = start;
	}
	m.start = &start;
	m.stop = &stop;
	m.behavior = s->wait ? 0 : 1;
	m.content_type = s->headers_only ? 1 : 0;
	return fabric_pb_put(out, &m.base);
}

static qiao_err put_payload(struct qiao_buf *out, struct qiao_slice channel,
			    struct qiao_slice signature, struct qiao_slice data)
{
	Fabric__Header h = FABRIC__HEADER__INIT;
	Fabric__Payload p = FABRIC__PAYLOAD__INIT;

	h.channel_header = fabric_pb_bytes(channel);
	h.signature_header = fabric_pb_bytes(signature);
	p.header = &h;
	p.data = fabric_pb_bytes(data);
	return fabric_pb_put(out, &p.base);
}

qiao_err fabric_seek_put(struct qiao_buf *out, const struct fabric_asker *who,
			 const struct fabric_seek *seek)
{
	struct qiao_buf channel = QIAO_BUF, signature = QIAO_BUF;
	struct qiao_buf info = QIAO_BUF, payload = QIAO_BUF;
	const struct qiao_slice none = { NULL, 0 };
	uint8_t nonce[NONCE_LEN];
	qiao_err err;

	qiao_random(nonce, sizeof(nonce));
	err = put_channel_header(&channel, who, TYPE_SEEK, "", none);
	if (err == QIAO_OK)
		err = put_signature_header(&signature, who,
					   qiao_slice_of(nonce, sizeof(nonce)));
	if (err == QIAO_OK)
		err = put_seek_info(&info, seek);
	if (err == QIAO_OK)
		err = put_payload(&payload, qiao_buf_slice(&channel),
				  qiao_buf_slice(&signature),
				  qiao_buf_slice(&info));
	if (err == QIAO_OK)
		err = put_envelope(out, who, qiao_buf_slice(&payload));
	qiao_buf_free(&channel);
	qiao_buf_free(&signature);
	qiao_buf_free(&info);
	qiao_buf_free(&payload);
	return err;
}

/* --- proposals ------------------------------------------------------------ */
static qiao_err put_input(struct qiao_buf *out,
			  const struct fabric_invocation *inv)
{
	Fabric__ChaincodeInvocationSpec m =
		FABRIC__CHAINCODE_INVOCATION_SPEC__INIT;
	Fabric__ChaincodeSpec spec = FABRIC__CHAINCODE_SPEC__INIT;
	Fabric__ChaincodeInput input = FABRIC__CHAINCODE_INPUT__INIT;
	Fabric__ChaincodeID id = FABRIC__CHAINCODE_ID__INIT;
	ProtobufCBinaryData args[FABRIC_ARGS_MAX];

	if (inv->n > FABRIC_ARGS_MAX)
		return QIAO_E_USAGE;
	for (size_t i = 0; i < inv->n; i++)
		args[i] = fabric_pb_bytes(inv->args[i]);
	input.n_args = inv->n;
	input.args = args;
	id.name = fabric_pb_str(inv->chaincode);
	spec.type = GOLANG;
	spec.chaincode_id = &id;
	spec.input = &input;
	m.chaincode_spec = &spec;
	return fabric_pb_put(out, &m.base);
}

static qiao_err put_proposal_payload(struct qiao_buf *out,
				     const struct fabric_invocation *inv)
{
	Fabric__ChaincodeProposalPayload m =
		FABRIC__CHAINCODE_PROPOSAL_PAYLOAD__INIT;
	struct qiao_buf input = QIAO_BUF;
	qiao_err err = put_input(&input, inv);

	m.input = fabric_pb_bytes(qiao_buf_slice(&input));
	if (err == QIAO_OK)
		err = fabric_pb_put(out, &m.base);
	qiao_buf_free(&input);
	return err;
}

static qiao_err put_extension(struct qiao_buf *out, const char *chaincode)
{
	Fabric__ChaincodeHeaderExtension m =
		FABRIC__CHAINCODE_HEADER_EXTENSION__INIT;
	Fabric__ChaincodeID id = FABRIC__CHAINCODE_ID__INIT;

	id.name = fabric_pb_str(chaincode);
	m.chaincode_id = &id;
	return fabric_pb_put(out, &m.base);
}

static qiao_err put_headers(struct fabric_proposal *p,
			    const struct fabric_asker *who,
			    const struct fabric_invocation *inv)
{
	struct qiao_buf extension = QIAO_BUF;
	struct qiao_slice nonce = inv->nonce;
	uint8_t own[NONCE_LEN];
	struct qiao_hash tx;
	qiao_err err;

	if (nonce.n == 0) {
		qiao_random(own, sizeof(own));
		nonce = qiao_slice_of(own, sizeof(own));
	}
	qiao_sha256_list(&tx,
			 (struct qiao_slice[]){ nonce, fabric_identity_creator(
							       who->identity) },
			 2);
	qiao_hex_encode(p->tx_id, qiao_slice_hash(&tx));
	err = put_extension(&extension, inv->chaincode);
	if (err == QIAO_OK)
		err = put_channel_header(&p->channel_header, who, TYPE_ENDORSER,
					 p->tx_id, qiao_buf_slice(&extension));
	if (err == QIAO_OK)
		err = put_signature_header(&p->signature_header, who, nonce);
	qiao_buf_free(&extension);
	return err;
}

static qiao_err put_proposal(struct fabric_proposal *p)
{
	Fabric__Header h = FABRIC__HEADER__INIT;
	Fabric__Proposal m = FABRIC__PROPOSAL__INIT;
	struct qiao_buf header = QIAO_BUF;
	qiao_err err;

	h.channel_header = fabric_pb_bytes(qiao_buf_slice(&p->channel_header));
	h.signature_header =
		fabric_pb_bytes(qiao_buf_slice(&p->signature_header));
	err = fabric_pb_put(&header, &h.base);
	m.header = fabric_pb_bytes(qiao_buf_slice(&header));
	m.payload = fabric_pb_bytes(qiao_buf_slice(&p->payload));
	if (err == QIAO_OK)
		err = fabric_pb_put(&p->proposal, &m.base);
	qiao_buf_free(&header);
	return err;
}

qiao_err fabric_proposal_make(struct fabric_proposal *out,
			      const struct fabric_asker *who,
			      const struct fabric_invocation *inv)
{
	qiao_err err;

	*out = (struct fabric_proposal){ .tx_id = "" };
	err = put_headers(out, who, inv);
	if (err == QIAO_OK)
		err = put_proposal_payload(&out->payload, inv);
	if (err == QIAO_OK)
		err = put_proposal(out);
	if (err == QIAO_OK)
		err = fabric_identity_sign(who->identity, &out->signature,
					   qiao_buf_slice(&out->proposal));
	return err;
}

void fabric_proposal_fini(struct fabric_proposal *p)
{
	qiao_buf_free(&p->channel_header);
	qiao_buf_free(&p->signature_header);
	qiao_buf_free(&p->payload);
	qiao_buf_free(&p->proposal);
	qiao_buf_free(&p->signature);
}

qiao_err fabric_proposal_put(struct qiao_buf *out,
			     const struct fabric_asker *who,
			     const struct fabric_proposal *p,
			     const char (*orgs)[QIAO_ORG_MAX + 1], size_t n)
{
	Fabric__EndorseRequest m = FABRIC__ENDORSE_REQUEST__INIT;
	Fabric__SignedProposal s = FABRIC__SIGNED_PROPOSAL__INIT;
	char *names[FABRIC_ORGS_MAX];

	if (n > sizeof(names) / sizeof(names[0]))
		return QIAO_E_USAGE;
	for (size_t i = 0; i < n; i++)
		names[i] = fabric_pb_str(orgs[i]);
	s.proposal_bytes = fabric_pb_bytes(qiao_buf_slice(&p->proposal));
	s.signature = fabric_pb_bytes(qiao_buf_slice(&p->signature));
	m.transaction_id = fabric_pb_str(p->tx_id);
	m.channel_id = fabric_pb_str(who->channel);
	m.proposed_transaction = &s;
	m.n_endorsing_organizations = n;
	m.endorsing_organizations = names;
	return fabric_pb_put(out, &m.base);
}

/* --- what a gateway prepared ---------------------------------------------- */
static bool same(ProtobufCBinaryData a, const struct qiao_buf *b)
{
	return qiao_slice_eq(fabric_pb_slice(a), qiao_buf_slice(b));
}

/* Is the one action of this transaction an answer to our proposal? */
static bool is_our_action(const struct fabric_proposal *p,
			  const Fabric__TransactionAction *a)
{
	Fabric__ChaincodeActionPayload *cap =
		fabric_pb_get(&fabric__chaincode_action_payload__descriptor,
			      fabric_pb_slice(a->payload));
	bool ours = cap && cap->action &&
		    same(a->header, &p->signature_header) &&
		    same(cap->chaincode_proposal_payload, &p->payload);

	fabric_pb_free(cap);
	return ours;
}

/* A gateway could let us sign something else than what we asked for. */
static bool is_ours(const struct fabric_proposal *p, struct qiao_slice payload)
{
	Fabric__Payload *m =
		fabric_pb_get(&fabric__payload__descriptor, payload);
	Fabric__Transaction *tx = NULL;
	bool ours = m && m->header &&
		    same(m->header->channel_header, &p->channel_header) &&
		    same(m->header->signature_header, &p->signature_header);

	if (ours)
		tx = fabric_pb_get(&fabric__transaction__descriptor,
				   fabric_pb_slice(m->data));
	ours = tx && tx->n_actions == 1 && is_our_action(p, tx->actions[0]);
	fabric_pb_free(tx);
	fabric_pb_free(m);
	return ours;
}

static qiao_err put_submit(struct qiao_buf *out, const struct fabric_asker *who,
			   const struct fabric_proposal *p,
			   ProtobufCBinaryData payload)
{
	Fabric__SubmitRequest m = FABRIC__SUBMIT_REQUEST__INIT;
	Fabric__Envelope e = FABRIC__ENVELOPE__INIT;
	struct qiao_buf sig = QIAO_BUF;
	qiao_err err = fabric_identity_sign(who->identity, &sig,
					    fabric_pb_slice(payload));

	e.payload = payload;
	e.signature = fabric_pb_bytes(qiao_buf_slice(&sig));
	m.transaction_id = fabric_pb_str(p->tx_id);
	m.channel_id = fabric_pb_str(who->channel);
	m.prepared_transaction = &e;
	if (err == QIAO_OK)
		err = fabric_pb_put(out, &m.base);
	qiao_buf_free(&sig);
	return err;
}

qiao_err fabric_submit_put(struct qiao_buf *out, const struct fabric_asker *who,
			   const struct fabric_proposal *p,
			   struct qiao_slice endorsed, struct qiao_why *why)
{
	Fabric__EndorseResponse *m =
		fabric_pb_get(&fabric__endorse_response__descriptor, endorsed);
	qiao_err err;

	if (!m || !m->prepared_transaction)
		err = qiao_fail(why, QIAO_E_MALFORMED,
				"the gateway peer's answer to Endorse is none");
	else if (!is_ours(p, fabric_pb_slice(m->prepared_transaction->payload)))
		err = qiao_fail(why, QIAO_E_CONFLICT,
				"the gateway peer prepared another transaction "
				"than the one proposed; it is not signed. Use "
				"another peer and report this one");
	else
		err = put_submit(out, who, p, m->prepared_transaction->payload);
	fabric_pb_free(m);
	return err;
}

qiao_err fabric_endorsed_parse(struct qiao_buf *envelope,
			       struct qiao_slice endorsed)
{
	Fabric__EndorseResponse *m =
		fabric_pb_get(&fabric__endorse_response__descriptor, endorsed);
	qiao_err err = QIAO_E_MALFORMED;

	if (m && m->prepared_transaction)
		err = fabric_pb_put(envelope, &m->prepared_transaction->base);
	fabric_pb_free(m);
	return err;
}

/* --- commit status -------------------------------------------------------- */
static qiao_err put_commit_request(struct qiao_buf *out,
				   const struct fabric_asker *who,
				   const char *tx_id)
{
	Fabric__CommitStatusRequest m = FABRIC__COMMIT_STATUS_REQUEST__INIT;

	m.transaction_id = fabric_pb_str(tx_id);
	m.channel_id = fabric_pb_str(who->channel);
	m.identity = fabric_pb_bytes(fabric_identity_creator(who->identity));
	return fabric_pb_put(out, &m.base);
}

qiao_err fabric_commit_put(struct qiao_buf *out, const struct fabric_asker *who,
			   const char *tx_id)
{
	Fabric__SignedCommitStatusRequest m =
		FABRIC__SIGNED_COMMIT_STATUS_REQUEST__INIT;
	struct qiao_buf request = QIAO_BUF, sig = QIAO_BUF;
	qiao_err err = put_commit_request(&request, who, tx_id);

	if (err == QIAO_OK)
		err = fabric_identity_sign(who->identity, &sig,
					   qiao_buf_slice(&request));
	m.request = fabric_pb_bytes(qiao_buf_slice(&request));
	m.signature = fabric_pb_bytes(qiao_buf_slice(&sig));
	if (err == QIAO_OK)
		err = fabric_pb_put(out, &m.base);
	qiao_buf_free(&request);
	qiao_buf_free(&sig);
	return err;
}

qiao_err fabric_commit_parse(int32_t *code, uint64_t *height,
			     struct qiao_slice answer)
{
	Fabric__CommitStatusResponse *m = fabric_pb_get(
		&fabric__commit_status_response__descriptor, answer);

	*code = m ? m->result : -1;
	*height = m ? m->block_number : 0;
	fabric_pb_free(m);
	return *code < 0 || *height > INT64_MAX ? QIAO_E_MALFORMED : QIAO_OK;
}

qiao_err fabric_evaluated_parse(struct qiao_buf *payload,
				struct qiao_slice answer)
{
	Fabric__EvaluateResponse *m =
		fabric_pb_get(&fabric__evaluate_response__descriptor, answer);
	qiao_err err = QIAO_E_MALFORMED;

	if (m && m->result && m->result->status / 100 == 2) {
		qiao_buf_put(payload, fabric_pb_slice(m->result->payload));
		err = payload->err;
	} else if (m && m->result) {
		err = QIAO_E_STATE;
	}
	fabric_pb_free(m);
	return err;
}

/* --- errors --------------------------------------------------------------- */
static size_t put_detail(char *out, size_t size, const Fabric__Any *any)
{
	Fabric__ErrorDetail *d = fabric_pb_get(
		&fabric__error_detail__descriptor, fabric_pb_slice(any->value));
	char msp[QIAO_ORG_MAX], text[256];
	int n = 0;

	if (d)
		n = snprintf(out, size, "%s: %s; ",
			     qiao_str_escape(msp, sizeof(msp),
					     qiao_slice_str(d->msp_id)),
			     qiao_str_escape(text, sizeof(text),
					     qiao_slice_str(d->message)));
	fabric_pb_free(d);
	return n > 0 ? (size_t)n : 0;
}

char *fabric_detail_text(char *out, size_t size, struct qiao_slice detail)
{
	Fabric__Status *m = fabric_pb_get(&fabric__status__descriptor, detail);
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; m && i < m->n_details && n < size; i++)
		n += put_detail(out + n, size - n, m->details[i]);
	fabric_pb_free(m);
	if (n >= 2 && n < size)
		out[n - 2] = '\0'; /* the last "; " */
	return out;
}

char *fabric_refusal_code(char out[FABRIC_CODE_LEN], const char *text)
{
	static const char before[] = "chaincode response 500, ";
	const char *p = strstr(text, before);
	size_t n = 0;

	out[0] = '\0';
	if (!p)
		return out;
	p += sizeof(before) - 1;
	while (p[n] >= 'A' && p[n] <= 'Z')
		n++;
	if (p[n] == ':' && n < FABRIC_CODE_LEN) {
		memcpy(out, p, n);
		out[n] = '\0';
	}
	return out;
}
