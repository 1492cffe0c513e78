/* SPDX-License-Identifier: Apache-2.0 */
/* One audit entry in words. Pure. */
#ifndef GATEWAY_DAEMON_TRACE_STEP_H
#define GATEWAY_DAEMON_TRACE_STEP_H

#include "gateway/codec/json.h"

/*
 * Lines of text for a parsed entry. A decision shows proof, assurance, rules,
 * checks and fields, and its reason in Chinese and in English, with what to do
 * about it when it is no permit.
 */
void qiao_trace_step(struct qiao_buf *out, unsigned int number,
		     const struct qiao_json *entry, bool zh);

#endif
