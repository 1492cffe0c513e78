/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_CLI_AUDIT_UNFREEZE_H
#define GATEWAY_CLI_AUDIT_UNFREEZE_H

#include "gateway/base/why.h"
#include "gateway/codec/json.h"

/*
 * An `unfrozen` entry (docs/wire.md 9.1): the statement is of this network and
 * gateway and of what the entry names, and two operators signed it, each under
 * a key of their own. Whether the keys are theirs is for people to compare.
 * QIAO_E_PROOF, why says what is wrong.
 */
qiao_err qiao_audit_unfrozen(const struct qiao_json *entry,
			     const struct qiao_hash *network,
			     const char *gateway, struct qiao_why *why);

#endif
