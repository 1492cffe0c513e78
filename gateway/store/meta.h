/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the store itself: network id, gateway id, epoch. */
#ifndef GATEWAY_STORE_META_H
#define GATEWAY_STORE_META_H

#include "gateway/include/qiao/limits.h"
#include "gateway/store/store.h"

struct qiao_meta {
	struct qiao_hash network;
	char gateway[QIAO_NAME_MAX + 1];
	uint64_t epoch; /* grows when a backup is restored; from 1 */
};

/*
 * Read, or on first use write, what this store belongs to. A store of another
 * network or gateway is QIAO_E_CONFIG. want->epoch is ignored; out has it.
 */
qiao_err qiao_store_meta_bind(struct qiao_txn *txn, struct qiao_meta *out,
			      const struct qiao_meta *want);
qiao_err qiao_store_meta_get(struct qiao_txn *txn, struct qiao_meta *out);
/* A new epoch, after a backup was restored. */
qiao_err qiao_store_meta_epoch(struct qiao_txn *txn, uint64_t *epoch);

#endif
