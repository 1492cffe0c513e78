/* SPDX-License-Identifier: Apache-2.0 */
/* The only reader of clocks. Wall time in milliseconds since 1970 UTC. */
#ifndef GATEWAY_BASE_CLOCK_H
#define GATEWAY_BASE_CLOCK_H

#include "gateway/include/qiao/types.h"

int64_t qiao_now_ms(void);       /* CLOCK_REALTIME */
int64_t qiao_monotonic_ms(void); /* CLOCK_MONOTONIC, for deadlines */
void qiao_sleep_ms(int64_t ms);

/*
 * "2026-11-20T10:00:00.123+08:00", with Z for offset 0; out has QIAO_TIME_LEN
 * bytes. A time outside the years 1 to 9999 reads "out-of-range". Returns out.
 */
#define QIAO_TIME_LEN 40
char *qiao_time_format(char *out, int64_t ms, int offset_min);
/*
 * RFC 3339 with offset or Z (capital T and Z, no leap second), or a bare date
 * YYYY-MM-DD (midnight at offset_min). False, and *ms 0, on anything else.
 */
bool qiao_time_parse(int64_t *ms, struct qiao_slice text, int offset_min);

#endif
