/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/cli/cli.h"
#include "tests/unit/cli/capture.h"

#include <sys/stat.h>

#define GOOD  "tests/vectors/policy-built"
#define WRONG "tests/vectors/policy/bad"

static struct output o;

static void has(const char *text)
{
	if (!strstr(o.out, text))
		printf("\nmissing: %s in\n%s%s", text, o.out, o.err);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, text));
}

static void a_good_folder_is_good_and_has_a_digest(void)
{
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			    "en", GOOD),
			0);
	has("good: ");
	has("sha256 ");
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", GOOD,
			    "--json", "--lang", "en"),
			0);
	has("{\"errors\":0,\"findings\":[");
	has("\"sha256\":\"");
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			    "zh", GOOD),
			0);
	has("无误：");
}

static void mistakes_are_shown_with_file_line_and_column(void)
{
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			    "en", WRONG),
			1);
	has("50-mistakes.cfg:5:16: error E105: ");
	has("50-mistakes.cfg:8:5: error E101: ");
	has("60.cfg:2:1: error E003: ");
	has(" errors, ");
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			    "zh", WRONG),
			1);
	has("50-mistakes.cfg:8:5: 错误 E101: 未知的设置项: unknown");
	has(" 个错误，");
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_policy, "policy", "check", "--json", WRONG),
		1);
	has("\"sha256\":null");
	/* a folder that does not load is not tested */
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "test", "--lang",
			    "en", WRONG),
			1);
	has("50-mistakes.cfg:8:5: error E101: ");
}

static void the_cases_of_a_folder_run_with_coverage(void)
{
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "test", "--lang",
			    "en", GOOD),
			0);
	has("ok   ");
	has(" cases, 0 failed; of ");
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "test", "--lang",
			    "zh", GOOD),
			0);
	has("通过 ");
	has(" 个用例，0 个失败；");
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_policy, "policy", "test", "--json", GOOD), 0);
	has("\"failed\":0,");
}

/* --- a folder of our own ------------------------------------------------- */

static char dir[64];

static void path_of(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", dir, name);
}

static void add(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	path_of(path, sizeof(path), name);
	f = fopen(path, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void copy(const char *name)
{
	static char text[1 << 16];
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), GOOD "/%s", name);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	add(name, text);
}

static const char *const parts[] = { "00-catalogue.cfg", "01-orgs.cfg",
				     "10-guardrail.cfg",
				     "20-a-business-licence.cfg" };

static void make_folder(void)
{
	snprintf(dir, sizeof(dir), P_tmpdir "/qiao-cmd-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	for (size_t i = 0; i < 4; i++)
		copy(parts[i]);
}

static void remove_folder(void)
{
	static const char *const own[] = { "90-tests.cfg", "fifo.cfg" };
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		path_of(path, sizeof(path), parts[i]);
		unlink(path);
	}
	for (size_t i = 0; i < 2; i++) {
		path_of(path, sizeof(path), own[i]);
		unlink(path);
	}
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void a_folder_without_cases_has_shown_nothing(void)
{
	make_folder();
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", dir), 0);
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_policy, "policy", "test", "--lang", "en", dir),
		1);
	has("no test case");
	remove_folder();
}

static void a_failed_case_says_what_came_instead(void)
{
	make_folder();
	/* clang-format off */
	add("90-tests.cfg",
	    "tests = ( { name = \"stale\"; at = \"2026-11-20T10:00:00+08:00\";\n"
	    "request = { action = \"query\"; purpose = \"market-entry\";\n"
	    "from = { chain = \"quanzhou\"; org = \"quanzhou.market\"; };\n"
	    "to = { chain = \"nanjing\"; org = \"nanjing.market\"; };\n"
	    "record = { type = \"licence.business\"; id = \"bl-1\"; state = \"valid\";\n"
	    "fields = [ \"cert_no\" ]; }; };\n"
	    "proof = { verified = true; age_s = 601; };\n"
	    "expect = { decision = \"permit\"; }; } );\n");
	/* clang-format on */
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_policy, "policy", "test", "--lang", "en", dir),
		1);
	has("FAIL stale: another decision was expected");
	has("got deny R_PROOF_STALE fj.guardrail/stale-proof@");
	has("warning W204: ");
	has("1 cases, 1 failed; ");
	RUN(&o, qiao_cmd_policy, "policy", "test", "--lang", "zh", "--strict",
	    dir);
	CU_ASSERT_EQUAL(o.code, 1);
	has("失败 stale: ");
	has("警告 W204: 没有测试用例由该规则决定: ");
	remove_folder();
}

static void only_regular_files_are_read(void)
{
	char path[128];

	make_folder();
	path_of(path, sizeof(path), "fifo.cfg");
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			    "en", dir),
			1);
	has("fifo.cfg:1:1: error E000: ");
	remove_folder();
}

static void wrong_use_and_a_missing_folder_are_no_answer(void)
{
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy"), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check"), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "chekc", GOOD), 2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", GOOD, GOOD),
			2);
	CU_ASSERT_EQUAL(
		RUN(&o, qiao_cmd_policy, "policy", "check", GOOD, "--strict"),
		2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "nowhere"),
			2);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.err, "nowhere"));
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "test", "nowhere"),
			2);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "check", "--help"),
			0);
	CU_ASSERT_EQUAL(RUN(&o, qiao_cmd_policy, "policy", "--help"), 0);
}

static void no_memory_is_no_answer(void)
{
	char path[128];
	int code = 2;
	long n = 0;

	make_folder();
	path_of(path, sizeof(path), "90-tests.cfg");
	for (; code == 2 && n < 100000; n += 7) {
		qiao_fault_alloc_after = n;
		code = RUN(&o, qiao_cmd_policy, "policy", "check", "--lang",
			   "en", dir);
		qiao_fault_alloc_after = -1;
	}
	CU_ASSERT_EQUAL(code, 0);
	remove_folder();
}

static const struct test_case cases[] = {
	{ "a good folder is good and has a digest",
	  a_good_folder_is_good_and_has_a_digest },
	{ "mistakes are shown with file, line and column",
	  mistakes_are_shown_with_file_line_and_column },
	{ "the cases of a folder run, with coverage",
	  the_cases_of_a_folder_run_with_coverage },
	{ "a folder without cases has shown nothing",
	  a_folder_without_cases_has_shown_nothing },
	{ "a failed case says what came instead",
	  a_failed_case_says_what_came_instead },
	{ "only regular files are read", only_regular_files_are_read },
	{ "wrong use and a missing folder are no answer",
	  wrong_use_and_a_missing_folder_are_no_answer },
	{ "no memory is no answer", no_memory_is_no_answer },
	{ 0 },
};

const struct test_suite policy_cmd_test_suite = { "cli/policy", cases };
