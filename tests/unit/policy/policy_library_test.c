/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/test.h"
#include "tests/unit/policy/folder.h"

/* Loads without any finding, and every rule decides one of its own cases. */
static void folder_is_in_order(const struct folder *f, unsigned int warnings)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy_test_report r;
	struct qiao_policy *p;

	CU_ASSERT_EQUAL(qiao_policy_load(&p, &d, f->files, f->n, 0), QIAO_OK);
	if (d.errors || d.warnings > warnings)
		printf("\n%.*s", (int)d.text.n, (const char *)d.text.p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(d.warnings, warnings);
	CU_ASSERT_EQUAL(qiao_policy_test(p, &r, &d, f->files, f->n, true),
			QIAO_OK);
	if (r.failed)
		printf("\n%.*s", (int)r.text.n, (const char *)r.text.p);
	CU_ASSERT(r.cases > 3);
	CU_ASSERT_EQUAL(r.decided, r.rules);
	qiao_policy_test_free(&r);
	qiao_policy_unref(p);
	qiao_diags_free(&d);
}

static void the_library_is_in_order(void)
{
	struct folder f = { .n = 0 };

	folder_read(&f, "policies/library");
	folder_is_in_order(&f, 0);
	folder_free(&f);
}

/* catalogue and orgs of the demonstration stand beside the two folders */
static void demo_folder(const char *dir, unsigned int warnings)
{
	struct folder f = { .n = 0 };

	folder_add_file(&f, "configs/demo", "catalogue.cfg");
	folder_add_file(&f, "configs/demo", "orgs.cfg");
	folder_read(&f, dir);
	folder_is_in_order(&f, warnings);
	folder_free(&f);
}

static void the_demonstrations_policies_are_in_order(void)
{
	/* province.data receives, and speaks on no chain: W205 */
	demo_folder("configs/demo/nanjing/policy", 2);
	demo_folder("configs/demo/province/policy", 2);
}

static const struct test_case cases[] = {
	{ "the library is in order", the_library_is_in_order },
	{ "the demonstration's policies are in order",
	  the_demonstrations_policies_are_in_order },
	{ NULL, NULL },
};

const struct test_suite policy_library_test_suite = { "policy/library", cases };
