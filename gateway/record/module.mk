# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/record/,check.c disclosure.c fieldtree.c head.c \
           payload.c transfer_id.c)
