/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts, as a peer gives them: written apart from the light client's, so
 * that each shows the other's mistakes. It knows the double's own policies:
 * peers of so many organisations.
 */
#include "tests/doubles/fabric/ledger.h"

#include "gateway/crypto/hash.h"

#include <string.h>

struct entry {
	const char *tx_id;
	bool is_tx;
	Fab__TxReadWriteSet *set;
};

struct parsed {
	struct qiao_slice payload, signature;
	struct qiao_slice channel_header, signature_header;
	Fab__ChannelHeader *ch;
	Fab__SignatureHeader *sh;
	struct qiao_slice data;
};

static enum code parse(struct parsed *out, struct pool *p, struct qiao_slice in)
{
	Fab__Envelope *env = UNPACK(p, envelope, in);
	Fab__Payload *payload;

	if (!env)
		return CODE_INVALID_OTHER;
	out->payload = pb_slice(env->payload);
	out->signature = pb_slice(env->signature);
	payload = UNPACK(p, payload, out->payload);
	if (!payload || !payload->header)
		return CODE_BAD_PAYLOAD;
	out->channel_header = pb_slice(payload->header->channel_header);
	out->signature_header = pb_slice(payload->header->signature_header);
	out->data = pb_slice(payload->data);
	out->ch = UNPACK(p, channel_header, out->channel_header);
	out->sh = UNPACK(p, signature_header, out->signature_header);
	return out->ch && out->sh ? CODE_VALID : CODE_BAD_HEADER;
}

static bool creator_signed(const struct ledger *l, struct pool *p,
			   const struct parsed *in)
{
	const struct org *org;
	X509 *cert;
	bool ok = net_identify(l->net, p, &cert, &org,
			       pb_slice(in->sh->creator)) != ROLE_NONE &&
		  pki_verify(cert, in->signature, &in->payload, 1);

	X509_free(cert);
	return ok;
}

static bool id_fits(struct pool *p, const struct parsed *in)
{
	const struct qiao_slice part[2] = { pb_slice(in->sh->nonce),
					    pb_slice(in->sh->creator) };
	struct qiao_hash h;

	qiao_sha256_list(&h, part, 2);
	return strcmp(in->ch->tx_id, pool_hex(p, qiao_slice_hash(&h))) == 0;
}

/* Organisations of the application whose peers signed this response. */
static size_t count_orgs(const struct ledger *l, struct pool *p,
			 const Fab__ChaincodeEndorsedAction *a)
{
	bool seen[NET_PEERS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < a->n_endorsements; i++) {
		const Fab__Endorsement *e = a->endorsements[i];
		const struct qiao_slice part[2] = {
			pb_slice(a->proposal_response_payload),
			pb_slice(e->endorser)
		};
		const struct org *org;
		X509 *cert;
		enum role role = net_identify(l->net, p, &cert, &org, part[1]);

		if (role == ROLE_PEER && !org->orders &&
		    !seen[org - l->net->org] &&
		    pki_verify(cert, pb_slice(e->signature), part, 2)) {
			seen[org - l->net->org] = true;
			n++;
		}
		X509_free(cert);
	}
	return n;
}

static bool hash_fits(const struct parsed *in, const Fab__TransactionAction *a,
		      const Fab__ChaincodeActionPayload *body,
		      const Fab__ProposalResponsePayload *response)
{
	const struct qiao_slice part[3] = {
		in->channel_header, pb_slice(a->header),
		pb_slice(body->chaincode_proposal_payload)
	};
	struct qiao_hash h;

	qiao_sha256_list(&h, part, 3);
	return qiao_slice_eq(pb_slice(response->proposal_hash),
			     qiao_slice_hash(&h));
}

/* A transaction's own structure, and its endorsements. */
static enum code judge_action(struct entry *e, const struct ledger *l,
			      struct pool *p, const struct parsed *in)
{
	Fab__Transaction *tx = UNPACK(p, transaction, in->data);
	Fab__ChaincodeActionPayload *body;
	Fab__ProposalResponsePayload *response;
	Fab__ChaincodeAction *action;
	size_t need = l->net->need;

	if (!tx || tx->n_actions != 1)
		return CODE_INVALID_ENDORSER_TRANSACTION;
	body = UNPACK(p, chaincode_action_payload,
		      pb_slice(tx->actions[0]->payload));
	if (!body || !body->action)
		return CODE_INVALID_ENDORSER_TRANSACTION;
	response = UNPACK(p, proposal_response_payload,
			  pb_slice(body->action->proposal_response_payload));
	if (!response || !hash_fits(in, tx->actions[0], body, response))
		return CODE_INVALID_ENDORSER_TRANSACTION;
	action = UNPACK(p, chaincode_action, pb_slice(response->extension));
	if (!action || !action->chaincode_id)
		return CODE_INVALID_OTHER;
	e->set = UNPACK(p, tx_read_write_set, pb_slice(action->results));
	if (!e->set)
		return CODE_INVALID_OTHER;
	if (strcmp(action->chaincode_id->name, "_lifecycle") == 0)
		need = NET_PEERS / 2 + 1; /* MAJORITY Endorsement */
	return count_orgs(l, p, body->action) < need ? CODE_ENDORSEMENT
						     : CODE_VALID;
}

static enum code judge_entry(struct entry *e, struct ledger *l, struct pool *p,
			     struct qiao_slice in)
{
	struct parsed parsed = { .ch = NULL };
	enum code code = parse(&parsed, p, in);

	if (parsed.ch)
		e->tx_id = parsed.ch->tx_id;
	if (code != CODE_VALID)
		return code;
	if (parsed.ch->type == TX_CONFIG)
		return creator_signed(l, p, &parsed) ? CODE_VALID
						     : CODE_BAD_CREATOR;
	if (parsed.ch->type != TX_ENDORSER)
		return CODE_BAD_HEADER;
	e->is_tx = true;
	if (!creator_signed(l, p, &parsed))
		return CODE_BAD_CREATOR;
	if (!id_fits(p, &parsed))
		return CODE_BAD_TXID;
	if (ledger_find(l, e->tx_id))
		return CODE_DUPLICATE;
	return judge_action(e, l, p, &parsed);
}

static bool reads_hold(const struct ledger *l, struct pool *p,
		       const Fab__TxReadWriteSet *set)
{
	for (size_t i = 0; i < set->n_ns_rwset; i++) {
		const char *space = set->ns_rwset[i]->namespace_;
		Fab__KVRWSet *kv =
			UNPACK(p, kvrwset, pb_slice(set->ns_rwset[i]->rwset));

		for (size_t k = 0; kv && k < kv->n_reads; k++) {
			const Fab__KVRead *r = kv->reads[k];
			const struct cell *now =
				state_get(&l->state, space, r->key);

			if (!now != !r->version ||
			    (now && (now->block != r->version->block_num ||
				     now->tx != r->version->tx_num)))
				return false;
		}
	}
	return true;
}

static void write_all(struct ledger *l, struct pool *p,
		      const Fab__TxReadWriteSet *set, uint64_t block,
		      uint64_t tx)
{
	for (size_t i = 0; i < set->n_ns_rwset; i++) {
		const char *space = set->ns_rwset[i]->namespace_;
		Fab__KVRWSet *kv =
			UNPACK(p, kvrwset, pb_slice(set->ns_rwset[i]->rwset));

		for (size_t k = 0; kv && k < kv->n_writes; k++) {
			const Fab__KVWrite *w = kv->writes[k];

			state_put(&l->state, space, w->key, pb_slice(w->value),
				  w->is_delete || w->value.len == 0, block, tx);
		}
	}
}

/* The first endorsed one of an id wins within a block. */
static bool is_second(const struct entry *e, const uint8_t *flag, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (flag[k] == CODE_VALID && e[k].tx_id &&
		    strcmp(e[k].tx_id, e[i].tx_id) == 0)
			return true;
	return false;
}

void ledger_judge(struct ledger *l, struct block *b)
{
	struct pool p = { NULL };
	struct entry *e = pool_take(&p, b->n * sizeof(*e) + 1);

	for (size_t i = 0; i < b->n; i++) {
		b->flag[i] = (uint8_t)judge_entry(&e[i], l, &p, b->entry[i]);
		if (b->flag[i] == CODE_VALID && e[i].is_tx &&
		    is_second(e, b->flag, i))
			b->flag[i] = CODE_DUPLICATE;
	}
	for (size_t i = 0; i < b->n; i++) {
		if (b->flag[i] != CODE_VALID || !e[i].is_tx)
			continue;
		if (reads_hold(l, &p, e[i].set))
			write_all(l, &p, e[i].set, b->number, i);
		else
			b->flag[i] = CODE_MVCC;
	}
	for (size_t i = 0; i < b->n; i++)
		if (e[i].tx_id && e[i].tx_id[0] && !ledger_find(l, e[i].tx_id))
			state_put(&l->ids, "", e[i].tx_id,
				  qiao_slice_of(NULL, 0), false, b->number, i);
	pool_free(&p);
}
