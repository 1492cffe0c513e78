/* SPDX-License-Identifier: Apache-2.0 */
/* Private to this folder. */
#ifndef GATEWAY_RECORD_REFUSE_H
#define GATEWAY_RECORD_REFUSE_H

#include "gateway/record/record.h"

/* Note code and sentence, unless something was refused before: first wins. */
void qiao_refuse(struct qiao_refusal *out, const char *code, const char *fmt,
		 ...) QIAO_PRINTF(3, 4);

/*
 * Note the finding "what:check:word". With a reason code the record is refused,
 * with the finding's sentence (finding.h).
 */
void qiao_record_note(struct qiao_record *r, const char *code, const char *what,
		      const char *check, const char *word);

/* What is left of bytes that gave no record: why, and who may not say so. */
void qiao_record_keep_refusal(struct qiao_record *r);

#endif
