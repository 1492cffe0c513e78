/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per event on stderr: time, level, event name, key=value pairs. The
 * event name is stable and listed in docs/events.md. Never a record's value,
 * never key material; foreign text through qiao_str_escape. Thread-safe, one
 * write(2) per line.
 */
#ifndef GATEWAY_BASE_LOG_H
#define GATEWAY_BASE_LOG_H

#include "gateway/include/qiao/types.h"

enum qiao_log_level {
	QIAO_LOG_ERROR = 0,
	QIAO_LOG_WARN = 1,
	QIAO_LOG_INFO = 2,
	QIAO_LOG_DEBUG = 3,
};

void qiao_log_set_level(enum qiao_log_level level);
/* A word put in front of every line, e.g. the gateway's name. Copied. */
void qiao_log_set_name(const char *name);
void qiao_log(enum qiao_log_level level, const char *event, const char *fmt,
	      ...) QIAO_PRINTF(3, 4);

/* What cannot happen: log it and stop the process; the store makes that safe.
 */
#define QIAO_BUG_ON(cond)                                    \
	do {                                                 \
		if (cond)                                    \
			qiao_bug(__FILE__, __LINE__, #cond); \
	} while (0)
_Noreturn void qiao_bug(const char *file, int line, const char *what);

#endif
