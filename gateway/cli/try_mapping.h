/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mapping file makes of the writes that `qiao verify` meets, without a
 * gateway. Keys, types, ids and codes are said; values never.
 */
#ifndef GATEWAY_CLI_TRY_MAPPING_H
#define GATEWAY_CLI_TRY_MAPPING_H

#include "gateway/base/why.h"
#include "gateway/verify/lightclient.h"

struct qiao_try_mapping;

/*
 * mapping: the file; policy: the folder with catalogue and organisations;
 * chain: the nickname that those know. What is wrong with either goes to
 * stderr, all of it; *out is NULL then.
 */
qiao_err qiao_try_mapping_open(struct qiao_try_mapping **out,
			       const char *mapping, const char *policy,
			       const char *chain, struct qiao_why *why);
void qiao_try_mapping_free(struct qiao_try_mapping *t); /* NULL is fine */

/* Takes the writes of one block, for the life of *t. */
struct qiao_proven_sink qiao_try_mapping_sink(struct qiao_try_mapping *t);
/* The block was judged: print a line for each of its writes, or drop them. */
void qiao_try_mapping_block(struct qiao_try_mapping *t, bool accepted);
/* How many of each, in one line. */
void qiao_try_mapping_summary(const struct qiao_try_mapping *t);

#endif
