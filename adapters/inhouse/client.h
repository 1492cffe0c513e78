/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The asking side of the ledger's protocol (README.md 3): one request, one
 * reply, within a deadline. Connects by itself, again when the ledger comes
 * back. Any number of threads.
 */
#ifndef ADAPTERS_INHOUSE_CLIENT_H
#define ADAPTERS_INHOUSE_CLIENT_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

struct qiao_inhouse_client;

/* QIAO_E_CONFIG: an address that is neither ipc:// nor loopback tcp://. */
qiao_err qiao_inhouse_client_open(struct qiao_inhouse_client **out,
				  const char *url, struct qiao_why *why);
void qiao_inhouse_client_close(struct qiao_inhouse_client *c); /* NULL: fine */

/* Is this an address where a ledger may listen? */
bool qiao_inhouse_url_is_local(const char *url);

/*
 * args: an encoded array. Appends the encoded result. An error of the ledger
 * comes back as its number and sentence; QIAO_E_TIMEOUT when it does not
 * answer: then nobody knows what became of the request.
 */
qiao_err qiao_inhouse_client_call(struct qiao_inhouse_client *c,
				  struct qiao_buf *result, const char *op,
				  struct qiao_slice args,
				  unsigned int deadline_ms,
				  struct qiao_why *why);

#endif
