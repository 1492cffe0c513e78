/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/cli.h"

#include <stdio.h>
#include <string.h>

int qiao_cli_run(const struct qiao_cli_verb *verbs, const char *usage, int argc,
		 char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (; verbs->name; verbs++)
		if (strcmp(name, verbs->name) == 0)
			return verbs->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0) {
		fputs(usage, stdout);
		return QIAO_EXIT_OK;
	}
	fputs(usage, stderr);
	return QIAO_EXIT_USAGE;
}
