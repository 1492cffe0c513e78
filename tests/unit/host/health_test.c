/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/health.h"

#include "tests/unit/suite.h"

#include <string.h>

/* next[state][event]; -1: the table has no such row */
static const int next[4][4] = {
	{ QIAO_HEALTH_STARTING, -1, QIAO_HEALTH_DOWN, -1 },
	{ -1, QIAO_HEALTH_READY, QIAO_HEALTH_DOWN, QIAO_HEALTH_REFUSED },
	{ -1, -1, QIAO_HEALTH_DOWN, -1 },
	{ -1, -1, QIAO_HEALTH_REFUSED, -1 },
};

static void every_pair(void)
{
	for (int s = 0; s < 4; s++) {
		for (int e = 0; e < 4; e++) {
			enum qiao_health h = (enum qiao_health)s;
			bool moved =
				qiao_health_move(&h, (enum qiao_health_event)e);

			CU_ASSERT_EQUAL(moved, next[s][e] >= 0);
			CU_ASSERT_EQUAL((int)h, moved ? next[s][e] : s);
		}
	}
}

static void backoff(void)
{
	CU_ASSERT_EQUAL(qiao_health_backoff_ms(0), 0);
	CU_ASSERT_EQUAL(qiao_health_backoff_ms(1), 200);
	CU_ASSERT_EQUAL(qiao_health_backoff_ms(2), 400);
	CU_ASSERT_EQUAL(qiao_health_backoff_ms(9), 30000);
	CU_ASSERT_EQUAL(qiao_health_backoff_ms(4000000000u), 30000);
}

static void names(void)
{
	CU_ASSERT_STRING_EQUAL(qiao_health_name(QIAO_HEALTH_DOWN), "down");
	CU_ASSERT_STRING_EQUAL(qiao_health_name(QIAO_HEALTH_READY), "ready");
}

static const struct test_case cases[] = {
	{ "every pair of state and event goes where the table says",
	  every_pair },
	{ "the pause doubles up to half a minute", backoff },
	{ "states have names", names },
	{ NULL, NULL },
};

const struct test_suite health_test_suite = { "host/health", cases };
