/* SPDX-License-Identifier: Apache-2.0 */
/* A policy out of the exported folder. Private to audit_verify.c. */
#ifndef GATEWAY_CLI_AUDIT_POLICY_H
#define GATEWAY_CLI_AUDIT_POLICY_H

#include "gateway/base/why.h"
#include "policies/engine/engine.h"

/*
 * The policy of this digest. QIAO_E_NOTFOUND: the folder has none.
 * QIAO_E_HASH: its files are not those that were in force.
 * QIAO_E_UNSUPPORTED: they are, but this program cannot load them. *out is NULL
 * on failure.
 */
qiao_err qiao_audit_policy_load(struct qiao_policy **out, const char *dir,
				const struct qiao_hash *sha256);

#endif
