/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of docs/wire.md 10, host side. Private to adapters/host. Pure.
 */
#ifndef ADAPTERS_HOST_CALL_H
#define ADAPTERS_HOST_CALL_H

#include "adapters/host/host.h"
#include "gateway/codec/mp.h"

/* Begin a request; the caller appends exactly n_args values. */
void qiao_call_begin(struct qiao_buf *out, uint32_t number, const char *op,
		     size_t n_args);

/*
 * Open a reply to request `number`: the result is left to read in *result (then
 * qiao_mp_finish). The adapter's own error is returned with its sentence,
 * escaped, in why; QIAO_E_NONCANON or QIAO_E_MALFORMED is nonsense on the wire.
 */
qiao_err qiao_call_reply(struct qiao_mp *result, struct qiao_slice reply,
			 uint32_t number, struct qiao_why *why);

struct qiao_hello {
	unsigned int abi_major, abi_minor, max_parallel;
	char name[QIAO_NAME_MAX];
	char family[QIAO_NAME_MAX];
	char origin[16];
	size_t caps;
	char cap[QIAO_HOST_CAPS_MAX][QIAO_NAME_MAX];
};
void qiao_call_hello(struct qiao_mp *m, struct qiao_hello *out);

/* One piece of a fetch result. */
struct qiao_piece {
	uint64_t height;
	uint32_t parts, part;
	struct qiao_slice bytes;
};
void qiao_call_piece(struct qiao_mp *m, struct qiao_piece *out);
/* A whole bundle: [claim, proof, openings]. */
qiao_err qiao_call_bundle(struct qiao_bundle *out, struct qiao_slice bytes);
/* One result of `submit`: what the adapter says of it, with its sentence. */
qiao_err qiao_call_submitted(struct qiao_mp *m, struct qiao_why *why);
void qiao_call_lookup(struct qiao_mp *m, struct qiao_lookup *out);

#endif
