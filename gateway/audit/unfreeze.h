/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators sign to lift a freeze (docs/wire.md 9.6). It names the very
 * freeze, by its moment and evidence, so that it lifts no later one. Pure.
 */
#ifndef GATEWAY_AUDIT_UNFREEZE_H
#define GATEWAY_AUDIT_UNFREEZE_H

#include "gateway/base/buf.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_UNFREEZE_SIGS   2   /* of two operators */
#define QIAO_UNFREEZE_REASON 200 /* bytes */
#define QIAO_UNFREEZE_MAX    1024

/* On wire: append, never renumber. Those of enum qiao_scope. */
enum qiao_unfreeze_scope {
	QIAO_UNFREEZE_CHAIN = 1,
	QIAO_UNFREEZE_ROUTE = 2,
};

struct qiao_unfreeze {
	struct qiao_hash network;
	char gateway[QIAO_NAME_MAX + 1];
	unsigned int scope; /* enum qiao_unfreeze_scope */
	char name[QIAO_NAME_MAX + 1];
	/* a chain: its identity; a route: its source, its destination */
	struct qiao_hash chain[2];
	int64_t frozen_at;
	struct qiao_hash evidence; /* digest; zero: there is none (nil) */
	char reason[QIAO_UNFREEZE_REASON + 1]; /* not empty */
	int64_t at; /* when the first operator asked for it */
};

/* QIAO_E_MALFORMED when a member is what parse refuses; QIAO_E_NOMEM. */
qiao_err qiao_unfreeze_encode(struct qiao_buf *out,
			      const struct qiao_unfreeze *u);
/* On failure *out is zeroed: QIAO_E_NONCANON, _MALFORMED, _LIMIT ... */
qiao_err qiao_unfreeze_parse(struct qiao_unfreeze *out, struct qiao_slice in);
/* Do they speak of the same freeze? Reason and time of signing may differ. */
bool qiao_unfreeze_same(const struct qiao_unfreeze *a,
			const struct qiao_unfreeze *b);

/* The statement and who signed it; its slice borrows what was parsed. */
struct qiao_unfreeze_signed {
	struct qiao_slice statement;
	size_t n; /* 1 or 2 */
	struct {
		struct qiao_id16 key;
		struct qiao_sig sig;
	} by[QIAO_UNFREEZE_SIGS];
};
qiao_err qiao_unfreeze_signed_encode(struct qiao_buf *out,
				     const struct qiao_unfreeze_signed *s);
/* Form only: no signature is looked at. Two of one key are refused. */
qiao_err qiao_unfreeze_signed_parse(struct qiao_unfreeze_signed *out,
				    struct qiao_slice in);
/* Adds one. QIAO_E_EXISTS: this key signed already; QIAO_E_LIMIT: full. */
qiao_err qiao_unfreeze_sign(struct qiao_unfreeze_signed *s,
			    const struct qiao_key *key);
/* The i-th signature is of this key, and good. QIAO_E_KEY, QIAO_E_BADSIG. */
qiao_err qiao_unfreeze_check(const struct qiao_unfreeze_signed *s, size_t i,
			     const struct qiao_pubkey *key);

#endif
