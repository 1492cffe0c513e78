/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a finding says, in words. A finding is a code of three parts, such as
 * "holder_code:usci:check-digit" (a field, its check, what is wrong) or
 * "mapping:state:value-not-listed" (why bytes gave no record, or nobody may
 * issue them: docs/records.md 4). Codes go into the audit log; the sentence is
 * made from the code alone, so neither ever holds a value. Pure.
 */
#ifndef GATEWAY_RECORD_FINDING_H
#define GATEWAY_RECORD_FINDING_H

#include "gateway/base/buf.h"

/*
 * Append place, cause and remedy, without a full stop or newline. A code that
 * this program does not know (of a newer one) is said as it is, made safe for a
 * terminal.
 */
void qiao_finding_text(struct qiao_buf *out, struct qiao_slice finding,
		       bool zh);

#endif
