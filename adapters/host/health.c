/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/health.h"

#include "gateway/base/log.h"

static const struct {
	enum qiao_health from;
	enum qiao_health_event ev;
	enum qiao_health to;
} table[] = {
	/* clang-format off */
	{ QIAO_HEALTH_DOWN,     QIAO_HEALTH_EV_START,  QIAO_HEALTH_STARTING },
	{ QIAO_HEALTH_DOWN,     QIAO_HEALTH_EV_FAILED, QIAO_HEALTH_DOWN },
	{ QIAO_HEALTH_STARTING, QIAO_HEALTH_EV_OPENED, QIAO_HEALTH_READY },
	{ QIAO_HEALTH_STARTING, QIAO_HEALTH_EV_FAILED, QIAO_HEALTH_DOWN },
	{ QIAO_HEALTH_STARTING, QIAO_HEALTH_EV_MISFIT, QIAO_HEALTH_REFUSED },
	{ QIAO_HEALTH_READY,    QIAO_HEALTH_EV_FAILED, QIAO_HEALTH_DOWN },
	{ QIAO_HEALTH_REFUSED,  QIAO_HEALTH_EV_FAILED, QIAO_HEALTH_REFUSED },
	/* clang-format on */
};

bool qiao_health_move(enum qiao_health *state, enum qiao_health_event ev)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].from == *state && table[i].ev == ev) {
			*state = table[i].to;
			return true;
		}
	}
	return false;
}

const char *qiao_health_name(enum qiao_health state)
{
	switch (state) {
	case QIAO_HEALTH_DOWN:
		return "down";
	case QIAO_HEALTH_STARTING:
		return "starting";
	case QIAO_HEALTH_READY:
		return "ready";
	case QIAO_HEALTH_REFUSED:
		return "refused";
	}
	qiao_bug(__FILE__, __LINE__, "health outside its enum");
	return "";
}

int64_t qiao_health_backoff_ms(unsigned int failures)
{
	int64_t ms = 200;

	if (failures == 0)
		return 0;
	while (--failures > 0 && ms < 30000)
		ms *= 2;
	return ms < 30000 ? ms : 30000;
}
