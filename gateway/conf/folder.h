/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of configuration files, read whole: every *.cfg in it, by name. Not
 * what lies deeper. A file of another name, README* and .* excepted, is a
 * finding (E100): somebody believes that it is read.
 */
#ifndef GATEWAY_CONF_FOLDER_H
#define GATEWAY_CONF_FOLDER_H

#include "gateway/conf/conf.h"

struct qiao_conf_file {
	const char *name; /* relative to the folder, "20-licences.cfg" */
	struct qiao_slice bytes;
};

struct qiao_conf_folder {
	struct qiao_conf_file *files; /* ascending by name */
	size_t n;
};

/*
 * At most QIAO_POLICY_FILES_MAX files of QIAO_POLICY_BYTES_MAX together. What
 * is wrong goes to d as E000 or E100, and is QIAO_E_CONFIG; QIAO_E_NOMEM.
 * *out is empty on failure. Blocks on the disk.
 */
qiao_err qiao_conf_folder_read(struct qiao_conf_folder *out,
			       struct qiao_diags *d, const char *path);
void qiao_conf_folder_free(struct qiao_conf_folder *f); /* zeroed is fine */

#endif
