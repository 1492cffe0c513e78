# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/daemon/,accept.c arrival.c bell.c chain.c \
           daemon.c decide.c deliverer.c exchange.c follower.c headers.c \
           message.c overlay.c receipts.c release.c send.c sender.c \
           statement.c subject.c)
