/* SPDX-License-Identifier: Apache-2.0 */
/* One case of a test file: its settings, checked, and as a question. */
#ifndef POLICIES_ENGINE_CASE_H
#define POLICIES_ENGINE_CASE_H

#include "policies/engine/engine.h"

/* Strings are borrowed from the parsed file. */
struct qiao_policy_case {
	const char *name;
	struct qiao_policy_request request;
	struct qiao_policy_facts facts;
	const struct qiao_cnode *expect;
	const char *fields[QIAO_FIELDS_MAX];
	bool in_clear[QIAO_FIELDS_MAX];
};

/* Findings about one case go to d; false when there are any. */
bool qiao_policy_case_check(const struct qiao_conf *c, struct qiao_diags *d,
			    const struct qiao_cnode *node);
/* A case that was checked. */
void qiao_policy_case_read(struct qiao_policy_case *out,
			   const struct qiao_cnode *node);

#endif
