# SPDX-License-Identifier: Apache-2.0
TEST_PROGS += bench-fabric-blocks bench-fabric-headers bench-policy-decide bench-store-bound
bench-fabric-blocks_SRC := tests/bench/fabric_blocks.c
bench-fabric-headers_SRC := tests/bench/fabric_headers.c
bench-policy-decide_SRC := tests/bench/policy_decide.c
bench-store-bound_SRC := tests/bench/store_bound.c
