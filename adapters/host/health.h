/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health of one adapter: the third state machine of the program, a table. It
 * has no effect on what is believed, only on whether the adapter is asked.
 */
#ifndef ADAPTERS_HOST_HEALTH_H
#define ADAPTERS_HOST_HEALTH_H

#include "gateway/include/qiao/types.h"

enum qiao_health {
	QIAO_HEALTH_DOWN = 0,     /* no process, or one that is being ended */
	QIAO_HEALTH_STARTING = 1, /* started; hello and open not answered yet */
	QIAO_HEALTH_READY = 2,    /* answers */
	QIAO_HEALTH_REFUSED =
		3, /* does not fit this gateway: operator's turn */
};

enum qiao_health_event {
	QIAO_HEALTH_EV_START = 0,
	QIAO_HEALTH_EV_OPENED = 1,
	QIAO_HEALTH_EV_FAILED = 2, /* deadline, exit, nonsense on the wire */
	QIAO_HEALTH_EV_MISFIT = 3, /* wrong ABI, name or family */
};

/* False, and *state unchanged, when the table has no such row. */
bool qiao_health_move(enum qiao_health *state, enum qiao_health_event ev);
const char *qiao_health_name(enum qiao_health state);

/* Pause before the next start after `failures` in a row: 0.2 s to 30 s. */
int64_t qiao_health_backoff_ms(unsigned int failures);

#endif
