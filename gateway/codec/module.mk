# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/codec/,json.c json_write.c mp.c)
UNIT_SRC += tests/unit/codec/mp_test.c tests/unit/codec/json_test.c
FUZZ_SRC += tests/fuzz/mp.c tests/fuzz/json.c
LIB_SRC += gateway/codec/control.c
UNIT_SRC += tests/unit/codec/control_test.c
FUZZ_SRC += tests/fuzz/control.c
