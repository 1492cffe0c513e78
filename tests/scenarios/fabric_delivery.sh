#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In-house chain -> Fabric channel (a double), with real processes: records are
# delivered once each and proven, also when both ends are killed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=fabric-delivery
B=${B:-build/release}
R=${R:-$PWD/build/fabric-delivery}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh
# shellcheck source=tests/scenarios/inhouse.sh
. tests/scenarios/inhouse.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

D=$R/channel
POLICY="OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')"
# records of each of two runs
N=${N:-30}

tell() { qiao-fabric-double --tell "$D" "$@"; }
servers() {
	sed -n "s|^$1[0-9]* \([^ ]*\) \(.*\)|{ address = \"\1\"; tls_roots = \"orgs/\2/tlsca.pem\"; }|p" "$D/endpoints" | paste -sd,
}

# The province's chain becomes the channel.
make_channel() {
	local account
	mkdir -p "$D"
	: >"$R/double.log"
	start "$R/double.log" qiao-fabric-double --run "$D" --block-ms 100 --mutual
	wait_for 20 "the double's start" grep -q ready "$R/double.log"
	cat >"$D/adapter.cfg" <<-X
		mode = "live"; channel = "livechannel"; chaincode = "qiao"; stall = "2s";
		identity = { mspid = "$(cat "$D/users/client1/mspid")"; cert = "users/client1/cert.pem"; key = "users/client1/key.pem"; };
		tls = { cert = "users/client1/tls.pem"; key = "users/client1/tls.key"; };
		orderers = ( $(servers orderer) );
		peers = ( $(servers peer) );
	X
	echo status | ask-adapter fabric "$B/qiao-adapter-fabric" "$D/adapter.cfg" >"$R/out" 2>"$R/ask.log"
	account=$(sed -n 's/.*fabric-account.* id=//p' "$R/ask.log")
	cat >"$D/province.anchor" <<-X
		family = "fabric"; channel = "livechannel";
		genesis = "genesis.block"; genesis_hash = "$(cat "$D/genesis.hash")";
		chaincode = ( { name = "qiao"; from = 0L; policy = "$POLICY"; }, { name = "records"; from = 0L; policy = "$POLICY"; } );
		contract = "qiao";
	X
	sed -i 's|name = "province"; family = "quorum"; anchor = "province.anchor"|name = "province"; family = "fabric"; anchor = "../channel/province.anchor"; genesis = "../channel/genesis.block"; allow_endorsed_only = true|' \
		"$C/qiaod.cfg" "$P/qiaod.cfg"
	sed -i 's|program = "qiao-adapter-inhouse"; config = "adapter.cfg"|program = "qiao-adapter-fabric"; config = "../channel/adapter.cfg"|' "$P/qiaod.cfg"
	sed -i "s|submitter = \"[0-9a-f]*\"|submitter = \"$account\"|" "$C/qiaod.cfg"
}

make_inhouse 100
make_channel
run_one ledger-city
for p in city province; do run_one $p; done

say "fabric-delivery: $N records to the channel"
put A- "$N" >/dev/null
wait_for 60 "delivery of $N records" has_delivered "$N"

say "fabric-delivery: again, with kills, a stopped orderer and lost answers"
put B- "$N" >/dev/null
sleep 0.3
tell stop orderer1 >/dev/null
tell mute peer1 3 >/dev/null
kill_hard "${PID[province]}"
run_one province
sleep 1
kill_hard "${PID[city]}"
run_one city
wait_for 90 "delivery of $((2 * N)) records" has_delivered $((2 * N))

# beside them only the genesis block and two definitions of chaincodes
height=$(tell height)
valid=$(for h in $(seq 0 $((height - 1))); do tell flags "$h"; done | tr -s ' ,' '\n' | grep -cx 0)
[ "$valid" = $((2 * N + 3)) ] || fail "$valid valid transactions on the channel, not $((2 * N + 3))"
say "fabric-delivery: ok, each of $((2 * N)) written once, in $height blocks"
