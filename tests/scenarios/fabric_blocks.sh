#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The light client judges chains that the Fabric double made, and gives the
# verdicts that the double gave by code of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=fabric-blocks
B=${B:-build/release}
R=${R:-$PWD/build/fabric-blocks}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh

POLICY="OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')"

judge() { # CHAIN FOLDER
	qiao verify --json --family fabric --anchor "$R/$1/genesis.block" \
		--chaincode "records=$POLICY" --chaincode "qiao=$POLICY" "$R/$1/$2"/*.pb
}
# Flags of the light client, one block a line.
flags() { grep -o '"flags":\[[0-9,]*\]' | sed 's/.*\[\(.*\)\]/\1/'; }

check() { # CHAIN OPTION...
	local chain=$1 folder
	shift
	qiao-fabric-double --make "$R/$chain" --blocks 24 --txs 4 "$@"
	for folder in peer orderer1 orderer3; do
		judge "$chain" $folder >"$R/$chain.$folder" || {
			grep -v '"verdict":"accept"' "$R/$chain.$folder"
			fail "$chain: a block of $folder was refused"
		}
		flags <"$R/$chain.$folder" >"$R/$chain.computed"
		diff "$R/$chain/flags" "$R/$chain.computed" ||
			fail "$chain: verdicts differ in $folder"
	done
	say "fabric-blocks: $chain: $(wc -l <"$R/$chain.peer") blocks of peer and orderers accepted, same verdicts"
}
rm -rf "$R"
mkdir -p "$R"
check raft
check bft --bft
