/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two bytes of length, an MSPConfig, and a SerializedIdentity that it judges
 * (every CA of the MSP is tried as one too).
 */
#include "gateway/verify/fabric_msp.h"
#include "gateway/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_fabric_sigs sigs;
	const struct qiao_fabric_identity *id;
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(data, size));
	struct qiao_fabric_msps m;
	struct qiao_slice name, config, rest;
	struct qiao_why why;

	config = qiao_get(&r, qiao_get_u16(&r));
	if (r.err != QIAO_OK)
		return 0;
	rest = qiao_get(&r, r.left);
	qiao_fabric_msps_init(&m, &sigs);
	/* Ed25519 keys are identities from capability V3_0 on */
	if (qiao_fabric_msps_add(&m, &name, config, size & 1, &why) ==
		    QIAO_OK &&
	    qiao_fabric_identify(&m, &id, rest) == QIAO_OK && id) {
		qiao_fabric_has_role(id, QIAO_FABRIC_ADMIN);
		qiao_fabric_signed(&m, id, &rest, 1, config);
	}
	qiao_fabric_msps_fini(&m);
	return 0;
}
