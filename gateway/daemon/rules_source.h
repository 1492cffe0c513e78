/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a policy and its mappings, read once. Private to rules.c. */
#ifndef GATEWAY_DAEMON_RULES_SOURCE_H
#define GATEWAY_DAEMON_RULES_SOURCE_H

#include "gateway/conf/folder.h"
#include "gateway/daemon/config.h"

struct qiao_rules_source {
	struct qiao_conf_folder rules;
	struct qiao_conf_folder mapping; /* "NICKNAME.cfg" */
};

/* What is wrong with the files themselves goes to diags. */
qiao_err qiao_rules_source_config(struct qiao_rules_source *out,
				  struct qiao_diags *diags,
				  const struct qiao_config *cfg);
/* From DIR/rules and DIR/mapping. */
qiao_err qiao_rules_source_read(struct qiao_rules_source *out,
				struct qiao_diags *diags, const char *dir);
/* Into DIR/rules and DIR/mapping, which are emptied first. */
qiao_err qiao_rules_source_write(const struct qiao_rules_source *s,
				 const char *dir, struct qiao_why *why);
/* The files of one folder, into a new or existing one. */
qiao_err qiao_folder_write(const struct qiao_conf_folder *f, const char *dir,
			   struct qiao_why *why);
/* Take away a folder of files and folders of files. */
void qiao_folder_remove(const char *dir);
/* SHA-256 over names and SHA-256 of all files; zero on failure. */
qiao_err qiao_rules_source_digest(struct qiao_hash *out,
				  const struct qiao_rules_source *s);
void qiao_rules_source_free(struct qiao_rules_source *s); /* zeroed is fine */

#endif
