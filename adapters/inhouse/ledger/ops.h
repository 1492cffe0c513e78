/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger answers to others: README.md 3, one function an operation. */
#ifndef ADAPTERS_INHOUSE_LEDGER_OPS_H
#define ADAPTERS_INHOUSE_LEDGER_OPS_H

#include "adapters/inhouse/ledger/chain.h"
#include "adapters/sdk/serve.h"

#include <stdatomic.h>

/* The context of the operations. */
struct qiao_ledger_service {
	struct qiao_ledger *ledger;
	struct qiao_hash genesis;  /* hash of header 0 */
	struct qiao_hash identity; /* docs/wire.md 2.1 */
	atomic_uint asked;         /* requests so far, for test_drop */
};

extern const struct qiao_serve_op qiao_ledger_ops[];

/* Reads what `info` says of the chain. */
qiao_err qiao_ledger_service_init(struct qiao_ledger_service *s,
				  struct qiao_ledger *ledger);

#endif
