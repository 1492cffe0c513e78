/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's configuration: DIR/ledger.conf (README.md 2). */
#ifndef ADAPTERS_INHOUSE_LEDGER_CONFIG_H
#define ADAPTERS_INHOUSE_LEDGER_CONFIG_H

#include "gateway/base/why.h"
#include "gateway/conf/conf.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#define QIAO_LEDGER_ACCOUNTS_MAX 64
#define QIAO_LEDGER_ISSUERS_MAX  256

struct qiao_ledger_account { /* may submit */
	char name[QIAO_NAME_MAX + 1];
	struct qiao_pubkey key;
	struct qiao_id16 id;
};

struct qiao_ledger_issuer { /* may put records of this organisation */
	char org[QIAO_ORG_MAX + 1];
	struct qiao_pubkey key;
};

struct qiao_ledger_config {
	char chain[QIAO_NAME_MAX + 1];
	struct qiao_hash network;
	unsigned int block_ms; /* between blocks, unless one is full */
	unsigned int idle_ms;  /* an empty block after this long; 0: never */
	size_t block_leaves, block_bytes;
	size_t n_accounts, n_issuers;
	struct qiao_ledger_account accounts[QIAO_LEDGER_ACCOUNTS_MAX];
	struct qiao_ledger_issuer issuers[QIAO_LEDGER_ISSUERS_MAX];
	/* test switches of the command line; 0: off */
	uint64_t test_equivocate;   /* at this height sign a second header */
	unsigned int test_drop;     /* leave every n-th request unanswered */
	unsigned int test_delay_ms; /* before every answer */
};

/* QIAO_E_CONFIG with every finding in d. */
qiao_err qiao_ledger_config_load(struct qiao_ledger_config *out,
				 struct qiao_diags *d, const char *path);

#endif
