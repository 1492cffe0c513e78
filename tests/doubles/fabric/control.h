/* SPDX-License-Identifier: Apache-2.0 */
/* Orders to a running double, over a Unix socket in its folder. */
#ifndef TESTS_DOUBLES_FABRIC_CONTROL_H
#define TESTS_DOUBLES_FABRIC_CONTROL_H

#include "tests/doubles/fabric/host.h"

/* A listening socket; -1: it cannot be had, and it was said. */
int control_open(const char *dir);
/* Wait so long for an order, carry it out, answer it. */
void control_serve(struct host *h, int listener, int wait_ms);
/* `qiao-fabric-double --tell DIR WORDS...`: exit code, the answer printed */
int control_tell(const char *dir, char **word, int n);

#endif
