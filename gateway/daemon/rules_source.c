/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/rules_source.h"

#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE (2 * QIAO_PATH_LEN)

static qiao_err add_mapping(struct qiao_conf_folder *f,
			    struct qiao_diags *diags,
			    const struct qiao_config_chain *chain)
{
	struct qiao_conf_file *file = &f->files[f->n];
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_why why = { "" };
	char name[QIAO_NAME_MAX + 8];
	qiao_err err = qiao_file_read(&bytes, chain->mapping,
				      QIAO_CONF_FILE_MAX, &why);

	if (err != QIAO_OK) {
		qiao_diag(diags, chain->mapping, 1, 1, "E000", "%s", why.text);
		qiao_buf_free(&bytes);
		return QIAO_E_CONFIG;
	}
	snprintf(name, sizeof(name), "%s.cfg", chain->name);
	file->name = qiao_strdup(name);
	file->bytes = (struct qiao_slice){ qiao_memdup(qiao_buf_slice(&bytes)),
					   bytes.n };
	qiao_buf_free(&bytes);
	f->n++;
	return file->name && file->bytes.p ? QIAO_OK : QIAO_E_NOMEM;
}

qiao_err qiao_rules_source_config(struct qiao_rules_source *out,
				  struct qiao_diags *diags,
				  const struct qiao_config *cfg)
{
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = qiao_conf_folder_read(&out->rules, diags, cfg->policy_dir);
	out->mapping.files =
		qiao_calloc(cfg->n_chains, sizeof(*out->mapping.files));
	if (!out->mapping.files)
		err = QIAO_E_NOMEM;
	for (size_t i = 0; i < cfg->n_chains && err != QIAO_E_NOMEM; i++) {
		qiao_err e = cfg->chains[i].mapping[0]
				     ? add_mapping(&out->mapping, diags,
						   &cfg->chains[i])
				     : QIAO_OK;

		err = e != QIAO_OK ? e : err;
	}
	if (err != QIAO_OK)
		qiao_rules_source_free(out);
	return err;
}

static const char *below(char *out, const char *dir, const char *name)
{
	snprintf(out, PATH_SIZE, "%s/%s", dir, name);
	return out;
}

qiao_err qiao_rules_source_read(struct qiao_rules_source *out,
				struct qiao_diags *diags, const char *dir)
{
	char path[PATH_SIZE];
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = qiao_conf_folder_read(&out->rules, diags,
				    below(path, dir, "rules"));
	if (err == QIAO_OK)
		err = qiao_conf_folder_read(&out->mapping, diags,
					    below(path, dir, "mapping"));
	if (err != QIAO_OK)
		qiao_rules_source_free(out);
	return err;
}

qiao_err qiao_folder_write(const struct qiao_conf_folder *f, const char *dir,
			   struct qiao_why *why)
{
	char path[PATH_SIZE];
	qiao_err err = qiao_dir_need(dir, 0700, why);

	for (size_t i = 0; i < f->n && err == QIAO_OK; i++)
		err = qiao_file_write(below(path, dir, f->files[i].name),
				      f->files[i].bytes, 0600, why);
	return err;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One level: files, and folders that are empty by now. */
static void clear_folder(const char *dir)
{
	char path[PATH_SIZE];
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (is_dots(e->d_name))
			continue;
		below(path, dir, e->d_name);
		if (unlink(path) != 0)
			rmdir(path);
	}
	if (d)
		closedir(d);
}

void qiao_folder_remove(const char *dir)
{
	char path[PATH_SIZE];

	clear_folder(below(path, dir, "rules"));
	clear_folder(below(path, dir, "mapping"));
	clear_folder(dir);
	rmdir(dir);
}

qiao_err qiao_rules_source_write(const struct qiao_rules_source *s,
				 const char *dir, struct qiao_why *why)
{
	char path[PATH_SIZE];
	qiao_err err;

	qiao_folder_remove(dir);
	err = qiao_dir_need(dir, 0700, why);
	if (err == QIAO_OK)
		err = qiao_folder_write(&s->rules, below(path, dir, "rules"),
					why);
	if (err == QIAO_OK)
		err = qiao_folder_write(&s->mapping,
					below(path, dir, "mapping"), why);
	return err;
}

static void put_digests(struct qiao_buf *b, const char *folder,
			const struct qiao_conf_folder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
		struct qiao_hash h;

		qiao_sha256(&h, f->files[i].bytes);
		qiao_buf_printf(b, "%s/%s %s\n", folder, f->files[i].name,
				qiao_hex_encode(hex, qiao_slice_hash(&h)));
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct qiao_conf_file *)a)->name,
		      ((const struct qiao_conf_file *)b)->name);
}

qiao_err qiao_rules_source_digest(struct qiao_hash *out,
				  const struct qiao_rules_source *s)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (s->mapping.n > 0) /* those of the configuration have its order */
		qsort(s->mapping.files, s->mapping.n, sizeof(*s->mapping.files),
		      by_name);
	put_digests(&b, "rules", &s->rules);
	put_digests(&b, "mapping", &s->mapping);
	err = b.err;
	if (err == QIAO_OK)
		qiao_sha256(out, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

void qiao_rules_source_free(struct qiao_rules_source *s)
{
	qiao_conf_folder_free(&s->rules);
	qiao_conf_folder_free(&s->mapping);
}
