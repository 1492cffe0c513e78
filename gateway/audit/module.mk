# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/audit/,checkpoint.c entry.c log.c tree.c \
           unfreeze.c)
UNIT_SRC += $(addprefix tests/unit/audit/,audit_log_test.c unfreeze_test.c)
FUZZ_SRC += tests/fuzz/checkpoint.c tests/fuzz/unfreeze.c
