# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix adapters/sdk/,adapter.c fetch.c main.c parent.c serve.c)
UNIT_SRC += $(addprefix tests/unit/adapters/sdk/,abi_test.c adapter_test.c)
FUZZ_SRC += tests/fuzz/adapter_request.c
