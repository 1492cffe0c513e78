/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What peers signed and entries of an exported log name (docs/wire.md 9.4).
 * Private to audit_verify.c.
 */
#ifndef GATEWAY_CLI_AUDIT_PEERS_H
#define GATEWAY_CLI_AUDIT_PEERS_H

#include "gateway/cli/audit_folder.h"
#include "gateway/codec/json.h"

struct qiao_audit_peers;
/* Messages and keys of the folder; files that are missing hold nothing. */
qiao_err qiao_audit_peers_open(struct qiao_audit_peers **out, const char *dir,
			       const char *gateway,
			       const struct qiao_hash *network,
			       struct qiao_why *why);
void qiao_audit_peers_close(struct qiao_audit_peers *p); /* NULL is fine */
/*
 * Did the peer that this entry (`received` or `receipt`) names sign what the
 * entry says? QIAO_OK: yes, or the entry names no peer. QIAO_E_NOTFOUND: the
 * message, or the key that it is signed with, is not in the folder.
 * QIAO_E_PROOF: it contradicts the entry, why. Others: no answer.
 */
qiao_err qiao_audit_peers_check(struct qiao_audit_peers *p, bool *named,
				const struct qiao_json *entry,
				struct qiao_why *why);

#endif
