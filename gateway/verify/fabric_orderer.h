/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Did the ordering service make this block? Slot 0 of the metadata holds a
 * value and signatures, each over value || its own header || header DER. That
 * header names a certificate (Raft) or the number of a consenter (BFT); the
 * policy /Channel/Orderer/BlockValidation of the configuration before the block
 * says whose count. Nothing else of the metadata is signed or read.
 * Sources: fabric protoutil/blockutils.go BlockSignatureVerifier,
 * orderer/common/multichannel/blockwriter.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_ORDERER_H
#define GATEWAY_VERIFY_FABRIC_ORDERER_H

#include "gateway/verify/fabric_config.h"

#include <limits.h>

/* What the operator demands on top of BlockValidation. */
struct qiao_fabric_demand {
	/*
	 * Only orderers count: those with role ORDERER in an orderer
	 * organisation (under the default policy, ANY Writers, a client of one
	 * may sign), in a BFT channel those that its configuration lists.
	 */
	bool orderer_role;
	/* So many of them, with different keys, in the one copy; 0 is 1. */
	unsigned int min_orderers;
};
/* Two where Raft has three nodes or more: one stolen key is too little there.
 */
#define QIAO_FABRIC_SOME_ORDERERS UINT_MAX

/*
 * Number of the configuration block in force, from the value of slot 0: signed,
 * but read before the signature is looked at. QIAO_E_BADSIG: no such value.
 */
qiao_err qiao_fabric_last_config(uint64_t *out,
				 const struct qiao_fabric_block *b,
				 struct qiao_why *why);

/* QIAO_OK, QIAO_E_BADSIG, QIAO_E_NOMEM. */
qiao_err qiao_fabric_check_orderers(const struct qiao_fabric_block *b,
				    struct qiao_fabric_config *c,
				    const struct qiao_fabric_demand *demand,
				    struct qiao_why *why);

#endif
