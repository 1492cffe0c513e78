/* SPDX-License-Identifier: Apache-2.0 */
/* Signed tree heads of an exported log. Private to audit_verify.c. */
#ifndef GATEWAY_CLI_AUDIT_HEADS_H
#define GATEWAY_CLI_AUDIT_HEADS_H

#include "gateway/audit/log.h"
#include "gateway/cli/audit_folder.h"

struct qiao_audit_head {
	struct qiao_checkpoint c;
	bool known; /* of the earlier export */
};

struct qiao_audit_heads {
	struct qiao_audit_head *head; /* ascending by size */
	size_t n, cap;
	struct qiao_pubkey key; /* that signed them */
	uint64_t bad_size;      /* of the head that is refused, if it has one */
};

/*
 * Of the folder and of v->known. Every one is of this gateway and network, and
 * signed by v->key, or by the key that keys.txt gives this gateway. Otherwise,
 * or when two of one size have different roots: QIAO_E_BADSIG and `bad`. Other
 * errors: no answer, why.
 */
qiao_err qiao_audit_heads_read(struct qiao_audit_heads *out,
			       const struct qiao_audit_verify *v,
			       const char *gateway,
			       const struct qiao_hash *network,
			       struct qiao_why *bad, struct qiao_why *why);
void qiao_audit_heads_free(struct qiao_audit_heads *h); /* zeroed is fine */

#endif
