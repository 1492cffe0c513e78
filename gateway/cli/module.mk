# SPDX-License-Identifier: Apache-2.0
PROGS += qiao
qiao_SRC += gateway/cli/file.c
qiao_SRC += gateway/cli/main.c
qiao_SRC += gateway/cli/verify.c
