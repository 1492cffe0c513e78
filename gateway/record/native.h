/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native records: the chain holds a head (docs/wire.md 4) that its issuer
 * signed; the adapter sends the openings of its fields beside it. Pure.
 */
#ifndef GATEWAY_RECORD_NATIVE_H
#define GATEWAY_RECORD_NATIVE_H

#include "gateway/record/mapping.h"

struct qiao_source_head {
	struct qiao_slice head; /* proven bytes */
	/* [[name, salt, value], ...] (docs/wire.md 10), or empty: none given */
	struct qiao_slice openings;
	struct qiao_slice issuer_key; /* key id, 16 bytes; signature verified */
	uint64_t height;
};

/*
 * Results as of qiao_mapping_apply. env->mapping may be NULL (no issuers
 * known: every head is R_ISSUER_KEY, nothing is ever open to all). Openings
 * must give exactly the head's fields and root, else R_FIELD_CHECK; a head
 * with fields and no openings too, since nothing of it could be disclosed.
 */
qiao_err qiao_native_apply(struct qiao_record *out,
			   const struct qiao_record_env *env,
			   const struct qiao_source_head *in);

#endif
