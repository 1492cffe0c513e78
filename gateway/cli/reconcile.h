/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_CLI_RECONCILE_H
#define GATEWAY_CLI_RECONCILE_H

/*
 * argv[0] is the subcommand. 0: all accounted for; 2: not; 3: cannot read; 64:
 * wrong use.
 */
int qiao_cmd_reconcile(int argc, char **argv);

#endif
