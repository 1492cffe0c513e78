# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/daemon/,arrival.c bell.c chain.c daemon.c \
           decide.c headers.c message.c overlay.c receipts.c release.c \
           statement.c subject.c)
