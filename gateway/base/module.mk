# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/base/,buf.c clock.c err.c hex.c log.c mem.c \
           reader.c slice.c why.c)
# compiled a second time with -DQIAO_FAULTS, for the tests
FAULT_SRC += gateway/base/mem.c
UNIT_SRC += tests/unit/base/reader_test.c
