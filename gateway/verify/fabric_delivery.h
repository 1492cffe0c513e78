/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes of the reference contract: deliveries, usage records, anchors
 * (docs/wire.md 8.4). Pure.
 */
#ifndef GATEWAY_VERIFY_FABRIC_DELIVERY_H
#define GATEWAY_VERIFY_FABRIC_DELIVERY_H

#include "gateway/verify/fabric_msp.h"
#include "gateway/verify/lightclient.h"

/*
 * p is a WRITE or DELETE of the contract's namespace, by creator. An entry
 * becomes DELIVERED or USAGE, its slices borrowed from p->value; one that is
 * not what it must be, or that the served copy doubts, an OTHER that is
 * doubted. The contract's own books (accounts, grants, what is held) become
 * OTHER; records stay as they are.
 */
qiao_err qiao_fabric_delivery_read(struct qiao_proven *p,
				   const struct qiao_fabric_identity *creator);

#endif
