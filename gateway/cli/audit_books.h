/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the entries of a log say of each transfer, and whether it can be:
 * nothing is queued without a permit, nothing is submitted without one, no
 * receipt is for what was never queued. Private to audit_verify.c.
 */
#ifndef GATEWAY_CLI_AUDIT_BOOKS_H
#define GATEWAY_CLI_AUDIT_BOOKS_H

#include "gateway/cli/audit_folder.h"
#include "gateway/codec/json.h"

struct qiao_books {
	struct qiao_book_line *line;
	size_t n, cap;
};
/*
 * An entry; types that are about no transfer are ignored. QIAO_E_MALFORMED: it
 * lacks its transfer or payload, or names another decision. QIAO_E_NOMEM.
 */
qiao_err qiao_books_note(struct qiao_books *b, uint64_t seq,
			 const struct qiao_json *entry);
/*
 * All entries are noted: count, and find the first that cannot be. QIAO_OK, or
 * QIAO_E_STATE with its index and why.
 */
qiao_err qiao_books_close(struct qiao_books *b, struct qiao_audit_counts *out,
			  uint64_t *bad, struct qiao_why *why);
void qiao_books_free(struct qiao_books *b); /* zeroed is fine */

#endif
