/* SPDX-License-Identifier: Apache-2.0 */
/* What one option alone cannot tell. Private to config.c. */
#ifndef GATEWAY_DAEMON_CONFIG_CHECK_H
#define GATEWAY_DAEMON_CONFIG_CHECK_H

#include "gateway/daemon/config.h"

/* Chains, peers and routes fit together; what is not built yet is named. */
void qiao_config_cross_check(const struct qiao_config *c,
			     const struct qiao_conf *file,
			     struct qiao_diags *d);
/* Files that are read are there; private ones are private. */
void qiao_config_check_files(const struct qiao_config *c,
			     const struct qiao_conf *file,
			     struct qiao_diags *d);
/* tcp:// is for the loopback. */
bool qiao_config_url_is_local(const char *url);

#endif
