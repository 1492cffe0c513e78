# SPDX-License-Identifier: Apache-2.0
# A test double, never installed. Its messages are its own: they stay out of the
# library.
D := tests/doubles/fabric
TEST_PROGS += qiao-fabric-double
qiao-fabric-double_SRC := $(addprefix $D/,auth.c chaincode.c config.c control.c \
  deliver.c gateway.c host.c ledger.c main.c make.c net.c pki.c pool.c server.c \
  state.c tx.c validate.c) \
  gen/$D/fabric.pb-c.c
qiao-fabric-double_LIBS := $(FABRIC_LIBS)
$(patsubst %.c,$(B)/%.o,$(filter $D/%,$(qiao-fabric-double_SRC))): | $(B)/gen/$D/fabric.pb-c.h
