/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao`: one subcommand per file. A subcommand gets its own name as argv[0]
 * and gives the exit code: 0 done, 1 the answer is no, 2 wrong use or no
 * answer.
 */
#ifndef GATEWAY_CLI_CLI_H
#define GATEWAY_CLI_CLI_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"

enum {
	QIAO_EXIT_OK = 0,
	QIAO_EXIT_NO = 1,
	QIAO_EXIT_USAGE = 2,
};

/* One file each, in the order of the table in main.c. */
int qiao_cmd_key(int argc, char **argv);
int qiao_cmd_verify(int argc, char **argv);

/*
 * The verbs of a command that has some, such as `key new`; a row without name
 * ends the list. The verb becomes argv[0]. Without one that fits, usage is
 * printed, and `--help` prints it as an answer.
 */
struct qiao_cli_verb {
	const char *name;
	int (*run)(int argc, char **argv);
};
int qiao_cli_run(const struct qiao_cli_verb *verbs, const char *usage, int argc,
		 char **argv);

/*
 * Append a regular file or pipe of at most max bytes to out. QIAO_E_IO,
 * QIAO_E_LIMIT, QIAO_E_NOMEM.
 */
qiao_err qiao_cli_read(struct qiao_buf *out, const char *path, size_t max,
		       struct qiao_why *why);

#endif
