# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix adapters/fabric/,block.c config.c entry.c message.c pb.c replay.c sign.c)
PROGS += qiao-adapter-fabric
qiao-adapter-fabric_SRC := $(addprefix adapters/fabric/,adapter.c blocks.c contract.c \
                           explain.c gateway.c live.c rpc.c session.c)
UNIT_SRC += $(addprefix tests/unit/fabric/,block_test.c live_config_test.c message_test.c \
            replay_test.c sign_test.c)
FUZZ_SRC += tests/fuzz/fabric_answer.c tests/fuzz/fabric_copy.c

# Messages of Fabric's gRPC services. Only the live adapter and its test double
# link gRPC and protobuf-c; what the light client reads it reads by itself.
FABRIC_PKGS := grpc libprotobuf-c
FABRIC_LIBS := $(shell $(PKG_CONFIG) --libs $(FABRIC_PKGS) 2>/dev/null)
PB += $(addprefix adapters/fabric/proto/,common proposal service)
TEST_LIBS += $(shell $(PKG_CONFIG) --libs libprotobuf-c 2>/dev/null)
qiao-adapter-fabric_LIBS := $(FABRIC_LIBS)
