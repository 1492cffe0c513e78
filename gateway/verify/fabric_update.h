/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was a new configuration authorised by those whom the old one names? The
 * signed request for it lies in the new one; a full peer repeats it, and so do
 * we: otherwise one bad orderer could swap the roots of trust. Sources: fabric
 * common/configtx/update.go, validator.go, configmap.go,
 * common/channelconfig/bundle.go ValidateNew.
 */
#ifndef GATEWAY_VERIFY_FABRIC_UPDATE_H
#define GATEWAY_VERIFY_FABRIC_UPDATE_H

#include "gateway/verify/fabric_config.h"

/*
 * QIAO_OK, QIAO_E_CONFIG (not authorised, or not what was asked for),
 * QIAO_E_LIMIT, QIAO_E_NOMEM.
 */
qiao_err qiao_fabric_update_check(struct qiao_fabric_config *old,
				  const struct qiao_fabric_config *next,
				  struct qiao_why *why);

#endif
