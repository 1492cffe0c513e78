#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Fabric adapter against a double of a channel, over TLS and mutual TLS: it
# follows, leaves servers that fail, writes once, and says what is wrong.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=fabric-live
B=${B:-build/release}
R=${R:-$PWD/build/fabric-live}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

ID=$(printf '%064d' 1)
SOURCE=$(printf '%064d' 2)
POLICY="OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')"

tell() { qiao-fabric-double --tell "$D" "$@"; }
servers() { # NAME-PATTERN
	sed -n "s|^$1[0-9]* \([^ ]*\) \(.*\)|{ address = \"\1\"; tls_roots = \"orgs/\2/tlsca.pem\"; }|p" "$D/endpoints" | paste -sd,
}
# config USER [SETTING...]: the adapter's configuration
config() {
	local user=$1
	shift
	{
		echo 'mode = "live"; chaincode = "qiao"; stall = "2s";'
		printf '%s\n' "$@"
		[[ "$*" = *channel* ]] || echo 'channel = "livechannel";'
		echo "identity = { mspid = \"$(cat "$D/users/$user/mspid")\"; cert = \"users/$user/cert.pem\"; key = \"users/$user/key.pem\"; };"
		[ "$TLS" = tls ] || echo "tls = { cert = \"users/$user/tls.pem\"; key = \"users/$user/tls.key\"; };"
		echo "orderers = ( $(servers orderer) );"
		echo "peers = ( $(servers peer) );"
	} >"$D/adapter.cfg"
}
# ask ORDER...: one adapter, its answers to $D/out
ask() {
	printf '%s\n' "$@" | ask-adapter fabric "$B/qiao-adapter-fabric" "$D/adapter.cfg" >"$D/out" 2>>"$D/log"
}
says() {
	grep -qF -- "$1" "$D/out" || {
		cat "$D/out"
		fail "$TLS: no \"$1\" in that; log $D/log"
	}
}
# A running adapter that takes orders from fd 5; its answers go to $D/out
open_adapter() {
	rm -f "$D/orders"
	mkfifo "$D/orders"
	: >"$D/out"
	start "$D/log" sh -c "ask-adapter fabric '$B/qiao-adapter-fabric' '$D/adapter.cfg' <'$D/orders' >'$D/out'"
	exec 5>"$D/orders"
}
order() { echo "$*" >&5; }
followed() { grep -q "^followed" "$D/out"; }
# grow N: N blocks more, and the running adapter gets them
grow() {
	local height
	tell fill "$1" >/dev/null
	height=$(tell height)
	: >"$D/out"
	order "follow $height 20 $D/blocks"
	wait_for 25 "$2" followed
}

start_double() { # OPTION...
	rm -rf "$D"
	mkdir -p "$D/blocks"
	: >"$D.log"
	start "$D.log" qiao-fabric-double --run "$D" --block-ms 50 "$@"
	wait_for 20 "the double's start" grep -q ready "$D.log"
}

follows_and_leaves() {
	say "fabric-live: $TLS: follow; a server that stalls, stops, drops, lies is left"
	config client1
	open_adapter
	grow 5 "following"
	tell stall orderer1 >/dev/null
	grow 2 "leaving a silent server"
	tell go orderer1 >/dev/null
	tell stop orderer2 >/dev/null
	grow 2 "leaving a stopped server"
	tell drop orderer3 >/dev/null
	grow 2 "leaving a broken connection"
	tell start orderer2 >/dev/null
	exec 5>&-
	qiao verify --family fabric --anchor "$D/genesis.block" --chaincode "records=$POLICY" \
		--chaincode "qiao=$POLICY" "$D/blocks"/*.pb >"$D/verdicts" || {
		tail -n 3 "$D/verdicts"
		fail "$TLS: a block was refused"
	}
	# asked again, it serves another copy
	ask "head 1 1000" "fetch 1 $D/blocks" "fetch 1 $D/blocks"
	[ "$(grep -c '^fetched' "$D/out")" = 2 ] || fail "$TLS: no second copy"
	grep -q 'its block 1 is asked for again' "$D/log" || fail "$TLS: the same server again"
}

writes_once() {
	say "fabric-live: $TLS: a delivery is written once, found after a crash, proven"
	head -c 300 /dev/urandom >"$D/payload"
	# something else under this id keeps nothing out and hides nothing
	ask "submit usage $ID $SOURCE $D/payload" "sleep 1200" "lookup $ID"
	says submitted
	says "done "
	ask "lookup $ID" "submit deliver $ID $SOURCE $D/payload" "lookup $ID" "sleep 1200" "lookup $ID" \
		"receipt $ID $D/receipt"
	says absent
	says submitted
	says pending
	says "done "
	says "receipt "
	# another process, which remembers nothing
	ask "lookup $ID" "submit deliver $ID $SOURCE $D/payload" "lookup $ID" "receipt $ID $D/again"
	[ "$(grep -c "^done " "$D/out")" = 2 ] || fail "$TLS: not found by another process"
	# the same id with another payload
	head -c 300 /dev/urandom >"$D/payload"
	ask "submit deliver $ID $SOURCE $D/payload"
	says QIAO_E_CONFLICT
}

answers() {
	say "fabric-live: $TLS: another peer takes over; peers of two organisations sign an answer"
	# [1, "qiao", ["Get", "setup"], 16 bytes]
	local question=9401a47169616f92c403476574c4057365747570c41000112233445566778899aabbccddeeff
	config client1 'answers_of = [ "NanjingMSP", "AuditMSP" ];'
	tell stop peer1 >/dev/null
	ask status "lookup $ID"
	says "prove=1"
	says "done "
	tell start peer1 >/dev/null
	tell stall peer1 >/dev/null
	ask "lookup $ID" "lookup $ID"
	says "no answer in time"
	says "done "
	tell go peer1 >/dev/null
	ask "prove $question $D/answer"
	says "proof "
}

says_what_is_wrong() {
	say "fabric-live: $TLS: refusals are said in words"
	config outsider
	ask "head 0 1000" "submit deliver $SOURCE $SOURCE $D/payload"
	says "403"
	config expired
	ask "head 0 1000"
	says "expired on"
	config reader
	ask "head 0 1000" "submit deliver $SOURCE $SOURCE $D/payload"
	says "head "
	says "right"
	config client1 'channel = "another";'
	ask "head 0 1000"
	says "404"
	config client1
	chmod 644 "$D/users/client1/key.pem"
	ask "head 0 1000"
	says "chmod 600"
	chmod 600 "$D/users/client1/key.pem"
	tell clock 3600 >/dev/null
	ask "head 0 1000" "submit deliver $SOURCE $SOURCE $D/payload"
	says "400"
	says "clock"
	tell clock 0 >/dev/null
	sed -i 's|orgs/[A-Za-z]*/tlsca.pem|users/outsider/tls.pem|g' "$D/adapter.cfg"
	ask "head 0 1000"
	says "tls_roots"
	if [ "$TLS" = mutual ]; then
		TLS=tls config client1
		ask "head 0 1000"
		says "TLS client certificate"
	fi
}

renews() {
	say "fabric-live: $TLS: certificates are renewed without a restart"
	config client1
	sed -i 's|users/client1|users/now|g' "$D/adapter.cfg"
	cp -r "$D/users/client1" "$D/users/now"
	open_adapter
	grow 1 "following"
	cp "$D/users/client1"/* "$D/users/now/"
	sleep 1.2
	grow 1 "following with renewed certificates"
	exec 5>&-
	grep -q certificates-renewed "$D/log" || fail "$TLS: the new certificates are not used"
}

for TLS in tls mutual; do
	D=$R/$TLS
	if [ $TLS = tls ]; then start_double; else start_double --mutual --bft; fi
	follows_and_leaves
	writes_once
	answers
	says_what_is_wrong
	renews
	stop_all
done
say "fabric-live: ok"
