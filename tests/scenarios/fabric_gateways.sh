#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two gateways, one beside an in-house chain, one beside a live Fabric channel
# (the double, mutual TLS): records go both ways while orderers lie, stop and
# change their certificates and a gateway is killed; counted from the audit logs.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=fabric-gateways
B=${B:-build/release}
R=${R:-$PWD/build/fabric-gateways}
T=tests/scenarios/fabric
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

C=$R/city
F=$R/channel
D=$R/double
city() { control "$C/qiaod.cfg" "$@"; }
channel() { control "$F/qiaod.cfg" "$@"; }
tell() {
	local said
	said=$(qiao-fabric-double --tell "$D" "$@") || fail "the double, told to $*: $said"
}

# --- a network in a folder ----------------------------------------------------

servers() { # NAME-PATTERN
	sed -n "s|^$1[0-9]* \([^ ]*\) \(.*\)|{ address = \"\1\"; tls_roots = \"$D/orgs/\2/tlsca.pem\"; }|p" \
		"$D/endpoints" | paste -sd,
}
start_chains() { # DOUBLE-OPTION...
	: >"$R/double.log"
	start "$R/double.log" qiao-fabric-double --run "$D" --mutual --block-ms 50 "$@"
	wait_for 20 "the double's start" grep -q ready "$R/double.log"
	qiao-ledger key "$R/issuer.key" >"$R/issuer.pub"
	qiao-ledger key "$C/keys/account.key" >"$C/keys/account.pub"
	qiao-ledger init "$R/ledger" --chain city --validators 4 --network "$NETWORK" \
		--account "gateway=$(public_key "$C/keys/account.pub")" \
		--issuer "city.market=$(public_key "$R/issuer.pub")" --block-ms 20 >/dev/null
	start "$R/ledger.log" qiao-ledger run "$R/ledger" --listen "ipc://$R/city.sock"
}
write_policies() {
	local side
	for side in city channel; do
		cp tests/scenarios/inhouse/catalogue.cfg "$R/$side/policy/"
		fill $T/orgs.cfg.in "$R/$side/policy/orgs.cfg" ISSUER="$(public_key "$R/issuer.pub")"
	done
	fill $T/release.cfg.in "$C/policy/release.cfg" FROM=city TO=channel OWNER=city.market ORG=nanjing.data
	fill $T/accept.cfg.in "$F/policy/accept.cfg" FROM=city TO=channel ORG=nanjing.data
	fill $T/release.cfg.in "$F/policy/release.cfg" FROM=channel TO=city OWNER=nanjing.data ORG=city.data
	fill $T/accept.cfg.in "$C/policy/accept.cfg" FROM=channel TO=city ORG=city.data
}
write_configs() {
	local port_city port_channel side
	port_city=$(free_port)
	port_channel=$(free_port)
	for side in city channel; do
		cp $T/native.cfg $T/channel-mapping.cfg "$R/ledger/city.anchor" "$D/genesis.block" "$R/$side/"
		fill $T/anchor.in "$R/$side/channel.anchor" HASH="$(cat "$D/genesis.hash")" \
			POLICY="OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')"
	done
	fill tests/scenarios/inhouse/adapter.cfg.in "$C/adapter.cfg" CHAIN=city LEDGER="ipc://$R/city.sock" \
		ACCOUNT="$C/keys/account.key"
	fill $T/adapter.cfg.in "$F/adapter.cfg" USER="$D/users/client1" ORDERERS="$(servers orderer)" PEERS="$(servers peer)"
	fill $T/city.cfg.in "$C/qiaod.cfg" NETWORK="$NETWORK" LIBEXEC="$B" PORT="$port_city" PEER_PORT="$port_channel" \
		PEER_KEY="$(public_key "$F/keys/gateway.pub")" SUBMITTER="$(cat "$D/users/client1/account")"
	fill $T/channel.cfg.in "$F/qiaod.cfg" NETWORK="$NETWORK" LIBEXEC="$B" PORT="$port_channel" PEER_PORT="$port_city" \
		PEER_KEY="$(public_key "$C/keys/gateway.pub")" SUBMITTER="$(key_id "$C/keys/account.pub")"
}
prepare() { # DOUBLE-OPTION...
	rm -rf "$R"
	mkdir -p "$C/policy" "$F/policy" "$D"
	NETWORK=$(hex32)
	make_tls "$R/tls" city-gw channel-gw
	make_gateway "$C"
	make_gateway "$F"
	start_chains "$@"
	write_policies
	write_configs
}
start_city() { start "$R/city.log" qiaod --config "$C/qiaod.cfg"; }
start_channel() {
	start "$R/channel.log" qiaod --config "$F/qiaod.cfg"
	CHANNEL=$STARTED
}

# --- records -------------------------------------------------------------------

PUT=0
put_city() { # COUNT
	qiao-ledger put "ipc://$R/city.sock" --key "$R/issuer.key" --org city.market --type licence.test \
		--id "C$PUT" --count "$1" name=测试 secret_name=绝密 >/dev/null
}
put_channel() { # COUNT
	local i
	for ((i = 0; i < $1; i++)); do
		tell put "F$PUT-$i" licence "{\"名称\":\"测试\",\"法定代表人\":\"绝密\"}"
	done
}
put() { # COUNT: on each chain
	put_city "$1"
	put_channel "$1"
	PUT=$((PUT + $1))
}
closed() { # SIDE
	"$1" status --json 2>/dev/null | grep -oE '"n":[0-9]+,"state":"closed"' | grep -oE '[0-9]+' |
		awk '{ s += $1 } END { print s + 0 }'
}
all_closed() { [ "$(closed city)" = "$PUT" ] && [ "$(closed channel)" = "$PUT" ]; }
settle() { wait_for "$1" "delivery of all records ($2)" all_closed; }

# --- what happens ----------------------------------------------------------------

prepare "$@"
start_city
start_channel

# First apart: a receipt of a Fabric channel is the whole block of the delivery,
# so what else stands in that block is seen by the sender (docs/threat-model.md).
arrived() { [ "$(closed "$1")" = 5 ]; }
put_channel 5
wait_for 30 "delivery from the channel" arrived channel
put_city 5
wait_for 30 "delivery to the channel" arrived city
PUT=5
# the control: what was released is there, so the search does see text
grep -qa '测试' "$C/wire.capture" || fail "the capture lacks released text"
for side in city channel; do
	if grep -qa '绝密' "$R/$side/wire.capture"; then
		fail "a withheld value is in the capture of $side"
	fi
done
say "fabric-gateways: $PUT records each way, over mutual TLS"

lies() { # of orderer1, peer1, peer2, peer3
	local node
	for node in orderer1 peer1 peer2 peer3; do
		tell lie $node "$1"
		shift
	done
}
lies signature data garbage other
put 4
settle 30 "an orderer and all peers lie"
lies nothing previous flags nothing
put 4
settle 30 "they lie in other ways"
lies none none none none
say "fabric-gateways: $PUT each way; an orderer and all peers lie in seven ways"

tell rotate add
put 3
tell rotate switch
tell drop orderer2
put 3
tell rotate drop
tell stop orderer1
put 3
settle 30 "certificates are replaced, an orderer stops"
say "fabric-gateways: $PUT each way; orderers under a new authority, one stopped"
tell start orderer1

tell mute peer1 3
put 4
sleep 0.3
kill_hard "$CHANNEL"
put 4
start_channel
settle 40 "answers got lost, the gateway was killed"
say "fabric-gateways: $PUT each way; answers lost, gateway killed and started again"

if grep -h adapter-failed "$R/city.log" "$R/channel.log"; then
	fail "an adapter was given up though enough nodes were good at any time"
fi

# --- counted ---------------------------------------------------------------------

for side in city channel; do
	"$side" audit export "$R/audit-$side" >/dev/null
	qiao audit verify "$R/audit-$side" --lang en >"$R/verify-$side" || {
		cat "$R/verify-$side"
		fail "the audit log of $side does not verify"
	}
done
value() { sed -n "s/^$1=//p" "$R/count"; }
reconcile() { # FROM TO
	local pair
	qiao audit reconcile "$R/audit-$1" "$R/audit-$2" >"$R/count" || {
		cat "$R/count"
		fail "the two audit logs do not account for every record from $1 to $2"
	}
	for pair in verified=$PUT delivered=$PUT lost=0 duplicated=0 open=0; do
		[ "$(value "${pair%=*}")" = "${pair#*=}" ] || {
			cat "$R/count"
			fail "from $1 to $2: ${pair%=*} is $(value "${pair%=*}"), not ${pair#*=}"
		}
	done
	# every receipt had a proof, which the sender's light client checked
	[ "$(grep '"type":"receipt"' "$R/audit-$1/entries.jsonl" | grep -c '"proof":"[0-9a-f]')" -ge "$PUT" ] ||
		fail "from $1 to $2: receipts without proof"
}
reconcile city channel
reconcile channel city

# --- two histories -----------------------------------------------------------------

is_frozen() { channel status --json 2>/dev/null | grep -q '"frozen":\[{"at"'; }
is_frozen && fail "frozen without a reason"
tell put LAST licence '{"名称":"测试"}'
last_closed() { [ "$(closed channel)" -gt "$PUT" ]; }
wait_for 20 "one record more" last_closed
tell rewrite
tell fill 4
wait_for 30 "a freeze of the channel with two histories" is_frozen
ls "$F"/data/evidence-channel-*.bin >/dev/null || fail "there is no evidence file"
say "fabric-gateways: the orderers sign two blocks of one height: frozen, with evidence"
say "fabric-gateways: ok, $PUT delivered each way, none lost or twice"
