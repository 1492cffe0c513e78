# SPDX-License-Identifier: Apache-2.0
LIB_SRC += gateway/codec/mp.c
UNIT_SRC += tests/unit/codec/mp_test.c
FUZZ_SRC += tests/fuzz/mp.c
