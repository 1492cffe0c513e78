/* SPDX-License-Identifier: Apache-2.0 */
/* qiao policy check: everything wrong with a folder, in one run. */
#include "gateway/cli/cli.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "gateway/conf/folder.h"
#include "policies/engine/engine.h"

#include <stdio.h>
#include <string.h>

static void sha256_of(char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)],
		      struct qiao_policy_info *info,
		      const struct qiao_policy *p)
{
	qiao_policy_info(p, info);
	qiao_hex_encode(hex, qiao_slice_hash(&info->sha256));
}

static void print_text(const struct qiao_diags *d, const struct qiao_policy *p,
		       bool zh)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_policy_info info;

	fwrite(d->text.p, 1, d->text.n, stdout);
	if (!p) {
		printf(zh ? "%u 个错误, %u 个警告\n"
			  : "%u errors, %u warnings\n",
		       d->errors, d->warnings);
		return;
	}
	sha256_of(hex, &info, p);
	printf(zh ? "通过: %zu 条规则, %u 个警告\nsha256 %s\n"
		  : "good: %zu rules, %u warnings\nsha256 %s\n",
	       info.rules, d->warnings, hex);
}

static void json_findings(struct qiao_jw *w, const struct qiao_diags *d)
{
	const char *p = (const char *)d->text.p;
	size_t left = d->text.n;

	qiao_jw_key(w, "findings");
	qiao_jw_arr(w);
	while (left > 0) {
		const char *end = memchr(p, '\n', left);
		size_t n = end ? (size_t)(end - p) : left;

		qiao_jw_str(w, qiao_slice_of(p, n));
		p += n + (end != NULL);
		left -= n + (end != NULL);
	}
	qiao_jw_end(w);
}

static void print_json(const struct qiao_diags *d, const struct qiao_policy *p)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_policy_info info = { .rules = 0 };
	struct qiao_buf out = QIAO_BUF;
	struct qiao_jw w;

	if (p)
		sha256_of(hex, &info, p);
	qiao_jw_init(&w, &out);
	qiao_jw_obj(&w);
	qiao_jw_kint(&w, "errors", d->errors);
	json_findings(&w, d);
	qiao_jw_kint(&w, "rules", (int64_t)info.rules);
	qiao_jw_key(&w, "sha256");
	if (p)
		qiao_jw_cstr(&w, hex);
	else
		qiao_jw_null(&w);
	qiao_jw_kint(&w, "warnings", d->warnings);
	qiao_jw_end(&w);
	fwrite(out.p, 1, out.n, stdout);
	putchar('\n');
	qiao_buf_free(&out);
}

static int check(const struct qiao_cli *cli, const char *dir)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf_folder folder;
	struct qiao_policy *p = NULL;
	qiao_err err = qiao_conf_folder_read(&folder, &d, dir);
	int code;

	if (err == QIAO_OK)
		err = qiao_policy_load(&p, &d, folder.files, folder.n,
				       qiao_now_ms());
	if (cli->json)
		print_json(&d, p);
	else
		print_text(&d, p, cli->zh);
	code = err == QIAO_OK         ? QIAO_EXIT_OK
	       : err == QIAO_E_CONFIG ? QIAO_EXIT_NO
				      : QIAO_EXIT_USAGE;
	qiao_policy_unref(p);
	qiao_conf_folder_free(&folder);
	qiao_diags_free(&d);
	return code;
}

int qiao_cmd_policy(int argc, char **argv)
{
	struct qiao_cli cli;

	if (!qiao_cli_options(&cli, argc, argv))
		return QIAO_EXIT_USAGE;
	if (cli.argc != 3 || strcmp(cli.argv[1], "check") != 0)
		return qiao_cli_usage(
			"qiao policy check FOLDER [--json] [--lang zh|en]");
	return check(&cli, cli.argv[2]);
}
