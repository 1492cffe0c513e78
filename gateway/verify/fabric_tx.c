/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_tx.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_mvcc.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

/* What the entries of one block are judged by. */
struct court {
	const struct qiao_fabric_block *b;
	struct qiao_fabric_config *c;
	const struct qiao_fabric_rules *rules;
	struct qiao_fabric_ledger *ledger; /* NULL: by the rules */
};

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
	case QIAO_FABRIC_HEADER_BAD_SIGNER:
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

/* Code 9 for an id that an earlier block has. */
static qiao_err check_new(struct qiao_fabric_tx *tx,
			  struct qiao_fabric_ledger *l,
			  const struct qiao_fabric_header *h)
{
	bool known = false;
	qiao_err err = QIAO_OK;

	if (l)
		err = qiao_fabric_tx_known(l, &known, h->tx_id);
	if (known)
		tx->code = QIAO_FABRIC_DUPLICATE_TXID;
	return err;
}

static qiao_err check_transaction(struct qiao_fabric_tx *tx,
				  const struct court *ct,
				  const struct qiao_fabric_header *h,
				  struct qiao_pb_arena *a)
{
	struct qiao_fabric_action action;
	qiao_err err;

	tx->code = QIAO_FABRIC_BAD_PROPOSAL_TXID;
	if (!check_tx_id(tx, h))
		return QIAO_OK;
	tx->code = QIAO_FABRIC_INVALID_ENDORSER_TRANSACTION;
	if (!read_action(&action, a, h))
		return a->err;
	err = check_new(tx, ct->ledger, h);
	if (err != QIAO_OK || tx->code == QIAO_FABRIC_DUPLICATE_TXID)
		return err;
	return qiao_fabric_endorsed(tx, &action, ct->c, ct->rules, ct->ledger,
				    ct->b->number, a);
}

/* *h stays as it is where the entry has none that can be read. */
static qiao_err judge(struct qiao_fabric_tx *tx, const struct court *ct,
		      struct qiao_fabric_header *h, struct qiao_slice entry,
		      struct qiao_pb_arena *a)
{
	struct qiao_fabric_envelope env;
	qiao_err err;

	if (!qiao_fabric_envelope_parse(&env, entry)) {
		tx->code = QIAO_FABRIC_INVALID_OTHER_REASON;
		return QIAO_OK;
	}
	tx->code = check_header(h, a, env.payload);
	if (tx->code != QIAO_FABRIC_VALID)
		return a->err;
	err = check_creator(tx, ct->c, h, &env);
	if (err != QIAO_OK || tx->code != QIAO_FABRIC_VALID)
		return err;
	if (h->type == QIAO_FABRIC_TYPE_TRANSACTION)
		return check_transaction(tx, ct, h, a);
	if (h->type == QIAO_FABRIC_TYPE_CONFIG_UPDATE)
		tx->code = QIAO_FABRIC_UNSUPPORTED_TX_PAYLOAD;
	tx->creator = NULL;
	return QIAO_OK;
}

/* A configuration is state, too: one key of a namespace without a name. */
static qiao_err apply_config(const struct court *ct, uint32_t position)
{
	const struct qiao_fabric_key key = {
		.key = qiao_slice_str("CHANNEL_CONFIG_ENV_BYTES")
	};
	const struct qiao_fabric_state row = {
		.exists = true,
		.version = { ct->b->number, position },
	};

	return qiao_fabric_state_put(ct->ledger, &key, &row);
}

/* Codes 11 and 12; what is valid then changes the state. */
static qiao_err commit(struct qiao_fabric_tx *tx, const struct court *ct)
{
	enum qiao_fabric_freshness fresh;
	qiao_err err;

	if (!tx->creator)
		return apply_config(ct, tx->position);
	err = qiao_fabric_check_reads(ct->ledger, &fresh, tx->results);
	if (err != QIAO_OK)
		return err;
	switch (fresh) {
	case QIAO_FABRIC_FRESH:
		return qiao_fabric_apply(ct->ledger, tx->results, tx->position);
	case QIAO_FABRIC_CHANGED:
		tx->code = QIAO_FABRIC_MVCC_READ_CONFLICT;
		break;
	case QIAO_FABRIC_PHANTOM:
		tx->code = QIAO_FABRIC_PHANTOM_READ_CONFLICT;
		break;
	}
	return QIAO_OK;
}

/*
 * The id that an entry claims is taken from now on, whatever its code; without
 * a claim it is the one that its signature header gives.
 */
static qiao_err note_id(const struct court *ct,
			const struct qiao_fabric_header *known,
			struct qiao_slice entry, struct qiao_pb_arena *a)
{
	struct qiao_slice payload = qiao_pb_bytes(entry, 1), header, ch, sh;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_slice id, of[2];
	struct qiao_hash h;

	if (known->tx_id.n > 0)
		return qiao_fabric_tx_note(ct->ledger, known->tx_id);
	if (qiao_pb_check(&qiao_pb_envelope, entry) != QIAO_OK ||
	    qiao_pb_check(&qiao_pb_payload, payload) != QIAO_OK ||
	    !qiao_pb_message(a, &header, payload, 1))
		return a->err;
	ch = qiao_pb_bytes(header, 1);
	sh = qiao_pb_bytes(header, 2);
	if (qiao_pb_check(&qiao_pb_channel_header, ch) != QIAO_OK)
		return QIAO_OK;
	id = qiao_pb_bytes(ch, 5);
	if (id.n == 0) {
		if (qiao_pb_check(&qiao_pb_signature_header, sh) != QIAO_OK)
			return QIAO_OK;
		of[0] = qiao_pb_bytes(sh, 2);
		of[1] = qiao_pb_bytes(sh, 1);
		qiao_sha256_list(&h, of, 2);
		id = qiao_slice_str(qiao_hex_encode(hex, qiao_slice_hash(&h)));
	}
	return qiao_fabric_tx_note(ct->ledger, id);
}

static qiao_err judge_one(struct seen *seen, struct qiao_fabric_tx *tx,
			  const struct court *ct, struct qiao_slice entry,
			  struct qiao_fabric_tx_sink sink)
{
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_fabric_header h = { .type = 0 };
	qiao_err err = QIAO_OK;

	if (ct->b->number > 0) /* genesis is valid because it is pinned */
		err = judge(tx, ct, &h, entry, &a);
	if (err == QIAO_OK)
		err = a.err;
	if (err == QIAO_OK && tx->creator && tx->code == QIAO_FABRIC_VALID &&
	    seen_add(seen, &tx->tx_id))
		tx->code = QIAO_FABRIC_DUPLICATE_TXID;
	if (err == QIAO_OK && ct->ledger && tx->code == QIAO_FABRIC_VALID)
		err = commit(tx, ct);
	if (err == QIAO_OK && ct->ledger)
		err = note_id(ct, &h, entry, &a);
	if (err == QIAO_OK)
		err = sink.tx(sink.ctx, tx);
	qiao_pb_arena_free(&a);
	return err;
}

static qiao_err judge_entries(const struct court *ct, struct seen *seen,
			      struct qiao_fabric_ahead *ahead,
			      struct qiao_fabric_tx_sink sink)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(ct->b);
	struct qiao_slice entry;
	uint32_t position = 0;
	size_t ready = 0;
	qiao_err err = QIAO_OK;

	for (;; position++, ready--) {
		struct qiao_fabric_tx tx = { .code = QIAO_FABRIC_VALID,
					     .position = position };

		if (ready == 0)
			err = qiao_fabric_ahead_next(ahead, &ct->c->msps,
						     &ready);
		if (err != QIAO_OK || !qiao_pb_each(&it, &entry))
			return err;
		err = judge_one(seen, &tx, ct, entry, sink);
		if (err != QIAO_OK)
			return err;
	}
}

static qiao_err judge_all(const struct court *ct,
			  struct qiao_fabric_tx_sink sink)
{
	struct qiao_fabric_ahead *ahead = NULL;
	struct seen seen;
	qiao_err err = seen_init(&seen, ct->b->entries);

	if (err == QIAO_OK)
		err = qiao_fabric_ahead_new(&ahead, &ct->c->msps, ct->b);
	if (err == QIAO_OK)
		err = judge_entries(ct, &seen, ahead, sink);
	qiao_fabric_ahead_free(ahead);
	qiao_free(seen.id);
	return err;
}

qiao_err qiao_fabric_txs_judge(const struct qiao_fabric_block *b,
			       struct qiao_fabric_config *c,
			       const struct qiao_fabric_rules *rules,
			       struct qiao_fabric_tx_sink sink)
{
	const struct court ct = { .b = b, .c = c, .rules = rules };

	return judge_all(&ct, sink);
}

qiao_err qiao_fabric_txs_replay(const struct qiao_fabric_block *b,
				struct qiao_fabric_config *c,
				struct qiao_fabric_ledger *l,
				struct qiao_fabric_tx_sink sink)
{
	const struct court ct = { .b = b, .c = c, .ledger = l };

	return judge_all(&ct, sink);
}

/* Of a valid transaction all hashes are known to fit; only find the parts. */
static bool find_results(struct qiao_fabric_tx *tx, struct qiao_pb_arena *a,
			 const struct qiao_fabric_header *h)
{
	struct qiao_slice payload, endorsed;

	payload = qiao_pb_bytes(qiao_pb_bytes(h->data, 1), 2);
	if (!qiao_hex_decode(tx->tx_id.b, sizeof(tx->tx_id.b), h->tx_id) ||
	    !qiao_pb_message(a, &endorsed, payload, 2))
		return false;
	tx->results =
		qiao_pb_bytes(qiao_pb_bytes(qiao_pb_bytes(endorsed, 1), 2), 1);
	return true;
}

/* What the sink needs of a transaction that was valid. */
static qiao_err recall_valid(struct qiao_fabric_tx *tx,
			     struct qiao_fabric_config *c,
			     struct qiao_slice entry, struct qiao_pb_arena *a)
{
	struct qiao_slice payload = qiao_pb_bytes(entry, 1);
	struct qiao_fabric_header h;
	qiao_err err;

	if (qiao_fabric_header_parse(&h, a, payload) != QIAO_FABRIC_HEADER_OK)
		return QIAO_E_IO; /* it was no valid one */
	if (h.type != QIAO_FABRIC_TYPE_TRANSACTION)
		return QIAO_OK;
	err = qiao_fabric_identify(&c->msps, &tx->creator, h.creator);
	if (err == QIAO_OK && (!tx->creator || !find_results(tx, a, &h)))
		err = a->err != QIAO_OK ? a->err : QIAO_E_IO;
	return err;
}

qiao_err qiao_fabric_txs_recall(const struct qiao_fabric_block *b,
				struct qiao_fabric_config *c,
				struct qiao_slice codes,
				struct qiao_fabric_tx_sink sink)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(b);
	struct qiao_slice entry;
	uint32_t position = 0;
	qiao_err err = codes.n == b->entries ? QIAO_OK : QIAO_E_IO;

	for (; err == QIAO_OK && qiao_pb_each(&it, &entry); position++) {
		struct qiao_pb_arena a = { NULL, QIAO_OK };
		struct qiao_fabric_tx tx = {
			.code = (enum qiao_fabric_code)codes.p[position],
			.position = position,
		};

		qiao_fabric_msps_trim(&c->msps);
		if (tx.code == QIAO_FABRIC_VALID && b->number > 0)
			err = recall_valid(&tx, c, entry, &a);
		if (err == QIAO_OK)
			err = a.err;
		if (err == QIAO_OK)
			err = sink.tx(sink.ctx, &tx);
		qiao_pb_arena_free(&a);
	}
	return err;
}
