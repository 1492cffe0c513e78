/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two logs side by side: every transfer that the source gateway decided on, and
 * what the destination gateway says of it. Private to reconcile.c.
 */
#ifndef GATEWAY_CLI_RECONCILE_BOOK_H
#define GATEWAY_CLI_RECONCILE_BOOK_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_RECONCILE_REASONS_MAX 64 /* more than there are codes */
#define QIAO_RECONCILE_REASON_LEN  48

/* Each transfer is exactly one of the first eight. */
struct qiao_reconciled {
	size_t delivered; /* committed there, proven to us by a receipt */
	size_t denied;    /* by the source or by the destination */
	size_t held;      /* likewise */
	size_t superseded, expired;
	size_t conflicting;   /* a receipt says so: an alarm */
	size_t contradicted;  /* refused here, and committed there all the same
			       */
	size_t lost;          /* none of these */
	size_t proven, ended; /* of delivered: shown by proof; an end state */
	size_t open;          /* of lost: the source's log has no end of it */
	size_t duplicated;    /* commits and queueings beyond the first */
	size_t unknown;       /* received there from us, unknown here */
	size_t elsewhere;     /* queued to another gateway: not counted above */
	size_t reasons;
	struct {
		char code[QIAO_RECONCILE_REASON_LEN];
		size_t n;
	} reason[QIAO_RECONCILE_REASONS_MAX]; /* of denied */
};

/*
 * Compare two entries.jsonl. QIAO_E_MALFORMED: a line is no audit entry, or of
 * another gateway than the first, or the two logs are of one gateway.
 */
qiao_err qiao_reconcile(struct qiao_reconciled *out, struct qiao_slice source,
			struct qiao_slice destination, struct qiao_why *why);
/* All transfers of the source's log that belong here. */
size_t qiao_reconciled_all(const struct qiao_reconciled *r);
bool qiao_reconciled_clean(const struct qiao_reconciled *r);

#endif
