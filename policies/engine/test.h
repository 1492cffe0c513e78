/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test files beside the policy, in the same syntax:
 *
 *	tests = ( { name = "..."; at = "2026-11-20T10:00:00+08:00";
 *	            request = { ... }; proof = { ... }; expect = { ... }; } );
 *
 * `qiao policy test` runs them; docs/policy.md has all settings. What a case
 * does not say is the good case: issuer known, checks ok, clock healthy.
 */
#ifndef POLICIES_ENGINE_TEST_H
#define POLICIES_ENGINE_TEST_H

#include "policies/engine/engine.h"

struct qiao_policy_test_report {
	size_t cases, failed;
	/* rules that decided a case; that were seen applying and not applying
	 */
	size_t rules, decided, both;
	/* one line per case, then per permit that no case tests (W204) */
	struct qiao_buf text;
};

/*
 * Run every case of the files of kind `tests` among these; others are passed
 * over. `strict`: a permit that no case tests is counted as failed. The report
 * is filled also on failure and ends with qiao_policy_test_free.
 * QIAO_OK: all passed. QIAO_E_DENIED: some failed. QIAO_E_CONFIG: a file is
 * wrong (said in d), nothing was run. QIAO_E_NOMEM.
 */
qiao_err qiao_policy_test(const struct qiao_policy *p,
			  struct qiao_policy_test_report *out,
			  struct qiao_diags *d,
			  const struct qiao_conf_file *files, size_t n,
			  bool strict);
void qiao_policy_test_free(struct qiao_policy_test_report *r);

/* Shape of one parsed file; findings go to d. Returns the number of cases. */
size_t qiao_policy_tests_check(const struct qiao_conf *c, struct qiao_diags *d);

#endif
