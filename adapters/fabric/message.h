/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to orderers and peers, signed, and what the answers of a gateway
 * peer say. No I/O.
 */
#ifndef ADAPTERS_FABRIC_MESSAGE_H
#define ADAPTERS_FABRIC_MESSAGE_H

#include "adapters/fabric/sign.h"
#include "gateway/base/hex.h"
#include "gateway/include/qiao/limits.h"

/* Who asks, on which channel, when. Borrowed for the call. */
struct fabric_asker {
	const char *channel;
	const struct fabric_identity *identity;
	struct qiao_slice tls_hash; /* of our TLS certificate; empty: none */
	int64_t now_ms;
};

/* --- blocks --- */
struct fabric_seek {
	bool newest;    /* else from `start` on */
	uint64_t start; /* to `stop`; UINT64_MAX: for ever */
	uint64_t stop;
	bool wait;         /* for blocks that are not there yet */
	bool headers_only; /* Fabric 3; 2.5 sends whole blocks all the same */
};
/* Append a signed Envelope with SeekInfo. */
qiao_err fabric_seek_put(struct qiao_buf *out, const struct fabric_asker *who,
			 const struct fabric_seek *seek);

/* --- transactions --- */
#define FABRIC_ARGS_MAX  8
#define FABRIC_NONCE_MIN 16
#define FABRIC_NONCE_MAX 64
struct fabric_invocation {
	const char *chaincode;
	const struct qiao_slice *args; /* the function's name first */
	size_t n;
	/* of whoever asks, so that an old answer is none; empty: our own */
	struct qiao_slice nonce;
};
struct fabric_proposal {
	char tx_id[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_buf channel_header, signature_header, payload;
	struct qiao_buf proposal, signature;
};
/* Sign an invocation. To be ended in every case. */
qiao_err fabric_proposal_make(struct fabric_proposal *out,
			      const struct fabric_asker *who,
			      const struct fabric_invocation *inv);
void fabric_proposal_fini(struct fabric_proposal *p);

/* EndorseRequest and EvaluateRequest, which are alike; orgs may be none. */
qiao_err fabric_proposal_put(struct qiao_buf *out,
			     const struct fabric_asker *who,
			     const struct fabric_proposal *p,
			     const char (*orgs)[QIAO_ORG_MAX + 1], size_t n);
/*
 * From the answer to Endorse a SubmitRequest. What we sign must be our own
 * proposal: QIAO_E_CONFLICT otherwise.
 */
qiao_err fabric_submit_put(struct qiao_buf *out, const struct fabric_asker *who,
			   const struct fabric_proposal *p,
			   struct qiao_slice endorsed, struct qiao_why *why);
/* The prepared transaction (Envelope, unsigned) in an answer to Endorse. */
qiao_err fabric_endorsed_parse(struct qiao_buf *envelope,
			       struct qiao_slice endorsed);
qiao_err fabric_commit_put(struct qiao_buf *out, const struct fabric_asker *who,
			   const char *tx_id);
qiao_err fabric_commit_parse(int32_t *code, uint64_t *height,
			     struct qiao_slice answer);
/* The answer of a chaincode to Evaluate; QIAO_E_STATE unless it is 2xx. */
qiao_err fabric_evaluated_parse(struct qiao_buf *payload,
				struct qiao_slice answer);
/*
 * grpc-status-details-bin as text: what each peer said, escaped; "" when there
 * is none. Returns out.
 */
char *fabric_detail_text(char *out, size_t size, struct qiao_slice detail);
/*
 * The code of a contract's refusal (chaincode/README.md 5) in such a text:
 * "EXISTS"; "" when there is none. Returns out.
 */
#define FABRIC_CODE_LEN 16
char *fabric_refusal_code(char out[FABRIC_CODE_LEN], const char *text);

#endif
