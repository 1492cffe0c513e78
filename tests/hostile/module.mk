# SPDX-License-Identifier: Apache-2.0
# Genuine Fabric blocks, changed in every field, through `qiao verify`. Not
# with TSan: one thread, and ten times as long.
ifneq ($(SAN),thread)
CHECKS += check-hostile
endif
check-hostile:
	$(Q)python3 -B tests/hostile/hostile.py run $(B)/qiao $(B)/hostile
# that the list is what its rules and changes give
check-hostile-list:
	$(Q)python3 -B tests/hostile/hostile.py check
check-hostile: $(B)/qiao
.PHONY: check-hostile check-hostile-list
