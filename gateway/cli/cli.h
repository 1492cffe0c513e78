/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao`: one subcommand per file. A subcommand gets its own name as argv[0]
 * and gives the exit code: 0 done, 1 the answer is no, 2 wrong use or no
 * answer. `qiao audit verify` has more of them, see qiao(1).
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

int qiao_cmd_audit(int argc, char **argv);
int qiao_cmd_chain(int argc, char **argv);
int qiao_cmd_evidence(int argc, char **argv); /* of audit */
int qiao_cmd_config(int argc, char **argv);
int qiao_cmd_denied(int argc, char **argv);
int qiao_cmd_doctor(int argc, char **argv);
int qiao_cmd_key(int argc, char **argv);
int qiao_cmd_policy(int argc, char **argv);
int qiao_cmd_reload(int argc, char **argv);
int qiao_cmd_route(int argc, char **argv);
int qiao_cmd_status(int argc, char **argv);
int qiao_cmd_stop(int argc, char **argv);
int qiao_cmd_trace(int argc, char **argv);
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
 * What most subcommands understand, anywhere among their arguments, and in
 * front of the subcommand too: --lang zh|en, --json, --config FILE, --socket
 * PATH.
 */
struct qiao_cli {
	bool zh;
	bool json;
	const char *config; /* never NULL */
	const char *socket; /* NULL: of the configuration */
	int argc;           /* what is left, argv[0] included */
	char **argv;
};
/*
 * Takes the options out of argv, which is reordered. False: a wrong option,
 * said on stderr. Options that stood in front of the subcommand count.
 */
bool qiao_cli_options(struct qiao_cli *out, int argc, char **argv);
/* For main(): takes options off the front; how many arguments they were. */
int qiao_cli_front(int argc, char **argv);
/* Say how it is used; QIAO_EXIT_USAGE. */
int qiao_cli_usage(const char *text);
/* On stdout, as it is. */
void qiao_cli_print(const struct qiao_buf *b);
/* Say what failed; QIAO_EXIT_USAGE. */
int qiao_cli_fail(const struct qiao_why *why);

/*
 * Ask the running daemon. *text is what it says, whatever *answer is; the
 * return value is about the way to it: QIAO_E_CLOSED when no daemon runs,
 * QIAO_E_CONFIG when the configuration does not say where.
 */
qiao_err qiao_cli_ask(const struct qiao_cli *cli, qiao_err *answer,
		      struct qiao_buf *text, const char *command,
		      const char *const *args, size_t n, struct qiao_why *why);

/*
 * Append a regular file or pipe of at most max bytes to out. QIAO_E_IO,
 * QIAO_E_LIMIT, QIAO_E_NOMEM.
 */
qiao_err qiao_cli_read(struct qiao_buf *out, const char *path, size_t max,
		       struct qiao_why *why);

#endif
