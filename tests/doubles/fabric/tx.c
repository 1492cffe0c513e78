/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/tx.h"

#include "gateway/base/clock.h"
#include "gateway/crypto/hash.h"

#include <string.h>

static const char *tx_id(struct pool *p, struct qiao_slice nonce,
			 struct qiao_slice creator)
{
	const struct qiao_slice part[2] = { nonce, creator };
	struct qiao_hash h;

	qiao_sha256_list(&h, part, 2);
	return pool_hex(p, qiao_slice_hash(&h));
}

static struct qiao_slice extension(struct pool *p, const char *chaincode)
{
	Fab__ChaincodeHeaderExtension e = FAB__CHAINCODE_HEADER_EXTENSION__INIT;
	Fab__ChaincodeID id = FAB__CHAINCODE_ID__INIT;

	id.name = pool_printf(p, "%s", chaincode);
	e.chaincode_id = &id;
	return pool_pack(p, &e);
}

void tx_head_make(struct tx_head *out, struct pool *p, int32_t type,
		  const char *channel, const char *chaincode,
		  const struct identity *by)
{
	Fab__ChannelHeader ch = FAB__CHANNEL_HEADER__INIT;
	Fab__SignatureHeader sh = FAB__SIGNATURE_HEADER__INIT;
	Fab__Timestamp ts = FAB__TIMESTAMP__INIT;
	int64_t now = qiao_now_ms();
	uint8_t *nonce = pool_take(p, 24);

	qiao_random(nonce, 24);
	sh.creator = pb(by->serialized);
	sh.nonce = pb(qiao_slice_of(nonce, 24));
	ts.seconds = now / 1000;
	ts.nanos = (int32_t)(now % 1000) * 1000000;
	ch.type = type;
	ch.timestamp = &ts;
	ch.channel_id = pool_printf(p, "%s", channel);
	out->tx_id = "";
	if (chaincode) {
		ch.extension = pb(extension(p, chaincode));
		out->tx_id = tx_id(p, pb_slice(sh.nonce), by->serialized);
		ch.tx_id = pool_printf(p, "%s", out->tx_id);
	}
	out->channel_header = pool_pack(p, &ch);
	out->signature_header = pool_pack(p, &sh);
}

struct qiao_slice tx_payload(struct pool *p, const struct tx_head *head,
			     struct qiao_slice data)
{
	Fab__Payload payload = FAB__PAYLOAD__INIT;
	Fab__Header header = FAB__HEADER__INIT;

	header.channel_header = pb(head->channel_header);
	header.signature_header = pb(head->signature_header);
	payload.header = &header;
	payload.data = pb(data);
	return pool_pack(p, &payload);
}

struct qiao_slice tx_envelope(struct pool *p, const struct identity *by,
			      struct qiao_slice payload)
{
	Fab__Envelope env = FAB__ENVELOPE__INIT;

	env.payload = pb(payload);
	env.signature = pb(pki_sign(p, by, &payload, 1));
	return pool_pack(p, &env);
}

struct qiao_slice tx_input(struct pool *p, const char *chaincode,
			   const char *const *args, size_t n)
{
	Fab__ChaincodeProposalPayload out =
		FAB__CHAINCODE_PROPOSAL_PAYLOAD__INIT;
	Fab__ChaincodeInvocationSpec cis = FAB__CHAINCODE_INVOCATION_SPEC__INIT;
	Fab__ChaincodeSpec spec = FAB__CHAINCODE_SPEC__INIT;
	Fab__ChaincodeInput in = FAB__CHAINCODE_INPUT__INIT;
	Fab__ChaincodeID id = FAB__CHAINCODE_ID__INIT;

	in.args = pool_take(p, n * sizeof(*in.args) + 1);
	in.n_args = n;
	for (size_t i = 0; i < n; i++)
		in.args[i] = pb(qiao_slice_str(args[i]));
	id.name = pool_printf(p, "%s", chaincode);
	spec.type = 1;
	spec.chaincode_id = &id;
	spec.input = &in;
	cis.chaincode_spec = &spec;
	out.input = pb(pool_pack(p, &cis));
	return pool_pack(p, &out);
}

static struct qiao_slice action(struct pool *p, const char *id,
				const char *chaincode,
				const struct simulation *s)
{
	Fab__ChaincodeAction a = FAB__CHAINCODE_ACTION__INIT;
	Fab__ChaincodeEvent event = FAB__CHAINCODE_EVENT__INIT;
	Fab__Response response = FAB__RESPONSE__INIT;
	Fab__ChaincodeID cc = FAB__CHAINCODE_ID__INIT;

	cc.name = pool_printf(p, "%s", chaincode);
	cc.version = pool_printf(
		p, "%s",
		chaincode[0] == '_' || chaincode[0] == 'q' ? "syscc" : "1.0");
	response.status = s->status;
	response.message = pool_printf(p, "%s", s->message ? s->message : "");
	response.payload = pb(s->payload);
	if (s->event) {
		event.chaincode_id = cc.name;
		event.tx_id = pool_printf(p, "%s", id);
		event.event_name = pool_printf(p, "%s", s->event);
		event.payload = pb(s->event_payload);
		a.events = pb(pool_pack(p, &event));
	}
	a.results = pb(s->results);
	a.response = &response;
	a.chaincode_id = &cc;
	return pool_pack(p, &a);
}

struct qiao_slice tx_response(struct pool *p, const struct tx_head *head,
			      struct qiao_slice input, const char *chaincode,
			      const struct simulation *s)
{
	Fab__ProposalResponsePayload out = FAB__PROPOSAL_RESPONSE_PAYLOAD__INIT;
	const struct qiao_slice part[3] = { head->channel_header,
					    head->signature_header, input };
	struct qiao_hash h;

	qiao_sha256_list(&h, part, 3);
	out.proposal_hash = pb(qiao_slice_hash(&h));
	out.extension = pb(action(p, head->tx_id, chaincode, s));
	return pool_pack(p, &out);
}

Fab__Endorsement *tx_endorse(struct pool *p, const struct identity *peer,
			     struct qiao_slice response)
{
	Fab__Endorsement *e = pool_take(p, sizeof(*e));
	const struct qiao_slice part[2] = { response, peer->serialized };

	fab__endorsement__init(e);
	e->endorser = pb(peer->serialized);
	e->signature = pb(pki_sign(p, peer, part, 2));
	return e;
}

struct qiao_slice tx_body(struct pool *p, const struct tx_head *head,
			  struct qiao_slice input, struct qiao_slice response,
			  Fab__Endorsement **endorsement, size_t n)
{
	Fab__Transaction tx = FAB__TRANSACTION__INIT;
	Fab__TransactionAction one = FAB__TRANSACTION_ACTION__INIT;
	Fab__TransactionAction *ones = &one;
	Fab__ChaincodeActionPayload body = FAB__CHAINCODE_ACTION_PAYLOAD__INIT;
	Fab__ChaincodeEndorsedAction endorsed =
		FAB__CHAINCODE_ENDORSED_ACTION__INIT;

	endorsed.proposal_response_payload = pb(response);
	endorsed.endorsements = endorsement;
	endorsed.n_endorsements = n;
	body.chaincode_proposal_payload = pb(input);
	body.action = &endorsed;
	one.header = pb(head->signature_header);
	one.payload = pb(pool_pack(p, &body));
	tx.actions = &ones;
	tx.n_actions = 1;
	return pool_pack(p, &tx);
}
