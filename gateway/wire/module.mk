# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/wire/,envelope.c evidence.c queued.c transfer_id.c)
UNIT_SRC += $(addprefix tests/unit/wire/,evidence_test.c transfer_id_test.c)
FUZZ_SRC += tests/fuzz/evidence.c tests/fuzz/transfer.c
