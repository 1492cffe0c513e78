# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/crypto/,hash.c merkle.c)
UNIT_SRC += $(addprefix tests/unit/crypto/,hash_test.c merkle_test.c)
