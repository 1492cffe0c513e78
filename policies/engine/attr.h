/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `when` and `unless` may look at: request, proof, the head of the record
 * and declared facts, never the value of another field, so that every decision
 * can be made again from what the audit log keeps.
 */
#ifndef POLICIES_ENGINE_ATTR_H
#define POLICIES_ENGINE_ATTR_H

#include "policies/engine/engine.h"

enum qiao_attr_type {
	QIAO_ATTR_STR,
	QIAO_ATTR_INT,
	QIAO_ATTR_BOOL,
};

/* The value of an attribute in one request; `there` false: it has none. */
struct qiao_attr_value {
	bool there;
	const char *s;
	int64_t i;
	bool b;
};

struct qiao_attr {
	const char *name;
	enum qiao_attr_type type;
	const char *const *words; /* all values it can have; NULL: any */
	bool timed;               /* means nothing without a good clock */
	void (*get)(struct qiao_attr_value *out,
		    const struct qiao_policy_request *req,
		    const struct qiao_policy_facts *facts);
};

const struct qiao_attr *qiao_attr_find(const char *name); /* NULL: unknown */
extern const char *const qiao_attr_names[];               /* ends with NULL */

#endif
