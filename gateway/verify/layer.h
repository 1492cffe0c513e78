/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view over a view: what is put stays here, and hides what is below, until
 * somebody flushes it down. So work that may still fail leaves nothing behind.
 * Used by one thread at a time.
 */
#ifndef GATEWAY_VERIFY_LAYER_H
#define GATEWAY_VERIFY_LAYER_H

#include "gateway/verify/lightclient.h"

/* 2^20 entries at four to one: more than a batch changes */
#define QIAO_LAYER_LEVELS 10

struct qiao_layer_entry;

struct qiao_layer {
	struct qiao_view below; /* all NULL: nothing is below */
	struct qiao_layer_entry *head[QIAO_LAYER_LEVELS];
	uint32_t shape; /* of the list: counted, so that no key can choose */
	size_t n;
};

/* Empty, as zeroes are; below is copied and may be NULL. */
void qiao_layer_init(struct qiao_layer *l, const struct qiao_view *below);
/* Borrows the layer. */
struct qiao_view qiao_layer_view(struct qiao_layer *l);
/* Was this key put (or removed) in this layer itself? */
bool qiao_layer_has(struct qiao_layer *l, struct qiao_slice key);
/* Put everything into another view, in the order of the keys. */
qiao_err qiao_layer_flush(const struct qiao_layer *l,
			  const struct qiao_view *to);
/* Forget what was put. */
void qiao_layer_clear(struct qiao_layer *l);

#endif
