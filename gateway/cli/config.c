/* SPDX-License-Identifier: Apache-2.0 */
/* qiao config example|manual: the option table as text. */
#include "gateway/cli/cli.h"

#include "gateway/daemon/config.h"

#include <stdio.h>
#include <string.h>

int qiao_cmd_config(int argc, char **argv)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = QIAO_E_USAGE;

	if (argc == 2 && strcmp(argv[1], "example") == 0)
		err = qiao_config_example(&b);
	else if (argc == 2 && strcmp(argv[1], "manual") == 0)
		err = qiao_config_manual(&b);
	if (err == QIAO_OK)
		qiao_cli_print(&b);
	qiao_buf_free(&b);
	if (err != QIAO_OK)
		return qiao_cli_usage("qiao config example | manual");
	return QIAO_EXIT_OK;
}
