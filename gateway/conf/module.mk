# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/conf/,check.c conf.c diag.c folder.c lex.c tree.c)
UNIT_SRC += tests/unit/conf/conf_test.c tests/unit/conf/check_test.c \
            tests/unit/conf/folder_test.c
FUZZ_SRC += tests/fuzz/conf.c
