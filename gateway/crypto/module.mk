# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/crypto/,crl.c der.c ecdsa.c hash.c key.c \
           merkle.c p256.c pem.c pem_key.c secp256k1.c sig.c tlscheck.c x509.c \
           x509_ext.c x509_verify.c)
UNIT_SRC += $(addprefix tests/unit/crypto/,crl_test.c ecdsa_test.c \
            hash_test.c key_test.c merkle_test.c pem_test.c sig_test.c \
            x509_test.c)
FUZZ_SRC += $(addprefix tests/fuzz/,ecdsa_sig.c x509_cert.c x509_crl.c)
