# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/codec/,json.c json_write.c mp.c)
UNIT_SRC += tests/unit/codec/mp_test.c tests/unit/codec/json_test.c
FUZZ_SRC += tests/fuzz/mp.c tests/fuzz/json.c
