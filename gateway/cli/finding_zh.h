/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_CLI_FINDING_ZH_H
#define GATEWAY_CLI_FINDING_ZH_H

#include "gateway/include/qiao/types.h"

/* What a finding "E101" is, in Chinese; "" for a code that has no text. */
const char *qiao_finding_zh(struct qiao_slice code);

#endif
