/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A range that was read must give the same keys and versions again. A long
 * result stands in the transaction as a summary: reads are hashed in bundles,
 * max_degree + 1 of them, and so are the hashes, level by level.
 */
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_mvcc.h"

#include <string.h>

/* kvrwset.RangeQueryInfo */
#define QUERY_START     1
#define QUERY_END       2
#define QUERY_EXHAUSTED 3
#define QUERY_RAW       4
#define QUERY_MERKLE    5

/* kvrwset.QueryReadsMerkleSummary */
#define MERKLE_DEGREE 1
#define MERKLE_LEVEL  2
#define MERKLE_HASHES 3

/* 2^32 bundles of the smallest degree */
#define LEVELS_MAX 24

/* The keys of the range, one by one, as of now. */
struct walk {
	struct qiao_fabric_ledger *l;
	struct qiao_slice space, end;
	bool serve_end; /* the end key itself, after all others */
	bool done;      /* the others are */
	struct qiao_buf from, key;
	struct qiao_fabric_version version;
};

static qiao_err next_before_end(struct walk *w)
{
	qiao_err err = qiao_fabric_state_next(
		w->l, &w->key, &w->version, w->space, qiao_buf_slice(&w->from));

	if (err != QIAO_OK)
		return err;
	if (w->end.n > 0 &&
	    qiao_slice_cmp(qiao_buf_slice(&w->key), w->end) >= 0)
		return QIAO_E_NOTFOUND;
	qiao_buf_clear(&w->from);
	qiao_buf_put(&w->from, qiao_buf_slice(&w->key));
	qiao_buf_put_u8(&w->from, 0);
	return w->from.err;
}

static qiao_err end_key(struct walk *w)
{
	const struct qiao_fabric_key k = { .space = w->space, .key = w->end };
	struct qiao_fabric_state row = { .exists = false };
	qiao_err err = qiao_fabric_state_now(w->l, &row, &k);

	qiao_buf_clear(&w->key);
	qiao_buf_put(&w->key, w->end);
	if (err == QIAO_OK)
		err = row.exists ? w->key.err : QIAO_E_NOTFOUND;
	w->version = row.version;
	qiao_fabric_state_fini(&row);
	return err;
}

/* QIAO_E_NOTFOUND: the range is over. */
static qiao_err walk_next(struct walk *w)
{
	qiao_err err = w->done ? QIAO_E_NOTFOUND : next_before_end(w);

	if (err != QIAO_E_NOTFOUND)
		return err;
	w->done = true;
	if (!w->serve_end)
		return err;
	w->serve_end = false;
	return end_key(w);
}

/* kvrwset.QueryReads */
static qiao_err compare_raw(struct walk *w, bool *same, struct qiao_slice raw,
			    struct qiao_pb_arena *a)
{
	struct qiao_pb_iter it = qiao_pb_iter(raw, 1);
	struct qiao_slice read;
	qiao_err err;

	*same = false;
	while (qiao_pb_each(&it, &read)) {
		struct qiao_fabric_version then;

		err = walk_next(w);
		if (err != QIAO_OK)
			return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
		if (!qiao_slice_eq(qiao_buf_slice(&w->key),
				   qiao_pb_bytes(read, 1)) ||
		    !qiao_fabric_version_read(&then, read, a) ||
		    then.block != w->version.block || then.tx != w->version.tx)
			return a->err;
	}
	err = walk_next(w);
	*same = err == QIAO_E_NOTFOUND;
	return *same ? QIAO_OK : err;
}

static void put_varint(struct qiao_buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		qiao_buf_put_u8(b, (uint8_t)(v | 0x80));
	qiao_buf_put_u8(b, (uint8_t)v);
}

static size_t varint_len(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

/* A field that Go leaves out when it is 0. */
static size_t number_len(uint64_t v)
{
	return v ? 1 + varint_len(v) : 0;
}

static void put_number(struct qiao_buf *b, uint8_t tag, uint64_t v)
{
	if (!v)
		return;
	qiao_buf_put_u8(b, tag);
	put_varint(b, v);
}

/* One kvrwset.KVRead as an element of QueryReads, as Go writes it. */
static void put_read(struct qiao_buf *b, struct qiao_slice key,
		     const struct qiao_fabric_version *v)
{
	size_t version = number_len(v->block) + number_len(v->tx);
	size_t n = 1 + varint_len(version) + version;

	if (key.n > 0)
		n += 1 + varint_len(key.n) + key.n;
	qiao_buf_put_u8(b, 0x0a);
	put_varint(b, n);
	if (key.n > 0) {
		qiao_buf_put_u8(b, 0x0a);
		put_varint(b, key.n);
		qiao_buf_put(b, key);
	}
	qiao_buf_put_u8(b, 0x12);
	put_varint(b, version);
	put_number(b, 0x08, v->block);
	put_number(b, 0x10, v->tx);
}

struct tree {
	uint64_t degree;
	struct qiao_buf level[LEVELS_MAX]; /* hashes; [0] is level 1 */
	size_t top;                        /* index of the highest level */
	struct qiao_buf reads;             /* not hashed yet */
	uint64_t pending;                  /* how many */
};

static qiao_err tree_add(struct tree *t, size_t at, const struct qiao_hash *h)
{
	struct qiao_hash joined;

	qiao_buf_put(&t->level[at], qiao_slice_hash(h));
	if (t->level[at].err != QIAO_OK)
		return t->level[at].err;
	if (t->top < at)
		t->top = at;
	if (t->level[at].n / QIAO_HASH_LEN <= t->degree)
		return QIAO_OK;
	if (at + 1 == LEVELS_MAX) /* more keys than a channel has */
		return QIAO_E_UNSUPPORTED;
	qiao_sha256(&joined, qiao_buf_slice(&t->level[at]));
	qiao_buf_clear(&t->level[at]);
	return tree_add(t, at + 1, &joined);
}

static qiao_err tree_leaf(struct tree *t)
{
	struct qiao_hash h;

	if (t->reads.err != QIAO_OK)
		return t->reads.err;
	qiao_sha256(&h, qiao_buf_slice(&t->reads));
	qiao_buf_clear(&t->reads);
	t->pending = 0;
	return tree_add(t, 0, &h);
}

static qiao_err tree_read(struct tree *t, const struct walk *w)
{
	put_read(&t->reads, qiao_buf_slice(&w->key), &w->version);
	return ++t->pending > t->degree ? tree_leaf(t) : t->reads.err;
}

/* What is left at each level moves up to the top; *empty: nothing was hashed.
 */
static qiao_err tree_done(struct tree *t, bool *empty)
{
	struct qiao_buf *top;
	struct qiao_hash h;
	qiao_err err = QIAO_OK;

	*empty = t->top == 0 && t->level[0].n == 0;
	if (*empty)
		return QIAO_OK;
	if (t->pending > 0)
		err = tree_leaf(t);
	for (size_t i = 0; err == QIAO_OK && i < t->top; i++) {
		struct qiao_buf *b = &t->level[i];

		if (b->n == 0)
			continue;
		if (b->n == QIAO_HASH_LEN)
			qiao_hash_from(&h, qiao_buf_slice(b));
		else
			qiao_sha256(&h, qiao_buf_slice(b));
		qiao_buf_clear(b);
		qiao_buf_put(&t->level[i + 1], qiao_slice_hash(&h));
		err = t->level[i + 1].err;
	}
	top = &t->level[t->top];
	if (err != QIAO_OK || top->n / QIAO_HASH_LEN <= t->degree)
		return err;
	qiao_sha256(&h, qiao_buf_slice(top));
	qiao_buf_clear(top);
	if (++t->top == LEVELS_MAX)
		return QIAO_E_UNSUPPORTED;
	qiao_buf_put(&t->level[t->top], qiao_slice_hash(&h));
	return t->level[t->top].err;
}

static bool is_summary(const struct tree *t, struct qiao_slice want)
{
	struct qiao_pb_iter it = qiao_pb_iter(want, MERKLE_HASHES);
	struct qiao_slice have = qiao_buf_slice(&t->level[t->top]), h;
	size_t at = 0;

	if ((uint32_t)qiao_pb_uint(want, MERKLE_LEVEL) != t->top + 1)
		return false;
	for (; qiao_pb_each(&it, &h); at += QIAO_HASH_LEN)
		if (at == have.n ||
		    !qiao_slice_eq(h,
				   qiao_slice_of(have.p + at, QIAO_HASH_LEN)))
			return false;
	return at == have.n;
}

/*
 * Fabric compares as it goes and stops early; the answer is the same. A degree
 * below 2 makes a peer stop for good: such a read is stale here.
 */
static qiao_err compare_merkle(struct walk *w, bool *same,
			       struct qiao_slice want)
{
	struct tree t = { .degree =
				  (uint32_t)qiao_pb_uint(want, MERKLE_DEGREE) };
	bool empty = true;
	qiao_err err = QIAO_OK;

	*same = false;
	if (t.degree < 2)
		return QIAO_OK;
	while (err == QIAO_OK) {
		err = walk_next(w);
		if (err == QIAO_OK)
			err = tree_read(&t, w);
	}
	if (err == QIAO_E_NOTFOUND)
		err = tree_done(&t, &empty);
	*same = err == QIAO_OK && !empty && is_summary(&t, want);
	qiao_buf_free(&t.reads);
	for (size_t i = 0; i < LEVELS_MAX; i++)
		qiao_buf_free(&t.level[i]);
	return err;
}

static const struct qiao_pb_member reads_info[] = {
	{ QUERY_RAW, QIAO_PB_MESSAGE, NULL },
	{ QUERY_MERKLE, QIAO_PB_MESSAGE, NULL },
	{ 0, QIAO_PB_UINT, NULL },
};

qiao_err qiao_fabric_check_range(struct qiao_fabric_ledger *l, bool *same,
				 struct qiao_slice space,
				 struct qiao_slice query,
				 struct qiao_pb_arena *a)
{
	struct walk w = {
		.l = l,
		.space = space,
		.end = qiao_pb_bytes(query, QUERY_END),
		.serve_end = qiao_pb_uint(query, QUERY_EXHAUSTED) == 0,
	};
	struct qiao_slice results;
	uint32_t kind = qiao_pb_oneof(a, &results, query, reads_info);
	qiao_err err = a->err;

	*same = false;
	qiao_buf_put(&w.from, qiao_pb_bytes(query, QUERY_START));
	if (err == QIAO_OK)
		err = w.from.err;
	if (err == QIAO_OK && kind == QUERY_MERKLE)
		err = compare_merkle(&w, same, results);
	else if (err == QIAO_OK)
		err = compare_raw(&w, same, results, a);
	qiao_buf_free(&w.from);
	qiao_buf_free(&w.key);
	return err;
}
