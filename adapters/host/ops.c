/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of docs/wire.md 10, one function each. */
#include "adapters/host/host.h"

#include "adapters/host/perform.h"
#include "gateway/base/mem.h"

#include <string.h>

#define SUBMISSION_FRAME 160 /* kind and three hashes around a payload */

qiao_err qiao_host_head(struct qiao_host *h, uint64_t *next_height,
			uint64_t known, unsigned int wait_ms,
			struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	*next_height = 0;
	qiao_call_open(h, &c, "head", 2);
	qiao_mp_put_uint(&c.request, known);
	qiao_mp_put_uint(&c.request, wait_ms);
	err = qiao_call_perform(h, &c, wait_ms, why);
	if (err == QIAO_OK) {
		uint64_t next;

		qiao_mp_array_of(&c.result, 1);
		next = qiao_mp_uint(&c.result, QIAO_HEIGHT_MAX);
		err = qiao_call_finish(h, &c, why);
		if (err == QIAO_OK)
			*next_height = next;
	}
	qiao_call_close(&c);
	return err;
}

static qiao_err fetch_call(struct qiao_host *h, struct qiao_call *c,
			   uint64_t from, size_t max_bytes, uint32_t part,
			   struct qiao_why *why)
{
	qiao_call_open(h, c, "fetch", 3);
	qiao_mp_put_uint(&c->request, from);
	qiao_mp_put_uint(&c->request, max_bytes);
	qiao_mp_put_uint(&c->request, part);
	return qiao_call_perform(h, c, 0, why);
}

/* The remaining parts of a block whose first part is in *store already. */
static qiao_err fetch_rest(struct qiao_host *h, struct qiao_buf *store,
			   uint64_t height, uint32_t parts, size_t max_bytes,
			   struct qiao_why *why)
{
	qiao_err err = QIAO_OK;

	for (uint32_t part = 1; part < parts && err == QIAO_OK; part++) {
		struct qiao_piece piece = { .parts = 0 };
		struct qiao_call c;

		err = fetch_call(h, &c, height, max_bytes, part, why);
		if (err == QIAO_OK) {
			qiao_mp_array_of(&c.result, 1);
			qiao_call_piece(&c.result, &piece);
			if (piece.height != height || piece.parts != parts ||
			    piece.part != part)
				qiao_mp_fail(&c.result, QIAO_E_MALFORMED);
			err = qiao_call_finish(h, &c, why);
		}
		if (err == QIAO_OK) {
			qiao_buf_put(store, piece.bytes);
			err = store->err;
		}
		qiao_call_close(&c);
	}
	return err;
}

/* Where each whole bundle lies in *store. */
struct spans {
	size_t n;
	struct {
		uint64_t height;
		size_t at, len;
	} s[QIAO_HEADERS_PER_BATCH_MAX];
};

/* Copy the pieces of one reply into *store; a split block stands alone. */
static qiao_err take_pieces(struct qiao_host *h, struct qiao_call *c,
			    struct qiao_buf *store, struct spans *spans,
			    size_t max, uint64_t from, uint32_t *parts,
			    struct qiao_why *why)
{
	size_t n = qiao_mp_array(&c->result, max);

	*parts = 1;
	for (size_t i = 0; i < n; i++) {
		struct qiao_piece piece;

		qiao_call_piece(&c->result, &piece);
		if (piece.height != from + i || piece.part != 0 ||
		    (piece.parts > 1 && n > 1))
			qiao_mp_fail(&c->result, QIAO_E_MALFORMED);
		if (c->result.r.err != QIAO_OK)
			break;
		spans->s[i].height = piece.height;
		spans->s[i].at = store->n;
		spans->s[i].len = piece.bytes.n;
		*parts = piece.parts;
		qiao_buf_put(store, piece.bytes);
	}
	spans->n = n;
	if (store->err != QIAO_OK)
		return store->err;
	return qiao_call_finish(h, c, why);
}

static qiao_err open_bundles(struct qiao_host *h, const struct qiao_buf *store,
			     const struct spans *spans, struct qiao_bundle *out,
			     struct qiao_why *why)
{
	for (size_t i = 0; i < spans->n; i++) {
		struct qiao_slice bytes = { store->p + spans->s[i].at,
					    spans->s[i].len };
		qiao_err err = qiao_call_bundle(&out[i], bytes);

		if (err != QIAO_OK)
			return qiao_call_nonsense(h, err, why);
		out[i].height = spans->s[i].height;
	}
	return QIAO_OK;
}

qiao_err qiao_host_fetch(struct qiao_host *h, struct qiao_buf *store,
			 struct qiao_bundle *out, size_t *n, size_t max,
			 uint64_t from, size_t max_bytes, struct qiao_why *why)
{
	struct spans *spans = qiao_calloc(1, sizeof(*spans));
	uint32_t parts = 1;
	struct qiao_call c;
	qiao_err err;

	*n = 0;
	if (!spans)
		return QIAO_E_NOMEM;
	store->max = QIAO_BLOCK_MAX + QIAO_ADAPTER_MSG_MAX;
	if (max > QIAO_HEADERS_PER_BATCH_MAX)
		max = QIAO_HEADERS_PER_BATCH_MAX;
	err = fetch_call(h, &c, from, max_bytes, 0, why);
	if (err == QIAO_OK)
		err = take_pieces(h, &c, store, spans, max, from, &parts, why);
	qiao_call_close(&c);
	if (err == QIAO_OK && parts > 1) {
		err = fetch_rest(h, store, from, parts, max_bytes, why);
		spans->s[0].len = store->n;
	}
	if (err == QIAO_OK)
		err = open_bundles(h, store, spans, out, why);
	if (err == QIAO_OK)
		*n = spans->n;
	qiao_free(spans);
	return err;
}

/* Calls whose result is one bin. */
static qiao_err bin_result(struct qiao_host *h, struct qiao_call *c,
			   struct qiao_buf *out, struct qiao_why *why)
{
	struct qiao_slice bytes;
	qiao_err err = qiao_call_perform(h, c, 0, why);

	if (err != QIAO_OK)
		return err;
	bytes = qiao_mp_bin(&c->result, QIAO_ADAPTER_MSG_MAX);
	err = qiao_call_finish(h, c, why);
	if (err != QIAO_OK)
		return err;
	qiao_buf_put(out, bytes);
	return out->err;
}

qiao_err qiao_host_prove(struct qiao_host *h, struct qiao_buf *proof,
			 struct qiao_slice reference, struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "prove", 1);
	qiao_mp_put_bin(&c.request, reference);
	err = bin_result(h, &c, proof, why);
	qiao_call_close(&c);
	return err;
}

qiao_err qiao_host_receipt(struct qiao_host *h, struct qiao_buf *proof,
			   const struct qiao_hash *id, struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "receipt", 1);
	qiao_mp_put_hash(&c.request, id);
	err = bin_result(h, &c, proof, why);
	qiao_call_close(&c);
	return err;
}

static void put_submission(struct qiao_buf *out,
			   const struct qiao_submission *s)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_cstr(out, s->kind);
	qiao_mp_put_hash(out, &s->id);
	qiao_mp_put_hash(out, &s->digest);
	qiao_mp_put_hash(out, &s->source);
	qiao_mp_put_bin(out, s->payload);
}

/* The first submission that was not taken, and why. */
struct first {
	qiao_err err;
	struct qiao_why *why;
};

static void note_first(struct first *f, qiao_err err,
		       const struct qiao_why *said)
{
	if (f->err != QIAO_OK || err == QIAO_OK)
		return;
	f->err = err;
	if (f->why)
		*f->why = *said;
}

static void read_results(struct qiao_call *c, qiao_err *result, size_t n,
			 struct first *first)
{
	qiao_mp_array_of(&c->result, n);
	for (size_t i = 0; i < n; i++) {
		struct qiao_why said;

		result[i] = qiao_call_submitted(&c->result, &said);
		note_first(first, result[i], &said);
	}
}

/* One call with n submissions; its own error is that of all of them. */
static qiao_err submit_call(struct qiao_host *h, qiao_err *result,
			    const struct qiao_submission *s, size_t n,
			    struct first *first)
{
	struct qiao_why why = { "" };
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "submit", 1);
	qiao_mp_put_array(&c.request, n);
	for (size_t i = 0; i < n; i++)
		put_submission(&c.request, &s[i]);
	err = qiao_call_perform(h, &c, 0, &why);
	if (err == QIAO_OK) {
		read_results(&c, result, n, first);
		err = qiao_call_finish(h, &c, &why);
	}
	note_first(first, err, &why);
	for (size_t i = 0; i < n && err != QIAO_OK; i++)
		result[i] = err;
	qiao_call_close(&c);
	return err;
}

/* How many fit into one call; at least one. */
static size_t one_call(const struct qiao_submission *s, size_t n)
{
	size_t bytes = 0, i = 0;

	while (i < n && i < QIAO_SUBMISSIONS_MAX) {
		bytes += s[i].payload.n + SUBMISSION_FRAME;
		if (i > 0 && bytes > QIAO_ADAPTER_MSG_MAX / 2)
			break;
		i++;
	}
	return i;
}

qiao_err qiao_host_submit(struct qiao_host *h, qiao_err *result,
			  const struct qiao_submission *s, size_t n,
			  struct qiao_why *why)
{
	struct first first = { QIAO_OK, why };
	size_t at = 0;

	while (at < n) {
		size_t k = one_call(s + at, n - at);
		qiao_err err = submit_call(h, result + at, s + at, k, &first);

		at += k;
		/* the rest of an adapter that does not answer can wait */
		while (err != QIAO_OK && at < n)
			result[at++] = err;
	}
	return first.err;
}

qiao_err qiao_host_lookup(struct qiao_host *h, struct qiao_lookup *out,
			  const struct qiao_hash *id, struct qiao_why *why)
{
	struct qiao_call c;
	qiao_err err;

	qiao_call_open(h, &c, "lookup", 1);
	qiao_mp_put_hash(&c.request, id);
	err = qiao_call_perform(h, &c, 0, why);
	if (err == QIAO_OK) {
		qiao_call_lookup(&c.result, out);
		err = qiao_call_finish(h, &c, why);
	}
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	qiao_call_close(&c);
	return err;
}
