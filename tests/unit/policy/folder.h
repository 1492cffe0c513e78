/* SPDX-License-Identifier: Apache-2.0 */
/* Policy folders for tests: read from disk, or put together from pieces. */
#ifndef TESTS_UNIT_POLICY_FOLDER_H
#define TESTS_UNIT_POLICY_FOLDER_H

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "policies/engine/engine.h"
#include "tests/unit/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER_MAX 64

struct folder {
	struct qiao_conf_file files[FOLDER_MAX];
	char *mem[FOLDER_MAX]; /* names and bytes, one block each */
	size_t n;
};

/* Copies name and bytes; malloc, so that injected faults do not hit here. */
static inline void folder_add(struct folder *f, const char *name,
			      const char *bytes, size_t n)
{
	size_t len = strlen(name) + 1;
	char *mem = malloc(len + n + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mem);
	CU_ASSERT_FATAL(f->n < FOLDER_MAX);
	memcpy(mem, name, len);
	memcpy(mem + len, bytes, n);
	f->mem[f->n] = mem;
	f->files[f->n].name = mem;
	f->files[f->n].bytes = qiao_slice_of(mem + len, n);
	f->n++;
}

static inline void folder_add_text(struct folder *f, const char *name,
				   const char *text)
{
	folder_add(f, name, text, strlen(text));
}

static inline void folder_add_file(struct folder *f, const char *dir,
				   const char *name)
{
	static char bytes[1 << 20];
	char path[512];
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	n = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	folder_add(f, name, bytes, n);
}

/* Every *.cfg of a folder, without what lies below it. */
static inline void folder_read(struct folder *f, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n > 4 && strcmp(e->d_name + n - 4, ".cfg") == 0)
			folder_add_file(f, dir, e->d_name);
	}
	closedir(d);
}

static inline void folder_free(struct folder *f)
{
	while (f->n)
		free(f->mem[--f->n]);
}

/* A policy, or NULL with the findings on the test's output. */
static inline struct qiao_policy *folder_load(const struct folder *f)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy *p;

	if (qiao_policy_load(&p, &d, f->files, f->n, 0) != QIAO_OK)
		printf("\n%.*s", (int)d.text.n, (const char *)d.text.p);
	qiao_diags_free(&d);
	return p;
}

/* The findings of a folder that must be refused, as text; free() it. */
static inline char *folder_refused(const struct folder *f)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy *p;
	qiao_err err = qiao_policy_load(&p, &d, f->files, f->n, 0);
	char *text;

	CU_ASSERT_EQUAL(err, QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(p);
	qiao_policy_unref(p);
	text = malloc(d.text.n + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	if (d.text.n)
		memcpy(text, d.text.p, d.text.n);
	text[d.text.n] = '\0';
	qiao_diags_free(&d);
	return text;
}

#endif
