# SPDX-License-Identifier: Apache-2.0
LIB_SRC += adapters/fabric/replay.c
PROGS += qiao-adapter-fabric
qiao-adapter-fabric_SRC := adapters/fabric/adapter.c
UNIT_SRC += tests/unit/fabric/replay_test.c
