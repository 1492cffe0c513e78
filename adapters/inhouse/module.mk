# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix adapters/inhouse/,claim.c inhouse.c)
