/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, one reply over the adapter's socket, within a deadline. Private
 * to adapters/host. The only NNG of this folder is in link.c.
 */
#ifndef ADAPTERS_HOST_LINK_H
#define ADAPTERS_HOST_LINK_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

struct qiao_link;

/* Dials in the background; url is ipc://. NULL *out on failure. */
qiao_err qiao_link_open(struct qiao_link **out, const char *url,
			struct qiao_why *why);
void qiao_link_close(struct qiao_link *l); /* any thread; calls fail */
void qiao_link_free(struct qiao_link *l);  /* after close; NULL is fine */

/*
 * A new process is about to listen. From the moment its connection breaks until
 * the next qiao_link_expect all calls fail at once with QIAO_E_TIMEOUT.
 */
void qiao_link_expect(struct qiao_link *l);

/*
 * Send, wait, append the reply to `reply`. QIAO_E_TIMEOUT, QIAO_E_CLOSED,
 * QIAO_E_LIMIT. Several threads may call at once: each call has a context.
 */
qiao_err qiao_link_call(struct qiao_link *l, struct qiao_buf *reply,
			struct qiao_slice request, unsigned int deadline_ms,
			struct qiao_why *why);

#endif
