/* SPDX-License-Identifier: Apache-2.0 */
/* A SignaturePolicyEnvelope: compiled, and evaluated with nobody's signature.
 */
#include "gateway/verify/fabric_policy.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_fabric_sigs sigs;
	struct qiao_fabric_signers nobody = { NULL, 0, 0 };
	struct qiao_fabric_sigpolicy p;
	struct qiao_fabric_msps m;
	qiao_err err;

	qiao_fabric_msps_init(&m, &sigs);
	err = qiao_fabric_sigpolicy_compile(&p, qiao_slice_of(data, size));
	QIAO_BUG_ON((err == QIAO_OK) != (p.nodes > 0));
	qiao_fabric_sigpolicy_eval(&p, &m, &nobody);
	qiao_fabric_sigpolicy_free(&p);
	qiao_fabric_msps_fini(&m);
	return 0;
}
