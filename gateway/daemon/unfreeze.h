/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a freeze ends: two operators sign that very freeze away (docs/wire.md
 * 9.6). Scopes are the words "chain" and "route".
 */
#ifndef GATEWAY_DAEMON_UNFREEZE_H
#define GATEWAY_DAEMON_UNFREEZE_H

#include "gateway/daemon/daemon.h"

/*
 * The statement that lifts what is frozen now, as hex, for the operators to
 * sign. QIAO_E_NOTFOUND: it is not frozen, or there is none of that name.
 */
qiao_err qiao_unfreeze_ask(struct qiao_daemon *d, struct qiao_buf *out,
			   const char *scope, const char *name,
			   const char *reason, struct qiao_why *why);
/*
 * A statement with two signatures, as hex: checked against the operators file,
 * audited and carried out in one transaction. Nothing changes on failure.
 * QIAO_E_DENIED, QIAO_E_KEY, QIAO_E_BADSIG; QIAO_E_STATE: of another freeze.
 */
qiao_err qiao_unfreeze_take(struct qiao_daemon *d, const char *hex,
			    struct qiao_why *why);

#endif
