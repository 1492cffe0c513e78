/* SPDX-License-Identifier: Apache-2.0 */
/* Escaped text is valid UTF-8, one line. */
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[64];
	struct qiao_slice safe;

	qiao_str_escape(out, sizeof(out), qiao_slice_of(data, size));
	safe = qiao_slice_str(out);
	QIAO_BUG_ON(!qiao_utf8_valid(safe));
	for (size_t i = 0; i < safe.n; i++)
		QIAO_BUG_ON(safe.p[i] < 0x20 || safe.p[i] == '"');
	return 0;
}
