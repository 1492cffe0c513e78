/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a block and what a peer makes of each. With a ledger, which
 * needs every block since the first, code 0 means valid. Without one code 0
 * means endorsed, no more: not looked at are duplicates of earlier blocks,
 * reads that are out of date, definitions in _lifecycle (the operator's rules
 * stand for them), policies of single keys and of collections.
 * Sources: fabric core/common/validation/msgvalidation.go,
 * core/committer/txvalidator/v20.
 */
#ifndef GATEWAY_VERIFY_FABRIC_TX_H
#define GATEWAY_VERIFY_FABRIC_TX_H

#include "gateway/verify/fabric_config.h"
#include "gateway/verify/fabric_ledger.h"
#include "gateway/verify/fabric_rules.h"

/* peer.TxValidationCode; on the wire of Fabric, one byte */
enum qiao_fabric_code {
	QIAO_FABRIC_VALID = 0,
	QIAO_FABRIC_BAD_PAYLOAD = 2,
	QIAO_FABRIC_BAD_COMMON_HEADER = 3,
	QIAO_FABRIC_BAD_CREATOR_SIGNATURE = 4,
	QIAO_FABRIC_INVALID_ENDORSER_TRANSACTION = 5,
	QIAO_FABRIC_UNSUPPORTED_TX_PAYLOAD = 7,
	QIAO_FABRIC_BAD_PROPOSAL_TXID = 8,
	QIAO_FABRIC_DUPLICATE_TXID = 9,
	QIAO_FABRIC_ENDORSEMENT_POLICY_FAILURE = 10,
	QIAO_FABRIC_MVCC_READ_CONFLICT = 11,
	QIAO_FABRIC_PHANTOM_READ_CONFLICT = 12,
	QIAO_FABRIC_BAD_HEADER_EXTENSION = 19,
	QIAO_FABRIC_BAD_RESPONSE_PAYLOAD = 21,
	QIAO_FABRIC_BAD_RWSET = 22,
	QIAO_FABRIC_ILLEGAL_WRITESET = 23,
	QIAO_FABRIC_INVALID_CHAINCODE = 25,
	QIAO_FABRIC_INVALID_OTHER_REASON = 255,
};

struct qiao_fabric_tx {
	enum qiao_fabric_code code;
	uint32_t position; /* in the block */
	/* VALID, and no configuration entry: */
	struct qiao_hash tx_id;
	const struct qiao_fabric_identity *creator; /* NULL: configuration */
	struct qiao_slice results; /* TxReadWriteSet, checked */
};

/* Called for every entry in order; *tx and what it points to until return. */
struct qiao_fabric_tx_sink {
	void *ctx;
	qiao_err (*tx)(void *ctx, const struct qiao_fabric_tx *tx);
};

/*
 * Judge all entries of a block whose data were checked, under the
 * configuration in force there. An error of the sink, and QIAO_E_NOMEM, stop it
 * and are returned; a bad entry is a code and no error.
 */
qiao_err qiao_fabric_txs_judge(const struct qiao_fabric_block *b,
			       struct qiao_fabric_config *c,
			       const struct qiao_fabric_rules *rules,
			       struct qiao_fabric_tx_sink sink);

/*
 * The same by replay: judge all entries against the ledger, which the caller
 * has begun for this block, and let the valid ones change it. Errors as above,
 * those of the ledger's view, and QIAO_E_UNSUPPORTED: this block cannot be
 * replayed, and nothing after it (it is genuine all the same).
 */
qiao_err qiao_fabric_txs_replay(const struct qiao_fabric_block *b,
				struct qiao_fabric_config *c,
				struct qiao_fabric_ledger *l,
				struct qiao_fabric_tx_sink sink);
/*
 * The entries of a block that was replayed before, by the codes found then, one
 * byte each: nothing is checked again.
 */
qiao_err qiao_fabric_txs_recall(const struct qiao_fabric_block *b,
				struct qiao_fabric_config *c,
				struct qiao_slice codes,
				struct qiao_fabric_tx_sink sink);

/*
 * fabric_ahead.c: where threads are lent, signatures of the next entries are
 * checked there while the caller judges those before. *out is NULL where none
 * are lent.
 */
struct qiao_fabric_ahead;
qiao_err qiao_fabric_ahead_new(struct qiao_fabric_ahead **out,
			       struct qiao_fabric_msps *m,
			       const struct qiao_fabric_block *b);
/*
 * Before entry 0, and then again after *entries of them: the results of the
 * next *entries are ready for qiao_fabric_signed. Identities of earlier ones
 * may be forgotten now. a may be NULL: one at a time, nothing is ready.
 */
qiao_err qiao_fabric_ahead_next(struct qiao_fabric_ahead *a,
				struct qiao_fabric_msps *m, size_t *entries);
void qiao_fabric_ahead_free(struct qiao_fabric_ahead *a);

/* A transaction's parts that endorsements are about; for fabric_endorse.c. */
struct qiao_fabric_action {
	struct qiao_slice extension; /* of the channel header */
	struct qiao_slice response;  /* ProposalResponsePayload bytes */
	struct qiao_slice endorsed;  /* ChaincodeEndorsedAction */
};
/* Codes 10 and 19 to 255; fills tx->results. ledger: NULL without replay. */
qiao_err qiao_fabric_endorsed(struct qiao_fabric_tx *tx,
			      const struct qiao_fabric_action *action,
			      struct qiao_fabric_config *c,
			      const struct qiao_fabric_rules *rules,
			      struct qiao_fabric_ledger *ledger,
			      uint64_t height, struct qiao_pb_arena *a);

/* One public write outside _lifecycle. */
struct qiao_fabric_write {
	uint32_t index; /* among all public writes of the transaction */
	struct qiao_slice space;
	struct qiao_slice key;
	bool is_delete;
	struct qiao_slice value;
};
struct qiao_fabric_write_sink {
	void *ctx;
	qiao_err (*write)(void *ctx, const struct qiao_fabric_write *w);
};
/*
 * The writes of a valid transaction. An empty value is a delete. Of a key
 * written twice a delete wins; without one the outcome hangs on the state, so
 * nothing is handed out (fabric core/ledger ... batch_preparer).
 */
qiao_err qiao_fabric_tx_writes(const struct qiao_fabric_tx *tx,
			       struct qiao_fabric_write_sink sink);

#endif
