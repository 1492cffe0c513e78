/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_books.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "policies/engine/decision_json.h"

#include <stdlib.h>
#include <string.h>

enum kind {
	RELEASE_PERMIT,
	RELEASE_DENY,
	RELEASE_HOLD,
	ACCEPT_PERMIT,
	ACCEPT_DENY,
	ACCEPT_HOLD,
	QUEUED,
	RECEIVED,
	SUBMITTING,
	COMMITTED,
	RECEIPT_COMMITTED,
	RECEIPT_OTHER,
	SUPERSEDED,
	CONFLICT,
	TOO_LATE,
};
#define BIT(kind) (1u << (kind))
#define ENDS_OUT                                                         \
	(BIT(RECEIPT_COMMITTED) | BIT(RECEIPT_OTHER) | BIT(SUPERSEDED) | \
	 BIT(CONFLICT))
#define ENDS_IN                                                 \
	(BIT(ACCEPT_DENY) | BIT(ACCEPT_HOLD) | BIT(COMMITTED) | \
	 BIT(SUPERSEDED) | BIT(CONFLICT) | BIT(TOO_LATE))
#define RELEASE     (BIT(RELEASE_PERMIT) | BIT(RELEASE_DENY) | BIT(RELEASE_HOLD))
#define ACCEPT      (BIT(ACCEPT_PERMIT) | BIT(ACCEPT_DENY) | BIT(ACCEPT_HOLD))
#define EITHER_SIDE (BIT(QUEUED) | BIT(RECEIVED))
#define RECEIPTS    (BIT(RECEIPT_COMMITTED) | BIT(RECEIPT_OTHER))
/* what names the digest of the payload */
#define WITH_PAYLOAD                                                 \
	(EITHER_SIDE | RECEIPTS | BIT(SUBMITTING) | BIT(COMMITTED) | \
	 BIT(CONFLICT) | BIT(TOO_LATE))

struct qiao_book_line {
	struct qiao_hash transfer;
	struct qiao_id16 payload; /* the first half: memory, not security */
	uint64_t seq;
	enum kind kind;
};

/* clang-format off */
/* One of `needs` must stand before it, and none of `never`. */
static const struct rule {
	unsigned int needs, never;
	const char *why;
} rules[] = {
	[RELEASE_PERMIT] = { 0, RELEASE, "a second release decision" },
	[RELEASE_DENY] = { 0, RELEASE, "a second release decision" },
	[RELEASE_HOLD] = { 0, RELEASE, "a second release decision" },
	[ACCEPT_PERMIT] = { BIT(RECEIVED), BIT(TOO_LATE), "accepted what was not received, or had ended" },
	[ACCEPT_DENY] = { BIT(RECEIVED), BIT(TOO_LATE), "decided on what was not received, or had ended" },
	[ACCEPT_HOLD] = { BIT(RECEIVED), BIT(TOO_LATE), "decided on what was not received, or had ended" },
	[QUEUED] = { BIT(RELEASE_PERMIT), BIT(QUEUED), "queued without a permit, or twice" },
	[RECEIVED] = { 0, BIT(RECEIVED), "received twice" },
	[SUBMITTING] = { BIT(ACCEPT_PERMIT), 0, "submitted without a permit" },
	[COMMITTED] = { BIT(SUBMITTING), BIT(COMMITTED), "committed without being submitted, or twice" },
	[RECEIPT_COMMITTED] = { BIT(QUEUED), RECEIPTS | BIT(SUPERSEDED), "a receipt for what was not queued, or had ended" },
	[RECEIPT_OTHER] = { BIT(QUEUED), RECEIPTS | BIT(SUPERSEDED), "a receipt for what was not queued, or had ended" },
	[SUPERSEDED] = { EITHER_SIDE, RECEIPTS | BIT(SUPERSEDED), "superseded what was never there, or had ended" },
	[CONFLICT] = { EITHER_SIDE, 0, "a conflict about what was never there" },
	[TOO_LATE] = { BIT(RECEIVED), ACCEPT | BIT(TOO_LATE), "too late for what was not received, or was decided" },
};
/* clang-format on */

static bool is(const struct qiao_json *e, const char *key, const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(e, key)), want);
}

static bool decision_kind(enum kind *out, const struct qiao_json *e)
{
	bool release = is(e, "point", "release");

	if (is(e, "decision", "permit"))
		*out = release ? RELEASE_PERMIT : ACCEPT_PERMIT;
	else if (is(e, "decision", "hold"))
		*out = release ? RELEASE_HOLD : ACCEPT_HOLD;
	else
		*out = release ? RELEASE_DENY : ACCEPT_DENY;
	return true;
}

static bool kind_of(enum kind *out, const struct qiao_json *e)
{
	static const struct {
		const char *type;
		enum kind kind;
	} types[] = {
		{ "queued", QUEUED },         { "received", RECEIVED },
		{ "submitting", SUBMITTING }, { "committed", COMMITTED },
		{ "superseded", SUPERSEDED }, { "conflict", CONFLICT },
		{ "too_late", TOO_LATE },
	};

	if (is(e, "type", "decision"))
		return decision_kind(out, e);
	if (is(e, "type", "receipt")) {
		*out = is(e, "state", "committed") ? RECEIPT_COMMITTED
						   : RECEIPT_OTHER;
		return true;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (is(e, "type", types[i].type)) {
			*out = types[i].kind;
			return true;
		}
	}
	return false;
}

static bool digest_at(struct qiao_hash *out, const struct qiao_json *e,
		      const char *key)
{
	return qiao_hex_decode(out->b, sizeof(out->b),
			       qiao_json_text(qiao_json_get(e, key)));
}

/* A decision's id is made of transfer and point; `queued` names it. */
static bool names_decision(const struct qiao_book_line *l,
			   const struct qiao_json *e)
{
	char id[QIAO_DECISION_ID_LEN];

	if (is(e, "type", "queued"))
		return is(
			e, "decision",
			qiao_decision_id(id, &l->transfer, QIAO_POINT_RELEASE));
	if (!is(e, "type", "decision"))
		return true;
	return is(e, "id",
		  qiao_decision_id(id, &l->transfer,
				   is(e, "point", "release")
					   ? QIAO_POINT_RELEASE
					   : QIAO_POINT_ACCEPT));
}

static bool line_read(struct qiao_book_line *l, const struct qiao_json *e)
{
	struct qiao_hash payload;

	if (!digest_at(&l->transfer, e, "transfer"))
		return false;
	if (BIT(l->kind) & WITH_PAYLOAD) {
		if (!digest_at(&payload, e, "payload"))
			return false;
		memcpy(l->payload.b, payload.b, sizeof(l->payload.b));
	}
	return names_decision(l, e);
}

qiao_err qiao_books_note(struct qiao_books *b, uint64_t seq,
			 const struct qiao_json *entry)
{
	struct qiao_book_line l = { .seq = seq };

	if (!kind_of(&l.kind, entry))
		return QIAO_OK;
	if (!line_read(&l, entry))
		return QIAO_E_MALFORMED;
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 4096;
		struct qiao_book_line *p =
			qiao_realloc(b->line, cap * sizeof(*p));

		if (!p)
			return QIAO_E_NOMEM;
		b->line = p;
		b->cap = cap;
	}
	b->line[b->n++] = l;
	return QIAO_OK;
}

static int by_transfer(const void *a, const void *b)
{
	const struct qiao_book_line *x = a, *y = b;
	int c = memcmp(x->transfer.b, y->transfer.b, QIAO_HASH_LEN);

	if (c != 0)
		return c;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void count(struct qiao_audit_counts *c, enum kind kind)
{
	switch (kind) {
	case RELEASE_PERMIT:
		c->release_permit++;
		break;
	case RELEASE_DENY:
		c->release_deny++;
		break;
	case RELEASE_HOLD:
		c->release_hold++;
		break;
	case ACCEPT_PERMIT:
		c->accept_permit++;
		break;
	case ACCEPT_DENY:
		c->accept_deny++;
		break;
	case ACCEPT_HOLD:
		c->accept_hold++;
		break;
	case QUEUED:
		c->queued++;
		break;
	case RECEIVED:
		c->received++;
		break;
	case SUBMITTING:
		c->submitted++;
		break;
	case COMMITTED:
		c->committed++;
		break;
	case RECEIPT_COMMITTED:
		c->receipts_committed++;
		break;
	case RECEIPT_OTHER:
		c->receipts_other++;
		break;
	case SUPERSEDED:
		c->superseded++;
		break;
	case CONFLICT:
		c->conflicts++;
		break;
	case TOO_LATE:
		c->too_late++;
		break;
	}
}

struct closing {
	struct qiao_audit_counts *counts;
	bool bad;
	uint64_t seq;
	const char *why;
};

/* The oldest are kept. */
static void note_open(struct qiao_audit_counts *c,
		      const struct qiao_book_line *l)
{
	struct qiao_audit_open o = { l->transfer, l->seq, l->kind == QUEUED };
	size_t at = c->n_open;

	while (at > 0 && c->open[at - 1].seq > o.seq)
		at--;
	if (at == QIAO_AUDIT_OPEN_MAX)
		return;
	if (c->n_open < QIAO_AUDIT_OPEN_MAX)
		c->n_open++;
	memmove(&c->open[at + 1], &c->open[at],
		(c->n_open - 1 - at) * sizeof(o));
	c->open[at] = o;
}

static void complain(struct closing *c, uint64_t seq, const char *why)
{
	if (c->bad && c->seq <= seq)
		return;
	c->bad = true;
	c->seq = seq;
	c->why = why;
}

static const struct qiao_book_line *find_kind(const struct qiao_book_line *l,
					      size_t n, unsigned int kinds)
{
	for (size_t i = 0; i < n; i++)
		if (BIT(l[i].kind) & kinds)
			return &l[i];
	return NULL;
}

/* One transfer has one payload, from the first entry that names it. */
static void check_payload(struct closing *c, const struct qiao_book_line *l,
			  size_t n)
{
	const struct qiao_book_line *first = find_kind(l, n, WITH_PAYLOAD);

	for (size_t i = 0; first && i < n; i++)
		if ((BIT(l[i].kind) & WITH_PAYLOAD) &&
		    memcmp(l[i].payload.b, first->payload.b,
			   sizeof(first->payload.b)) != 0)
			complain(c, l[i].seq,
				 "another payload than the transfer had");
}

/* Lines of one transfer, in order. */
static void close_one(struct closing *c, const struct qiao_book_line *l,
		      size_t n)
{
	const struct qiao_book_line *queued = find_kind(l, n, BIT(QUEUED));
	const struct qiao_book_line *received = find_kind(l, n, BIT(RECEIVED));
	const struct qiao_book_line *permit =
		find_kind(l, n, BIT(RELEASE_PERMIT));
	unsigned int seen = 0;

	for (size_t i = 0; i < n; i++) {
		const struct rule *r = &rules[l[i].kind];

		if ((r->needs && !(seen & r->needs)) || (seen & r->never))
			complain(c, l[i].seq, r->why);
		seen |= BIT(l[i].kind);
		count(c->counts, l[i].kind);
	}
	check_payload(c, l, n);
	if (permit && !queued)
		complain(c, permit->seq, "permitted and never queued");
	if (queued && !(seen & ENDS_OUT)) {
		c->counts->open_out++;
		note_open(c->counts, queued);
	}
	if (received && !(seen & ENDS_IN)) {
		c->counts->open_in++;
		note_open(c->counts, received);
	}
}

qiao_err qiao_books_close(struct qiao_books *b, struct qiao_audit_counts *out,
			  uint64_t *bad, struct qiao_why *why)
{
	struct closing c = { .counts = out };
	size_t from = 0;

	memset(out, 0, sizeof(*out));
	if (b->n > 0)
		qsort(b->line, b->n, sizeof(*b->line), by_transfer);
	for (size_t i = 1; i <= b->n; i++) {
		if (i < b->n &&
		    qiao_hash_eq(&b->line[i].transfer, &b->line[from].transfer))
			continue;
		close_one(&c, &b->line[from], i - from);
		from = i;
	}
	*bad = c.seq;
	return c.bad ? qiao_fail(why, QIAO_E_STATE, "%s", c.why) : QIAO_OK;
}

void qiao_books_free(struct qiao_books *b)
{
	qiao_free(b->line);
	*b = (struct qiao_books){ .n = 0 };
}
