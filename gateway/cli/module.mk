# SPDX-License-Identifier: Apache-2.0
# What tests call is in the library; the program is the table of commands.
PROGS += qiao
qiao_SRC += gateway/cli/main.c
qiao_SRC += gateway/cli/verify.c
LIB_SRC += gateway/cli/file.c
LIB_SRC += gateway/cli/key.c
LIB_SRC += gateway/cli/verb.c
UNIT_SRC += tests/unit/cli/key_cmd_test.c
