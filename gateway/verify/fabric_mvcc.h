/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an endorsed transaction read must still be so, and then its writes
 * happen. Source: fabric core/ledger/kvledger/txmgmt/validation (validator.go,
 * rangequery_validator.go, tx_ops.go), rwsetutil/query_results_helper.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_MVCC_H
#define GATEWAY_VERIFY_FABRIC_MVCC_H

#include "gateway/verify/fabric_ledger.h"

enum qiao_fabric_freshness {
	QIAO_FABRIC_FRESH = 0,
	QIAO_FABRIC_CHANGED, /* a key has another version by now */
	QIAO_FABRIC_PHANTOM, /* a range has other keys by now */
};

/*
 * results: a checked TxReadWriteSet. Errors: of the view, QIAO_E_NOMEM,
 * QIAO_E_UNSUPPORTED (the view knows no order, and a range was read).
 */
qiao_err qiao_fabric_check_reads(struct qiao_fabric_ledger *l,
				 enum qiao_fabric_freshness *out,
				 struct qiao_slice results);
/* Let the writes of a valid entry at this position happen. */
qiao_err qiao_fabric_apply(struct qiao_fabric_ledger *l,
			   struct qiao_slice results, uint32_t position);

/* For fabric_mvcc.c: one kvrwset.RangeQueryInfo. */
qiao_err qiao_fabric_check_range(struct qiao_fabric_ledger *l, bool *same,
				 struct qiao_slice space,
				 struct qiao_slice query,
				 struct qiao_pb_arena *a);
/* kvrwset.Version of a KVRead; false: the key did not exist. */
bool qiao_fabric_version_read(struct qiao_fabric_version *out,
			      struct qiao_slice read, struct qiao_pb_arena *a);

#endif
