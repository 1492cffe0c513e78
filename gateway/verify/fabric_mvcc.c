/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_mvcc.h"

#include "gateway/base/slice.h"

bool qiao_fabric_version_read(struct qiao_fabric_version *out,
			      struct qiao_slice read, struct qiao_pb_arena *a)
{
	struct qiao_slice v;

	if (!qiao_pb_message(a, &v, read, 2))
		return false;
	out->block = qiao_pb_uint(v, 1);
	out->tx = qiao_pb_uint(v, 2);
	return true;
}

/*
 * A key that an earlier entry of the block touched is changed, whatever its
 * version: a delete of what was not there leaves none.
 */
static qiao_err check_read(struct qiao_fabric_ledger *l, bool *same,
			   const struct qiao_fabric_key *key,
			   struct qiao_slice read, struct qiao_pb_arena *a)
{
	struct qiao_fabric_state row = { .exists = false };
	struct qiao_fabric_version then;
	bool existed = qiao_fabric_version_read(&then, read, a), changed;
	qiao_err err = qiao_fabric_state_changed(l, &changed, key);

	*same = false;
	if (err == QIAO_OK)
		err = a->err;
	if (err != QIAO_OK || changed)
		return err;
	err = qiao_fabric_state_before(l, &row, key);
	*same = row.exists == existed &&
		(!existed || (row.version.block == then.block &&
			      row.version.tx == then.tx));
	qiao_fabric_state_fini(&row);
	return err;
}

/* Field 1 of a (hashed) read-write set. */
static qiao_err check_keys(struct qiao_fabric_ledger *l, bool *same,
			   struct qiao_fabric_key key, struct qiao_slice set,
			   struct qiao_pb_arena *a)
{
	struct qiao_pb_iter it = qiao_pb_iter(set, 1);
	struct qiao_slice read;
	qiao_err err = QIAO_OK;

	*same = true;
	while (err == QIAO_OK && *same && qiao_pb_each(&it, &read)) {
		key.key = qiao_pb_bytes(read, 1);
		err = check_read(l, same, &key, read, a);
	}
	return err;
}

static qiao_err check_ranges(struct qiao_fabric_ledger *l, bool *same,
			     struct qiao_slice space, struct qiao_slice set,
			     struct qiao_pb_arena *a)
{
	struct qiao_pb_iter it = qiao_pb_iter(set, 2);
	struct qiao_slice query;
	qiao_err err = QIAO_OK;

	*same = true;
	while (err == QIAO_OK && *same && qiao_pb_each(&it, &query))
		err = qiao_fabric_check_range(l, same, space, query, a);
	return err;
}

static qiao_err check_space(struct qiao_fabric_ledger *l,
			    enum qiao_fabric_freshness *out,
			    struct qiao_slice ns, struct qiao_pb_arena *a)
{
	struct qiao_fabric_key key = { .space = qiao_pb_bytes(ns, 1) };
	struct qiao_slice set = qiao_pb_bytes(ns, 2), c;
	struct qiao_pb_iter it = qiao_pb_iter(ns, 3);
	bool same;
	qiao_err err = check_keys(l, &same, key, set, a);

	*out = QIAO_FABRIC_CHANGED;
	if (err != QIAO_OK || !same)
		return err;
	err = check_ranges(l, &same, key.space, set, a);
	*out = QIAO_FABRIC_PHANTOM;
	if (err != QIAO_OK || !same)
		return err;
	*out = QIAO_FABRIC_CHANGED;
	while (qiao_pb_each(&it, &c)) {
		key.collection = qiao_pb_bytes(c, 1);
		err = check_keys(l, &same, key, qiao_pb_bytes(c, 2), a);
		if (err != QIAO_OK || !same)
			return err;
	}
	*out = QIAO_FABRIC_FRESH;
	return QIAO_OK;
}

qiao_err qiao_fabric_check_reads(struct qiao_fabric_ledger *l,
				 enum qiao_fabric_freshness *out,
				 struct qiao_slice results)
{
	struct qiao_pb_iter it = qiao_pb_iter(results, 2);
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_slice ns;
	qiao_err err = QIAO_OK;

	*out = QIAO_FABRIC_FRESH;
	while (err == QIAO_OK && *out == QIAO_FABRIC_FRESH &&
	       qiao_pb_each(&it, &ns))
		err = check_space(l, out, ns, &a);
	qiao_pb_arena_free(&a);
	return err;
}
