/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference contract says of an id (chaincode/README.md 2). Pure. */
#ifndef ADAPTERS_FABRIC_ENTRY_H
#define ADAPTERS_FABRIC_ENTRY_H

#include "gateway/include/qiao/adapter.h"

/* First element of an entry (docs/wire.md 8.4). */
enum fabric_entry_kind {
	FABRIC_ENTRY_DELIVERED = 2,
	FABRIC_ENTRY_USAGE = 3,
	FABRIC_ENTRY_ANCHOR = 4,
};

/*
 * The answer to Lookup: nothing is ABSENT, and so is an entry of another kind
 * under this id; one of this kind is DONE, its height still unknown.
 * QIAO_E_NONCANON, QIAO_E_MALFORMED and the like for anything else; *out is
 * zero then.
 */
qiao_err fabric_entry_parse(struct qiao_lookup *out,
			    enum fabric_entry_kind kind,
			    struct qiao_slice answer);

#endif
