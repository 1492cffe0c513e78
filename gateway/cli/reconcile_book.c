/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/reconcile_book.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"

#include <stdlib.h>
#include <string.h>

/* How a transfer ended according to the source's log. */
enum end {
	END_NONE,
	END_COMMITTED,
	END_DENIED,
	END_HELD,
	END_SUPERSEDED,
	END_EXPIRED,
	END_CONFLICT,
};

struct life {
	struct qiao_hash id;
	enum end end;
	bool proven;    /* travels with its proof */
	bool end_state; /* says that the record holds no longer */
	bool elsewhere;
	unsigned int queued, committed_there, decided;
	char reason[QIAO_RECONCILE_REASON_LEN];
};

struct book {
	struct life *l; /* ascending by id once all decisions are in */
	size_t n, cap;
	char source[QIAO_NAME_MAX + 1], destination[QIAO_NAME_MAX + 1];
	size_t unknown;
};

/* --- lives --------------------------------------------------------------- */

static struct life *add(struct book *b, const struct qiao_hash *id)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 1024;
		struct life *l = qiao_realloc(b->l, cap * sizeof(*l));

		if (!l)
			return NULL;
		b->l = l;
		b->cap = cap;
	}
	memset(&b->l[b->n], 0, sizeof(b->l[b->n]));
	b->l[b->n].id = *id;
	return &b->l[b->n++];
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct life *)a)->id.b,
		      ((const struct life *)b)->id.b, QIAO_HASH_LEN);
}

/* Sorted, and a transfer that was decided twice is there once. */
static void order(struct book *b)
{
	size_t kept = 0;

	if (b->n == 0)
		return;
	qsort(b->l, b->n, sizeof(*b->l), by_id);
	for (size_t i = 1; i < b->n; i++) {
		if (qiao_hash_eq(&b->l[i].id, &b->l[kept].id))
			b->l[kept].decided++;
		else
			b->l[++kept] = b->l[i];
	}
	b->n = kept + 1;
}

static struct life *find(const struct book *b, const struct qiao_hash *id)
{
	struct life key = { .id = *id };

	return b->n ? bsearch(&key, b->l, b->n, sizeof(key), by_id) : NULL;
}

/* --- entries ------------------------------------------------------------- */

static struct qiao_slice text_at(const struct qiao_json *e, const char *path)
{
	return qiao_json_text(qiao_json_path(e, path));
}

static bool is(const struct qiao_json *e, const char *path, const char *want)
{
	return qiao_slice_is(text_at(e, path), want);
}

static void keep_reason(struct life *l, const struct qiao_json *e)
{
	qiao_str_copy(l->reason, sizeof(l->reason), text_at(e, "reason"));
}

static bool is_end_state(const struct qiao_json *e)
{
	return is(e, "record.state", "revoked") ||
	       is(e, "record.state", "withdrawn") ||
	       is(e, "record.state", "cancelled");
}

typedef qiao_err (*note_fn)(struct book *b, const struct qiao_json *e,
			    const struct qiao_hash *id);

/* First pass over the source's log: every release decision opens a life. */
static qiao_err note_decision(struct book *b, const struct qiao_json *e,
			      const struct qiao_hash *id)
{
	struct life *l;

	if (!is(e, "type", "decision") || !is(e, "point", "release"))
		return QIAO_OK;
	l = add(b, id);
	if (!l)
		return QIAO_E_NOMEM;
	l->decided = 1;
	l->end_state = is_end_state(e);
	if (is(e, "decision", "deny"))
		l->end = END_DENIED;
	else if (is(e, "decision", "hold"))
		l->end = END_HELD;
	keep_reason(l, e);
	return QIAO_OK;
}

static void note_receipt(struct life *l, const struct qiao_json *e)
{
	static const struct {
		const char *state;
		enum end end;
	} states[] = {
		{ "committed", END_COMMITTED },
		{ "denied", END_DENIED },
		{ "held", END_HELD },
		{ "expired", END_EXPIRED },
		{ "superseded", END_SUPERSEDED },
		{ "conflict", END_CONFLICT },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (is(e, "state", states[i].state))
			l->end = states[i].end;
	if (l->end == END_DENIED)
		keep_reason(l, e);
}

/* Second pass: what happened to it. */
static qiao_err note_source(struct book *b, const struct qiao_json *e,
			    const struct qiao_hash *id)
{
	struct life *l = find(b, id);

	if (!l)
		return QIAO_OK;
	if (is(e, "type", "queued")) {
		l->queued++;
		l->elsewhere = !is(e, "to", b->destination);
		l->proven = is(e, "assurance", "proven") ||
			    is(e, "assurance", "proven-redacted");
	} else if (is(e, "type", "superseded")) {
		l->end = END_SUPERSEDED;
	} else if (is(e, "type", "receipt")) {
		note_receipt(l, e);
	}
	return QIAO_OK;
}

/* The destination may have other sources: those are not looked at. */
static qiao_err note_destination(struct book *b, const struct qiao_json *e,
				 const struct qiao_hash *id)
{
	struct life *l = find(b, id);

	if (l && is(e, "type", "committed"))
		l->committed_there++;
	if (!l && is(e, "type", "received") && is(e, "from", b->source))
		b->unknown++;
	return QIAO_OK;
}

/* --- logs ---------------------------------------------------------------- */

static struct qiao_slice next_line(struct qiao_slice *log)
{
	const uint8_t *end = memchr(log->p, '\n', log->n);
	size_t n = end ? (size_t)(end - log->p) : log->n;
	struct qiao_slice line = { log->p, n };

	log->p += n + (end != NULL);
	log->n -= n + (end != NULL);
	return line;
}

static qiao_err note_line(struct book *b, const char *gw, note_fn note,
			  const struct qiao_json *e)
{
	struct qiao_hash id;

	if (!is(e, "gw", gw))
		return QIAO_E_MALFORMED;
	if (!qiao_hex_decode(id.b, sizeof(id.b), text_at(e, "transfer")))
		return QIAO_OK; /* about no transfer */
	return note(b, e, &id);
}

static qiao_err each_line(struct book *b, const char *gw, struct qiao_slice log,
			  note_fn note, struct qiao_why *why)
{
	for (size_t line = 1; log.n > 0; line++) {
		struct qiao_json *e = NULL;
		qiao_err err = qiao_json_parse(&e, next_line(&log), NULL);

		if (err == QIAO_OK)
			err = note_line(b, gw, note, e);
		qiao_json_free(e);
		if (err == QIAO_E_NOMEM)
			return qiao_fail(why, err, "out of memory");
		if (err != QIAO_OK)
			return qiao_fail(why, QIAO_E_MALFORMED,
					 "log of %s, line %zu: no audit entry "
					 "of this gateway; run qiao audit "
					 "verify",
					 gw, line);
	}
	return QIAO_OK;
}

/* Whose log it is: the first entry says. */
static qiao_err gateway_of(char *out, size_t size, struct qiao_slice log,
			   const char *which, struct qiao_why *why)
{
	struct qiao_json *e = NULL;
	qiao_err err;

	if (log.n == 0)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "the log of the %s is empty", which);
	err = qiao_json_parse(&e, next_line(&log), NULL);
	if (err == QIAO_E_NOMEM)
		return qiao_fail(why, err, "out of memory");
	if (err != QIAO_OK || !qiao_str_copy(out, size, text_at(e, "gw")) ||
	    !out[0])
		err = qiao_fail(why, QIAO_E_MALFORMED,
				"the log of the %s does not begin with an "
				"audit entry",
				which);
	qiao_json_free(e);
	return err;
}

static qiao_err read_logs(struct book *b, struct qiao_slice source,
			  struct qiao_slice destination, struct qiao_why *why)
{
	qiao_err err =
		gateway_of(b->source, sizeof(b->source), source, "source", why);

	if (err == QIAO_OK)
		err = gateway_of(b->destination, sizeof(b->destination),
				 destination, "destination", why);
	if (err == QIAO_OK && strcmp(b->source, b->destination) == 0)
		err = qiao_fail(why, QIAO_E_MALFORMED,
				"both logs are of %s; name the source's and "
				"the destination's",
				b->source);
	if (err == QIAO_OK)
		err = each_line(b, b->source, source, note_decision, why);
	order(b);
	if (err == QIAO_OK)
		err = each_line(b, b->source, source, note_source, why);
	if (err == QIAO_OK)
		err = each_line(b, b->destination, destination,
				note_destination, why);
	return err;
}

/* --- counting ------------------------------------------------------------ */

static void count_reason(struct qiao_reconciled *r, const char *code)
{
	size_t i = 0;

	while (i < r->reasons && strcmp(r->reason[i].code, code) != 0)
		i++;
	if (i == QIAO_RECONCILE_REASONS_MAX)
		return;
	if (i == r->reasons) {
		memcpy(r->reason[i].code, code, sizeof(r->reason[i].code));
		r->reasons++;
	}
	r->reason[i].n++;
}

static void count_delivered(struct qiao_reconciled *r, const struct life *l)
{
	if (l->committed_there == 0) {
		r->lost++; /* a receipt for what the destination has not */
		return;
	}
	r->delivered++;
	r->proven += l->proven;
	r->ended += l->end_state;
}

/* Refused, so nobody may have it; otherwise one of the harmless ends. */
static void count_refused(struct qiao_reconciled *r, const struct life *l,
			  size_t *which)
{
	if (l->committed_there > 0) {
		r->contradicted++;
		return;
	}
	++*which;
	if (l->end == END_DENIED)
		count_reason(r, l->reason);
}

static void count_end(struct qiao_reconciled *r, const struct life *l)
{
	switch (l->end) {
	case END_NONE:
		r->lost++;
		r->open++;
		return;
	case END_COMMITTED:
		count_delivered(r, l);
		return;
	case END_DENIED:
		count_refused(r, l, &r->denied);
		return;
	case END_HELD:
		count_refused(r, l, &r->held);
		return;
	case END_SUPERSEDED:
		count_refused(r, l, &r->superseded);
		return;
	case END_EXPIRED:
		count_refused(r, l, &r->expired);
		return;
	case END_CONFLICT:
		r->conflicting++;
		return;
	}
}

static size_t beyond_first(unsigned int n)
{
	return n > 1 ? n - 1 : 0;
}

static void count_one(struct qiao_reconciled *r, const struct life *l)
{
	if (l->elsewhere) {
		r->elsewhere++;
		return;
	}
	r->duplicated += beyond_first(l->committed_there) +
			 beyond_first(l->queued) + beyond_first(l->decided);
	count_end(r, l);
}

qiao_err qiao_reconcile(struct qiao_reconciled *out, struct qiao_slice source,
			struct qiao_slice destination, struct qiao_why *why)
{
	struct book b = { .n = 0 };
	qiao_err err = read_logs(&b, source, destination, why);

	memset(out, 0, sizeof(*out));
	if (err == QIAO_OK) {
		for (size_t i = 0; i < b.n; i++)
			count_one(out, &b.l[i]);
		out->unknown = b.unknown;
	}
	qiao_free(b.l);
	return err;
}

size_t qiao_reconciled_all(const struct qiao_reconciled *r)
{
	return r->delivered + r->denied + r->held + r->superseded + r->expired +
	       r->conflicting + r->contradicted + r->lost;
}

bool qiao_reconciled_clean(const struct qiao_reconciled *r)
{
	return r->lost == 0 && r->duplicated == 0 && r->unknown == 0 &&
	       r->conflicting == 0 && r->contradicted == 0;
}
