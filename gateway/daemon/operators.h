/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The people who may sign for this gateway: the file that the option
 * `operators` names. Read anew whenever a signature is judged, so that a key
 * which is taken out of it is out at once.
 */
#ifndef GATEWAY_DAEMON_OPERATORS_H
#define GATEWAY_DAEMON_OPERATORS_H

#include "gateway/daemon/config.h"

#define QIAO_OPERATORS_MAX      64
#define QIAO_OPERATOR_ROLES_MAX 4
#define QIAO_ROLE_UNFREEZE      "unfreeze"

struct qiao_operator {
	char id[QIAO_NAME_MAX + 1];
	char name[QIAO_NAME_MAX * 4];
	size_t n_roles;
	char roles[QIAO_OPERATOR_ROLES_MAX][QIAO_NAME_MAX + 1];
	size_t n_keys;
	struct qiao_config_key keys[QIAO_PEER_KEYS_CONF_MAX];
};

struct qiao_operators {
	size_t n;
	struct qiao_operator *list;
};

/*
 * Findings in d as file:line:col: also a file that others may write, a key that
 * two people have, a role that is not known. QIAO_E_CONFIG, *out empty.
 */
qiao_err qiao_operators_load(struct qiao_operators *out, struct qiao_diags *d,
			     const char *path);
void qiao_operators_free(struct qiao_operators *o); /* zeroed is fine */
bool qiao_operator_has_role(const struct qiao_operator *p, const char *role);
/*
 * Who has this key, valid at that moment, and the role. NULL, why says which of
 * these is not so. *key borrows.
 */
const struct qiao_operator *qiao_operators_find(const struct qiao_operators *o,
						const struct qiao_pubkey **key,
						const struct qiao_id16 *id,
						const char *role,
						int64_t now_ms,
						struct qiao_why *why);

#endif
