# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/verify/,lightclient.c lc_quorum.c \
           lc_quorum_advance.c lc_quorum_anchor.c lc_quorum_conflict.c \
           lc_quorum_prove.c quorum_format.c quorum_state.c quorum_tree.c)
UNIT_SRC += $(addprefix tests/unit/verify/,lc_quorum_test.c \
            quorum_conflict_test.c quorum_proof_test.c)
FUZZ_SRC += tests/fuzz/quorum.c
LIB_SRC += gateway/verify/fabric_block.c
LIB_SRC += gateway/verify/fabric_pb.c
LIB_SRC += gateway/verify/fabric_pb_group.c
LIB_SRC += gateway/verify/fabric_schema.c
LIB_SRC += gateway/verify/fabric_ca.c
LIB_SRC += gateway/verify/fabric_identity.c
LIB_SRC += gateway/verify/fabric_msp.c
LIB_SRC += gateway/verify/fabric_policy.c
LIB_SRC += gateway/verify/fabric_policy_text.c
LIB_SRC += gateway/verify/fabric_rules.c
LIB_SRC += gateway/verify/fabric_config.c
LIB_SRC += gateway/verify/fabric_group.c
LIB_SRC += gateway/verify/fabric_orderer.c
LIB_SRC += gateway/verify/fabric_update.c
LIB_SRC += gateway/verify/fabric_endorse.c
LIB_SRC += gateway/verify/fabric_follow.c
LIB_SRC += gateway/verify/fabric_tx.c
LIB_SRC += gateway/verify/fabric_writes.c
LIB_SRC += gateway/verify/lc_fabric.c
LIB_SRC += gateway/verify/lc_fabric_advance.c
LIB_SRC += gateway/verify/lc_fabric_anchor.c
LIB_SRC += gateway/verify/lc_fabric_conflict.c
LIB_SRC += gateway/verify/lc_fabric_prove.c
LIB_SRC += gateway/verify/lc_fabric_state.c
LIB_SRC += gateway/verify/fabric_judge.c
UNIT_SRC += tests/unit/verify/fabric_judge_test.c
UNIT_SRC += tests/unit/verify/fabric_lc_test.c
UNIT_SRC += tests/unit/verify/fabric_mutate_test.c
UNIT_SRC += tests/unit/verify/fabric_made_test.c
FUZZ_SRC += tests/fuzz/fabric_block.c
FUZZ_SRC += tests/fuzz/fabric_config.c
FUZZ_SRC += tests/fuzz/fabric_envelope.c
FUZZ_SRC += tests/fuzz/fabric_msp.c
FUZZ_SRC += tests/fuzz/fabric_policy.c
FUZZ_SRC += tests/fuzz/fabric_policy_text.c
UNIT_SRC += tests/unit/verify/fabric_pb_test.c
UNIT_SRC += tests/unit/verify/fabric_policy_test.c
UNIT_SRC += tests/unit/verify/fabric_msp_test.c
TEST_PROGS += bench-quorum-headers
bench-quorum-headers_SRC := tests/bench/quorum_headers.c
