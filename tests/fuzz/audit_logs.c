/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two logs, the second behind an empty line: reconciled, and each line through
 * the books. What is counted adds up.
 */
#include "gateway/base/slice.h"
#include "gateway/cli/audit_books.h"
#include "gateway/cli/reconcile_book.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t first_log(const uint8_t *data, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (data[i - 1] == '\n' && data[i] == '\n')
			return i;
	return size;
}

static void note_line(struct qiao_books *books, uint64_t seq,
		      struct qiao_slice line)
{
	struct qiao_json *e;

	if (qiao_json_parse(&e, line, NULL) != QIAO_OK)
		return;
	qiao_books_note(books, seq, e);
	qiao_json_free(e);
}

static void keep_books(const uint8_t *data, size_t size)
{
	struct qiao_books books = { .n = 0 };
	struct qiao_audit_counts c;
	struct qiao_why why;
	uint64_t bad, seq = 0;
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] != '\n')
			continue;
		note_line(&books, seq++, qiao_slice_of(data + from, i - from));
		from = i + 1;
	}
	if (qiao_books_close(&books, &c, &bad, &why) != QIAO_OK && bad >= seq)
		abort();
	if (c.n_open > c.open_in + c.open_out || c.queued > seq)
		abort();
	qiao_books_free(&books);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_reconciled r;
	size_t n = first_log(data, size), rest = n < size ? n + 1 : size;
	struct qiao_why why;
	qiao_err err =
		qiao_reconcile(&r, qiao_slice_of(data, n),
			       qiao_slice_of(data + rest, size - rest), &why);

	if (err == QIAO_OK && (r.open > r.lost || r.proven > r.delivered))
		abort();
	if (err != QIAO_OK && err != QIAO_E_MALFORMED && err != QIAO_E_NOMEM)
		abort();
	keep_books(data, size);
	return 0;
}
