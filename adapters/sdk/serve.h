/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering side of a local protocol: NNG REP, one msgpack array per
 * message (docs/wire.md 10), a table of operations. Adapters use it through
 * qiao_adapter_main; the reference ledger uses it for its own protocol.
 *
 * Request [1, number, op, [arguments]]; reply [1, number, error, sentence,
 * result]. A request that cannot be read is answered with number 0.
 */
#ifndef ADAPTERS_SDK_SERVE_H
#define ADAPTERS_SDK_SERVE_H

#include "gateway/base/why.h"
#include "gateway/codec/mp.h"

struct qiao_serve_op {
	const char *name; /* NULL ends the table */
	size_t nargs;
	/*
	 * Take the arguments, call qiao_mp_finish before acting, append one
	 * encoded value to result (nothing: nil). QIAO_E_CLOSED: send no
	 * answer at all (a test switch of the ledger).
	 */
	qiao_err (*run)(void *ctx, struct qiao_buf *result,
			struct qiao_mp *args, struct qiao_why *why);
};

struct qiao_serve_config {
	const char *url;
	unsigned int threads; /* calls at once; 1 to 64 */
	const struct qiao_serve_op *ops;
	void *ctx; /* shared by the threads */
};

struct qiao_server;

/*
 * Listens and answers from threads of its own when it returns. *out is NULL on
 * failure. ops and ctx are borrowed until close has returned.
 */
qiao_err qiao_serve_open(struct qiao_server **out,
			 const struct qiao_serve_config *cfg,
			 struct qiao_why *why);
/* Stops listening, waits for calls that run, frees. NULL is fine. */
void qiao_serve_close(struct qiao_server *s);

/*
 * Ask ourselves over a new connection, and listen anew when nothing answers. A
 * client that vanishes in the middle of connecting to ipc:// stops NNG 1.5.2
 * from accepting anybody (nanomsg/nng issue 1518); connections that are there
 * go on. For servers with clients of several owners: call it every few seconds.
 * True: all was well. One thread at a time; blocks up to two seconds.
 */
bool qiao_serve_check(struct qiao_server *s);

/* A sentence of any bytes, made fit to be a string. */
void qiao_serve_sentence(struct qiao_buf *out, const char *text);

/* One request to one reply, without a socket. QIAO_E_CLOSED: no answer. */
qiao_err qiao_serve_answer(const struct qiao_serve_op *ops, void *ctx,
			   struct qiao_buf *reply, struct qiao_slice request);

#endif
