# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/crypto/,der.c ecdsa.c hash.c key.c merkle.c \
           p256.c secp256k1.c sig.c tlscheck.c)
UNIT_SRC += $(addprefix tests/unit/crypto/,hash_test.c key_test.c \
            merkle_test.c sig_test.c)
