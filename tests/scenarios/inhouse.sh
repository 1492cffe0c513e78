# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Two in-house ledgers, a gateway beside each: city -> province. Sourced after
# lib.sh; scenarios and the benchmark run on it.

C=$R/city
P=$R/province
city() { control "$C/qiaod.cfg" "$@"; }
province() { control "$P/qiaod.cfg" "$@"; }

make_inhouse() { # BLOCK_MS
	local network side port_city port_province issuer
	rm -rf "$R"
	mkdir -p "$C/policy" "$P/policy"
	network=$(hex32)
	make_tls "$R/tls" city-gw province-gw
	make_gateway "$C"
	make_gateway "$P"
	qiao-ledger key "$R/issuer.key" >"$R/issuer.pub"
	issuer=$(public_key "$R/issuer.pub")
	port_city=$(free_port)
	port_province=$(free_port)
	for side in city province; do
		qiao-ledger key "$R/$side/keys/account.key" >"$R/$side/keys/account.pub"
		qiao-ledger init "$R/ledger-$side" --chain "$side" --validators 4 --network "$network" \
			--account "gateway=$(public_key "$R/$side/keys/account.pub")" \
			--issuer "city.market=$issuer" --block-ms "$1" >/dev/null
	done
	for side in city province; do
		cp "$R/ledger-city/city.anchor" "$R/ledger-province/province.anchor" tests/scenarios/inhouse/mapping.cfg "$R/$side/"
		cp tests/scenarios/inhouse/catalogue.cfg "$R/$side/policy/"
		fill tests/scenarios/inhouse/orgs.cfg.in "$R/$side/policy/orgs.cfg" ISSUER="$issuer"
		fill tests/scenarios/inhouse/adapter.cfg.in "$R/$side/adapter.cfg" CHAIN="$side" \
			LEDGER="ipc://$R/$side.sock" ACCOUNT="$R/$side/keys/account.key"
	done
	cp tests/scenarios/inhouse/release.cfg "$C/policy/"
	cp tests/scenarios/inhouse/accept.cfg "$P/policy/"
	fill tests/scenarios/inhouse/city.cfg.in "$C/qiaod.cfg" NETWORK="$network" LIBEXEC="$B" PORT="$port_city" \
		PEER_PORT="$port_province" PEER_KEY="$(public_key "$P/keys/gateway.pub")" \
		SUBMITTER="$(key_id "$P/keys/account.pub")"
	fill tests/scenarios/inhouse/province.cfg.in "$P/qiaod.cfg" NETWORK="$network" LIBEXEC="$B" PORT="$port_province" \
		PEER_PORT="$port_city" PEER_KEY="$(public_key "$C/keys/gateway.pub")" \
		SUBMITTER="$(key_id "$P/keys/account.pub")"
}

# One process of the four by name; its pid is in PID[name].
declare -A PID
run_one() {
	case $1 in
	ledger-*) start "$R/$1.log" qiao-ledger run "$R/$1" --listen "ipc://$R/${1#ledger-}.sock" ;;
	*) start "$R/$1.log" qiaod --config "$R/$1/qiaod.cfg" ;;
	esac
	# shellcheck disable=SC2034  # read by the scenario
	PID[$1]=$STARTED
}

put() { # ID COUNT
	qiao-ledger put "ipc://$R/city.sock" --key "$R/issuer.key" --org city.market --type licence.test \
		--id "$1" --count "$2" name=测试 secret_name=绝密
}

states() { grep -oE '"n":[0-9]+,"state":"('"$1"')"' | grep -oE '"n":[0-9]+' | cut -d: -f2 | awk '{ s += $1 } END { print s + 0 }'; }
delivered() { city status --json 2>/dev/null | states 'closed'; }
# one process for each look: the benchmark waits with it, and pays for it
has_delivered() {
	local now n=0
	now=$(city status --json 2>/dev/null) || return 1
	while [[ $now =~ \"n\":([0-9]+),\"state\":\"closed\" ]]; do
		n=$((n + BASH_REMATCH[1]))
		now=${now#*"${BASH_REMATCH[0]}"}
	done
	[ "$n" -ge "$1" ]
}
