/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte picks the check, the rest is the value. */
#include "gateway/base/slice.h"
#include "gateway/record/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum qiao_check check;
	struct qiao_slice value;

	if (size == 0)
		return 0;
	check = (enum qiao_check)(data[0] % (QIAO_CHECK_RFC3161 + 2));
	value = qiao_slice_of(data + 1, size - 1);
	qiao_check_value(check, value, INT64_C(1795140000000));
	qiao_cert_id_type(value);
	return 0;
}
