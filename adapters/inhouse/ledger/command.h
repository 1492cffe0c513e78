/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of qiao-ledger. Each returns the exit code of main. */
#ifndef ADAPTERS_INHOUSE_LEDGER_COMMAND_H
#define ADAPTERS_INHOUSE_LEDGER_COMMAND_H

#include "gateway/base/why.h"

int qiao_ledger_command_init(int argc, char **argv);
int qiao_ledger_command_run(int argc, char **argv);
int qiao_ledger_command_put(int argc, char **argv);
int qiao_ledger_command_rotate(int argc, char **argv);
int qiao_ledger_command_info(int argc, char **argv);
int qiao_ledger_command_key(int argc, char **argv);

/* A number of the command line; false, and a line on stderr, when it is none.
 */
bool qiao_ledger_number(uint64_t *out, const char *option, const char *text,
			uint64_t max);
/* The failure in words on stderr; gives 1. */
int qiao_ledger_fail(qiao_err err, const struct qiao_why *why);

#endif
