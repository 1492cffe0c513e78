# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/record/,catalogue.c check.c disclosure.c \
           fieldtree.c head.c load.c moves.c orgs.c payload.c \
           transfer_id.c)
