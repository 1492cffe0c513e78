/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as an operator writes it; what is taken wants a signature. */
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_policy.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_fabric_sigs sigs;
	struct qiao_fabric_signers nobody = { NULL, 0, 0 };
	struct qiao_fabric_sigpolicy p;
	struct qiao_fabric_msps m;
	struct qiao_why why;
	char *text = qiao_malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	qiao_fabric_msps_init(&m, &sigs);
	qiao_fabric_sigpolicy_parse(&p, text, &why);
	QIAO_BUG_ON(qiao_fabric_sigpolicy_eval(&p, &m, &nobody) == QIAO_OK);
	qiao_fabric_sigpolicy_free(&p);
	qiao_fabric_msps_fini(&m);
	qiao_free(text);
	return 0;
}
