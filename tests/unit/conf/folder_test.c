/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/conf/folder.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static char *in_dir(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", dir, name);
	return out;
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f = fopen(in_dir(path, sizeof(path), name), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void drop(const char *name)
{
	char path[128];

	remove(in_dir(path, sizeof(path), name));
}

static void dir_make(void)
{
	snprintf(dir, sizeof(dir), P_tmpdir "/qiao-folder-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put("b.cfg", "b = 1;");
	put("a.cfg", "a = 1;");
	put("README.md", "read me");
	put(".a.cfg.swp", "an editor's");
}

static void dir_drop(void)
{
	drop("b.cfg");
	drop("a.cfg");
	drop("README.md");
	drop(".a.cfg.swp");
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void every_cfg_is_read_by_name(void)
{
	struct qiao_conf_folder f;
	struct qiao_diags d = { .errors = 0 };

	dir_make();
	CU_ASSERT_EQUAL(qiao_conf_folder_read(&f, &d, dir), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 2);
	CU_ASSERT_STRING_EQUAL(f.files[0].name, "a.cfg");
	CU_ASSERT_STRING_EQUAL(f.files[1].name, "b.cfg");
	CU_ASSERT(qiao_slice_is(f.files[1].bytes, "b = 1;"));
	CU_ASSERT_EQUAL(d.errors, 0);
	qiao_conf_folder_free(&f);
	CU_ASSERT_EQUAL(f.n, 0);
	dir_drop();
}

static void folders_in_it_are_passed_over(void)
{
	struct qiao_conf_folder f;
	struct qiao_diags d = { .errors = 0 };
	char path[128];

	dir_make();
	CU_ASSERT_EQUAL(mkdir(in_dir(path, sizeof(path), "more.cfg"), 0700), 0);
	CU_ASSERT_EQUAL(qiao_conf_folder_read(&f, &d, dir), QIAO_OK);
	CU_ASSERT_EQUAL(f.n, 2);
	qiao_conf_folder_free(&f);
	drop("more.cfg");
	dir_drop();
}

static bool refused(const char *what)
{
	struct qiao_conf_folder f;
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = qiao_conf_folder_read(&f, &d, dir);
	bool said;

	qiao_buf_put_u8(&d.text, '\0');
	said = strstr((const char *)d.text.p, what) != NULL;
	CU_ASSERT_EQUAL(err, QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(f.n, 0);
	CU_ASSERT_PTR_NULL(f.files);
	qiao_diags_free(&d);
	return said;
}

static void what_nobody_would_read_is_a_finding(void)
{
	char path[128];

	dir_make();
	put("c.conf", "deny = true;");
	CU_ASSERT(refused("c.conf:1:1: error E100: only *.cfg is read"));
	drop("c.conf");
	CU_ASSERT_EQUAL(mkfifo(in_dir(path, sizeof(path), "c.cfg"), 0600), 0);
	CU_ASSERT(refused("c.cfg:1:1: error E000"));
	drop("c.cfg");
	dir_drop();
	CU_ASSERT(refused("error E000"));
}

static void no_memory_leaves_nothing_behind(void)
{
	dir_make();
	for (long i = 0;; i++) {
		struct qiao_conf_folder f;
		struct qiao_diags d = { .errors = 0 };
		qiao_err err;

		atomic_store(&qiao_fault_alloc_after, i);
		err = qiao_conf_folder_read(&f, &d, dir);
		atomic_store(&qiao_fault_alloc_after, -1);
		qiao_diags_free(&d);
		if (err == QIAO_OK) {
			CU_ASSERT(i > 0);
			qiao_conf_folder_free(&f);
			break;
		}
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(f.n, 0);
	}
	dir_drop();
}

static const struct test_case cases[] = {
	{ "every *.cfg is read, by name", every_cfg_is_read_by_name },
	{ "folders in it are passed over", folders_in_it_are_passed_over },
	{ "what nobody would read is a finding",
	  what_nobody_would_read_is_a_finding },
	{ "no memory leaves nothing behind", no_memory_leaves_nothing_behind },
	{ NULL, NULL },
};

const struct test_suite folder_test_suite = { "conf/folder", cases };
