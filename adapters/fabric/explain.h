/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong with a server, in words: place, cause, remedy. */
#ifndef ADAPTERS_FABRIC_EXPLAIN_H
#define ADAPTERS_FABRIC_EXPLAIN_H

#include "adapters/fabric/session.h"

/* A status of Deliver that ended a stream: 400, 403, 404, 503, others. */
qiao_err fabric_explain_deliver(struct qiao_why *why,
				const struct fabric_session *session,
				size_t source, int32_t status);
/* A gRPC status; err is what the call returned, and is returned. */
qiao_err fabric_explain_call(struct qiao_why *why,
			     const struct fabric_session *session,
			     size_t source, const char *what,
			     const struct fabric_status *st, qiao_err err);

#endif
