# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/wire/,envelope.c transfer_id.c)
UNIT_SRC += tests/unit/wire/transfer_id_test.c
FUZZ_SRC += tests/fuzz/transfer.c
