# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix adapters/host/,call.c health.c host.c link.c ops.c)
UNIT_SRC += $(addprefix tests/unit/host/,call_test.c health_test.c link_test.c)
