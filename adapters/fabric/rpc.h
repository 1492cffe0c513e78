/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC calls as blocking functions: the only file that knows the gRPC C core.
 * A call has a completion queue of its own and belongs to one thread; links may
 * be shared by threads. Nothing here judges what arrives.
 */
#ifndef ADAPTERS_FABRIC_RPC_H
#define ADAPTERS_FABRIC_RPC_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

/* What a link is made from; copied. */
struct fabric_link_config {
	const char *address;  /* "host:port" */
	const char *override; /* name in the server's certificate; NULL: host */
	const char *roots;    /* PEM: who may sign that certificate */
	const char *cert;     /* PEM: ours, for mutual TLS; NULL: none */
	const char *key;
	size_t max_bytes; /* of one message received */
};

struct fabric_link;
/* Connects when it is first used, and again whenever it has to. */
qiao_err fabric_link_open(struct fabric_link **out,
			  const struct fabric_link_config *c);
/* Calls on it must have ended. NULL is fine. */
void fabric_link_close(struct fabric_link *l);

/* How a call ended. code: as gRPC numbers them, 0 is well. */
struct fabric_status {
	int code;
	char text[256];         /* the server's or gRPC's own, escaped */
	struct qiao_buf detail; /* grpc-status-details-bin */
};
void fabric_status_free(struct fabric_status *st);

/*
 * One request, one answer appended to reply. QIAO_OK exactly when the code is
 * 0; QIAO_E_TIMEOUT, QIAO_E_IO (not reached), QIAO_E_DENIED, QIAO_E_LIMIT,
 * QIAO_E_STATE for the others. st is to be freed in every case.
 */
qiao_err fabric_rpc_call(struct fabric_link *l, struct qiao_buf *reply,
			 struct fabric_status *st, const char *method,
			 struct qiao_slice request, unsigned int timeout_ms);

struct fabric_stream;
/* One request, answers until close. Does not wait for anything. */
qiao_err fabric_stream_open(struct fabric_stream **out, struct fabric_link *l,
			    const char *method, struct qiao_slice request);
/*
 * Append the next answer. QIAO_E_TIMEOUT: none yet, ask again. Other errors end
 * the stream, with the status as in fabric_rpc_call; QIAO_E_CLOSED when it has
 * code 0.
 */
qiao_err fabric_stream_next(struct fabric_stream *s, struct qiao_buf *answer,
			    struct fabric_status *st, unsigned int timeout_ms);
void fabric_stream_close(struct fabric_stream *s); /* NULL is fine */

#endif
