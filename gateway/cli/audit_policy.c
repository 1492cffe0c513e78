/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_policy.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/cli/audit_folder.h"
#include "gateway/conf/folder.h"
#include "gateway/crypto/hash.h"

#include <stdio.h>
#include <sys/stat.h>

/* As qiao_policy_info has it, but also of files that do not load. */
static qiao_err digest_of(struct qiao_hash *out,
			  const struct qiao_conf_folder *f)
{
	struct qiao_buf lines = QIAO_BUF;
	qiao_err err;

	for (size_t i = 0; i < f->n; i++) {
		char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
		struct qiao_hash h;

		qiao_sha256(&h, f->files[i].bytes);
		qiao_buf_put_str(&lines, f->files[i].name);
		qiao_buf_put_u8(&lines, ' ');
		qiao_buf_put_str(&lines,
				 qiao_hex_encode(hex, qiao_slice_hash(&h)));
		qiao_buf_put_u8(&lines, '\n');
	}
	err = lines.err;
	qiao_sha256(out, qiao_buf_slice(&lines));
	qiao_buf_free(&lines);
	return err;
}

static qiao_err load_files(struct qiao_policy **out,
			   const struct qiao_conf_folder *f,
			   const struct qiao_hash *sha256)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_hash have;
	qiao_err err = digest_of(&have, f);

	if (err != QIAO_OK)
		return err;
	if (!qiao_hash_eq(&have, sha256))
		return QIAO_E_HASH;
	err = qiao_policy_load(out, &d, f->files, f->n, 0);
	qiao_diags_free(&d);
	return err == QIAO_E_CONFIG ? QIAO_E_UNSUPPORTED : err;
}

qiao_err qiao_audit_policy_load(struct qiao_policy **out, const char *dir,
				const struct qiao_hash *sha256)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], path[2 * QIAO_PATH_LEN];
	struct qiao_conf_folder f = { .n = 0 };
	struct qiao_diags d = { .errors = 0 };
	struct stat st;
	qiao_err err;

	*out = NULL;
	snprintf(path, sizeof(path), "%.400s/" QIAO_AUDIT_POLICIES "/%s", dir,
		 qiao_hex_encode(hex, qiao_slice_hash(sha256)));
	if (stat(path, &st) != 0)
		return QIAO_E_NOTFOUND;
	err = qiao_conf_folder_read(&f, &d, path);
	qiao_diags_free(&d);
	if (err == QIAO_OK)
		err = load_files(out, &f, sha256);
	else if (err == QIAO_E_CONFIG)
		err = QIAO_E_HASH; /* other files than a policy has */
	qiao_conf_folder_free(&f);
	return err;
}
