/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a revocation list, PEM or DER. */
#include "gateway/base/slice.h"
#include "gateway/crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_why why;
	struct qiao_crl *c;

	if (qiao_crl_parse(&c, in, &why) != QIAO_OK)
		return 0;
	qiao_crl_lists(c, qiao_crl_aki(c));
	qiao_crl_lists(c, qiao_slice_of(data, size < 16 ? size : 16));
	qiao_slice_eq(qiao_crl_issuer(c), qiao_crl_aki(c));
	qiao_crl_free(c);
	return 0;
}
