# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix gateway/record/,catalogue.c check.c convert.c \
           disclosure.c fieldtree.c finding.c head.c load.c map_apply.c mapping.c \
           moves.c native.c orgs.c payload.c record.c)
UNIT_SRC += $(addprefix tests/unit/record/,catalogue_test.c disclosure_test.c \
            fieldtree_test.c finding_test.c head_test.c identifier_test.c mapping_test.c \
            native_test.c orgs_test.c payload_test.c)
FUZZ_SRC += $(addprefix tests/fuzz/,disclosure.c head.c identifier.c mapping.c \
            openings.c payload.c)
