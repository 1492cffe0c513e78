# SPDX-License-Identifier: Apache-2.0
L := adapters/inhouse/ledger
LIB_SRC += gateway/store/ledger.c
PROGS += qiao-ledger
qiao-ledger_SRC := $(addprefix $(L)/,chain.c command_ask.c command_init.c \
  command_put.c command_run.c config.c entry.c main.c maker.c ops.c read.c \
  validators.c)
UNIT_SRC += tests/unit/store/ledger_rows_test.c
