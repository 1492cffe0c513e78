/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and exchanging the policy and the mapping files. Files are read once;
 * these bytes are put into a folder of ours, checked there by a process with
 * limits (a parser that hangs or ends its process harms nobody), and only then
 * loaded here, from the same bytes. A bad policy never replaces a good one.
 *
 * In gateway.data: policies/SHA256/ every policy that was ever in force, for
 * the auditor; policy-last/ the newest good one with its mappings, for a start
 * while the configured folder is being edited; policy-check/ the one at hand.
 */
#ifndef GATEWAY_DAEMON_RULES_H
#define GATEWAY_DAEMON_RULES_H

#include "gateway/daemon/daemon.h"

/*
 * At start, before any thread. When the configured folder is bad but
 * policy-last is there, that one is used, and d->rules_problem says so. No
 * audit entry. QIAO_E_CONFIG when neither is good: findings, and the first of
 * them in why.
 */
qiao_err qiao_rules_start(struct qiao_daemon *d, struct qiao_buf *findings,
			  struct qiao_why *why);
/*
 * Load again, audit `policy_activated`, exchange. On failure nothing changed
 * but d->rules_problem. *same: policy and mappings have the bytes they had
 * (there is no audit entry then). Any thread; blocks.
 */
qiao_err qiao_rules_reload(struct qiao_daemon *d, bool *same,
			   struct qiao_buf *findings, struct qiao_why *why);
/* What the process with limits does: DIR/rules and DIR/mapping. */
qiao_err qiao_rules_check(struct qiao_diags *diags, const char *dir);
/* The same for the configured files, for `qiaod --check`. */
qiao_err qiao_rules_check_config(struct qiao_diags *diags,
				 const struct qiao_config *cfg);
/* The member {seq, sha256, unsigned} of audit entries; null without rules. */
void qiao_rules_audit(struct qiao_audit_entry *e, const char *key,
		      const struct qiao_rules *r);

/* The member `mappings`: chain and SHA-256 of each. */
void qiao_rules_audit_mappings(struct qiao_audit_entry *e,
			       const struct qiao_config *cfg,
			       const struct qiao_rules *r);

#endif
