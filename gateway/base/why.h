/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentence that goes with an error: place, cause, remedy, in one line.
 * Text from outside is escaped by the one who puts it in (qiao_str_escape).
 */
#ifndef GATEWAY_BASE_WHY_H
#define GATEWAY_BASE_WHY_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

struct qiao_why {
	char text[384];
};

/*
 * Write the sentence (truncated if too long) and return err, so that a refusal
 * is one statement: return qiao_fail(why, QIAO_E_LINK, "block %llu: ...").
 * why may be NULL.
 */
qiao_err qiao_fail(struct qiao_why *why, qiao_err err, const char *fmt, ...)
	QIAO_PRINTF(3, 4);

#endif
