# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix policies/engine/,arena.c attr.c case.c check.c condition.c \
           conflict.c decide.c decision_json.c decision_replay.c facts.c load.c \
           parse.c pattern.c reasons.c test.c words.c)
UNIT_SRC += $(addprefix tests/unit/policy/,policy_cases_test.c policy_decide_test.c \
            decision_json_test.c policy_load_test.c policy_library_test.c \
            reasons_test.c pattern_test.c)
FUZZ_SRC += tests/fuzz/policy.c tests/fuzz/decision.c
