/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The light client of the fabric family, inside: shared by the files
 * lc_fabric*.c only. From outside it is qiao_lc_fabric in lightclient.h.
 */
#ifndef GATEWAY_VERIFY_LC_FABRIC_H
#define GATEWAY_VERIFY_LC_FABRIC_H

#include "gateway/verify/fabric_follow.h"
#include "gateway/verify/fabric_ledger.h"
#include "gateway/verify/fabric_rules.h"

/* Configurations of the past that `prove` needed lately. */
#define QIAO_FABRIC_PAST 4

struct qiao_lightclient {
	struct qiao_fabric_sigs sigs;
	struct qiao_fabric_rules rules;
	char contract[QIAO_NAME_MAX + 1]; /* takes deliveries; "": none */
	struct qiao_fabric_demand demand;
	bool gaps;
	struct qiao_hash identity;
	struct qiao_hash genesis;
	struct qiao_header_trusted head;
	struct qiao_fabric_config *config; /* in force above the head */
	struct qiao_fabric_config *past[QIAO_FABRIC_PAST];
	size_t oldest; /* index in past */
	/*
	 * Every block up to the head was replayed. Ends for good with the first
	 * claim that comes without its entries, or that replay cannot follow.
	 */
	bool replays;
	struct qiao_fabric_ledger ledger;
};

/*
 * The view: "head", "block/HEIGHT" for every accepted block, with our own code
 * of each entry if it was replayed, "config/HEIGHT" with the bytes of every
 * configuration block, "replay" with the height up to which all were; HEIGHT in
 * 20 digits. And the ledger's rows. Reads pass I/O errors and QIAO_E_NOTFOUND
 * up; a row that makes no sense is QIAO_E_IO.
 */
struct qiao_fabric_head_row {
	uint64_t height;
	struct qiao_hash hash;
	uint64_t config; /* height of the configuration in force above it */
	struct qiao_hash genesis;
};
struct qiao_fabric_block_row {
	uint64_t height;
	struct qiao_hash hash;
	uint64_t config; /* the one it was judged under */
};
qiao_err qiao_fabric_head_get(struct qiao_fabric_head_row *out,
			      const struct qiao_view *view);
qiao_err qiao_fabric_head_put(const struct qiao_fabric_head_row *row,
			      const struct qiao_view *view);
qiao_err qiao_fabric_row_get(struct qiao_fabric_block_row *out, uint64_t height,
			     const struct qiao_view *view);
/* codes: appended; nothing for a block that was not replayed. */
qiao_err qiao_fabric_row_codes(struct qiao_fabric_block_row *out,
			       struct qiao_buf *codes, uint64_t height,
			       const struct qiao_view *view);
qiao_err qiao_fabric_row_put(const struct qiao_fabric_block_row *row,
			     struct qiao_slice codes,
			     const struct qiao_view *view);
qiao_err qiao_fabric_replay_get(uint64_t *height, const struct qiao_view *view);
qiao_err qiao_fabric_replay_put(uint64_t height, const struct qiao_view *view);
qiao_err qiao_fabric_config_get(struct qiao_buf *out, uint64_t height,
				const struct qiao_view *view);
qiao_err qiao_fabric_config_put(const struct qiao_fabric_config *c,
				const struct qiao_view *view);

/* Anchor file: what it says, checked against the genesis block. */
qiao_err qiao_fabric_anchor_read(struct qiao_lightclient *lc,
				 const struct qiao_lc_config *cfg,
				 struct qiao_why *why);

/* The configuration of a height, borrowed from lc until the next call. */
qiao_err qiao_fabric_config_at(struct qiao_lightclient *lc,
			       struct qiao_fabric_config **out, uint64_t height,
			       const struct qiao_view *view,
			       struct qiao_why *why);

/* Height of the configuration that judges a height up to the head. */
qiao_err qiao_fabric_in_force(const struct qiao_lightclient *lc,
			      uint64_t *config, uint64_t height,
			      const struct qiao_view *view);
/*
 * Check a block at or below the head, at a height that was left out; *row is
 * what to store. QIAO_E_STALE: that height is known.
 */
qiao_err qiao_fabric_fill(struct qiao_lightclient *lc,
			  struct qiao_fabric_block_row *row,
			  const struct qiao_fabric_block *b,
			  struct qiao_slice raw, const struct qiao_view *view,
			  struct qiao_why *why);
/*
 * Replay one accepted block on top of `state`, under the configuration before
 * it; our code of each entry is appended to codes. QIAO_E_UNSUPPORTED: it
 * cannot be; codes and state are then as before.
 */
qiao_err qiao_fabric_replay(struct qiao_fabric_ledger *ledger,
			    struct qiao_buf *codes, struct qiao_layer *state,
			    const struct qiao_fabric_block *b,
			    struct qiao_fabric_config *c);

/*
 * After QIAO_E_BADSIG: QIAO_E_CONFIG with the number of the configuration that
 * b names, if that is a later one than c; else the same error.
 */
qiao_err qiao_fabric_missing(const struct qiao_fabric_config *c,
			     const struct qiao_fabric_block *b,
			     struct qiao_why *why);

qiao_err qiao_fabric_advance(struct qiao_lightclient *lc, size_t *bad,
			     const struct qiao_slice *claims, size_t n,
			     const struct qiao_view *view,
			     struct qiao_why *why);
qiao_err qiao_fabric_prove(struct qiao_lightclient *lc, struct qiao_slice proof,
			   struct qiao_proven_sink sink,
			   const struct qiao_view *view, struct qiao_why *why);
qiao_err qiao_fabric_conflict(struct qiao_lightclient *lc,
			      struct qiao_buf *trust,
			      const struct qiao_slice *a, size_t *na,
			      const struct qiao_slice *b, size_t *nb,
			      const struct qiao_view *view,
			      struct qiao_why *why);
qiao_err qiao_fabric_evidence(bool *anchored,
			      const struct qiao_lc_config *anchor,
			      const struct qiao_evidence_chain *e,
			      struct qiao_why *why);

#endif
