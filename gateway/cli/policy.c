/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao policy`: everything that is wrong with a folder, in one run, and its
 * own test cases. Nothing but the folder is read; no daemon is asked.
 */
#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/finding_zh.h"
#include "gateway/codec/json.h"
#include "gateway/conf/folder.h"
#include "policies/engine/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: qiao policy check DIR [--json] [--lang zh|en]\n"
	"       qiao policy test DIR [--strict] [--json] [--lang zh|en]\n"
	"\n"
	"  check   everything wrong with a policy folder, as FILE:LINE:COLUMN\n"
	"  test    the folder's test cases, and which rules they reach\n"
	"\n"
	"  --strict   a permit that no case tests is a failure\n"
	"\n"
	"Every *.cfg of the folder is read, nothing below it.\n"
	"Exit code: 0 good (warnings are), 1 an error, a failed case or no case "
	"at all,\n"
	"2 wrong use, or the folder cannot be read.\n"
	"\n"
	"检查策略目录(逐条列出 文件:行:列),或运行其中的测试用例并统计覆盖。\n"
	"退出码 0 无误(可有警告),1 有错误、用例失败或没有用例,2 用法错误或无法读取。\n";

struct job {
	struct qiao_cli cli;
	const char *dir;
	bool strict;
	struct qiao_conf_folder folder;
	struct qiao_diags d;
	struct qiao_policy *policy; /* NULL: it was refused */
	struct qiao_policy_test_report report;
};

/* --- text ---------------------------------------------------------------- */

static struct qiao_slice next_line(struct qiao_slice *text)
{
	const uint8_t *end = memchr(text->p, '\n', text->n);
	size_t n = end ? (size_t)(end - text->p) : text->n;
	struct qiao_slice line = { text->p, n };

	text->p += n + (end != NULL);
	text->n -= n + (end != NULL);
	return line;
}

static void put(struct qiao_slice s)
{
	fwrite(s.p, 1, s.n, stdout);
}

/* Where `word` starts, with the code and its colon behind it; n: nowhere. */
static size_t find_code(struct qiao_slice line, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len + 5 <= line.n; i++)
		if (memcmp(line.p + i, word, len) == 0 &&
		    line.p[i + len + 4] == ':')
			return i;
	return line.n;
}

/* "f:1:2: error E101: text" -> "f:1:2: 错误 E101: 未知的设置项: text" */
static bool put_finding_zh(struct qiao_slice line, const char *word,
			   const char *zh)
{
	size_t at = find_code(line, word), len = strlen(word);
	struct qiao_slice code;

	if (at == line.n)
		return false;
	code = qiao_slice_of(line.p + at + len, 4);
	put(qiao_slice_of(line.p, at));
	printf("%s", zh);
	put(code);
	printf(": %s", qiao_finding_zh(code));
	put(qiao_slice_of(code.p + 4, line.n - at - len - 4));
	putchar('\n');
	return true;
}

static bool put_case_zh(struct qiao_slice line)
{
	if (line.n > 5 && memcmp(line.p, "ok   ", 5) == 0)
		printf("通过 ");
	else if (line.n > 5 && memcmp(line.p, "FAIL ", 5) == 0)
		printf("失败 ");
	else
		return false;
	put(qiao_slice_of(line.p + 5, line.n - 5));
	putchar('\n');
	return true;
}

static void put_lines(struct qiao_slice text, bool zh)
{
	while (text.n > 0) {
		struct qiao_slice line = next_line(&text);

		if (zh && (put_case_zh(line) ||
			   put_finding_zh(line, " error ", " 错误 ") ||
			   put_finding_zh(line, " warning ", " 警告 ")))
			continue;
		put(line);
		putchar('\n');
	}
}

static void print_check(const struct job *j)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_policy_info info;
	bool zh = j->cli.zh;

	put_lines(qiao_buf_slice(&j->d.text), zh);
	if (!j->policy) {
		printf(zh ? "%u 个错误，%u 个警告\n"
			  : "%u errors, %u warnings\n",
		       j->d.errors, j->d.warnings);
		return;
	}
	qiao_policy_info(j->policy, &info);
	printf(zh ? "无误：%zu 条规则，%zu 个测试用例，%u 个警告\nsha256 %s\n"
		  : "good: %zu rules, %zu test cases, %u warnings\nsha256 %s\n",
	       info.rules, info.tests, j->d.warnings,
	       qiao_hex_encode(hex, qiao_slice_hash(&info.sha256)));
}

/* The report's last line says the counts, which we say ourselves. */
static struct qiao_slice without_last_line(struct qiao_slice text)
{
	if (text.n > 0)
		text.n--;
	while (text.n > 0 && text.p[text.n - 1] != '\n')
		text.n--;
	return text;
}

static void print_test(const struct job *j)
{
	const struct qiao_policy_test_report *r = &j->report;
	bool zh = j->cli.zh;

	put_lines(without_last_line(qiao_buf_slice(&r->text)), zh);
	printf(zh ? "%zu 个用例，%zu 个失败；%zu 条规则中 %zu 条决定过用例，"
		    "%zu 条适用与不适用都测到\n"
		  : "%zu cases, %zu failed; of %zu rules %zu decided a case, "
		    "%zu were seen applying and not applying\n",
	       r->cases, r->failed, r->rules, r->decided, r->both);
	if (r->cases == 0)
		puts(zh ? "目录中没有测试用例，什么也没有证明"
			: "the folder has no test case: nothing was shown");
}

/* --- JSON ---------------------------------------------------------------- */

static void json_lines(struct qiao_jw *w, const char *key,
		       struct qiao_slice text)
{
	qiao_jw_key(w, key);
	qiao_jw_arr(w);
	while (text.n > 0)
		qiao_jw_str(w, next_line(&text));
	qiao_jw_end(w);
}

static void json_check(struct qiao_jw *w, const struct job *j)
{
	struct qiao_policy_info info = { .rules = 0 };

	if (j->policy)
		qiao_policy_info(j->policy, &info);
	qiao_jw_kint(w, "errors", j->d.errors);
	json_lines(w, "findings", qiao_buf_slice(&j->d.text));
	qiao_jw_kint(w, "rules", (int64_t)info.rules);
	qiao_jw_key(w, "sha256");
	if (j->policy)
		qiao_jw_hex(w, qiao_slice_hash(&info.sha256));
	else
		qiao_jw_null(w);
	qiao_jw_kint(w, "tests", (int64_t)info.tests);
	qiao_jw_kint(w, "warnings", j->d.warnings);
}

static void json_test(struct qiao_jw *w, const struct job *j)
{
	const struct qiao_policy_test_report *r = &j->report;

	qiao_jw_kint(w, "cases", (int64_t)r->cases);
	qiao_jw_kint(w, "failed", (int64_t)r->failed);
	json_lines(w, "lines",
		   without_last_line(qiao_buf_slice(&j->report.text)));
	qiao_jw_kint(w, "rules", (int64_t)r->rules);
	qiao_jw_kint(w, "rules_both", (int64_t)r->both);
	qiao_jw_kint(w, "rules_decided", (int64_t)r->decided);
}

static int print_json(const struct job *j,
		      void (*members)(struct qiao_jw *w, const struct job *j))
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_why why;
	struct qiao_jw w;
	qiao_err err;

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	members(&w, j);
	qiao_jw_end(&w);
	err = qiao_jw_finish(&w);
	if (err == QIAO_OK) {
		put(qiao_buf_slice(&b));
		putchar('\n');
	}
	qiao_buf_free(&b);
	if (err == QIAO_OK)
		return QIAO_EXIT_OK;
	qiao_fail(&why, err, "%s", qiao_strerror(err));
	return qiao_cli_fail(&why);
}

/* --- running ------------------------------------------------------------- */

/* "--strict" is of this command alone: taken out before the others. */
static int take_strict(struct job *j, int argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--strict") == 0)
			j->strict = true;
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

/* -1: go on; otherwise the exit code. */
static int start(struct job *j, bool may_be_strict, int argc, char **argv)
{
	struct qiao_why why;
	DIR *dir;

	memset(j, 0, sizeof(*j));
	if (may_be_strict)
		argc = take_strict(j, argc, argv);
	if (!qiao_cli_options(&j->cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (j->cli.argc != 2 || strcmp(j->cli.argv[1], "--help") == 0) {
		bool asked = j->cli.argc == 2;

		fputs(usage, asked ? stdout : stderr);
		return asked ? QIAO_EXIT_OK : QIAO_EXIT_USAGE;
	}
	j->dir = j->cli.argv[1];
	dir = opendir(j->dir);
	if (!dir) {
		qiao_fail(&why, QIAO_E_IO, "%s: %s", j->dir, strerror(errno));
		return qiao_cli_fail(&why);
	}
	closedir(dir);
	return -1;
}

static void end(struct job *j)
{
	qiao_policy_test_free(&j->report);
	qiao_policy_unref(j->policy);
	qiao_conf_folder_free(&j->folder);
	qiao_diags_free(&j->d);
}

static qiao_err load(struct job *j)
{
	qiao_err err = qiao_conf_folder_read(&j->folder, &j->d, j->dir);

	if (err != QIAO_OK)
		return err;
	return qiao_policy_load(&j->policy, &j->d, j->folder.files, j->folder.n,
				qiao_now_ms());
}

static int no_answer(qiao_err err)
{
	struct qiao_why why;

	qiao_fail(&why, err, "%s", qiao_strerror(err));
	return qiao_cli_fail(&why);
}

static int print_checked(const struct job *j)
{
	int code = QIAO_EXIT_OK;

	if (j->cli.json)
		code = print_json(j, json_check);
	else
		print_check(j);
	if (code == QIAO_EXIT_OK && !j->policy)
		code = QIAO_EXIT_NO;
	return code;
}

static int check(int argc, char **argv)
{
	struct job j;
	int code = start(&j, false, argc, argv);
	qiao_err err;

	if (code >= 0)
		return code;
	err = load(&j);
	if (err == QIAO_OK || err == QIAO_E_CONFIG)
		code = print_checked(&j);
	else
		code = no_answer(err);
	end(&j);
	return code;
}

static int print_tested(const struct job *j, qiao_err err)
{
	int code = QIAO_EXIT_OK;

	if (j->cli.json)
		code = print_json(j, json_test);
	else
		print_test(j);
	if (code == QIAO_EXIT_OK && (err != QIAO_OK || j->report.cases == 0))
		code = QIAO_EXIT_NO;
	return code;
}

static int test(int argc, char **argv)
{
	struct job j;
	int code = start(&j, true, argc, argv);
	qiao_err err;

	if (code >= 0)
		return code;
	err = load(&j);
	if (err == QIAO_OK)
		err = qiao_policy_test(j.policy, &j.report, &j.d,
				       j.folder.files, j.folder.n, j.strict);
	if (err == QIAO_E_CONFIG)
		code = print_checked(&j);
	else if (err == QIAO_OK || err == QIAO_E_DENIED)
		code = print_tested(&j, err);
	else
		code = no_answer(err);
	end(&j);
	return code;
}

int qiao_cmd_policy(int argc, char **argv)
{
	static const struct qiao_cli_verb verbs[] = {
		{ "check", check },
		{ "test", test },
		{ NULL, NULL },
	};

	return qiao_cli_run(verbs, usage, argc, argv);
}
