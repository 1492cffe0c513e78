/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout that adapter programs were compiled against. A line that no longer
 * compiles is a new ABI: append members, never move them, or raise the major.
 */
#include "gateway/include/qiao/adapter.h"
#include "tests/unit/suite.h"

#define AT(type, member, offset)                                  \
	_Static_assert(offsetof(struct type, member) == (offset), \
		       #type "." #member " has moved")

/* clang-format off */
#if UINTPTR_MAX == UINT64_MAX
AT(qiao_adapter_api, size, 0);
AT(qiao_adapter_api, abi_major, 8);
AT(qiao_adapter_api, abi_minor, 12);
AT(qiao_adapter_api, name, 16);
AT(qiao_adapter_api, family, 24);
AT(qiao_adapter_api, origin, 32);
AT(qiao_adapter_api, max_parallel, 40);
AT(qiao_adapter_api, capabilities, 48);
AT(qiao_adapter_api, open, 56);
AT(qiao_adapter_api, head, 64);
AT(qiao_adapter_api, fetch, 72);
AT(qiao_adapter_api, prove, 80);
AT(qiao_adapter_api, submit, 88);
AT(qiao_adapter_api, lookup, 96);
AT(qiao_adapter_api, receipt, 104);
AT(qiao_adapter_api, close, 112);
AT(qiao_adapter_api, submit_many, 120);
_Static_assert(sizeof(struct qiao_adapter_api) == 128, "api has grown");
AT(qiao_submitted, err, 0);
AT(qiao_submitted, sentence, 4);
AT(qiao_submission, kind, 0);
AT(qiao_submission, id, 8);
AT(qiao_submission, digest, 40);
AT(qiao_submission, source, 72);
AT(qiao_submission, payload, 104);
AT(qiao_lookup, state, 0);
AT(qiao_lookup, digest, 4);
AT(qiao_lookup, submitter, 36);
AT(qiao_lookup, submitter_len, 104);
AT(qiao_lookup, height, 112);
AT(qiao_lookup, tx, 120);
AT(qiao_lookup, tx_len, 184);
#endif
_Static_assert(QIAO_ADAPTER_ABI_MAJOR == 1, "see above");
_Static_assert(QIAO_LOOKUP_ABSENT == 0 && QIAO_LOOKUP_PENDING == 1 &&
	       QIAO_LOOKUP_UNKNOWN == 2 && QIAO_LOOKUP_DONE == 3, "on wire");
/* clang-format on */

static void the_layout_is_that_of_version_1(void)
{
	CU_PASS("checked by the compiler");
}

static const struct test_case cases[] = {
	{ "the layout is that of version 1", the_layout_is_that_of_version_1 },
	{ NULL, NULL },
};

const struct test_suite abi_test_suite = { "adapters/sdk/abi", cases };
