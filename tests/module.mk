# SPDX-License-Identifier: Apache-2.0
# Scenarios with real processes. Not with a sanitiser's build: it is too slow for
# their deadlines.
ifndef SAN
TEST_PROGS += ask-adapter bad-adapter
ask-adapter_SRC := tests/scenarios/ask_adapter.c
bad-adapter_SRC := tests/scenarios/bad_adapter.c
CHECKS += check-adapters check-freeze check-kill check-operate check-fabric-blocks \
          check-fabric-live check-fabric-gateways
KILLS ?= 25
endif
check-kill:
	$(Q)B=$(B) KILLS=$(KILLS) tests/scenarios/kill.sh
check-freeze:
	$(Q)B=$(B) tests/scenarios/freeze.sh
check-operate:
	$(Q)B=$(B) tests/scenarios/operate.sh
check-adapters:
	$(Q)B=$(B) tests/scenarios/adapters.sh
check-fabric-blocks:
	$(Q)B=$(B) tests/scenarios/fabric_blocks.sh
check-fabric-live:
	$(Q)B=$(B) tests/scenarios/fabric_live.sh
check-fabric-gateways:
	$(Q)B=$(B) tests/scenarios/fabric_gateways.sh
	$(Q)B=$(B) tests/scenarios/fabric_gateways.sh --bft
