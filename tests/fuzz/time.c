/* SPDX-License-Identifier: Apache-2.0 */
/* A time that is read is written and read again as the same moment. */
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[QIAO_TIME_LEN];
	int64_t ms, again;

	if (!qiao_time_parse(&ms, qiao_slice_of(data, size), 480))
		return 0;
	qiao_time_format(out, ms, 480);
	if (qiao_slice_is(qiao_slice_str(out), "out-of-range"))
		return 0;
	QIAO_BUG_ON(!qiao_time_parse(&again, qiao_slice_str(out), 0));
	QIAO_BUG_ON(again != ms);
	return 0;
}
