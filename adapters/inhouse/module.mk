# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix adapters/inhouse/,claim.c client.c inhouse.c record.c)
PROGS += qiao-adapter-inhouse
qiao-adapter-inhouse_SRC := adapters/inhouse/adapter.c
UNIT_SRC += $(addprefix tests/unit/adapters/inhouse/,inhouse_adapter_test.c \
            inhouse_ledger_test.c inhouse_record_test.c)
# they start the real programs
check-unit: $(B)/qiao-adapter-inhouse $(B)/qiao-ledger
valgrind-run: $(B)/qiao-adapter-inhouse $(B)/qiao-ledger
FUZZ_SRC += tests/fuzz/inhouse.c
