/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/folder.h"

#include "gateway/base/file.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct reading {
	struct qiao_conf_folder *out;
	struct qiao_diags *d;
	const char *path;
	size_t cap, left; /* bytes */
};

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static qiao_err finding(const struct reading *r, const char *name,
			const char *code, const char *text)
{
	char safe[256];

	qiao_str_escape(safe, sizeof(safe), qiao_slice_str(name));
	qiao_diag(r->d, safe, 1, 1, code, "%s", text);
	return QIAO_E_CONFIG;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static qiao_err slot_take(struct reading *r, struct qiao_conf_file **out)
{
	struct qiao_conf_folder *f = r->out;
	size_t cap = r->cap ? r->cap * 2 : 16;
	struct qiao_conf_file *files;

	if (f->n == r->cap) {
		files = qiao_realloc(f->files, cap * sizeof(*files));
		if (!files)
			return QIAO_E_NOMEM;
		f->files = files;
		r->cap = cap;
	}
	*out = &f->files[f->n];
	**out = (struct qiao_conf_file){ .name = NULL };
	return QIAO_OK;
}

static qiao_err file_take(struct reading *r, const char *name, const char *path)
{
	struct qiao_buf b = { .max = r->left };
	struct qiao_conf_file *f;
	struct qiao_why why = { "" };
	qiao_err err = slot_take(r, &f);

	if (err != QIAO_OK)
		return err;
	err = qiao_file_read(&b, path, r->left, &why);
	if (err == QIAO_OK) {
		f->name = qiao_strdup(name);
		f->bytes.p = qiao_memdup(qiao_buf_slice(&b));
		f->bytes.n = b.n;
		r->left -= b.n;
		r->out->n++;
		err = f->name && f->bytes.p ? QIAO_OK : QIAO_E_NOMEM;
	}
	qiao_buf_free(&b);
	if (err == QIAO_OK || err == QIAO_E_NOMEM)
		return err;
	return finding(r, name, "E000",
		       why.text[0] ? why.text : qiao_strerror(err));
}

static qiao_err entry_take(struct reading *r, const char *name)
{
	char path[QIAO_PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/%s", r->path, name);

	if (name[0] == '.' || strncmp(name, "README", 6) == 0)
		return QIAO_OK;
	if (n < 0 || (size_t)n >= sizeof(path))
		return finding(r, name, "E000", "name too long");
	if (is_folder(path))
		return QIAO_OK;
	if (!ends_with(name, ".cfg"))
		return finding(r, name, "E100",
			       "only *.cfg is read; rename this file or take "
			       "it away");
	if (r->out->n == QIAO_POLICY_FILES_MAX)
		return finding(r, name, "E000", "more files than a folder has");
	return file_take(r, name, path);
}

static int name_order(const void *a, const void *b)
{
	const struct qiao_conf_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Findings go on to the next file; the first error is what counts. */
static qiao_err entries_take(struct reading *r, DIR *dir)
{
	qiao_err first = QIAO_OK;
	struct dirent *e;

	for (;;) {
		qiao_err err;

		errno = 0;
		e = readdir(dir);
		if (!e && errno)
			return finding(r, r->path, "E000", strerror(errno));
		if (!e)
			return first;
		err = entry_take(r, e->d_name);
		if (err == QIAO_E_NOMEM)
			return err;
		if (first == QIAO_OK)
			first = err;
	}
}

qiao_err qiao_conf_folder_read(struct qiao_conf_folder *out,
			       struct qiao_diags *d, const char *path)
{
	struct reading r = { out, d, path, 0, QIAO_POLICY_BYTES_MAX };
	DIR *dir = opendir(path);
	qiao_err err;

	*out = (struct qiao_conf_folder){ .n = 0 };
	if (!dir)
		return finding(&r, path, "E000", strerror(errno));
	err = entries_take(&r, dir);
	closedir(dir);
	if (err != QIAO_OK) {
		qiao_conf_folder_free(out);
		return err;
	}
	if (out->n)
		qsort(out->files, out->n, sizeof(*out->files), name_order);
	return QIAO_OK;
}

void qiao_conf_folder_free(struct qiao_conf_folder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		qiao_free((char *)(uintptr_t)f->files[i].name);
		qiao_free((uint8_t *)(uintptr_t)f->files[i].bytes.p);
	}
	qiao_free(f->files);
	*f = (struct qiao_conf_folder){ .n = 0 };
}
