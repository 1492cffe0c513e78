# SPDX-License-Identifier: Apache-2.0
# What tests call is in the library; the program is the table of commands.
PROGS += qiao
qiao_SRC += gateway/cli/ask.c
qiao_SRC += gateway/cli/audit.c
qiao_SRC += gateway/cli/config.c
qiao_SRC += gateway/cli/main.c
qiao_SRC += gateway/cli/verify.c
LIB_SRC += gateway/cli/audit_books.c
LIB_SRC += gateway/cli/audit_export.c
LIB_SRC += gateway/cli/audit_heads.c
LIB_SRC += gateway/cli/audit_verify.c
LIB_SRC += gateway/cli/file.c
LIB_SRC += gateway/cli/finding_zh.c
LIB_SRC += gateway/cli/key.c
LIB_SRC += gateway/cli/options.c
LIB_SRC += gateway/cli/policy.c
LIB_SRC += gateway/cli/reconcile.c
LIB_SRC += gateway/cli/reconcile_book.c
LIB_SRC += gateway/cli/verb.c
UNIT_SRC += tests/unit/cli/audit_verify_test.c
UNIT_SRC += tests/unit/cli/key_cmd_test.c
UNIT_SRC += tests/unit/cli/policy_cmd_test.c
UNIT_SRC += tests/unit/cli/reconcile_test.c
CHECKS += check-verify
check-verify:
	$(Q)sh tests/scenarios/verify.sh $(B)/qiao
