/* SPDX-License-Identifier: Apache-2.0 */
/* Private to gateway/audit. */
#ifndef GATEWAY_AUDIT_ENTRY_H
#define GATEWAY_AUDIT_ENTRY_H

#include "gateway/audit/log.h"

/*
 * Add the five members that every entry has and append the entry's canonical
 * bytes. e is still the caller's to abandon.
 */
qiao_err qiao_audit_encode(struct qiao_buf *out, struct qiao_audit_entry *e,
			   const char *gw, uint64_t seq);

#endif
