/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/retry.h"

int64_t qiao_retry_delay_ms(unsigned int tries, uint32_t random)
{
	int64_t full = QIAO_RETRY_MIN_MS;

	for (unsigned int i = 1; i < tries && full < QIAO_RETRY_MAX_MS; i++)
		full *= 2;
	if (full > QIAO_RETRY_MAX_MS)
		full = QIAO_RETRY_MAX_MS;
	return full / 2 + (int64_t)(random % (uint32_t)(full / 2 + 1));
}
