# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/base/,buf.c clock.c err.c file.c hex.c log.c mem.c \
           reader.c slice.c why.c workers.c)
FAULT_SRC += gateway/base/mem.c
UNIT_SRC += $(addprefix tests/unit/base/,buf_test.c clock_test.c hex_test.c \
            log_test.c mem_test.c reader_test.c slice_test.c why_test.c workers_test.c)
FUZZ_SRC += tests/fuzz/text.c tests/fuzz/time.c
