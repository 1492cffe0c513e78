/* SPDX-License-Identifier: Apache-2.0 */
/* The live mode: the operations of docs/wire.md 10 on a channel's servers. */
#ifndef ADAPTERS_FABRIC_LIVE_H
#define ADAPTERS_FABRIC_LIVE_H

#include "adapters/fabric/contract.h"

struct fabric_live;

/* Reads the files that cfg names; contacts nobody. *out NULL on failure. */
qiao_err fabric_live_open(struct fabric_live **out,
			  const struct fabric_config *cfg,
			  struct qiao_why *why);
void fabric_live_close(struct fabric_live *l);

/* As in struct qiao_adapter_api; any thread. */
qiao_err fabric_live_head(struct fabric_live *l, uint64_t *next_height,
			  uint64_t known, unsigned int wait_ms,
			  struct qiao_why *why);
qiao_err fabric_live_fetch(struct fabric_live *l, struct qiao_buf *bundle,
			   uint64_t height, struct qiao_why *why);
/* An answer signed by peers of the organisations of `answers_of`. */
qiao_err fabric_live_prove(struct fabric_live *l, struct qiao_buf *proof,
			   struct qiao_slice reference, struct qiao_why *why);
qiao_err fabric_live_submit(struct fabric_live *l,
			    const struct qiao_submission *s,
			    struct qiao_why *why);
qiao_err fabric_live_submit_many(struct fabric_live *l,
				 struct qiao_submitted *out,
				 const struct qiao_submission *s, size_t n,
				 struct qiao_why *why);
qiao_err fabric_live_lookup(struct fabric_live *l, struct qiao_lookup *out,
			    const struct qiao_hash *id, struct qiao_why *why);
qiao_err fabric_live_receipt(struct fabric_live *l, struct qiao_buf *proof,
			     const struct qiao_hash *id, struct qiao_why *why);
/* What this configuration can do; ends with NULL. */
const char *const *fabric_live_capabilities(const struct fabric_live *l);

#endif
