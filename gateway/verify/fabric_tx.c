/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_tx.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

/* Ids of transactions of this block that were endorsed: a hash table. */
struct seen {
	struct qiao_hash *id;
	size_t slots; /* a power of two, never full */
};

static qiao_err seen_init(struct seen *s, size_t entries)
{
	s->slots = 4;
	while (s->slots < 2 * entries)
		s->slots *= 2;
	s->id = qiao_calloc(s->slots, sizeof(*s->id));
	return s->id ? QIAO_OK : QIAO_E_NOMEM;
}

/* True if it was there already. The ids are hashes, so none is all zero. */
static bool seen_add(struct seen *s, const struct qiao_hash *id)
{
	size_t i = (size_t)id->b[0] | (size_t)id->b[1] << 8 |
		   (size_t)id->b[2] << 16;

	for (i &= s->slots - 1; !qiao_hash_is_zero(&s->id[i]);
	     i = (i + 1) & (s->slots - 1))
		if (qiao_hash_eq(&s->id[i], id))
			return true;
	s->id[i] = *id;
	return false;
}

/* A SignatureHeader with both of its fields. */
static bool has_creator_and_nonce(struct qiao_slice header)
{
	return qiao_pb_check(&qiao_pb_signature_header, header) == QIAO_OK &&
	       qiao_pb_bytes(header, 1).n > 0 && qiao_pb_bytes(header, 2).n > 0;
}

static enum qiao_fabric_code check_header(struct qiao_fabric_header *h,
					  struct qiao_pb_arena *a,
					  struct qiao_slice payload)
{
	switch (qiao_fabric_header_parse(h, a, payload)) {
	case QIAO_FABRIC_HEADER_BAD_PAYLOAD:
		return QIAO_FABRIC_BAD_PAYLOAD;
	case QIAO_FABRIC_HEADER_BAD:
		return QIAO_FABRIC_BAD_COMMON_HEADER;
	case QIAO_FABRIC_HEADER_OK:
		break;
	}
	if (h->type < QIAO_FABRIC_TYPE_CONFIG ||
	    h->type > QIAO_FABRIC_TYPE_TRANSACTION || h->epoch != 0 ||
	    h->creator.n == 0 || h->nonce.n == 0)
		return QIAO_FABRIC_BAD_COMMON_HEADER;
	return QIAO_FABRIC_VALID;
}

static qiao_err check_creator(struct qiao_fabric_tx *tx,
			      struct qiao_fabric_config *c,
			      const struct qiao_fabric_header *h,
			      const struct qiao_fabric_envelope *env)
{
	qiao_err err;

	tx->code = QIAO_FABRIC_BAD_CREATOR_SIGNATURE;
	if (!qiao_slice_eq(h->channel, c->channel))
		return QIAO_OK;
	err = qiao_fabric_identify(&c->msps, &tx->creator, h->creator);
	if (err != QIAO_OK || !tx->creator || !tx->creator->valid)
		return err;
	err = qiao_fabric_signed(&c->msps, tx->creator, &env->payload, 1,
				 env->signature);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err == QIAO_OK)
		tx->code = QIAO_FABRIC_VALID;
	return QIAO_OK;
}

/* tx_id: lower-case hex of SHA-256(nonce || creator) */
static bool check_tx_id(struct qiao_fabric_tx *tx,
			const struct qiao_fabric_header *h)
{
	const struct qiao_slice of[2] = { h->nonce, h->creator };
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	qiao_sha256_list(&tx->tx_id, of, 2);
	return qiao_slice_is(h->tx_id,
			     qiao_hex_encode(hex, qiao_slice_hash(&tx->tx_id)));
}

/* ProposalResponsePayload.proposal_hash, over what the client asked for. */
static bool check_proposal_hash(const struct qiao_fabric_header *h,
				struct qiao_slice action_header,
				struct qiao_slice proposal,
				struct qiao_slice response)
{
	const struct qiao_slice of[3] = { h->channel_header, action_header,
					  proposal };
	struct qiao_hash want;

	if (proposal.n == 0)
		return false;
	qiao_sha256_list(&want, of, 3);
	return qiao_slice_eq(qiao_slice_hash(&want),
			     qiao_pb_bytes(response, 1));
}

/* The one action of a transaction; false is code 5. */
static bool read_action(struct qiao_fabric_action *out, struct qiao_pb_arena *a,
			const struct qiao_fabric_header *h)
{
	struct qiao_slice action, header, payload;

	if (h->data.n == 0 ||
	    qiao_pb_check(&qiao_pb_transaction, h->data) != QIAO_OK ||
	    qiao_pb_count(h->data, 1) != 1)
		return false;
	action = qiao_pb_bytes(h->data, 1);
	header = qiao_pb_bytes(action, 1);
	payload = qiao_pb_bytes(action, 2);
	/* without payload or action Fabric 3.0.0 dereferences nil */
	if (!has_creator_and_nonce(header) ||
	    qiao_pb_check(&qiao_pb_chaincode_action_payload, payload) !=
		    QIAO_OK ||
	    !qiao_pb_message(a, &out->endorsed, payload, 2))
		return false;
	out->extension = h->extension;
	out->response = qiao_pb_bytes(out->endorsed, 1);
	return qiao_pb_check(&qiao_pb_proposal_response_payload,
			     out->response) == QIAO_OK &&
	       check_proposal_hash(h, header, qiao_pb_bytes(payload, 1),
				   out->response);
}

static qiao_err check_transaction(struct qiao_fabric_tx *tx,
				  struct qiao_fabric_config *c,
				  const struct qiao_fabric_rules *rules,
				  const struct qiao_fabric_header *h,
				  uint64_t height, struct qiao_pb_arena *a)
{
	struct qiao_fabric_action action;

	tx->code = QIAO_FABRIC_BAD_PROPOSAL_TXID;
	if (!check_tx_id(tx, h))
		return QIAO_OK;
	tx->code = QIAO_FABRIC_INVALID_ENDORSER_TRANSACTION;
	if (!read_action(&action, a, h))
		return a->err;
	return qiao_fabric_endorsed(tx, &action, c, rules, height, a);
}

static qiao_err judge(struct qiao_fabric_tx *tx, struct qiao_fabric_config *c,
		      const struct qiao_fabric_rules *rules, uint64_t height,
		      struct qiao_slice entry, struct qiao_pb_arena *a)
{
	struct qiao_fabric_envelope env;
	struct qiao_fabric_header h;
	qiao_err err;

	if (!qiao_fabric_envelope_parse(&env, entry)) {
		tx->code = QIAO_FABRIC_INVALID_OTHER_REASON;
		return QIAO_OK;
	}
	tx->code = check_header(&h, a, env.payload);
	if (tx->code != QIAO_FABRIC_VALID)
		return a->err;
	err = check_creator(tx, c, &h, &env);
	if (err != QIAO_OK || tx->code != QIAO_FABRIC_VALID)
		return err;
	if (h.type == QIAO_FABRIC_TYPE_TRANSACTION)
		return check_transaction(tx, c, rules, &h, height, a);
	if (h.type == QIAO_FABRIC_TYPE_CONFIG_UPDATE)
		tx->code = QIAO_FABRIC_UNSUPPORTED_TX_PAYLOAD;
	tx->creator = NULL;
	return QIAO_OK;
}

static qiao_err judge_one(struct seen *seen, struct qiao_fabric_tx *tx,
			  const struct qiao_fabric_block *b,
			  struct qiao_fabric_config *c,
			  const struct qiao_fabric_rules *rules,
			  struct qiao_slice entry,
			  struct qiao_fabric_tx_sink sink)
{
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	qiao_err err = QIAO_OK;

	qiao_fabric_msps_trim(&c->msps);
	if (b->number > 0) /* the genesis entry is valid because it is pinned */
		err = judge(tx, c, rules, b->number, entry, &a);
	if (err == QIAO_OK)
		err = a.err;
	if (err == QIAO_OK && tx->creator && tx->code == QIAO_FABRIC_VALID &&
	    seen_add(seen, &tx->tx_id))
		tx->code = QIAO_FABRIC_DUPLICATE_TXID;
	if (err == QIAO_OK)
		err = sink.tx(sink.ctx, tx);
	qiao_pb_arena_free(&a);
	return err;
}

qiao_err qiao_fabric_txs_judge(const struct qiao_fabric_block *b,
			       struct qiao_fabric_config *c,
			       const struct qiao_fabric_rules *rules,
			       struct qiao_fabric_tx_sink sink)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(b);
	struct qiao_slice entry;
	struct seen seen;
	uint32_t position = 0;
	qiao_err err = seen_init(&seen, b->entries);

	for (; err == QIAO_OK && qiao_pb_each(&it, &entry); position++) {
		struct qiao_fabric_tx tx = { .code = QIAO_FABRIC_VALID,
					     .position = position };

		err = judge_one(&seen, &tx, b, c, rules, entry, sink);
	}
	qiao_free(seen.id);
	return err;
}
