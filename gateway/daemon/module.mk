# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/daemon/,accept.c arrival.c bell.c chain.c \
           conclude.c daemon.c decide.c deliverer.c exchange.c follower.c freeze.c \
           operators.c unfreeze.c \
           headers.c \
           message.c overlay.c owed.c receipts.c release.c send.c sender.c \
           statement.c subject.c)
LIB_SRC += gateway/daemon/config.c
LIB_SRC += gateway/daemon/config_check.c
LIB_SRC += gateway/daemon/config_text.c
LIB_SRC += gateway/daemon/options.c
LIB_SRC += gateway/daemon/spawn_exec.c
LIB_SRC += gateway/daemon/spawn_link.c
LIB_SRC += gateway/daemon/spawn_msg.c
LIB_SRC += gateway/daemon/spawner.c
UNIT_SRC += tests/unit/daemon/arrival_test.c tests/unit/daemon/config_test.c
UNIT_SRC += tests/unit/daemon/freeze_test.c tests/unit/daemon/headers_test.c
UNIT_SRC += tests/unit/daemon/unfreeze_daemon_test.c
# gcc 12's TSan cannot follow the fork of a process that has threads, and its
# shadow memory does not fit the limits that the spawner sets
ifneq ($(SAN),thread)
UNIT_SRC += tests/unit/daemon/spawner_test.c
endif
LIB_SRC += gateway/daemon/control.c
LIB_SRC += gateway/daemon/denied.c
LIB_SRC += gateway/daemon/doctor.c
LIB_SRC += gateway/daemon/report_text.c
LIB_SRC += gateway/daemon/rules.c
LIB_SRC += gateway/daemon/rules_source.c
LIB_SRC += gateway/daemon/run.c
LIB_SRC += gateway/daemon/start.c
LIB_SRC += gateway/daemon/status.c
LIB_SRC += gateway/daemon/trace.c
LIB_SRC += gateway/daemon/trace_step.c
PROGS += qiaod
qiaod_SRC += gateway/daemon/main.c
$(B)/gateway/daemon/options.o: EXTRA_CPPFLAGS += -DQIAO_ADAPTERDIR='"$(ADAPTERDIR)"'
UNIT_SRC += tests/unit/daemon/report_test.c
UNIT_SRC += tests/unit/daemon/rules_test.c
UNIT_SRC += $(addprefix tests/unit/daemon/,conclude_test.c deliverer_test.c \
            owed_test.c receipts_test.c)
