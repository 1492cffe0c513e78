# SPDX-License-Identifier: Apache-2.0
# The reference contract in Go. Not part of `make check`: it needs a compiler
# that nothing else does, and fetches its modules the first time.
GO ?= go
contract = cd adapters/fabric/chaincode && CGO_ENABLED=0 $(GO)
check-contracts:
	$(Q)$(GO) version >/dev/null 2>&1 || { echo 'check-contracts: there is no' \
	  'Go here (1.19 or later): apt-get install golang-go, or `make deps-dev`'; exit 1; }
	$(Q)$(contract) vet ./...
	$(Q)$(contract) build -trimpath -buildvcs=false -o $(abspath $(B))/fabric-contract .
	$(Q)$(contract) test ./...
.PHONY: check-contracts
