/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference contract says of an id (chaincode/README.md 2). Pure. */
#ifndef ADAPTERS_FABRIC_ENTRY_H
#define ADAPTERS_FABRIC_ENTRY_H

#include "gateway/include/qiao/adapter.h"

/*
 * The answer to Lookup: nothing is ABSENT, an entry DONE, its height still
 * unknown. QIAO_E_NONCANON, QIAO_E_MALFORMED and the like for anything else;
 * *out is zero then.
 */
qiao_err fabric_entry_parse(struct qiao_lookup *out, struct qiao_slice answer);

#endif
