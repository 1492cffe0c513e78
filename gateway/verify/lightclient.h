/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A light client decides what a foreign chain really said. One per consensus
 * family, linked in; a chain's version is data. Pure: no disk, no network, no
 * clock; what it must remember it reads and writes through the view that the
 * caller lends, an overlay on the caller's own store transaction.
 *
 * Rules for every family: every hash is recomputed before a signature is looked
 * at; distinct signers are counted; empty never means all; one encoding per
 * value and no trailing bytes (what an engine accepts beyond that stands in the
 * family's file); zero values are never trusted; foreign bytes never abort.
 *
 * An instance is used by one thread at a time. If the transaction behind a view
 * is not committed after `advance`, the instance is ahead of its store: free it
 * and open it again.
 */
#ifndef GATEWAY_VERIFY_LIGHTCLIENT_H
#define GATEWAY_VERIFY_LIGHTCLIENT_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/base/workers.h"
#include "gateway/wire/evidence.h"

/*
 * The store, as a light client sees it. `get` appends to out; QIAO_E_NOTFOUND
 * when there is no such key; any other error is an I/O error, which the light
 * client passes up unchanged: never a refusal. Keys are bytes, such as "head"
 * or "block/00000000000000000025"; fabric's state keys hold foreign ones.
 */
struct qiao_view {
	void *ctx;
	qiao_err (*get)(void *ctx, struct qiao_buf *out, struct qiao_slice key);
	/* An empty value removes the key. */
	qiao_err (*put)(void *ctx, struct qiao_slice key,
			struct qiao_slice value);
	/*
	 * Sets key and value to the first one at or above `from` in the order
	 * of bytes; QIAO_E_NOTFOUND: none. May be NULL for families that need
	 * no order; a fabric client then cannot replay range reads.
	 */
	qiao_err (*next)(void *ctx, struct qiao_buf *key,
			 struct qiao_buf *value, struct qiao_slice from);
};

/* A header that this light client accepted. Made in gateway/verify/ only. */
struct qiao_header_trusted {
	uint64_t height;
	struct qiao_hash hash;
	int64_t time_ms; /* 0: headers of this family carry no time */
};

/* What a light client starts from: the anchor file, parsed by gateway/conf. */
struct qiao_cnode;
struct qiao_lc_config {
	const struct qiao_cnode *anchor; /* root group of the anchor file */
	struct qiao_slice anchor_blob; /* fabric: bytes of the genesis block */
	/* fabric, on top of BlockValidation; see docs/light-client-fabric.md */
	bool orderer_role;
	unsigned int min_orderers; /* 0: as many as the family finds right */
	/*
	 * fabric: claims may leave out heights, and come later for a height
	 * left out. For a client that is asked about single blocks; not for one
	 * that must see every record.
	 */
	bool gaps;
	/* fabric: threads for signatures, lent for the client's life; or NULL
	 */
	const struct qiao_parallel *parallel;
};

enum qiao_proven_kind {
	QIAO_PROVEN_WRITE = 1, /* fabric: a public write */
	QIAO_PROVEN_DELETE = 2,
	QIAO_PROVEN_RECORD = 3,    /* quorum: leaf with a native head */
	QIAO_PROVEN_DELIVERED = 4, /* a delivery under a transfer id */
	QIAO_PROVEN_USAGE = 5,
	QIAO_PROVEN_OTHER = 6, /* counted, means nothing to us (anchors) */
};

/* On wire: docs/wire.md 5. */
enum qiao_validity {
	QIAO_VALIDITY_REPLAYED = 1,
	QIAO_VALIDITY_ENDORSED_ONLY = 2,
	QIAO_VALIDITY_FINAL = 3,
};

/*
 * One statement of the chain, proven. Slices borrow from the proof, or from the
 * client until its next proof.
 */
struct qiao_proven {
	enum qiao_proven_kind kind;
	uint64_t height;
	struct qiao_hash block;  /* hash of the header */
	int64_t block_time_ms;   /* 0: none */
	struct qiao_slice tx_id; /* docs/wire.md 6 */
	uint32_t tx;             /* position of the transaction in the block */
	uint32_t txs;   /* entries of the block; 0: the family has none */
	uint32_t index; /* item index of docs/wire.md 6 */
	enum qiao_validity validity;
	/*
	 * The served copy calls this entry invalid (fabric, metadata slot 2,
	 * unsigned). A hint may lower, never raise: no record comes of it.
	 * quorum: an OTHER whose leaf is no valid statement (a wrong issuer
	 * signature, a digest that does not fit): count it, say it.
	 */
	bool doubted;
	/* WRITE, DELETE */
	struct qiao_slice space; /* namespace (chaincode) */
	struct qiao_slice key;
	struct qiao_slice value; /* RECORD: head; DELIVERED, USAGE: payload */
	/* WRITE, DELETE: who made the statement */
	struct qiao_slice issuer;    /* MSP id of the transaction's creator */
	struct qiao_slice issuer_ou; /* its organisational unit, or empty */
	/* RECORD: the issuer's key, its signature verified; DELIVERED:
	 * submitter */
	struct qiao_slice issuer_key; /* key id, 16 bytes */
	/* DELIVERED, USAGE */
	struct qiao_hash id;     /* transfer id */
	struct qiao_hash digest; /* payload digest, as the leaf says */
	struct qiao_hash source; /* source chain identity */
};

struct qiao_proven_sink {
	void *ctx;
	/* An error stops the proof and is passed up. */
	qiao_err (*item)(void *ctx, const struct qiao_proven *item);
};

struct qiao_lightclient; /* each family defines its own behind this */

struct qiao_lightclient_api {
	const char *family;
	/* The proof of one record discloses its whole block (fabric). */
	bool proof_is_block;

	/*
	 * Start from the anchor, or go on from what the view holds of an
	 * earlier run (an anchor that does not match that is QIAO_E_CONFIG).
	 * *out is NULL on failure. network: of the federation, for signed
	 * leaves.
	 */
	qiao_err (*open)(struct qiao_lightclient **out,
			 const struct qiao_lc_config *cfg,
			 const struct qiao_hash *network,
			 const struct qiao_view *view, struct qiao_why *why);
	/* docs/wire.md 2.1 */
	struct qiao_hash (*identity)(const struct qiao_lightclient *lc);
	struct qiao_header_trusted (*head)(const struct qiao_lightclient *lc);
	/*
	 * Accept consecutive header claims, the first at head height + 1
	 * (ascending ones if the configuration allows gaps). All or nothing: on
	 * an error nothing changed, in the client or the view, and *bad is the
	 * index of the refused claim. Expected: QIAO_E_STALE, QIAO_E_NUMBER,
	 * QIAO_E_LINK, QIAO_E_HASH, QIAO_E_BADSIG, QIAO_E_CONFIG,
	 * QIAO_E_CHANNEL, QIAO_E_MALFORMED, QIAO_E_NONCANON,
	 * QIAO_E_UNSUPPORTED.
	 */
	qiao_err (*advance)(struct qiao_lightclient *lc, size_t *bad,
			    const struct qiao_slice *claims, size_t n,
			    const struct qiao_view *view, struct qiao_why *why);
	/* Trusted header at a height already accepted; QIAO_E_NOTFOUND. */
	qiao_err (*header)(const struct qiao_lightclient *lc,
			   struct qiao_header_trusted *out, uint64_t height,
			   const struct qiao_view *view);
	/*
	 * Check a proof (docs/wire.md 8) against a header accepted earlier and
	 * hand each statement of it to the sink, in order.
	 */
	qiao_err (*prove)(struct qiao_lightclient *lc, struct qiao_slice proof,
			  struct qiao_proven_sink sink,
			  const struct qiao_view *view, struct qiao_why *why);
	/* Hash of a claim's header; nothing else of it is looked at. */
	qiao_err (*hash)(struct qiao_hash *out, struct qiao_slice claim);
	/*
	 * The accepted claim as a peer needs it to follow the chain (wire 8).
	 * last: it was the last of its batch. Signatures that advance did not
	 * look at are left out: nobody vouches for them.
	 */
	qiao_err (*thin)(struct qiao_buf *out, struct qiao_slice claim,
			 bool last);
	/* May a batch for a peer end with this thin claim? */
	bool (*stands)(struct qiao_slice thin);
	/*
	 * From the proof of a whole block the smallest proof of one statement
	 * of it. Quick for the block that `prove` checked last. proof_is_block:
	 * a copy.
	 */
	qiao_err (*narrow)(struct qiao_lightclient *lc, struct qiao_buf *out,
			   struct qiao_slice proof, uint32_t tx,
			   uint32_t index);
	/*
	 * Do two runs of consecutive claims, each signed under what this client
	 * knows, begin at one height with different hashes? QIAO_OK: yes; *na
	 * and *nb are how many claims of each show it, and trust (wire 9.5) is
	 * appended. QIAO_E_NOTFOUND: no.
	 */
	qiao_err (*conflict)(struct qiao_lightclient *lc,
			     struct qiao_buf *trust, const struct qiao_slice *a,
			     size_t *na, const struct qiao_slice *b, size_t *nb,
			     const struct qiao_view *view,
			     struct qiao_why *why);
	/*
	 * The same for a third party, from the evidence alone, by the engine's
	 * own rule. *anchored: who had to sign is what this anchor (NULL: none)
	 * says. Otherwise: one who follows the chain to that height knows.
	 * QIAO_E_NOTFOUND: it is no evidence.
	 */
	qiao_err (*evidence)(bool *anchored,
			     const struct qiao_lc_config *anchor,
			     const struct qiao_evidence_chain *e,
			     struct qiao_why *why);
	/* Height and kind of the newest change of trust, for the audit log. */
	uint64_t (*trust_height)(const struct qiao_lightclient *lc);
	void (*free)(struct qiao_lightclient *lc); /* NULL is fine */
};

extern const struct qiao_lightclient_api qiao_lc_quorum;
extern const struct qiao_lightclient_api qiao_lc_fabric;

/* By family name; NULL when this gateway knows no such family. */
const struct qiao_lightclient_api *qiao_lightclient_find(const char *family);

#endif
