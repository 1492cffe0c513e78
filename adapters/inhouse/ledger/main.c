/* SPDX-License-Identifier: Apache-2.0 */
/* qiao-ledger: the reference in-house ledger. See ../README.md. */
#include "adapters/inhouse/ledger/command.h"
#include "gateway/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: qiao-ledger COMMAND ...\n"
	"\n"
	"A reference in-house ledger: a durable chain of signed blocks in one "
	"process.\n"
	"Several validator keys make it look to a light client like a chain of "
	"several\n"
	"signers; they are all held here. It is no consensus engine.\n"
	"\n"
	"  init DIR --chain NAME [--validators N] [--network HEX] [--account "
	"NAME=KEY]...\n"
	"       [--issuer ORG=KEY]... [--block-ms N] [--idle-ms N]\n"
	"       make keys, block 0, ledger.conf and the anchor file in a new "
	"folder\n"
	"  run DIR --listen URL\n"
	"       serve it at ipc:///PATH or tcp://127.0.0.1:PORT\n"
	"  put URL --key FILE --org ORG --type TYPE --id ID [--state S] "
	"[--version N]\n"
	"       [--type-version N] [--issued DATE] [--from DATE] [--to DATE] "
	"[--region N]\n"
	"       [--class N] [--count N] NAME=VALUE...\n"
	"       sign a record (N of them, ids ID-1, ID-2, ...) and wait for its "
	"block\n"
	"  rotate URL [--add N] [--remove KEYID]...\n"
	"       hand over to another validator set with the next block\n"
	"  info URL\n"
	"       what chain is served, how high, by whom signed\n"
	"  key FILE\n"
	"       make a key for an account or issuer, print its public half\n"
	"\n"
	"For tests only, of run: --test-equivocate HEIGHT (sign and serve a "
	"second header),\n"
	"--test-drop N (leave every N-th request unanswered), --test-delay MS\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "init", qiao_ledger_command_init },
	{ "run", qiao_ledger_command_run },
	{ "put", qiao_ledger_command_put },
	{ "rotate", qiao_ledger_command_rotate },
	{ "info", qiao_ledger_command_info },
	{ "key", qiao_ledger_command_key },
};

bool qiao_ledger_number(uint64_t *out, const char *option, const char *text,
			uint64_t max)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && errno == 0 &&
	    *out <= max)
		return true;
	fprintf(stderr, "qiao-ledger: %s takes a number up to %llu, not %s\n",
		option, (unsigned long long)max, text);
	return false;
}

int qiao_ledger_fail(qiao_err err, const struct qiao_why *why)
{
	fprintf(stderr, "qiao-ledger: %s\n",
		why->text[0] ? why->text : qiao_strerror(err));
	return 1;
}

int main(int argc, char **argv)
{
	qiao_log_set_name("qiao-ledger");
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands);
	     i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return puts("qiao-ledger " QIAO_VERSION) < 0;
	fputs(usage, stderr);
	return 2;
}
