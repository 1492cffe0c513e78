/* SPDX-License-Identifier: Apache-2.0 */
/* One call on a running adapter. Private to adapters/host. */
#ifndef ADAPTERS_HOST_PERFORM_H
#define ADAPTERS_HOST_PERFORM_H

#include "adapters/host/call.h"

/* A call: the request is appended to, the result read; `reply` keeps it alive.
 */
struct qiao_call {
	uint32_t number;
	struct qiao_buf request, reply;
	struct qiao_mp result;
	bool spoke; /* the reply was well-formed: its error is its answer */
};

void qiao_call_open(struct qiao_host *h, struct qiao_call *c, const char *op,
		    size_t n_args);
void qiao_call_close(struct qiao_call *c);
/*
 * Start the adapter if need be, send, wait. A deadline passed or nonsense on
 * the wire ends the process.
 */
qiao_err qiao_call_perform(struct qiao_host *h, struct qiao_call *c,
			   unsigned int wait_ms, struct qiao_why *why);
/* The result has been read: nonsense in it ends the process, too. */
qiao_err qiao_call_finish(struct qiao_host *h, struct qiao_call *c,
			  struct qiao_why *why);
/* An answer that was well-formed and still makes no sense. Returns err. */
qiao_err qiao_call_nonsense(struct qiao_host *h, qiao_err err,
			    struct qiao_why *why);

#endif
