/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writes of one valid transaction. Fabric counts what happens to a key by
 * adding up flags in a byte, so a key that is written twice comes out as if its
 * policy were set; that is copied here, sum and all.
 */
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_lifecycle.h"
#include "gateway/verify/fabric_mvcc.h"

#include <stdlib.h>
#include <string.h>

#define OP_UPSERT 1
#define OP_POLICY 2
#define OP_CLEAR  4
#define OP_DELETE 8

struct op {
	struct qiao_fabric_key key;
	size_t order;
	uint8_t what;            /* one of the above */
	struct qiao_slice value; /* UPSERT */
	struct qiao_slice policy;
};

struct ops {
	struct op *op;
	size_t n;
};

/* Value of the metadata entry that endorsement looks at; the last wins. */
static struct qiao_slice policy_of(struct qiao_slice write)
{
	struct qiao_pb_iter it = qiao_pb_iter(write, 2);
	struct qiao_slice entry, policy = { NULL, 0 };

	while (qiao_pb_each(&it, &entry))
		if (qiao_slice_is(qiao_pb_bytes(entry, 1),
				  "VALIDATION_PARAMETER"))
			policy = qiao_pb_bytes(entry, 2);
	return policy;
}

static bool is_hash_of_nothing(struct qiao_slice value)
{
	struct qiao_hash h;

	qiao_sha256(&h, qiao_slice_of(NULL, 0));
	return qiao_slice_eq(value, qiao_slice_hash(&h));
}

/* Fields 'writes' and 'policies' of a (hashed) read-write set, from ops->n on.
 */
static void take_set(struct ops *ops, struct qiao_fabric_key key,
		     struct qiao_slice set, uint32_t writes, uint32_t policies)
{
	struct qiao_pb_iter it = qiao_pb_iter(set, writes);
	struct qiao_slice in;

	while (qiao_pb_each(&it, &in)) {
		struct op *op = &ops->op[ops->n];

		op->order = ops->n++;
		op->key = key;
		op->key.key = qiao_pb_bytes(in, 1);
		op->value = qiao_pb_bytes(in, 3);
		op->what = qiao_pb_uint(in, 2) != 0 || op->value.n == 0 ||
					   (key.collection.n > 0 &&
					    is_hash_of_nothing(op->value))
				   ? OP_DELETE
				   : OP_UPSERT;
	}
	it = qiao_pb_iter(set, policies);
	while (qiao_pb_each(&it, &in)) {
		struct op *op = &ops->op[ops->n];

		op->order = ops->n++;
		op->key = key;
		op->key.key = qiao_pb_bytes(in, 1);
		op->what = qiao_pb_count(in, 2) > 0 ? OP_POLICY : OP_CLEAR;
		op->policy = policy_of(in);
	}
}

static size_t count_ops(struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_slice ns, c;
	size_t n = 0;

	while (qiao_pb_each(&it, &ns)) {
		struct qiao_slice set = qiao_pb_bytes(ns, 2);
		struct qiao_pb_iter colls = qiao_pb_iter(ns, 3);

		n += qiao_pb_count(set, 3) + qiao_pb_count(set, 4);
		while (qiao_pb_each(&colls, &c)) {
			set = qiao_pb_bytes(c, 2);
			n += qiao_pb_count(set, 2) + qiao_pb_count(set, 3);
		}
	}
	return n;
}

static void take_ops(struct ops *ops, struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_slice ns, c;

	while (qiao_pb_each(&it, &ns)) {
		struct qiao_fabric_key key = { .space = qiao_pb_bytes(ns, 1) };
		struct qiao_pb_iter colls = qiao_pb_iter(ns, 3);

		take_set(ops, key, qiao_pb_bytes(ns, 2), 3, 4);
		while (qiao_pb_each(&colls, &c)) {
			key.collection = qiao_pb_bytes(c, 1);
			take_set(ops, key, qiao_pb_bytes(c, 2), 2, 3);
		}
	}
}

static int cmp_keys(const struct qiao_fabric_key *a,
		    const struct qiao_fabric_key *b)
{
	int c = qiao_slice_cmp(a->space, b->space);

	if (c == 0)
		c = qiao_slice_cmp(a->collection, b->collection);
	return c ? c : qiao_slice_cmp(a->key, b->key);
}

static int by_key(const void *x, const void *y)
{
	const struct op *a = x, *b = y;
	int c = cmp_keys(&a->key, &b->key);

	if (c != 0)
		return c;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* All that one transaction does to one key. */
struct change {
	uint8_t flags;
	struct qiao_slice value, policy;
};

static void add_op(struct change *c, const struct op *op)
{
	c->flags = (uint8_t)(c->flags + op->what);
	switch (op->what) {
	case OP_UPSERT:
		c->value = op->value;
		break;
	case OP_POLICY:
		c->policy = op->policy;
		break;
	}
}

/* A collection may say that its keys live for so many blocks. */
static qiao_err schedule(struct qiao_fabric_ledger *l,
			 const struct qiao_fabric_key *key)
{
	const struct qiao_fabric_definition *d;
	struct qiao_slice ignored;
	uint64_t blocks, at;
	qiao_err err;

	if (key->collection.n == 0 || qiao_slice_is(key->space, "_lifecycle"))
		return QIAO_OK;
	err = qiao_fabric_definition_find(l, &d, key->space);
	if (err != QIAO_OK)
		return err;
	qiao_fabric_collection_find(d, &ignored, &blocks, key->collection);
	at = l->height + blocks + 1;
	return blocks == 0 || at <= l->height
		       ? QIAO_OK
		       : qiao_fabric_state_expires(l, key, at);
}

static qiao_err apply_change(struct qiao_fabric_ledger *l,
			     const struct qiao_fabric_key *key,
			     const struct change *c, uint32_t position)
{
	const struct qiao_fabric_state gone = { .exists = false };
	struct qiao_fabric_state old = { .exists = false }, row = {
		.exists = true,
		.version = { l->height, position },
		.policy = c->policy,
		.value = c->value,
	};
	bool value_only = (c->flags | OP_UPSERT) == OP_UPSERT;
	bool both =
		(c->flags & OP_UPSERT) && (c->flags & (OP_POLICY | OP_CLEAR));
	qiao_err err;

	if (c->flags & OP_DELETE)
		return qiao_fabric_state_put(l, key, &gone);
	err = qiao_fabric_state_now(l, &old, key);
	if (value_only)
		row.policy = old.policy;
	else if (!both)
		row.value = old.value;
	if (!qiao_slice_is(key->space, "_lifecycle") || key->collection.n > 0)
		row.value = qiao_slice_of(NULL, 0);
	if (err == QIAO_OK && (value_only || both || old.exists))
		err = qiao_fabric_state_put(l, key, &row);
	if (err == QIAO_OK && (value_only || both || old.exists))
		err = schedule(l, key);
	qiao_fabric_state_fini(&old);
	return err;
}

static qiao_err apply_ops(struct qiao_fabric_ledger *l, const struct ops *ops,
			  uint32_t position)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0, next; err == QIAO_OK && i < ops->n; i = next) {
		const struct qiao_fabric_key *key = &ops->op[i].key;
		struct change c = { .flags = 0 };

		for (next = i;
		     next < ops->n && cmp_keys(key, &ops->op[next].key) == 0;
		     next++)
			add_op(&c, &ops->op[next]);
		l->redefines |= qiao_slice_is(key->space, "_lifecycle");
		err = apply_change(l, key, &c, position);
	}
	return err;
}

qiao_err qiao_fabric_apply(struct qiao_fabric_ledger *l,
			   struct qiao_slice results, uint32_t position)
{
	struct ops ops = { NULL, 0 };
	qiao_err err;

	ops.op = qiao_calloc(count_ops(results), sizeof(*ops.op));
	if (!ops.op)
		return QIAO_E_NOMEM;
	take_ops(&ops, results);
	qsort(ops.op, ops.n, sizeof(*ops.op), by_key);
	err = apply_ops(l, &ops, position);
	qiao_free(ops.op);
	return err;
}
