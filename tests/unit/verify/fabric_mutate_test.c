/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Genuine blocks, changed in every way we can think of. A changed copy may be
 * accepted only if all that is signed or hashed stayed as it was, and then with
 * the same verdict.
 */
#include "gateway/base/mem.h"
#include "gateway/verify/fabric_judge.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

struct original {
	struct qiao_fabric_rules rules;
	struct qiao_fabric_judge *judge;
	struct qiao_buf raw;
	struct qiao_fabric_block block;
	struct qiao_fabric_verdict verdict;
	size_t tried, accepted;
};

static void original_open(struct original *o, unsigned int height)
{
	struct qiao_buf b = file_read("raft/genesis.block");
	struct qiao_why why;

	memset(o, 0, sizeof(*o));
	rules_make(&o->rules);
	CU_ASSERT_EQUAL_FATAL(qiao_fabric_judge_new(&o->judge,
						    qiao_buf_slice(&b),
						    &o->rules, &why),
			      QIAO_OK);
	qiao_buf_free(&b);
	for (size_t i = 0; i < RAFT_CONFIGS; i++) {
		/* what is judged must not vouch for itself */
		if (raft_configs[i] == height)
			continue;
		b = block_read("raft/peer", raft_configs[i]);
		CU_ASSERT_EQUAL(qiao_fabric_judge_give(
					o->judge, qiao_buf_slice(&b), &why),
				QIAO_OK);
		qiao_buf_free(&b);
	}
	qiao_fabric_judge_given(o->judge);
	o->raw = block_read("raft/peer", height);
	CU_ASSERT_EQUAL(qiao_fabric_block_parse(&o->block,
						qiao_buf_slice(&o->raw), NULL),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_fabric_judge_each(o->judge, &o->verdict,
					       qiao_buf_slice(&o->raw)),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(o->verdict.err, QIAO_OK);
}

static void original_close(struct original *o)
{
	qiao_fabric_verdict_fini(&o->verdict);
	qiao_fabric_judge_free(o->judge);
	qiao_fabric_rules_free(&o->rules);
	qiao_buf_free(&o->raw);
}

static bool means_the_same(const struct original *o,
			   const struct qiao_fabric_verdict *v,
			   struct qiao_slice changed)
{
	struct qiao_fabric_block b;

	return qiao_fabric_block_parse(&b, changed, NULL) == QIAO_OK &&
	       qiao_hash_eq(&v->hash, &o->verdict.hash) &&
	       qiao_slice_eq(b.data, o->block.data) &&
	       v->records == o->verdict.records &&
	       v->n_flags == o->verdict.n_flags &&
	       memcmp(v->flags, o->verdict.flags, v->n_flags) == 0;
}

/* Judge a changed copy; exact memory, so that a sanitiser sees its end. */
static void try_copy(struct original *o, struct qiao_slice changed)
{
	struct qiao_fabric_verdict v;
	uint8_t *exact = qiao_memdup(changed);

	CU_ASSERT_EQUAL_FATAL(
		qiao_fabric_judge_each(o->judge, &v,
				       qiao_slice_of(exact, changed.n)),
		QIAO_OK);
	o->tried++;
	if (v.err == QIAO_OK) {
		o->accepted++;
		CU_ASSERT(
			means_the_same(o, &v, qiao_slice_of(exact, changed.n)));
	}
	qiao_fabric_verdict_fini(&v);
	qiao_free(exact);
}

/* Many thousands of copies: blocks whose judging is cheap. */
static const unsigned int heights[] = { 8, 26, 49, 68 };

static void flipped_bits_change_nothing_that_counts(void)
{
	for (size_t h = 0; h < sizeof(heights) / sizeof(heights[0]); h++) {
		struct original o;

		original_open(&o, heights[h]);
		for (size_t i = 0; i < o.raw.n; i += 7) {
			o.raw.p[i] ^= (uint8_t)(1 << (i / 7 % 8));
			try_copy(&o, qiao_buf_slice(&o.raw));
			o.raw.p[i] ^= (uint8_t)(1 << (i / 7 % 8));
		}
		original_close(&o);
	}
}

static void a_cut_block_is_refused(void)
{
	for (size_t h = 0; h < sizeof(heights) / sizeof(heights[0]); h++) {
		struct original o;
		size_t step;

		original_open(&o, heights[h]);
		step = o.raw.n > 20000 ? 29 : 3;
		for (size_t n = 0; n < o.raw.n; n += step)
			try_copy(&o, qiao_slice_of(o.raw.p, n));
		/* metadata that ends between two slots after the first is fine,
		 * but its length is told in front of it */
		CU_ASSERT_EQUAL(o.accepted, 0);
		qiao_buf_put_u8(&o.raw, 0);
		try_copy(&o, qiao_buf_slice(&o.raw));
		CU_ASSERT_EQUAL(o.accepted, 0);
		original_close(&o);
	}
}

/* --- rebuilding a message with one field changed ----------------------------
 */

enum op {
	OP_DELETE,
	OP_TWICE,
	OP_EMPTY,
	OP_SHORTER,
	OP_LONGER,
	OP_NUMBER,   /* another field number */
	OP_WIRE,     /* another wire type */
	OP_LONG_TAG, /* a tag that is not minimal */
	OP_LONG_LEN, /* a length that is not minimal */
	OP_HUGE_LEN, /* a length far beyond the end */
	OP_UNKNOWN,  /* an unknown field in front */
	OP_UNKNOWN_AFTER,
	OP_GROUP,   /* nested groups, as an unknown field */
	OP_ADD_ONE, /* a number plus one */
	OP_SWAP_HALVES,
	OP_COUNT,
};

struct rebuild {
	enum op op;
	size_t target, at; /* count of fields so far */
	unsigned int depth;
};

static void put_varint(struct qiao_buf *b, uint64_t v, unsigned int pad)
{
	for (; v >= 0x80; v >>= 7)
		qiao_buf_put_u8(b, (uint8_t)(v | 0x80));
	if (!pad) {
		qiao_buf_put_u8(b, (uint8_t)v);
		return;
	}
	qiao_buf_put_u8(b, (uint8_t)(v | 0x80));
	while (--pad)
		qiao_buf_put_u8(b, 0x80);
	qiao_buf_put_u8(b, 0);
}

static void put_field(struct qiao_buf *out, uint32_t number, unsigned int wire,
		      uint64_t v, struct qiao_slice bytes)
{
	put_varint(out, (uint64_t)number << 3 | wire, 0);
	if (wire == QIAO_PB_VARINT) {
		put_varint(out, v, 0);
		return;
	}
	put_varint(out, bytes.n, 0);
	qiao_buf_put(out, bytes);
}

static bool is_message(struct qiao_slice in)
{
	struct qiao_reader r = qiao_reader_of(in);
	struct qiao_pb_field f;
	size_t n = 0;

	while (qiao_pb_next(&r, &f)) {
		if (f.wire != QIAO_PB_LEN && f.wire != QIAO_PB_VARINT)
			return false;
		n++;
	}
	return n > 0 && qiao_reader_finish(&r) == QIAO_OK;
}

static void change(struct qiao_buf *out, enum op op,
		   const struct qiao_pb_field *f)
{
	struct qiao_slice s = f->bytes;
	struct qiao_slice none = { NULL, 0 };
	size_t half = s.n / 2;

	switch (op) {
	case OP_DELETE:
		return;
	case OP_TWICE:
		put_field(out, f->number, f->wire, f->varint, s);
		put_field(out, f->number, f->wire, f->varint, s);
		return;
	case OP_EMPTY:
		put_field(out, f->number, f->wire, 0, none);
		return;
	case OP_SHORTER:
		put_field(out, f->number, f->wire, f->varint / 2,
			  qiao_slice_of(s.p, s.n ? s.n - 1 : 0));
		return;
	case OP_LONGER:
		put_varint(out, (uint64_t)f->number << 3 | f->wire, 0);
		put_varint(out, f->wire == QIAO_PB_LEN ? s.n + 1 : f->varint,
			   0);
		qiao_buf_put(out, s);
		if (f->wire == QIAO_PB_LEN)
			qiao_buf_put_u8(out, 0);
		return;
	case OP_NUMBER:
		put_field(out, f->number + 1, f->wire, f->varint, s);
		return;
	case OP_WIRE:
		put_field(out, f->number, f->wire ? 0 : 2, 7,
			  qiao_slice_str("x"));
		return;
	case OP_LONG_TAG:
		put_varint(out, (uint64_t)f->number << 3 | f->wire, 2);
		put_varint(out, f->wire == QIAO_PB_LEN ? s.n : f->varint, 0);
		qiao_buf_put(out, s);
		return;
	case OP_LONG_LEN:
		put_varint(out, (uint64_t)f->number << 3 | f->wire, 0);
		put_varint(out, f->wire == QIAO_PB_LEN ? s.n : f->varint, 1);
		qiao_buf_put(out, s);
		return;
	case OP_HUGE_LEN:
		put_varint(out, (uint64_t)f->number << 3 | QIAO_PB_LEN, 0);
		put_varint(out, UINT64_MAX - s.n, 0);
		qiao_buf_put(out, s);
		return;
	case OP_UNKNOWN:
		put_field(out, 900, QIAO_PB_LEN, 0, qiao_slice_str("unknown"));
		put_field(out, f->number, f->wire, f->varint, s);
		return;
	case OP_UNKNOWN_AFTER:
		put_field(out, f->number, f->wire, f->varint, s);
		put_field(out, 900, QIAO_PB_VARINT, 1, none);
		return;
	case OP_GROUP:
		put_field(out, f->number, f->wire, f->varint, s);
		for (int i = 0; i < 200; i++)
			put_varint(out, 901 << 3 | 3, 0);
		for (int i = 0; i < 200; i++)
			put_varint(out, 901 << 3 | 4, 0);
		return;
	case OP_ADD_ONE:
		put_field(out, f->number, f->wire, f->varint + 1, s);
		return;
	case OP_SWAP_HALVES:
		put_varint(out, (uint64_t)f->number << 3 | f->wire, 0);
		put_varint(out, f->wire == QIAO_PB_LEN ? s.n : f->varint, 0);
		qiao_buf_put(out, qiao_slice_of(s.p + half, s.n - half));
		qiao_buf_put(out, qiao_slice_of(s.p, half));
		return;
	case OP_COUNT:
		return;
	}
}

/* Copy a message, and those in it, with the target's field changed. */
static void rebuild(struct qiao_buf *out, struct rebuild *r,
		    struct qiao_slice in)
{
	struct qiao_reader reader = qiao_reader_of(in);
	struct qiao_pb_field f;

	while (qiao_pb_next(&reader, &f)) {
		struct qiao_buf inner = QIAO_BUF;

		if (r->at++ == r->target) {
			change(out, r->op, &f);
			continue;
		}
		if (f.wire == QIAO_PB_LEN && r->depth < 10 &&
		    is_message(f.bytes)) {
			r->depth++;
			rebuild(&inner, r, f.bytes);
			r->depth--;
			put_field(out, f.number, f.wire, 0,
				  qiao_buf_slice(&inner));
			qiao_buf_free(&inner);
			continue;
		}
		put_field(out, f.number, f.wire, f.varint, f.bytes);
	}
}

static size_t count_fields(struct qiao_slice in)
{
	struct rebuild r = { OP_DELETE, SIZE_MAX, 0, 0 };
	struct qiao_buf out = QIAO_BUF;

	rebuild(&out, &r, in);
	/* nothing changed: the walk itself is faithful */
	CU_ASSERT(qiao_slice_eq(qiao_buf_slice(&out), in));
	qiao_buf_free(&out);
	return r.at;
}

static void a_changed_field_changes_nothing_that_counts(void)
{
	static const unsigned int which[] = { 8, 26, 49, 68 };

	for (size_t h = 0; h < sizeof(which) / sizeof(which[0]); h++) {
		struct original o;
		size_t fields, step;

		original_open(&o, which[h]);
		fields = count_fields(qiao_buf_slice(&o.raw));
		CU_ASSERT(fields > 40);
		step = fields > 300 ? fields / 40 : 1;
		for (size_t i = 0; i < fields; i += i < 30 ? 1 : step)
			for (int op = 0; op < OP_COUNT; op++) {
				struct rebuild r = { (enum op)op, i, 0, 0 };
				struct qiao_buf out = QIAO_BUF;

				rebuild(&out, &r, qiao_buf_slice(&o.raw));
				try_copy(&o, qiao_buf_slice(&out));
				qiao_buf_free(&out);
			}
		original_close(&o);
	}
}

/* --- entries against each other ---------------------------------------------
 */

#define ENTRIES_MAX 60

struct entries {
	struct qiao_slice e[ENTRIES_MAX];
	size_t n;
};

static struct entries entries_of(const struct qiao_fabric_block *b)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(b);
	struct entries all = { .n = 0 };

	while (qiao_pb_each(&it, &all.e[all.n]))
		all.n++;
	return all;
}

/* The block with these entries under its own header and metadata. */
static void try_entries(struct original *o, const struct entries *all)
{
	struct qiao_buf data = QIAO_BUF, out = QIAO_BUF;
	struct qiao_slice raw = qiao_buf_slice(&o->raw);

	for (size_t i = 0; i < all->n; i++)
		put_field(&data, 1, QIAO_PB_LEN, 0, all->e[i]);
	put_field(&out, 1, QIAO_PB_LEN, 0, qiao_pb_bytes(raw, 1));
	put_field(&out, 2, QIAO_PB_LEN, 0, qiao_buf_slice(&data));
	put_field(&out, 3, QIAO_PB_LEN, 0, qiao_pb_bytes(raw, 3));
	try_copy(o, qiao_buf_slice(&out));
	qiao_buf_free(&data);
	qiao_buf_free(&out);
}

/*
 * All these have the same data hash: the entries' concatenation is the same.
 */
static void bytes_do_not_move_between_neighbours(void)
{
	static const unsigned int which[] = { 19, 20, 26, 33 };

	for (size_t h = 0; h < 4; h++) {
		struct original o;
		struct entries all, moved;

		original_open(&o, which[h]);
		all = entries_of(&o.block);
		moved = all;
		try_entries(&o, &moved);
		CU_ASSERT_EQUAL(o.accepted, 1); /* nothing moved yet */
		for (size_t i = 0; i + 1 < all.n; i += all.n > 10 ? 9 : 1) {
			/* the border moves one way and the other */
			for (size_t k = 1; k < all.e[i].n;
			     k += k < 90 ? 3 : 97) {
				struct qiao_buf joined = QIAO_BUF;

				moved = all;
				moved.e[i].n -= k;
				qiao_buf_put(
					&joined,
					qiao_slice_of(all.e[i].p + moved.e[i].n,
						      k));
				qiao_buf_put(&joined, all.e[i + 1]);
				moved.e[i + 1] = qiao_buf_slice(&joined);
				try_entries(&o, &moved);
				qiao_buf_free(&joined);
			}
			for (size_t k = 1; k < all.e[i + 1].n;
			     k += k < 90 ? 3 : 97) {
				struct qiao_buf joined = QIAO_BUF;

				moved = all;
				qiao_buf_put(&joined, all.e[i]);
				qiao_buf_put(&joined,
					     qiao_slice_of(all.e[i + 1].p, k));
				moved.e[i] = qiao_buf_slice(&joined);
				moved.e[i + 1].p += k;
				moved.e[i + 1].n -= k;
				try_entries(&o, &moved);
				qiao_buf_free(&joined);
			}
		}
		CU_ASSERT_EQUAL(o.accepted, 1);
		original_close(&o);
	}
}

static void entries_are_not_joined_split_or_reordered(void)
{
	struct original o;
	struct entries all, changed;
	struct qiao_buf joined = QIAO_BUF;

	original_open(&o, 20);
	all = entries_of(&o.block);
	for (size_t i = 0; i + 1 < all.n; i++) {
		qiao_buf_clear(&joined);
		qiao_buf_put(&joined, all.e[i]);
		qiao_buf_put(&joined, all.e[i + 1]);
		changed = all;
		changed.e[i] = qiao_buf_slice(&joined);
		memmove(&changed.e[i + 1], &changed.e[i + 2],
			(all.n - i - 2) * sizeof(all.e[0]));
		changed.n--;
		try_entries(&o, &changed);
		changed = all;
		changed.e[i] = all.e[i + 1];
		changed.e[i + 1] = all.e[i];
		try_entries(&o, &changed);
		changed = all; /* a copy of another one in its place */
		changed.e[i] = all.e[i + 1];
		try_entries(&o, &changed);
	}
	for (size_t k = 1; k < all.e[0].n; k += 17) { /* one becomes two */
		changed = all;
		memmove(&changed.e[1], &changed.e[0], all.n * sizeof(all.e[0]));
		changed.n++;
		changed.e[0].n = k;
		changed.e[1].p += k;
		changed.e[1].n -= k;
		try_entries(&o, &changed);
	}
	/* everything in one entry, and empty ones in between */
	qiao_buf_clear(&joined);
	for (size_t i = 0; i < all.n; i++)
		qiao_buf_put(&joined, all.e[i]);
	changed.n = 1;
	changed.e[0] = qiao_buf_slice(&joined);
	try_entries(&o, &changed);
	changed = all;
	changed.e[changed.n++] = qiao_slice_of(NULL, 0);
	try_entries(&o, &changed);
	changed.n = 0;
	try_entries(&o, &changed);
	CU_ASSERT_EQUAL(o.accepted, 0);
	qiao_buf_free(&joined);
	original_close(&o);
}

/* Header of one, entries of another, metadata of a third. */
static void parts_of_different_blocks_do_not_fit(void)
{
	static const unsigned int which[] = { 1, 2, 8, 47, 49, 68, 274 };
	const size_t n = sizeof(which) / sizeof(which[0]);
	struct original o;
	struct qiao_buf raw[7];

	original_open(&o, 68);
	for (size_t i = 0; i < n; i++)
		raw[i] = block_read("raft/peer", which[i]);
	for (size_t k = 0; k < n * n * n; k++) {
		const struct qiao_buf *part[3] = { &raw[k % n], &raw[k / n % n],
						   &raw[k / n / n] };
		struct qiao_buf out = QIAO_BUF;
		struct qiao_fabric_verdict v;

		for (uint32_t f = 1; f <= 3; f++)
			put_field(
				&out, f, QIAO_PB_LEN, 0,
				qiao_pb_bytes(qiao_buf_slice(part[f - 1]), f));
		CU_ASSERT_EQUAL(qiao_fabric_judge_each(o.judge, &v,
						       qiao_buf_slice(&out)),
				QIAO_OK);
		CU_ASSERT_EQUAL(v.err == QIAO_OK,
				part[0] == part[1] && part[1] == part[2]);
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&out);
	}
	for (size_t i = 0; i < n; i++)
		qiao_buf_free(&raw[i]);
	original_close(&o);
}

static void many_signatures_are_a_flood(void)
{
	struct original o;
	struct qiao_slice raw;

	original_open(&o, 68);
	raw = qiao_buf_slice(&o.raw);
	for (size_t copies = 1; copies <= 2048; copies *= 8) {
		struct qiao_buf slot = QIAO_BUF, meta = QIAO_BUF,
				out = QIAO_BUF;
		size_t before = o.accepted;

		put_field(&slot, 1, QIAO_PB_LEN, 0,
			  qiao_pb_bytes(o.block.signatures, 1));
		for (size_t i = 0; i < copies; i++)
			put_field(&slot, 2, QIAO_PB_LEN, 0,
				  qiao_pb_bytes(o.block.signatures, 2));
		put_field(&meta, 1, QIAO_PB_LEN, 0, qiao_buf_slice(&slot));
		put_field(&out, 1, QIAO_PB_LEN, 0, qiao_pb_bytes(raw, 1));
		put_field(&out, 2, QIAO_PB_LEN, 0, qiao_pb_bytes(raw, 2));
		put_field(&out, 3, QIAO_PB_LEN, 0, qiao_buf_slice(&meta));
		try_copy(&o, qiao_buf_slice(&out));
		CU_ASSERT_EQUAL(o.accepted > before,
				copies <= QIAO_SIGNATURES_MAX);
		qiao_buf_free(&slot);
		qiao_buf_free(&meta);
		qiao_buf_free(&out);
	}
	original_close(&o);
}

static const struct test_case cases[] = {
	{ "flipped bits change nothing that counts",
	  flipped_bits_change_nothing_that_counts },
	{ "a cut block is refused", a_cut_block_is_refused },
	{ "a changed field changes nothing that counts",
	  a_changed_field_changes_nothing_that_counts },
	{ "bytes do not move between neighbours",
	  bytes_do_not_move_between_neighbours },
	{ "entries are not joined, split or reordered",
	  entries_are_not_joined_split_or_reordered },
	{ "parts of different blocks do not fit",
	  parts_of_different_blocks_do_not_fit },
	{ "many signatures are a flood", many_signatures_are_a_flood },
	{ NULL, NULL },
};

const struct test_suite fabric_mutate_test_suite = { "verify/fabric_mutate",
						     cases };
