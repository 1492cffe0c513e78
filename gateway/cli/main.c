/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/cli.h"

#include <stdio.h>
#include <string.h>

/* A new subcommand: one row here, one file beside this one. */
static const struct {
	const char *name;
	const char *en, *zh;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "status", "what runs, and how far it is", "运行状况",
	  qiao_cmd_status },
	{ "trace", "every step of a record, transfer or decision",
	  "一条记录、传递或决定的全过程", qiao_cmd_trace },
	{ "denied", "what was denied or held, by reason",
	  "被拒绝、暂缓的,按理由汇总", qiao_cmd_denied },
	{ "doctor", "what is wrong, and what to do about it",
	  "体检: 哪里有问题,怎么办", qiao_cmd_doctor },
	{ "reload", "check the policy and put it in force", "检查并启用新策略",
	  qiao_cmd_reload },
	{ "stop", "end the daemon", "停止网关", qiao_cmd_stop },
	{ "chain", "let a frozen chain go on (two operators sign)",
	  "解除链的冻结(须两名操作员签名)", qiao_cmd_chain },
	{ "route", "let a frozen route go on (two operators sign)",
	  "解除路由的冻结(须两名操作员签名)", qiao_cmd_route },
	{ "policy", "check and test a policy folder", "检查和测试策略目录",
	  qiao_cmd_policy },
	{ "audit", "export the audit log, verify it offline",
	  "导出审计日志,离线核验", qiao_cmd_audit },
	{ "verify", "judge serialised blocks of a chain, offline",
	  "离线校验链的区块", qiao_cmd_verify },
	{ "key", "make and show keys", "生成、显示密钥", qiao_cmd_key },
	{ "config", "a commented configuration", "带注释的配置样例",
	  qiao_cmd_config },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fputs("usage: qiao [--lang zh|en] [--config FILE | --socket PATH] "
	      "COMMAND...\n\n",
	      to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n  %-10s %s\n", commands[i].name,
			commands[i].en, "", commands[i].zh);
	fputs("\n  --version  print the version\n             显示版本\n"
	      "\nqiao(1) has the details.\n",
	      to);
}

int main(int argc, char **argv)
{
	int front = qiao_cli_front(argc - 1, argv + 1);
	const char *name;

	argc -= front;
	argv += front;
	name = argc > 1 ? argv[1] : "";
	if (strcmp(name, "--version") == 0) {
		puts("qiao " QIAO_VERSION);
		return QIAO_EXIT_OK;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		help(stdout);
		return QIAO_EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	help(stderr);
	return QIAO_EXIT_USAGE;
}
