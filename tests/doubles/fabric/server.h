/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC, the server's side, on the C core: one listener for a node, one thread
 * for a call, which reads and writes as from a file.
 */
#ifndef TESTS_DOUBLES_FABRIC_SERVER_H
#define TESTS_DOUBLES_FABRIC_SERVER_H

#include "tests/doubles/fabric/pool.h"

#include <grpc/grpc_security.h>

struct server;

struct call {
	struct server *server;
	void *node; /* what the server was started with */
	grpc_call *call;
	grpc_completion_queue *cq;
	grpc_call_details details;
	grpc_metadata_array metadata;
	struct pool pool;
	char method[64];
	struct qiao_slice client_cert; /* PEM under mutual TLS, or empty */
	int cancelled;
	bool closed;
};

struct server_wish {
	int port;
	bool mutual; /* demand a client certificate */
	void *node;
	/* of the node, asked for every handshake; true: they are new */
	bool (*certificate)(void *node, const char **cert, const char **key,
			    const char **client_roots);
	void (*serve)(struct call *call);
};

/* NULL: the port cannot be had; it was said. */
struct server *server_start(const struct server_wish *w);
/* Every call is cancelled; returns when all have ended. */
void server_stop(struct server *s);

/* In the thread of the call. False: the client is gone, or has ended. */
bool call_read(struct call *c, struct qiao_slice *out);
bool call_write(struct call *c, struct qiao_slice message);
bool call_is_alive(struct call *c);
/*
 * The end of it. details: google.rpc.Status for the trailer, or empty. Without
 * it a call ends as OK when `serve` returns.
 */
void call_finish(struct call *c, grpc_status_code code, const char *message,
		 struct qiao_slice details);

#endif
