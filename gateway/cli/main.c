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
	{ "key", "make and show key files", "生成和查看密钥文件",
	  qiao_cmd_key },
	{ "verify", "judge serialised blocks of a chain, offline",
	  "离线校验链的区块", qiao_cmd_verify },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fputs("usage: qiao COMMAND [OPTION]... (qiao COMMAND --help)\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n  %-10s %s\n", commands[i].name,
			commands[i].en, "", commands[i].zh);
	fputs("\n  --version  print the version\n             显示版本\n", to);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

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
