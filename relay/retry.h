/* SPDX-License-Identifier: Apache-2.0 */
/* When to try again: jittered exponential back-off. Pure. */
#ifndef RELAY_RETRY_H
#define RELAY_RETRY_H

#include "gateway/include/qiao/types.h"

#define QIAO_RETRY_MIN_MS 200
#define QIAO_RETRY_MAX_MS 60000

/*
 * After `tries` failures in a row (0 counts as 1): from half of to the whole of
 * min(QIAO_RETRY_MIN_MS * 2^(tries-1), QIAO_RETRY_MAX_MS), by `random`.
 */
int64_t qiao_retry_delay_ms(unsigned int tries, uint32_t random);

#endif
