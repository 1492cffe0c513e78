/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-write sets against the ledger of replay: pieces with four bytes of
 * length in front, each a TxReadWriteSet of one transaction; two in a block.
 * What a set wrote can be read at the new version, and definitions that stand
 * in _lifecycle are looked up.
 */
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_lifecycle.h"
#include "gateway/verify/fabric_mvcc.h"
#include "gateway/verify/fabric_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As fabric_endorse.c checks it before anybody walks it. */
static bool is_rwset(struct qiao_slice in)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 2), colls;
	struct qiao_slice ns, c;

	if (qiao_pb_check(&qiao_pb_tx_read_write_set, in) != QIAO_OK)
		return false;
	while (qiao_pb_each(&it, &ns)) {
		if (qiao_pb_check(&qiao_pb_kv_rwset, qiao_pb_bytes(ns, 2)) !=
		    QIAO_OK)
			return false;
		colls = qiao_pb_iter(ns, 3);
		while (qiao_pb_each(&colls, &c))
			if (qiao_pb_check(&qiao_pb_hashed_rwset,
					  qiao_pb_bytes(c, 2)) != QIAO_OK)
				return false;
	}
	return true;
}

/* An error is one of memory, or of a state at which a peer would stop. */
static bool may_fail(qiao_err err)
{
	return err == QIAO_OK || err == QIAO_E_UNSUPPORTED ||
	       err == QIAO_E_NOMEM;
}

static bool one(struct qiao_fabric_ledger *l, struct qiao_slice set,
		uint32_t position)
{
	enum qiao_fabric_freshness fresh;
	qiao_err err = qiao_fabric_check_reads(l, &fresh, set);

	QIAO_BUG_ON(!may_fail(err));
	if (err == QIAO_OK && fresh == QIAO_FABRIC_FRESH)
		err = qiao_fabric_apply(l, set, position);
	QIAO_BUG_ON(!may_fail(err));
	return err == QIAO_OK;
}

static void look_up(struct qiao_fabric_ledger *l)
{
	const struct qiao_fabric_definition *d;
	struct qiao_slice policy;
	uint64_t blocks;
	qiao_err err =
		qiao_fabric_definition_find(l, &d, qiao_slice_str("records"));

	QIAO_BUG_ON(!may_fail(err));
	if (err == QIAO_OK)
		qiao_fabric_collection_find(d, &policy, &blocks,
					    qiao_slice_str("c"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_reader r = qiao_reader_of(qiao_slice_of(data, size));
	struct qiao_layer rows = { .n = 0 };
	const struct qiao_view view = qiao_layer_view(&rows);
	struct qiao_fabric_ledger l = { .height = 0 };
	bool ok = true;

	for (uint64_t height = 1; ok && r.left > 0 && height < 16; height++) {
		qiao_fabric_ledger_begin(&l, height, &view);
		for (uint32_t tx = 0; ok && tx < 2 && r.left > 0; tx++) {
			struct qiao_slice set = qiao_get(&r, qiao_get_u32(&r));

			ok = !is_rwset(set) || one(&l, set, tx);
		}
		look_up(&l);
		if (ok)
			ok = qiao_fabric_ledger_end(&l, &view) == QIAO_OK;
	}
	qiao_fabric_ledger_forget(&l);
	qiao_layer_clear(&rows);
	return 0;
}
