# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/store/,audit.c chain.c conn.c cursor.c \
           evidence.c header.c in.c message.c meta.c out.c proof.c record.c schema.c \
           sql.c store.c view.c)
FAULT_SRC += gateway/store/vfs_fault.c
UNIT_SRC += $(addprefix tests/unit/store/,crash_test.c rows_test.c \
            store_test.c)
TEST_PROGS += store-writer
store-writer_SRC := tests/unit/store/store_writer.c
