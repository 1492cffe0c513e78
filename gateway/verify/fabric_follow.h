/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step along the chain: is this block genuine under this configuration, and
 * which configuration holds after it?
 */
#ifndef GATEWAY_VERIFY_FABRIC_FOLLOW_H
#define GATEWAY_VERIFY_FABRIC_FOLLOW_H

#include "gateway/verify/fabric_orderer.h"
#include "gateway/verify/lightclient.h"

/*
 * Is b the block after `head`? QIAO_E_NUMBER, QIAO_E_STALE (at or below head),
 * QIAO_E_LINK.
 */
qiao_err qiao_fabric_check_link(const struct qiao_fabric_block *b,
				const struct qiao_header_trusted *head,
				struct qiao_why *why);

/*
 * Check everything about a block that does not need its neighbours: entries
 * against the header (of a full one), channel, signatures under c, the signed
 * pointer to c. For a configuration block *next is the configuration it brings,
 * checked to be the successor of c; otherwise NULL. raw: the block's bytes.
 *
 * Errors: QIAO_E_NONCANON, QIAO_E_HASH, QIAO_E_CHANNEL, QIAO_E_BADSIG,
 * QIAO_E_CONFIG, QIAO_E_UNSUPPORTED, QIAO_E_LIMIT, QIAO_E_NOMEM.
 */
qiao_err qiao_fabric_check_block(struct qiao_fabric_config **next,
				 const struct qiao_fabric_block *b,
				 struct qiao_slice raw,
				 struct qiao_fabric_config *c,
				 const struct qiao_fabric_demand *demand,
				 struct qiao_why *why);

#endif
